/* What the examples with UDP share: a socket, and numbers for addresses. */
#ifndef UDP_H
#define UDP_H

#include "common.h"

/* A socket that is bound to (server) or connected with (client) an address; -1 and why if there is
 * none. */
static int udp_open(const char *host, const char *port, int server, const char **why) {
    struct addrinfo hints, *list, *a;
    int fd = -1, error;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = server ? AI_PASSIVE : 0;
    error = getaddrinfo(host, port, &hints, &list);
    if (error) {
        *why = gai_strerror(error);
        return -1;
    }
    for (a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && (server ? bind : connect)(fd, a->ai_addr, a->ai_addrlen) != 0) {
            *why = strerror(errno);
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

/* The program's own one, without which it ends. SIGINT and SIGTERM set `stop` from now on. */
static int udp_socket(const char *host, const char *port, int server) {
    const char *why = "no address";
    int fd;
    begin();
    fd = udp_open(host, port, server, &why);
    if (fd < 0) fail(host, why);
    return fd;
}

/* Until a datagram comes, a signal, or the deadline. */
static inline void wait_until(int fd, uint64_t now, uint64_t deadline) {
    struct pollfd pollfd;
    uint64_t span = deadline > now ? deadline - now : 0;
    pollfd.fd = fd;
    pollfd.events = POLLIN;
    if (!stop) poll(&pollfd, 1, deadline == M2M_NEVER ? -1 : span > 60000 ? 60000 : (int)span);
}

#ifdef UDP_PEERS
/* The addresses that a server knows: the number of a peer is a place in this table. The one that was
 * not heard for longest makes room. */
enum { PEERS = 64 };
typedef struct {
    struct sockaddr_storage address;
    socklen_t len;
    uint64_t heard;
} udp_peer;

/* The number of an address. *replaced is set if another address had it before. */
static uint64_t udp_number(udp_peer *peers, const struct sockaddr_storage *from, socklen_t len,
                           uint64_t now, int *replaced) {
    unsigned i, oldest = 0;
    *replaced = 0;
    for (i = 0; i < PEERS; i++) {
        if (peers[i].len == len && memcmp(&peers[i].address, from, len) == 0) {
            peers[i].heard = now;
            return i;
        }
        if (peers[i].heard < peers[oldest].heard) oldest = i;
    }
    *replaced = peers[oldest].len != 0;
    memset(&peers[oldest].address, 0, sizeof peers[oldest].address);
    memcpy(&peers[oldest].address, from, len);
    peers[oldest].len = len;
    peers[oldest].heard = now;
    return oldest;
}
#endif

#endif
