// promise: the process that started this one cannot be traced
// status: ok runtime_error
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(void) {
    if (ptrace(PTRACE_ATTACH, getppid(), 0, 0) == 0 || ptrace(0x4206, getppid(), 0, 0) == 0)
        printf("ESCAPED: traces its parent\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
