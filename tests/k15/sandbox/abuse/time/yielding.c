// promise: a program that keeps giving way still pays for the CPU time it takes
// status: cpu_limit
// limits: cpu_s=0.5 wall_s=10
#include <sched.h>

int main(void) {
    for (;;)
        sched_yield();
}
