"""Visual coding verifiers: what the response draws is compared with the target picture of its problem.

`svg`: the response holds an SVG, in its last ```svg or ```xml block or as its last `<svg>` element; it is rendered as
large as fits into the target. `plot`: the response's last ```python block draws with matplotlib; its picture is the
file that the record's `picture` names, else the one that it wrote last, else the figure that it left open.

`target` of the record: the bytes of a picture file, or text: a `data:` address (base64) or the path of a file. The
reward is `pictures.compare`, times the quotient of the two aspect ratios; correct from `threshold` of the record on
(0.75: see `THRESHOLD`). `limits` changes those of the sandbox (CPU time here: 2 s for an SVG, 10 s for a program).

Rendering and running happen in the sandbox, where neither the target nor anything of the machine is, and what comes
out of it is plain pixels: this process decodes nothing that a response made. What the sandbox could not run is an
error, never a wrong answer. Not promised: that words and numbers in a picture are right, for they are compared as
shapes; and that a program finds packages other than matplotlib and numpy.
"""

import base64
import binascii
import io
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from k15.errors import UserError
from k15.rewards import pictures
from k15.rewards.code import limits_of
from k15.rewards.extraction import Mode, fenced_blocks, visible
from k15.rewards.references import threshold_of
from k15.rewards.verdict import Verdict
from k15.sandbox import AnySandbox, Result, shared_sandbox

THRESHOLD = 0.75
"""Measured on 24 charts of six kinds, 500 by 400. Above it stay another resolution (lowest: 0.75), JPEG (0.85), a move
by 1 or 2 pixels (0.83), another font (0.80), a wider line (0.89). Below it are other data (highest: 0.46), another
colour (0.62) or kind (0.56), empty axes (0.20), noise, blur and canvases of one colour (0.01), and line charts
with a grid added or drawn without any antialiasing. A word, or one value out of many, may change above it."""
LONGEST_SIDE = 512
"""Of the pictures that are compared; larger ones are made smaller."""
_LONGEST_RENDERED = 2048
_OUTPUT_KIB = 1024  # room for the pixels of a picture; what a program prints goes nowhere
_DRAWING = Path(__file__).parent / "drawing"
_NEEDED = ("PIL", "matplotlib", "resvg_py")
_PROBE = "import importlib.util, sys\nprint(*(name for name in sys.argv[1:] if not importlib.util.find_spec(name)))"
_PYTHON = ("python", "py", "python3", "")
_TAG = re.compile(r"<svg\b|</svg\s*>", re.IGNORECASE)
_SIZE = re.compile(rb"(\d{1,5}) (\d{1,5})\n")

Size = tuple[int, int]
Record = Mapping[str, Any]


class Unreadable(Exception):
    """A target that is no picture."""


class Unanswered(Exception):
    """The sandbox could not say what it has."""


@dataclass(frozen=True)
class Target:
    size: Size
    pixels: pictures.Pixels
    """At most `LONGEST_SIDE` wide and high."""

    @property
    def compared(self) -> Size:
        return self.pixels.shape[1], self.pixels.shape[0]


@dataclass(frozen=True)
class Kind:
    script: str
    """The program of `drawing` that draws."""
    file: str
    """What it expects the response's part to be named."""
    extract: Callable[[str, Mode], str | None]
    cpu_s: float
    """Limit, unless the record has its own."""


def extract_svg(response: str, mode: Mode) -> str | None:
    """The last block that is tagged as SVG and holds one, else the last outermost element. The same in both modes."""
    text = visible(response)
    blocks = [content for tag, content in fenced_blocks(text) if tag in ("svg", "xml") and "<svg" in content]
    if blocks:
        return blocks[-1].strip()
    depth, start, last = 0, 0, None
    for tag in _TAG.finditer(text):
        if not tag[0].startswith("</"):
            start = start if depth else tag.start()
            depth += 1
        elif depth:
            depth -= 1
            last = last if depth else text[start : tag.end()]
    return last


def extract_plot(response: str, mode: Mode) -> str | None:
    """The last block that is Python or does not say; where there is no block, "eval" takes everything."""
    text = visible(response)
    blocks = fenced_blocks(text)
    if not blocks and mode == "eval":
        return text if text.strip() else None
    return next((content for tag, content in reversed(blocks) if tag in _PYTHON), None)


SVG = Kind("svg.py", "picture.svg", extract_svg, cpu_s=2.0)
PLOT = Kind("plot.py", "program.py", extract_plot, cpu_s=10.0)


def verify_svg(records: Sequence[Record], responses: Sequence[str], mode: Mode) -> list[Verdict]:
    return _verify(SVG, records, responses, mode)


def verify_plot(records: Sequence[Record], responses: Sequence[str], mode: Mode) -> list[Verdict]:
    return _verify(PLOT, records, responses, mode)


