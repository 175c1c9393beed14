"""What both measurements share: a freshly built model of params.yaml's shape, and alternating repetitions.

The two sides take turns, so that whatever else the machine does meets both. Printed are the medians of tokens
per second and the median of the repetitions' ratios, by the wall's clock and, where all work is this process's, of CPU
time, which other work on the machine moves less. Nothing is asserted about them.
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


def compare(
    what: str, ours: Callable[[], int], name: str, theirs: Callable[[], int], repetitions: int, cpu: bool = True
) -> None:
    """Run both in turn, after one unmeasured round each; both return how many tokens they processed."""
    ours(), theirs()
    rates = [(_rates(ours), _rates(theirs)) for _ in range(repetitions)]
    k15, plain = (statistics.median(wall for wall, _ in side) for side in zip(*rates, strict=True))
    wall, by_cpu = zip(*([o / t for o, t in zip(one, other, strict=True)] for one, other in rates), strict=True)
    spread = f"{min(wall):.2f} to {max(wall):.2f} in {repetitions} repetitions"
    also = f", of CPU time {statistics.median(by_cpu):.2f}" if cpu else ""
    print(f"{what}: k15 {k15:,.0f} tokens/s, {name} {plain:,.0f} tokens/s")
    print(f"{what}: ratio {statistics.median(wall):.2f} ({spread}){also}", flush=True)


def _rates(run: Callable[[], int]) -> tuple[float, float]:
    """Tokens a second of the wall's clock, and of this process's CPU time."""
    wall, cpu = time.perf_counter(), time.process_time()
    tokens = run()
    return tokens / (time.perf_counter() - wall), tokens / (time.process_time() - cpu)
