/* A client and a server that is a few lines of CoAP: the verbs, every kind of event, executes and
 * the dispatcher. */
#include "check.h"

enum { PEER = 42, SSID = 123, POST = 2, PUT = 3, DELETE = 4 };

static uint64_t now = 1000;
static uint8_t buf[1152];
static m2m_transmit sent;
static uint16_t message_id = 1;

static void add_server(m2m_lwm2m_client *c) {
    m2m_lwm2m_server_account account;
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));
    account.ssid = SSID;
    account.peer = PEER;
    account.uri = "coap://[2001:db8::1]";
    account.lifetime_s = 60;
    OK(m2m_lwm2m_client_add_server(c, now, &account));
}

/* The next datagram has to be there. */
static void receive(m2m_lwm2m_client *c) {
    OK(m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &sent));
    CHECK(sent.peer == PEER && 4 <= sent.len && sent.len <= sizeof buf);
}

/* Acknowledges the confirmable request in buf with a code, a location if it is 2.01. */
static int32_t acknowledge(m2m_lwm2m_client *c, uint8_t code) {
    static const uint8_t location[] = {0x82, 'r', 'd', 0x01, '7'};
    uint8_t ack[32];
    size_t token = buf[0] & 15, len = 4 + token;
    CHECK((buf[0] & 0xF0) == 0x40);
    memcpy(ack, buf, len);
    ack[0] = (uint8_t)(0x60 | token);
    ack[1] = code;
    if (code == 0x41) {
        memcpy(ack + len, location, sizeof location);
        len += sizeof location;
    }
    return m2m_lwm2m_client_handle_datagram(c, now, PEER, ack, len);
}

/* Sends a request for a path of one-digit or longer segments, with text as its payload. */
static int32_t request(m2m_lwm2m_client *c, uint8_t method, const char *path, const char *payload) {
    uint8_t message[128] = {0x44, method, 0, 0, 't', 'o', 'k', 'n'};
    size_t at = 8, delta = 11;
    message[2] = (uint8_t)(message_id >> 8);
    message[3] = (uint8_t)message_id++;
    while (*path == '/') {
        size_t len = strcspn(++path, "/");
        message[at++] = (uint8_t)(delta << 4 | len);
        memcpy(message + at, path, len);
        at += len;
        path += len;
        delta = 0;
    }
    if (payload) {
        message[at++] = 0x10; /* Content-Format 0: text/plain */
        message[at++] = 0xFF;
        memcpy(message + at, payload, strlen(payload));
        at += strlen(payload);
    }
    return m2m_lwm2m_client_handle_datagram(c, now, PEER, message, at);
}

static m2m_lwm2m_event event_of(m2m_lwm2m_client *c, int32_t kind) {
    m2m_lwm2m_event event;
    OK(m2m_lwm2m_client_poll_event(c, &event));
    IS(kind, event.kind);
    CHECK(event.server == SSID);
    return event;
}

static void no_more(m2m_lwm2m_client *c) {
    m2m_lwm2m_event event;
    m2m_transmit transmit = {5, 5};
    IS(M2M_NOTHING, m2m_lwm2m_client_poll_event(c, &event));
    IS(M2M_NOTHING, m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &transmit));
    CHECK(transmit.peer == 5 && transmit.len == 5);
}

static int32_t state(m2m_lwm2m_client *c) {
    m2m_lwm2m_registration registration;
    OK(m2m_lwm2m_client_registration(c, SSID, &registration));
    return registration.state;
}

static m2m_lwm2m_client *registered(void) {
    m2m_lwm2m_client *c = client_of_tests();
    add_server(c);
    OK(m2m_lwm2m_client_start(c, now));
    receive(c);
    OK(acknowledge(c, 0x41));
    event_of(c, M2M_LWM2M_REGISTERED);
    return c;
}

