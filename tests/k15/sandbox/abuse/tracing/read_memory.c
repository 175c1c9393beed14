// promise: the memory of other processes cannot be read by a system call
// args: host_pid
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char here[64];
    pid_t pids[] = {getppid(), 1, atoi(argv[argc - 1])};
    for (int i = 0; i < 3; i++)
        for (unsigned long at = 0x400000; at < 0x600000; at += 4096) {
            struct iovec local = {here, sizeof here}, remote = {(void *)at, sizeof here};
            if (pids[i] > 0 && pids[i] != getpid() && process_vm_readv(pids[i], &local, 1, &remote, 1, 0) > 0)
                return printf("ESCAPED: read memory of %d\n", pids[i]), 0;
        }
    printf("HELD: %s\n", strerror(errno));
}
