"""Fonts, and contact sheets of pictures: what the generators of pictures and the report share."""
