// promise: a child that makes itself its parent's sibling (CLONE_PARENT) is not lost sight of
// status: ok runtime_error
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    for (int i = 0; i < 4; i++)
        if (syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == 0) {
            setsid();
            for (;;)
                pause();
        }
    printf("HELD: unless some are found afterwards\n");
}
