// promise: a key that a run leaves with its user is not there for the next run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    for (int ring = -1; ring > -6; ring--)
        syscall(SYS_add_key, "user", "k15abuse-kept", "x", 1, ring);
    printf("READY: %s\n", strerror(errno));
}
