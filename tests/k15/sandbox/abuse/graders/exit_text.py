# promise: sys.exit with a text, a huge number or an odd object is no success
# status: runtime_error

import sys

print("HELD: exits", flush=True)
sys.exit("everything passed")
