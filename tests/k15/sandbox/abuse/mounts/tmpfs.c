// promise: no file system can be mounted
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

int main(void) {
    mkdir("k15abuse-mount", 0700);
    if (mount("none", "k15abuse-mount", "tmpfs", 0, "") == 0 || mount("none", "/tmp", "tmpfs", 0, "") == 0)
        printf("ESCAPED: mounted a tmpfs\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
