# promise: a run cannot plant a module that a later interpreter imports

import os
import site
import sys

planted = []
for directory in {*sys.path, *site.getsitepackages(), site.getusersitepackages(), os.path.dirname(os.__file__)} - {""}:
    for name in ("k15abuse_module.py", "usercustomize.py", "__pycache__/colorsys.cpython-311.pyc"):
        try:
            os.makedirs(os.path.dirname(os.path.join(directory, name)), exist_ok=True)
            with open(os.path.join(directory, name), "w") as file:
                file.write("PLANTED = True\n")
            planted.append(name)
        except OSError:
            pass
print("READY:", planted)
