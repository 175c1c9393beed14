// promise: the keyrings of the server cannot be read or described
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    char text[256];
    if (syscall(SYS_keyctl, 11, -3, text, sizeof text) >= 0 || syscall(SYS_keyctl, 6, -4, text, sizeof text) >= 0)
        printf("ESCAPED: read a keyring\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
