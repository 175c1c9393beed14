// promise: ptrace is closed even for a program's own children: it has been a way round filters of system calls
// status: ok runtime_error
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>

int main(void) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) == 0)
        printf("ESCAPED: ptrace works\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
