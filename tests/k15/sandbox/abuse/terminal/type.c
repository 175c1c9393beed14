// promise: nothing can be typed into a terminal of the server (TIOCSTI)
// status: ok runtime_error
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int main(void) {
    int fds[] = {0, 1, 2, open("/dev/tty", O_RDWR), open("/dev/console", O_RDWR)};
    for (int i = 0; i < 5; i++)
        if (fds[i] >= 0 && ioctl(fds[i], TIOCSTI, "#") == 0)
            printf("ESCAPED: typed into descriptor %d\n", fds[i]);
    printf("HELD: %s\n", strerror(errno));
}
