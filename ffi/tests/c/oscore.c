/* An LwM2M client, its bootstrap server and its server, all of whose messages are under OSCORE (RFC 8613). The
 * client's sequence numbers are records of its journal; the servers' are events. */
#include "check.h"

enum { BOOTSTRAP = 2, SERVER = 3, CLIENT = 9, SSID = 101 };
static m2m_lwm2m_bootstrap_server *b;
static m2m_lwm2m_server *s;
static m2m_lwm2m_client *c;
static uint64_t now = 1000;
static uint64_t server_numbers, bootstrap_numbers, context;

/* The journal of the client. */
static struct {
    uint64_t key;
    uint8_t bytes[512];
    size_t len;
} records[64];
static size_t kept;

static void keep(void) {
    uint8_t buf[512];
    uint64_t key;
    int32_t deleted;
    size_t len, at;
    while (m2m_lwm2m_client_poll_journal(c, &key, &deleted, buf, sizeof buf, &len) == M2M_OK) {
        for (at = 0; at < kept && records[at].key != key; at++) continue;
        if (at == kept) kept++;
        CHECK(kept <= COUNT(records));
        records[at].key = key;
        memcpy(records[at].bytes, buf, len);
        records[at].len = deleted ? 0 : len;
    }
}

/* A protected message has the option OSCORE, number 9, and shows nothing of what is in it. */
static void check_hidden(const uint8_t *buf, size_t len) {
    size_t at;
    for (at = 0; at + 5 <= len; at++) {
        CHECK(memcmp(buf + at, "ep=te", 5) != 0 && memcmp(buf + at, "lwm2m", 5) != 0);
    }
}

static void carry(void) {
    uint8_t buf[2048];
    m2m_transmit out;
    int moved = 1;
    while (moved) {
        moved = 0;
        keep();
        while (m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out) == M2M_OK) {
            check_hidden(buf, out.len);
            CHECK((out.peer == BOOTSTRAP
                       ? m2m_lwm2m_bootstrap_server_handle_datagram(b, now, CLIENT, buf, out.len)
                       : m2m_lwm2m_server_handle_datagram(s, now, CLIENT, buf, out.len)) >= 0);
            moved = 1;
            keep();
        }
        while (m2m_lwm2m_bootstrap_server_poll_transmit(b, now, buf, sizeof buf, &out) == M2M_OK) {
            check_hidden(buf, out.len);
            CHECK(m2m_lwm2m_client_handle_datagram(c, now, BOOTSTRAP, buf, out.len) >= 0);
            moved = 1;
        }
        while (m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out) == M2M_OK) {
            check_hidden(buf, out.len);
            CHECK(m2m_lwm2m_client_handle_datagram(c, now, SERVER, buf, out.len) >= 0);
            moved = 1;
        }
        now++;
    }
}

/* Until the server has an event of this kind. */
static m2m_lwm2m_server_event until(int32_t kind) {
    m2m_lwm2m_bootstrap_event of_bootstrap;
    m2m_lwm2m_server_event event;
    m2m_lwm2m_event of_client;
    int i;
    for (i = 0; i < 400; i++) {
        carry();
        while (m2m_lwm2m_client_poll_event(c, &of_client) == M2M_OK) {
            if (of_client.kind == M2M_LWM2M_CONNECT) {
                OK(m2m_lwm2m_client_set_peer(c, now, of_client.server,
                                             of_client.server ? SERVER : BOOTSTRAP));
            }
        }
        while (m2m_lwm2m_bootstrap_server_poll_event(b, &of_bootstrap) == M2M_OK) {
            if (of_bootstrap.kind == M2M_LWM2M_SESSION_SEQUENCE_RESERVED) {
                CHECK(of_bootstrap.security != 0 && of_bootstrap.session == 0);
                bootstrap_numbers = of_bootstrap.up_to;
            }
        }
        while (m2m_lwm2m_server_poll_event(s, &event) == M2M_OK) {
            if (event.kind == M2M_LWM2M_SERVER_SEQUENCE_RESERVED) {
                if (event.id != context) continue; /* of one that was replaced */
                CHECK(event.up_to > server_numbers);
                server_numbers = event.up_to;
            } else if (event.kind == kind) {
                return event;
            }
        }
        now += 250;
        OK(m2m_lwm2m_client_handle_timeout(c, now));
        OK(m2m_lwm2m_server_handle_timeout(s, now));
        OK(m2m_lwm2m_bootstrap_server_handle_timeout(b, now));
    }
    fprintf(stderr, "no event %d\n", (int)kind);
    exit(1);
}

