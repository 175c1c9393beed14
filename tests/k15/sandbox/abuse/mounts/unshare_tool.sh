# promise: the tools for namespaces and mounts get no further than the system calls
for command in "unshare -Ur id" "unshare -rm mount -t tmpfs none /tmp" "nsenter -t 1 -m id" "bwrap --bind / / id" "chroot / id" "unshare -p -f --mount-proc ps"; do
    if $command </dev/null >/dev/null 2>&1; then echo "ESCAPED: $command"; fi
done
echo "HELD: none of them"
