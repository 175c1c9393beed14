#!/usr/bin/env bash
# Makes .venv hold exactly what the lock file says; nothing to do where it does already (some milliseconds).
# Safe to interrupt and to run twice at once: a lock keeps the second one waiting, the stamp is written last.
# With CUDA (nvidia-smi lists a device) requirements-cuda.lock is taken, else requirements.lock with CPU torch.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

lock=requirements.lock
if command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU '; then
    lock=requirements-cuda.lock
fi
stamp=.venv/k15-stamp
want="$lock $(git hash-object --no-filters "$lock")"

# What the sandbox is built with. Without root it is for the user to install; the sandbox says so when it is needed.
system_packages() {
    local missing=()
    command -v bwrap >/dev/null || missing+=(bubblewrap)
    compgen -G "/usr/lib*/libseccomp.so.2" >/dev/null || compgen -G "/usr/lib/*/libseccomp.so.2" >/dev/null || missing+=(libseccomp2)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "k15 set-up: installing ${missing[*]}"
        { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}"; } >/dev/null ||
            fail "installing ${missing[*]} failed; install them and run the same command again"
    else
        echo "k15 set-up: the sandbox needs ${missing[*]}; install them" >&2
    fi
}

ready() { [ -x .venv/bin/python ] && [ "$(cat $stamp 2>/dev/null)" = "$want" ]; }

system_packages
ready && exit 0
mkdir -p .k15
exec 9>.k15/setup.lock
flock 9
ready && exit 0

echo "k15 set-up: installing $lock into .venv"
unfinished=()
if [ -e .venv/k15-installing ]; then
    unfinished=(--reinstall)
fi
make_venv
rm -f $stamp
touch .venv/k15-installing
configure_uv
backend=()
if [ $lock = requirements.lock ]; then
    torch=$(sed -n 's/^torch==//p' $lock)
    wheel_at_hand "$torch" || backend=(--torch-backend cpu)
fi
.venv/bin/uv pip sync --quiet --compile-bytecode --python .venv/bin/python "${backend[@]}" "${unfinished[@]}" $lock ||
    fail "installing $lock failed; see above. Running the same command again continues"
rm -f .venv/k15-installing
echo "$want" >$stamp
