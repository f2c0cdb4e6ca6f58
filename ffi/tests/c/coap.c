/* Two CoAP endpoints and the network between them, which is two pointers. */
#include "expect.h"

enum { A = 1, B = 2 };
static const uint8_t SEED_A[32] = {1}, SEED_B[32] = {2};
static m2m_coap_endpoint *a, *b;
static uint64_t now;

static m2m_coap_endpoint *endpoint_with(const uint8_t *seed, uint32_t body_size) {
    m2m_coap_config config;
    m2m_coap_endpoint *e = NULL;
    OK(m2m_coap_config_init(&config, sizeof config));
    config.tag = 42;
    config.body_size = body_size;
    OK(m2m_coap_endpoint_new(&config, seed, &e));
    CHECK(m2m_coap_endpoint_tag(e) == 42);
    return e;
}

/* Carries all datagrams from one to the other. Counts them. */
static int carry(m2m_coap_endpoint *from, m2m_coap_endpoint *to, uint64_t self) {
    uint8_t buf[1152];
    m2m_transmit out;
    int count = 0;
    int32_t result;
    while ((result = m2m_coap_endpoint_poll_transmit(from, now, buf, sizeof buf, &out)) == M2M_OK) {
        uint8_t *exact = malloc(out.len);
        CHECK(exact != NULL);
        memcpy(exact, buf, out.len);
        CHECK(m2m_coap_endpoint_handle_datagram(to, now, self, exact, out.len) >= 0);
        free(exact);
        count++;
    }
    IS(M2M_NOTHING, result);
    return count;
}

static void quiet(void) {
    while (carry(a, b, A) + carry(b, a, B) > 0) now++;
}

static int next_event(m2m_coap_endpoint *e, m2m_coap_event *event) {
    int32_t result = m2m_coap_endpoint_poll_event(e, event);
    CHECK(result == M2M_OK || result == M2M_NOTHING);
    return result == M2M_OK;
}

static m2m_coap_request get(const char *path) {
    m2m_coap_request request;
    OK(m2m_coap_request_init(&request, sizeof request));
    request.path = path;
    return request;
}

static m2m_coap_response content(const char *text) {
    m2m_coap_response response;
    OK(m2m_coap_response_init(&response, sizeof response));
    response.content_format = 0;
    response.payload = (const uint8_t *)text;
    response.payload_len = strlen(text);
    return response;
}

/* The next event of B is a request: answers it, tells the observer. */
static uint64_t answer(const m2m_coap_response *response, const char *path, const char *query) {
    m2m_coap_event event;
    m2m_coap_message message;
    char text[64];
    size_t len;
    uint64_t observer = 99;
    quiet();
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_REQUEST && event.peer == A);
    OK(m2m_coap_endpoint_incoming(b, event.id, &message));
    CHECK(message.peer == A);
    OK(m2m_coap_endpoint_incoming_path(b, event.id, text, sizeof text, &len));
    CHECK(strcmp(text, path) == 0 && len == strlen(path));
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_endpoint_incoming_path(b, event.id, text, len, &len));
    OK(m2m_coap_endpoint_incoming_query(b, event.id, text, sizeof text, &len));
    CHECK(strcmp(text, query) == 0);
    OK(m2m_coap_endpoint_respond(b, now, event.id, response, &observer));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_respond(b, now, event.id, response, &observer));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_incoming(b, event.id, &message));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_incoming_payload(b, event.id, NULL, 0, &len));
    quiet();
    return observer;
}

static void is_text(uint64_t id, const char *text) {
    m2m_coap_message message;
    uint8_t buf[64];
    size_t len = 99;
    OK(m2m_coap_endpoint_response(a, id, &message));
    CHECK(message.code == M2M_COAP_CONTENT && message.content_format == 0 && message.peer == B);
    CHECK(message.payload_len == strlen(text));
    IS(M2M_BUFFER_TOO_SMALL,
       m2m_coap_endpoint_response_payload(a, id, buf, strlen(text) - 1, &len));
    CHECK(len == 99);
    OK(m2m_coap_endpoint_response_payload(a, id, buf, strlen(text), &len));
    CHECK(len == strlen(text) && memcmp(buf, text, len) == 0);
    OK(m2m_coap_endpoint_release(a, id));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_response(a, id, &message));
}

