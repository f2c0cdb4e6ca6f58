/* Two CoAP endpoints and a TCP connection between them (RFC 8323), whose bytes come in pieces. */
#include "expect.h"

enum { A = 1, B = 2 }; /* what B calls A, and A calls B */
static const uint8_t SEED_A[32] = {1}, SEED_B[32] = {2};
static m2m_coap_endpoint *a, *b;
static uint64_t now = 5;

typedef struct {
    uint8_t bytes[16384];
    size_t len;
} wire;
static wire to_a, to_b;

static m2m_coap_endpoint *endpoint(const uint8_t *seed, uint32_t message_size) {
    m2m_coap_config config;
    m2m_stream_config streams;
    m2m_coap_endpoint *e = NULL;
    size_t plain, size, reserved;
    OK(m2m_coap_config_init(&config, sizeof config));
    OK(m2m_stream_config_init(&streams, sizeof streams));
    config.tag = 42;
    streams.connections = 2;
    streams.message_size = message_size;
    streams.keepalive_ms = 60000;
    IS(M2M_NULL, m2m_coap_endpoint_new_with_streams(&config, NULL, seed, &e));
    IS(M2M_NULL, m2m_coap_endpoint_new_with_streams(NULL, &streams, seed, &e));
    IS(M2M_NULL, m2m_coap_endpoint_new_with_streams(&config, &streams, NULL, &e));
    IS(M2M_NULL, m2m_coap_endpoint_new_with_streams(&config, &streams, seed, NULL));
    config.pool_size = 2048;
    IS(M2M_INVALID, m2m_coap_endpoint_new_with_streams(&config, &streams, seed, &e));
    config.pool_size = 48 * 1024;
    OK(m2m_coap_endpoint_new_with_streams(&config, &streams, seed, &e));
    CHECK(m2m_coap_endpoint_tag(e) == 42);
    OK(m2m_coap_arena_size(&config, &plain));
    OK(m2m_coap_arena_size_with_streams(&config, &streams, &size));
    OK(m2m_coap_endpoint_reserved_bytes(e, &reserved));
    CHECK(size >= reserved && size > plain + 2 * message_size);
    IS(M2M_NULL, m2m_coap_arena_size_with_streams(&config, &streams, NULL));
    return e;
}

static int flush(m2m_coap_endpoint *from, wire *to) {
    uint8_t buf[9000];
    m2m_transmit out;
    int moved = 0;
    while (m2m_coap_endpoint_poll_transmit(from, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(to->len + out.len <= sizeof to->bytes);
        memcpy(to->bytes + to->len, buf, out.len);
        to->len += out.len;
        moved = 1;
    }
    return moved;
}

static int read_some(m2m_coap_endpoint *to, uint64_t peer, wire *from) {
    size_t piece = from->len < 7 ? from->len : 7, taken = 99;
    uint8_t *exact;
    if (piece == 0) return 0;
    exact = malloc(piece);
    CHECK(exact != NULL);
    memcpy(exact, from->bytes, piece);
    OK(m2m_coap_endpoint_handle_stream(to, now, peer, exact, piece, &taken));
    free(exact);
    CHECK(taken <= piece);
    memmove(from->bytes, from->bytes + taken, from->len -= taken);
    return 1;
}

static void carry(void) {
    int moved = 1;
    while (moved) {
        moved = flush(a, &to_b);
        moved |= flush(b, &to_a);
        moved |= read_some(b, A, &to_b);
        moved |= read_some(a, B, &to_a);
    }
}

static m2m_coap_event event_of(m2m_coap_endpoint *e, int32_t kind) {
    m2m_coap_event event;
    carry();
    OK(m2m_coap_endpoint_poll_event(e, &event));
    CHECK(event.kind == kind);
    return event;
}

static void no_event(m2m_coap_endpoint *e) {
    m2m_coap_event event;
    carry();
    IS(M2M_NOTHING, m2m_coap_endpoint_poll_event(e, &event));
}

static void opens(void) {
    to_a.len = to_b.len = 0;
    OK(m2m_coap_endpoint_connected(a, now, B, M2M_STREAM_TCP));
    OK(m2m_coap_endpoint_connected(b, now, A, M2M_STREAM_TCP));
    carry();
}

static void closes(void) {
    OK(m2m_coap_endpoint_disconnected(a, now, B));
    OK(m2m_coap_endpoint_disconnected(b, now, A));
}

static m2m_coap_request get(const char *path) {
    m2m_coap_request request;
    OK(m2m_coap_request_init(&request, sizeof request));
    request.path = path;
    return request;
}

/* Longer than a datagram, and than one block: it comes in one message here. */
static uint8_t body[5000];

static void request_and_response(void) {
    m2m_coap_request request = get("body");
    m2m_coap_response response;
    m2m_coap_event event;
    m2m_coap_message message;
    static uint8_t back[sizeof body];
    uint64_t id, observer;
    size_t len, i;
    for (i = 0; i < sizeof body; i++) body[i] = (uint8_t)(i * 7);
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    event = event_of(b, M2M_COAP_REQUEST);
    CHECK(event.peer == A);
    OK(m2m_coap_endpoint_incoming(b, event.id, &message));
    CHECK(message.peer == A && message.confirmable == 1 && message.multicast == 0);
    CHECK(message.wanted_block == -1 && message.wanted_size == 0);
    OK(m2m_coap_response_init(&response, sizeof response));
    response.payload = body;
    response.payload_len = sizeof body;
    OK(m2m_coap_endpoint_respond(b, now, event.id, &response, &observer));
    event = event_of(a, M2M_COAP_DONE);
    CHECK(event.id == id && event.outcome == M2M_COAP_RESPONSE);
    OK(m2m_coap_endpoint_response_payload(a, id, back, sizeof back, &len));
    CHECK(len == sizeof body && memcmp(back, body, len) == 0);
    OK(m2m_coap_endpoint_release(a, id));
}

static void pings(void) {
    m2m_coap_event event;
    OK(m2m_coap_endpoint_ping_connection(a, now, B, 1));
    event = event_of(a, M2M_COAP_CONNECTION_PONG);
    CHECK(event.peer == B && event.custody == 1);
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_ping_connection(a, now, 77, 0));
    IS(M2M_NULL, m2m_coap_endpoint_ping_connection(NULL, now, B, 0));
}

