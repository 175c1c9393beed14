// promise: no other namespace can be entered, not even through a handle on a process
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    const char *kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
    char path[64];
    int pids[] = {1, getppid()};
    for (int i = 0; i < 2; i++) {
        for (int kind = 0; kind < 7; kind++) {
            snprintf(path, sizeof path, "/proc/%d/ns/%s", pids[i], kinds[kind]);
            int fd = open(path, O_RDONLY);
            if (fd >= 0 && setns(fd, 0) == 0)
                printf("ESCAPED: entered %s\n", path);
        }
        long handle = syscall(434, pids[i], 0);
        if (handle >= 0 && (setns((int)handle, CLONE_NEWNS) == 0 || setns((int)handle, CLONE_NEWUSER | CLONE_NEWNS) == 0))
            printf("ESCAPED: entered by a handle\n");
    }
    printf("HELD: %s\n", strerror(errno));
}
