/* A CoAP client over UDP on POSIX.
 *
 *   coap_client HOST PORT get PATH
 *   coap_client HOST PORT put PATH TEXT
 *   coap_client HOST PORT observe PATH COUNT     COUNT notifications, then it asks for no more
 *
 * Prints what comes. Ends with 0 if the answer is of class 2. */
#define _POSIX_C_SOURCE 200809L
#include "udp.h"

enum { PEER = 1 };

/* Prints a response and gives it back. Returns its class. */
static int show(m2m_coap_endpoint *e, uint64_t id) {
    static uint8_t payload[16384];
    m2m_coap_message message;
    size_t len = 0;
    must("response", m2m_coap_endpoint_response(e, id, &message));
    must("payload", m2m_coap_endpoint_response_payload(e, id, payload, sizeof payload, &len));
    printf("%d.%02d %.*s\n", (int)message.code >> 5, (int)message.code & 31, (int)len,
           (char *)payload);
    must("release", m2m_coap_endpoint_release(e, id));
    return (int)message.code >> 5;
}

int main(int argc, char **argv) {
    m2m_coap_config config;
    m2m_coap_endpoint *e = NULL;
    m2m_coap_request request;
    m2m_coap_event event;
    m2m_transmit out;
    uint8_t buf[2048], seed[32];
    uint64_t now = now_ms(), id;
    int fd, left = 0, done = 0, class = 0;

    if (argc < 5) fail("usage", "coap_client HOST PORT get|put|observe PATH [TEXT|COUNT]");
    fd = udp_socket(argv[1], argv[2], 0);
    random_bytes(seed, sizeof seed);
    must("config", m2m_coap_config_init(&config, sizeof config));
    must("endpoint", m2m_coap_endpoint_new(&config, seed, &e));

    must("request", m2m_coap_request_init(&request, sizeof request));
    request.path = argv[4];
    if (strcmp(argv[3], "put") == 0) {
        request.method = M2M_COAP_PUT;
        request.content_format = 0;
        request.payload = (const uint8_t *)(argc > 5 ? argv[5] : "");
        request.payload_len = strlen((const char *)request.payload);
    } else if (strcmp(argv[3], "observe") == 0) {
        request.observe = 1;
        left = argc > 5 ? atoi(argv[5]) : 3;
    }
    must("request", m2m_coap_endpoint_request(e, now, PEER, &request, &id));

    while (!done && !stop) {
        while (must("event", m2m_coap_endpoint_poll_event(e, &event)) == M2M_OK) {
            if (event.kind == M2M_COAP_NOTIFICATION) {
                show(e, event.id);
                if (--left == 0)
                    must("cancel", m2m_coap_endpoint_cancel(e, now, id, M2M_COAP_DEREGISTER));
            } else if (event.kind == M2M_COAP_DONE) {
                done = 1;
                if (event.outcome == M2M_COAP_RESPONSE)
                    class = show(e, event.id);
                else
                    fprintf(stderr, "no response: outcome %ld\n", (long)event.outcome);
            }
        }
        while (must("send", m2m_coap_endpoint_poll_transmit(e, now, buf, sizeof buf, &out)) ==
               M2M_OK) {
            /* One that cannot be sent is a lost one: it is repeated. */
            if (send(fd, buf, out.len, 0) < 0) perror("send");
        }
        if (!done) wait_until(fd, now, m2m_coap_endpoint_poll_timeout(e));
        now = now_ms();
        for (;;) {
            ssize_t len = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
            if (len < 0) break;
            m2m_coap_endpoint_handle_datagram(e, now, PEER, buf, (size_t)len);
        }
        must("timeout", m2m_coap_endpoint_handle_timeout(e, now));
    }
    must("free", m2m_coap_endpoint_free(e));
    close(fd);
    return class == 2 ? 0 : 1;
}
