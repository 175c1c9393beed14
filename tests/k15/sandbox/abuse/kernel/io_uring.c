// promise: no io_uring, whose calls no filter sees
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    unsigned parameters[30] = {0};
    errno = 0;
    long got = syscall(425, 4, parameters);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: set up a ring: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
