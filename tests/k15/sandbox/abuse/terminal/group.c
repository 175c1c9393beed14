// promise: the foreground group of a terminal of the server cannot be changed, nor the terminal hung up
// status: ok runtime_error
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int main(void) {
    for (int fd = 0; fd < 3; fd++)
        if (tcsetpgrp(fd, getpgrp()) == 0 || ioctl(fd, TIOCNOTTY) == 0)
            printf("ESCAPED: changed the terminal of %d\n", fd);
    printf("HELD: %s\n", strerror(errno));
}
