# promise: no object of the interpreter, alive or forgotten, holds a secret of the server

import gc
import sys

MARKER = ":terces51k"[::-1]
objects = gc.get_objects() + list(sys.modules.values()) + [frame.f_locals for frame in sys._current_frames().values()]
for thing in list(objects):
    for inner in gc.get_referents(thing):
        if isinstance(inner, (str, bytes)) and MARKER in str(inner):
            print(inner)
print(f"HELD: searched {len(objects)} objects")
