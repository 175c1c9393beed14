"""Stage `report`: three self-contained pages and a terminal table of what this reproduction measured.

Guarantees: every figure comes from a stored metric, and the first page embeds those metrics verbatim (element
`facts`), so that all can be checked against them; nothing is loaded from elsewhere. Also collects the
stages' wall times into `metrics/timing.json`. The report's own time is not in it: it is not over yet.
"""

from typing import Any

from k15.artifacts.storage import write_json
from k15.params import Params
from k15.stage import Context, Stage
from stages.report import corpus_facts, corpus_page, rl_page, rl_samples
from stages.report.effects import effects
from stages.report.facts import load
from stages.report.page import render
from stages.report.summary import summary

PAGE = "report/index.html"
RL_PAGE = f"report/{rl_page.PAGE}"
CORPUS_PAGE = f"report/{corpus_page.PAGE}"
SUMMARY = "report/summary.txt"


class ReportParams(Params):
    title: str


def run(params: ReportParams, context: Context) -> dict[str, Any]:
    facts = load(context.root)
    pages = {
        PAGE: render(params.title, facts),
        RL_PAGE: rl_page.render(facts, rl_samples.load(context.root)),
        CORPUS_PAGE: corpus_page.render(facts.metrics["curate"], corpus_facts.load(context.root)),
    }
    table = summary(params.title, facts)
    write_json(context.root / "metrics" / "timing.json", facts.timing)
    for relative, text in (pages | {SUMMARY: table}).items():
        path = context.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    context.progress.log(table)
    found = effects(facts)
    return {"effects": {"met": sum(effect.met for effect in found), "expected": len(found)}}


STAGE = Stage("report", ReportParams, run)
