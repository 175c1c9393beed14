// promise: children that nobody waits for fill no table but the program's own
// limits: processes=16
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    int born = 0;
    for (; born < 500; born++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        if (pid < 0)
            break;
    }
    printf(born == 500 ? "ESCAPED: %d zombies\n" : "HELD: %d zombies, then refused\n", born);
}
