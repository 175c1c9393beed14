"""From problems to judged test cases: exclude, generate, run, decide.

Guarantees: every problem is accounted for, with the first reason that kept it out, in this order: special-judge,
too-few-submissions, no-generator, then the rules'. Problems do not influence each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from k15.progress import Task
from k15.rewards.output import same_output
from k15.sandbox import AnySandbox
from k15.testcases.params import CaseParams
from k15.testcases.problem import CodeProblem, Submission
from k15.testcases.rules import CaseDecision, Outcome, at_least, decide_case, decide_problem
from k15.testcases.runs import Input, make_inputs, outcomes, runnable

Kind = Literal["stored", "written", "none"]
NOBODY: Mapping[str, Sequence[str]] = {}


@dataclass(frozen=True)
class Case:
    number: int
    input: str
    decision: CaseDecision


@dataclass(frozen=True)
class Judged:
    """A problem and what became of it."""

    problem: CodeProblem
    kept: bool
    reason: str
    submissions: int
    """Those that could be run here."""
    generator: Kind = "none"
    cases: tuple[Case, ...] = ()
    valid_cases: int = 0
    enough_valid: bool = False
    unjudged_cases: int = 0
    passing: int = 0


def judge_problems(
    sandbox: AnySandbox,
    problems: Sequence[CodeProblem],
    params: CaseParams,
    task: Task,
    written: Mapping[str, Sequence[str]] = NOBODY,
) -> Iterator[Judged]:
    """Each problem in turn. `written` has programs of a model for problems (by id) without a stored generator;
    `task` counts problems."""
    for problem in problems:
        judged = _judge(sandbox, problem, params, written.get(problem.id, ()))
        task.advance()
        yield judged


def unwritten(sandbox: AnySandbox, problems: Sequence[CodeProblem], params: CaseParams) -> list[CodeProblem]:
    """The problems for which a model has to write a generator."""
    return [
        problem
        for problem in problems
        if problem.generator is None
        and not problem.special_judge
        and len(runnable(sandbox, problem.submissions)) >= params.min_submissions
    ]


def _judge(sandbox: AnySandbox, problem: CodeProblem, params: CaseParams, written: Sequence[str]) -> Judged:
    if problem.special_judge:
        return Judged(problem, False, "special-judge", len(problem.submissions))
    submissions = runnable(sandbox, problem.submissions)
    if len(submissions) < params.min_submissions:
        return Judged(problem, False, "too-few-submissions", len(submissions))
    if problem.generator is not None:
        inputs = make_inputs(sandbox, problem.generator, params)
        return _decide(sandbox, problem, "stored", submissions, inputs, params)
    undecided = False
    for program in written:
        inputs = make_inputs(sandbox, program, params)
        reasons = [item.reason for item in inputs]
        if reasons.count("") >= params.min_valid:
            return _decide(sandbox, problem, "written", submissions, inputs, params)
        undecided = undecided or reasons.count("") + reasons.count("unjudged") >= params.min_valid
    return Judged(problem, False, "unjudged" if undecided else "no-generator", len(submissions))


def _decide(
    sandbox: AnySandbox,
    problem: CodeProblem,
    kind: Kind,
    submissions: Sequence[Submission],
    inputs: Sequence[Input],
    params: CaseParams,
) -> Judged:
    """Run every submission on every usable input, and apply the rules."""
    same = partial(same_output, tolerance=problem.tolerance, case_sensitive=problem.case_sensitive)
    usable = [item.text for item in inputs if not item.reason]
    made = [iter(outcomes(sandbox, submission, usable, params)) for submission in submissions]
    runs = [[Outcome("unknown") if item.reason else next(row) for item in inputs] for row in made]
    needed = at_least(params.agree, len(submissions))
    decisions = [
        CaseDecision(False, "", 0, item.reason)
        if item.reason
        else decide_case([row[place] for row in runs], needed, same)
        for place, item in enumerate(inputs)
    ]
    decision = decide_problem(
        decisions,
        runs,
        min_valid=params.min_valid,
        needed=at_least(params.passing, len(submissions)),
        same=same,
    )
    return Judged(
        problem=problem,
        kept=decision.kept,
        reason=decision.reason,
        submissions=len(submissions),
        generator=kind,
        cases=tuple(Case(item.number, item.text, case) for item, case in zip(inputs, decisions, strict=True)),
        valid_cases=decision.valid_cases,
        enough_valid=decision.valid_cases >= params.min_valid,
        unjudged_cases=decision.unjudged_cases,
        passing=decision.passing,
    )
