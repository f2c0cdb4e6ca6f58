/* What a client, a server and an endpoint can besides: values that are asked for, provisioning, profiles,
 * devices behind a gateway, single blocks, groups, tokens, units. */
#include "check.h"

enum { AT_SERVER = 7, AT_CLIENT = 1, A = 1, B = 2, GROUP = 3 };
static m2m_lwm2m_server *s;
static m2m_lwm2m_client *c;
static m2m_coap_endpoint *a, *b;
static uint64_t now;

static void carry(void) {
    uint8_t buf[2048];
    m2m_transmit out;
    int moved = 1;
    while (moved) {
        moved = 0;
        while (m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK(m2m_lwm2m_server_handle_datagram(s, now, AT_SERVER, buf, out.len) >= 0);
            moved = 1;
        }
        while (m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK(m2m_lwm2m_client_handle_datagram(c, now, AT_CLIENT, buf, out.len) >= 0);
            moved = 1;
        }
        now++;
    }
}

static m2m_lwm2m_server_event event_of(int32_t kind) {
    m2m_lwm2m_server_event event;
    do {
        carry();
        OK(m2m_lwm2m_server_poll_event(s, &event));
    } while (event.kind != kind);
    return event;
}

static double told;
static int wanted;

static void value_wanted(void *user, m2m_lwm2m_client *client, const m2m_lwm2m_event *event) {
    (void)user;
    wanted++;
    OK(m2m_lwm2m_client_set_float(client, now, event->path, told));
    OK(m2m_lwm2m_client_answer_value(client, now, event->path, M2M_COAP_CONTENT));
}

static int32_t read_value(uint64_t registration, m2m_lwm2m_client_handlers *handlers) {
    m2m_lwm2m_server_event event;
    uint64_t id;
    OK(m2m_lwm2m_server_read(s, now, registration, m2m_path_from("/3303/0/5700"), &id));
    carry();
    CHECK(m2m_lwm2m_client_dispatch(c, now, handlers, NULL) >= 0);
    event = event_of(M2M_LWM2M_SERVER_RESPONSE);
    if (event.code == M2M_COAP_CONTENT) {
        m2m_lwm2m_value value;
        size_t count;
        OK(m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, id, 0, &value, 1, &count));
        CHECK(count == 1 && value.real == told);
    }
    OK(m2m_lwm2m_server_release(s, M2M_LWM2M_OF_RESPONSE, id));
    return event.code;
}

static void asked(uint64_t registration) {
    const m2m_path path = m2m_path_from("/3303/0/5700");
    m2m_lwm2m_client_handlers handlers;
    m2m_lwm2m_event event;
    uint64_t id;
    memset(&handlers, 0, sizeof handlers);
    handlers.struct_size = sizeof handlers;
    handlers.value_wanted = value_wanted;
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_answer_value(c, now, path, M2M_COAP_CONTENT));
    OK(m2m_lwm2m_client_ask_when_read(c, now, path));
    IS(M2M_EXISTS, m2m_lwm2m_client_ask_when_read(c, now, path));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_ask_when_read(c, now, m2m_path_from("/3303/9/5700")));
    IS(M2M_NULL, m2m_lwm2m_client_ask_when_read(NULL, now, path));
    IS(M2M_INVALID, m2m_lwm2m_client_answer_value(c, now, path, M2M_COAP_CHANGED));
    IS(M2M_INVALID, m2m_lwm2m_client_answer_value(c, now, path, 256));
    told = 22.5;
    CHECK(read_value(registration, &handlers) == M2M_COAP_CONTENT && wanted == 1);
    told = 23.5;
    CHECK(read_value(registration, &handlers) == M2M_COAP_CONTENT && wanted == 2);
    /* Without a function for it, it is the last one. */
    handlers.value_wanted = NULL;
    CHECK(read_value(registration, &handlers) == M2M_COAP_CONTENT && wanted == 2);
    /* It cannot be told. */
    OK(m2m_lwm2m_server_read(s, now, registration, path, &id));
    carry();
    do {
        OK(m2m_lwm2m_client_poll_event(c, &event));
    } while (event.kind != M2M_LWM2M_VALUE_WANTED);
    CHECK(m2m_path_equal(event.path, path));
    OK(m2m_lwm2m_client_answer_value(c, now, path, M2M_COAP_SERVICE_UNAVAILABLE));
    CHECK(event_of(M2M_LWM2M_SERVER_RESPONSE).code == M2M_COAP_SERVICE_UNAVAILABLE);
    OK(m2m_lwm2m_server_release(s, M2M_LWM2M_OF_RESPONSE, id));
}

