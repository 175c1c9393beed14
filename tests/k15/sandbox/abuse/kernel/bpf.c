// promise: no BPF maps or programs
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    unsigned attributes[32] = {2, 4, 8, 1};
    errno = 0;
    long got = syscall(SYS_bpf, 0, attributes, sizeof attributes);
    if (got >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS))
        printf("ESCAPED: made a map: %s\n", strerror(errno));
    else
        printf("HELD: %s\n", strerror(errno));
}
