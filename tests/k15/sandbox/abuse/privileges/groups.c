// promise: no group of the host can be joined
// status: ok runtime_error
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    gid_t wanted[] = {0, 6, 42, 999};
    gid_t has[64];
    if (setgroups(4, wanted) == 0)
        printf("ESCAPED: joined groups\n");
    int count = getgroups(64, has);
    for (int i = 0; i < count; i++)
        if (has[i] == 0 || has[i] == 6 || has[i] == 42)
            printf("ESCAPED: is in group %u\n", has[i]);
    printf("HELD: %s\n", strerror(errno));
}
