"""Labelled documents, and datatrove's side of `curation_duplicates`, in an environment of its own."""
