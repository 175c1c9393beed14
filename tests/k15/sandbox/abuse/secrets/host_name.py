# promise: the name of the host is not shown
# args: host_name

import os
import socket
import sys

names = {os.uname().nodename, socket.gethostname()}
print(f"ESCAPED: {names}" if sys.argv[1] in names else f"HELD: called {names}")