static void request_and_response(void) {
    m2m_coap_request request = get("/sensors/light");
    m2m_coap_response response = content("bright");
    m2m_coap_event event;
    uint64_t id = 0;
    uint8_t etag[] = {1, 2, 3}, buf[8];
    size_t len;
    m2m_coap_option options[] = {{M2M_COAP_ETAG, etag, sizeof etag}};
    request.query = "n=1&unit=lx";
    request.accept = 0;
    response.options = options;
    response.options_len = 1;
    response.max_age = 5;
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    CHECK(id != 0 && m2m_coap_endpoint_poll_timeout(a) == M2M_NEVER);
    CHECK(answer(&response, "/sensors/light", "n=1&unit=lx") == 0);
    CHECK(next_event(a, &event) && event.kind == M2M_COAP_DONE && event.id == id);
    CHECK(event.outcome == M2M_COAP_RESPONSE);
    OK(m2m_coap_endpoint_response_option(a, id, M2M_COAP_ETAG, 0, buf, sizeof buf, &len));
    CHECK(len == 3 && memcmp(buf, etag, 3) == 0);
    IS(M2M_NOTHING, m2m_coap_endpoint_response_option(a, id, M2M_COAP_ETAG, 1, buf, 8, &len));
    is_text(id, "bright");
    CHECK(!next_event(a, &event));
}

static void bodies_in_blocks(void) {
    static uint8_t large[5000], back[5000];
    m2m_coap_request request = get("store");
    m2m_coap_response response;
    m2m_coap_message message;
    m2m_coap_event event;
    uint64_t id, observer;
    size_t len;
    unsigned i;
    for (i = 0; i < sizeof large; i++) large[i] = (uint8_t)(i * 7);
    request.method = M2M_COAP_PUT;
    request.content_format = 42;
    request.payload = large;
    request.payload_len = sizeof large;
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    quiet();
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_REQUEST);
    OK(m2m_coap_endpoint_incoming(b, event.id, &message));
    CHECK(message.code == M2M_COAP_PUT && message.content_format == 42 && message.block == -1);
    CHECK(message.payload_len == sizeof large && message.confirmable == 1 && message.accept == -1);
    OK(m2m_coap_endpoint_incoming_payload(b, event.id, back, sizeof back, &len));
    CHECK(len == sizeof large && memcmp(large, back, len) == 0);
    OK(m2m_coap_response_init(&response, sizeof response));
    response.payload = back;
    response.payload_len = len;
    response.location_path = "/store/1";
    OK(m2m_coap_endpoint_respond(b, now, event.id, &response, &observer));
    memset(back, 0, sizeof back);
    quiet();
    CHECK(next_event(a, &event) && event.kind == M2M_COAP_DONE && event.id == id);
    OK(m2m_coap_endpoint_response_payload(a, id, back, sizeof back, &len));
    CHECK(len == sizeof large && memcmp(large, back, len) == 0);
    OK(m2m_coap_endpoint_response_option(a, id, M2M_COAP_LOCATION_PATH, 1, back, 9, &len));
    CHECK(len == 1 && back[0] == '1');
    OK(m2m_coap_endpoint_release(a, id));

    /* Block by block, in both directions. */
    request.payload_len = 0;
    request.upload_len = 3000;
    request.stream = 1;
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    for (i = 0; next_event(a, &event) && event.kind == M2M_COAP_BLOCK_WANTED; quiet()) {
        uint32_t offset, size;
        OK(m2m_coap_endpoint_wanted(a, id, &offset, &size));
        CHECK(offset == i);
        IS(M2M_INVALID, m2m_coap_endpoint_supply(a, now, id, large, size - 1));
        OK(m2m_coap_endpoint_supply(a, now, id, large + offset, size));
        IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_supply(a, now, id, large + offset, size));
        i += size;
    }
    CHECK(i == 3000);
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_REQUEST);
    OK(m2m_coap_endpoint_incoming_payload(b, event.id, back, sizeof back, &len));
    CHECK(len == 3000 && memcmp(large, back, len) == 0);
    response.payload = large;
    response.payload_len = 2500;
    OK(m2m_coap_endpoint_respond(b, now, event.id, &response, &observer));
    quiet();
    for (i = 0; next_event(a, &event); quiet()) {
        OK(m2m_coap_endpoint_response(a, id, &message));
        CHECK(message.offset == i && (message.more == 1) == (event.kind == M2M_COAP_BLOCK));
        i += (unsigned)message.payload_len;
        if (event.kind == M2M_COAP_DONE) break;
        OK(m2m_coap_endpoint_next_block(a, now, id));
    }
    CHECK(i == 2500 && event.kind == M2M_COAP_DONE);
    OK(m2m_coap_endpoint_release(a, id));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_next_block(a, now, id));
}

