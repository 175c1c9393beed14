# promise: the shell's own /dev/tcp reaches no listener of the host
# args: tcp_port
if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    echo "ESCAPED: connected to the host's listener"
else
    echo "HELD: no connection"
fi
