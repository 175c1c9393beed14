"""Suites of held-out and published problems, and pass@1 of the samples drawn for them."""
