// promise: System V semaphores do not outlive their run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sem.h>

int main(void) {
    if (semget(0x6b313561, 0, 0) >= 0)
        printf("ESCAPED: found them\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
