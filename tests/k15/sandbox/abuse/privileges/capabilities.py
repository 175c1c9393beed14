# promise: a program has no capabilities, cannot get any, and no setuid program can give it some

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
with open("/proc/self/status") as file:
    status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
sets = {name: int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
if any(sets.values()):
    print("ESCAPED:", sets)
PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT = 8, 28, 47
if libc.prctl(PR_SET_SECUREBITS, 1, 0, 0, 0) == 0 or libc.prctl(PR_CAP_AMBIENT, 2, 21, 0, 0) == 0:
    print("ESCAPED: changed what decides over capabilities")
print("HELD:" if status["NoNewPrivs"].strip() == "1" else "ESCAPED: new privileges can be gained", sets)
