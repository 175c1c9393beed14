"""Math verdicts against labels: k15's verifier and bare math-verify on the same answers.

The labelled sets are model outputs with the labels of their publishers, read as an evaluation reads them; the cases
are the table that the tests hold k15 to, in boxes. math-verify runs with its own defaults, in a process of its own
with a memory limit. Every answer on which k15 and the label differ is printed.
"""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from k15.rewards import score_batch

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("K15_DATA", ROOT.parent / "shared" / "data"))
CASES = ROOT / "tests" / "k15" / "rewards" / "math_cases.jsonl"
GSM8K_MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


@dataclass(frozen=True)
class Labelled:
    reference: str
    response: str
    correct: bool


def measure() -> None:
    for what, read in (("MATH outputs", math_outputs), ("GSM8K solutions", gsm8k_solutions), ("cases", cases)):
        try:
            items = list(read())
        except FileNotFoundError as error:
            print(f"{what}: left out, {error.filename} is absent (set K15_DATA to the folder of the data sets)")
        else:
            compare(what, items)


def gzipped_rows(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def math_outputs() -> Iterator[Labelled]:
    for row in gzipped_rows(DATA / "math_model_outputs" / "math_cot_100_subset.jsonl.gz"):
        for text, correct in zip(row["code"], row["score"], strict=True):
            yield Labelled(row["gt"], text, correct)


def gsm8k_solutions() -> Iterator[Labelled]:
    for row in gzipped_rows(DATA / "gsm8k_model_solutions" / "example_model_solutions_subset.jsonl.gz"):
        reference = row["ground_truth"].rpartition("A:")[2].strip()
        for model in GSM8K_MODELS:
            yield Labelled(reference, row[model]["solution"], row[model]["is_correct"])


def cases() -> Iterator[Labelled]:
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        yield Labelled(case["reference"], f"\\boxed{{{case['answer']}}}", case["equal"])


def compare(what: str, items: list[Labelled]) -> None:
    records = [{"verifier": "math", "answer": item.reference} for item in items]
    verdicts = score_batch(records, [item.response for item in items], mode="eval")
    ours = [verdict.verdict == "correct" for verdict in verdicts]
    theirs = by_math_verify(items)
    for name, found in (("k15", ours), ("math-verify", theirs)):
        pairs = [(one, item.correct) for one, item in zip(found, items, strict=True)]
        agreeing = sum(one == label for one, label in pairs)
        accepted, refused = pairs.count((True, False)), pairs.count((False, True))
        share = f"{agreeing} of {len(items)} as labelled ({agreeing / len(items):.2%})"
        print(f"{what}: {name} {share}; {accepted} wrong ones accepted, {refused} correct ones refused", flush=True)
    for item, verdict, one in zip(items, verdicts, ours, strict=True):
        if one != item.correct:
            end = " ".join(item.response.split())[-60:]
            print(f"{what}: {verdict.verdict} ({verdict.why}) for {item.reference!r}: ...{end}")


def by_math_verify(items: list[Labelled]) -> list[bool]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bare_math_verify"],
        input="".join(json.dumps(asdict(item)) + "\n" for item in items),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
