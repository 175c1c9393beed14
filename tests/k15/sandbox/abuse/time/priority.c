// promise: no real-time priority, and none above the others'
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

int main(void) {
    struct sched_param priority = {.sched_priority = 1};
    if (sched_setscheduler(0, SCHED_FIFO, &priority) == 0 || sched_setscheduler(0, SCHED_RR, &priority) == 0)
        printf("ESCAPED: real-time\n");
    else if (setpriority(PRIO_PROCESS, 0, -5) == 0)
        printf("ESCAPED: a higher priority\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
