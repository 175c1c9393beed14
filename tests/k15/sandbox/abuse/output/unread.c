// promise: a program that reads its own output back, or seeks in it, learns nothing and hurts nobody
#include <stdio.h>
#include <unistd.h>

int main(void) {
    char back[4096];
    dprintf(1, "HELD: ");
    ssize_t got = 0;
    if (lseek(1, 0, SEEK_SET) == 0)
        got = read(1, back, sizeof back);
    dprintf(1, "HELD: read back %zd\n", got > 0 ? got : 0);
}