static void observation(void) {
    m2m_coap_request request = get("temperature");
    m2m_coap_response response = content("20.1");
    m2m_coap_event event;
    uint64_t id, observer;
    request.observe = 1;
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    response.observe = 1;
    observer = answer(&response, "/temperature", "");
    CHECK(observer != 0);
    CHECK(next_event(a, &event) && event.kind == M2M_COAP_NOTIFICATION && event.id == id);
    is_text(id, "20.1");
    response = content("20.2");
    response.confirmable = 1;
    OK(m2m_coap_endpoint_notify(b, now, observer, &response));
    OK(m2m_coap_endpoint_is_notifying(b, observer));
    quiet();
    IS(M2M_NOTHING, m2m_coap_endpoint_is_notifying(b, observer));
    CHECK(next_event(a, &event) && event.kind == M2M_COAP_NOTIFICATION && event.id == id);
    is_text(id, "20.2");
    IS(M2M_INVALID, m2m_coap_endpoint_cancel(a, now, id, 2));
    OK(m2m_coap_endpoint_cancel(a, now, id, M2M_COAP_DEREGISTER));
    quiet();
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_OBSERVER_GONE && event.id == observer);
    CHECK(event.reason == M2M_COAP_OBSERVER_DEREGISTERED);
    response = content("20.3");
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_notify(b, now, observer, &response));
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_REQUEST);
    OK(m2m_coap_endpoint_respond(b, now, event.id, &response, &observer));
    quiet();
    CHECK(next_event(a, &event) && event.kind == M2M_COAP_DONE && event.id == id);
    is_text(id, "20.3");
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_cancel(a, now, id, M2M_COAP_FORGET));
    OK(m2m_coap_endpoint_remove_observer(b, observer));
}

static void endings(void) {
    m2m_coap_request request = get("late");
    m2m_coap_event event;
    uint64_t id, second;
    uint8_t buf[1152];
    m2m_transmit out;
    m2m_counters counters;
    /* Nobody listens. */
    OK(m2m_coap_endpoint_request(a, now, 77, &request, &id));
    while (m2m_coap_endpoint_poll_timeout(a) != M2M_NEVER ||
           m2m_coap_endpoint_poll_transmit(a, now, buf, sizeof buf, &out) == M2M_OK) {
        while (m2m_coap_endpoint_poll_transmit(a, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK(out.peer == 77);
        }
        if (m2m_coap_endpoint_poll_timeout(a) == M2M_NEVER) break;
        now = m2m_coap_endpoint_poll_timeout(a);
        OK(m2m_coap_endpoint_handle_timeout(a, now));
    }
    CHECK(next_event(a, &event) && event.id == id && event.outcome == M2M_COAP_TIMED_OUT);
    OK(m2m_coap_endpoint_counters(a, &counters));
    CHECK(counters.retransmitted >= 4);
    OK(m2m_coap_endpoint_ping(a, now, B, &id));
    quiet();
    CHECK(next_event(a, &event) && event.id == id && event.outcome == M2M_COAP_PONG);
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    OK(m2m_coap_endpoint_request(a, now, B, &request, &second));
    OK(m2m_coap_endpoint_cancel(a, now, id, M2M_COAP_FORGET));
    CHECK(next_event(a, &event) && event.id == id && event.outcome == M2M_COAP_CANCELLED);
    OK(m2m_coap_endpoint_forget_peer(a, now, B));
    CHECK(next_event(a, &event) && event.id == second && event.outcome == M2M_COAP_PEER_DOWN);
    /* A request without an answer. */
    request.confirmable = 0;
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    quiet();
    while (next_event(b, &event)) {
        if (event.kind == M2M_COAP_REQUEST) OK(m2m_coap_endpoint_ignore(b, now, event.id));
    }
    OK(m2m_coap_endpoint_forget_peer(a, now, B));
    while (next_event(a, &event)) {
    }
    /* One that has to be repeated to show that it is fresh. */
    request.confirmable = 1;
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    quiet();
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_REQUEST);
    OK(m2m_coap_endpoint_challenge(b, now, event.id));
    quiet();
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_REQUEST);
    {
        m2m_coap_message message;
        OK(m2m_coap_endpoint_incoming(b, event.id, &message));
        CHECK(message.fresh == 1);
    }
    OK(m2m_coap_endpoint_ignore(b, now, event.id));
    OK(m2m_coap_endpoint_cancel(a, now, id, M2M_COAP_FORGET));
    quiet();
    while (next_event(a, &event)) {
    }
}

