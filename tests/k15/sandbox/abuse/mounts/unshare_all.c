// promise: no bundle of new namespaces either
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET) == 0)
        printf("ESCAPED: new namespaces\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
