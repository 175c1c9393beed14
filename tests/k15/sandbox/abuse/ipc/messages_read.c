// promise: System V messages do not outlive their run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>

int main(void) {
    if (msgget(0x6b313561, 0) >= 0)
        printf("ESCAPED: found the queue\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
