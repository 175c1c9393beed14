# promise: the reason of a failure is one line without control characters, whatever the program wrote
# status: runtime_error

import sys

print("HELD: fails", flush=True)
sys.stderr.buffer.write("\x1b[2J\x1b]0;title\x07 ok\x00\u2028\u202e\x9b".encode())
sys.stderr.flush()
raise SystemExit(1)
