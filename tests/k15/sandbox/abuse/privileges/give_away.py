# promise: files cannot be given to other users

import os

held = []
with open("k15abuse-gift", "w") as file:
    file.write("x")
for user in (0, 1, 65535, 1000):
    if user == os.geteuid():
        continue
    try:
        os.chown("k15abuse-gift", user, user)
    except OSError as error:
        held.append(error.strerror)
    else:
        print(f"ESCAPED: gave it to {user}")
print("HELD:", held)
