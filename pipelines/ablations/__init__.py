"""The paper's ablations (§3.5) as DVC experiments: `make ablations`."""
