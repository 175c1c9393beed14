// promise: no child in namespaces of its own
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
    int kinds[] = {CLONE_NEWUSER, CLONE_NEWUSER | CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET};
    for (int i = 0; i < 4; i++) {
        long pid = syscall(SYS_clone, kinds[i] | SIGCHLD, 0, 0, 0, 0);
        if (pid == 0)
            _exit(0);
        if (pid > 0)
            printf("ESCAPED: child in new namespace %x\n", kinds[i]);
    }
    printf("HELD: %s\n", strerror(errno));
}
