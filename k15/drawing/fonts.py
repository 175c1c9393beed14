"""Fonts: the Latin faces that matplotlib brings along, and a Chinese one of the machine.

Guarantees: Latin pictures do not depend on the machine. Chinese ones depend on which font is installed, so their
program names it; without any, asking for one says what to install.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import matplotlib
from fontTools.ttLib import TTCollection, TTFont, TTLibError
from PIL import ImageFont

from k15.errors import UserError

_SHIPPED = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
PRINT = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic",
    "STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "DejaVuSansMono",
)  # fmt: skip
SANS, BOLD, MONO, MONO_BOLD = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSansMono-Bold"
_SUFFIXES = (".ttf", ".ttc", ".otf")
_NEEDED = frozenset(map(ord, "一个国学校图书馆春天喜欢难过石头朋友颜色红黄蓝，。？！：“”"))


def folders() -> list[Path]:
    """Where a machine keeps its fonts."""
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    system = ("/usr/local/share/fonts", "/usr/share/fonts", "/System/Library/Fonts", "/Library/Fonts")
    return [data / "fonts", Path.home() / ".fonts", *map(Path, system)]


def _covers(path: Path) -> bool:
    try:
        collected = path.suffix.lower() == ".ttc"
        font = TTCollection(path, lazy=True).fonts[0] if collected else TTFont(path, lazy=True)
        return set(font.getBestCmap() or ()) >= _NEEDED
    except (TTLibError, OSError, KeyError, AssertionError):
        return False  # not a font that can be read: another one may do


@lru_cache
def chinese() -> Path | None:
    """The first font of the machine that has simplified Chinese characters."""
    files = (path for folder in folders() if folder.is_dir() for path in sorted(folder.rglob("*")))
    return next((path for path in files if path.suffix.lower() in _SUFFIXES and _covers(path)), None)


def needed_chinese() -> Path:
    """`chinese()`, or a clear line."""
    if (path := chinese()) is None:
        raise UserError("no installed font has Chinese characters; install one (Debian: fonts-wqy-microhei) or set "
                        "ocr_zh to 0")  # fmt: skip
    return path


@lru_cache(maxsize=256)
def face(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A shipped face by its name, or any by its path, `size` pixels high. Basic layout: the same on every machine."""
    path = Path(name) if os.sep in name else _SHIPPED / f"{name}.ttf"
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def wrap(text: str, width: Callable[[str], float], limit: float, spaced: bool) -> list[str]:
    """Lines no wider than `limit`, broken between words (`spaced`) or characters; line breaks of the text stay."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for piece in paragraph.split(" ") if spaced else paragraph:
            longer = f"{line} {piece}" if spaced and line else line + piece
            if line and width(longer) > limit and not (not spaced and piece in "，。？！：”"):
                opening = "“" if line.endswith("“") else ""  # opens the next line, as in Chinese print
                lines.append(line.removesuffix("“"))
                longer = opening + piece
            line = longer
        lines.append(line)
    return [line for line in lines if line]
