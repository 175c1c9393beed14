"""What the stages share: artifacts, tasks, curation, model, training, rollout, rewards, evaluation."""
