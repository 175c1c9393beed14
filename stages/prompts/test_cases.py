"""The step of test cases for code problems (§2.3.5): which problems, whose generators, and what is left of them.

A policy that writes no usable generator is a yield of nothing, not an error. k15's own problems are left out, with the
reason in the log and in the metrics, on a machine without a sandbox; a user's problems are not.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from k15 import artifacts
from k15.errors import UserError
from k15.model.config import ModelConfig
from k15.rollout.engine import Engine
from k15.rollout.params import EngineParams
from k15.rollout.types import Prompt, Sampling
from k15.sandbox import AnySandbox, shared_sandbox
from k15.seeds import derive
from k15.stage import Context
from k15.testcases import written, yields
from k15.testcases.judge import Judged, judge_problems, unwritten
from k15.testcases.problem import CodeProblem
from k15.testcases.sources import BUNDLED, load_problems, unique
from k15.tokenizer import Tokenizer
from stages.prompts.params import PromptsParams

CASES, PROBLEMS = "test_cases/cases", "test_cases/problems"


def make(params: PromptsParams, settings: EngineParams, context: Context, policy: Path) -> dict[str, Any]:
    """Write both datasets; the metrics."""
    problems = _problems(params, context.root)
    found: list[Judged] = []
    asked: list[CodeProblem] = []
    programs: dict[str, list[str]] = {}
    sandbox, left_out = _sandbox(params, context)
    if problems and sandbox:
        if params.test_cases.written.attempts:
            asked = unwritten(sandbox, problems, params.test_cases)
            programs = _programs(params, settings, context, policy, asked)
        with context.progress.task("test cases", len(problems)) as task:
            found = list(judge_problems(sandbox, problems, params.test_cases, task, programs))
    producer = context.producer(params, [policy])
    artifacts.write_dataset(context.artifact(CASES), "test_case", yields.case_rows(found), producer=producer)
    artifacts.write_dataset(context.artifact(PROBLEMS), "code_problem", yields.problem_rows(found), producer=producer)
    asking = {"asked": len(asked), "programs": sum(map(len, programs.values())), "left_out": left_out}
    return yields.summary(found) | asking


def _sandbox(params: PromptsParams, context: Context) -> tuple[AnySandbox | None, str]:
    """The sandbox, or why there is none."""
    if not params.test_cases.bundled and not params.test_cases.sources:
        return None, ""
    try:
        return shared_sandbox(), ""
    except UserError as error:
        if params.test_cases.sources:
            raise
        context.progress.log(f"test cases: the bundled problems are left out, {error}")
        return None, str(error)


def _problems(params: PromptsParams, root: Path) -> list[CodeProblem]:
    found = load_problems(BUNDLED) if params.test_cases.bundled else []
    for source in params.test_cases.sources:
        generators = None if source.generators is None else root / source.generators
        found += load_problems(root / source.path, generators)
    return unique(found)


def _programs(
    params: PromptsParams, settings: EngineParams, context: Context, policy: Path, problems: Sequence[CodeProblem]
) -> dict[str, list[str]]:
    """Problem -> the programs in the policy's responses; none for a statement that leaves no room for a response."""
    options = params.test_cases.written
    length = min(options.max_model_len, ModelConfig.load(policy / "model.json").max_length)
    tokenizer = Tokenizer.load(policy / "tokenizer")
    prompts = {
        problem.id: tokenizer.encode_prompt(written.question(problem.statement, params.test_cases.cases))
        for problem in problems
    }
    prompts = {name: ids for name, ids in prompts.items() if len(ids) + options.max_tokens <= length}
    if not prompts:
        return {}
    seed = derive(params.seed, "generators")
    sampling = Sampling(n=options.attempts, temperature=options.temperature, max_tokens=options.max_tokens, seed=seed)
    with (
        Engine(policy / "hf", max_model_len=length, params=settings) as engine,
        context.progress.task("generators", len(prompts)) as task,
    ):
        groups = engine.generate([Prompt(ids) for ids in prompts.values()], sampling, task)
    answers = {
        name: [written.program(tokenizer.decode(sample.ids)) for sample in group]
        for name, group in zip(prompts, groups, strict=True)
    }
    return {name: [program for program in programs if program] for name, programs in answers.items()}