static m2m_coap_security security(const char *own, const char *other) {
    static const uint8_t secret[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    m2m_coap_security s;
    memset(&s, 0, sizeof s);
    s.struct_size = sizeof s;
    s.master_secret = secret;
    s.master_secret_len = sizeof secret;
    s.sender_id = (const uint8_t *)own;
    s.sender_id_len = strlen(own);
    s.recipient_id = (const uint8_t *)other;
    s.recipient_id_len = strlen(other);
    return s;
}

static void oscore(void) {
    m2m_coap_security for_a = security("a", "b"), for_b = security("b", "a");
    m2m_coap_request request = get("secret");
    m2m_coap_response response = content("hidden");
    m2m_coap_message message;
    m2m_coap_event event;
    uint64_t context_a, context_b, id, observer, third = 0;
    uint8_t buf[1152];
    m2m_transmit out;
    size_t at;
    OK(m2m_coap_endpoint_add_security_context(a, &for_a, &context_a));
    OK(m2m_coap_endpoint_add_security_context(b, &for_b, &context_b));
    OK(m2m_coap_endpoint_bind_security(a, B, context_a));
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    /* Not before the record is taken. */
    IS(M2M_NOTHING, m2m_coap_endpoint_poll_transmit(a, now, buf, sizeof buf, &out));
    CHECK(next_event(a, &event) && event.kind == M2M_COAP_SEQUENCE_RESERVED);
    CHECK(event.id == context_a && event.up_to > 0);
    OK(m2m_coap_endpoint_poll_transmit(a, now, buf, sizeof buf, &out));
    for (at = 0; at + 6 <= out.len; at++) CHECK(memcmp(buf + at, "secret", 6) != 0);
    OK(m2m_coap_endpoint_handle_datagram(b, now, A, buf, out.len));
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_SEQUENCE_RESERVED);
    CHECK(next_event(b, &event) && event.kind == M2M_COAP_REQUEST);
    OK(m2m_coap_endpoint_incoming(b, event.id, &message));
    CHECK(message.security == context_b);
    OK(m2m_coap_endpoint_respond(b, now, event.id, &response, &observer));
    OK(m2m_coap_endpoint_poll_transmit(b, now, buf, sizeof buf, &out));
    for (at = 0; at + 6 <= out.len; at++) CHECK(memcmp(buf + at, "hidden", 6) != 0);
    OK(m2m_coap_endpoint_handle_datagram(a, now, B, buf, out.len));
    CHECK(next_event(a, &event) && event.kind == M2M_COAP_DONE);
    OK(m2m_coap_endpoint_response(a, id, &message));
    CHECK(message.security == context_a);
    is_text(id, "hidden");
    /* By name, without binding; then without. */
    OK(m2m_coap_endpoint_bind_security(a, B, 0));
    request.security = context_a;
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    OK(m2m_coap_endpoint_remove_security_context(a, now, context_a));
    CHECK(next_event(a, &event) && event.id == id && event.outcome == M2M_COAP_PEER_DOWN);
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_request(a, now, B, &request, &id));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_bind_security(a, B, context_a));

    for_a.aead = 99;
    IS(M2M_INVALID, m2m_coap_endpoint_add_security_context(a, &for_a, &id));
    for_a = security("a", "a");
    IS(M2M_INVALID, m2m_coap_endpoint_add_security_context(a, &for_a, &id));
    for_a = security("a long id", "b");
    IS(M2M_TOO_LONG, m2m_coap_endpoint_add_security_context(a, &for_a, &id));
    for_a = security("a", "b");
    for_a.history = 3;
    IS(M2M_INVALID, m2m_coap_endpoint_add_security_context(a, &for_a, &id));
    for_a.history = M2M_COAP_STORED_KEYS;
    for_a.next = 128;
    OK(m2m_coap_endpoint_add_security_context(a, &for_a, &id));
    for_b = security("c", "d");
    OK(m2m_coap_endpoint_add_security_context(a, &for_b, &third));
    IS(M2M_FULL, m2m_coap_endpoint_add_security_context(a, &for_a, &id));
    OK(m2m_coap_endpoint_remove_security_context(a, now, third));
    OK(m2m_coap_endpoint_remove_security_context(a, now, third));
}

