/* A weather station: an LwM2M client over UDP on POSIX, in one file.
 *
 *   posix_client HOST PORT NAME [SECRET]
 *
 * It registers under NAME, measures a temperature every second (/3303/0/5700), tells it to whoever
 * observes it, and de-registers on SIGINT or SIGTERM. With SECRET, 16 characters that the server knows too,
 * all messages are under OSCORE (RFC 8613). README.md says how to build and try it. */
#define _POSIX_C_SOURCE 200809L
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

enum { SERVER = 1, PEER = 1 }; /* any numbers: there is one server, at one address */

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

static int connect_to(const char *host, const char *port) {
    struct addrinfo hints, *list, *a;
    int fd = -1, error;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_DGRAM;
    error = getaddrinfo(host, port, &hints, &list);
    if (error) fail(host, gai_strerror(error));
    for (a = list; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0) fail(host, strerror(errno));
    return fd;
}

static void set_text(m2m_lwm2m_client *c, uint64_t now, const char *path, const char *text) {
    must(path, m2m_lwm2m_client_set_string(c, now, m2m_path_from(path), text, strlen(text)));
}

/* The keys of OSCORE: an instance of object 21, to which the account points. The client keeps no journal
 * here, so both ends agree upon new keys at each start. A device that has flash takes records in its
 * configuration and m2m_lwm2m_client_poll_journal() instead: its sequence numbers are among them. */
static void protect(m2m_lwm2m_client *c, uint64_t now, const char *secret) {
    const struct {
        uint16_t resource;
        const char *value;
    } keys[] = {{0, secret}, {1, "c"}, {2, "s"}}; /* secret, own id, the server's id */
    size_t i;
    must("/21/0", m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(21, 0)));
    for (i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        must("key", m2m_lwm2m_client_set_opaque(c, now,
                                                m2m_path_resource(21, 0, keys[i].resource),
                                                (const uint8_t *)keys[i].value,
                                                strlen(keys[i].value)));
    }
    must("/0/0/17", m2m_lwm2m_client_set_objlnk(c, now, m2m_path_from("/0/0/17"), 21, 0));
}

static m2m_lwm2m_client *make_client(uint64_t now, const char *name, const char *uri,
                                     const char *secret) {
    /* Temperature and OSCORE; 0, 1 and 3 are always there. */
    static const m2m_standard_object *const objects[] = {&m2m_object_3303, &m2m_object_21};
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client *c = NULL;
    uint8_t seed[32];
    FILE *random = fopen("/dev/urandom", "rb");
    if (!random || fread(seed, sizeof seed, 1, random) != 1) fail("/dev/urandom", strerror(errno));
    fclose(random);

    must("config", m2m_lwm2m_client_config_init(&config, sizeof config));
    config.endpoint_name = name;
    config.standard_objects = objects;
    config.standard_objects_len = secret ? 2 : 1;
    config.security_contexts = secret ? 1 : 0;
    must("client", m2m_lwm2m_client_new(&config, seed, &c));

    set_text(c, now, "/3/0/0", "Example Instruments");
    set_text(c, now, "/3/0/1", "Weather Station");
    must("/3303/0", m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(3303, 0)));
    set_text(c, now, "/3303/0/5701", "Cel");
    set_text(c, now, "/3303/0/5750", "roof"); /* Application Type: servers may write it */

    must("account", m2m_lwm2m_server_account_init(&account, sizeof account));
    account.ssid = SERVER;
    account.peer = PEER;
    account.uri = uri;
    account.lifetime_s = 300;
    must("server", m2m_lwm2m_client_add_server(c, now, &account));
    if (secret) protect(c, now, secret);
    return c;
}

/* One measurement, from 18 to 24 degrees and back within a minute. */
static void measure(m2m_lwm2m_client *c, uint64_t now) {
    int step = (int)(now / 1000 % 60);
    double value = 18 + (step < 30 ? step : 60 - step) * 0.2;
    must("measure", m2m_lwm2m_client_set_float(c, now, m2m_path_resource(3303, 0, 5700), value));
}

