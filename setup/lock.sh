#!/usr/bin/env bash
# Resolves requirements*.in into the lock files (no index addresses, no paths in them). Existing pins are kept
# where they still fit; `make lock UPGRADE=1` takes the newest releases.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

make_venv
configure_uv
options=(--quiet --python-version 3.11 --no-emit-index-url --no-emit-find-links --no-annotate --no-header)
[ -z "${UPGRADE:-}" ] || options+=(--upgrade)
torch=$(sed -n 's/^torch==//p' requirements.in)
backend=()
wheel_at_hand "$torch+cpu" || backend=(--torch-backend cpu)
.venv/bin/uv pip compile "${options[@]}" "${backend[@]}" requirements.in -o requirements.lock
# The CUDA build of torch is the one that the ordinary index offers.
env -u UV_FIND_LINKS .venv/bin/uv pip compile "${options[@]}" requirements-cuda.in -o requirements-cuda.lock
