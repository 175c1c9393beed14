#!/usr/bin/env bash
# Makes .venv-datatrove hold exactly what requirements.txt beside this file says; nothing to do where it does already.
source "$(dirname "${BASH_SOURCE[0]}")/../../setup/common.sh"

requirements=benchmarks/duplicates/requirements.txt
stamp=.venv-datatrove/stamp
want=$(git hash-object --no-filters $requirements)
[ "$(cat $stamp 2>/dev/null)" != "$want" ] || exit 0

echo "k15 benchmarks: installing $requirements into .venv-datatrove" >&2
configure_uv
.venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-datatrove || fail "cannot make .venv-datatrove; see above"
.venv/bin/uv pip sync --quiet --compile-bytecode --python .venv-datatrove/bin/python $requirements ||
    fail "installing $requirements failed; see above"
echo "$want" >$stamp
