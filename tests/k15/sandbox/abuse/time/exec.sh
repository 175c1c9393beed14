# promise: becoming another program again and again does not start the clock anew
# status: cpu_limit
# limits: cpu_s=0.25
# Each round burns some time and then replaces the process by a fresh shell.
export round='n=0; while [ $n -lt 20000 ]; do n=$((n + 1)); done; exec bash -c "$round"'
exec bash -c "$round"
