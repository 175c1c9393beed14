// promise: neither unnamed files nor path handles give a name to what has none in the sandbox
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    int handle = open("/bin/sh", O_PATH);
    if (handle >= 0 && linkat(handle, "", AT_FDCWD, "k15abuse-shell", AT_EMPTY_PATH) == 0)
        printf("ESCAPED: linked the toolchain's file\n");
    int root = open("/", O_PATH | O_DIRECTORY), up = root;
    for (int i = 0; i < 40 && up >= 0; i++)
        up = openat(up, "..", O_PATH | O_DIRECTORY);
    if (up >= 0 && faccessat(up, "proc/1/root/root", F_OK, 0) == 0)
        printf("ESCAPED: climbed above the root\n");
    printf("HELD: %s\n", strerror(errno));
}
