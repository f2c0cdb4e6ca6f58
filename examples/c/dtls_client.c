/* A weather station behind DTLS 1.2 with a pre-shared key, by Mbed TLS 2.28 (libmbedtls-dev).
 *
 *   dtls_client HOST PORT NAME IDENTITY KEY        KEY in hexadecimal digits
 *
 * The client asks for a connection (M2M_LWM2M_CONNECT) and is told when there is one, or that there is
 * none; each session is another peer to it. Handshakes are repeated by the timer that Mbed TLS sets,
 * which is a part of this program's deadline. A server that has forgotten the session, after a restart
 * for one, does not say so: it is silent, and then the station makes a new session. */
#define _POSIX_C_SOURCE 200809L
#include "udp.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/ssl.h>

enum {
    SERVER = 1,
    KEY_MAX = 64,
    /* Waits of a handshake: the first, and the longest that is still begun. They double. */
    HANDSHAKE_FIRST_MS = 1000,
    HANDSHAKE_LAST_MS = 16000,
    /* How long a server may say nothing to a datagram before its session is in doubt. */
    SILENCE_MS = 15000
};

typedef struct {
    int fd;
    enum { CLOSED, HANDSHAKE, OPEN } state;
    /* The number of the session, and with it of the peer. */
    uint64_t peer;
    /* When the first datagram was sent of those to which nothing has come back, else M2M_NEVER. */
    uint64_t unanswered;
    /* The timer of Mbed TLS: both are M2M_NEVER when it is off. */
    uint64_t intermediate, final;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_ssl_config config;
    mbedtls_ssl_context ssl;
} session;

static void tls_must(const char *what, int result) {
    char text[100];
    if (result == 0) return;
    mbedtls_strerror(result, text, sizeof text);
    fail(what, text);
}

/* What Mbed TLS wants of the program: a socket and a timer. */

static int tls_send(void *context, const unsigned char *buf, size_t len) {
    session *s = context;
    /* A datagram that cannot be sent is a lost one. */
    if (send(s->fd, buf, len, 0) < 0 && errno == EAGAIN) return MBEDTLS_ERR_SSL_WANT_WRITE;
    return (int)len;
}

static int tls_receive(void *context, unsigned char *buf, size_t cap) {
    session *s = context;
    ssize_t len = recv(s->fd, buf, cap, MSG_DONTWAIT);
    /* Nothing there; or nobody listens at the port, which is no reason to give up. */
    return len > 0 ? (int)len : MBEDTLS_ERR_SSL_WANT_READ;
}

static void tls_set_timer(void *context, uint32_t intermediate_ms, uint32_t final_ms) {
    session *s = context;
    uint64_t now = now_ms();
    s->intermediate = final_ms ? now + intermediate_ms : M2M_NEVER;
    s->final = final_ms ? now + final_ms : M2M_NEVER;
}

static int tls_get_timer(void *context) {
    session *s = context;
    uint64_t now = now_ms();
    if (s->final == M2M_NEVER) return -1;
    return now >= s->final ? 2 : now >= s->intermediate ? 1 : 0;
}

