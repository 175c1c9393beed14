"""What is left of a web page."""

import gzip
import html as markup
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from k15.curation.sources.html import text_of

DATA = Path(os.environ.get("K15_DATA", Path(__file__).resolve().parents[5] / "shared/data"))
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA} (set K15_DATA)")

SENTENCE = "This is a paragraph of some length about something that a reader of the page came for. "


def body(*blocks):
    return f"<html><head><title>T</title><style>p {{}}</style></head><body>{''.join(blocks)}</body></html>"


def test_paragraphs_stay_apart_and_what_surrounds_them_goes():
    page = body(
        "<nav><a href='/'>Home</a> <a href='/a'>About</a></nav>",
        f"<main><h1>Heading</h1><p>{SENTENCE}One &amp; two\nlines.</p>"
        "<script>var x = '<p>';</script><p>Second.</p></main>",
        "<footer>Copyright 2024</footer>",
    )
    assert text_of(page) == f"Heading\n\n{SENTENCE}One & two lines.\n\nSecond."


def test_code_keeps_its_lines_and_indentation():
    code = "def f(x):\n    if x &lt; 1:\n        return 1\n\n    return 2"
    page = body(f"<article><p>{SENTENCE}</p><pre><code>{code}</code></pre><p>{SENTENCE}</p></article>")
    assert markup.unescape(code) in text_of(page)


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        (
            '<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></semantics></math>',
            "$x^2$",
        ),
        ('<math display="block" alttext="x^2"><mi>x</mi></math>', "$$x^2$$"),
        ('<img class="tex" alt="\\frac{a}{b}" src="f.png">', r"$\frac{a}{b}$"),
        ('<script type="math/tex">e = mc^2</script>', "$e = mc^2$"),
        ('<span class="MathJax">E</span><script type="math/tex; mode=display">e</script>', "$$e$$"),
        (
            '<span class="katex"><span class="katex-mathml"><math><semantics><mi>q</mi><annotation '
            'encoding="application/x-tex">q_1</annotation></semantics></math></span>'
            '<span class="katex-html" aria-hidden="true"><span>q1</span></span></span>',
            "$q_1$",
        ),
        (
            '<span class="mwe-math-element"><span style="display: none;"><math><semantics><mi>y</mi><annotation '
            'encoding="application/x-tex">{\\displaystyle y}</annotation></semantics></math></span>'
            '<img class="mwe-math-fallback-image-inline" alt="{\\displaystyle y}"></span>',
            "$y$",
        ),
        ("$a_1 + a_2$", "$a_1 + a_2$"),
        (r"\(a_1\)", r"\(a_1\)"),
    ],
)
def test_formulas_are_latex(formula, latex):
    page = body(f"<article><p>{SENTENCE}</p><p>Let it be {formula} and so on. {SENTENCE}</p></article>")
    assert f"Let it be {latex} and so on." in text_of(page)


def test_pages_that_are_all_list_or_all_broken_give_their_text():
    assert text_of("<ul><li>one<li>two</ul>").split() == ["one", "two"]
    assert text_of("just text") == "just text"
    assert text_of("<p>a\0b<p></div></span><table>") == "ab"
    with pytest.raises(ValueError, match="nested more than 2000 deep"):
        text_of("<div><span>" * 5000 + "x" + "</span></div>" * 5000)


def test_what_belongs_to_the_site_goes_and_tables_of_data_stay():
    heading = "<h1>Heading<a class='headerlink' href='#h'>¶</a><span class='mw-editsection'>[edit]</span></h1>"
    table = '<div class="table-contents"><table><tr><td>find</td><td>looks for files</td></tr></table></div>'
    assert text_of(body(f"<article>{heading}<p>{SENTENCE}</p>{table}</article>")) == (
        f"Heading\n\n{SENTENCE.strip()}\n\nfind\t\tlooks for files"
    )


@pytest.mark.parametrize("levels", range(5))
def test_lists_in_the_text_stay_and_menus_go(levels):
    wrapped = "<div>" * levels, "</div>" * levels
    menu = "<ul><li><a href='/'>Home</a></li><li><a href='/a'>About</a></li></ul>"
    page = body(f"<nav>{menu}</nav>", wrapped[0], f"<p>{SENTENCE}</p>", "<ul><li>one</li><li>two</li></ul>", wrapped[1])
    assert text_of(page).split() == [*SENTENCE.split(), "one", "two"]


def test_empty_elements_of_xhtml_do_not_swallow_the_page():
    page = body(f'<p>{SENTENCE}</p><script src="x.js"/><p>{SENTENCE}</p>')
    assert text_of(f'<?xml version="1.0"?>{page}').count(SENTENCE.strip()) == 2


@real
def test_tables_of_an_xhtml_page_with_empty_anchors():
    page = stored(next((DATA / "documentation_html").rglob("ch01.en.html.gz")).with_suffix(""))
    assert "find /usr -print" in text_of(page)


def words(text):
    return Counter(re.findall(r"\w+", text.lower()))


def stored(path):
    packed = path.with_name(f"{path.name}.gz")
    return (path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes())).decode()


@real
def test_main_text_of_real_pages():
    scores = []
    for folder in sorted((DATA / "web_pages_readability").iterdir()):
        got = words(text_of(stored(folder / "source.html")))
        want = words(markup.unescape(re.sub(r"<[^>]*>", " ", stored(folder / "expected.html"))))
        shared = sum((got & want).values())
        scores.append((shared / max(sum(got.values()), 1), shared / max(sum(want.values()), 1)))
    precision, recall = (sum(column) / len(scores) for column in zip(*scores, strict=True))
    assert len(scores) == 31
    assert precision > 0.965
    assert recall > 0.985
