// promise: a flood of queued signals to the parent and the first process disturbs nobody
// status: ok runtime_error
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
    union sigval value = {.sival_int = 1};
    for (int i = 0; i < 20000; i++) {
        sigqueue(getppid(), SIGRTMIN + i % 30, value);
        sigqueue(1, SIGRTMIN + i % 30, value);
    }
    printf("HELD: unless a neighbour feels it\n");
}
