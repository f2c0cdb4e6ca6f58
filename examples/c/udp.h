/* What the examples with UDP share: a socket, a clock, random bytes, and numbers for addresses. */
#ifndef UDP_H
#define UDP_H

#include <errno.h>
#include <m2m.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stop;

static void on_signal(int number) {
    (void)number;
    stop = 1;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* Ends the program when a call of the library fails. Benign results pass. */
static int32_t must(const char *what, int32_t result) {
    if (result < 0) fail(what, m2m_strerror(result));
    return result;
}

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void random_bytes(uint8_t *to, size_t len) {
    FILE *random = fopen("/dev/urandom", "rb");
    if (!random || fread(to, len, 1, random) != 1) fail("/dev/urandom", strerror(errno));
    fclose(random);
}

/* A socket that is bound to (server) or connected with (client) an address. */
static int udp_socket(const char *host, const char *port, int server) {
    struct addrinfo hints, *list, *a;
    struct sigaction action;
    int fd = -1, error;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal; /* no SA_RESTART: poll() returns */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = server ? AI_PASSIVE : 0;
    error = getaddrinfo(host, port, &hints, &list);
    if (error) fail(host, gai_strerror(error));
    for (a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && (server ? bind : connect)(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0) fail(host, strerror(errno));
    return fd;
}

/* Until a datagram comes, a signal, or the deadline. */
static void wait_until(int fd, uint64_t now, uint64_t deadline) {
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
