// promise: the second set of system calls (x32) is no way round the filter
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    #if defined(__x86_64__)
    int calls[] = {SYS_unshare, SYS_add_key, SYS_bpf, SYS_getpid};
    long arguments[] = {0x10000000, (long)"user", 0, 0};
    for (int i = 0; i < 4; i++)
        if (syscall(0x40000000 + calls[i], arguments[i], "k15abuse", "x", 1, -3) >= 0)
            printf("ESCAPED: call %d works\n", calls[i]);
    #endif
    printf("HELD: %s\n", strerror(errno));
}
