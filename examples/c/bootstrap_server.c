/* An LwM2M bootstrap server over UDP on POSIX, in one file.
 *
 *   bootstrap_server HOST PORT URI [ENDPOINT IDENTITY KEY]
 *
 * It gives whoever asks an account at the LwM2M server URI, in place of those it has, without security; and
 * the client ENDPOINT one with a pre-shared key. It prints what becomes of each. README.md says how to
 * build and try it. */
#define _POSIX_C_SOURCE 200809L
#define UDP_PEERS
#include "udp.h"

static const char *const OUTCOMES[] = {"is under way", "is done", "got a pack",
                                       "was refused",  "asks anew", "failed"};

/* The account, with a key or without. */
static m2m_lwm2m_bootstrap_account account_of(const char *uri, const char *identity,
                                              const char *key) {
    m2m_lwm2m_bootstrap_account account;
    must("account", m2m_lwm2m_bootstrap_account_init(&account, sizeof account));
    account.uri = uri;
    account.ssid = 101;
    account.lifetime_s = 300;
    if (key) {
        account.security_mode = M2M_LWM2M_PSK;
        account.identity = (const uint8_t *)identity;
        account.identity_len = strlen(identity);
        account.secret = (const uint8_t *)key;
        account.secret_len = strlen(key);
    }
    return account;
}

/* Sets what the clients of a rule are given: all that they have goes, one account comes. */
static void set_rule(m2m_lwm2m_bootstrap_server *b, int32_t kind, const char *name,
                     const m2m_lwm2m_bootstrap_account *account) {
    m2m_lwm2m_bootstrap_step steps[2];
    m2m_lwm2m_bootstrap_configuration configuration;
    memset(steps, 0, sizeof steps);
    steps[0].kind = M2M_LWM2M_STEP_DELETE;
    steps[0].path = m2m_path_from("/");
    steps[1].kind = M2M_LWM2M_STEP_ACCOUNT;
    steps[1].account = account;
    must("rule", m2m_lwm2m_bootstrap_configuration_init(&configuration, sizeof configuration));
    configuration.steps = steps;
    configuration.steps_len = 2;
    must("rule", m2m_lwm2m_bootstrap_server_set_configuration(b, kind, name, &configuration));
}

static void print_event(m2m_lwm2m_bootstrap_server *b, const m2m_lwm2m_bootstrap_event *event) {
    char name[256] = "?", path[M2M_PATH_SIZE];
    size_t len;
    m2m_lwm2m_bootstrap_server_endpoint(b, event->session, name, sizeof name, &len);
    must("path", m2m_path_format(event->path, path, sizeof path, &len));
    switch (event->kind) {
    case M2M_LWM2M_SESSION_STARTED: printf("%s asks\n", name); break;
    case M2M_LWM2M_SESSION_ANSWERED:
        printf("%s answered step %lu (%s) with %d.%02d\n", name, (unsigned long)event->step, path,
               (int)event->code >> 5, (int)event->code & 31);
        break;
    case M2M_LWM2M_SESSION_ENDED:
        printf("%s %s", name, OUTCOMES[event->outcome]);
        if (event->outcome == M2M_LWM2M_SESSION_FAILED)
            printf(" at step %lu, reason %ld", (unsigned long)event->step, (long)event->reason);
        putchar('\n');
        break;
    default: break;
    }
}

int main(int argc, char **argv) {
    static udp_peer peers[PEERS];
    m2m_lwm2m_bootstrap_server_config config;
    m2m_lwm2m_bootstrap_account account;
    m2m_lwm2m_bootstrap_server *b = NULL;
    m2m_lwm2m_bootstrap_event event;
    m2m_transmit out;
    uint8_t buf[2048], seed[32];
    uint64_t now = now_ms();
    int fd, replaced;

    if (argc != 4 && argc != 7)
        fail("usage", "bootstrap_server HOST PORT URI [ENDPOINT IDENTITY KEY]");
    fd = udp_socket(argv[1], argv[2], 1);
    random_bytes(seed, sizeof seed);
    must("config", m2m_lwm2m_bootstrap_server_config_init(&config, sizeof config));
    must("server", m2m_lwm2m_bootstrap_server_new(&config, seed, &b));
    account = account_of(argv[3], NULL, NULL);
    set_rule(b, M2M_LWM2M_RULE_PATTERN, "*", &account);
    if (argc == 7) {
        account = account_of(argv[3], argv[5], argv[6]);
        set_rule(b, M2M_LWM2M_RULE_ENDPOINT, argv[4], &account);
    }
    puts("listening");

    while (!stop) {
        while (must("event", m2m_lwm2m_bootstrap_server_poll_event(b, &event)) == M2M_OK) {
            print_event(b, &event);
        }
        while (must("send", m2m_lwm2m_bootstrap_server_poll_transmit(b, now, buf, sizeof buf,
                                                                     &out)) == M2M_OK) {
            udp_peer *to = &peers[out.peer];
            if (sendto(fd, buf, out.len, 0, (struct sockaddr *)&to->address, to->len) < 0)
                perror("sendto");
        }
        wait_until(fd, now, m2m_lwm2m_bootstrap_server_poll_timeout(b));
        now = now_ms();
        for (;;) {
            struct sockaddr_storage from;
            socklen_t from_len = sizeof from;
            uint64_t peer;
            ssize_t len = recvfrom(fd, buf, sizeof buf, MSG_DONTWAIT, (struct sockaddr *)&from,
                                   &from_len);
            if (len < 0) break;
            peer = udp_number(peers, &from, from_len, now, &replaced);
            if (replaced) m2m_lwm2m_bootstrap_server_forget_peer(b, now, peer);
            m2m_lwm2m_bootstrap_server_handle_datagram(b, now, peer, buf, (size_t)len);
        }
        must("timeout", m2m_lwm2m_bootstrap_server_handle_timeout(b, now));
    }
    must("free", m2m_lwm2m_bootstrap_server_free(b));
    close(fd);
    return 0;
}
