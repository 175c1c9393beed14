// promise: buffers of sockets count as memory or run out
// status: ok memory_limit runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    static char block[1 << 16];
    long filled = 0;
    int ends[2], size = 1 << 30;
    while (filled < (512L << 20) && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0) {
        setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        for (ssize_t n; (n = write(ends[0], block, sizeof block)) > 0;)
            filled += n;
    }
    printf(filled < (512L << 20) ? "HELD: %ld bytes, %s\n" : "ESCAPED: %ld bytes in sockets %s\n", filled, strerror(errno));
}
