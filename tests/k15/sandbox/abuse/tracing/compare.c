// promise: kernel objects of other processes cannot be compared with (kcmp)
// status: ok runtime_error
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    if (syscall(SYS_kcmp, getpid(), getppid(), 1, 0, 0) >= 0)
        printf("ESCAPED: compared with the parent\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