static m2m_coap_security security(const char *own, const char *other) {
    static const uint8_t secret[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    m2m_coap_security made;
    memset(&made, 0, sizeof made);
    made.struct_size = sizeof made;
    made.master_secret = secret;
    made.master_secret_len = sizeof secret;
    made.sender_id = (const uint8_t *)own;
    made.sender_id_len = strlen(own);
    made.recipient_id = (const uint8_t *)other;
    made.recipient_id_len = strlen(other);
    return made;
}

static m2m_lwm2m_client_config config_of_client(void) {
    static const m2m_standard_object *const standard[] = {&m2m_object_3303, &m2m_object_21};
    m2m_lwm2m_client_config config = config_of_tests();
    config.standard_objects = standard;
    config.standard_objects_len = COUNT(standard);
    config.security_contexts = 2;
    config.records = 12;
    return config;
}

/* The keys of an instance of object 21, and the account that has them. */
static void keys(uint16_t instance, const char *own, const char *other, uint16_t account) {
    m2m_coap_security from = security(own, other);
    OK(m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(21, instance)));
    OK(m2m_lwm2m_client_set_opaque(c, now, m2m_path_resource(21, instance, 0), from.master_secret,
                                   from.master_secret_len));
    OK(m2m_lwm2m_client_set_opaque(c, now, m2m_path_resource(21, instance, 1), from.sender_id,
                                   from.sender_id_len));
    OK(m2m_lwm2m_client_set_opaque(c, now, m2m_path_resource(21, instance, 2), from.recipient_id,
                                   from.recipient_id_len));
    OK(m2m_lwm2m_client_set_objlnk(c, now, m2m_path_resource(0, account, 17), 21, instance));
}

static void servers(void) {
    m2m_lwm2m_server_config of_server;
    m2m_lwm2m_bootstrap_server_config of_bootstrap;
    m2m_coap_security given = security("s", "c"), wrong = security("x", "x");
    uint64_t id = 7;
    OK(m2m_lwm2m_server_config_init(&of_server, sizeof of_server));
    CHECK(of_server.security_contexts == 0 && of_server.parameters.ack_timeout_ms == 2000);
    of_server.security_contexts = 1;
    OK(m2m_lwm2m_server_new(&of_server, SEED, &s));
    IS(M2M_NULL, m2m_lwm2m_server_add_security_context(s, NULL, &given, &id));
    IS(M2M_NULL, m2m_lwm2m_server_add_security_context(s, "test", NULL, &id));
    IS(M2M_NULL, m2m_lwm2m_server_add_security_context(s, "test", &given, NULL));
    IS(M2M_NULL, m2m_lwm2m_server_add_security_context(NULL, "test", &given, &id));
    IS(M2M_INVALID, m2m_lwm2m_server_add_security_context(s, "", &given, &id));
    IS(M2M_INVALID, m2m_lwm2m_server_add_security_context(s, "test", &wrong, &id));
    CHECK(id == 7);
    OK(m2m_lwm2m_server_add_security_context(s, "other", &given, &id));
    IS(M2M_INVALID, m2m_lwm2m_server_add_security_context(s, "other", &given, &id));
    IS(M2M_FULL, m2m_lwm2m_server_add_security_context(s, "test", &given, &id));
    IS(M2M_UNKNOWN_ID,
       m2m_lwm2m_server_replace_security_context(s, now, id + 1, "test", &given, &context));
    OK(m2m_lwm2m_server_replace_security_context(s, now, id, "test", &given, &context));
    CHECK(context != id);
    OK(m2m_lwm2m_server_remove_security_context(s, now, id));

    OK(m2m_lwm2m_bootstrap_server_config_init(&of_bootstrap, sizeof of_bootstrap));
    of_bootstrap.security_contexts = 2;
    OK(m2m_lwm2m_bootstrap_server_new(&of_bootstrap, SEED, &b));
    given = security("bs", "c");
    OK(m2m_lwm2m_bootstrap_server_add_security_context(b, "other", &given, &id));
    OK(m2m_lwm2m_bootstrap_server_replace_security_context(b, now, id, "test", &given, &id));
    given = security("gone", "d");
    OK(m2m_lwm2m_bootstrap_server_add_security_context(b, "gone", &given, &id));
    OK(m2m_lwm2m_bootstrap_server_remove_security_context(b, now, id));
}

