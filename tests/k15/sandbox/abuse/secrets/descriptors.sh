# promise: no descriptor of the host is open in a shell: 255 is the shell's own script
for fd in /proc/$$/fd/*; do
    number=${fd##*/}
    [ "$number" -gt 2 ] && [ "$number" != 255 ] && [ -e "$fd" ] && echo "ESCAPED: $fd is $(readlink "$fd")"
done
echo "HELD: listed"
