// promise: ending by a real-time signal, which has no name, is a runtime error like any other
// status: runtime_error
#include <signal.h>
#include <stdio.h>

int main(void) {
    printf("HELD: ends\n");
    fflush(stdout);
    raise(SIGRTMIN + 5);
}
