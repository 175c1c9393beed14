# promise: the host's accounts are not shown: /etc/passwd is missing or a stand-in of a few lines

try:
    with open("/etc/passwd") as file:
        accounts = file.read().splitlines()
except OSError as error:
    print(f"HELD: {error}")
else:
    print("HELD: a stand-in" if len(accounts) <= 3 else f"ESCAPED: {len(accounts)} accounts, last {accounts[-1]}")
