"""The system calls that a tested program may make, as a filter made by libseccomp.

An allow-list: what is not named does not exist (ENOSYS), so a system call that a future kernel adds is closed until
someone names it here. What programs commonly try and are refused gives EPERM or EACCES, which they report better.
Closed: namespaces, mounts, tracing and memory of others, keyrings, every socket but AF_UNIX, System V and POSIX
message queues, io_uring, bpf, perf, userfaultfd, modules, clocks, CPU affinity (each box has its core).
"""

import ctypes
import ctypes.util
import errno
import functools
import os
import socket

from k15.errors import UserError

_ALLOWED = """
read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 lseek close close_range open openat openat2
creat dup dup2 dup3 pipe pipe2 fcntl flock fsync fdatasync sync_file_range ftruncate truncate fallocate fadvise64
readahead sendfile copy_file_range splice tee vmsplice poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl
epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 timerfd_create timerfd_settime timerfd_gettime
memfd_create
stat fstat lstat newfstatat statx statfs fstatfs access faccessat faccessat2 getcwd chdir fchdir mkdir mkdirat rmdir
rename renameat renameat2 link linkat unlink unlinkat symlink symlinkat readlink readlinkat chmod fchmod fchmodat
fchmodat2 chown fchown lchown fchownat umask mknod mknodat utime utimes utimensat futimesat getdents getdents64
getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr setxattr lsetxattr fsetxattr removexattr
lremovexattr fremovexattr sync syncfs cachestat
mmap munmap mremap mprotect brk madvise msync mincore mlock mlock2 munlock mlockall munlockall membarrier
pkey_alloc pkey_free pkey_mprotect set_mempolicy get_mempolicy mbind
fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill pidfd_open pidfd_send_signal
rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo rt_sigsuspend
sigaltstack pause alarm setitimer getitimer restart_syscall set_tid_address set_robust_list get_robust_list futex
futex_waitv futex_wake futex_wait futex_requeue rseq arch_prctl
getpid getppid gettid getuid geteuid getgid getegid getresuid getresgid getgroups getpgid getpgrp setpgid getsid setsid
setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capget capset
getrlimit setrlimit getrusage times sysinfo uname getcpu getrandom
sched_yield sched_getaffinity sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min
sched_rr_get_interval sched_getattr getpriority setpriority ioprio_get ioprio_set
ioctl time gettimeofday clock_gettime clock_getres clock_nanosleep nanosleep timer_create timer_settime timer_gettime
timer_getoverrun timer_delete prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
bind connect listen accept accept4 getsockname getpeername getsockopt setsockopt shutdown sendto recvfrom sendmsg
recvmsg sendmmsg recvmmsg
"""

_REFUSED = """
ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd unshare setns mount umount2 pivot_root chroot
mount_setattr open_tree move_mount fsopen fsconfig fsmount fspick add_key request_key keyctl bpf perf_event_open
userfaultfd kexec_load kexec_file_load init_module finit_module delete_module reboot swapon swapoff acct quotactl
syslog sethostname setdomainname settimeofday clock_settime adjtimex clock_adjtime modify_ldt iopl ioperm
name_to_handle_at open_by_handle_at fanotify_init shmget shmat semget msgget mq_open sched_setaffinity
sched_setscheduler sched_setparam sched_setattr vhangup migrate_pages move_pages lookup_dcookie process_madvise
memfd_secret inotify_init inotify_init1 inotify_add_watch
"""

_NAMESPACES = 0x7E020000
_PERSONALITY_QUERY = 0xFFFFFFFF
_EQUAL, _MASKED_EQUAL, _NOT_EQUAL = 4, 7, 1
_ALLOW = 0x7FFF0000
_OPTIMISE = 8  # SCMP_FLTATR_CTL_OPTIMIZE; 2: a binary tree


class _Comparison(ctypes.Structure):
    _fields_ = [
        ("argument", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    ]


def _errno(number: int) -> int:
    return 0x00050000 | number


class _Filter:
    def __init__(self) -> None:
        self.library = _library()
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(_errno(errno.ENOSYS)))
        self.library.seccomp_attr_set(self.context, _OPTIMISE, 2)

    def add(self, action: int, name: str, *comparisons: tuple[int, int, int, int]) -> None:
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number == -1:  # younger than this libseccomp: closed by default
            return
        table = (_Comparison * max(1, len(comparisons)))(*(_Comparison(*item) for item in comparisons))
        if self.library.seccomp_rule_add_array(self.context, action, number, len(comparisons), table) < 0:
            raise UserError(f"libseccomp takes no rule for {name}; install a newer libseccomp2")

    def export(self) -> bytes:
        file = os.memfd_create("seccomp")
        try:
            if self.library.seccomp_export_bpf(self.context, file) < 0:
                raise UserError("libseccomp could not make the filter; install a newer libseccomp2")
            return os.pread(file, 1 << 20, 0)
        finally:
            os.close(file)
            self.library.seccomp_release(self.context)


def _library() -> ctypes.CDLL:
    try:
        return ctypes.CDLL("libseccomp.so.2")
    except OSError:
        raise UserError("libseccomp.so.2 was not found; install it (Debian: apt install libseccomp2)") from None


@functools.cache
def filter_program() -> bytes:
    """The filter as BPF instructions. `UserError` without libseccomp."""
    made = _Filter()
    for name in _ALLOWED.split():
        made.add(_ALLOW, name)
    for name in _REFUSED.split():
        made.add(_errno(errno.EPERM), name)
    made.add(_ALLOW, "clone", (0, _MASKED_EQUAL, _NAMESPACES, 0))
    for flag in (1 << bit for bit in range(17, 31) if _NAMESPACES >> bit & 1):
        made.add(_errno(errno.EPERM), "clone", (0, _MASKED_EQUAL, flag, flag))
    # Its own limits it may change, and anybody's it may read: without root the supervisor is the same user.
    made.add(_ALLOW, "prlimit64", (0, _EQUAL, 0, 0))
    made.add(_ALLOW, "prlimit64", (2, _EQUAL, 0, 0))
    for name in ("socket", "socketpair"):
        made.add(_ALLOW, name, (0, _EQUAL, socket.AF_UNIX, 0))
        made.add(_errno(errno.EACCES), name, (0, _NOT_EQUAL, socket.AF_UNIX, 0))
    for value in (0, _PERSONALITY_QUERY):
        made.add(_ALLOW, "personality", (0, _EQUAL, value, 0))
    return made.export()