/* A server executes something. */
static void executed(m2m_lwm2m_client *c, uint64_t now, const m2m_lwm2m_event *event) {
    int32_t answer = M2M_COAP_CHANGED;
    char arguments[64] = "";
    size_t len;
    m2m_lwm2m_client_arguments(c, event->id, arguments, sizeof arguments, &len);
    if (m2m_path_equal(event->path, m2m_path_from("/3/0/4"))) {
        printf("reboot(%s)\n", arguments);
    } else {
        answer = M2M_COAP_METHOD_NOT_ALLOWED;
    }
    must("answer", m2m_lwm2m_client_answer_execute(c, now, event->id, answer));
}

/* Returns 1 when the client is no longer registered and does not want to be. */
static int handle_event(m2m_lwm2m_client *c, uint64_t now, const m2m_lwm2m_event *event) {
    char path[M2M_PATH_SIZE], text[64];
    size_t len;
    must("path", m2m_path_format(event->path, path, sizeof path, &len));
    switch (event->kind) {
    case M2M_LWM2M_REGISTERED: puts("registered"); break;
    case M2M_LWM2M_UPDATED: puts("updated"); break;
    case M2M_LWM2M_DISABLED: puts("disabled by the server"); break;
    case M2M_LWM2M_DEREGISTERED: puts("de-registered"); return 1;
    case M2M_LWM2M_REGISTRATION_FAILED:
        printf("registration failed, reason %d, code %d.%02d\n", (int)event->reason,
               event->code >> 5, event->code & 31);
        return event->at_ms == M2M_NEVER;
    case M2M_LWM2M_WRITTEN:
        if (m2m_lwm2m_client_get_string(c, event->path, text, sizeof text, &len) != M2M_OK)
            strcpy(text, "a new value");
        printf("%s is %s\n", path, text);
        break;
    case M2M_LWM2M_CONNECT: /* new keys: the socket is the same */
        must("peer", m2m_lwm2m_client_set_peer(c, now, event->server, PEER));
        break;
    case M2M_LWM2M_EXECUTED: executed(c, now, event); break;
    default: printf("%s: event %d\n", path, (int)event->kind);
    }
    return 0;
}

int main(int argc, char **argv) {
    struct sigaction action;
    struct pollfd pollfd;
    m2m_lwm2m_client *c;
    m2m_lwm2m_event event;
    m2m_transmit out;
    uint8_t buf[2048];
    char uri[256];
    uint64_t now = now_ms(), next_measurement = 0, deadline, give_up = M2M_NEVER;
    int done = 0;

    if (argc != 4 && argc != 5) fail("usage", "posix_client HOST PORT NAME [SECRET]");
    setvbuf(stdout, NULL, _IOLBF, 0);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal; /* no SA_RESTART: poll() returns */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    pollfd.fd = connect_to(argv[1], argv[2]);
    pollfd.events = POLLIN;
    snprintf(uri, sizeof uri, "coap://%s:%s", argv[1], argv[2]);
    c = make_client(now, argv[3], uri, argv[4]);
    must("start", m2m_lwm2m_client_start(c, now));

    while (!done && now < give_up) {
        /* What the application does by itself. */
        if (now >= next_measurement) {
            measure(c, now);
            next_measurement = now + 1000;
        }
        if (stop && give_up == M2M_NEVER) {
            must("deregister", m2m_lwm2m_client_deregister(c, now, SERVER));
            give_up = now + 5000;
        }
        /* What the client wants: tell events, send datagrams, be called again. */
        while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) {
            if (handle_event(c, now, &event)) done = 1;
        }
        while (must("send", m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out)) ==
               M2M_OK) {
            /* One that cannot be sent is a lost one: the client repeats it. */
            if (send(pollfd.fd, buf, out.len, 0) < 0) perror("send");
        }
        deadline = m2m_lwm2m_client_poll_timeout(c);
        if (deadline > next_measurement) deadline = next_measurement; /* a second at most */
        if (!done) poll(&pollfd, 1, deadline > now ? (int)(deadline - now) : 0);
        /* What happened meanwhile. */
        now = now_ms();
        for (;;) {
            ssize_t len = recv(pollfd.fd, buf, sizeof buf, MSG_DONTWAIT);
            if (len < 0) break;
            m2m_lwm2m_client_handle_datagram(c, now, PEER, buf, (size_t)len);
        }
        must("timeout", m2m_lwm2m_client_handle_timeout(c, now));
    }
    must("free", m2m_lwm2m_client_free(c));
    close(pollfd.fd);
    return done && stop ? 0 : 1;
}
