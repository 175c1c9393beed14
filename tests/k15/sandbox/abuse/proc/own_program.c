// promise: the running program file of the server cannot be opened for writing through /proc/*/exe
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    char path[64];
    int pids[] = {getppid(), 1};
    for (int i = 0; i < 2; i++) {
        if (pids[i] == getpid())
            continue;
        snprintf(path, sizeof path, "/proc/%d/exe", pids[i]);
        int held = open(path, O_PATH);
        if (open(path, O_WRONLY) >= 0)
            printf("ESCAPED: opened %s\n", path);
        if (held >= 0) {
            snprintf(path, sizeof path, "/proc/self/fd/%d", held);
            if (open(path, O_WRONLY) >= 0)
                printf("ESCAPED: opened it through a kept handle\n");
        }
    }
    printf("HELD: %s\n", strerror(errno));
}
