// promise: space cannot be reserved beyond the disk limit
// status: ok runtime_error memory_limit
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    int fd = open("k15abuse-reserved", O_CREAT | O_RDWR, 0600);
    if (fd < 0 || fallocate(fd, 0, 0, 512L << 20) < 0)
        printf("HELD: %s\n", strerror(errno));
    else
        printf("ESCAPED: reserved 512 MiB\n");
}
