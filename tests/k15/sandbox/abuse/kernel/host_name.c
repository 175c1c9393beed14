// promise: the host cannot be renamed
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    char name[65] = "k15abuse";
    errno = 0;
    long got = syscall(SYS_sethostname, name, strlen(name));
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: set the name: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
