"""CYaRon for generators in the sandbox, which sees none of this environment's packages.

A generator that imports it gets CYaRon and what it needs as an archive beside it, at the front of its path. Other
generators run as they are.
"""

import functools
import importlib.metadata
import io
import re
import zipfile

from k15.errors import UserError

_ARCHIVE = "cyaron.zip"
_DISTRIBUTIONS = ("cyaron", "xeger")
_IMPORT = re.compile(r"^\s*(?:from|import)\s+cyaron\b", re.MULTILINE)
_TIME = (1980, 1, 1, 0, 0, 0)


def within_reach(generator: str) -> tuple[str, dict[str, bytes]]:
    """The program as it is to be run, and the files that it needs."""
    if not _IMPORT.search(generator):
        return generator, {}
    return f"import sys; sys.path.insert(0, {_ARCHIVE!r})\n{generator}", {_ARCHIVE: _archive()}


@functools.cache
def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in _DISTRIBUTIONS:
            try:
                files = importlib.metadata.files(name) or []
            except importlib.metadata.PackageNotFoundError:
                raise UserError(f"a generator imports CYaRon, but {name} is not installed; install cyaron") from None
            for file in sorted(files):
                if file.suffix == ".py" and file.parts[0] == name:
                    archive.writestr(zipfile.ZipInfo(file.as_posix(), _TIME), file.read_binary())
    return buffer.getvalue()
