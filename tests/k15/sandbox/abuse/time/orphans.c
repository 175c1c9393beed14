// promise: CPU time burnt by orphans while the parent sleeps adds up
// status: cpu_limit
// limits: cpu_s=0.25 wall_s=8
#include <unistd.h>

int main(void) {
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            setsid();
            if (fork() != 0)
                _exit(0);
            for (volatile long n = 0;; n++)
                ;
        }
    sleep(60);
}
