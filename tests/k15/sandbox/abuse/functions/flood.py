# promise: a flood to the judge is the program's failure
# tests: assert add(2, 3) == 5
# status: wrong_answer runtime_error cpu_limit memory_limit output_limit
# limits: cpu_s=0.5

import os


def add(a: int, b: int) -> int:
    while True:
        for fd in (3, 4):
            try:
                os.write(fd, b"\xff\xff\xff\x03" + b"[" * 65000)
            except OSError:
                continue
