// promise: System V messages do not outlive their run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

int main(void) {
    struct { long kind; char text[16]; } message = {1, "left"};
    int id = msgget(0x6b313561, IPC_CREAT | 0666);
    msgsnd(id, &message, sizeof message.text, IPC_NOWAIT);
    printf("READY: %d\n", id);
}
