# promise: a working directory that was swapped for a link out is not followed by the server
# args: secret_directory

import os
import shutil
import sys

here = os.getcwd()
outcome = []
for attempt in (
    lambda: os.rename(here, here + "-moved"),
    lambda: shutil.rmtree(here),
    lambda: os.symlink(sys.argv[1], here),
):
    try:
        attempt()
        outcome.append("done")
    except OSError as error:
        outcome.append(str(error.strerror))
print("HELD: unless the host's files are gone:", outcome)
