"""An engine behind HTTP samples what the in-process engine samples, in chunks, within a budget, with weights handed over
in shared memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from k15.errors import UserError
from k15.rollout.engine import Engine
from k15.rollout.http_member import HTTPMember
from k15.rollout.params import EngineParams
from k15.rollout.types import Chunk, Key, Order, Partial, Prompt, Repetition, Request, Sampling, remainder
from k15.rollout.weights import tensor_digest
from k15.tokenizer import IMAGE
from tests.k15.rollout.conftest import MAX_MODEL_LEN, picture

PARAMS = EngineParams(max_num_seqs=16, kv_cache_gib=0.05)
TEXTS = [Prompt([20 + n, 21, 22]) for n in range(5)]
PROMPTS = [*TEXTS, *(Prompt([20, IMAGE, 21, IMAGE], (picture(n), picture(n + 1, (40, 90)))) for n in range(2))]
GREEDY = Sampling(n=1, temperature=0.0, max_tokens=40, logprobs=True)
DRAWN = Sampling(n=1, temperature=1.0, max_tokens=60, seed=5, logprobs=True)


@pytest.fixture(scope="module")
def member(export: Callable[[int], Path]) -> Iterator[HTTPMember]:
    with HTTPMember(export(1), max_model_len=MAX_MODEL_LEN, params=PARAMS, hang_s=60) as member:
        yield member


def requests(prompts: list[Prompt], copies: int = 1) -> list[Request]:
    return [Request((group, number), prompt) for group, prompt in enumerate(prompts) for number in range(copies)]


def collected(chunks: Iterator[Chunk]) -> dict[Key, Partial]:
    received: dict[Key, Partial] = {}
    for chunk in chunks:
        received.setdefault(chunk.key, Partial()).add(chunk)
    return received


def test_greedy_responses_are_those_of_the_engine_in_process(member: HTTPMember, engine: Engine) -> None:
    received = collected(member.run(Order(requests(PROMPTS), GREEDY)))
    assert len(received) == len(PROMPTS)
    for group, (sample,) in enumerate(engine.generate(PROMPTS, GREEDY)):
        assert received[group, 0].ids == sample.ids
        assert received[group, 0].finish_reason == sample.finish_reason
        assert received[group, 0].logprobs == pytest.approx(sample.logprobs, abs=1e-5)


def test_a_response_goes_on_after_its_prefix(member: HTTPMember) -> None:
    whole = collected(member.run(Order(requests(PROMPTS), GREEDY)))
    begun = [Request(r.key, r.prompt, tuple(whole[r.key].ids[:7])) for r in requests(PROMPTS)]
    rest = collected(member.run(Order(begun, GREEDY)))
    for key, partial in rest.items():
        assert whole[key].ids[:7] + partial.ids == whole[key].ids
        assert partial.finish_reason == whole[key].finish_reason
        assert partial.logprobs == pytest.approx(whole[key].logprobs[7:], abs=1e-4)


def test_a_prefix_that_is_full_is_an_end(member: HTTPMember) -> None:
    full = Request((3, 1), TEXTS[0], (30,) * GREEDY.max_tokens)
    assert list(member.run(Order([full], GREEDY))) == [Chunk((3, 1), [], [], "length")]
    assert list(member.run(Order([], GREEDY))) == []


def test_draws_belong_to_the_response(member: HTTPMember) -> None:
    wanted = requests(TEXTS, copies=4)
    whole = collected(member.run(Order(wanted, DRAWN)))
    part = collected(member.run(Order(wanted[7:9], DRAWN)))
    assert len({tuple(partial.ids) for partial in whole.values()}) == len(wanted)
    assert [partial.ids for partial in part.values()] == [whole[request.key].ids for request in wanted[7:9]]


def test_the_budget_ends_an_order(member: HTTPMember) -> None:
    order = Order(requests(TEXTS, copies=10), DRAWN, budget=700)
    received = collected(member.run(order))
    sampled = sum(len(partial.ids) for partial in received.values())
    assert 700 <= sampled < 700 + PARAMS.max_num_seqs
    assert all(len(partial.ids) == len(partial.logprobs) for partial in received.values())
    unfinished = [key for key, partial in received.items() if partial.finish_reason is None]
    assert len(unfinished) == PARAMS.max_num_seqs, "the batch is full until the end"
    assert list(received) and max(received) < max(request.key for request in order.requests)
    assert collected(member.run(order)) == received
    assert list(member.run(remainder(order, received))) == []

    rest = collected(member.run(remainder(Order(order.requests, DRAWN), received)))
    for key, partial in rest.items():
        assert len(received.get(key, Partial()).ids) + len(partial.ids) <= DRAWN.max_tokens
        assert partial.finish_reason is not None
    finished = {key for key, partial in received.items() if partial.finish_reason is not None}
    assert finished.isdisjoint(rest) and len(finished) + len(rest) == len(order.requests)


def test_a_response_that_repeats_itself_ends(member: HTTPMember, engine: Engine) -> None:
    sampling = Sampling(n=1, temperature=0.0, max_tokens=100, repetition=Repetition(max_pattern=4, min_count=5))
    prompts = [Prompt([token, 21]) for token in range(20, 120)]
    received = collected(member.run(Order(requests(prompts), sampling)))
    ends = {key: partial.finish_reason for key, partial in received.items()}
    samples = engine.generate(prompts, sampling)
    assert [received[group, 0].ids for group in range(100)] == [sample.ids for (sample,) in samples]
    assert list(ends.values()).count("repetition") >= 10

    # The same end where a repetition began before the continuation.
    begun = [Request(r.key, r.prompt, tuple(received[r.key].ids[:-3])) for r in requests(prompts)]
    rest = collected(member.run(Order(begun, sampling)))
    for key, partial in rest.items():
        assert partial.ids == received[key].ids[-3:]
        assert partial.finish_reason == ends[key]


def test_given_tokens_have_the_logprobs_of_sampled_ones(member: HTTPMember) -> None:
    received = collected(member.run(Order(requests(PROMPTS), DRAWN)))
    for group, prompt in enumerate(PROMPTS):
        partial = received[group, 0]
        assert member.logprobs(prompt, partial.ids) == pytest.approx(partial.logprobs, abs=1e-4)


def test_a_refused_order_leaves_nothing_behind(member: HTTPMember) -> None:
    order = Order(requests(PROMPTS), GREEDY)
    good = collected(member.run(order))
    with pytest.raises(UserError, match="prompt 5 has 0 <image> tokens and 1 images"):
        list(member.run(Order(requests([*TEXTS, Prompt([20], (b"no picture",))]), GREEDY)))
    with pytest.raises(UserError, match="not a readable picture"):
        list(member.run(Order(requests([Prompt([20, IMAGE], (b"no picture",))]), GREEDY)))
    with pytest.raises(UserError, match="raise max_model_len"):
        list(member.run(Order(requests([Prompt([20] * MAX_MODEL_LEN)]), GREEDY)))
    with pytest.raises(UserError, match="prompt 0 has 1 <image> tokens and 0 images"):
        member.logprobs(Prompt([IMAGE]), [20])
    assert collected(member.run(order)) == good


def test_an_order_that_nobody_reads_on_ends(member: HTTPMember) -> None:
    order = Order(requests(TEXTS), GREEDY)
    good = collected(member.run(order))
    chunks = member.run(Order(requests(TEXTS, copies=100), DRAWN))
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert collected(member.run(order)) == good


def test_weights_come_by_shared_memory(member: HTTPMember, engine: Engine, export: Callable[[int], Path]) -> None:
    before = collected(member.run(Order(requests(PROMPTS), GREEDY)))
    other = load_file(export(2) / "model.safetensors")
    with shared(other) as handle:
        member.update_weights(handle)
    digests = member.weight_digests()
    assert digests == {name: tensor_digest(other[name]) for name in digests}
    engine.load_hf(export(2))
    assert digests == engine.weight_digests()
    received = collected(member.run(Order(requests(PROMPTS), GREEDY)))
    assert [received[group, 0].ids for group in range(7)] == [s.ids for (s,) in engine.generate(PROMPTS, GREEDY)]

    with shared({}) as handle, pytest.raises(UserError, match="weights do not fit"):
        member.update_weights(handle)
    assert member.weight_digests() == digests
    with shared(load_file(export(1) / "model.safetensors")) as handle:
        member.update_weights(handle)
    assert collected(member.run(Order(requests(PROMPTS), GREEDY))) == before


def test_a_woken_engine_samples_as_before(member: HTTPMember) -> None:
    before = collected(member.run(Order(requests(TEXTS), GREEDY)))
    member.sleep()
    member.wake()
    assert collected(member.run(Order(requests(TEXTS), GREEDY))) == before


@contextmanager
def shared(tensors: Mapping[str, torch.Tensor]) -> Iterator[dict[str, Any]]:
    """The handle of a segment that holds `tensors`."""
    descriptor, places, end = os.memfd_create("weights"), {}, 0
    with os.fdopen(descriptor, "wb") as file:
        for name, tensor in tensors.items():
            places[name] = {"shape": list(tensor.shape), "dtype": "float32", "offset": end}
            end += file.write(tensor.contiguous().numpy().tobytes())
        file.write(b"\0")  # a segment of no bytes cannot be mapped
        file.flush()
        yield {"path": f"/proc/{os.getpid()}/fd/{descriptor}", "tensors": places}
