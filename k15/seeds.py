"""Seeds: every random choice gets one that is derived from a seed in params.yaml."""

import hashlib
import json


def derive(seed: int, *names: str | int) -> int:
    """A 63-bit seed for the purpose called `names`; distinct names give independent seeds."""
    digest = hashlib.sha256(json.dumps([seed, *names]).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
