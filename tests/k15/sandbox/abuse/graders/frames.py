# promise: no frame above a program holds expected answers, tests, or the means to forge a verdict

import sys

frame, depth = sys._getframe(), 0
while frame is not None:
    if depth:
        print({**frame.f_globals, **frame.f_locals})
    frame, depth = frame.f_back, depth + 1
print(f"HELD: {depth} frames")
