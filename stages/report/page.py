"""The report's first page: headline, learned effects, then a section per part of the recipe."""

import json
from html import escape

from stages.report import data_sections, rl_page, sections
from stages.report.effects import SUITE, best_short, share, tokens
from stages.report.facts import Facts
from stages.report.markup import document, tiles


def render(title: str, facts: Facts) -> str:
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p>Every figure was measured in this run, at revision <code>{escape(facts.revision)}</code>.</p>",
        headline(facts),
        sections.effects(facts),
        sections.checkpoints(facts),
        rl_page.overview(facts),
        sections.difficulty(facts),
        sections.long2short(facts),
        sections.needles(facts),
        data_sections.curation(facts),
        data_sections.validation(facts),
        data_sections.prompts(facts),
        data_sections.test_cases(facts),
        sections.timing(facts),
        sections.lineage(facts),
    ]
    return document(title, "\n".join(parts), embedded(facts))


def headline(facts: Facts) -> str:
    short, longest = best_short(facts), facts.needle_lengths[-1]
    long = tokens(facts.value("rl", SUITE, "tokens"))
    return tiles(
        [
            (share(facts.value("sft", SUITE)), "pass@1 after the long-CoT warm-up"),
            (share(facts.value("rl", SUITE)), "pass@1 after RL"),
            (share(facts.value(short, SUITE)), f"pass@1 of {short}"),
            (tokens(facts.value(short, SUITE, "tokens")), f"its tokens per response (rl: {long})"),
            (
                share(facts.value("rl", "vision")),
                f"vision, {share(facts.value('rl', 'vision.blank'))} blanked",
            ),
            (share(facts.value("long_context", f"needle.{longest}")), f"needles found at {longest} tokens"),
            (sections.duration(sum(facts.timing.values())), "wall time of the stages"),
        ]
    )


def embedded(facts: Facts) -> str:
    """The stored figures behind the page; `<` is escaped so that no text in them can end the element."""
    text = json.dumps(facts.as_json(), sort_keys=True, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="facts">{text}</script>'
