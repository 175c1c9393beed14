# promise: kernel settings cannot be opened for writing

import os

PATHS = [
    "kernel/core_pattern", "kernel/hostname", "kernel/modprobe", "kernel/panic", "kernel/sysrq", "kernel/pid_max",
    "kernel/randomize_va_space", "kernel/ns_last_pid", "kernel/yama/ptrace_scope", "kernel/shmmax", "kernel/domainname",
    "vm/overcommit_memory", "vm/drop_caches", "vm/panic_on_oom", "fs/file-max", "fs/suid_dumpable",
    "fs/protected_symlinks",
    "net/core/somaxconn", "net/ipv4/ip_forward", "fs/binfmt_misc/register", "user/max_user_namespaces",
]  # fmt: skip
opened = []
for path in PATHS:
    try:
        os.close(os.open(f"/proc/sys/{path}", os.O_WRONLY))
    except OSError:
        continue
    opened.append(path)
print(f"ESCAPED: {opened}" if opened else "HELD: none opened")
