# promise: the classic shell fork bomb ends by the limits of its own program, or starves
# status: ok cpu_limit wall_limit memory_limit runtime_error
# limits: wall_s=2
echo "HELD: unless a neighbour feels it"
bomb() { bomb | bomb & }
bomb 2>/dev/null
wait
