# promise: the standard descriptors are no terminals

import os

terminals = [fd for fd in (0, 1, 2) if os.isatty(fd)]
print(f"ESCAPED: {terminals}" if terminals else "HELD: none")
