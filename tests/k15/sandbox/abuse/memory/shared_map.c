// promise: shared anonymous memory counts too, also after the child that touched it has gone
// status: memory_limit
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
    char *all = mmap(0, 1L << 30, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 32; i++) {
        if (fork() == 0) {
            memset(all + ((long)i << 25), 1, 1 << 25);
            _exit(0);
        }
        wait(0);
    }
    printf("ESCAPED: filled 1024 MiB by children\n");
}
