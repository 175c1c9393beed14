"""What artifacts hold: the columns of every dataset, and the versions of all artifact layouts.

A change that makes old artifacts unreadable, or reads them differently, raises the version.
"""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Schema:
    version: int
    columns: pa.Schema


def _schema(version: int, *, nullable: tuple[str, ...] = (), **columns: pa.DataType) -> Schema:
    fields = [pa.field(name, kind, nullable=name in nullable) for name, kind in columns.items()]
    return Schema(version, pa.schema(fields))


_str, _i32, _f32, _bool = pa.string(), pa.int32(), pa.float32(), pa.bool_()
_ids, _images = pa.list_(pa.int32()), pa.list_(pa.binary())
_scores = pa.map_(_str, pa.float64())  # measure → value
_logprobs = pa.list_(pa.float32())
_segments = pa.list_(pa.struct([("version", pa.int32()), ("tokens", pa.int32())]))

DATASETS: dict[str, Schema] = {
    "document": _schema(
        2,
        id=_str,
        text=_str,
        domain=_str,  # english | chinese | code | math | knowledge
        source=_str,
        split=_str,  # train | validation
        tokens=_i32,
        weight=_f32,  # how often it is read in pretraining
        reading=_scores,  # what that is made of (judge, quality, factor), and how often each stage reads it
        meta=_str,  # JSON
        scores=_scores,
    ),
    "rejection": _schema(
        2,
        nullable=("value",),
        id=_str,
        source=_str,
        domain=_str,
        filter=_str,
        reason=_str,
        value=pa.float64(),
        excerpt=_str,
        meta=_str,
        scores=_scores,
    ),
    # What is no document of its own: each repeats the one that its cluster is named after.
    "cluster": _schema(
        1,
        id=_str,
        cluster=_str,
        kind=_str,  # exact | near | embedding
        similarity=pa.float64(),
        across=_bool,
    ),
    "vision_document": _schema(
        2,
        id=_str,
        kind=_str,  # caption | interleaved | ocr | knowledge | qa
        text=_str,  # one `<image>` per image, where it stands
        images=_images,
        source=_str,
        split=_str,
        meta=_str,  # JSON: what was drawn, of generated pictures
    ),
    # A model's opinion of a document.
    "document_score": _schema(1, id=_str, score=pa.float64()),
    # One packed block a row, for the stage of pretraining that reads it; `lengths` are the tokens of its documents (or
    # pieces of them), and what they leave of the block is padding.
    "tokens": _schema(2, stage=_str, domain=_str, split=_str, tokens=_ids, lengths=_ids),
    "prompt": _schema(
        2,
        id=_str,
        family=_str,
        domain=_str,
        difficulty=_i32,
        question=_str,
        answer=_str,
        verifier=_str,  # a name of k15.rewards.VERIFIERS
        spec=_str,  # what else it reads, as k15.rewards.spec writes it
        images=_images,  # PNG
        split=_str,
        pass_rate=_f32,
        samples=_i32,
        guessed=_bool,
        guess_hits=_i32,
        label=_str,  # easy | medium | hard
        tags=pa.list_(pa.string()),
        kept=_bool,
        reason=_str,
    ),
    "test_case": _schema(
        1,
        problem=_str,  # id of its code_problem
        number=_i32,
        input=_str,
        expected=_str,  # empty unless valid
        agree=_i32,  # submissions that printed the same output
        submissions=_i32,
        valid=_bool,
        reason=_str,
    ),
    "code_problem": _schema(
        1,
        nullable=("tolerance",),
        id=_str,
        statement=_str,
        special_judge=_bool,
        tolerance=pa.float64(),
        case_sensitive=_bool,
        submissions=_i32,  # that could be run
        unrunnable=_i32,
        generator=_str,  # stored | written | none
        valid_cases=_i32,
        unjudged_cases=_i32,
        passing=_i32,  # submissions that pass all valid cases
        kept=_bool,
        reason=_str,
    ),
    # Every response of the groups that RL completed; `segments`: what one policy sampled each, oldest first.
    "trajectory": _schema(
        3,
        prompt_id=_str,
        group=_i32,
        sample=_i32,
        iteration=_i32,  # that trained on it
        started=_i32,  # that drew its prompt
        prompt_ids=_ids,
        response_ids=_ids,
        logprobs=_logprobs,  # the engine's
        segments=_segments,
        shared=_i32,  # the first segments that are those of response `sample` mod k of the group: a branch
        finish_reason=_str,  # stop | length | repetition | age
        text=_str,
        score=pa.float64(),  # the verifier's reward
        reward=pa.float64(),  # with the length reward and penalties; NaN without a verdict
        verdict=_str,
    ),
    # Responses of groups that are not complete, between two iterations of RL.
    "replay_buffer": _schema(
        2,
        nullable=("finish_reason",),
        group=_i32,
        prompt=_i32,
        prompt_id=_str,
        started=_i32,
        sample=_i32,
        response_ids=_ids,
        logprobs=_logprobs,
        segments=_segments,
        shared=_i32,
        finish_reason=_str,
        text=_str,
        verdict=_str,
        score=pa.float64(),
    ),
    # The success history of every prompt that RL samples from.
    "sampler": _schema(
        2,
        prompt=_i32,
        prompt_id=_str,
        recent=pa.list_(pa.float64()),
    ),
    # The prompts of a recorded iteration, as RL reads them.
    "rl_prompt": _schema(1, id=_str, ids=_ids, images=_images, record=_str, pass_rate=pa.float64()),
    # States of the process's random generators.
    "generators": _schema(1, name=_str, state=pa.binary()),
    "sample": _schema(
        1,
        checkpoint=_str,
        suite=_str,
        problem_id=_str,
        difficulty=_i32,
        sample=_i32,
        question=_str,
        answer=_str,
        verifier=_str,
        response_ids=_ids,
        text=_str,
        finish_reason=_str,
        tokens=_i32,
        verdict=_str,
        reward=_f32,
        blanked=_bool,
        length=_i32,  # context of a needle problem, else 0
        depth=_f32,
    ),
    "judged_answer": _schema(
        1,
        question=_str,
        reference=_str,
        response=_str,
        correct=_bool,
        form=_str,  # or the name of a user's file
        reasoning=_str,  # empty where nobody wrote one
        split=_str,
    ),
    "judgement": _schema(
        1,
        question=_str,
        reference=_str,
        response=_str,
        form=_str,
        label=_str,  # correct | wrong
        classic=_str,  # correct | wrong | error
        log_odds=_f32,
        cot=_str,
        judgements=pa.list_(pa.string()),
    ),
}

LAYOUTS: dict[str, int] = {
    "checkpoint": 1,  # megatron/ model.json tokenizer/ hf/
    "value_model": 1,  # model.json tokenizer/ hf/
    "tokenizer": 1,  # the files of a Hugging Face tokenizer
}


def version(schema: str) -> int:
    """The version of a dataset schema or a layout that this code reads and writes."""
    return DATASETS[schema].version if schema in DATASETS else LAYOUTS[schema]
