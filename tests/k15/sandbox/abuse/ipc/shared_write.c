// promise: System V shared memory does not outlive its run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

int main(void) {
    int id = shmget(0x6b313561, 4096, IPC_CREAT | 0666);
    char *block = id < 0 ? (char *)-1 : shmat(id, 0, 0);
    if (block != (char *)-1)
        strcpy(block, "left by an earlier run");
    printf("READY: %d\n", id);
}
