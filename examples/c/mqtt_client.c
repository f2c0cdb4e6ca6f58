/* A weather station over MQTT (LwM2M Transport 1.2, section 8), by libmosquitto (libmosquitto-dev).
 *
 *   mqtt_client HOST PORT NAME [PREFIX]
 *
 * HOST and PORT are the broker's. All messages of the station and its server are publications on one topic,
 * [PREFIX/]lwm2m/rd/NAME. Between the client and the topic is a m2m_lwm2m_mqtt: what the client wants to send
 * becomes a publication, and a publication becomes a datagram for it. libmosquitto has the connection, whose
 * socket is in this program's poll(). The client asks for a connection (M2M_LWM2M_CONNECT) and is told when the
 * topic is subscribed to, or that the broker is gone; each subscription is another peer to it. */
#define _POSIX_C_SOURCE 200809L
#include "common.h"

#include <mosquitto.h>

enum {
    SERVER = 1,
    /* The longest body: there are no blocks in MQTT. */
    MESSAGE_MAX = 4096,
    /* Publications that the broker has not confirmed yet. */
    WAITING_MAX = 8,
    KEEPALIVE_S = 60,
    TICK_MS = 1000 /* how often libmosquitto wants to be called */
};

/* A publication that the broker has not confirmed, and what the client is told when it has. */
typedef struct {
    int id;
    uint8_t acknowledgement[4];
} unconfirmed;

typedef struct {
    m2m_lwm2m_client *client;
    m2m_lwm2m_mqtt mapping;
    struct mosquitto *broker;
    const char *host;
    int port;
    char topic[256];
    enum { CLOSED, CONNECTING, OPEN } state;
    /* The number of the subscription, and with it of the peer. */
    uint64_t peer;
    unconfirmed waiting[WAITING_MAX];
} station;

static void broker_must(const char *what, int result) {
    if (result != MOSQ_ERR_SUCCESS) fail(what, mosquitto_strerror(result));
}

/* The broker is gone: the client asks for it again when it wants to. */
static void lost(station *s, const char *why) {
    if (s->state == CLOSED) return;
    printf("no broker: %s\n", why);
    s->state = CLOSED;
    memset(s->waiting, 0, sizeof s->waiting);
    must("lost", m2m_lwm2m_client_connection_failed(s->client, now_ms(), SERVER));
}

/* What libmosquitto tells, from within its calls. */

static void on_connect(struct mosquitto *broker, void *user, int result) {
    station *s = user;
    if (result != 0)
        lost(s, mosquitto_connack_string(result));
    else
        broker_must("subscribe", mosquitto_subscribe(broker, NULL, s->topic, 1));
}

/* Whoever hears of the station from now on is heard. */
static void on_subscribe(struct mosquitto *broker, void *user, int id, int count, const int *granted) {
    station *s = user;
    (void)broker, (void)id;
    if (count < 1 || granted[0] > 2) {
        lost(s, "the topic is not for this station");
        return;
    }
    s->state = OPEN;
    s->peer++;
    printf("subscribed to %s\n", s->topic);
    must("peer", m2m_lwm2m_client_set_peer(s->client, now_ms(), SERVER, s->peer));
}

static void on_disconnect(struct mosquitto *broker, void *user, int result) {
    (void)broker;
    lost(user, result == 0 ? "closed" : mosquitto_strerror(result));
}

/* A publication: a message of the server's, or one of this station's own that comes back. */
static void on_message(struct mosquitto *broker, void *user, const struct mosquitto_message *message) {
    uint8_t datagram[MESSAGE_MAX + 64];
    size_t len;
    station *s = user;
    (void)broker;
    if (message->payloadlen <= 0) return;
    switch (m2m_lwm2m_mqtt_datagram(&s->mapping, message->payload, (size_t)message->payloadlen, NULL, NULL, datagram,
                                    sizeof datagram, &len)) {
    case M2M_OK: m2m_lwm2m_client_handle_datagram(s->client, now_ms(), s->peer, datagram, len); break;
    case M2M_NOTHING: break;
    default: puts("a publication that is none of LwM2M");
    }
}

/* The broker has a publication, so its receiver gets it: that is the client's acknowledgement. */
static void on_publish(struct mosquitto *broker, void *user, int id) {
    station *s = user;
    int i;
    (void)broker;
    for (i = 0; i < WAITING_MAX; i++) {
        if (s->waiting[i].id != id) continue;
        s->waiting[i].id = 0;
        m2m_lwm2m_client_handle_datagram(s->client, now_ms(), s->peer, s->waiting[i].acknowledgement, 4);
    }
}

