"""An engine behind HTTP samples what the engine in this process samples, within a budget, with the weights that it was
handed in shared memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from safetensors.torch import load_file

from k15.errors import UserError
from k15.rollout.engine import Engine
from k15.rollout.http_member import HTTPMember
from k15.rollout.shared_weights import SharedWeights
from k15.rollout.types import Chunk, Key, Order, Partial, Prompt, Repetition, Request, Sampling, remainder
from k15.rollout.weights import tensor_digest
from k15.tokenizer import IMAGE
from tests.k15 import tiny
from tests.k15.rollout.conftest import MAX_MODEL_LEN, picture

PARAMS = tiny.engine_params()
TEXTS = [Prompt([20 + n, 21, 22]) for n in range(5)]
PROMPTS = [*TEXTS, *(Prompt([20, IMAGE, 21, IMAGE], (picture(n), picture(n + 1, (40, 90)))) for n in range(2))]
GREEDY = Sampling(n=1, temperature=0.0, max_tokens=40, logprobs=True)
DRAWN = Sampling(n=1, temperature=1.0, max_tokens=60, seed=5, logprobs=True)


@pytest.fixture(scope="module")
def member(export: Callable[[int], Path]) -> Iterator[HTTPMember]:
    member = HTTPMember({"hf_dir": export(1), "max_model_len": MAX_MODEL_LEN, "params": PARAMS, "seed": 0}, 60.0)
    yield member
    member.close()


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


def test_draws_belong_to_the_response(member: HTTPMember) -> None:
    wanted = requests(TEXTS, copies=4)
    whole = collected(member.run(Order(wanted, DRAWN)))
    part = collected(member.run(Order(wanted[7:9], DRAWN)))
    assert len({tuple(partial.ids) for partial in whole.values()}) == len(wanted)
    assert {key: partial.ids for key, partial in part.items()} == {r.key: whole[r.key].ids for r in wanted[7:9]}


def test_the_budget_ends_an_order(member: HTTPMember) -> None:
    order = Order(requests(TEXTS, copies=10), DRAWN, budget=700)
    received = collected(member.run(order))
    sampled = sum(len(partial.ids) for partial in received.values())
    assert 700 <= sampled < 700 + PARAMS.max_num_seqs
    assert all(len(partial.ids) == len(partial.logprobs) for partial in received.values())
    unfinished = [key for key, partial in received.items() if partial.finish_reason is None]
    assert len(unfinished) == PARAMS.max_num_seqs, "the batch is full until the end"
    assert len(received) < len(order.requests), "and what comes later has not begun"
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
    one, other = (load_file(export(seed) / "model.safetensors") for seed in (1, 2))
    memory = SharedWeights(other)
    memory.publish(other)
    member.update_weights(memory.handle)
    digests = member.weight_digests()
    assert digests == {name: tensor_digest(other[name]) for name in digests}
    engine.load_hf(export(2))
    assert digests == engine.weight_digests()
    given = [member.logprobs(prompt, before[group, 0].ids) for group, prompt in enumerate(PROMPTS)]
    received = collected(member.run(Order(requests(PROMPTS), GREEDY)))
    assert [received[group, 0].ids for group in range(7)] == [s.ids for (s,) in engine.generate(PROMPTS, GREEDY)]
    for group, prompt in enumerate(PROMPTS):  # the pictures, too, are seen with the new weights
        assert given[group] == pytest.approx(engine.logprobs(prompt, before[group, 0].ids)[0], abs=1e-4)

    with pytest.raises(UserError, match="weights do not fit"):
        member.update_weights({**memory.handle, "tensors": {}})
    assert member.weight_digests() == digests
    memory.publish(one)
    member.update_weights(memory.handle)
    assert collected(member.run(Order(requests(PROMPTS), GREEDY))) == before
    memory.close()


def test_a_released_engine_comes_back_with_new_weights(member: HTTPMember, export: Callable[[int], Path]) -> None:
    before = collected(member.run(Order(requests(TEXTS), GREEDY)))
    member.release()
    tensors = load_file(export(1) / "model.safetensors")
    memory = SharedWeights(tensors)
    memory.publish(tensors)
    member.update_weights(memory.handle)
    assert collected(member.run(Order(requests(TEXTS), GREEDY))) == before
    memory.close()
