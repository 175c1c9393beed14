// promise: no keyring can be made or joined
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    if (syscall(SYS_keyctl, 1, "k15abuse") >= 0 || syscall(SYS_keyctl, 0, -5, 1) >= 0)
        printf("ESCAPED: joined a keyring\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
