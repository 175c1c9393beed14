// promise: neither the CPU limit nor the end asks for the program's consent
// status: cpu_limit
// limits: cpu_s=0.25
#include <signal.h>

int main(void) {
    for (int number = 1; number < 65; number++)
        signal(number, SIG_IGN);
    for (volatile long i = 0;; i++)
        ;
}
