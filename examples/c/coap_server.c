/* A CoAP server over UDP on POSIX.
 *
 *   coap_server HOST PORT
 *
 * /time   GET: seconds since the start; can be observed
 * /store  GET, PUT: up to 4 KiB, in blocks if need be
 * /.well-known/core  GET: what there is */
#define _POSIX_C_SOURCE 200809L
#define UDP_PEERS
#include "udp.h"

enum { OBSERVERS = 8 };
static const char LINKS[] = "</time>;obs;ct=0,</store>;ct=42";

static uint64_t observers[OBSERVERS]; /* of /time; 0: free */
static uint8_t store[4096];
static size_t stored;
static char seconds[24];

static m2m_coap_response response_of(int32_t code) {
    m2m_coap_response response;
    must("response", m2m_coap_response_init(&response, sizeof response));
    response.code = code;
    return response;
}

static m2m_coap_response text(int32_t format, const void *payload, size_t len) {
    m2m_coap_response response = response_of(M2M_COAP_CONTENT);
    response.content_format = format;
    response.payload = payload;
    response.payload_len = len;
    return response;
}

static void serve(m2m_coap_endpoint *e, uint64_t now, uint64_t id) {
    m2m_coap_message message;
    m2m_coap_response response = response_of(M2M_COAP_NOT_FOUND);
    char path[64] = "";
    uint64_t observer = 0;
    size_t len;
    unsigned i;
    if (m2m_coap_endpoint_incoming(e, id, &message) != M2M_OK) return;
    /* One that is too long is none of ours. */
    m2m_coap_endpoint_incoming_path(e, id, path, sizeof path, &len);
    if (strcmp(path, "/time") == 0) {
        response = response_of(M2M_COAP_METHOD_NOT_ALLOWED);
        if (message.code == M2M_COAP_GET) {
            response = text(0, seconds, strlen(seconds));
            for (i = 0; i < OBSERVERS; i++) response.observe |= observers[i] == 0;
        }
    } else if (strcmp(path, "/store") == 0) {
        response = response_of(M2M_COAP_METHOD_NOT_ALLOWED);
        if (message.code == M2M_COAP_GET) response = text(42, store, stored);
        if (message.code == M2M_COAP_PUT) {
            response = response_of(M2M_COAP_CHANGED);
            if (m2m_coap_endpoint_incoming_payload(e, id, store, sizeof store, &stored) != M2M_OK)
                response.code = M2M_COAP_REQUEST_ENTITY_TOO_LARGE;
            else
                printf("stored %lu bytes\n", (unsigned long)stored);
        }
    } else if (strcmp(path, "/.well-known/core") == 0) {
        response = text(40, LINKS, sizeof LINKS - 1);
    }
    must("respond", m2m_coap_endpoint_respond(e, now, id, &response, &observer));
    for (i = 0; i < OBSERVERS && observer != 0; i++) {
        if (observers[i] == 0) {
            observers[i] = observer;
            observer = 0;
        }
    }
}

int main(int argc, char **argv) {
    static udp_peer peers[PEERS];
    m2m_coap_config config;
    m2m_coap_endpoint *e = NULL;
    m2m_coap_event event;
    m2m_coap_response response;
    m2m_transmit out;
    uint8_t buf[2048], seed[32];
    uint64_t start = now_ms(), now = start, tick = start, deadline;
    unsigned i;
    int fd, replaced;

    if (argc != 3) fail("usage", "coap_server HOST PORT");
    fd = udp_socket(argv[1], argv[2], 1);
    random_bytes(seed, sizeof seed);
    must("config", m2m_coap_config_init(&config, sizeof config));
    config.body_size = sizeof store;
    must("endpoint", m2m_coap_endpoint_new(&config, seed, &e));
    puts("listening");

    while (!stop) {
        if (now >= tick) {
            snprintf(seconds, sizeof seconds, "%lu", (unsigned long)((now - start) / 1000));
            response = text(0, seconds, strlen(seconds));
            for (i = 0; i < OBSERVERS; i++) {
                if (observers[i] != 0) m2m_coap_endpoint_notify(e, now, observers[i], &response);
            }
            tick += 1000;
        }
        while (must("event", m2m_coap_endpoint_poll_event(e, &event)) == M2M_OK) {
            if (event.kind == M2M_COAP_REQUEST) serve(e, now, event.id);
            for (i = 0; i < OBSERVERS; i++) {
                if (event.kind == M2M_COAP_OBSERVER_GONE && observers[i] == event.id)
                    observers[i] = 0;
            }
        }
        while (must("send", m2m_coap_endpoint_poll_transmit(e, now, buf, sizeof buf, &out)) ==
               M2M_OK) {
            udp_peer *to = &peers[out.peer];
            if (sendto(fd, buf, out.len, 0, (struct sockaddr *)&to->address, to->len) < 0)
                perror("sendto");
        }
        deadline = m2m_coap_endpoint_poll_timeout(e);
        wait_until(fd, now, deadline < tick ? deadline : tick);
        now = now_ms();
        for (;;) {
            struct sockaddr_storage from;
            socklen_t from_len = sizeof from;
            uint64_t peer;
            ssize_t len = recvfrom(fd, buf, sizeof buf, MSG_DONTWAIT, (struct sockaddr *)&from,
                                   &from_len);
            if (len < 0) break;
            peer = udp_number(peers, &from, from_len, now, &replaced);
            if (replaced) m2m_coap_endpoint_forget_peer(e, now, peer);
            m2m_coap_endpoint_handle_datagram(e, now, peer, buf, (size_t)len);
        }
        must("timeout", m2m_coap_endpoint_handle_timeout(e, now));
    }
    must("free", m2m_coap_endpoint_free(e));
    close(fd);
    return 0;
}
