// promise: no new namespace of any kind, whose maker would have all rights inside
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    int kinds[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, 0x80};
    for (int i = 0; i < 8; i++)
        if (unshare(kinds[i]) == 0)
            printf("ESCAPED: new namespace %x\n", kinds[i]);
    printf("HELD: %s\n", strerror(errno));
}
