// promise: the root cannot be exchanged
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    if (syscall(SYS_pivot_root, ".", ".") == 0 || syscall(SYS_pivot_root, "/tmp", "/tmp") == 0)
        printf("ESCAPED: exchanged the root\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
