"""Text-rendered documents: typeset pages, highlighted source code and tables (App. B: text-rendered images), sharp as
a screen shows them.

Guarantees: the text is what is printed, in a plain form that keeps its structure: Markdown for pages and tables, the
source itself for code.
"""

from __future__ import annotations

import random
from functools import partial

from pygments.lexers import PythonLexer
from pygments.token import Token

from k15.curation.generators import code, english, knowledge
from k15.curation.generators.pictures.base import Drawn, asked
from k15.curation.generators.pictures.canvas import PAPERS, RGB, Canvas, text_width
from k15.curation.generators.pictures.cards import invented
from k15.drawing import fonts
from k15.drawing.fonts import wrap

WIDTH = 560
_MARGIN = 30
_THEMES: tuple[tuple[RGB, dict[str, RGB]], ...] = (
    ((255, 255, 255), {"text": (30, 30, 30), "keyword": (0, 90, 180), "string": (170, 40, 30), "number": (10, 120, 80),
                       "comment": (110, 120, 110), "gutter": (160, 160, 160)}),
    ((30, 32, 40), {"text": (225, 225, 225), "keyword": (240, 130, 160), "string": (230, 220, 120),
                    "number": (170, 150, 250), "comment": (130, 145, 150), "gutter": (100, 105, 120)}),
    ((253, 246, 227), {"text": (60, 75, 80), "keyword": (110, 120, 0), "string": (20, 130, 120),
                       "number": (190, 60, 20), "comment": (120, 130, 130), "gutter": (170, 165, 150)}),
)  # fmt: skip
_ROLES = (
    (Token.Comment, "comment"), (Token.Keyword, "keyword"), (Token.Operator.Word, "keyword"),
    (Token.Literal.String, "string"), (Token.Literal.Number, "number"),
)  # fmt: skip


def _blocks(rng: random.Random) -> list[tuple[str, str]]:
    """(kind, text) of a page: a title, then sections of a heading and paragraphs or a list."""
    entities = invented(rng)
    blocks = [("title", f"Notes on {rng.choice(entities).name}")]
    for _ in range(rng.randint(1, 2)):
        entity = rng.choice(entities)
        blocks.append(("heading", f"The {entity.kind} {entity.name}"))
        blocks.append(("text", english.generate(rng).replace("\n", " ")))
        if rng.random() < 0.6:
            chosen = rng.sample(list(entity.facts), 3)
            blocks += [("item", knowledge.state(rng, entity, attribute)) for attribute in chosen]
    return blocks


_MARKS = {"title": "# ", "heading": "## ", "text": "", "item": "- "}
_SIZES = {"title": 26, "heading": 20, "text": 16, "item": 16}


def text(rng: random.Random) -> Drawn:
    """A page with title, headings, paragraphs and lists, to be written down as Markdown."""
    blocks, (body, bold) = _blocks(rng), rng.choice((("DejaVuSans", "DejaVuSans-Bold"),
                                                     ("DejaVuSerif", "DejaVuSerif-Bold"),
                                                     ("STIXGeneral", "STIXGeneralBol")))  # fmt: skip
    laid, y = [], _MARGIN
    for kind, words in blocks:
        size, face = _SIZES[kind], bold if kind in ("title", "heading") else body
        indent = 18 if kind == "item" else 0
        y += 8 if kind in ("heading", "text") else 2
        lines = wrap(words, partial(text_width, size=size, font=face), WIDTH - 2 * _MARGIN - indent, True)
        for number, line in enumerate(lines):
            laid.append((_MARGIN + indent, y, line, size, face, kind == "item" and number == 0))
            y += round(size * 1.4)
    canvas = Canvas(WIDTH, y + _MARGIN, rng.choice(PAPERS))
    for x, top, line, size, face, dotted in laid:
        canvas.text((x, top), line, size, anchor="la", font=face)
        if dotted:
            canvas.disc((x - 10, top + 9), 2.5, (30, 30, 30))
    markdown = "\n".join(f"{_MARKS[kind]}{words}" for kind, words in blocks)
    form = rng.choice(("<image>\n{}", "<|user|><image>Write the page as Markdown.<|assistant|>{}<|end|>"))
    return Drawn(form.format(markdown), (canvas.png(),), {"blocks": blocks, "lines": [line[2] for line in laid]})


def _role(token: object) -> str:
    return next((role for kind, role in _ROLES if token in kind), "text")


