"""Reinforcement learning (§2.3): the objective, the prompt sampler, and the iteration that joins rollouts, rewards and
training. Used by the stages `rl` and `long2short`."""
