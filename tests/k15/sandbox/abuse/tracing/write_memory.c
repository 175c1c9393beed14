// promise: the memory of the parent cannot be written by a system call, not even where it is the same as this one's
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
    char byte = 1;
    struct iovec local = {&byte, 1}, remote = {&byte, 1};
    ssize_t none = process_vm_writev(getppid(), &local, 0, &remote, 0, 0);
    if (none == 0 && process_vm_writev(getppid(), &local, 1, &remote, 1, 0) > 0)
        printf("ESCAPED: wrote memory\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
