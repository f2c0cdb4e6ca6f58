/* An LwM2M client with a device behind it, its bootstrap server and its server, all over connections. */
#include "check.h"

/* The numbers of the connections, the same on both sides. */
enum { BOOTSTRAP = 2, SERVER = 3, SSID = 101 };
static m2m_lwm2m_bootstrap_server *b;
static m2m_lwm2m_server *s;
static m2m_lwm2m_client *c;
static uint64_t now = 1000;
static int connections;

/* One direction of a connection: what was sent and is not yet taken. */
typedef struct {
    uint8_t bytes[8192];
    size_t len;
} wire;
static wire up[4], down[4];

static void put(wire *to, const uint8_t *bytes, size_t len) {
    CHECK(to->len + len <= sizeof to->bytes);
    memcpy(to->bytes + to->len, bytes, len);
    to->len += len;
}

/* At most 7 bytes at a time: frames come in pieces. */
static void drop(wire *from, size_t taken) {
    CHECK(taken <= from->len);
    memmove(from->bytes, from->bytes + taken, from->len -= taken);
}

static void carry(void) {
    static uint8_t buf[9000];
    m2m_transmit out;
    size_t taken, piece;
    int moved = 1;
    while (moved) {
        moved = 0;
        while (m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out) == M2M_OK)
            put(&up[out.peer], buf, out.len);
        while (m2m_lwm2m_bootstrap_server_poll_transmit(b, now, buf, sizeof buf, &out) == M2M_OK)
            put(&down[BOOTSTRAP], buf, out.len);
        while (m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out) == M2M_OK)
            put(&down[SERVER], buf, out.len);
        for (int at = BOOTSTRAP; at <= SERVER; at++) {
            if (up[at].len > 0) {
                piece = up[at].len < 7 ? up[at].len : 7;
                OK(at == SERVER
                       ? m2m_lwm2m_server_handle_stream(s, now, 3, up[at].bytes, piece, &taken)
                       : m2m_lwm2m_bootstrap_server_handle_stream(b, now, 2, up[at].bytes, piece,
                                                                  &taken));
                drop(&up[at], taken);
                moved = 1;
            }
            if (down[at].len > 0) {
                piece = down[at].len < 7 ? down[at].len : 7;
                OK(m2m_lwm2m_client_handle_stream(c, now, (uint64_t)at, down[at].bytes, piece,
                                                  &taken));
                drop(&down[at], taken);
                moved = 1;
            }
        }
    }
}

/* Makes the connections that the client wants. */
static void client_events(void) {
    m2m_lwm2m_event event;
    while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) {
        uint64_t peer = event.server ? SERVER : BOOTSTRAP;
        if (event.kind != M2M_LWM2M_CONNECT) continue;
        up[peer].len = down[peer].len = 0;
        OK(m2m_lwm2m_client_connected(c, now, peer, M2M_STREAM_TCP));
        OK(event.server ? m2m_lwm2m_server_connected(s, now, peer, M2M_STREAM_TCP)
                        : m2m_lwm2m_bootstrap_server_connected(b, now, peer, M2M_STREAM_TCP));
        OK(m2m_lwm2m_client_set_peer(c, now, event.server, peer));
        connections++;
    }
}

/* Until the server has an event of this kind. */
static m2m_lwm2m_server_event until(int32_t kind) {
    m2m_lwm2m_server_event event;
    for (int i = 0; i < 400; i++) {
        client_events();
        carry();
        while (m2m_lwm2m_server_poll_event(s, &event) == M2M_OK) {
            if (event.kind == kind) return event;
        }
        now += 250;
        OK(m2m_lwm2m_client_handle_timeout(c, now));
        OK(m2m_lwm2m_server_handle_timeout(s, now));
        OK(m2m_lwm2m_bootstrap_server_handle_timeout(b, now));
    }
    fprintf(stderr, "no event %d\n", (int)kind);
    exit(1);
}

