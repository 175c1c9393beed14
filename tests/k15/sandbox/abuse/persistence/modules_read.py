# promise: a run cannot plant a module that a later interpreter imports

import importlib

for name in ("k15abuse_module", "usercustomize", "colorsys"):
    try:
        if hasattr(importlib.import_module(name), "PLANTED"):
            print(f"ESCAPED: imported the planted {name}")
    except ImportError:
        continue
print("HELD: nothing planted")
