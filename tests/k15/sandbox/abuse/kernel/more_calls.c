// promise: calls that no program needs are refused: vhangup, setdomainname, swapoff, finit_module, kexec_file_load, quotactl_fd
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    struct { const char *name; long number; } calls[] = {
        {"vhangup", SYS_vhangup},           {"setdomainname", SYS_setdomainname},     {"swapoff", SYS_swapoff},
        {"finit_module", SYS_finit_module}, {"kexec_file_load", SYS_kexec_file_load}, {"quotactl_fd", 443}};
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++) {
        errno = 0;
        if (syscall(calls[i].number, "", 0, 0, 0, 0) >= 0 || (errno != EPERM && errno != ENOSYS && errno != EACCES))
            printf("ESCAPED: %s: %s\n", calls[i].name, strerror(errno));
    }
    printf("HELD: all refused\n");
}
