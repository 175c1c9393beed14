"""A user's own text and pictures: files, archives and objects in whatever state they are, as documents.

`units` cuts a source into pieces of work that depend on the input alone; `read` streams one of them. What can't
be read is a `Broken` of its own and never stops what comes after it, unless the source says `damage: refuse`.
"""

from k15.curation.sources.cutting import Unit, units
from k15.curation.sources.params import GENERATED, PICTURES, Source
from k15.curation.sources.pictures import MARK, plain, read_pictures
from k15.curation.sources.reading import read

__all__ = ["GENERATED", "MARK", "PICTURES", "Source", "Unit", "plain", "read", "read_pictures", "units"]
