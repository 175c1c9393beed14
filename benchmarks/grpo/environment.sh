#!/usr/bin/env bash
# Makes .venv-trl hold exactly what requirements.txt beside this file says; nothing to do where it does already.
source "$(dirname "${BASH_SOURCE[0]}")/../../setup/common.sh"

requirements=benchmarks/grpo/requirements.txt
stamp=.venv-trl/stamp
want=$(git hash-object --no-filters $requirements)
[ "$(cat $stamp 2>/dev/null)" != "$want" ] || exit 0

echo "k15 benchmarks: installing $requirements into .venv-trl" >&2
configure_uv
torch=$(sed -n 's/^torch==//p' $requirements)
backend=()
wheel_at_hand "$torch" || backend=(--torch-backend cpu)
.venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-trl || fail "cannot make .venv-trl; see above"
.venv/bin/uv pip sync --quiet --compile-bytecode --python .venv-trl/bin/python "${backend[@]}" $requirements ||
    fail "installing $requirements failed; see above"
echo "$want" >$stamp
