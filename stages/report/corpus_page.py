"""The report's page about the corpus: what came in, what was dropped and why, and what is left, to look at."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from k15.drawing.sheet import contact_sheet
from stages.report import charts
from stages.report.charts import Series, count, plain
from stages.report.corpus_facts import CorpusFacts, Histogram, Row
from stages.report.data_sections import total
from stages.report.markup import Cell, card, details, document, grid, legend, link, prose, section, table, tiles

PAGE = "corpus.html"
TITLE = "The corpus"
_TEXT = 300
_LABELS = {
    "identified_language": "Languages",
    "programming_language": "Programming languages",
    "document_type": "Types of knowledge documents",
    "licence": "Licences of code",
}
_VALUES = 12


def render(metrics: Mapping[str, Any], corpus: CorpusFacts) -> str:
    """`metrics`: of stage curate."""
    parts = [
        f"<h1>{TITLE}</h1>",
        link("index.html", "The whole report"),
        _headline(metrics),
        _funnel(metrics["funnel"]),
        _distributions(corpus),
        _mixture(metrics),
        _clusters(corpus),
        _samples("Kept documents", "By domain; the first by a hash of their ids.", corpus.kept, _kept),
        _samples("Dropped documents", "By the reason that dropped them.", corpus.dropped, _dropped),
        _sheets(corpus.pictures),
    ]
    return document(TITLE, "\n".join(parts))


def _headline(metrics: Mapping[str, Any]) -> str:
    whole = total({domain: total(sources) for domain, sources in metrics["funnel"].items()})
    figures = [
        (f"{whole['read']:,}", "records read"),
        (f"{sum(whole['rejected'].values()):,}", "dropped by rules, as unreadable or contaminated"),
        (f"{sum(whole['duplicates'].values()):,}", "duplicates"),
        (f"{whole['kept']:,}", "documents kept"),
        (f"{whole['tokens']:,}", "tokens"),
        (f"{metrics['occupancy']:.1%}", "of the places in training blocks hold a token"),
    ]
    if quality := metrics["quality"]:
        figures.append((f"{quality['auc']:.3f}", "AUC of the quality classifier on seeds it has not seen"))
    return tiles(figures)


def _funnel(funnel: Mapping[str, Mapping[str, Any]]) -> str:
    rows: list[list[Cell | str]] = [
        [
            domain,
            source,
            f"{found['read']:,}",
            f"{found['kept']:,}",
            f"{found['kept'] / max(1, found['read']):.0%}",
            f"{found['tokens']:,}" if "tokens" in found else "",
            prose(", ".join(f"{name} {n:,}" for name, n in _largest_first(found["rejected"]))),
            prose(", ".join(f"{name} {n:,}" for name, n in found["duplicates"].items() if n)),
        ]
        for domain, sources in funnel.items()
        for source, found in sources.items()
    ]
    header = ["domain", "source", "read", "kept", "yield", "tokens", "dropped by", "duplicates"]
    return section("From each source", "What came in and what became of it (§2.5.1, App. B).", table(header, rows))


def _largest_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _distributions(corpus: CorpusFacts) -> str:
    panels = [card("Tokens of a document", _histogram(corpus.lengths, "tokens", "documents by length"))]
    if corpus.quality:
        panels.append(card("Quality, by the classifier", _histogram(corpus.quality, "probability", "quality")))
    for name, title in _LABELS.items():
        if name in corpus.labels:
            panels.append(card(title, _bars(corpus.labels[name], title)))
    return section("What is left", "The kept documents.", grid(panels))


def _histogram(by_domain: Mapping[str, Histogram], x_label: str, title: str) -> str:
    """Columns by place in the order of values, stacked by domain; a tip says which value it is from."""
    values = sorted({value for counts in by_domain.values() for value in counts})
    place = {value: float(number) for number, value in enumerate(values)}
    series = [
        Series(domain, [(place[value], float(n)) for value, n in sorted(counts.items())], colour=colour)
        for colour, (domain, counts) in enumerate(sorted(by_domain.items()))
    ]
    drawing = charts.stacked(series, title=title, x_label=f"{x_label} (steps)", y_label="", y_format=count)
    steps = ", ".join(plain(value) for value in values)
    names = legend([(one.name, one.colour) for one in series])
    return f"{names}{drawing}<p>Steps from: {escape(steps)}</p>"


def _bars(counts: Counter[str], title: str) -> str:
    shown = counts.most_common(_VALUES)
    rest = sum(counts.values()) - sum(n for _, n in shown)
    items = [*shown, ("others", rest)] if rest else shown
    return charts.bars([(name, n, f"{n:,}") for name, n in items], title=title)


def _mixture(metrics: Mapping[str, Any]) -> str:
    stages = list(metrics["tokens"])
    domains = sorted({domain for tokens in metrics["tokens"].values() for domain in tokens})
    rows: list[list[Cell | str]] = [
        [
            domain,
            f"{metrics['multiplicity'].get(domain, 0):.2f}",
            f"{metrics['bytes_per_token'].get(domain, 0):.2f}",
            *(f"{metrics['tokens'][stage].get(domain, 0):,}" for stage in stages),
        ]
        for domain in domains
    ]
    note = "Tokens in the packed blocks of each stage of pretraining; how often pretraining reads a domain's text."
    return section("Mixture", note, table(["domain", "read", "bytes a token", *stages], rows))


def _clusters(corpus: CorpusFacts) -> str:
    rows: list[list[Cell | str]] = [
        [
            prose(kept),
            f"{cluster.size:,}",
            ", ".join(f"{kind} {n:,}" for kind, n in sorted(cluster.kinds.items())),
            f"{cluster.least_alike:.2f}",
            f"{cluster.across:,}",
            prose(", ".join(cluster.ids)),
        ]
        for kept, cluster in corpus.clusters
    ]
    header = ["kept", "repeated by", "kinds", "least alike", "of other sources", "such as"]
    return section("Duplicates", "The largest clusters.", table(header, rows)) if rows else ""


def _samples(title: str, note: str, samples: Mapping[str, Sequence[Row]], show: Any) -> str:
    return section(title, note, "".join(details(kind, "".join(map(show, rows))) for kind, rows in samples.items()))


def _kept(row: Row) -> str:
    about = f"{row['id']}: {row['tokens']} tokens, {row['split']}, read {row['weight']:.2f} times"
    return f'<div class="sample"><p>{escape(about)}</p><pre>{escape(row["text"][:_TEXT])}</pre></div>'


def _dropped(row: Row) -> str:
    value = "" if row["value"] is None else f" ({row['value']:.4g})"
    about = f"{row['id']}: {row['reason']}{value}"
    return f'<div class="sample"><p>{escape(about)}</p><pre>{escape(row["excerpt"])}</pre></div>'


def _sheets(pictures: Mapping[str, Sequence[Row]]) -> str:
    body = "".join(details(kind, _sheet(rows)) for kind, rows in pictures.items())
    return section("Vision documents", "By kind; the first by a hash of their ids.", body)


def _sheet(rows: Sequence[Row]) -> str:
    """A contact sheet: as large as its number of documents, whatever the size of their pictures."""
    target, ids = io.BytesIO(), ", ".join(row["id"] for row in rows)
    contact_sheet([(row["text"], row["images"]) for row in rows]).save(target, "JPEG", quality=80)
    data = base64.b64encode(target.getvalue()).decode()
    return f'<img class="sheet" alt="contact sheet" src="data:image/jpeg;base64,{data}"><p>{escape(ids)}</p>'
