// promise: no performance counters
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    unsigned attributes[32] = {1, sizeof attributes};
    errno = 0;
    long got = syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: opened a counter: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
