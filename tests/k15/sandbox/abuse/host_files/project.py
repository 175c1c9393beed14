# promise: the project's own tree, with its tests and their answers, is not in view
# args: project_root

import os
import sys

root = sys.argv[1]
seen = [path for path in (f"{root}/tests", f"{root}/params.yaml", f"{root}/k15/rewards") if os.path.exists(path)]
print(f"ESCAPED: sees {seen}" if seen else "HELD: no such tree")