static void registration(void) {
    m2m_lwm2m_client *c = client_of_tests();
    m2m_transmit transmit = {5, 5};
    add_server(c);
    no_more(c);
    CHECK(m2m_lwm2m_client_poll_timeout(c) == M2M_NEVER);
    IS(M2M_LWM2M_STATE_OFF, state(c));
    OK(m2m_lwm2m_client_start(c, now));
    IS(M2M_LWM2M_STATE_REGISTERING, state(c));

    /* A buffer that is too small loses nothing, and a NULL anywhere neither. */
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_client_poll_transmit(c, now, buf, 0, &transmit));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_client_poll_transmit(c, now, buf, 20, &transmit));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_client_poll_transmit(c, now, NULL, 0, &transmit));
    IS(M2M_NULL, m2m_lwm2m_client_poll_transmit(c, now, NULL, 1, &transmit));
    IS(M2M_NULL, m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, NULL));
    CHECK(transmit.peer == 5 && transmit.len == 5);
    receive(c);
    CHECK(m2m_lwm2m_client_poll_timeout(c) > now);
    CHECK(m2m_lwm2m_client_poll_timeout(c) <= now + 3000);
    OK(m2m_lwm2m_client_handle_timeout(c, now));
    no_more(c);

    /* The acknowledgement is lost, the request comes again. */
    size_t len = sent.len;
    uint16_t id = (uint16_t)(buf[2] << 8 | buf[3]);
    now = m2m_lwm2m_client_poll_timeout(c);
    OK(m2m_lwm2m_client_handle_timeout(c, now));
    receive(c);
    CHECK(sent.len == len && id == (uint16_t)(buf[2] << 8 | buf[3]));
    OK(acknowledge(c, 0x41));
    event_of(c, M2M_LWM2M_REGISTERED);
    no_more(c);
    IS(M2M_LWM2M_STATE_REGISTERED, state(c));

    OK(m2m_lwm2m_client_update(c, now, SSID));
    receive(c);
    OK(acknowledge(c, 0x44));
    event_of(c, M2M_LWM2M_UPDATED);
    IS(M2M_NULL, m2m_lwm2m_client_poll_event(c, NULL));

    OK(m2m_lwm2m_client_deregister(c, now, SSID));
    IS(M2M_LWM2M_STATE_DEREGISTERING, state(c));
    receive(c);
    CHECK(buf[1] == DELETE);
    OK(acknowledge(c, 0x42));
    event_of(c, M2M_LWM2M_DEREGISTERED);
    IS(M2M_LWM2M_STATE_OFF, state(c));

    /* Refused: the code and the time of the next attempt come with the event. */
    OK(m2m_lwm2m_client_register(c, now, SSID));
    receive(c);
    OK(acknowledge(c, 0x83));
    m2m_lwm2m_event event = event_of(c, M2M_LWM2M_REGISTRATION_FAILED);
    CHECK(event.reason == M2M_LWM2M_FAILED_RESPONSE && event.code == M2M_COAP_FORBIDDEN);
    CHECK(event.at_ms > now);
    if (event.at_ms != M2M_NEVER) {
        m2m_lwm2m_registration waiting;
        OK(m2m_lwm2m_client_registration(c, SSID, &waiting));
        CHECK(waiting.state == M2M_LWM2M_STATE_WAITING && waiting.at_ms == event.at_ms);
    }

    m2m_counters counters;
    OK(m2m_lwm2m_client_counters(c, &counters));
    CHECK(counters.received == 4 && counters.sent == 5 && counters.retransmitted == 1);
    IS(M2M_NULL, m2m_lwm2m_client_counters(c, NULL));
    OK(m2m_lwm2m_client_free(c));
}

