// promise: POSIX message queues do not outlive their run
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    mqd_t queue = mq_open("/k15abuse", O_CREAT | O_RDWR, 0666, 0);
    mq_send(queue, "left", 4, 0);
    printf("READY: %d\n", (int)queue);
}
