"""The report's page about reinforcement learning, and the section of the first page that leads to it."""

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from stages.report.charts import percent
from stages.report.facts import Facts
from stages.report.markup import details, document, grid, link, preformatted, section, tiles
from stages.report.rl_panels import OVERVIEW, panels, phase_panels
from stages.report.rl_samples import SampledGroup

PAGE = "rl.html"
TITLE = "Reinforcement learning"
RUNS = {
    "rl": ("Long-CoT RL", "From the long-CoT warm-up model to the long-CoT policy (§2.3; compare Fig. 5)."),
    "long2short.rl": ("Long2short RL", "From that policy to a shorter one (§2.4)."),
}
LONGEST_TEXT, LARGEST_PICTURE = 2000, 100_000


def overview(facts: Facts) -> str:
    body = grid(panels(facts.curves["rl"], OVERVIEW)) + link(
        PAGE, "Mismatch, sampling, time per phase, sample responses"
    )
    return section(TITLE, "One point per iteration (§2.3; compare Fig. 5).", body)


def render(facts: Facts, samples: Sequence[SampledGroup]) -> str:
    parts = [f"<h1>{TITLE}</h1>", link("index.html", "The whole report"), _headline(facts)]
    for stage, (title, note) in RUNS.items():
        parts.append(section(title, note, grid(panels(facts.curves[stage]))))
        parts.append(section(f"{title}: time", _time_note(facts, stage), grid(phase_panels(facts.phases[stage]))))
    note = "Long-CoT RL: of each iteration the groups with the most mixed rewards; the best and the worst response."
    parts.append(section("Sample responses", note, "".join(map(_iteration, _by_iteration(samples)))))
    return document(TITLE, "\n".join(parts))


def _headline(facts: Facts) -> str:
    curve = facts.curves["rl"]
    held_out = [row["heldout_accuracy"] for row in curve if "heldout_accuracy" in row]
    return tiles(
        [
            (f"{percent(curve[0]['accuracy'])} → {percent(curve[-1]['accuracy'])}", "accuracy of the rollouts"),
            (f"{percent(held_out[0])} → {percent(held_out[-1])}", "accuracy on held-out problems"),
            (f"{curve[0]['length']:.0f} → {curve[-1]['length']:.0f}", "tokens per response"),
            (f"{sum(row['responses'] for row in curve):,.0f}", f"responses in {len(curve)} iterations"),
            (f"{sum(row['sampled_tokens'] for row in curve):,.0f}", "tokens sampled"),
        ]
    )


def _time_note(facts: Facts, stage: str) -> str:
    tokens = sum(row["sampled_tokens"] for row in facts.curves[stage])
    seconds = sum(row["rollout"] for row in facts.phases[stage])
    return f"Rollouts came at {tokens / max(seconds, 1e-9):,.0f} tokens per second."


def _by_iteration(samples: Sequence[SampledGroup]) -> list[list[SampledGroup]]:
    iterations = sorted({group.iteration for group in samples})
    return [[group for group in samples if group.iteration == iteration] for iteration in iterations]


def _iteration(groups: list[SampledGroup]) -> str:
    return details(f"Iteration {groups[0].iteration}", "".join(map(_group, groups)))


def _group(group: SampledGroup) -> str:
    prompt = group.prompt
    success = f"here {group.success:.0%} of {group.size} right"
    about = f"{prompt['family']}; curated pass rate {prompt['pass_rate']:.1f}; {success}"
    pictures = "".join(map(_picture, prompt["images"]))
    answer = f"<p>Reference: <code>{escape(prompt['answer'])}</code></p>" if prompt["answer"] else ""
    responses = "".join(map(_response, group.responses))
    question = preformatted(_shortened(prompt["question"]))
    return f'<div class="sample"><p>{escape(about)}</p>{pictures}{question}{answer}{responses}</div>'


def _response(row: dict[str, Any]) -> str:
    kind = "good" if row["verdict"] == "correct" else "bad"
    parts = [f"policy {s['version']}: {s['tokens']}" for s in row["segments"]]
    tokens = f"{len(row['response_ids'])} tokens" + (f" ({', '.join(parts)})" if len(parts) > 1 else "")
    about = f"{row['verdict']}, reward {row['reward']:.3f}; {tokens}; ended by {row['finish_reason']}"
    return f'<div class="response {kind}">{escape(about)}{preformatted(_shortened(row["text"]))}</div>'


def _shortened(text: str) -> str:
    rest = len(text) - LONGEST_TEXT
    return text if rest <= 0 else f"{text[:LONGEST_TEXT]}\n… ({rest:,} more characters)"


def _picture(png: bytes) -> str:
    if len(png) > LARGEST_PICTURE:
        return f"<p>(a picture of {len(png) / 1000:,.0f} kB)</p>"
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
