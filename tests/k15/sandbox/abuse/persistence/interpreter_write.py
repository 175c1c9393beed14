# promise: what a run changes in its interpreter is not met by the next run

import builtins
import gc
import json
import os
import random
import sys

builtins.print_was = print
builtins.k15abuse = True
json.k15abuse = True
json.dumps = lambda *_, **__: "tampered"
sys.setrecursionlimit(777)
sys.path.insert(0, "/tmp/k15abuse")
sys.modules["k15abuse_fake"] = sys
random.seed(0)
gc.disable()
sys.setswitchinterval(5)
os.fork = None
print("READY: tampered")
