// promise: a flood of standard error ends at the output limit
// status: output_limit
#include <string.h>
#include <unistd.h>

int main(void) {
    char block[4096];
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 200000; i++)
        if (write(2, block, sizeof block) < 0)
            return 1;
}
