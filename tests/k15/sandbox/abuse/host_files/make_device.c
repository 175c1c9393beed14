// promise: a device node for the host's disk or memory cannot be made, or not opened
// status: ok runtime_error
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int main(void) {
    struct { mode_t kind; int major, minor; } nodes[] = {
        {S_IFBLK, 254, 0}, {S_IFBLK, 253, 0}, {S_IFBLK, 8, 0}, {S_IFBLK, 259, 0}, {S_IFBLK, 7, 0}, {S_IFCHR, 1, 1}, {S_IFCHR, 1, 11}};
    const char *directories[] = {".", "/tmp", "/dev", "/dev/shm"};
    char path[64];
    for (unsigned i = 0; i < sizeof nodes / sizeof *nodes; i++)
        for (int j = 0; j < 4; j++) {
            snprintf(path, sizeof path, "%s/k15abuse-node%u", directories[j], i);
            if (mknod(path, nodes[i].kind | 0666, makedev(nodes[i].major, nodes[i].minor)) == 0) {
                if (open(path, O_RDONLY) >= 0)
                    printf("ESCAPED: opened device %d:%d\n", nodes[i].major, nodes[i].minor);
                unlink(path);
            }
        }
    printf("HELD: %s\n", strerror(errno));
}
