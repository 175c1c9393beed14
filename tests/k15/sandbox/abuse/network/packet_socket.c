// promise: no packet sockets, which would see and forge the frames of an interface
// status: ok runtime_error
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void) {
    if (socket(AF_PACKET, SOCK_RAW, htons(3)) >= 0 || socket(AF_PACKET, SOCK_DGRAM, htons(3)) >= 0)
        printf("ESCAPED: packet socket\n");
    else
        printf("HELD: %s\n", strerror(errno));
}
