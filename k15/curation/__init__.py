"""Data curation (§2.5.1, App. B): sources, normalisation, filters, duplicates, mixture and packing.

Every step is a function from documents to documents, so that a stage reads as the recipe. The bundled
generators stand in for a crawl; a user's own sources take the same way through every step.
"""
