# promise: all writable places together hold no more than the limits
# status: ok runtime_error memory_limit
total=0
for place in . /tmp /var/tmp /dev/shm /run /dev "$HOME" /; do
    head -c 268435456 /dev/zero 2>/dev/null >"$place/k15abuse-fill"
    size=$(stat -c %s "$place/k15abuse-fill" 2>/dev/null || echo 0)
    total=$((total + size))
done 2>/dev/null
if [ "$total" -ge 268435456 ]; then echo "ESCAPED: wrote $total bytes"; else echo "HELD: wrote $total bytes"; fi
