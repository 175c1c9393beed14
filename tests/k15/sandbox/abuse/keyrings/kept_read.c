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
        if (syscall(SYS_keyctl, 10, ring, "user", "k15abuse-kept", 0) >= 0)
            printf("ESCAPED: found the key in ring %d\n", ring);
    printf("HELD: %s\n", strerror(errno));
}
