// promise: memory that is hidden even from the kernel (memfd_secret) is refused or counts
// status: ok memory_limit runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    long size = 512L << 20;
    int fd = (int)syscall(447, 0);
    if (fd < 0 || ftruncate(fd, size) < 0)
        return printf("HELD: %s\n", strerror(errno)), 0;
    char *block = mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (block == MAP_FAILED)
        return printf("HELD: %s\n", strerror(errno)), 0;
    memset(block, 1, size);
    printf("ESCAPED: 512 MiB of secret memory\n");
}
