"""Side-by-side measurements: k15's parts against the plain tools that they are built on, in one process."""