static void errors(void) {
    int64_t value = -1;
    OK(m2m_lwm2m_client_get_integer(c, m2m_path_from("/3/0/11/0"), &value));
    CHECK(value == 0);
    IS(M2M_OUT_OF_RANGE, m2m_lwm2m_client_add_error(c, now, 0));
    OK(m2m_lwm2m_client_add_error(c, now, 2));
    OK(m2m_lwm2m_client_get_integer(c, m2m_path_from("/3/0/11/0"), &value));
    CHECK(value == 2);
    OK(m2m_lwm2m_client_clear_error(c, now, 2));
    OK(m2m_lwm2m_client_get_integer(c, m2m_path_from("/3/0/11/0"), &value));
    CHECK(value == 0);
}

/* The account of a smartcard: TLV for /0 and /1. */
static void provisions(void) {
    static const uint8_t security[] = {0x08, 0x00, 0x0f, 0xc4, 0x00, 'c', 'o', 'a', 'p', 0xc1,
                                       0x01, 0x00, 0xc1, 0x02, 0x03, 0xc1, 0x0a, 0x65};
    static const uint8_t server[] = {0x08, 0x00, 0x0c, 0xc1, 0x00, 0x65, 0xc1, 0x01,
                                     0x3c, 0xc1, 0x06, 0x00, 0xc1, 0x07, 'U'};
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_client *made = NULL;
    int32_t state = -1;
    uint64_t at = 0;
    uint16_t ssid = 0;
    OK(m2m_lwm2m_client_new(&config, SEED, &made));
    OK(m2m_lwm2m_client_bootstrapping(made, &state, &at));
    CHECK(state == M2M_LWM2M_BOOTSTRAP_OFF && at == M2M_NEVER);
    IS(M2M_NULL, m2m_lwm2m_client_bootstrapping(made, NULL, &at));
    IS(M2M_INVALID, m2m_lwm2m_client_provision(made, 0, m2m_path_object(0), 11542, SEED, 3));
    IS(M2M_INVALID, m2m_lwm2m_client_provision(made, 0, m2m_path_object(0), -1, security, 1));
    IS(M2M_NULL, m2m_lwm2m_client_provision(made, 0, m2m_path_object(0), 11542, NULL, 1));
    OK(m2m_lwm2m_client_provision(made, 0, m2m_path_object(0), 11542, security, sizeof security));
    OK(m2m_lwm2m_client_provision(made, 0, m2m_path_object(1), 11542, server, sizeof server));
    OK(m2m_lwm2m_client_server_at(made, 0, &ssid));
    CHECK(ssid == 0x65);
    OK(m2m_lwm2m_client_add_bootstrap_server(made, 0, "coap://b", 5, 0));
    OK(m2m_lwm2m_client_bootstrap(made, 0));
    OK(m2m_lwm2m_client_bootstrapping(made, &state, &at));
    CHECK(state != M2M_LWM2M_BOOTSTRAP_OFF);
    OK(m2m_lwm2m_client_free(made));
}

