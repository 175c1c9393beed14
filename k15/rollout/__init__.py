"""Rollouts: responses sampled by vLLM inside the process that trains."""
