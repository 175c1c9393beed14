// promise: nothing can be unmounted: what mounts cover stays covered (asked is only to mark them as unused)
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

int main(void) {
    const char *places[] = {"/proc", "/tmp", "/dev", "/usr", "/"};
    for (int i = 0; i < 5; i++)
        if ((errno = 0, umount2(places[i], MNT_EXPIRE)) == 0 || errno == EAGAIN || errno == EBUSY)
            printf("ESCAPED: may unmount %s\n", places[i]);
    printf("HELD: %s\n", strerror(errno));
}
