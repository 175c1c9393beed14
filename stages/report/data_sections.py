"""The report's sections about data: the curated corpus, losses on it, the RL prompt set, test cases for code."""

from collections import Counter
from typing import Any

from k15.testcases.funnel import table as yields
from stages.report import charts
from stages.report.facts import Facts
from stages.report.markup import Cell, card, grid, link, prose, section, table


def curation(facts: Facts) -> str:
    domains = {domain: total(sources) for domain, sources in facts.metrics["curate"]["funnel"].items()}
    everything = total(domains)
    panels = [
        card("Documents left", _bars(steps(everything), "documents left after each step")),
        card("Rejected by rule", _bars(everything["rejected"], "rejected documents by rule")),
    ]
    rows: list[list[Cell | str]] = [
        [
            domain,
            f"{found['read']:,}",
            f"{sum(found['rejected'].values()):,}",
            f"{sum(found['duplicates'].values()):,}",
            f"{found['kept']:,}",
            f"{found['tokens']:,}" if found["tokens"] else "",
            prose(", ".join(f"{name} {n:,}" for name, n in found["rejected"].items())),
        ]
        for domain, found in domains.items()
    ]
    header = ["domain", "read", "rejected", "duplicates", "kept", "tokens", "rules"]
    more = link("corpus.html", "Sources, distributions, mixture, duplicates, samples")
    return section("Curation", "Documents (§2.5.1, App. B).", grid(panels) + table(header, rows) + more)


def total(parts: dict[str, Any]) -> dict[str, Any]:
    """The sum of funnels, key by key."""
    found: dict[str, Any] = {}
    for name in ("read", "kept", "tokens"):
        found[name] = sum(part.get(name, 0) for part in parts.values())  # pictures have no tokens
    for name in ("rejected", "duplicates"):
        counts: Counter[str] = Counter()
        for part in parts.values():
            counts.update(part[name])
        found[name] = dict(sorted(counts.items()))
    return found


def steps(found: dict[str, Any]) -> dict[str, int]:
    """Documents left after every step of the funnel."""
    left = found["read"] - sum(found["rejected"].values())
    return {
        "read": found["read"],
        "after rules": left,
        "after exact": left - found["duplicates"]["exact"],
        "after near-duplicates": left - sum(found["duplicates"].values()),
    }


def validation(facts: Facts) -> str:
    losses = facts.metrics["pretrain"]["validation_loss"]
    rows = [
        [domain, f"{loss['before']:.4f}", f"{loss['after']:.4f}", f"{loss['after'] - loss['before']:+.4f}"]
        for domain, loss in losses.items()
    ]
    body = table(["domain", "before", "after", "change"], rows)
    return section("Pretraining", "Validation loss by domain, nats per token.", body)


def prompts(facts: Facts) -> str:
    metrics = facts.metrics["prompts"]
    shown = {
        "Pass rate of the SFT model": metrics["pass_rates"],
        "What became of the candidates": {"kept": metrics["kept"], **metrics["reasons"]},
        "Difficulty of what was kept": metrics["labels"],
        "Families of what was kept": metrics["families"],
    }
    panels = [card(title, _bars(counts, title)) for title, counts in shown.items()]
    note = f"{metrics['candidates']:,} candidates, {metrics['kept']:,} kept (§2.1)."
    return section("RL prompt set", note, grid(panels))


def test_cases(facts: Facts) -> str:
    found = facts.metrics["prompts"]["test_cases"]
    header, *rows = yields(found["funnel"])
    panels = [
        card("Why problems stayed out", _bars(found["reasons"], "problems by reason")),
        card("Why inputs made no case", _bars(found["case_reasons"], "inputs by reason")),
    ]
    note = f"{found['cases']:,} inputs, {found['valid_cases']:,} valid cases, beside the paper's yield (§2.3.5)."
    if found["left_out"]:
        note = f"Left out on this machine: {found['left_out']}."
    return section("Test cases for code problems", note, table(header, rows) + grid(panels))


def _bars(counts: dict[str, int], title: str) -> str:
    return charts.bars([(name, n, f"{n:,}") for name, n in counts.items()], title=title)