def _verify(kind: Kind, records: Sequence[Record], responses: Sequence[str], mode: Mode) -> list[Verdict]:
    sandbox = shared_sandbox()
    try:
        missing = _missing(sandbox)
    except Unanswered as error:
        return [Verdict.error(str(error))] * len(records)
    if missing:
        raise UserError(f"the sandbox has no {', '.join(missing)}; install what requirements.in lists where it runs")

    def one(record: Record, response: str) -> Verdict:
        threshold = threshold_of(record, THRESHOLD)
        try:
            target = _read(_content(record))
        except Unreadable as error:
            return Verdict.error(f"the target is no picture ({error})")
        drawing = kind.extract(response, mode)
        if drawing is None:
            return Verdict.wrong("no drawing")
        result = _draw(sandbox, kind, record, target, drawing)
        return _judge(result, target, threshold)

    with ThreadPoolExecutor(sandbox.slots) as threads:
        return list(threads.map(one, records, responses))


@cache
def _missing(sandbox: AnySandbox) -> tuple[str, ...]:
    result = sandbox.run("python", _PROBE, args=_NEEDED)
    if result.status != "ok":
        raise Unanswered(result.why)
    return tuple(result.stdout.decode().split())


def _draw(sandbox: AnySandbox, kind: Kind, record: Record, target: Target, drawing: str) -> Result:
    largest = _fitted(target.size, _LONGEST_RENDERED)
    arguments = [*map(str, (*largest, *target.compared)), *([str(record["picture"])] if record.get("picture") else [])]
    files = {kind.file: drawing.encode(errors="replace"), "k15_canvas.py": _source("k15_canvas.py")}
    limits = replace(limits_of(record, cpu_s=kind.cpu_s), output_kib=_OUTPUT_KIB)
    return sandbox.run("python", _source(kind.script), args=arguments, files=files, limits=limits)


def _judge(result: Result, target: Target, threshold: float) -> Verdict:
    if result.status == "infrastructure_error":
        return Verdict.error(result.why, result.cpu_s)
    if result.status != "ok":
        last = result.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        why = last if result.status == "runtime_error" and last else result.why
        return Verdict.wrong(f"{result.status.replace('_', ' ')}: {why:.200}", result.cpu_s)
    width, height = target.compared
    head = _SIZE.match(result.stdout)
    if head is None or len(result.stdout) - head.end() != width * height * 3 or not int(head[1]) * int(head[2]):
        return Verdict.wrong("no picture came out", result.cpu_s)
    drawn = np.frombuffer(result.stdout, np.uint8, offset=head.end()).reshape(height, width, 3)
    found = pictures.compare(target.pixels, _as_floats(drawn))
    shape = _same_shape(target.size, (int(head[1]), int(head[2])))
    score = found.score * shape
    parts = f"structure {found.structure:.3f}, colour {found.colour:.3f}, edges {found.edges:.3f}, shape {shape:.3f}"
    return Verdict("correct" if score >= threshold else "wrong", score, f"{score:.3f}: {parts}", result.cpu_s)


def _same_shape(target: Size, picture: Size) -> float:
    """The quotient of the aspect ratios; a pixel of rounding is none."""
    height = picture[1] * target[0] / picture[0]
    if abs(height - target[1]) <= 1:
        return 1.0
    return min(height / target[1], target[1] / height)


def _content(record: Record) -> bytes:
    target = record.get("target")
    if isinstance(target, bytes):
        return target
    if not isinstance(target, str) or not target:
        raise UserError(
            "field 'target' must be a picture: its bytes, a data: address or the path of its file; mend the record"
        )
    try:
        if target.startswith("data:"):
            return base64.b64decode(target.partition(",")[2], validate=True)
        return Path(target).read_bytes()
    except binascii.Error:
        raise UserError(f"field 'target' {target!r:.40} is not in base64; mend the record") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"target {target!r:.200}: {reason}; mend the record") from None


@lru_cache(maxsize=64)
def _read(content: bytes) -> Target:
    """The responses of a group share their target."""
    try:
        with Image.open(io.BytesIO(content)) as file:
            layer = file.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unreadable(f"{type(error).__name__}") from None
    page = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    small = page.resize(_fitted(page.size, LONGEST_SIDE), Image.Resampling.BILINEAR)
    return Target(page.size, _as_floats(np.asarray(small)))


def _fitted(size: Size, longest: int) -> Size:
    factor = min(1.0, longest / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _as_floats(picture: np.ndarray[Any, Any]) -> pictures.Pixels:
    return np.asarray(picture, dtype=np.float32) / np.float32(255)


@cache
def _source(name: str) -> bytes:
    return (_DRAWING / name).read_bytes()
