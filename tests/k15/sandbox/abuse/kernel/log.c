// promise: the kernel's log cannot be read or cleared
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    char text[4096];
    errno = 0;
    long got = syscall(SYS_syslog, 3, text, sizeof text);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: read the log: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
