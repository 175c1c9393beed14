"""Files that are read beside a source's own: captions of images, and pictures that texts name.

Guarantees: the version of a place changes when one of them does, comes or goes. Texts are not read for the pictures
that they name: all pictures below their directory count.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from k15.curation.sources.params import PICTURES, Format
from k15.curation.sources.places import Place, is_archive, within

CAPTIONS = (".txt", ".json")
IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")


def with_beside(found: Sequence[Place], form: Format, root: Path) -> list[Place]:
    """Places whose versions tell of what is read beside them, too."""
    alone = form not in PICTURES
    directories = set() if alone else {_directory(place.url) for place in found if not is_archive(place.name)}
    if not directories:
        return list(found)
    suffixes, owner = (CAPTIONS, _stem) if form == "images" else (IMAGES, _directory)
    beside: dict[str, list[str]] = defaultdict(list)
    for top in _outermost(directories):
        for place in within(top, root, suffixes):
            for name in [_stem(place.url)] if form == "images" else _above(place.url):
                beside[name].append(f"{place.url} {place.size} {place.version}")
    return [_of_both(place, beside[owner(place.url)]) for place in found]


def _of_both(place: Place, beside: Sequence[str]) -> Place:
    if is_archive(place.name) or not beside:
        return place
    digest = hashlib.blake2b("\n".join(sorted(beside)).encode("utf-8", "surrogateescape"), digest_size=16)
    return replace(place, version=f"{place.version} {digest.hexdigest()}")


def _outermost(directories: set[str]) -> Iterator[str]:
    """Those that lie in no other."""
    for directory in directories:
        if not any(above in directories for above in _above(directory)):
            yield directory


def _above(url: str) -> Iterator[str]:
    """All directories that it lies in."""
    while url and not url.endswith(":/"):
        url = _directory(url)
        yield url


def _directory(url: str) -> str:
    return url.rpartition("/")[0]


def _stem(url: str) -> str:
    return url.rpartition(".")[0]
