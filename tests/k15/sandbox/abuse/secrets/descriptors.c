// promise: no descriptor but 0, 1 and 2 is open when a compiled program starts
// status: ok
#include <fcntl.h>
#include <stdio.h>

int main(void) {
    int leaked = 0;
    for (int fd = 3; fd < 65536; fd++)
        if (fcntl(fd, F_GETFD) >= 0 && ++leaked)
            printf("ESCAPED: descriptor %d\n", fd);
    printf("HELD: %d descriptors\n", leaked);
}
