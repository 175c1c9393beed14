# promise: password hashes and the secrets of services cannot be read

reasons = []
for path in ("/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/etc/ssh/ssh_host_rsa_key", "/etc/machine-id"):
    try:
        with open(path, "rb") as file:
            print(f"ESCAPED: read {len(file.read())} bytes of {path}")
    except OSError as error:
        reasons.append(str(error))
print("HELD:", "; ".join(reasons))
