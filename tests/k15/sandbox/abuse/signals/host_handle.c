// promise: no handle on a process of the host can be had
// args: host_pid
// status: ok runtime_error
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (syscall(434, atoi(argv[argc - 1]), 0) >= 0)
        printf("ESCAPED: opened a handle\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
