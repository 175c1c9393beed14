"""TRL's side of the comparison: a script for the environment of `requirements.txt`, which knows nothing of k15.

`trl_side.py SPEC.json` loads the decoder, writes a JSON line with its log-probabilities of a sequence, then trains with
`GRPOTrainer`: before every iteration it writes a line about the one before and waits for a line on standard input. It
ends when that is closed. Standard output carries these lines alone.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, TextIO

import torch
from datasets import Dataset
from reward import reward
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

Spec = dict[str, Any]


def main(spec: Spec, out: TextIO) -> None:
    torch.manual_seed(spec["seed"])
    model = AutoModelForCausalLM.from_pretrained(spec["model"], dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(spec["model"])
    if tokenizer(text=spec["prompts"])["input_ids"] != spec["prompt_ids"]:
        raise RuntimeError("TRL's tokenizer gives other token ids to the prompts")
    say(out, {"logprobs": sequence_logprobs(model, spec["sequence"])})
    trainer = TimedTrainer(
        model=model,
        reward_funcs=parity,
        args=configuration(spec),
        train_dataset=Dataset.from_dict({"prompt": spec["prompts"]}),
        processing_class=tokenizer,
    )
    trainer.add_callback(Pace(trainer, steps(spec), out))
    trainer.train()


def steps(spec: Spec) -> int:
    """Optimizer steps in which each prompt is answered once."""
    return spec["minibatches"] if spec["tuned"] else len(spec["prompts"])


def configuration(spec: Spec) -> GRPOConfig:
    common: dict[str, Any] = {
        "output_dir": spec["output"],
        "use_cpu": True,
        "num_generations": spec["group_size"],
        "max_completion_length": spec["max_tokens"],
        "learning_rate": spec["lr"],
        "max_steps": 10**6,
        "seed": spec["seed"],
        "report_to": "none",
        "disable_tqdm": True,
    }
    return GRPOConfig(
        **common, **(tuned(spec) if spec["tuned"] else {"per_device_train_batch_size": spec["group_size"]})
    )


def tuned(spec: Spec) -> dict[str, Any]:
    """One generation batch an iteration, as many optimizer steps as k15 takes, and nothing that is not needed: no
    reference model, no gradient checkpointing, no logging, evaluation or checkpoints."""
    rows = len(spec["prompts"]) * spec["group_size"] // spec["minibatches"]
    accumulation = rows // spec["microbatch_rows"]
    return {
        "bf16": False,
        "gradient_checkpointing": False,
        "per_device_train_batch_size": spec["microbatch_rows"],
        "gradient_accumulation_steps": accumulation,
        "steps_per_generation": spec["minibatches"] * accumulation,
        "num_iterations": 1,
        "temperature": spec["temperature"],
        "beta": 0.0,
        "lr_scheduler_type": "constant",
        "max_grad_norm": 1.0,
        "logging_strategy": "no",
        "save_strategy": "no",
    }


def sequence_logprobs(model: torch.nn.Module, ids: list[int]) -> list[float]:
    tokens = torch.tensor([ids])
    with torch.no_grad():
        logprobs = model(input_ids=tokens).logits[0, :-1].log_softmax(-1)
    return logprobs.gather(-1, tokens[0, 1:, None])[:, 0].tolist()


def parity(completions: list[str], **_: object) -> list[float]:
    return [reward(text) for text in completions]


class TimedTrainer(GRPOTrainer):
    """With the seconds that generation and the optimizer steps take, and the tokens generated."""

    generating = training = 0.0
    tokens = 0

    def _generate_single_turn(self, *args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        completions, logprobs = super()._generate_single_turn(*args, **kwargs)
        self.generating += time.perf_counter() - started
        self.tokens += sum(map(len, completions))
        return completions, logprobs

    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        started, before = time.perf_counter(), self.generating
        loss = super().training_step(*args, **kwargs)
        self.training += time.perf_counter() - started - (self.generating - before)
        return loss

    def take(self) -> dict[str, float]:
        """The figures since the last call."""
        figures = {"generating": self.generating, "training": self.training, "tokens": self.tokens}
        self.generating, self.training, self.tokens = 0.0, 0.0, 0
        return figures


class Pace(TrainerCallback):
    """Holds the trainer before the first step of every iteration."""

    def __init__(self, trainer: TimedTrainer, steps: int, out: TextIO) -> None:
        self.trainer, self.steps, self.out = trainer, steps, out

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step % self.steps == 0:
            say(self.out, self.trainer.take())
            if not sys.stdin.readline():
                sys.exit()


def say(out: TextIO, line: dict[str, Any]) -> None:
    print(json.dumps(line), file=out, flush=True)


if __name__ == "__main__":
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print goes to standard error
    main(json.loads(Path(sys.argv[1]).read_text()), lines)
