// promise: a parent that the kernel keeps waiting for its child sleeps, too
// status: wall_limit
// limits: cpu_s=0.5 wall_s=0.5
#include <unistd.h>

int main(void) {
    if (vfork() == 0)
        for (;;)
            pause();
}