static void datagrams(void) {
    m2m_lwm2m_client *c = registered();
    m2m_counters counters;
    const uint8_t garbage[] = {0xFF, 1, 2};
    IS(M2M_IGNORED, m2m_lwm2m_client_handle_datagram(c, now, PEER, garbage, sizeof garbage));
    IS(M2M_IGNORED, m2m_lwm2m_client_handle_datagram(c, now, PEER, NULL, 0));
    IS(M2M_NULL, m2m_lwm2m_client_handle_datagram(c, now, PEER, NULL, 1));
    IS(M2M_INVALID, m2m_lwm2m_client_handle_datagram(c, now, PEER, garbage, SIZE_MAX));
    OK(request(c, 1, "/3/0/16", NULL));
    receive(c);
    CHECK(buf[1] == 0x45 && buf[sent.len - 1] == 'U');
    message_id--;
    IS(M2M_DUPLICATE, request(c, 1, "/3/0/16", NULL));
    receive(c);
    CHECK(buf[1] == 0x45 && buf[sent.len - 1] == 'U');
    no_more(c);
    OK(m2m_lwm2m_client_counters(c, &counters));
    CHECK(counters.malformed == 2 && counters.duplicates == 1);
    OK(m2m_lwm2m_client_free(c));
}

static void writes(void) {
    m2m_lwm2m_client *c = registered();
    int64_t value = 0;
    OK(request(c, PUT, "/26241/0/2", "55"));
    receive(c);
    CHECK(buf[1] == 0x44);
    m2m_lwm2m_event event = event_of(c, M2M_LWM2M_WRITTEN);
    CHECK(m2m_path_equal(event.path, m2m_path_resource(OWN, 0, 2)));
    CHECK(event.id == 0 && event.code == 0 && event.reason == 0 && event.at_ms == M2M_NEVER);
    OK(m2m_lwm2m_client_get_integer(c, event.path, &value));
    CHECK(value == 55);

    /* Outside the range of C's definition, and where only Read is allowed. */
    request(c, PUT, "/26241/0/2", "101");
    receive(c);
    CHECK(buf[1] == M2M_COAP_BAD_REQUEST);
    request(c, PUT, "/26241/0/4", "1");
    receive(c);
    CHECK(buf[1] == M2M_COAP_METHOD_NOT_ALLOWED);
    no_more(c);

    OK(m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(OWN, 5)));
    receive(c); /* the Update that tells the server */
    OK(acknowledge(c, 0x44));
    event_of(c, M2M_LWM2M_UPDATED);
    OK(request(c, DELETE, "/26241/5", NULL));
    receive(c);
    CHECK(buf[1] == 0x42);
    event = event_of(c, M2M_LWM2M_DELETED);
    CHECK(m2m_path_equal(event.path, m2m_path_instance(OWN, 5)));
    OK(m2m_lwm2m_client_free(c));
}

static void executes(void) {
    m2m_lwm2m_client *c = registered();
    char text[32];
    size_t len = 77;
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_arguments(c, 0, text, sizeof text, &len));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_answer_execute(c, now, 0, M2M_COAP_CHANGED));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_answer_execute(c, now, UINT64_MAX, M2M_COAP_CHANGED));

    OK(request(c, POST, "/3/0/4", "0='soon',1"));
    m2m_lwm2m_event event = event_of(c, M2M_LWM2M_EXECUTED);
    CHECK(event.id != 0 && m2m_path_equal(event.path, m2m_path_from("/3/0/4")));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_client_arguments(c, event.id, text, 10, &len));
    CHECK(len == 77);
    OK(m2m_lwm2m_client_arguments(c, event.id, NULL, 0, &len));
    CHECK(len == 10);
    OK(m2m_lwm2m_client_arguments(c, event.id, text, 11, &len));
    CHECK(strcmp(text, "0='soon',1") == 0);
    IS(M2M_NULL, m2m_lwm2m_client_arguments(c, event.id, text, sizeof text, NULL));
    IS(M2M_NULL, m2m_lwm2m_client_arguments(c, event.id, NULL, 1, &len));
    const int32_t wrong[] = {0, 1, 0x41, 0x45, 0xC0, 256 + 0x44, -1, INT32_MIN};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        IS(M2M_INVALID, m2m_lwm2m_client_answer_execute(c, now, event.id, wrong[i]));
    }
    no_more(c);
    OK(m2m_lwm2m_client_answer_execute(c, now, event.id, M2M_COAP_CHANGED));
    receive(c);
    CHECK(buf[1] == M2M_COAP_CHANGED);

    /* The id is stale now, and stays so when another execute comes. */
    uint64_t stale = event.id;
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_answer_execute(c, now, stale, M2M_COAP_CHANGED));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_arguments(c, stale, text, sizeof text, &len));
    OK(request(c, POST, "/3/0/4", NULL));
    event = event_of(c, M2M_LWM2M_EXECUTED);
    CHECK(event.id != stale);
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_answer_execute(c, now, stale, M2M_COAP_CHANGED));
    OK(m2m_lwm2m_client_arguments(c, event.id, text, sizeof text, &len));
    CHECK(len == 0 && text[0] == 0);
    OK(m2m_lwm2m_client_answer_execute(c, now, event.id, M2M_COAP_BAD_REQUEST));
    receive(c);
    CHECK(buf[1] == M2M_COAP_BAD_REQUEST);
    OK(m2m_lwm2m_client_free(c));
}

