# promise: the kernel's own channels over netlink (audit, events, connector) cannot be listened to

import socket

reasons = []
for name, protocol, groups in (("audit", 9, 1), ("connector", 11, 1), ("uevent", 15, 1), ("netfilter", 12, 1)):
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as channel:
            channel.bind((0, groups))
    except OSError as error:
        reasons.append(f"{name}: {error.strerror}")
    else:
        # Events and netfilter belong to a network namespace: listening to one's own is harmless.
        if name in ("audit", "connector"):
            print(f"ESCAPED: listens to {name}")
print("HELD:", "; ".join(reasons))
