# promise: one endless operation inside the interpreter, which checks for no signals, ends at the CPU limit
# status: cpu_limit memory_limit
# limits: cpu_s=0.25

print("ESCAPED", len(str(7 ** (9**9))))