struct seen {
    int written, executed, tag;
};

static void on_written(void *user, m2m_lwm2m_client *c, const m2m_lwm2m_event *event) {
    struct seen *seen = user;
    int64_t value = 0;
    m2m_lwm2m_client_handlers handlers;
    memset(&handlers, 0, sizeof handlers);
    handlers.struct_size = sizeof handlers;
    seen->written++;
    seen->tag = m2m_lwm2m_client_tag(c) == 0xFEDCBA9876543210u;
    /* Any call may be made here, except two. */
    OK(m2m_lwm2m_client_get_integer(c, event->path, &value));
    OK(m2m_lwm2m_client_set_float(c, now, m2m_path_resource(OWN, 0, 4), (double)value));
    IS(M2M_BUSY, m2m_lwm2m_client_free(c));
    IS(M2M_BUSY, m2m_lwm2m_client_dispatch(c, now, &handlers, NULL));
}

static void on_executed(void *user, m2m_lwm2m_client *c, const m2m_lwm2m_event *event) {
    struct seen *seen = user;
    seen->executed++;
    OK(m2m_lwm2m_client_answer_execute(c, now, event->id, M2M_COAP_CHANGED));
}

static void dispatcher(void) {
    m2m_lwm2m_client *c = registered();
    m2m_lwm2m_client_handlers handlers;
    struct seen seen = {0, 0, 0};
    double value = 0;
    memset(&handlers, 0, sizeof handlers);
    IS(M2M_INVALID, m2m_lwm2m_client_dispatch(c, now, &handlers, &seen));
    IS(M2M_NULL, m2m_lwm2m_client_dispatch(c, now, NULL, &seen));
    handlers.struct_size = sizeof handlers;
    IS(M2M_NOTHING, m2m_lwm2m_client_dispatch(c, now, &handlers, &seen));

    /* Nobody handles executes: the server hears so. */
    OK(request(c, POST, "/3/0/4", NULL));
    OK(m2m_lwm2m_client_dispatch(c, now, &handlers, &seen));
    receive(c);
    CHECK(buf[1] == M2M_COAP_METHOD_NOT_ALLOWED);

    handlers.written = on_written;
    handlers.executed = on_executed;
    OK(request(c, PUT, "/26241/0/2", "12"));
    receive(c);
    OK(request(c, POST, "/3/0/4", NULL));
    OK(m2m_lwm2m_client_dispatch(c, now, &handlers, &seen));
    receive(c);
    CHECK(buf[1] == M2M_COAP_CHANGED);
    CHECK(seen.written == 1 && seen.executed == 1 && seen.tag);
    OK(m2m_lwm2m_client_get_float(c, m2m_path_resource(OWN, 0, 4), &value));
    CHECK(value > 11.9 && value < 12.1);
    IS(M2M_NOTHING, m2m_lwm2m_client_dispatch(c, now, &handlers, &seen));
    OK(m2m_lwm2m_client_free(c));
}

int main(void) {
    registration();
    datagrams();
    writes();
    executes();
    dispatcher();
    puts("all of server.c passed");
    return 0;
}
