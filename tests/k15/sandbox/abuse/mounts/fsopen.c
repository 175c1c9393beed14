// promise: the newer mount calls are closed: fsopen
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    errno = 0;
    long got = syscall(430, "tmpfs", 0);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: opened a file system: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