static void releases(void) {
    static const uint8_t seconds[] = {30};
    const m2m_coap_option hold_off = {4, seconds, sizeof seconds};
    const m2m_coap_option wrong = {6, seconds, sizeof seconds};
    m2m_coap_request request = get("late");
    m2m_coap_message message;
    m2m_coap_event event;
    char text[16];
    uint8_t value[4];
    uint64_t id;
    size_t len;
    IS(M2M_NOTHING, m2m_coap_endpoint_signal(a, B, &message));
    IS(M2M_INVALID, m2m_coap_endpoint_release_connection(b, now, A, &wrong, 1, NULL));
    IS(M2M_NULL, m2m_coap_endpoint_release_connection(b, now, A, NULL, 1, NULL));
    IS(M2M_NOT_UTF8, m2m_coap_endpoint_release_connection(b, now, A, NULL, 0, "\xC3("));
    OK(m2m_coap_endpoint_release_connection(b, now, A, &hold_off, 1, "night"));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_release_connection(b, now, A, NULL, 0, NULL));
    event = event_of(a, M2M_COAP_CONNECTION_RELEASED);
    CHECK(event.peer == B);
    IS(M2M_NOT_ALLOWED, m2m_coap_endpoint_request(a, now, B, &request, &id));
    OK(m2m_coap_endpoint_signal(a, B, &message));
    CHECK(message.code == 0xe4 && message.peer == B && message.payload_len == 5);
    OK(m2m_coap_endpoint_signal_payload(a, B, (uint8_t *)text, sizeof text, &len));
    CHECK(len == 5 && memcmp(text, "night", 5) == 0);
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_endpoint_signal_payload(a, B, (uint8_t *)text, 4, &len));
    OK(m2m_coap_endpoint_signal_option(a, B, 4, 0, value, sizeof value, &len));
    CHECK(len == 1 && value[0] == 30);
    IS(M2M_NOTHING, m2m_coap_endpoint_signal_option(a, B, 2, 0, value, sizeof value, &len));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_signal_payload(a, 77, NULL, 0, &len));
    event = event_of(a, M2M_COAP_CONNECTION_CLOSE);
    CHECK(event.peer == B && event.reason == M2M_STREAM_CLOSE_RELEASED);
    closes();
    IS(M2M_NOTHING, m2m_coap_endpoint_signal(a, B, &message));
}

