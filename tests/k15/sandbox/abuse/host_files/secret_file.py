# promise: a file that the host has in its temporary directory is not there
# args: secret_path

import sys

try:
    with open(sys.argv[1]) as file:
        print("ESCAPED:", file.read())
except OSError as error:
    print(f"HELD: {error}")
