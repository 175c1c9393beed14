#!/bin/sh
# Makes the images' base without a container registry: a minimal Debian with Python 3.11, from Debian's own
# packages, imported into the engine. Usage: bootstrap-base.sh ENGINE TAG [PACKAGE ...]
# (for example: podman k15-base:mine)
set -eu

engine=$1
tag=$2
shift 2
packages=$(echo "$*" | tr ' ' ',')

if ! command -v mmdebstrap >/dev/null; then
    echo "mmdebstrap is not installed; apt install mmdebstrap, or give another base: make images BASE=..." >&2
    exit 2
fi

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# libnuma1 is for vLLM's CPU backend; documentation and translations would double the size.
mmdebstrap --quiet --variant=essential --include="python3,ca-certificates,libnuma1,libstdc++6${packages:+,$packages}" \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$root/base.tar"
"$engine" import --change 'CMD ["python3"]' "$root/base.tar" "$tag" >/dev/null
