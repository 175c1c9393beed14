// promise: children that stopped themselves, and their traced children, are reaped too
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            setsid();
            raise(SIGSTOP);
            for (;;)
                pause();
        }
    printf("HELD: unless some are found afterwards\n");
}
