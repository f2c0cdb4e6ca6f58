/* OSCORE (RFC 8613): a client and a server in one program, with the network between them shown, so
 * that one sees what is on it. The keys would be in flash.
 *
 * A sequence number is used once in the life of the keys. So before any is used, the library says
 * M2M_COAP_SEQUENCE_RESERVED, and the program stores up_to; after a restart it goes into next. Until
 * the event is polled nothing is sent. */
#include <m2m.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENT = 1, SERVER = 2 };

static const uint8_t SECRET[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t SALT[8] = {0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40};

static int32_t must(const char *what, int32_t result) {
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", what, m2m_strerror(result));
        exit(1);
    }
    return result;
}

static m2m_coap_endpoint *make(const char *name, const char *own, const char *other,
                               uint64_t *context) {
    m2m_coap_config config;
    m2m_coap_security security;
    m2m_coap_endpoint *e = NULL;
    uint8_t seed[32] = {0}; /* In a real program: 32 random bytes at every start. */
    memcpy(seed, name, strlen(name));
    must("config", m2m_coap_config_init_small(&config, sizeof config));
    config.security_contexts = 1;
    must("endpoint", m2m_coap_endpoint_new(&config, seed, &e));
    memset(&security, 0, sizeof security);
    security.struct_size = sizeof security;
    security.master_secret = SECRET;
    security.master_secret_len = sizeof SECRET;
    security.master_salt = SALT;
    security.master_salt_len = sizeof SALT;
    security.sender_id = (const uint8_t *)own;
    security.sender_id_len = strlen(own);
    security.recipient_id = (const uint8_t *)other;
    security.recipient_id_len = strlen(other);
    must("context", m2m_coap_endpoint_add_security_context(e, &security, context));
    return e;
}

/* Carries datagrams, and shows them. */
static int carry(const char *name, m2m_coap_endpoint *from, m2m_coap_endpoint *to, uint64_t peer,
                 uint64_t now) {
    uint8_t buf[256];
    m2m_transmit out;
    size_t i;
    int count = 0;
    for (; m2m_coap_endpoint_poll_transmit(from, now, buf, sizeof buf, &out) == M2M_OK; count++) {
        printf("%s: ", name);
        for (i = 0; i < out.len; i++) printf("%02x", buf[i]);
        putchar('\n');
        must("datagram", m2m_coap_endpoint_handle_datagram(to, now, peer, buf, out.len));
    }
    return count;
}

static void serve(m2m_coap_endpoint *e, uint64_t now, uint64_t id, uint64_t context) {
    m2m_coap_message message;
    m2m_coap_response response;
    uint64_t observer;
    char path[32] = "";
    size_t len;
    must("incoming", m2m_coap_endpoint_incoming(e, id, &message));
    m2m_coap_endpoint_incoming_path(e, id, path, sizeof path, &len);
    must("response", m2m_coap_response_init(&response, sizeof response));
    /* Who does not have the keys does not get in. */
    response.code = message.security == context ? M2M_COAP_CONTENT : M2M_COAP_UNAUTHORIZED;
    if (message.security == context) {
        response.payload = (const uint8_t *)"21.5";
        response.payload_len = 4;
    }
    printf("server: %s %s\n", path, message.security == context ? "protected" : "in the clear");
    must("respond", m2m_coap_endpoint_respond(e, now, id, &response, &observer));
}

int main(void) {
    uint64_t client_context, server_context, id, now = 0;
    m2m_coap_endpoint *client = make("client", "c", "s", &client_context);
    m2m_coap_endpoint *server = make("server", "s", "c", &server_context);
    m2m_coap_request request;
    int round;
    for (round = 0; round < 2; round++) {
        int moved = 1;
        must("request", m2m_coap_request_init(&request, sizeof request));
        request.path = "temperature";
        request.security = round == 0 ? client_context : 0;
        must("request", m2m_coap_endpoint_request(client, now, SERVER, &request, &id));
        while (moved) {
            m2m_coap_event event;
            while (m2m_coap_endpoint_poll_event(server, &event) == M2M_OK) {
                if (event.kind == M2M_COAP_REQUEST) serve(server, now, event.id, server_context);
            }
            while (m2m_coap_endpoint_poll_event(client, &event) == M2M_OK) {
                if (event.kind == M2M_COAP_SEQUENCE_RESERVED)
                    printf("client: store %lu\n", (unsigned long)event.up_to);
                if (event.kind == M2M_COAP_DONE && event.outcome == M2M_COAP_RESPONSE) {
                    m2m_coap_message message;
                    uint8_t text[16];
                    size_t len = 0;
                    must("response", m2m_coap_endpoint_response(client, id, &message));
                    m2m_coap_endpoint_response_payload(client, id, text, sizeof text, &len);
                    printf("client: %d.%02d %.*s\n", (int)message.code >> 5, (int)message.code & 31,
                           (int)len, (char *)text);
                    m2m_coap_endpoint_release(client, id);
                }
            }
            moved = carry("to the server", client, server, CLIENT, now) +
                    carry("to the client", server, client, SERVER, now);
            now++;
        }
    }
    must("free", m2m_coap_endpoint_free(client));
    must("free", m2m_coap_endpoint_free(server));
    return 0;
}
