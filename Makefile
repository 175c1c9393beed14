# Every target does its own set-up first (setup/environment.sh; milliseconds once it is done).
ROOT := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
SHELL := /bin/bash
export PATH := $(ROOT)/.venv/bin:$(PATH)
export PYTHON UPGRADE BASE
# DVC keeps an experiment as a commit: it needs an author, where git has none.
ifeq ($(shell git config user.email),)
export GIT_AUTHOR_NAME := k15
export GIT_AUTHOR_EMAIL := k15@localhost
export GIT_COMMITTER_NAME := k15
export GIT_COMMITTER_EMAIL := k15@localhost
endif
IN_ROOT := cd "$(ROOT)" &&

.PHONY: repro test ui stage reward-models ablations images bench check lock clean environment

repro: environment  ## The whole recipe; PROFILE=smoke|laptop|gpu|cluster recomposes params.yaml first
	@$(IN_ROOT) $(if $(PROFILE),dvc exp run -S profile=$(PROFILE),dvc repro)
	@$(IN_ROOT) cat report/summary.txt

stage: environment  ## One stage again, on the inputs that are there: make stage S=rl
	@$(if $(S),,$(error name the stage: make stage S=rl))
	@$(IN_ROOT) dvc repro --single-item --force $(S)

reward-models: environment  ## Train a value-head and a chain-of-thought reward model; their accuracies in a table
	@$(IN_ROOT) dvc repro pipelines/optional/dvc.yaml:reward_model
	@$(IN_ROOT) python -m stages.reward_model.table

ablations: environment  ## The paper's ablations as DVC experiments, three seeds each; report/ablations.html
	@$(IN_ROOT) python -m pipelines.ablations.run

ui: environment  ## The Prefect UI, with deployments of the recipe and of each stage
	@$(IN_ROOT) python -m pipelines.ui

images: environment  ## The container images of the stages; BASE=image to build on another one
	@$(IN_ROOT) python -m containers.build

bench: environment  ## Side-by-side measurements, each printing ratios
	@$(IN_ROOT) python -m benchmarks

test: environment
	@$(IN_ROOT) pytest

check: environment  ## ruff and mypy
	@$(IN_ROOT) ruff check . && ruff format --check . && mypy

lock:  ## Resolve requirements*.in into the lock files again
	@$(ROOT)/setup/lock.sh

clean:  ## What stages made, and DVC's cache of it; .venv and the Prefect history stay
	@$(IN_ROOT) rm -rf artifacts state recordings metrics plots report .dvc/cache .dvc/tmp

environment:
	@$(ROOT)/setup/environment.sh
