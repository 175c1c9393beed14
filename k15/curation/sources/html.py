"""The main text of a web page: paragraphs apart, code as it was set, formulas as LaTeX.

Guarantees: no markup is left, and any page gives a text or is refused for its depth, however broken its tags are.
What is main text is decided by Resiliparse; a page where it finds none gives all its visible text.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

MAX_DEPTH = 2000
"""Elements within elements; parsers take minutes for pages that are made to be deep."""
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)[^>/]*+(?:/(?!>)[^>/]*+)*+(/?)(?:>|\Z)")
_UNCLOSED = re.compile(
    r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr|p|li|t[dhr]|d[dt]|option|tbody|thead"
)

_CHROME = (".headerlink", ".mw-editsection", ".mw-jump-link", "#siteSub", "#jump-to-nav", ".navheader", ".navfooter")
_EMPTY = re.compile(r"<(a|span|div|p|td|li|i|b|em|strong|script|iframe|title|textarea)(\s[^<>]*)?/>")
"""XHTML's empty elements, which in HTML stay open: one empty anchor would turn the rest of a page into a link."""

_LISTS = "body > p + ul, body > * > p + ul, body > * > * > p + ul"
"""Lists in the text of a page with few levels, which Resiliparse takes for navigation."""

_FORMULAS = ("math", 'class="tex', 'class="latex')
_CONTAINERS = ("katex-display", "katex", "mwe-math-element", "MathJax", "MathJax_Display", "mjx-container")
_RENDERED = ".MathJax, .MathJax_Display, .MathJax_Preview, .MathJax_SVG"
_IMAGES = "img.tex, img.latex, img.mwe-math-fallback-image-inline, img.mwe-math-fallback-image-display"
_DISPLAYSTYLE = re.compile(r"^\{\\(?:displaystyle|textstyle)\s++(.*)\}$", re.DOTALL)


def text_of(page: str) -> str:
    """The text of `page`, or a ValueError with a reason in a few words."""
    page = page.replace("\0", "")
    if "<?xml" in page[:200] or "XHTML" in page[:500]:
        page = _EMPTY.sub(r"<\1\2></\1>", page)
    if page.count("<") > MAX_DEPTH and _depth(page) > MAX_DEPTH:
        raise ValueError(f"the page is nested more than {MAX_DEPTH} deep")
    tree = HTMLTree.parse(page)
    if any(mark in page for mark in _FORMULAS):
        _write_formulas(tree)
    _keep_lists(tree)
    return _extract(tree, main=True) or _extract(tree, main=False)


def _extract(tree: HTMLTree, main: bool) -> str:
    text: str = extract_plain_text(
        tree, preserve_formatting=True, main_content=main, list_bullets=False, alt_texts=False, skip_elements=_CHROME
    )
    return text.strip("\n")


def _depth(page: str) -> int:
    """Of the deepest element; what closes nothing that is open does not count."""
    tags = _TAG.findall(page)
    steps = {tag: _step(*tag) for tag in set(tags)}
    depths = np.cumsum(np.fromiter(map(steps.__getitem__, tags), np.int64, len(tags)))
    return int((depths - np.minimum(np.minimum.accumulate(depths), 0)).max(initial=0))


def _step(closing: str, name: str, empty: str) -> int:
    if empty or _UNCLOSED.fullmatch(name.lower()):
        return 0
    return -1 if closing else 1


def _keep_lists(tree: HTMLTree) -> None:
    """As numbered lists, which read the same and of which it thinks better."""
    for bullets in _all(tree.document, _LISTS) if tree.document is not None else ():
        numbered: Any = tree.create_element("ol")
        for child in bullets.child_nodes[:]:
            numbered.append_child(child)
        bullets.parent.replace_child(numbered, bullets)


def _write_formulas(tree: HTMLTree) -> None:
    """Put the LaTeX that a formula was made from in its place, and take its renderings away."""
    document = tree.document
    if document is None:
        return
    scripts = _all(document, 'script[type^="math/tex"]')
    for rendered in _all(document, _RENDERED) if scripts else ():
        _remove(rendered)
    for script in scripts:
        _replace(tree, script, script.text or "", "display" in (script.getattr("type") or ""))
    for formula in _all(document, "math"):
        note = formula.query_selector('annotation[encoding="application/x-tex"]')
        latex = note.text if note is not None else formula.getattr("alttext")
        if latex:
            outer = _outermost(formula)
            display = formula.getattr("display") == "block" or "katex-display" in (outer.class_name or "")
            _replace(tree, outer, latex, display)
    for image in _all(document, _IMAGES):
        if latex := image.getattr("alt"):
            _replace(tree, image, latex, "display" in (image.class_name or ""))


def _all(document: Any, selector: str) -> tuple[Any, ...]:
    """A slice at once: Resiliparse collects every element anew for each that is asked for."""
    found: tuple[Any, ...] = document.query_selector_all(selector)[:]
    return found


def _outermost(formula: Any) -> Any:
    """The element that holds all renderings of a formula."""
    found, parent = formula, formula.parent
    for _ in range(6):
        if parent is None or parent.tag in (None, "body", "#document"):
            break
        if parent.tag in _CONTAINERS or set((parent.class_name or "").split()) & set(_CONTAINERS):
            found = parent
        parent = parent.parent
    return found


def _replace(tree: HTMLTree, node: Any, latex: str, display: bool) -> None:
    latex = latex.strip()
    if bare := _DISPLAYSTYLE.match(latex):
        latex = bare[1].strip()
    latex = latex.strip("$").strip()
    mark = "$$" if display else "$"
    if node.parent is not None and latex:
        node.parent.replace_child(tree.create_text_node(f"{mark}{latex}{mark}"), node)


def _remove(node: Any) -> None:
    if node.parent is not None:
        node.parent.remove_child(node)
