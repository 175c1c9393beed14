"""Errors that a user can cure: printed as one line, without a traceback (exit code 2).

Anything else that a stage raises is a defect of k15 and keeps its traceback.
"""


class UserError(Exception):
    """One line: what is wrong; what to do about it."""


class ArtifactError(UserError):
    """An artifact is missing, half-written, corrupted, or not of the kind that its reader needs."""
