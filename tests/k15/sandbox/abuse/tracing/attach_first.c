// promise: the first process of the sandbox cannot be traced
// status: ok runtime_error
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(void) {
    if (getpid() != 1 && (ptrace(PTRACE_ATTACH, 1, 0, 0) == 0 || ptrace(0x4206, 1, 0, 0) == 0))
        printf("ESCAPED: traces the first process\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
