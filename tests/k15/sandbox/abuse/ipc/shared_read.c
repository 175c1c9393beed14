// promise: System V shared memory does not outlive its run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>

int main(void) {
    if (shmget(0x6b313561, 0, 0) >= 0)
        printf("ESCAPED: found the segment\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
