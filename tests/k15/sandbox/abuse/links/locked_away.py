# promise: files and directories without permissions, or with odd names, are cleared away

import os

for name in ("k15abuse-zero", "-rf", "new\nline", "\x1b[31m", "k15abuse-\udcff", " ", "*"):
    os.makedirs(f"{name}/inner", exist_ok=True)
    with open(f"{name}/inner/file", "w") as file:
        file.write("x")
    os.chmod(f"{name}/inner", 0)
    os.chmod(name, 0)
print("HELD: unless they are found afterwards")
