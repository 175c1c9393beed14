"""Training tokens per second: k15's trainer (megatron-core) against `transformers` with `torch.optim.AdamW`.

Same architecture, same weights, same batch, same optimizer settings, text only; the first losses must agree.
"""

import torch

from benchmarks.setting import Setting, compare
from k15.training.batch import IGNORED, Batch
from k15.training.trainer import OptimizerParams, Trainer

ROWS = 32
LENGTH = 256
STEPS = 2
REPETITIONS = 9
OPTIMIZER = OptimizerParams(lr=1e-4, final_lr_share=1.0, warmup_steps=0, weight_decay=0.1, clip_grad=1.0)


def measure(setting: Setting) -> None:
    batch = text_batch(setting)
    tokens = batch.tokens.numel() * STEPS
    trainer = Trainer(setting.model, OPTIMIZER, trainable=("language.",))
    plain = Plain(setting, batch)

    def ours() -> int:
        for _ in range(STEPS):
            trainer.step([batch], OPTIMIZER.lr)
        return tokens

    def theirs() -> int:
        for _ in range(STEPS):
            plain.step()
        return tokens

    first, other = trainer.step([batch], OPTIMIZER.lr)["loss"], plain.step()
    if abs(first - other) > 1e-3:
        raise RuntimeError(f"not the same model: first losses {first} and {other}")
    compare("training", ours, "transformers + AdamW", theirs, REPETITIONS)


def text_batch(setting: Setting) -> Batch:
    """Rows of problems with their long solutions, cut to the same length."""
    ids = [token for one in setting.problems for token in setting.tokenizer.encode(one.question + one.long)]
    tokens = torch.tensor(ids[: ROWS * LENGTH]).view(ROWS, LENGTH)
    targets = torch.cat([tokens[:, 1:], torch.full((ROWS, 1), IGNORED)], dim=1)
    return Batch(tokens, targets)


class Plain:
    """The usual training step of `transformers` users."""

    def __init__(self, setting: Setting, batch: Batch) -> None:
        from transformers import LlavaForConditionalGeneration

        self.tokens = batch.tokens
        self.model = LlavaForConditionalGeneration.from_pretrained(setting.hf).train()
        self.parameters = list(self.model.model.language_model.parameters())
        self.optimizer = torch.optim.AdamW(
            self.parameters, lr=OPTIMIZER.lr, betas=(0.9, 0.95), weight_decay=OPTIMIZER.weight_decay
        )

    def step(self) -> float:
        self.optimizer.zero_grad()
        loss = self.model(input_ids=self.tokens, labels=self.tokens).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, OPTIMIZER.clip_grad)
        self.optimizer.step()
        return float(loss.detach())
