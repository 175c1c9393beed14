// promise: no directory can be mounted over another
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

int main(void) {
    mkdir("k15abuse-mount", 0700);
    if (mount("/", "k15abuse-mount", 0, MS_BIND | MS_REC, 0) == 0 || mount(".", "k15abuse-mount", 0, MS_BIND, 0) == 0)
        printf("ESCAPED: mounted a directory\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
