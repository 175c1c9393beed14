// promise: the process that started this one cannot be ended or made to act by signals
// status: ok runtime_error
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGCHLD, SIGSEGV, SIGKILL};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        kill(getppid(), numbers[i]);
    printf("HELD: unless a neighbour feels it\n");
}
