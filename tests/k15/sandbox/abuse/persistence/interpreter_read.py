# promise: what a run changes in its interpreter is not met by the next run

import builtins
import gc
import json
import os
import sys

signs = [
    hasattr(builtins, "k15abuse"),
    hasattr(json, "k15abuse"),
    json.dumps([]) != "[]",
    sys.getrecursionlimit() == 777,
    "/tmp/k15abuse" in sys.path,
    "k15abuse_fake" in sys.modules,
    not gc.isenabled(),
    sys.getswitchinterval() == 5,
    os.fork is None,
]
print(f"ESCAPED: {signs}" if any(signs) else "HELD: untouched")