/* Publishes a datagram of the client's. One that cannot be is a lost one: the client repeats it. */
static void publish(station *s, const uint8_t *datagram, size_t len) {
    uint8_t publication[MESSAGE_MAX];
    unconfirmed *slot = NULL;
    size_t written, acknowledgement;
    int i, id = 0;
    int32_t result =
        m2m_lwm2m_mqtt_publication(&s->mapping, datagram, len, publication, sizeof publication, &written);
    if (result < 0) printf("not for MQTT: %s\n", m2m_strerror(result));
    if (result != M2M_OK || s->state != OPEN) return;
    for (i = 0; i < WAITING_MAX; i++) {
        if (s->waiting[i].id == 0) slot = &s->waiting[i];
    }
    if (!slot || mosquitto_publish(s->broker, &id, s->topic, (int)written, publication, 1, false) != MOSQ_ERR_SUCCESS)
        return;
    if (m2m_lwm2m_mqtt_acknowledgement(datagram, len, slot->acknowledgement, sizeof slot->acknowledgement,
                                       &acknowledgement) == M2M_OK)
        slot->id = id;
}

/* It waits here until there is a connection of TCP; the rest comes by wait_until(). */
static void connect_to_broker(station *s) {
    int result = mosquitto_connect(s->broker, s->host, s->port, KEEPALIVE_S);
    s->state = CONNECTING;
    if (result != MOSQ_ERR_SUCCESS) lost(s, mosquitto_strerror(result));
}

static void make(station *s, const char *name, const char *uri, const char *prefix) {
    static const m2m_standard_object *const objects[] = {&m2m_object_3303};
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    uint64_t now = now_ms();
    uint8_t seed[32];
    size_t len;

    must("config", m2m_lwm2m_client_config_init(&config, sizeof config));
    config.endpoint_name = name;
    config.standard_objects = objects;
    config.standard_objects_len = 1;
    config.message_size = MESSAGE_MAX;
    random_bytes(seed, sizeof seed);
    must("client", m2m_lwm2m_client_new(&config, seed, &s->client));
    must("/3/0/0", m2m_lwm2m_client_set_string(s->client, now, m2m_path_from("/3/0/0"), "Example", 7));
    must("/3303/0", m2m_lwm2m_client_add_instance(s->client, now, m2m_path_instance(3303, 0)));
    must("account", m2m_lwm2m_server_account_init(&account, sizeof account));
    account.ssid = SERVER;
    account.uri = uri;
    account.lifetime_s = 300;
    account.version = M2M_LWM2M_1_2;
    account.binding = "M";
    must("server", m2m_lwm2m_client_add_server(s->client, now, &account));
    /* There is no connection yet: the client is to ask for one. */
    must("no broker", m2m_lwm2m_client_connection_failed(s->client, now, SERVER));

    must("mapping", m2m_lwm2m_mqtt_init(&s->mapping, M2M_LWM2M_MQTT_DEVICE, M2M_LWM2M_MQTT_REGISTRATION, 8));
    must("topic", m2m_lwm2m_mqtt_topic(prefix, M2M_LWM2M_MQTT_REGISTRATION, name, s->topic, sizeof s->topic, &len));

    mosquitto_lib_init();
    s->broker = mosquitto_new(name, true, s);
    if (!s->broker) fail("mosquitto", strerror(errno));
    mosquitto_connect_callback_set(s->broker, on_connect);
    mosquitto_subscribe_callback_set(s->broker, on_subscribe);
    mosquitto_disconnect_callback_set(s->broker, on_disconnect);
    mosquitto_message_callback_set(s->broker, on_message);
    mosquitto_publish_callback_set(s->broker, on_publish);
}

static void measure(m2m_lwm2m_client *c, uint64_t now) {
    int step = (int)(now / 1000 % 60);
    double value = 18 + (step < 30 ? step : 60 - step) * 0.2;
    must("measure", m2m_lwm2m_client_set_float(c, now, m2m_path_resource(3303, 0, 5700), value));
}

