# promise: killing its own process group reaches no process of the server
# status: ok runtime_error
trap '' TERM
kill -TERM 0
echo "HELD: unless a neighbour feels it"
kill -KILL 0
