"""What may be given to a run besides its program."""

import os
import posixpath
from collections.abc import Mapping, Sequence

from k15.errors import UserError
from k15.sandbox.types import Limits

_LONGEST_NAME = 255


def check_inputs(
    files: Mapping[str, bytes], program: Mapping[str, bytes], arguments: Sequence[str], limits: Limits
) -> None:
    """`UserError` for what no run could be given."""
    for argument in arguments:
        if "\0" in argument or not _encodable(argument):
            raise UserError(f"{argument!r:.60} cannot be an argument of a program")
    if sum(map(len, files.values())) > limits.disk_mib << 20:
        raise UserError(f"the files of a program do not fit in disk_mib={limits.disk_mib}; raise it")
    folders = {posixpath.dirname(name) for name in (*files, *program)}
    for name in files:
        parts = name.split("/")
        if (
            posixpath.normpath(name) != name
            or ".." in parts
            or name.startswith("/")
            or "\0" in name
            or not _encodable(name)
            or max(map(len, map(os.fsencode, parts))) > _LONGEST_NAME
        ):
            raise UserError(f"{name!r:.60} is no name for a file of a program; use a plain relative path")
        if name in program or any(folder == name or folder.startswith(f"{name}/") for folder in folders):
            raise UserError(f"{name!r:.60}: two files of a program cannot be in one place")


def _encodable(text: str) -> bool:
    try:
        os.fsencode(text)
        return True
    except UnicodeEncodeError:
        return False
