// promise: keyrings that outlive their user are closed
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    if (syscall(SYS_keyctl, 22, -1, -3) >= 0)
        printf("ESCAPED: got the persistent keyring\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
