"""Small pieces of HTML. Every text is escaped here, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

STYLE = Path(__file__).with_name("page.css")


def document(title: str, body: str, after: str = "") -> str:
    """A whole page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head>"
        f"<body><main>\n{body}\n</main>{after}</body></html>\n"
    )


@dataclass(frozen=True)
class Cell:
    """A table cell that is more than a text.

    `kind` is its CSS class, `heat` its shade from 0 to 1, `small` an aside behind the text.
    """

    text: str
    kind: str = ""
    heat: float = 0.0
    small: str = ""

    def render(self) -> str:
        kind = f' class="{self.kind}"' if self.kind else ""
        style = f' style="--v:{self.heat:.3f}"' if self.kind == "heat" else ""
        small = f" <small>{escape(self.small)}</small>" if self.small else ""
        return f"<td{kind}{style}>{escape(self.text)}{small}</td>"


def prose(text: str) -> Cell:
    """A cell that may wrap."""
    return Cell(text, "text")


def table(header: Sequence[str], rows: Sequence[Sequence[Cell | str]]) -> str:
    first = rows[0] if rows else [""] * len(header)
    head = "".join(
        f'<th class="{cell.kind}">{escape(name)}</th>' if isinstance(cell, Cell) else f"<th>{escape(name)}</th>"
        for name, cell in zip(header, first, strict=True)
    )
    body = "".join(
        "<tr>" + "".join((Cell(cell) if isinstance(cell, str) else cell).render() for cell in row) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def section(title: str, note: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2><p>{escape(note)}</p>{body}</section>"


def card(title: str, body: str) -> str:
    return f'<div class="card"><h3>{escape(title)}</h3>{body}</div>'


def grid(panels: Sequence[str]) -> str:
    """Cards side by side; a single one keeps to a readable width."""
    kind = "grid-of" if len(panels) > 1 else "grid-of one"
    return f'<div class="{kind}">{"".join(panels)}</div>'


def details(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def preformatted(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def link(page: str, text: str) -> str:
    """To another page of the report."""
    return f'<p><a href="{escape(page)}">{escape(text)}</a></p>'


def legend(names: Sequence[tuple[str, int]]) -> str:
    """Names with the position of their colour."""
    items = "".join(f'<span><i class="k{colour}"></i>{escape(name)}</span>' for name, colour in names)
    return f'<div class="legend">{items}</div>'


def tiles(items: Sequence[tuple[str, str]]) -> str:
    """Large figures, each with what it means."""
    cells = "".join(
        f'<div class="tile"><b>{escape(figure)}</b><span>{escape(meaning)}</span></div>' for figure, meaning in items
    )
    return f'<div class="tiles">{cells}</div>'
