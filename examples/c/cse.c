/* A CSE of oneM2M over HTTP on POSIX, in one file.
 *
 *   cse HOST PORT
 *
 * It is the IN-CSE /id-in with the CSEBase cse-in and the administrator CAdmin, has what AEs create in
 * memory, and notifies them. README.md says how to build and try it. */
#define _POSIX_C_SOURCE 200809L
#include "tcp.h"

enum { PATIENCE = 30000 };

static void *known(const m2m_onem2m_response *response) {
    connection *c = &connections[response->peer];
    return response->peer < CONNECTIONS && c->fd >= 0 ? c : NULL;
}

/* Requests that a connection brought, one after the other. */
static void take_request(m2m_onem2m_cse *cse, uint64_t now, connection *c) {
    m2m_onem2m_session session;
    uint64_t id;
    size_t used;
    int32_t taken;
    must("session", m2m_onem2m_session_init(&session, sizeof session));
    session.peer = (uint64_t)(c - connections);
    taken = must("request", m2m_onem2m_cse_handle_request(cse, now, &session, c->in, c->in_len, &id,
                                                          &used));
    if (taken == M2M_OK) {
        memmove(c->in, c->in + used, c->in_len -= used);
        c->waits = 1;
    } else if (c->in_len == ROOM) {
        c->closes = 1; /* longer than we want it */
    }
}

/* Responses, and requests of the CSE itself. */
static void send_all(m2m_onem2m_cse *cse, uint64_t now) {
    static uint8_t buf[ROOM];
    m2m_onem2m_response response;
    m2m_onem2m_cse_outgoing out;
    while (must("response", m2m_onem2m_cse_poll_response(cse, now, buf, sizeof buf, &response)) ==
           M2M_OK) {
        connection *c = known(&response);
        if (!c) continue;
        memcpy(c->out, buf, c->out_len = response.len);
        c->waits = 0;
        c->closes = response.close;
    }
    while (must("outgoing", m2m_onem2m_cse_poll_outgoing(cse, now, buf, sizeof buf, &out)) ==
           M2M_OK) {
        char port[8];
        connection *c = NULL;
        snprintf(port, sizeof port, "%u", out.port);
        if (!out.secure) c = opened(tcp_socket(out.host, port, 0), now);
        if (!c) {
            printf("cannot reach %s\n", out.host);
            must("failed", m2m_onem2m_cse_outgoing_failed(cse, out.id, 0));
            continue;
        }
        memcpy(c->out, buf, c->out_len = out.len);
        c->outgoing = out.id;
    }
}

/* A connection is over: what it brought is the answer to a request of ours, or nothing. */
static void ends(m2m_onem2m_cse *cse, uint64_t now, connection *c) {
    if (c->outgoing && c->in_len > 0) {
        must("answer", m2m_onem2m_cse_handle_response(cse, now, c->outgoing, c->in, c->in_len));
    } else if (c->outgoing) {
        /* What is still here did not leave. */
        must("failed", m2m_onem2m_cse_outgoing_failed(cse, c->outgoing, c->out_len == 0));
    } else {
        must("forget", m2m_onem2m_cse_forget_peer(cse, (uint64_t)(c - connections)));
    }
    closed(c);
}

static int64_t unix_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
    m2m_onem2m_cse_config config;
    m2m_onem2m_cse *cse = NULL;
    uint8_t seed[32];
    uint64_t now = now_ms();
    uint32_t resources, told = 0;
    int listener, i;

    if (argc != 3) fail("usage", "cse HOST PORT");
    begin();
    for (i = 0; i < CONNECTIONS; i++) connections[i].fd = -1;
    listener = tcp_socket(argv[1], argv[2], 1);
    if (listener < 0) fail(argv[1], "cannot listen");
    random_bytes(seed, sizeof seed);
    must("config", m2m_onem2m_cse_config_init(&config, sizeof config));
    config.resources = 10000;
    must("cse", m2m_onem2m_cse_new(&config, seed, &cse));
    must("clock", m2m_onem2m_cse_set_wall_clock(cse, now, unix_ms()));
    puts("listening");

    while (!stop) {
        send_all(cse, now);
        must("resources", m2m_onem2m_cse_resources(cse, &resources));
        if (resources != told) printf("%lu resources\n", (unsigned long)(told = resources));
        if (wait_all(listener, now, m2m_onem2m_cse_poll_timeout(cse))) {
            opened(accept(listener, NULL, NULL), now);
        }
        now = now_ms();
        for (i = 0; i < CONNECTIONS; i++) {
            connection *c = &connections[i];
            if (c->fd < 0) continue;
            if (!moved(c) || (c->outgoing && now - c->begun > PATIENCE)) {
                ends(cse, now, c);
            } else if (!c->outgoing && !c->waits && c->out_len == 0 && c->in_len > 0) {
                take_request(cse, now, c);
            }
        }
        must("timeout", m2m_onem2m_cse_handle_timeout(cse, now));
    }
    must("free", m2m_onem2m_cse_free(cse));
    close(listener);
    return 0;
}
