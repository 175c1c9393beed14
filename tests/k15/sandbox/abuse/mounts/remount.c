// promise: read-only mounts cannot be made writable
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

int main(void) {
    if (mount(0, "/", 0, MS_REMOUNT | MS_BIND, 0) == 0 || mount(0, "/usr", 0, MS_REMOUNT | MS_BIND, 0) == 0)
        printf("ESCAPED: remounted\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
