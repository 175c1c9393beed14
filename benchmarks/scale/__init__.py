"""A corpus as large as one asks for, and a run of the stage that is watched."""
