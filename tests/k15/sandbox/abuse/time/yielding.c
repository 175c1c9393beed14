// promise: a program that keeps giving way pays for the CPU time it takes, and where it gets none, for the wait
// status: cpu_limit wall_limit
// limits: cpu_s=0.25 wall_s=4
#include <sched.h>

int main(void) {
    for (;;)
        sched_yield();
}
