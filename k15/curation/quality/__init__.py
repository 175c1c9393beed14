"""What a document is worth beyond the rules: a classifier trained on labelled seeds, a model's judgement, and what
both and the rules come to together (§2.5.1, App. B)."""
