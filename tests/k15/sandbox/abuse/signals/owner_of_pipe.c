// promise: signals about a shared pipe cannot be turned on processes outside
// status: ok runtime_error
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    for (int fd = 0; fd < 3; fd++) {
        fcntl(fd, F_SETOWN, getppid());
        fcntl(fd, F_SETSIG, SIGKILL);
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
    }
    printf("HELD: unless a neighbour feels it\n");
}