static void make(void) {
    static const m2m_standard_object *const standard[] = {&m2m_object_3303, &m2m_object_25};
    m2m_lwm2m_client_config of_client = config_of_tests();
    m2m_lwm2m_server_config of_server;
    m2m_lwm2m_bootstrap_server_config of_bootstrap;
    m2m_lwm2m_bootstrap_account account;
    m2m_lwm2m_bootstrap_step step;
    m2m_lwm2m_bootstrap_configuration configuration;
    m2m_stream_config streams;
    OK(m2m_stream_config_init(&streams, sizeof streams));
    CHECK(streams.connections == 16 && streams.message_size == 8448 && streams.keepalive_ms == 0);
    streams.connections = 1;
    OK(m2m_lwm2m_server_config_init(&of_server, sizeof of_server));
    OK(m2m_lwm2m_server_new_with_streams(&of_server, &streams, SEED, &s));
    OK(m2m_lwm2m_bootstrap_server_config_init(&of_bootstrap, sizeof of_bootstrap));
    OK(m2m_lwm2m_bootstrap_server_new_with_streams(&of_bootstrap, &streams, SEED, &b));
    streams.connections = 2;
    streams.message_size = 2048;
    of_client.standard_objects = standard;
    of_client.standard_objects_len = 2;
    of_client.devices = 2;
    of_client.device_objects = 4;
    of_client.pool_size = 16384;
    OK(m2m_lwm2m_client_new_with_streams(&of_client, &streams, SEED, &c));

    OK(m2m_lwm2m_bootstrap_account_init(&account, sizeof account));
    account.uri = "coap+tcp://server.example";
    account.ssid = SSID;
    account.binding = "T";
    memset(&step, 0, sizeof step);
    step.kind = M2M_LWM2M_STEP_ACCOUNT;
    step.account = &account;
    OK(m2m_lwm2m_bootstrap_configuration_init(&configuration, sizeof configuration));
    configuration.steps = &step;
    configuration.steps_len = 1;
    OK(m2m_lwm2m_bootstrap_server_set_configuration(b, M2M_LWM2M_RULE_ENDPOINT, "test",
                                                    &configuration));
    OK(m2m_lwm2m_client_add_bootstrap_server(c, now, "coap+tcp://bootstrap.example", 0, 0));
}

/* A thermometer behind the client. */
static m2m_path behind(void) {
    static const uint16_t objects[] = {3, 3303}, unknown[] = {3313};
    m2m_path instance = {9, {0, 0, 0, 0}}, other = instance, here, there;
    IS(M2M_NULL, m2m_lwm2m_client_add_device(c, now, NULL, "d1", objects, 2, &instance));
    IS(M2M_NULL, m2m_lwm2m_client_add_device(c, now, "urn:d1", NULL, objects, 2, &instance));
    IS(M2M_NULL, m2m_lwm2m_client_add_device(c, now, "urn:d1", "d1", NULL, 2, &instance));
    IS(M2M_NULL, m2m_lwm2m_client_add_device(c, now, "urn:d1", "d1", objects, 2, NULL));
    IS(M2M_NULL, m2m_lwm2m_client_add_device(NULL, now, "urn:d1", "d1", objects, 2, &instance));
    IS(M2M_INVALID, m2m_lwm2m_client_add_device(c, now, "urn:d1", "17", objects, 2, &instance));
    IS(M2M_UNKNOWN_OBJECT,
       m2m_lwm2m_client_add_device(c, now, "urn:d1", "d1", unknown, 1, &instance));
    CHECK(instance.len == 9);
    OK(m2m_lwm2m_client_add_device(c, now, "urn:d1", "d1", objects, 2, &instance));
    CHECK(m2m_path_equal(instance, m2m_path_instance(25, 0)));
    IS(M2M_EXISTS, m2m_lwm2m_client_add_device(c, now, "urn:d2", "d1", objects, 1, &other));

    here = other;
    IS(M2M_NOTHING, m2m_lwm2m_client_path_behind(c, instance, m2m_path_object(3313), &here));
    IS(M2M_INVALID, m2m_lwm2m_client_path_behind(c, other, m2m_path_object(3303), &here));
    IS(M2M_NULL, m2m_lwm2m_client_path_behind(c, instance, m2m_path_object(3303), NULL));
    CHECK(here.len == 9);
    OK(m2m_lwm2m_client_path_behind(c, instance, m2m_path_instance(3303, 0), &here));
    OK(m2m_lwm2m_client_add_instance(c, now, here));
    here.len = 3;
    here.ids[2] = 5700;
    OK(m2m_lwm2m_client_set_float(c, now, here, -4.5));
    OK(m2m_lwm2m_client_device_behind(c, here, &other, &there));
    CHECK(m2m_path_equal(other, instance));
    CHECK(m2m_path_equal(there, m2m_path_resource(3303, 0, 5700)));
    IS(M2M_NOTHING, m2m_lwm2m_client_device_behind(c, m2m_path_object(3), &other, &there));
    IS(M2M_NULL, m2m_lwm2m_client_device_behind(c, here, &other, NULL));
    return instance;
}

