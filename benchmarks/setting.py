"""What both measurements share: a freshly built model of params.yaml's shape, and alternating repetitions.

The two sides take turns, so that whatever else the machine does meets both. Printed are the medians of tokens
per second and the median of the repetitions' ratios. Nothing is asserted about them.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from k15.model.checkpoint import export_hf, hf_state
from k15.model.config import ModelConfig, ModelParams
from k15.model.vlm import VisionLanguageModel, build
from k15.params import load_params
from k15.tasks import FAMILIES, Problem, generate
from k15.tokenizer import Tokenizer

SEED = 7
VOCABULARY = 512
MAX_LENGTH = 512


@dataclass(frozen=True)
class Setting:
    model: VisionLanguageModel
    tokenizer: Tokenizer
    hf: Path
    """The model's export, as `transformers` and vLLM load it."""
    problems: list[Problem]


@contextmanager
def setting(max_length: int = MAX_LENGTH) -> Iterator[Setting]:
    """A model with random weights; its tokenizer is trained on the text families' own problems."""
    text = [family for family in FAMILIES.values() if not family.vision]
    problems = [problem for family in text for problem in generate(family.name, "train", 128, SEED)]
    tokenizer = Tokenizer.train([problem.question + problem.long for problem in problems], VOCABULARY)
    shape = load_params(ModelParams, "model", Path("."))
    config = ModelConfig(**shape.model_dump(), vocab_size=VOCABULARY, max_length=max_length)
    model = build(config, SEED)
    with TemporaryDirectory() as directory:
        hf = Path(directory) / "hf"
        tokenizer.save_pretrained(Path(directory))
        export_hf(hf, hf_state(model), config, Path(directory))
        yield Setting(model, tokenizer, hf, problems)


def compare(what: str, ours: Callable[[], int], name: str, theirs: Callable[[], int], repetitions: int) -> None:
    """Run both in turn, after one unmeasured round each; both return how many tokens they processed."""
    ours(), theirs()
    rates = [(_rate(ours), _rate(theirs)) for _ in range(repetitions)]
    k15, plain = (statistics.median(side) for side in zip(*rates, strict=True))
    ratios = [one / other for one, other in rates]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"{what}: k15 {k15:,.0f} tokens/s, {name} {plain:,.0f} tokens/s")
    print(f"{what}: ratio {statistics.median(ratios):.2f} ({spread} in {repetitions} repetitions)", flush=True)


def _rate(run: Callable[[], int]) -> float:
    started = time.perf_counter()
    return run() / (time.perf_counter() - started)
