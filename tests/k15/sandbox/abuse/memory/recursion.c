// promise: endless recursion ends as a crash of this program
// status: runtime_error memory_limit
#include <stdio.h>

static int deeper(int n) {
    volatile char frame[4096];
    frame[0] = (char)n;
    return deeper(n + 1) + frame[0];
}

int main(void) { printf("ESCAPED: came back with %d\n", deeper(0)); }
