# promise: leaving with a number too large for an exit code is a failure
# status: runtime_error

import sys

print("HELD: leaves", flush=True)
sys.exit(1 << 80)
