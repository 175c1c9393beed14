"""The policy update of an RL iteration against the same surrogate in plain `transformers` with `torch.optim.AdamW`.

The same rows (long-tailed response lengths), minibatches, weights and optimizer settings; the first losses must agree.
Tokens are those of prompts and responses, padding not counted. Theirs is measured twice: with rows padded as they come,
with an attention mask, as its users do, and on exactly our microbatches (rows sorted by length) without a mask.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch

from benchmarks.setting import SEED, Setting, compare
from benchmarks.training import OPTIMIZER
from k15.rl.objective import ObjectiveParams, PolicyBatch, policy_loss, surrogate
from k15.rl.trajectory import Group, Response, RLPrompt, Segment
from k15.rl.update import Scored, batch_rows, minibatch_steps, minibatches, prepare, set_reference
from k15.tokenizer import END
from k15.training.trainer import Trainer

GROUPS, RESPONSES, STEPS = 40, 8, 4
SHORTEST, MEDIAN, LONGEST = 30, 90, 380
TOKEN_BUDGET = 8192
REPETITIONS = 5
OBJECTIVE = ObjectiveParams(kind="eq3", tau=0.05, baseline="mean")
MEMORY = ((4096, 16384), (8192, 16384), (16384, 16384), (8192, 32768))
"""Places of a batch and sizes of a vocabulary."""

Minibatches = list[list[PolicyBatch]]


def measure(setting: Setting) -> None:
    groups = prepare(groups_of(setting), OBJECTIVE, 0, setting.model.shape.image_tokens)
    tokens = sum(len(row.example.ids) for rows in groups for row in rows)
    size = setting.model.shape.image_size
    trainer = Trainer(setting.model, OPTIMIZER, trainable=("language.",))
    ordered = minibatches(groups, STEPS, SEED, TOKEN_BUDGET, size)
    arriving = [in_order([row for i in part for row in groups[i]], size) for part in shares(len(groups))]
    for name, batches in (("sorted", ordered), ("as they come", arriving)):
        places = sum(batch.tokens.numel() for minibatch in batches for batch in minibatch)
        print(f"policy update: {tokens} tokens, rows {name}: packing efficiency {tokens / places:.2f}")

    filled, _ = set_reference(trainer.model, ordered, None)
    same = Plain(setting, masked=False)
    check_first_loss(trainer, filled, Plain(setting, masked=True), arriving, same)

    def ours(batches: Minibatches, reference: bool) -> int:
        if reference:
            batches, _ = set_reference(trainer.model, batches, None)
        trainer.reset_optimizer()
        minibatch_steps(trainer, batches, OBJECTIVE, OPTIMIZER.lr)
        return tokens

    usual = Plain(setting, masked=True)
    for what, reference in (("without its reference pass", False), ("with its reference pass", True)):
        mine = ordered if reference else filled
        for name, plain, batches in (("rows as they come", usual, arriving), ("the same microbatches", same, ordered)):
            theirs = plain.update(batches, tokens, reference)
            label = f"transformers + AdamW, {name}"
            compare(f"policy update {what}", partial(ours, mine, reference), label, theirs, REPETITIONS)
    memory()


def groups_of(setting: Setting) -> list[Group]:
    """Random tokens as responses, log-normal in length; every group has right and wrong ones."""
    generator = np.random.default_rng(SEED)
    vocabulary = setting.model.shape.vocab_size
    problems = setting.problems[:: len(setting.problems) // GROUPS][:GROUPS]
    groups = []
    for number, problem in enumerate(problems):
        prompt = RLPrompt(str(number), setting.tokenizer.encode_prompt(problem.question), (), {})
        responses = []
        for place in range(RESPONSES):
            length = int(np.clip(generator.lognormal(np.log(MEDIAN), 0.8), SHORTEST, LONGEST))
            ids = [*generator.integers(END + 1, vocabulary, length - 1).tolist(), END]
            reward = float(place == 0 or (place > 1 and generator.random() < 0.5))
            segment = Segment(0, ids, [-6.0] * length)
            responses.append(Response((number, place), [segment], "stop", score=reward, reward=reward))
        groups.append(Group(number, number, prompt, 0, responses))
    return groups


def shares(groups: int) -> list[list[int]]:
    """The groups of each minibatch, as `minibatches` deals them."""
    return [part.tolist() for part in np.array_split(np.random.default_rng(SEED).permutation(groups), STEPS)]


def in_order(rows: Sequence[Scored], image_size: int) -> list[PolicyBatch]:
    """Microbatches of neighbours that keep to the budget, unsorted."""
    parts: list[list[Scored]] = [[]]
    for row in rows:
        longest = max(len(other.example.ids) for other in [*parts[-1], row])
        if parts[-1] and (len(parts[-1]) + 1) * longest > TOKEN_BUDGET:
            parts.append([])
        parts[-1].append(row)
    return [batch_rows(part, image_size) for part in parts]


class Plain:
    """The usual update of `transformers` users. With `masked` the model is told where the padding is."""

    def __init__(self, setting: Setting, masked: bool) -> None:
        from transformers import LlavaForConditionalGeneration

        self.masked = masked
        self.model = LlavaForConditionalGeneration.from_pretrained(setting.hf).train()
        self.parameters = list(self.model.model.language_model.parameters())

    def logprobs(self, batch: PolicyBatch) -> torch.Tensor:
        """w·log π of every response token [B, T − 1]."""
        mask = (batch.tokens != 0).long() if self.masked else None
        logits = self.model(input_ids=batch.tokens, attention_mask=mask).logits[:, :-1]
        chosen = logits.log_softmax(-1).gather(-1, batch.tokens[:, 1:, None])[..., 0]
        assert batch.weights is not None
        return chosen * batch.weights[:, :-1]

    def loss(self, batch: PolicyBatch, reference: torch.Tensor) -> torch.Tensor:
        return surrogate(self.logprobs(batch), reference, batch.advantage[:, :-1], batch.share, OBJECTIVE.tau)

    @torch.no_grad()
    def references(self, batches: Minibatches) -> list[list[torch.Tensor]]:
        return [[self.logprobs(batch).sum(-1) for batch in minibatch] for minibatch in batches]

    def update(self, batches: Minibatches, tokens: int, reference: bool) -> Callable[[], int]:
        given = self.references(batches)

        def run() -> int:
            found = self.references(batches) if reference else given
            optimizer = torch.optim.AdamW(
                self.parameters, lr=OPTIMIZER.lr, betas=(0.9, 0.95), weight_decay=OPTIMIZER.weight_decay
            )
            for minibatch, before in zip(batches, found, strict=True):
                optimizer.zero_grad()
                count = sum(len(batch.tokens) for batch in minibatch)
                for batch, values in zip(minibatch, before, strict=True):
                    (self.loss(batch, values) / count).backward()
                torch.nn.utils.clip_grad_norm_(self.parameters, OPTIMIZER.clip_grad)
                optimizer.step()
            return tokens

        return run


@torch.no_grad()
def check_first_loss(trainer: Trainer, filled: Minibatches, usual: Plain, arriving: Minibatches, same: Plain) -> None:
    """Of the first minibatch, by all three."""
    losses = [sum(policy_loss(trainer.model, batch, OBJECTIVE.tau).item() for batch in filled[0])]
    for plain, batches in ((usual, arriving), (same, filled)):
        losses.append(sum(plain.loss(batch, plain.logprobs(batch).sum(-1)).item() for batch in batches[0]))
    rows = sum(len(batch.tokens) for batch in filled[0])
    if max(losses) - min(losses) > 1e-3 * rows:
        raise RuntimeError(f"not the same model: first losses {losses}")
    print("policy update: first losses " + ", ".join(f"{loss / rows:.5f}" for loss in losses))


def memory() -> None:
    """Peak memory of one update beside that of the logits it never holds, each in a process of its own."""
    for places, vocabulary in MEMORY:
        command = [sys.executable, "-m", "benchmarks.policy_memory", str(places), str(vocabulary)]
        peak = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1])
        logits = places * vocabulary * 4 / 2**20
        print(
            f"policy update of {places} places with a vocabulary of {vocabulary}: {peak:,.0f} MiB over what model and "
            f"optimizer take; one copy of the logits is {logits:,.0f} MiB",
            flush=True,
        )
