// promise: stopping everything in view does not hold up the server, the neighbours or the verdict
// status: ok runtime_error
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    kill(-1, SIGSTOP);
    kill(getppid(), SIGSTOP);
    kill(1, SIGSTOP);
    printf("HELD: unless a neighbour feels it\n");
}
