// promise: the clock cannot be made faster or slower
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    unsigned change[64] = {0x4000};
    errno = 0;
    long got = syscall(SYS_adjtimex, change);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: tuned the clock: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
