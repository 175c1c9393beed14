# promise: input that a run did not read is not the next run's input

import sys

text = sys.stdin.read()
print(f"ESCAPED: {text!r}" if text else "HELD: empty")
