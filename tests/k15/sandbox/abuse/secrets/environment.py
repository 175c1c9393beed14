# promise: the environment of the server is not handed on

import os

print(os.environ)
print(os.environb)
print("HELD:", len(os.environ), "variables of the sandbox's own")
