/* An LwM2M server over UDP on POSIX, in one file.
 *
 *   lwm2m_server HOST PORT [NAME SECRET]
 *
 * It prints who registers, reads the Device object (/3/0) of each, observes its first temperature
 * (/3303/0/5700) if it has one, and prints what comes. The client NAME talks under OSCORE (RFC 8613), with
 * keys from SECRET, and in no other way. README.md says how to build and try it. */
#define _POSIX_C_SOURCE 200809L
#define UDP_PEERS
#include "udp.h"

static void print_name(m2m_lwm2m_server *s, uint64_t registration) {
    char name[256] = "?";
    size_t len;
    m2m_lwm2m_server_endpoint(s, registration, name, sizeof name, &len);
    printf("%s", name);
}

/* Prints all values of an answer or a notification, and gives it back. */
static void print_values(m2m_lwm2m_server *s, int32_t of, uint64_t id) {
    m2m_lwm2m_value values[8];
    size_t first = 0, count, i, len;
    while (m2m_lwm2m_server_content_values(s, of, id, first, values, 8, &count) == M2M_OK) {
        for (i = 0; i < count; i++) {
            const m2m_lwm2m_value *v = &values[i];
            char path[M2M_PATH_SIZE], text[256] = "(long)";
            must("path", m2m_path_format(v->path, path, sizeof path, &len));
            printf("  %s = ", path);
            switch (v->type) {
            case M2M_STRING:
            case M2M_CORELNK:
                m2m_lwm2m_server_content_bytes(s, of, id, first + i, (uint8_t *)text, sizeof text,
                                               &len);
                printf("%s\n", text);
                break;
            case M2M_FLOAT: printf("%g\n", v->real); break;
            case M2M_UNSIGNED: printf("%lu\n", (unsigned long)v->natural); break;
            case M2M_OPAQUE: printf("%lu bytes\n", (unsigned long)v->len); break;
            case M2M_OBJLNK: printf("%u:%u\n", v->link[0], v->link[1]); break;
            case M2M_NO_TYPE: printf("nothing\n"); break;
            default: printf("%ld\n", (long)v->integer);
            }
        }
        first += count;
    }
    must("release", m2m_lwm2m_server_release(s, of, id));
}

static void registered(m2m_lwm2m_server *s, uint64_t now, uint64_t registration) {
    m2m_lwm2m_registered_client r;
    m2m_lwm2m_operation observe;
    m2m_path path;
    uint64_t id;
    size_t i;
    must("registration", m2m_lwm2m_server_registration(s, registration, &r));
    print_name(s, registration);
    printf(" registered for %lu s:", (unsigned long)r.lifetime_s);
    must("observe", m2m_lwm2m_operation_init(&observe, sizeof observe));
    for (i = 0; m2m_lwm2m_server_link(s, registration, i, &path) == M2M_OK; i++) {
        char text[M2M_PATH_SIZE];
        size_t len;
        must("path", m2m_path_format(path, text, sizeof text, &len));
        printf(" %s", text);
        if (m2m_path_equal(path, m2m_path_instance(3303, 0))) observe.kind = M2M_LWM2M_OBSERVE;
    }
    putchar('\n');
    /* Full tables are no reason to stop a server. */
    m2m_lwm2m_server_read(s, now, registration, m2m_path_instance(3, 0), &id);
    if (observe.kind == M2M_LWM2M_OBSERVE) {
        observe.path = m2m_path_resource(3303, 0, 5700);
        m2m_lwm2m_server_request(s, now, registration, &observe, &id);
    }
}

/* Nothing is kept over a restart here: both ends agree upon new keys. With M2M_COAP_NEW_KEYS the up_to of each
 * M2M_LWM2M_SERVER_SEQUENCE_RESERVED would be stored, and given back with M2M_COAP_STORED_KEYS. */
