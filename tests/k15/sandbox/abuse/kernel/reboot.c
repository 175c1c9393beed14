// promise: the machine cannot be restarted (tried is only the command that would leave the keyboard to init)
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    errno = 0;
    long got = syscall(SYS_reboot, 0xfee1dead, 672274793, 0, 0);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: may give the command: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
