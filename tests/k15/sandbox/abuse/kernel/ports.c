// promise: no access to input and output ports
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    #if defined(SYS_iopl)
    if (syscall(SYS_iopl, 3) == 0 || syscall(SYS_ioperm, 0x70, 2, 1) == 0)
        printf("ESCAPED: has ports\n");
    #endif
    printf("HELD: %s\n", strerror(errno));
}
