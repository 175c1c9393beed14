// promise: children made by vfork count like others
// status: cpu_limit wall_limit memory_limit runtime_error
// limits: cpu_s=0.5
#define _GNU_SOURCE
#include <unistd.h>

int main(int argc, char **argv) {
    (void)argc;
    for (;;)
        if (vfork() == 0) {
            execl("/proc/self/exe", argv[0], (char *)0);
            _exit(1);
        }
}
