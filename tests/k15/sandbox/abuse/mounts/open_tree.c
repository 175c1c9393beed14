// promise: the newer mount calls are closed: open_tree, move_mount
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    long tree = syscall(428, AT_FDCWD, "/", 1);
    if (tree >= 0 && syscall(429, tree, "", AT_FDCWD, "/tmp", 4) == 0)
        printf("ESCAPED: copied and moved a mount\n");
    else
        printf(tree >= 0 ? "ESCAPED: copied a mount: %s\n" : "HELD: %s\n", strerror(errno));
}