static void aborts(void) {
    m2m_coap_request request = get("slow");
    m2m_coap_message message;
    m2m_coap_event event;
    uint64_t id;
    opens();
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    event = event_of(b, M2M_COAP_REQUEST);
    OK(m2m_coap_endpoint_abort_connection(b, now, A, "bye"));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_abort_connection(b, now, A, NULL));
    carry();
    do {
        event = event_of(b, M2M_COAP_CONNECTION_CLOSE);
    } while (event.kind != M2M_COAP_CONNECTION_CLOSE);
    CHECK(event.peer == A && event.reason == M2M_STREAM_CLOSE_COMMAND);
    OK(m2m_coap_endpoint_signal(a, B, &message));
    CHECK(message.code == 0xe5 && message.payload_len == 3);
    event = event_of(a, M2M_COAP_DONE);
    CHECK(event.id == id && event.outcome == M2M_COAP_PEER_DOWN);
    event = event_of(a, M2M_COAP_CONNECTION_CLOSE);
    CHECK(event.reason == M2M_STREAM_CLOSE_ABORTED);
    closes();
    no_event(a);
}

static void goes_away(void) {
    m2m_coap_request request = get("gone");
    m2m_coap_event event;
    uint64_t id;
    opens();
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    OK(m2m_coap_endpoint_disconnected(a, now, B));
    OK(m2m_coap_endpoint_poll_event(a, &event));
    CHECK(event.kind == M2M_COAP_DONE && event.outcome == M2M_COAP_PEER_DOWN && event.id == id);
    OK(m2m_coap_endpoint_disconnected(b, now, A));
}

static void arguments(void) {
    static const uint8_t junk[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    m2m_coap_config config;
    m2m_coap_endpoint *without = NULL;
    m2m_coap_event event;
    size_t taken = 99;
    OK(m2m_coap_endpoint_connected(a, now, B, M2M_STREAM_TCP));
    IS(M2M_INVALID, m2m_coap_endpoint_connected(a, now, B, M2M_STREAM_TCP));
    IS(M2M_INVALID, m2m_coap_endpoint_connected(a, now, 8, 0));
    IS(M2M_INVALID, m2m_coap_endpoint_connected(a, now, 8, 3));
    OK(m2m_coap_endpoint_connected(a, now, 8, M2M_STREAM_WEBSOCKET));
    IS(M2M_FULL, m2m_coap_endpoint_connected(a, now, 9, M2M_STREAM_TCP));
    IS(M2M_NULL, m2m_coap_endpoint_connected(NULL, now, 9, M2M_STREAM_TCP));
    IS(M2M_NULL, m2m_coap_endpoint_handle_stream(a, now, B, NULL, 1, &taken));
    IS(M2M_NULL, m2m_coap_endpoint_handle_stream(a, now, B, junk, 1, NULL));
    CHECK(taken == 99);
    OK(m2m_coap_endpoint_handle_stream(a, now, 77, junk, sizeof junk, &taken));
    OK(m2m_coap_endpoint_handle_stream(a, now, B, junk, sizeof junk, &taken));
    CHECK(flush(a, &to_b)); /* an Abort */
    OK(m2m_coap_endpoint_poll_event(a, &event));
    CHECK(event.kind == M2M_COAP_CONNECTION_CLOSE && event.peer == B);
    CHECK(event.reason != M2M_STREAM_CLOSE_OTHER);
    OK(m2m_coap_endpoint_disconnected(a, now, B));
    OK(m2m_coap_endpoint_disconnected(a, now, 8));
    OK(m2m_coap_endpoint_disconnected(a, now, 8));
    OK(m2m_coap_config_init(&config, sizeof config));
    OK(m2m_coap_endpoint_new(&config, SEED_A, &without));
    IS(M2M_FULL, m2m_coap_endpoint_connected(without, now, B, M2M_STREAM_TCP));
    OK(m2m_coap_endpoint_free(without));
}

int main(void) {
    a = endpoint(SEED_A, 8448);
    b = endpoint(SEED_B, 8448);
    opens();
    no_event(a);
    request_and_response();
    pings();
    releases();
    aborts();
    goes_away();
    arguments();
    OK(m2m_coap_endpoint_free(a));
    OK(m2m_coap_endpoint_free(b));
    puts("all of coap_streams.c passed");
    return 0;
}