/* The account that the bootstrap server gives: with keys of its own. */
static void rule(void) {
    static m2m_lwm2m_item items[4];
    m2m_lwm2m_bootstrap_account account;
    m2m_lwm2m_bootstrap_configuration configuration;
    m2m_lwm2m_bootstrap_step steps[3];
    m2m_coap_security from = security("c", "s");
    m2m_lwm2m_item link;
    OK(m2m_lwm2m_bootstrap_account_init(&account, sizeof account));
    account.uri = "coap://server.example";
    account.ssid = SSID;
    memset(steps, 0, sizeof steps);
    memset(items, 0, sizeof items);
    memset(&link, 0, sizeof link);
    items[0].path = m2m_path_from("/21/1/0");
    items[0].type = M2M_OPAQUE;
    items[0].data = from.master_secret;
    items[0].len = from.master_secret_len;
    items[1].path = m2m_path_from("/21/1/1");
    items[1].type = M2M_OPAQUE;
    items[1].data = from.sender_id;
    items[1].len = from.sender_id_len;
    items[2].path = m2m_path_from("/21/1/2");
    items[2].type = M2M_OPAQUE;
    items[2].data = from.recipient_id;
    items[2].len = from.recipient_id_len;
    link.path = m2m_path_from("/0/1/17");
    link.type = M2M_OBJLNK;
    link.link[0] = 21;
    link.link[1] = 1;
    steps[0].kind = M2M_LWM2M_STEP_ACCOUNT;
    steps[0].account = &account;
    steps[0].instance = 1;
    steps[1].kind = M2M_LWM2M_STEP_WRITE;
    steps[1].path = m2m_path_from("/21/1");
    steps[1].items = items;
    steps[1].items_len = 3;
    steps[2].kind = M2M_LWM2M_STEP_WRITE;
    steps[2].path = m2m_path_from("/0/1/17");
    steps[2].items = &link;
    steps[2].items_len = 1;
    OK(m2m_lwm2m_bootstrap_configuration_init(&configuration, sizeof configuration));
    configuration.steps = steps;
    configuration.steps_len = COUNT(steps);
    OK(m2m_lwm2m_bootstrap_server_set_configuration(b, M2M_LWM2M_RULE_ENDPOINT, "test",
                                                    &configuration));
}

static uint64_t ask(uint64_t registration) {
    uint64_t id;
    OK(m2m_lwm2m_server_read(s, now, registration, m2m_path_from("/3/0"), &id));
    CHECK(until(M2M_LWM2M_SERVER_RESPONSE).code == M2M_COAP_CONTENT);
    OK(m2m_lwm2m_server_release(s, M2M_LWM2M_OF_RESPONSE, id));
    return id;
}

/* The sequence numbers of an instance of object 21; 0 if it makes no context. */
static uint64_t numbers_of(uint16_t wanted) {
    uint16_t instance;
    uint64_t up_to;
    size_t at;
    for (at = 0; m2m_lwm2m_client_sequence_numbers(c, at, &instance, &up_to) == M2M_OK; at++) {
        if (instance == wanted) return up_to;
    }
    return 0;
}

