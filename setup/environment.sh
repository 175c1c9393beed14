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
failed=.k15/packages-failed
want="$lock $(git hash-object --no-filters "$lock")"

ready() { [ -x .venv/bin/python ] && [ "$(cat $stamp 2>/dev/null)" = "$want" ]; }

# What the sandbox is built with and this machine lacks.
find_missing() {
    missing=()
    command -v bwrap >/dev/null || missing+=(bubblewrap)
    compgen -G "/usr/lib*/libseccomp.so.2" >/dev/null || compgen -G "/usr/lib/*/libseccomp.so.2" >/dev/null || missing+=(libseccomp2)
}

# Not where it failed within the last hour: without a network each try takes its time.
may_install() {
    [ ${#missing[@]} -gt 0 ] && [ $EUID = 0 ] && command -v apt-get >/dev/null &&
        [ -z "$(find $failed -mmin -60 2>/dev/null)" ]
}

# A notice where it fails, since the rest needs no sandbox, and the sandbox itself says what it lacks.
system_packages() {
    find_missing
    may_install || return 0
    echo "k15 set-up: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # Without descriptor 9: what a package starts must not hold the lock.
    if { apt-get -qq update
         apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"; } >/dev/null 9>&-; then
        rm -f $failed
    else
        echo "k15 set-up: installing ${missing[*]} failed; the sandbox runs no programs without. Next try in an hour" >&2
        touch $failed
    fi
}

find_missing
ready && ! may_install && exit 0
mkdir -p .k15
exec 9>.k15/setup.lock
flock 9
system_packages
ready && exit 0

find_missing
if [ ${#missing[@]} -gt 0 ] && [ ! -e $failed ]; then
    echo "k15 set-up: the sandbox needs ${missing[*]}; install them" >&2
fi
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