static void profiles_and_children(uint64_t registration) {
    m2m_path found;
    char text[16];
    size_t len;
    uint64_t id = 7;
    IS(M2M_NULL, m2m_lwm2m_server_set_profile(s, NULL, "</3/0>"));
    IS(M2M_NULL, m2m_lwm2m_server_set_profile(s, "p", NULL));
    IS(M2M_INVALID, m2m_lwm2m_server_set_profile(s, "p", "no list"));
    OK(m2m_lwm2m_server_set_profile(s, "p", "</1/0>,</3/0>"));
    OK(m2m_lwm2m_server_profile_at(s, 0, text, sizeof text, &len));
    CHECK(strcmp(text, "p") == 0 && len == 1);
    IS(M2M_NOTHING, m2m_lwm2m_server_profile_at(s, 1, text, sizeof text, &len));
    OK(m2m_lwm2m_server_profile_link(s, 0, 1, &found));
    CHECK(m2m_path_equal(found, m2m_path_instance(3, 0)));
    IS(M2M_NOTHING, m2m_lwm2m_server_profile_link(s, 0, 2, &found));
    IS(M2M_NOTHING, m2m_lwm2m_server_profile_link(s, 1, 0, &found));
    OK(m2m_lwm2m_server_profile_alternate_path(s, 0, text, sizeof text, &len));
    CHECK(len == 0);
    IS(M2M_NOTHING, m2m_lwm2m_server_profile_alternate_path(s, 1, text, sizeof text, &len));
    OK(m2m_lwm2m_server_set_profile(s, "p", "</lw>;rt=\"oma.lwm2m\",</lw/3/0>"));
    OK(m2m_lwm2m_server_profile_alternate_path(s, 0, text, sizeof text, &len));
    CHECK(strcmp(text, "/lw") == 0);
    OK(m2m_lwm2m_server_remove_profile(s, "p"));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_remove_profile(s, "p"));
    IS(M2M_NULL, m2m_lwm2m_server_remove_profile(s, NULL));

    OK(m2m_lwm2m_server_find_peer(s, AT_SERVER, &id));
    CHECK(id == registration);
    IS(M2M_NOTHING, m2m_lwm2m_server_find_peer(s, 77, &id));
    IS(M2M_NOTHING, m2m_lwm2m_server_child_at(s, registration, 0, &id));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_survey(s, now, registration));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_add_child(s, now, 99, "d", "d", "</3/0>", &id));
    IS(M2M_NULL, m2m_lwm2m_server_add_child(s, now, registration, NULL, "d", "</3/0>", &id));
    IS(M2M_INVALID, m2m_lwm2m_server_add_child(s, now, registration, "d", "1", "</3/0>", &id));
    OK(m2m_lwm2m_server_add_child(s, now, registration, "d", "d1", "</3/0>,</3303/0>", &id));
    CHECK(event_of(M2M_LWM2M_SERVER_REGISTERED).registration == id);
    registration = id;
    id = 0;
    OK(m2m_lwm2m_server_find(s, "d", &id));
    CHECK(id == registration);
}

static void lwm2m(void) {
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_server_config of_server;
    m2m_lwm2m_server_account account;
    m2m_path path;
    uint64_t registration;
    size_t at;
    int objects = 0;
    OK(m2m_lwm2m_server_config_init(&of_server, sizeof of_server));
    OK(m2m_lwm2m_server_new(&of_server, SEED, &s));
    config.sms_number = "4917123456";
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    OK(m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(3303, 0)));
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));
    account.peer = AT_CLIENT;
    OK(m2m_lwm2m_client_add_server(c, now, &account));
    OK(m2m_lwm2m_client_start(c, now));
    registration = event_of(M2M_LWM2M_SERVER_REGISTERED).registration;
    {
        char text[16];
        size_t len;
        OK(m2m_lwm2m_server_parameter(s, registration, "sms", text, sizeof text, &len));
        CHECK(strcmp(text, "4917123456") == 0);
    }
    for (at = 0; m2m_lwm2m_server_link(s, registration, at, &path) == M2M_OK; at++) objects++;
    CHECK(objects >= 3);
    asked(registration);
    errors();
    provisions();
    profiles_and_children(registration);
    OK(m2m_lwm2m_client_free(c));
    config.alternate_path = "no path";
    IS(M2M_INVALID, m2m_lwm2m_client_new(&config, SEED, &c));
    config.alternate_path = "/lwm2m";
    config.profile = "p1";
    config.version = 9;
    IS(M2M_INVALID, m2m_lwm2m_client_new(&config, SEED, &c));
    config.version = M2M_LWM2M_1_2;
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_server_free(s));
}