def source(rng: random.Random) -> Drawn:
    """A Python program as an editor shows it."""
    program = code.generate(rng)
    while ">>>" in program:  # a session is highlighted as an error
        program = code.generate(rng)
    rows = program.split("\n")
    (paper, inks), size, gutter = rng.choice(_THEMES), rng.randint(13, 17), rng.random() < 0.6
    pitch, step = round(size * 1.45), text_width("0", size, fonts.MONO)
    left = 20 + (step * 4 if gutter else 0)
    width = max(360, round(left + max(map(len, rows)) * step + 24))
    canvas = Canvas(width, len(rows) * pitch + 40, paper)
    for number in range(len(rows) if gutter else 0):
        canvas.text((left - step, 20 + number * pitch), str(number + 1), size, inks["gutter"], "ra", fonts.MONO)
    row = column = 0
    for token, value in PythonLexer(ensurenl=False, stripnl=False).get_tokens(program):
        for index, piece in enumerate(value.split("\n")):
            row, column = (row + 1, 0) if index else (row, column)
            place = (left + column * step, 20 + row * pitch)
            canvas.text(place, piece, size, inks[_role(token)], "la", fonts.MONO)
            column += len(piece)
    block = f"```python\n{program}\n```"
    text = rng.choice((f"<image>\n{block}", asked("Type this program.", block)))
    return Drawn(text, (canvas.png(),), {"source": program, "size": size, "gutter": gutter})


def grid(rows: list[list[str]], rng: random.Random) -> bytes:
    """A table, its first row and column in bold."""
    size, pitch, striped = rng.randint(15, 19), rng.randint(32, 42), rng.random() < 0.5
    widths = [max(text_width(row[c], size, fonts.BOLD) for row in rows) + 28 for c in range(len(rows[0]))]
    canvas = Canvas(round(sum(widths)) + 40, pitch * len(rows) + 40, (255, 255, 255))
    head, ruled = rng.choice(((220, 230, 245), (230, 240, 225), (240, 230, 220))), rng.random() < 0.6
    for number, row in enumerate(rows):
        top, x = 20 + number * pitch, 20.0
        if number == 0 or (striped and number % 2 == 0):
            canvas.box((20, top), (20 + sum(widths), top + pitch), head if number == 0 else (245, 245, 245))
        for column, cell in enumerate(row):
            if ruled:
                canvas.box((x, top), (x + widths[column], top + pitch), edge=(150, 150, 150))
            face = fonts.BOLD if number == 0 or column == 0 else fonts.SANS
            canvas.text((x + widths[column] / 2, top + pitch / 2), cell, size, font=face)
            x += widths[column]
        if not ruled:
            canvas.line([(20, top + pitch), (20 + sum(widths), top + pitch)], (150, 150, 150), 1)
    return canvas.png()


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_GOODS = ("Apples", "Bread", "Cheese", "Eggs", "Fish", "Honey", "Milk", "Nuts", "Pears", "Rice", "Salt", "Tea")


def table(rng: random.Random) -> Drawn:
    """A table of numbers: to be written down as Markdown, or with a question on a cell, a column's sum or its best."""
    first = rng.randint(0, 8)
    columns = list(_MONTHS[first : first + rng.randint(3, 4)])
    names = rng.sample(_GOODS, rng.randint(3, 6))
    cells = [rng.sample(range(2, 100), len(names)) for _ in columns]  # distinct within a column: one best
    rows = [["Sold", *columns]] + [[name, *(str(column[n]) for column in cells)] for n, name in enumerate(names)]
    program: dict[str, object] = {"rows": rows}
    kind = rng.choice(("markdown", "cell", "sum", "best"))
    row, column = rng.randrange(len(names)), rng.randrange(len(columns))
    if kind == "markdown":
        lines = ["| " + " | ".join(line) + " |" for line in rows]
        lines.insert(1, "|" + " --- |" * len(rows[0]))
        return Drawn("<image>\n" + "\n".join(lines), (grid(rows, rng),), program)
    if kind == "cell":
        question, answer = (
            f"How many units of {names[row].lower()} were sold in {columns[column]}?",
            str(cells[column][row]),
        )
    elif kind == "sum":
        question, answer = f"How many units were sold in {columns[column]} in all?", str(sum(cells[column]))
    else:
        question = f"What was sold most in {columns[column]}?"
        answer = names[max(range(len(names)), key=lambda n: cells[column][n])]
    return Drawn(asked(question, answer), (grid(rows, rng),), {**program, "question": question, "answer": answer})
