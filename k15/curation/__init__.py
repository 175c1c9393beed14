"""Data curation (§2.5.1, App. B): sources, normalisation, filters, duplicates, mixture and packing.

Nothing here knows a stage: sources give documents, measures and signatures are columns beside their texts, rules and
the search for duplicates read columns, and pieces of work write one file each. The bundled generators stand in for a
crawl; a user's own sources take the same way through every step.
"""
