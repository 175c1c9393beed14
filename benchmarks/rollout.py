"""Rollout tokens per second: two engines against one, and one against bare `vllm.LLM.generate`.

Same settings, export, prompts, number of responses and limits, in the shape of an RL iteration. All sides draw at
temperature 1, so their responses differ; what counts is tokens per second.
"""

from collections.abc import Callable
from functools import partial

from benchmarks.setting import MAX_LENGTH, Setting, compare
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.types import Prompt, Sampling

# isort: split
from vllm import LLM, SamplingParams

from k15.tokenizer import END, END_OF_TEXT

PROMPTS = 32
RESPONSES = 8
MAX_TOKENS = 64
CAPACITY = EngineParams(
    max_num_seqs=256, kv_cache_gib=0.25, deployment="in_process", hang_s=60.0, restarts=2, logprobs="raw"
)
REPETITIONS = 9


def measure(setting: Setting) -> None:
    problems = setting.problems[:: len(setting.problems) // PROMPTS][:PROMPTS]
    prompts = [setting.tokenizer.encode_prompt(problem.question) for problem in problems]
    sampling = Sampling(n=RESPONSES, temperature=1.0, max_tokens=MAX_TOKENS)

    def by(engine: Engine) -> int:
        drawn = engine.generate([Prompt(ids) for ids in prompts], sampling)
        return sum(len(sample.ids) for samples in drawn for sample in samples)

    # Before there is a bare vLLM in the process, whose threads go on spinning for a while after every call.
    with open_engine(setting, 1) as alone:
        with open_engine(setting, 2) as pair:
            compare("rollout by two engines", partial(by, pair), "one engine", partial(by, alone), REPETITIONS)
        compare("rollout", partial(by, alone), "vllm.LLM.generate", bare_side(setting, prompts), REPETITIONS)


def open_engine(setting: Setting, replicas: int) -> Engine:
    return ReplicatedEngine(setting.hf, max_model_len=MAX_LENGTH, params=CAPACITY, replicas=replicas)


def bare_side(setting: Setting, prompts: list[list[int]]) -> Callable[[], int]:
    bare = LLM(
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
    sampling = SamplingParams(
        n=RESPONSES,
        temperature=1.0,
        max_tokens=MAX_TOKENS,
        stop_token_ids=[END, END_OF_TEXT],
        detokenize=False,
    )

    def theirs() -> int:
        requests = [{"prompt_token_ids": ids} for ids in prompts]
        outputs = bare.generate(requests, sampling, use_tqdm=False)
        return sum(len(completion.token_ids) for output in outputs for completion in output.outputs)

    return theirs
