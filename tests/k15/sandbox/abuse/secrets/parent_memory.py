# promise: the memory of the process that started this one cannot be opened

import os

held = []
for pid in {os.getppid(), 1} - {0, os.getpid()}:
    for name in ("mem", "maps", "environ", "auxv", "fd", "root", "cwd", "exe", "map_files", "pagemap", "syscall"):
        path = f"/proc/{pid}/{name}"
        try:
            if name in ("fd", "map_files"):
                got = os.listdir(path)
            elif name in ("root", "cwd", "exe"):
                got = os.readlink(path)
            else:
                with open(path, "rb") as file:
                    got = file.read(1)
        except OSError as error:
            held.append(f"{path}: {error.strerror}")
            continue
        if name == "mem" or got:
            print(f"ESCAPED: {path} gave {got!r}")
print("HELD:", held)
