"""Stage `reward_model`: a value-head and a chain-of-thought reward model, compared. Not part of the default recipe."""
