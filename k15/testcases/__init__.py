"""Test cases for code problems (§2.3.5): generators make inputs, ground-truth submissions agree on the outputs.

`load_problems` reads problems, `judge_problems` makes and judges their cases in the sandbox, `rules` decides, `yields`
shows what became of them. Nothing here knows about stages.
"""
