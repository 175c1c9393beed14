"""Stage `prompts`: the curated RL prompt set."""
