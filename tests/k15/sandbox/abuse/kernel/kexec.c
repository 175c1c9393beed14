// promise: no other kernel can be loaded
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    errno = 0;
    long got = syscall(SYS_kexec_load, 0, 0, 0, 0);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: may load a kernel: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
