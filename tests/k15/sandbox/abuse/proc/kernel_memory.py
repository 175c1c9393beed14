# promise: kernel memory, addresses, keys and logs cannot be read

held = []
for path in ("kcore", "kmsg", "keys", "key-users", "kallsyms", "kpageflags", "kpagecount", "timer_list", "sched_debug",
             "vmallocinfo", "slabinfo", "iomem", "ioports", "config.gz"):  # fmt: skip
    try:
        with open(f"/proc/{path}", "rb") as file:
            line = file.readline()
    except OSError as error:
        held.append(error.strerror)
        continue
    # The kernel blanks addresses for those who may not see them; key-users and config.gz name nobody.
    blank = path in ("key-users", "config.gz") or not line or set(line.split()[0].replace(b"-", b"")) <= set(b"0")
    if not blank:
        print(f"ESCAPED: {path}: {line[:60]!r}")
print("HELD:", sorted(set(held)))