static void arguments(void) {
    m2m_coap_config config;
    m2m_coap_endpoint *e = NULL;
    m2m_coap_request request = get("a");
    m2m_coap_response response = content("b");
    m2m_coap_message message;
    m2m_coap_event event;
    m2m_transmit out;
    uint8_t buf[64], many[2000];
    uint64_t id = 7;
    uint32_t u32;
    size_t len;
    memset(many, 'x', sizeof many);

    OK(m2m_coap_config_init_small(&config, sizeof config));
    CHECK(config.message_size == 256);
    IS(M2M_NULL, m2m_coap_endpoint_new(NULL, SEED_A, &e));
    IS(M2M_NULL, m2m_coap_endpoint_new(&config, NULL, &e));
    IS(M2M_NULL, m2m_coap_endpoint_new(&config, SEED_A, NULL));
    config.message_size = 63;
    IS(M2M_INVALID, m2m_coap_endpoint_new(&config, SEED_A, &e));
    config.message_size = 65536;
    IS(M2M_INVALID, m2m_coap_endpoint_new(&config, SEED_A, &e));
    config.message_size = 256;
    config.understood_first = 65536;
    IS(M2M_INVALID, m2m_coap_endpoint_new(&config, SEED_A, &e));
    config.understood_first = 0;
    OK(m2m_coap_endpoint_new(&config, SEED_A, &e));
    OK(m2m_coap_endpoint_reserved_bytes(e, &len));
    CHECK(len > 1000 && len < 8000);

    IS(M2M_NULL, m2m_coap_endpoint_request(e, 0, 1, NULL, &id));
    IS(M2M_NULL, m2m_coap_endpoint_request(e, 0, 1, &request, NULL));
    IS(M2M_NULL, m2m_coap_endpoint_request(NULL, 0, 1, &request, &id));
    request.method = 0x45;
    IS(M2M_INVALID, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    request.method = 257;
    IS(M2M_INVALID, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    request = get("a");
    request.accept = 65536;
    IS(M2M_INVALID, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    request = get("\xC3(");
    IS(M2M_NOT_UTF8, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    request = get("a");
    request.payload_len = 1;
    IS(M2M_NULL, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    request = get("a");
    request.options_len = 1;
    IS(M2M_NULL, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    request = get("a");
    request.payload = many;
    request.payload_len = sizeof many;
    request.method = M2M_COAP_PUT;
    IS(M2M_TOO_LONG, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    {
        m2m_coap_option option = {M2M_COAP_PROXY_URI, many, 300}, own = {6, NULL, 0};
        request = get("a");
        request.options = &option;
        request.options_len = 1;
        IS(M2M_TOO_LONG, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
        request.options = &own;
        IS(M2M_INVALID, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
        option.value = NULL;
        request.options = &option;
        IS(M2M_NULL, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    }
    request = get("a");
    request.struct_size = 8;
    IS(M2M_INVALID, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    request = get("a");
    request.security = 5;
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    CHECK(id == 7);
    request = get("a");
    OK(m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    OK(m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    IS(M2M_FULL, m2m_coap_endpoint_request(e, 0, 1, &request, &id));
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_endpoint_poll_transmit(e, 0, buf, 3, &out));
    OK(m2m_coap_endpoint_poll_transmit(e, 0, buf, sizeof buf, &out));

    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_incoming(e, 123456789, &message));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_response(e, UINT64_MAX, &message));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_respond(e, 0, 0, &response, &id));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_notify(e, 0, 0, &response));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_challenge(e, 0, 0));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_cancel(e, 0, 0, M2M_COAP_FORGET));
    IS(M2M_NOTHING, m2m_coap_endpoint_wanted(e, id, &u32, &u32));
    IS(M2M_NULL, m2m_coap_endpoint_wanted(e, id, NULL, &u32));
    IS(M2M_NULL, m2m_coap_endpoint_notify(e, 0, 0, NULL));
    IS(M2M_NULL, m2m_coap_endpoint_poll_event(e, NULL));
    IS(M2M_NULL, m2m_coap_endpoint_poll_event(NULL, &event));
    IS(M2M_NULL, m2m_coap_endpoint_handle_datagram(e, 0, 1, NULL, 1));
    IS(M2M_IGNORED, m2m_coap_endpoint_handle_datagram(e, 0, 1, NULL, 0));
    CHECK(m2m_coap_endpoint_poll_timeout(NULL) == M2M_NEVER);
    CHECK(m2m_coap_endpoint_tag(NULL) == 0);
    OK(m2m_coap_endpoint_free(e));
    OK(m2m_coap_endpoint_free(NULL));
}

int main(void) {
    a = endpoint_with(SEED_A, 16384);
    b = endpoint_with(SEED_B, 16384);
    request_and_response();
    bodies_in_blocks();
    observation();
    endings();
    oscore();
    arguments();
    OK(m2m_coap_endpoint_free(a));
    OK(m2m_coap_endpoint_free(b));
    puts("all of coap.c passed");
    return 0;
}
