# promise: leaving without a word is an empty output, not one that anybody completes

import os
import sys

sys.stdout.write("HELD: this, and nothing more")
sys.stdout.flush()
sys.stdout.close()
os.close(1)
sys.exit(0)
