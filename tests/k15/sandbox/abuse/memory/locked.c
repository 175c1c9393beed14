// promise: memory cannot be locked beyond the limit, nor taken from the host's huge pages
// status: ok memory_limit runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

int main(void) {
    void *huge = mmap(0, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (huge != MAP_FAILED)
        printf("ESCAPED: reserved huge pages\n");
    mlockall(MCL_FUTURE);
    if (mmap(0, 512 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) == MAP_FAILED)
        printf("HELD: %s\n", strerror(errno));
    else
        printf("ESCAPED: locked 512 MiB\n");
}
