// promise: no second view of processes can be mounted
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

int main(void) {
    mkdir("k15abuse-mount", 0700);
    if (mount("proc", "k15abuse-mount", "proc", 0, "") == 0)
        printf("ESCAPED: mounted proc\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
