#!/usr/bin/env bash
# environment.sh NAME REQUIREMENTS: makes .venv-NAME hold exactly what the file says; nothing to do where it does already.
source "$(dirname "${BASH_SOURCE[0]}")/../setup/common.sh"

venv=.venv-$1 requirements=$2
want=$(git hash-object --no-filters "$requirements")
[ "$(cat "$venv/stamp" 2>/dev/null)" != "$want" ] || exit 0

echo "k15 benchmarks: installing $requirements into $venv" >&2
configure_uv
torch=$(sed -n 's/^torch==//p' "$requirements")
backend=()
[ -z "$torch" ] || wheel_at_hand "$torch" || backend=(--torch-backend cpu)
.venv/bin/uv venv --quiet --clear --python .venv/bin/python "$venv" || fail "cannot make $venv; see above"
.venv/bin/uv pip sync --quiet --compile-bytecode --python "$venv/bin/python" "${backend[@]}" "$requirements" ||
    fail "installing $requirements failed; see above"
echo "$want" >"$venv/stamp"
