# promise: user maps, groups, audit and login identity cannot be rewritten

import os

held = []
for name, text in (("uid_map", "0 0 1"), ("gid_map", "0 0 1"), ("setgroups", "allow"), ("loginuid", "0"),
                   ("attr/current", "unconfined"), ("attr/exec", "unconfined"), ("attr/fscreate", "x")):  # fmt: skip
    try:
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(fd, text.encode())
    except OSError as error:
        held.append(error.strerror)
    else:
        print(f"ESCAPED: wrote {name}")
print("HELD:", sorted(set(held)))