static void protect(m2m_lwm2m_server *s, const char *name, const char *secret) {
    m2m_coap_security security;
    uint64_t id;
    memset(&security, 0, sizeof security);
    security.struct_size = sizeof security;
    security.master_secret = (const uint8_t *)secret;
    security.master_secret_len = strlen(secret);
    security.sender_id = (const uint8_t *)"s";
    security.sender_id_len = 1;
    security.recipient_id = (const uint8_t *)"c";
    security.recipient_id_len = 1;
    security.history = M2M_COAP_RENEWED_KEYS;
    must("keys", m2m_lwm2m_server_add_security_context(s, name, &security, &id));
}

static void handle_event(m2m_lwm2m_server *s, uint64_t now, const m2m_lwm2m_server_event *event) {
    switch (event->kind) {
    case M2M_LWM2M_SERVER_REGISTERED: registered(s, now, event->registration); break;
    case M2M_LWM2M_SERVER_DEREGISTERED:
    case M2M_LWM2M_SERVER_EXPIRED:
        print_name(s, event->registration);
        puts(event->kind == M2M_LWM2M_SERVER_EXPIRED ? " expired" : " is gone");
        break;
    case M2M_LWM2M_SERVER_RESPONSE:
        print_name(s, event->registration);
        printf(" answered %d.%02d\n", (int)event->code >> 5, (int)event->code & 31);
        print_values(s, M2M_LWM2M_OF_RESPONSE, event->id);
        break;
    case M2M_LWM2M_SERVER_FAILED:
        print_name(s, event->registration);
        printf(" did not answer, reason %ld\n", (long)event->reason);
        break;
    case M2M_LWM2M_SERVER_NOTIFIED:
    case M2M_LWM2M_SERVER_SENT:
        print_name(s, event->registration);
        puts(event->kind == M2M_LWM2M_SERVER_SENT ? " sent" : " notified");
        print_values(s, M2M_LWM2M_OF_NOTIFICATION, event->id);
        break;
    default: break;
    }
}

int main(int argc, char **argv) {
    static udp_peer peers[PEERS];
    m2m_lwm2m_server_config config;
    m2m_lwm2m_server *s = NULL;
    m2m_lwm2m_server_event event;
    m2m_transmit out;
    uint8_t buf[2048], seed[32];
    uint64_t now = now_ms();
    int fd, replaced;

    if (argc != 3 && argc != 5) fail("usage", "lwm2m_server HOST PORT [NAME SECRET]");
    fd = udp_socket(argv[1], argv[2], 1);
    random_bytes(seed, sizeof seed);
    must("config", m2m_lwm2m_server_config_init(&config, sizeof config));
    config.security_contexts = 1;
    must("server", m2m_lwm2m_server_new(&config, seed, &s));
    if (argc == 5) protect(s, argv[3], argv[4]);
    puts("listening");

    while (!stop) {
        while (must("event", m2m_lwm2m_server_poll_event(s, &event)) == M2M_OK) {
            handle_event(s, now, &event);
        }
        while (must("send", m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out)) ==
               M2M_OK) {
            udp_peer *to = &peers[out.peer];
            if (sendto(fd, buf, out.len, 0, (struct sockaddr *)&to->address, to->len) < 0)
                perror("sendto");
        }
        wait_until(fd, now, m2m_lwm2m_server_poll_timeout(s));
        now = now_ms();
        for (;;) {
            struct sockaddr_storage from;
            socklen_t from_len = sizeof from;
            uint64_t peer;
            ssize_t len = recvfrom(fd, buf, sizeof buf, MSG_DONTWAIT, (struct sockaddr *)&from,
                                   &from_len);
            if (len < 0) break;
            peer = udp_number(peers, &from, from_len, now, &replaced);
            if (replaced) m2m_lwm2m_server_forget_peer(s, now, peer);
            m2m_lwm2m_server_handle_datagram(s, now, peer, buf, (size_t)len);
        }
        must("timeout", m2m_lwm2m_server_handle_timeout(s, now));
    }
    must("free", m2m_lwm2m_server_free(s));
    close(fd);
    return 0;
}
