// promise: root of the host cannot be become
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

int main(void) {
    char map[64] = {0};
    int fd = open("/proc/self/uid_map", O_RDONLY);
    unsigned inside = 1, outside = 1, count = 0;
    if (fd >= 0 && read(fd, map, sizeof map - 1) > 0)
        sscanf(map, "%u %u %u", &inside, &outside, &count);
    int became = setresuid(0, 0, 0) == 0 || setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 || setfsuid(0) == 0;
    if (geteuid() == 0 && outside == 0)
        printf("ESCAPED: root, mapped to the host's\n");
    printf("HELD: became %d, user %u of the map %s (%s)\n", became, geteuid(), map, strerror(errno));
}
