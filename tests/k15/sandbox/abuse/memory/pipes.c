// promise: buffers of pipes count as memory or run out
// status: ok memory_limit runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    static char block[1 << 20];
    long filled = 0;
    int ends[2];
    while (pipe2(ends, O_NONBLOCK) == 0 && filled < (512L << 20)) {
        fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
        for (ssize_t n; (n = write(ends[1], block, sizeof block)) > 0;)
            filled += n;
    }
    printf(filled < (512L << 20) ? "HELD: %ld bytes, %s\n" : "ESCAPED: %ld bytes in pipes %s\n", filled, strerror(errno));
}
