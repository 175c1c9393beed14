// promise: a program that goes on as its own child, again and again, is still bounded in CPU time
// status: ok cpu_limit wall_limit
#include <stdio.h>
#include <unistd.h>

int main(void) {
    printf("HELD: unless it is found afterwards\n");
    fflush(stdout);
    for (;;) {
        for (volatile int i = 0; i < 100000; i++)
            ;
        if (fork() != 0)
            _exit(0);
    }
}
