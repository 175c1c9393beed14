# promise: the keyboard's emergency commands cannot be given (tried is the harmless one: help)
if echo h 2>/dev/null >/proc/sysrq-trigger; then echo "ESCAPED: gave a command"; else echo "HELD: refused"; fi
