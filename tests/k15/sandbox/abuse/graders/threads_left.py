# promise: threads that go on after the program's end are its own time, and end with it
# status: cpu_limit wall_limit
# limits: cpu_s=0.25

import threading


def burn() -> None:
    while True:
        pass


print("HELD: leaves threads", flush=True)
for _ in range(3):
    threading.Thread(target=burn).start()
