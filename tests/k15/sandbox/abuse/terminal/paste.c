// promise: the console's selection cannot be pasted (TIOCLINUX)
// status: ok runtime_error
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int main(void) {
    char subcode = 3;
    int fds[] = {0, 1, 2, open("/dev/tty", O_RDWR), open("/dev/console", O_RDWR), open("/dev/tty1", O_RDWR)};
    for (int i = 0; i < 6; i++)
        if (fds[i] >= 0 && ioctl(fds[i], TIOCLINUX, &subcode) == 0)
            printf("ESCAPED: pasted into descriptor %d\n", fds[i]);
    printf("HELD: %s\n", strerror(errno));
}
