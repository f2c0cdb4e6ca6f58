/* What the examples with HTTP share: connections that are read and written as far as they can be. */
#ifndef TCP_H
#define TCP_H

#include "common.h"
#include <fcntl.h>

enum { CONNECTIONS = 32, ROOM = 65536 };

typedef struct {
    int fd; /* below 0: not used */
    int waits; /* its request waits for the answer */
    int closes; /* when all is written */
    uint64_t outgoing; /* a request of ours: its id */
    uint64_t begun;
    size_t in_len, out_len;
    uint8_t in[ROOM], out[ROOM];
} connection;

static connection connections[CONNECTIONS];

/* A socket that listens at an address or, without server, connects with it; below 0 if there is none. */
static int tcp_socket(const char *host, const char *port, int server) {
    struct addrinfo hints, *list, *a;
    int fd = -1, on = 1;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = server ? AI_PASSIVE : 0;
    if (getaddrinfo(host, port, &hints, &list) != 0) return -1;
    for (a = list; a && fd < 0; a = a->ai_next) {
        int ok;
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        ok = server ? bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 16) == 0
                    : connect(fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS;
        if (ok) continue;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

/* A place for a connection; NULL if all are taken, and the socket is closed. */
static connection *opened(int fd, uint64_t now) {
    int i;
    if (fd < 0) return NULL;
    for (i = 0; i < CONNECTIONS && connections[i].fd >= 0; i++) {
    }
    if (i == CONNECTIONS) {
        close(fd);
        return NULL;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    connections[i].fd = fd;
    connections[i].begun = now;
    connections[i].waits = connections[i].closes = 0;
    connections[i].outgoing = 0;
    connections[i].in_len = connections[i].out_len = 0;
    return &connections[i];
}

static void closed(connection *c) {
    close(c->fd);
    c->fd = -1;
}

/* Reads and writes what can be. Returns 0 once the other side has closed, or nothing works any more. */
static int moved(connection *c) {
    ssize_t len;
    if (c->out_len > 0) {
        len = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
        if (len < 0 && errno != EAGAIN && errno != EINPROGRESS && errno != ENOTCONN) return 0;
        if (len > 0) memmove(c->out, c->out + len, c->out_len -= (size_t)len);
        if (c->out_len > 0) return 1;
    }
    if (c->closes) return 0;
    if (c->in_len == ROOM) return 1;
    len = recv(c->fd, c->in + c->in_len, ROOM - c->in_len, 0);
    if (len > 0) c->in_len += (size_t)len;
    return len > 0 || (len < 0 && (errno == EAGAIN || errno == ENOTCONN));
}

/* Until something can be read or written, a signal, or the deadline; 0 if listener has nobody. */
static int wait_all(int listener, uint64_t now, uint64_t deadline) {
    struct pollfd all[CONNECTIONS + 1];
    uint64_t span = deadline > now ? deadline - now : 0;
    int i;
    for (i = 0; i < CONNECTIONS; i++) {
        all[i].fd = connections[i].fd; /* poll() passes over those below 0 */
        all[i].events = POLLIN;
        if (connections[i].out_len > 0) all[i].events = POLLIN | POLLOUT;
    }
    all[i].fd = listener;
    all[i].events = POLLIN;
    all[i].revents = 0;
    if (!stop) poll(all, CONNECTIONS + 1, span > 1000 ? 1000 : (int)span);
    return all[i].revents != 0;
}

#endif
