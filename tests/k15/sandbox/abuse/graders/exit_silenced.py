# promise: leaving with a text is a failure also where there is no stream left to print it to
# status: runtime_error

import os
import sys

print("HELD: leaves", flush=True)
sys.stderr = sys.stdout = None
os.close(2)
sys.exit("everything passed")
