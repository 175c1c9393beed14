# promise: output written by children after their parent has ended counts, and does not hold up the verdict
# status: ok output_limit

import os

print("HELD: the parent ends", flush=True)
for _ in range(4):
    if os.fork() == 0:
        try:
            while True:
                os.write(1, b"x" * 4096)
        except OSError:
            os._exit(0)
