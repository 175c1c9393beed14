# promise: standard input is this run's alone: rewinding or reopening it shows no other test's input
# stdin: the only line

import os
import sys
from pathlib import Path

first = sys.stdin.read()
more = []
for again in (
    lambda: os.lseek(0, 0, os.SEEK_SET),
    lambda: os.pread(0, 1000, 0),
    lambda: Path("/proc/self/fd/0").read_text(),
):
    try:
        more.append(again())
    except OSError as error:
        more.append(error.strerror)
texts = [str(part) for part in more if part and "line" not in str(part)]
print("ESCAPED" if first != "the only line" else "HELD", first, texts)
