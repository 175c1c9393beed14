# promise: rewriting the variables of the runner, or calling its functions, has no effect but the program's own failure
# status: ok runtime_error cpu_limit wall_limit

import ctypes
import os
import sys

print("HELD: calls them", flush=True)
frame = sys._getframe().f_back
while frame is not None:
    for name, value in list(frame.f_locals.items()):
        if isinstance(value, (int, str, bytes, list, dict)):
            frame.f_locals[name] = type(value)()
    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(1))
    for function in [value for value in frame.f_globals.values() if type(value).__name__ == "function"]:
        try:
            function()
        except BaseException as error:
            os.write(2, repr(error).encode())
    frame = frame.f_back
