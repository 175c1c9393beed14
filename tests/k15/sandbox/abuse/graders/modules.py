# promise: no module of the server or of its tests is loaded or can be imported

import importlib.util
import sys

loaded = [
    name for name in sys.modules if name.split(".")[0] in ("k15", "tests", "stages", "pytest", "_pytest", "conftest")
]
found = [
    name for name in ("k15", "stages", "pipelines", "torch", "pytest", "math_verify") if importlib.util.find_spec(name)
]
print(f"ESCAPED: {loaded} {found}" if loaded or found else "HELD: none")