/* The gateway's registration, and then that of the device behind it, whose value is read. */
static void registers(void) {
    m2m_lwm2m_server_event event = until(M2M_LWM2M_SERVER_REGISTERED);
    m2m_lwm2m_registered_client r;
    m2m_lwm2m_value value;
    uint64_t gateway = event.registration, device, id;
    char name[32];
    size_t len;
    OK(m2m_lwm2m_server_registration(s, gateway, &r));
    CHECK(r.peer == SERVER && r.gateway == 0 && connections == 2);
    event = until(M2M_LWM2M_SERVER_REGISTERED);
    device = event.registration;
    OK(m2m_lwm2m_server_registration(s, device, &r));
    CHECK(r.gateway == gateway);
    OK(m2m_lwm2m_server_endpoint(s, device, name, sizeof name, &len));
    CHECK(strcmp(name, "urn:d1") == 0);
    OK(m2m_lwm2m_server_read(s, now, device, m2m_path_resource(3303, 0, 5700), &id));
    event = until(M2M_LWM2M_SERVER_RESPONSE);
    CHECK(event.id == id && event.code == M2M_COAP_CONTENT);
    OK(m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, id, 0, &value, 1, &len));
    CHECK(len == 1 && value.type == M2M_FLOAT && value.real == -4.5);
    OK(m2m_lwm2m_server_release(s, M2M_LWM2M_OF_RESPONSE, id));
}

/* A connection that ends is made again, and the registration goes on. */
static void goes_on(void) {
    m2m_lwm2m_server_event event;
    OK(m2m_lwm2m_client_disconnected(c, now, SERVER));
    OK(m2m_lwm2m_server_disconnected(s, now, SERVER));
    up[SERVER].len = down[SERVER].len = 0;
    event = until(M2M_LWM2M_SERVER_UPDATED);
    (void)event;
    CHECK(connections == 3);
}

/* What is no CoAP ends a connection: the server wants it closed. */
static void broken(void) {
    m2m_lwm2m_bootstrap_event event;
    m2m_lwm2m_server_event of_server;
    uint8_t buf[256];
    m2m_transmit out;
    size_t taken = 77;
    OK(m2m_lwm2m_bootstrap_server_disconnected(b, now, BOOTSTRAP));
    OK(m2m_lwm2m_bootstrap_server_connected(b, now, 8, M2M_STREAM_TCP));
    IS(M2M_FULL, m2m_lwm2m_bootstrap_server_connected(b, now, 9, M2M_STREAM_TCP));
    IS(M2M_INVALID, m2m_lwm2m_bootstrap_server_connected(b, now, 9, 3));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_handle_stream(b, now, 8, NULL, 1, &taken));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_handle_stream(b, now, 8, SEED, 1, NULL));
    CHECK(taken == 77);
    OK(m2m_lwm2m_bootstrap_server_handle_stream(b, now, 8, (const uint8_t *)"\x00\x45", 2, &taken));
    /* It is told why, by an Abort. */
    while (m2m_lwm2m_bootstrap_server_poll_transmit(b, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(out.peer == 8);
    }
    do {
        OK(m2m_lwm2m_bootstrap_server_poll_event(b, &event));
    } while (event.kind != M2M_LWM2M_SESSION_CLOSE);
    CHECK(event.peer == 8 && event.reason == M2M_STREAM_CLOSE_NO_CSM);
    OK(m2m_lwm2m_bootstrap_server_disconnected(b, now, 8));

    OK(m2m_lwm2m_server_handle_stream(s, now, SERVER, (const uint8_t *)"\xF0\xFF\xFF\xFF\xFF\1",
                                      6, &taken));
    while (m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(out.peer == SERVER);
    }
    do {
        OK(m2m_lwm2m_server_poll_event(s, &of_server));
    } while (of_server.kind != M2M_LWM2M_SERVER_CLOSE);
    CHECK(of_server.id == SERVER);
}

static void without(void) {
    m2m_lwm2m_client *plain = client_of_tests();
    m2m_stream_config streams;
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_client *other = NULL;
    OK(m2m_stream_config_init(&streams, sizeof streams));
    CHECK(m2m_lwm2m_client_connected(plain, now, 1, M2M_STREAM_TCP) < 0);
    OK(m2m_lwm2m_client_free(plain));
    IS(M2M_NULL, m2m_lwm2m_client_new_with_streams(&config, NULL, SEED, &other));
    IS(M2M_NULL, m2m_lwm2m_client_new_with_streams(NULL, &streams, SEED, &other));
    streams.connections = 65536;
    IS(M2M_INVALID, m2m_lwm2m_client_new_with_streams(&config, &streams, SEED, &other));
    IS(M2M_NULL, m2m_stream_config_init(NULL, 0));
    config.devices = 256;
    OK(m2m_stream_config_init(&streams, sizeof streams));
    IS(M2M_INVALID, m2m_lwm2m_client_new_with_streams(&config, &streams, SEED, &other));
    CHECK(other == NULL);
}

int main(void) {
    m2m_path device;
    without();
    make();
    device = behind();
    OK(m2m_lwm2m_client_start(c, now));
    registers();
    goes_on();
    OK(m2m_lwm2m_client_remove(c, now, device));
    until(M2M_LWM2M_SERVER_DEREGISTERED);
    broken();
    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_server_free(s));
    OK(m2m_lwm2m_bootstrap_server_free(b));
    puts("all of streams.c passed");
    return 0;
}