static void session_new(session *s, int fd) {
    static const int suites[] = {MBEDTLS_TLS_PSK_WITH_AES_128_CCM_8, 0};
    memset(s, 0, sizeof *s);
    s->fd = fd;
    s->unanswered = s->intermediate = s->final = M2M_NEVER;
    mbedtls_entropy_init(&s->entropy);
    mbedtls_ctr_drbg_init(&s->random);
    mbedtls_ssl_config_init(&s->config);
    mbedtls_ssl_init(&s->ssl);
    tls_must("random numbers", mbedtls_ctr_drbg_seed(&s->random, mbedtls_entropy_func, &s->entropy,
                                                     (const unsigned char *)"m2m", 3));
    tls_must("DTLS", mbedtls_ssl_config_defaults(&s->config, MBEDTLS_SSL_IS_CLIENT,
                                                 MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                                 MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(&s->config, mbedtls_ctr_drbg_random, &s->random);
    mbedtls_ssl_conf_ciphersuites(&s->config, suites);
    mbedtls_ssl_conf_handshake_timeout(&s->config, HANDSHAKE_FIRST_MS, HANDSHAKE_LAST_MS);
    tls_must("DTLS", mbedtls_ssl_setup(&s->ssl, &s->config));
    mbedtls_ssl_set_bio(&s->ssl, s, tls_send, tls_receive, NULL);
    mbedtls_ssl_set_timer_cb(&s->ssl, s, tls_set_timer, tls_get_timer);
}

static void session_free(session *s) {
    if (s->state == OPEN) mbedtls_ssl_close_notify(&s->ssl);
    mbedtls_ssl_free(&s->ssl);
    mbedtls_ssl_config_free(&s->config);
    mbedtls_ctr_drbg_free(&s->random);
    mbedtls_entropy_free(&s->entropy);
}

/* The session is gone, or was never made: the client asks for another when it wants one. */
static void session_lost(session *s, m2m_lwm2m_client *c, uint64_t now, int why) {
    char text[100] = "the server is silent";
    if (why) mbedtls_strerror(why, text, sizeof text);
    printf("no session: %s\n", text);
    s->state = CLOSED;
    s->unanswered = s->intermediate = s->final = M2M_NEVER;
    must("lost", m2m_lwm2m_client_connection_failed(c, now, SERVER));
}

/* Goes on with the handshake: after a datagram, and when its timer is due. */
static void session_handshake(session *s, m2m_lwm2m_client *c, uint64_t now) {
    int result = mbedtls_ssl_handshake(&s->ssl);
    if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) return;
    if (result != 0) {
        session_lost(s, c, now, result);
        return;
    }
    s->state = OPEN;
    s->peer++;
    printf("session %d\n", (int)s->peer);
    must("peer", m2m_lwm2m_client_set_peer(c, now, SERVER, s->peer));
}

/* The client wants a session, with the credentials of this instance of the Security object. */
static void session_begin(session *s, m2m_lwm2m_client *c, uint64_t now, m2m_path security) {
    uint8_t identity[KEY_MAX], key[KEY_MAX];
    size_t identity_len, key_len;
    must("identity", m2m_lwm2m_client_get_opaque(c, m2m_path_resource(0, security.ids[1], 3), identity,
                                                 sizeof identity, &identity_len));
    must("key", m2m_lwm2m_client_get_opaque(c, m2m_path_resource(0, security.ids[1], 5), key,
                                            sizeof key, &key_len));
    tls_must("reset", mbedtls_ssl_session_reset(&s->ssl));
    tls_must("key", mbedtls_ssl_conf_psk(&s->config, key, key_len, identity, identity_len));
    s->state = HANDSHAKE;
    session_handshake(s, c, now);
}

/* Gives the client what has come. */
static void session_receive(session *s, m2m_lwm2m_client *c, uint64_t now) {
    uint8_t buf[2048];
    if (s->state == HANDSHAKE) session_handshake(s, c, now);
    while (s->state == OPEN) {
        int len = mbedtls_ssl_read(&s->ssl, buf, sizeof buf);
        if (len == MBEDTLS_ERR_SSL_WANT_READ || len == MBEDTLS_ERR_SSL_WANT_WRITE) break;
        if (len <= 0) {
            session_lost(s, c, now, len ? len : MBEDTLS_ERR_SSL_CONN_EOF); /* an alert */
            break;
        }
        s->unanswered = M2M_NEVER;
        must("datagram", m2m_lwm2m_client_handle_datagram(c, now, s->peer, buf, (size_t)len));
    }
    if (s->state == OPEN && s->unanswered != M2M_NEVER && now >= s->unanswered + SILENCE_MS)
        session_lost(s, c, now, 0);
}

/* Sends what the client wants to send. */
static void session_send(session *s, m2m_lwm2m_client *c, uint64_t now) {
    uint8_t buf[2048];
    m2m_transmit out;
    while (must("send", m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out)) == M2M_OK) {
        int sent;
        if (s->state != OPEN || out.peer != s->peer) continue; /* of a session before */
        sent = mbedtls_ssl_write(&s->ssl, buf, out.len);
        if (s->unanswered == M2M_NEVER) s->unanswered = now;
        if (sent < 0 && sent != MBEDTLS_ERR_SSL_WANT_WRITE) session_lost(s, c, now, sent);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t session_deadline(const session *s) {
    uint64_t silence = s->unanswered == M2M_NEVER ? M2M_NEVER : s->unanswered + SILENCE_MS;
    return s->state == HANDSHAKE ? s->final : s->state == OPEN ? silence : M2M_NEVER;
}

/* The station. */

static size_t from_hex(const char *text, uint8_t *to, size_t cap) {
    size_t len = 0;
    unsigned byte;
    int read = 0;
    for (; len < cap && sscanf(text, "%2x%n", &byte, &read) == 1 && read == 2; text += 2)
        to[len++] = (uint8_t)byte;
    if (*text || !len) fail("usage", "KEY is 1 to 64 bytes in hexadecimal digits");
    return len;
}

static m2m_lwm2m_client *make_client(uint64_t now, const char *name, const char *uri,
                                     const char *identity, const char *hex) {
    static const m2m_standard_object *const objects[] = {&m2m_object_3303}; /* Temperature */
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client *c = NULL;
    uint8_t seed[32], key[KEY_MAX];
    size_t key_len = from_hex(hex, key, sizeof key);
    random_bytes(seed, sizeof seed);
    must("config", m2m_lwm2m_client_config_init(&config, sizeof config));
    config.endpoint_name = name;
    config.standard_objects = objects;
    config.standard_objects_len = 1;
    must("client", m2m_lwm2m_client_new(&config, seed, &c));
    must("/3/0/0", m2m_lwm2m_client_set_string(c, now, m2m_path_resource(3, 0, 0),
                                               "Example Instruments", 19));
    must("/3303/0", m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(3303, 0)));

    must("account", m2m_lwm2m_server_account_init(&account, sizeof account));
    account.ssid = SERVER;
    account.uri = uri;
    account.lifetime_s = 300;
    must("server", m2m_lwm2m_client_add_server(c, now, &account));
    /* Security Mode 0: a pre-shared key. */
    must("/0/0/2", m2m_lwm2m_client_set_integer(c, now, m2m_path_resource(0, 0, 2), 0));
    must("/0/0/3", m2m_lwm2m_client_set_opaque(c, now, m2m_path_resource(0, 0, 3),
                                               (const uint8_t *)identity, strlen(identity)));
    must("/0/0/5", m2m_lwm2m_client_set_opaque(c, now, m2m_path_resource(0, 0, 5), key, key_len));
    /* There is no session yet: the client is to ask for one. */
    must("no session", m2m_lwm2m_client_connection_failed(c, now, SERVER));
    return c;
}

/* Returns 1 when the client is no longer registered and does not want to be. */
static int handle_event(m2m_lwm2m_client *c, session *s, uint64_t now, const m2m_lwm2m_event *event) {
    switch (event->kind) {
    case M2M_LWM2M_CONNECT: session_begin(s, c, now, event->path); break;
    case M2M_LWM2M_REGISTERED: puts("registered"); break;
    case M2M_LWM2M_DEREGISTERED: puts("de-registered"); return 1;
    case M2M_LWM2M_REGISTRATION_FAILED:
        printf("registration failed, reason %d\n", (int)event->reason);
        return event->at_ms == M2M_NEVER;
    case M2M_LWM2M_EXECUTED:
        must("answer", m2m_lwm2m_client_answer_execute(c, now, event->id, M2M_COAP_CHANGED));
        break;
    default: break;
    }
    return 0;
}

int main(int argc, char **argv) {
    m2m_lwm2m_client *c;
    m2m_lwm2m_event event;
    session s;
    char uri[256];
    uint64_t now = now_ms(), next_measurement = 0, deadline, give_up = M2M_NEVER;
    int done = 0;

    if (argc != 6) fail("usage", "dtls_client HOST PORT NAME IDENTITY KEY");
    if (strlen(argv[4]) > KEY_MAX) fail("usage", "IDENTITY is at most 64 bytes");
    session_new(&s, udp_socket(argv[1], argv[2], 0));
    snprintf(uri, sizeof uri, "coaps://%s:%s", argv[1], argv[2]);
    c = make_client(now, argv[3], uri, argv[4], argv[5]);
    must("start", m2m_lwm2m_client_start(c, now));

    while (!done && now < give_up) {
        if (now >= next_measurement) {
            double celsius = 18 + (double)(now / 1000 % 30) * 0.2;
            must("measure", m2m_lwm2m_client_set_float(c, now, m2m_path_resource(3303, 0, 5700), celsius));
            next_measurement = now + 1000;
        }
        if (stop && give_up == M2M_NEVER) {
            must("deregister", m2m_lwm2m_client_deregister(c, now, SERVER));
            give_up = now + 5000;
        }
        while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) {
            if (handle_event(c, &s, now, &event)) done = 1;
        }
        session_send(&s, c, now);
        deadline = earlier(m2m_lwm2m_client_poll_timeout(c), session_deadline(&s));
        if (!done) wait_until(s.fd, now, earlier(earlier(deadline, next_measurement), give_up));
        now = now_ms();
        session_receive(&s, c, now);
        must("timeout", m2m_lwm2m_client_handle_timeout(c, now));
    }
    must("free", m2m_lwm2m_client_free(c));
    session_free(&s);
    close(s.fd);
    return done && stop ? 0 : 1;
}
