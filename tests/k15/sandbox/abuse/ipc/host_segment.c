// promise: System V shared memory of the host cannot be attached to
// args: shm_key
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

int main(int argc, char **argv) {
    int key = atoi(argv[argc - 1]);
    int id = shmget(key, 0, 0);
    for (int other = 0; id < 0 && other < 100; other++)
        if (shmat(other, 0, SHM_RDONLY) != (void *)-1)
            printf("ESCAPED: attached segment %d\n", other);
    printf(id >= 0 ? "ESCAPED: found the host's segment %d\n" : "HELD: %d\n", id);
}
