// promise: no child in namespaces or a control group of its choice by the newer call, whose flags a filter cannot see
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    unsigned long long flags[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID};
    for (int i = 0; i < 4; i++) {
        unsigned long long arguments[11] = {flags[i], 0, 0, 0, SIGCHLD};
        long pid = syscall(435, arguments, sizeof arguments);
        if (pid == 0)
            _exit(0);
        if (pid > 0)
            printf("ESCAPED: child in new namespace %llx\n", flags[i]);
    }
    printf("HELD: %s\n", strerror(errno));
}
