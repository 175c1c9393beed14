// promise: the newer mount calls are closed: mount_setattr
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    unsigned long long attributes[4] = {0, 1, 0, 0};
    errno = 0;
    long got = syscall(442, AT_FDCWD, "/", 0x8000, attributes, sizeof attributes);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: changed a mount: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
