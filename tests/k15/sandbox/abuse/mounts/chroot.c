// promise: the classic way out of a changed root is closed
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
    int root = open("/", O_RDONLY | O_DIRECTORY);
    mkdir("k15abuse-root", 0700);
    if (chroot("k15abuse-root") < 0)
        return printf("HELD: %s\n", strerror(errno)), 0;
    fchdir(root);
    for (int i = 0; i < 40; i++)
        chdir("..");
    chroot(".");
    printf(access("/root", F_OK) == 0 ? "ESCAPED: reached the real root\n" : "ESCAPED: may change its root\n");
}
