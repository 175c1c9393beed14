"""TRL gets the decoder that k15 trains, and the ratio is that of iterations per second."""

from pathlib import Path

import pytest
import torch

from benchmarks.grpo import Turn, report
from benchmarks.grpo.opponent import export_decoder
from benchmarks.setting import setting
from k15 import torch_extensions
from k15.training.batch import Batch
from k15.training.trainer import logprobs


def test_the_decoder_alone_gives_the_same_log_probabilities(tmp_path: Path) -> None:
    torch_extensions.settle()
    from transformers import AutoModelForCausalLM

    with setting() as built:
        tokens = torch.tensor([built.tokenizer.encode(built.problems[0].question)])
        export_decoder(built.hf, tmp_path / "decoder")
        decoder = AutoModelForCausalLM.from_pretrained(tmp_path / "decoder")
        with torch.no_grad():
            own = logprobs(built.model, Batch(tokens[:, :-1], tokens[:, 1:]))
            theirs = decoder(input_ids=tokens).logits[:, :-1].log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    assert torch.allclose(own, theirs, atol=1e-4)


def test_the_ratio_is_of_iterations_per_second(capsys: pytest.CaptureFixture[str]) -> None:
    ours, slower, slowest = (Turn(seconds, 1.0, 0.5, 64_000.0) for seconds in (2.0, 5.0, 8.0))
    report("grpo", [(ours, slower), (ours, slower), (ours, slowest)])
    k15, trl, ratio = capsys.readouterr().out.splitlines()
    assert k15 == "grpo: k15 0.500 iterations/s (2.0 s: generation 50%, training 25%; 200 tokens a response)"
    assert trl.startswith("grpo: TRL 0.200 iterations/s (5.0 s: ")
    assert ratio == "grpo: ratio 2.50 (2.50 to 4.00 in 3 repetitions)"
