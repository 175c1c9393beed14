// promise: a compiled fork bomb, as fast as there is, ends by the limits of its own program
// status: cpu_limit wall_limit
// limits: cpu_s=0.5
#include <unistd.h>

int main(void) {
    for (;;)
        fork();
}
