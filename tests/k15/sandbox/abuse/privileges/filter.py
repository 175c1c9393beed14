# promise: a filter of system calls is in force

with open("/proc/self/status") as file:
    status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
print(
    "HELD:" if status["Seccomp"].strip() == "2" else "ESCAPED: no filter",
    status["Seccomp"],
    status.get("Seccomp_filters"),
)
