"""Rule-based rewards (§2.1, §2.3.3): does a response answer its problem, and how long did it take.

`score_batch` turns responses into verdicts by the `verifier` field of the problem; `length_rewards` is the
length reward, composed on top by whoever trains. Nothing here knows about rollouts, models or tokenizers.
From a shell: `python -m k15.rewards score FILE.jsonl`.
"""

from k15.rewards.length import length_rewards
from k15.rewards.verdict import Verdict
from k15.rewards.verifiers import VERIFIERS, Verifier, score, score_batch

__all__ = ["VERIFIERS", "Verdict", "Verifier", "length_rewards", "score", "score_batch"]
