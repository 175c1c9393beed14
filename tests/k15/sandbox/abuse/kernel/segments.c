// promise: the processor's segment tables cannot be changed (modify_ldt)
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    #if defined(SYS_modify_ldt)
    unsigned entry[4] = {0, 0, 0xfffff, 0x51};
    if (syscall(SYS_modify_ldt, 1, entry, sizeof entry) == 0)
        printf("ESCAPED: changed them\n");
    #endif
    printf("HELD: %s\n", strerror(errno));
}
