# promise: loops of links, pipes without a reader and links to descriptors hang nobody
# status: ok

import os

os.symlink("k15abuse-b", "k15abuse-a")
os.symlink("k15abuse-a", "k15abuse-b")
os.symlink("/proc/self/fd/0", "k15abuse-stdin")
os.symlink(".", "k15abuse-self")
os.mkfifo("k15abuse-fifo")
try:
    os.stat("k15abuse-a")
except OSError as error:
    print(f"HELD: {error.strerror}")
