// promise: no key can be asked for, which would start a helper of the host
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    if (syscall(SYS_request_key, "user", "k15abuse", "x", -3) >= 0 || (errno != ENOSYS && errno != EPERM && errno != EACCES))
        printf("ESCAPED: asked for a key\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
