"""Duplicates and contamination: exact, near and by meaning; against evaluation sets."""
