# Sourced by the set-up scripts: where things are, clear failures, and what pip is configured with handed on to uv.
set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

fail() {
    echo "k15 set-up: $*" >&2
    exit 1
}

PYTHON=${PYTHON:-python3.11}
command -v "$PYTHON" >/dev/null || fail "$PYTHON was not found; install Python 3.11, or name it: make PYTHON=/path/to/python3.11"
command -v git >/dev/null || fail "git was not found; install it"

# An environment that is made, and the tools that it is made with.
make_venv() {
    if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
        "$PYTHON" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || fail "$PYTHON is not Python 3.11"
        "$PYTHON" -m venv --clear .venv || fail "$PYTHON has no venv module; install it (Debian: python3.11-venv)"
    fi
    local uv
    uv=$(grep '^uv==' requirements.lock || echo uv)
    .venv/bin/python -m pip install -qq --disable-pip-version-check "$uv" || fail "cannot install $uv with pip; see above"
}

# uv does not read pip's configuration.
configure_uv() {
    pip_setting() { .venv/bin/python -m pip config get "global.$1" 2>/dev/null || true; }
    export UV_INDEX_STRATEGY=unsafe-best-match
    export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$(pip_setting index-url)}}
    export UV_INDEX=${UV_INDEX:-${PIP_EXTRA_INDEX_URL:-$(pip_setting extra-index-url)}}
    export UV_FIND_LINKS=${UV_FIND_LINKS:-$(echo "${PIP_FIND_LINKS:-$(pip_setting find-links)}" | tr ' ' ',')}
    local name
    for name in UV_DEFAULT_INDEX UV_INDEX UV_FIND_LINKS; do
        [ -n "${!name}" ] || unset "$name"
    done
}

# Whether a directory of wheels that pip is told of holds this version of torch's CPU build.
wheel_at_hand() {
    local folder
    for folder in $(echo "${UV_FIND_LINKS:-}" | tr ',' ' '); do
        compgen -G "$folder/torch-$1-*.whl" >/dev/null && return 0
    done
    return 1
}
