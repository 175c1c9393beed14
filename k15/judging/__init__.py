"""Reward models (§2.3.5): judged answers, and the two models that learn to judge from them."""
