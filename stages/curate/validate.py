"""Every source on its own, before it may enter the mixture (§2.5.1): a sample is read, measured and judged.

`python -m stages.curate validate [SOURCE ...]` shows the same by hand: yield, languages, licence, why texts are
dropped, and texts to look at; of pictures how many can be read and have a text, and their kinds. A source that stays
below the limits ends the stage with one line.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import pyarrow as pa

from k15.curation.document import Broken, Document
from k15.curation.filters import EMPTY, judge
from k15.curation.generators.vision import VisionDocument
from k15.curation.measures import columns, examine
from k15.curation.normalise import normalise
from k15.curation.sources import PICTURES, Source, plain, read, read_pictures, units
from k15.errors import UserError
from k15.progress import Progress
from k15.seeds import derive
from stages.curate.params import CurateParams, ValidationParams

_SHOWN = 3
_OPEN = 16
"""Units that are read at the same time."""


@dataclass
class Sampled:
    """What a sample of a source is like."""

    source: Source
    read: int = 0
    broken: int = 0
    characters: int = 0
    languages: Counter[str] = field(default_factory=Counter)
    """Of texts."""
    kinds: Counter[str] = field(default_factory=Counter)
    """Of pictures."""
    dropped: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of the records that pass the rules."""
        return len(self.kept) / self.read if self.read else 0.0

    @property
    def lines(self) -> list[str]:
        source, mean = self.source, self.characters / max(1, self.read - self.broken)
        name, labels = ("kinds", self.kinds) if source.format in PICTURES else ("languages", self.languages)
        return [
            f"{source.name}: {len(self.kept)} of {self.read} records pass ({self.share:.0%}), {self.broken} unreadable",
            f"  {source.format}, {source.domain}, {mean:,.0f} characters each, licence {source.licence or 'unknown'}",
            f"  {name}: {_most(labels, 5) or 'none'}",
            f"  dropped: {_most(self.dropped, 5) or 'none dropped'}",
            *(f"  unreadable: {reason} ({count})" for reason, count in self.faults.most_common(_SHOWN)),
            *(f"  kept: {' '.join(text.split())[:100]}" for text in self.kept[:_SHOWN]),
        ]


def _most(counts: Counter[str], shown: int) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common(shown))


def require(params: CurateParams, root: Path, progress: Progress) -> None:
    """UserError where a source is not what it claims to be."""
    with progress.task("validate", len(params.sources)) as task:
        for source in params.sources:
            _require(sample(source, params, root), params.validation)
            task.advance()


def _require(one: Sampled, limits: ValidationParams) -> None:
    name = f"source {one.source.name!r}"
    if not one.read:
        raise UserError(f"{one.source.path}: {name} has no records; remove it or fill it")
    if one.share < limits.min_yield:
        worst = _most(one.dropped, 3) + "".join(f"; {reason}" for reason, _ in one.faults.most_common(1))
        raise UserError(
            f"{name}: {len(one.kept)} of {one.read} sampled records pass and {limits.min_yield:.0%} must (dropped: "
            f"{worst}); look at it with `python -m stages.curate validate {one.source.name}`, or lower "
            "curate.validation.min_yield"
        )


def sample(source: Source, params: CurateParams, root: Path) -> Sampled:
    """The first records, in turn, of units in the order of a hash."""
    found = Sampled(source)
    records = list(islice(_records(source, root, params.seed), params.validation.records))
    found.faults.update(one.reason for one in records if isinstance(one, Broken))
    found.read, found.broken = len(records), found.faults.total()
    found.dropped.update(["unreadable"] * found.broken)
    _judge_texts(found, [one for one in records if isinstance(one, Document)], params)
    _judge_pictures(found, [one for one in records if isinstance(one, VisionDocument)])
    return found


def _judge_texts(found: Sampled, documents: Sequence[Document], params: CurateParams) -> None:
    examined = [examine(document) for document in documents]
    found.characters += sum(len(document.text) for document in documents)
    found.languages.update(one.labels.get("identified_language", found.source.lang) for one in examined)
    rows = {name: [getattr(document, name) for document in documents] for name in ("id", "text", "domain", "source")}
    measures = columns([one.measures for one in examined])
    rejected = judge(
        pa.table({name: pa.array(values, pa.string()) for name, values in rows.items()} | measures), params.filters
    )
    found.dropped.update(rejected["filter"].to_pylist())
    out = set(rejected["row"].to_pylist())
    found.kept += [document.text for number, document in enumerate(documents) if number not in out]


def _judge_pictures(found: Sampled, documents: Sequence[VisionDocument]) -> None:
    texts = [plain(document.text) for document in documents]
    found.characters += sum(map(len, texts))
    found.kinds.update(document.kind for document in documents)
    found.dropped.update(EMPTY for text in texts if not text)
    found.kept += [text for text in texts if text]


def _records(source: Source, root: Path, seed: int) -> Iterator[Document | VisionDocument | Broken]:
    """Of a few units at a time: a source may have more of them than a process may have files."""
    chosen = sorted(units(source, root), key=lambda unit: derive(seed, source.name, unit.number))
    reader = read_pictures if source.format in PICTURES else read
    waiting = (reader(source, unit, root) for unit in chosen)
    streams = deque(islice(waiting, _OPEN))
    while streams:
        stream = streams.popleft()
        item = next(stream, None)
        if item is None:
            streams.extend(islice(waiting, 1))
            continue
        streams.append(stream)
        if isinstance(item, Document):
            item = replace(item, text=normalise(item.text, item.domain))
        elif isinstance(item, VisionDocument):
            item = replace(item, images=())  # the reader has decoded them, and many would not fit into memory
        yield item


def show(params: CurateParams, root: Path, names: Sequence[str]) -> None:
    """The command line's output."""
    known = {source.name: source for source in params.sources}
    if unknown := [name for name in names if name not in known]:
        raise UserError(f"no source is called {unknown[0]!r}; known are {', '.join(known) or 'none'}")
    for name in names or known:
        print(*sample(known[name], params, root).lines, sep="\n")
