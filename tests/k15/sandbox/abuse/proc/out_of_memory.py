# promise: nobody but the program itself can be put first in line when memory is short, and it cannot step back

import os

held = []
for pid in ["self", *(name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid())]:
    for score in ("-1000", "-1") if pid == "self" else ("1000",):
        try:
            with open(f"/proc/{pid}/oom_score_adj", "w") as file:
                file.write(score)
        except OSError as error:
            held.append(error.strerror)
        else:
            print(f"ESCAPED: set {pid} to {score}")
print("HELD:", held)
