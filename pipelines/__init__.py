"""How a stage is run and watched: Prefect flows, runners, deployments. What a stage does is in `stages/`."""