/* Carries datagrams; those to the group come as such. */
static void carry_coap(void) {
    uint8_t buf[1152];
    m2m_transmit out;
    int moved = 1;
    while (moved) {
        moved = 0;
        while (m2m_coap_endpoint_poll_transmit(a, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK((out.peer == GROUP ? m2m_coap_endpoint_handle_multicast(b, now, A, buf, out.len)
                                     : m2m_coap_endpoint_handle_datagram(b, now, A, buf, out.len)) >=
                  0);
            moved = 1;
        }
        while (m2m_coap_endpoint_poll_transmit(b, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK(m2m_coap_endpoint_handle_datagram(a, now, B, buf, out.len) >= 0);
            moved = 1;
        }
    }
}

static m2m_coap_event next(m2m_coap_endpoint *e, int32_t kind) {
    m2m_coap_event event;
    carry_coap();
    OK(m2m_coap_endpoint_poll_event(e, &event));
    CHECK(event.kind == kind);
    return event;
}

static void blocks(void) {
    static uint8_t block[64];
    m2m_coap_request request;
    m2m_coap_response response;
    m2m_coap_message message;
    m2m_coap_event event;
    uint8_t token[8];
    uint64_t id, observer, at;
    size_t len, size;
    OK(m2m_coap_endpoint_block_size(b, &size));
    CHECK(size == 64 || size >= 128);
    OK(m2m_coap_request_init(&request, sizeof request));
    request.path = "large";
    request.block = 2;
    request.block_szx = 2;
    request.token = (const uint8_t *)"tok";
    request.token_len = 3;
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    OK(m2m_coap_endpoint_token(a, id, token, sizeof token, &len));
    CHECK(len == 3 && memcmp(token, "tok", 3) == 0);
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_token(a, 99, token, sizeof token, &len));
    event = next(b, M2M_COAP_REQUEST);
    OK(m2m_coap_endpoint_incoming(b, event.id, &message));
    CHECK(message.wanted_block == 2 && message.wanted_size == 64);
    OK(m2m_coap_response_init(&response, sizeof response));
    response.payload = block;
    response.payload_len = sizeof block;
    response.piece_total = 1000;
    response.piece_etag = 5;
    OK(m2m_coap_endpoint_respond(b, now, event.id, &response, &observer));
    event = next(a, M2M_COAP_DONE);
    CHECK(event.outcome == M2M_COAP_RESPONSE);
    OK(m2m_coap_endpoint_response(a, id, &message));
    CHECK(message.payload_len == 64 && message.block == 2 && message.more == 1);
    OK(m2m_coap_endpoint_release(a, id));
    request.block = 1 << 20;
    IS(M2M_INVALID, m2m_coap_endpoint_request(a, now, B, &request, &id));
    request.block = 0;
    request.block_szx = 7;
    IS(M2M_INVALID, m2m_coap_endpoint_request(a, now, B, &request, &id));
    request.block = -2;
    IS(M2M_INVALID, m2m_coap_endpoint_request(a, now, B, &request, &id));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_assemble(b, now, 99));
    OK(m2m_coap_endpoint_retry_at(a, B, &at));
    CHECK(at == M2M_NEVER);
}

static void groups(void) {
    m2m_coap_request request;
    m2m_coap_response response;
    m2m_coap_message message;
    m2m_coap_event event;
    uint64_t id, observer;
    OK(m2m_coap_request_init(&request, sizeof request));
    request.path = "lamp";
    IS(M2M_INVALID, m2m_coap_endpoint_request_group(a, now, GROUP, &request, &id));
    request.confirmable = 0;
    OK(m2m_coap_endpoint_request_group(a, now, GROUP, &request, &id));
    event = next(b, M2M_COAP_REQUEST);
    OK(m2m_coap_endpoint_incoming(b, event.id, &message));
    CHECK(message.multicast == 1);
    OK(m2m_coap_response_init(&response, sizeof response));
    response.payload = (const uint8_t *)"on";
    response.payload_len = 2;
    OK(m2m_coap_endpoint_respond(b, now, event.id, &response, &observer));
    now += 6000; /* leisure */
    OK(m2m_coap_endpoint_handle_timeout(b, now));
    event = next(a, M2M_COAP_GROUP_RESPONSE);
    CHECK(event.request == id && event.peer == B && event.id != id);
    OK(m2m_coap_endpoint_response(a, event.id, &message));
    CHECK(message.payload_len == 2);
    OK(m2m_coap_endpoint_release(a, event.id));
    now += 200000;
    OK(m2m_coap_endpoint_handle_timeout(a, now));
    event = next(a, M2M_COAP_DONE);
    CHECK(event.id == id && event.outcome == M2M_COAP_COLLECTED);
}

