"""What the workers of every step need: they are forked from a process that has imported this."""

from contextlib import suppress

import k15.curation.duplicates.find
import k15.curation.measures
import k15.curation.pieces
import k15.curation.sources  # noqa: F401
from k15.curation.duplicates.signatures import minhashes

with suppress(OSError):  # a full disk: the piece that needs it will say so
    minhashes(["a text"], ["english"], n=1, count=1)  # compiled code is loaded once, not by each worker
