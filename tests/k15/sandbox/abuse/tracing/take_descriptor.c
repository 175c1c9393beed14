// promise: no descriptor can be taken out of another process
// status: ok runtime_error
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void) {
    pid_t pids[] = {getppid(), 1};
    for (int i = 0; i < 2; i++) {
        if (pids[i] <= 0 || pids[i] == getpid())
            continue;
        long handle = syscall(434, pids[i], 0);
        for (int fd = 0; handle >= 0 && fd < 64; fd++)
            if (syscall(438, handle, fd, 0) >= 0)
                return printf("ESCAPED: took descriptor %d of %d\n", fd, pids[i]), 0;
    }
    printf("HELD: %s\n", strerror(errno));
}
