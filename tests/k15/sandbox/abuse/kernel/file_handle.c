// promise: no file can be opened by its number on the disk (the shocker exploit)
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    struct { unsigned bytes; int kind; unsigned inode[2]; } root = {8, 1, {2, 0}};
    const char *mounts[] = {"/", "/usr", "/etc", "/tmp", "/dev"};
    for (int i = 0; i < 5; i++) {
        int mount = open(mounts[i], O_RDONLY);
        if (mount >= 0 && syscall(SYS_open_by_handle_at, mount, &root, O_RDONLY) >= 0)
            printf("ESCAPED: opened the root of the disk below %s\n", mounts[i]);
    }
    printf("HELD: %s\n", strerror(errno));
}
