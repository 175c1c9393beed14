// promise: the clock cannot be set
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    errno = 0;
    long got = syscall(SYS_clock_settime, 0, &now);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: set the clock to what it was: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
