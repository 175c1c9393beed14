// promise: a file cannot be made unremovable
// status: ok runtime_error
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

int main(void) {
    int flags = FS_IMMUTABLE_FL | FS_APPEND_FL;
    int fd = open("k15abuse-fixed", O_CREAT | O_RDWR, 0600);
    if (fd < 0 || ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0)
        printf("HELD: %s\n", strerror(errno));
    else
        printf("ESCAPED: made an unremovable file\n");
}
