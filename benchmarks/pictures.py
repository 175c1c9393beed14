"""Pictures of every kind: documents for each second of CPU, pictures whose independent check fails, and a contact
sheet each.

    python -m benchmarks.pictures --count 1000 --sheets /tmp/sheets [--kinds chart maze]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from k15.curation.generators.pictures import FAMILIES, generate
from k15.curation.generators.pictures.checks import check
from k15.drawing import fonts
from k15.drawing.sheet import contact_sheet

_SHOWN = 16


def _one(kind: str, count: int, seed: int) -> tuple[float, float, list[str]]:
    """Documents for each second of CPU, mean KiB of pictures, and what the check found."""
    next(generate(kind, 1, seed))  # fonts and libraries are loaded once, not for each document
    spent, size, faults, documents = 0.0, 0, [], generate(kind, count, seed)
    for _ in range(count):
        started = time.process_time()
        document = next(documents)
        spent += time.process_time() - started
        size += sum(map(len, document.images))
        faults += [f"{document.id}: {fault}" for fault in check(document)]
    return count / spent, size / count / 1024, faults


def measure(count: int = 50, seed: int = 1, kinds: Sequence[str] = tuple(FAMILIES), sheets: Path | None = None) -> bool:
    """Prints one line for each kind; whether no check found anything."""
    print(f"{'kind':16} {'per CPU s':>9} {'KiB':>6} {'checked':>8} {'wrong':>6}")
    right = True
    for kind in kinds:
        if kind == "ocr_zh" and fonts.chinese() is None:
            print(f"{kind:16} left out: no installed font has Chinese characters")
            continue
        speed, size, faults = _one(kind, count, seed)
        right = right and not faults
        print(f"{kind:16} {speed:9.1f} {size:6.1f} {count:8} {len(faults):6}", flush=True)
        for fault in faults[:5]:
            print(f"  {fault}")
        if sheets:
            sheets.mkdir(parents=True, exist_ok=True)
            shown = [(document.text, document.images) for document in generate(kind, _SHOWN, seed)]
            contact_sheet(shown).save(sheets / f"{kind}.png")
    return right


def main() -> int:
    parser = argparse.ArgumentParser(description="Speed and checks of the picture generators.")
    parser.add_argument("--count", type=int, default=50, help="documents of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kinds", nargs="*", choices=list(FAMILIES), default=list(FAMILIES))
    parser.add_argument("--sheets", type=Path, help="folder for the contact sheets")
    return 0 if measure(**vars(parser.parse_args())) else 1


if __name__ == "__main__":
    raise SystemExit(main())
