// promise: System V semaphores do not outlive their run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>

int main(void) {
    printf("READY: %d\n", semget(0x6b313561, 4, IPC_CREAT | 0666));
}
