"""Stage `rl`: reinforcement learning on the curated prompts."""
