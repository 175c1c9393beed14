// promise: memory, ports, the kernel log and disks of the host have no device to open
// status: ok runtime_error
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    const char *paths[] = {"/dev/mem", "/dev/kmem", "/dev/port", "/dev/kmsg", "/dev/vda", "/dev/sda", "/dev/nvme0n1",
                           "/dev/loop-control", "/dev/loop0", "/dev/fuse", "/dev/kvm", "/dev/net/tun", "/dev/vsock",
                           "/dev/vhost-vsock", "/dev/uinput", "/dev/userfaultfd", "/dev/hwrng", "/dev/nvidia0"};
    for (unsigned i = 0; i < sizeof paths / sizeof *paths; i++)
        if (open(paths[i], O_RDONLY) >= 0)
            printf("ESCAPED: opened %s\n", paths[i]);
    printf("HELD: %s\n", strerror(errno));
}
