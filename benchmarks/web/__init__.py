"""Pages, and datatrove's side of `curation_web`, in an environment of its own."""
