// promise: page faults cannot be handled by programs (userfaultfd)
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    errno = 0;
    long got = syscall(SYS_userfaultfd, 1);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: opened it: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
