// promise: POSIX message queues do not outlive their run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    if (mq_open("/k15abuse", O_RDONLY) >= 0)
        printf("ESCAPED: found the queue\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
