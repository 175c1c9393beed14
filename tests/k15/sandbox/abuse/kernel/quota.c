// promise: quotas cannot be set
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    errno = 0;
    long got = syscall(SYS_quotactl, 0x80000300, "/k15abuse-missing", 0, 0);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: may set quotas: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
