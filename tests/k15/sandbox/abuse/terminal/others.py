# promise: the terminals of the host's users are not in view

import os

pts = os.listdir("/dev/pts") if os.path.isdir("/dev/pts") else []
others = [name for name in pts if name != "ptmx"]
print(f"ESCAPED: {others}" if others else "HELD: none")