/* Returns 1 when the client is no longer registered and does not want to be. */
static int handle_event(station *s, uint64_t now, const m2m_lwm2m_event *event) {
    char path[M2M_PATH_SIZE], text[64];
    size_t len;
    switch (event->kind) {
    case M2M_LWM2M_CONNECT: connect_to_broker(s); break;
    case M2M_LWM2M_REGISTERED: puts("registered"); break;
    case M2M_LWM2M_UPDATED: puts("updated"); break;
    case M2M_LWM2M_DEREGISTERED: puts("de-registered"); return 1;
    case M2M_LWM2M_REGISTRATION_FAILED:
        printf("registration failed, reason %d, code %d.%02d\n", (int)event->reason, event->code >> 5,
               event->code & 31);
        return event->at_ms == M2M_NEVER;
    case M2M_LWM2M_WRITTEN:
        must("path", m2m_path_format(event->path, path, sizeof path, &len));
        if (m2m_lwm2m_client_get_string(s->client, event->path, text, sizeof text, &len) != M2M_OK)
            strcpy(text, "a new value");
        printf("%s is %s\n", path, text);
        break;
    case M2M_LWM2M_EXECUTED:
        puts("executed");
        must("answer", m2m_lwm2m_client_answer_execute(s->client, now, event->id, M2M_COAP_CHANGED));
        break;
    default: break;
    }
    return 0;
}

/* Waits until something comes from the broker, or until then; libmosquitto does what it has to. */
static void wait_until(station *s, uint64_t now, uint64_t until) {
    struct pollfd pollfd;
    int result = MOSQ_ERR_SUCCESS;
    pollfd.fd = mosquitto_socket(s->broker); /* -1 without a connection: poll() passes over it */
    pollfd.events = mosquitto_want_write(s->broker) ? POLLIN | POLLOUT : POLLIN;
    pollfd.revents = 0;
    poll(&pollfd, 1, until > now ? (int)(until - now) : 0);
    if (pollfd.fd < 0) return;
    if (pollfd.revents & POLLOUT) result = mosquitto_loop_write(s->broker, 1);
    if (result == MOSQ_ERR_SUCCESS && pollfd.revents & (POLLIN | POLLERR | POLLHUP))
        result = mosquitto_loop_read(s->broker, 1);
    if (result == MOSQ_ERR_SUCCESS) result = mosquitto_loop_misc(s->broker);
    if (result != MOSQ_ERR_SUCCESS) lost(s, mosquitto_strerror(result));
}

int main(int argc, char **argv) {
    static station s;
    m2m_lwm2m_event event;
    m2m_transmit out;
    uint8_t buf[MESSAGE_MAX + 64];
    char uri[256];
    uint64_t now = now_ms(), next_measurement = 0, deadline, give_up = M2M_NEVER;
    int done = 0;

    if (argc != 4 && argc != 5) fail("usage", "mqtt_client HOST PORT NAME [PREFIX]");
    begin();
    s.host = argv[1];
    s.port = atoi(argv[2]);
    snprintf(uri, sizeof uri, "mqtt://%s:%s", argv[1], argv[2]);
    make(&s, argv[3], uri, argv[4]);
    must("start", m2m_lwm2m_client_start(s.client, now));

    while (!done && now < give_up) {
        if (now >= next_measurement) {
            measure(s.client, now);
            next_measurement = now + 1000;
        }
        if (stop && give_up == M2M_NEVER) {
            must("deregister", m2m_lwm2m_client_deregister(s.client, now, SERVER));
            give_up = now + 5000;
        }
        while (m2m_lwm2m_client_poll_event(s.client, &event) == M2M_OK) {
            if (handle_event(&s, now, &event)) done = 1;
        }
        while (must("send", m2m_lwm2m_client_poll_transmit(s.client, now, buf, sizeof buf, &out)) == M2M_OK)
            publish(&s, buf, out.len);
        deadline = m2m_lwm2m_client_poll_timeout(s.client);
        if (deadline > next_measurement) deadline = next_measurement;
        if (deadline > now + TICK_MS) deadline = now + TICK_MS;
        if (!done) wait_until(&s, now, deadline);
        now = now_ms();
        must("timeout", m2m_lwm2m_client_handle_timeout(s.client, now));
    }
    s.state = CLOSED;
    mosquitto_disconnect(s.broker);
    mosquitto_destroy(s.broker);
    mosquitto_lib_cleanup();
    must("free", m2m_lwm2m_client_free(s.client));
    return done && stop ? 0 : 1;
}
