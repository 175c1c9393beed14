# promise: nobody's home directory is in view

import os

seen = []
for root in ("/root", "/home"):
    try:
        seen += [f"{root}/{name}" for name in os.listdir(root)]
    except OSError:
        continue
files = [entry for entry in seen if os.path.isfile(entry) or (os.path.isdir(entry) and os.listdir(entry))]
print(f"ESCAPED: {files[:5]}" if files else "HELD: no homes, or empty ones")
