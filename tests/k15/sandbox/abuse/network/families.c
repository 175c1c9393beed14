// promise: only local, IPv4 and IPv6 sockets can be made, and netlink's route socket; no vsock, no kernel crypto, no others
// status: ok runtime_error
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>

int main(void) {
    int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW};
    for (int family = 0; family < 64; family++) {
        if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK)
            continue;
        for (int i = 0; i < 4; i++)
            if (socket(family, types[i], 0) >= 0)
                printf("ESCAPED: socket of family %d, type %d\n", family, types[i]);
    }
    printf("HELD: no other family\n");
}
