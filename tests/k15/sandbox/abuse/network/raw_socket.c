// promise: no raw sockets
// status: ok runtime_error
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void) {
    int protocols[] = {IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_RAW};
    for (int i = 0; i < 3; i++) {
        if (socket(AF_INET, SOCK_RAW, protocols[i]) >= 0 || socket(AF_INET6, SOCK_RAW, protocols[i]) >= 0)
            printf("ESCAPED: raw socket of protocol %d\n", protocols[i]);
        else
            printf("HELD: %s\n", strerror(errno));
    }
}
