// promise: mapped and touched pages count
// status: memory_limit
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/mman.h>

int main(void) {
    for (int i = 0; i < 64; i++) {
        void *page = mmap(0, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        if (page == MAP_FAILED) {
            printf("HELD: refused after %d MiB\n", i * 16);
            return 0;
        }
    }
    printf("ESCAPED: holds 1024 MiB\n");
}
