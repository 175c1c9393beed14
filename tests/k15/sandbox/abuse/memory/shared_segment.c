// promise: System V shared memory is refused or counts
// status: ok memory_limit runtime_error
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

int main(void) {
    for (int i = 0; i < 32; i++) {
        int id = shmget(IPC_PRIVATE, 16 << 20, IPC_CREAT | 0600);
        void *block = id < 0 ? (void *)-1 : shmat(id, 0, 0);
        if (block == (void *)-1)
            return printf("HELD: %s after %d MiB\n", strerror(errno), i * 16), 0;
        memset(block, 1, 16 << 20);
    }
    printf("ESCAPED: 512 MiB of shared memory\n");
}
