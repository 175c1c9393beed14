// promise: no key can be put into a keyring of the kernel
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    if (syscall(SYS_add_key, "user", "k15abuse", "x", 1, -3) >= 0 || syscall(SYS_add_key, "user", "k15abuse", "x", 1, -4) >= 0)
        printf("ESCAPED: added a key\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
