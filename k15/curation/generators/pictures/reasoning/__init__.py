"""Synthetic visual reasoning (App. B), procedural and endless: each module draws one family of puzzles, and puts into
the program all that a solver needs."""