static void wrong_arguments(void) {
    uint16_t instance;
    uint64_t up_to;
    IS(M2M_NULL, m2m_lwm2m_client_sequence_numbers(c, 0, NULL, &up_to));
    IS(M2M_NULL, m2m_lwm2m_client_sequence_numbers(c, 0, &instance, NULL));
    IS(M2M_NULL, m2m_lwm2m_client_sequence_numbers(NULL, 0, &instance, &up_to));
    IS(M2M_NOTHING, m2m_lwm2m_client_sequence_numbers(c, 99, &instance, &up_to));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_restore_sequence_numbers(c, now, 99, 1));
    IS(M2M_NULL, m2m_lwm2m_client_restore_sequence_numbers(NULL, now, 1, 1));
}

/* From elsewhere comes no message that is not protected: neither side answers it. */
static void in_the_clear(void) {
    static const uint8_t read[] = {0x40, 0x01, 0x12, 0x34, 0xb1, '3'};
    uint8_t buf[2048];
    m2m_transmit out;
    CHECK(m2m_lwm2m_client_handle_datagram(c, now, SERVER, read, sizeof read) >= 0);
    OK(m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out));
    CHECK(out.len >= 4 && buf[1] >= 0x80); /* an error, and no more */
    IS(M2M_NOTHING, m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out));
}

static void after_a_restart(void) {
    m2m_lwm2m_client_config config = config_of_client();
    uint64_t before = numbers_of(1), next = 0;
    size_t at;
    m2m_counters counters;
    CHECK(before > 0);
    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    /* In ascending order of the keys. */
    for (;;) {
        size_t found = kept;
        for (at = 0; at < kept; at++) {
            if (records[at].key >= next && (found == kept || records[at].key < records[found].key))
                found = at;
        }
        if (found == kept) break;
        if (records[found].len > 0) {
            OK(m2m_lwm2m_client_restore(c, now, records[found].key, records[found].bytes,
                                        records[found].len));
        }
        next = records[found].key + 1;
    }
    CHECK(numbers_of(1) >= before);
    /* Numbers that somebody else used as well. */
    OK(m2m_lwm2m_client_restore_sequence_numbers(c, now, 1, before + 1000));
    OK(m2m_lwm2m_client_start(c, now));
    until(M2M_LWM2M_SERVER_UPDATED);
    CHECK(numbers_of(1) > before + 1000);
    OK(m2m_lwm2m_server_counters(s, &counters));
    CHECK(counters.insecure == 0 && counters.received > 0);
}

int main(void) {
    m2m_lwm2m_client_config config = config_of_client();
    uint64_t registration, id = 0;
    uint16_t ssid = 0;
    m2m_coap_security anew = security("s", "c");
    servers();
    rule();
    config.parameters.ack_timeout_ms = 3000;
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    wrong_arguments();
    IS(M2M_NOTHING, m2m_lwm2m_client_server_at(c, 0, &ssid));
    OK(m2m_lwm2m_client_add_bootstrap_server(c, now, "coap://bootstrap.example", 0, 0));
    keys(0, "c", "bs", 0);
    OK(m2m_lwm2m_client_start(c, now));
    registration = until(M2M_LWM2M_SERVER_REGISTERED).registration;
    CHECK(bootstrap_numbers > 0 && server_numbers > 0 && numbers_of(0) > 0 && numbers_of(1) > 0);
    OK(m2m_lwm2m_client_server_at(c, 0, &ssid));
    CHECK(ssid == SSID);
    IS(M2M_NOTHING, m2m_lwm2m_client_server_at(c, 1, &ssid));
    ask(registration);
    in_the_clear();
    after_a_restart();
    ask(registration);

    /* Without the keys the server asks for nothing. */
    OK(m2m_lwm2m_server_remove_security_context(s, now, context));
    OK(m2m_lwm2m_server_read(s, now, registration, m2m_path_from("/3/0"), &id));
    carry();
    /* With those that it had, and where it was. */
    anew.history = M2M_COAP_STORED_KEYS;
    anew.next = server_numbers;
    OK(m2m_lwm2m_server_add_security_context(s, "test", &anew, &context));

    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_server_free(s));
    OK(m2m_lwm2m_bootstrap_server_free(b));
    puts("all of oscore.c passed");
    return 0;
}