static void peers(void) {
    m2m_coap_config config;
    m2m_coap_request request;
    m2m_coap_event event;
    uint64_t id, resumed;
    int32_t believed = 9;
    uint8_t buf[256];
    m2m_transmit out;
    OK(m2m_coap_config_init(&config, sizeof config));
    config.parameters.ack_timeout_ms = 10000;
    config.parameters.ack_random_percent = 100;
    OK(m2m_coap_endpoint_set_parameters(a, B, &config.parameters));
    OK(m2m_coap_request_init(&request, sizeof request));
    OK(m2m_coap_endpoint_request(a, now, B, &request, &id));
    OK(m2m_coap_endpoint_poll_transmit(a, now, buf, sizeof buf, &out));
    CHECK(m2m_coap_endpoint_poll_timeout(a) == now + 10000);
    OK(m2m_coap_endpoint_stop_retransmission(a, now, id));
    CHECK(m2m_coap_endpoint_poll_timeout(a) > now + 10000);
    OK(m2m_coap_endpoint_cancel(a, now, id, M2M_COAP_FORGET));
    next(a, M2M_COAP_DONE);
    config.parameters.ack_timeout_ms = 1;
    IS(M2M_INVALID, m2m_coap_endpoint_set_parameters(a, B, &config.parameters));
    OK(m2m_coap_endpoint_set_parameters(a, B, NULL));
    OK(m2m_coap_endpoint_vouch_for(a, now, B, &believed));
    CHECK(believed == 1);
    /* An observation of before a restart. */
    IS(M2M_INVALID, m2m_coap_endpoint_resume_observation(a, now, B, &request, &resumed));
    request.observe = 1;
    request.token = (const uint8_t *)"old";
    request.token_len = 3;
    OK(m2m_coap_endpoint_resume_observation(a, now, B, &request, &resumed));
    {
        static const uint8_t notification[] = {0x53, 0x45, 0x12, 0x34, 'o', 'l',
                                               'd',  0x61, 0x09, 0xff, 'x'};
        OK(m2m_coap_endpoint_handle_datagram(a, now, B, notification, sizeof notification));
    }
    OK(m2m_coap_endpoint_poll_event(a, &event));
    CHECK(event.kind == M2M_COAP_NOTIFICATION && event.id == resumed);
}

static void units(void) {
    m2m_number out;
    OK(m2m_senml_convert(m2m_number_decimal(1296, -1), "km/h", "m/s", &out));
    CHECK(out.real == 36);
    IS(M2M_NOTHING, m2m_senml_convert(m2m_number_integer(1), "mV", "A", &out));
    IS(M2M_INVALID, m2m_senml_convert(m2m_number_decimal(1, 4000), "mV", "V", &out));
    IS(M2M_NULL, m2m_senml_convert(m2m_number_integer(1), NULL, "V", &out));
    IS(M2M_NULL, m2m_senml_convert(m2m_number_integer(1), "V", "V", NULL));
    OK(m2m_senml_unit_allowed("V", 10));
    IS(M2M_NOTHING, m2m_senml_unit_allowed("mV", 10));
    IS(M2M_NOTHING, m2m_senml_unit_allowed("furlong", 10));
    IS(M2M_NULL, m2m_senml_unit_allowed(NULL, 10));
}

int main(void) {
    m2m_coap_config config;
    static const uint8_t other[32] = {9};
    lwm2m();
    OK(m2m_coap_config_init(&config, sizeof config));
    OK(m2m_coap_endpoint_new(&config, SEED, &a));
    OK(m2m_coap_endpoint_new(&config, other, &b));
    blocks();
    groups();
    peers();
    OK(m2m_coap_endpoint_free(a));
    OK(m2m_coap_endpoint_free(b));
    units();
    puts("all of more.c passed");
    return 0;
}
