"""Rollout tokens per second: two engines against one, and one against bare `vllm.LLM.generate`.

Same settings, export, prompts, number of responses, limits and log-probabilities, in the shape of an RL iteration and
in a shorter one. All sides draw at temperature 1, so their responses differ; what counts is tokens per second. Ours is
an `Order` as the rollout phase gives it: responses begun one by one, each handed over as it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.setting import MAX_LENGTH, Setting, compare
from k15.progress import Progress
from k15.rollout.face import RolloutEngine
from k15.rollout.fleet import Fleet, open_fleet
from k15.rollout.params import EngineParams
from k15.rollout.types import Order, Prompt, Request, Sampling

# isort: split
from vllm import LLM, SamplingParams

from k15.tokenizer import END, END_OF_TEXT

CAPACITY = EngineParams(
    max_num_seqs=256, kv_cache_gib=0.25, deployment="in_process", hang_s=60.0, restarts=2, logprobs="raw"
)


@dataclass(frozen=True)
class Shape:
    name: str
    prompts: int
    responses: int
    max_tokens: int
    repetitions: int


SHAPES = (Shape("rollout", 40, 8, 384, 5), Shape("short rollout", 32, 8, 64, 9))


def measure(setting: Setting) -> None:
    # Before there is a bare vLLM in the process, whose threads go on spinning for a while after every call.
    with open_engines(setting, 1) as alone:
        with open_engines(setting, 2) as pair:
            shape = SHAPES[0]
            ours = partial(by, pair, setting, shape), "one engine", partial(by, alone, setting, shape)
            compare("rollout by two engines", *ours, shape.repetitions, cpu=False)
        bare = open_bare(setting)
        for shape in SHAPES:
            theirs = by_bare(bare, setting, shape)
            compare(shape.name, partial(by, alone, setting, shape), "vllm.LLM.generate", theirs, shape.repetitions)


def open_engines(setting: Setting, count: int) -> Fleet:
    return open_fleet(
        setting.hf, max_model_len=MAX_LENGTH, params=CAPACITY, seed=0, replicas=count, progress=Progress()
    )


def by(engine: RolloutEngine, setting: Setting, shape: Shape) -> int:
    prompts = [Prompt(ids) for ids in encoded(setting, shape)]
    requests = [Request((i, k), prompt) for i, prompt in enumerate(prompts) for k in range(shape.responses)]
    sampling = Sampling(shape.responses, temperature=1.0, max_tokens=shape.max_tokens, logprobs=True)
    return sum(len(chunk.ids) for chunk in engine.run(Order(requests, sampling)))


def encoded(setting: Setting, shape: Shape) -> list[list[int]]:
    problems = setting.problems[:: len(setting.problems) // shape.prompts][: shape.prompts]
    return [setting.tokenizer.encode_prompt(problem.question) for problem in problems]


def open_bare(setting: Setting) -> LLM:
    return LLM(
        model=str(setting.hf),
        dtype="float32",
        enforce_eager=True,
        max_model_len=MAX_LENGTH,
        max_num_seqs=CAPACITY.max_num_seqs,
        kv_cache_memory_bytes=int(CAPACITY.kv_cache_gib * 2**30),
        skip_mm_profiling=True,
        generation_config="vllm",
        disable_log_stats=True,
    )


def by_bare(bare: LLM, setting: Setting, shape: Shape) -> Callable[[], int]:
    sampling = SamplingParams(
        n=shape.responses,
        temperature=1.0,
        max_tokens=shape.max_tokens,
        stop_token_ids=[END, END_OF_TEXT],
        logprobs=0,
        flat_logprobs=True,
        detokenize=False,
    )

    def theirs() -> int:
        requests = [{"prompt_token_ids": ids} for ids in encoded(setting, shape)]
        outputs = bare.generate(requests, sampling, use_tqdm=False)
        return sum(len(completion.token_ids) for output in outputs for completion in output.outputs)

    return theirs
