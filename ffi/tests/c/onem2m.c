/* The AE of oneM2M, with a CSE that says what the test has it say. */
#include "expect.h"

static const uint8_t SEED[32] = {1};
static m2m_onem2m_ae *ae;
static uint64_t now;
static char sent[2048];

/* Takes the next message, and gives its id. */
static uint64_t next_message(void) {
    m2m_onem2m_outgoing out = {0, 0, 0};
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_ae_poll_outgoing(ae, now, (uint8_t *)sent, 5, &out));
    OK(m2m_onem2m_ae_poll_outgoing(ae, now, (uint8_t *)sent, sizeof sent - 1, &out));
    CHECK(out.id != 0 && out.len < sizeof sent && out.is_long == 0);
    sent[out.len] = 0;
    CHECK(strstr(sent, "\r\nHost: cse.example:8080\r\n") != NULL);
    return out.id;
}

static int has(const char *text) { return strstr(sent, text) != NULL; }

/* The value of a header of the message that was sent. */
static const char *header_of(const char *name) {
    static char value[128];
    const char *at = strstr(sent, name);
    size_t len;
    CHECK(at != NULL);
    at += strlen(name) + 2;
    len = strcspn(at, "\r");
    CHECK(len < sizeof value);
    memcpy(value, at, len);
    value[len] = 0;
    return value;
}

static int32_t answer_with(uint64_t id, int status, int rsc, const char *content) {
    char message[1024];
    int len = snprintf(message, sizeof message,
                       "HTTP/1.1 %d \r\ncontent-length: %u\r\nContent-Type: application/json\r\n"
                       "X-M2M-RSC: %d\r\nX-M2M-RI: %s\r\nX-M2M-RVI: 3\r\n\r\n%s",
                       status, (unsigned)strlen(content), rsc, header_of("X-M2M-RI"), content);
    CHECK(len > 0 && (size_t)len < sizeof message);
    return m2m_onem2m_ae_handle_response(ae, now, id, (const uint8_t *)message, (size_t)len);
}

static m2m_onem2m_event next_event(int32_t kind) {
    m2m_onem2m_event event;
    OK(m2m_onem2m_ae_poll_event(ae, &event));
    CHECK(event.kind == kind);
    return event;
}

static m2m_onem2m_ae_config config_of_ae(void) {
    m2m_onem2m_ae_config config;
    OK(m2m_onem2m_ae_config_init(&config, sizeof config));
    config.cse_base = "cse-in";
    config.originator = "Cthermometer";
    config.app_id = "Nthermometer";
    config.name = "thermometer";
    config.host = "cse.example:8080";
    config.tag = 12;
    return config;
}

static m2m_onem2m_request request_of(int32_t operation, const char *to, const char *content) {
    m2m_onem2m_request request;
    OK(m2m_onem2m_request_init(&request, sizeof request));
    request.operation = operation;
    request.to = to;
    request.content = content;
    request.content_len = content ? strlen(content) : 0;
    return request;
}

static void registers(void) {
    m2m_onem2m_request request = request_of(M2M_ONEM2M_RETRIEVE, "cse-in", NULL);
    char text[64];
    uint64_t id;
    size_t len = 7;
    IS(M2M_NOT_ALLOWED, m2m_onem2m_ae_request(ae, now, &request, &id));
    IS(M2M_NOTHING, m2m_onem2m_ae_id(ae, text, sizeof text, &len));
    CHECK(m2m_onem2m_ae_poll_timeout(ae) == M2M_NEVER);
    OK(m2m_onem2m_ae_set_wall_clock(ae, now, 1700000000000));
    OK(m2m_onem2m_ae_register(ae, now));
    IS(M2M_NOT_ALLOWED, m2m_onem2m_ae_register(ae, now));
    id = next_message();
    CHECK(strncmp(sent, "POST /cse-in HTTP/1.1\r\n", 23) == 0 || has("POST /cse-in"));
    CHECK(has("X-M2M-Origin: Cthermometer\r\n") && has("\"api\":\"Nthermometer\""));
    CHECK(has("ty=2"));
    IS(M2M_IGNORED, m2m_onem2m_ae_handle_response(ae, now, 999, (const uint8_t *)"x", 1));
    OK(answer_with(id, 201, 2001,
                   "{\"m2m:ae\":{\"rn\":\"thermometer\",\"ri\":\"Cthermometer\",\"pi\":\"cse-in\","
                   "\"aei\":\"Cthermometer\",\"api\":\"Nthermometer\",\"ty\":2,"
                   "\"et\":\"20331231T000000\"}}"));
    next_event(M2M_ONEM2M_REGISTERED);
    OK(m2m_onem2m_ae_id(ae, text, sizeof text, &len));
    CHECK(strcmp(text, "Cthermometer") == 0 && len == strlen(text));
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_ae_id(ae, text, len, &len));
    OK(m2m_onem2m_ae_resource(ae, text, sizeof text, &len));
    CHECK(len > 0);
}

static void stores_a_reading(void) {
    m2m_onem2m_request request = request_of(M2M_ONEM2M_CREATE, "cse-in/thermometer/data",
                                            "{\"m2m:cin\":{\"con\":\"21.5\"}}");
    m2m_onem2m_event event;
    char text[128];
    uint64_t id, message;
    size_t len;
    request.resource_type = M2M_ONEM2M_CIN;
    OK(m2m_onem2m_ae_request(ae, now, &request, &id));
    message = next_message();
    CHECK(has("POST /cse-in/thermometer/data") && has("{\"con\":\"21.5\"}") && has("ty=4"));
    /* What is no response is a message that did not arrive: it goes out again. */
    IS(M2M_IGNORED, m2m_onem2m_ae_handle_response(ae, now, message, (const uint8_t *)"HTTP/1.1", 8));
    CHECK(m2m_onem2m_ae_poll_timeout(ae) != M2M_NEVER);
    now = m2m_onem2m_ae_poll_timeout(ae);
    OK(m2m_onem2m_ae_handle_timeout(ae, now));
    message = next_message();
    OK(answer_with(message, 201, 2001, "{\"m2m:cin\":{\"ri\":\"cin1\",\"con\":\"21.5\"}}"));
    event = next_event(M2M_ONEM2M_DONE);
    CHECK(event.id == id && event.outcome == M2M_ONEM2M_RESPONSE && event.status == 2001);
    OK(m2m_onem2m_ae_content(ae, id, text, sizeof text, &len));
    CHECK(strcmp(text, "{\"m2m:cin\":{\"ri\":\"cin1\",\"con\":\"21.5\"}}") == 0);
    OK(m2m_onem2m_ae_content(ae, id, NULL, 0, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_ae_content(ae, id, text, len, &len));
    OK(m2m_onem2m_ae_release(ae, now, id));
    IS(M2M_UNKNOWN_ID, m2m_onem2m_ae_content(ae, id, text, sizeof text, &len));
    IS(M2M_UNKNOWN_ID, m2m_onem2m_ae_release(ae, now, id));

    request = request_of(M2M_ONEM2M_DISCOVER, "cse-in", NULL);
    request.resource_type = M2M_ONEM2M_CNT;
    OK(m2m_onem2m_ae_request(ae, now, &request, &id));
    message = next_message();
    CHECK(has("GET /cse-in?") && has("fu=1") && has("ty=3"));
    OK(answer_with(message, 200, 2000, "{\"m2m:uril\":[\"cse-in/thermometer/data\"]}"));
    CHECK(next_event(M2M_ONEM2M_DONE).status == 2000);
    OK(m2m_onem2m_ae_content(ae, id, text, sizeof text, &len));
    CHECK(strstr(text, "m2m:uril") != NULL);
    OK(m2m_onem2m_ae_release(ae, now, id));

    /* Given up. */
    request = request_of(M2M_ONEM2M_RETRIEVE, "cse-in/thermometer", NULL);
    OK(m2m_onem2m_ae_request(ae, now, &request, &id));
    OK(m2m_onem2m_ae_release(ae, now, id));
    event = next_event(M2M_ONEM2M_DONE);
    CHECK(event.id == id && event.outcome == M2M_ONEM2M_CANCELLED);
    /* Never delivered. */
    OK(m2m_onem2m_ae_request(ae, now, &request, &id));
    for (;;) {
        m2m_onem2m_outgoing out;
        if (m2m_onem2m_ae_poll_outgoing(ae, now, (uint8_t *)sent, sizeof sent, &out) == M2M_OK) {
            OK(m2m_onem2m_ae_outgoing_failed(ae, now, out.id));
        } else if (m2m_onem2m_ae_poll_event(ae, &event) == M2M_OK) {
            break;
        } else {
            now = m2m_onem2m_ae_poll_timeout(ae);
            CHECK(now != M2M_NEVER);
            OK(m2m_onem2m_ae_handle_timeout(ae, now));
        }
    }
    CHECK(event.id == id && event.outcome == M2M_ONEM2M_UNDELIVERABLE);
}

static void wrong(void) {
    m2m_onem2m_ae_config config = config_of_ae();
    m2m_onem2m_request request = request_of(M2M_ONEM2M_RETRIEVE, "cse-in", NULL);
    m2m_onem2m_ae *other = NULL;
    m2m_onem2m_outgoing out;
    m2m_onem2m_event event;
    uint64_t id = 5;
    size_t len;
    char text[8];
    CHECK(m2m_onem2m_ae_tag(ae) == 12 && m2m_onem2m_ae_tag(NULL) == 0);
    IS(M2M_NULL, m2m_onem2m_ae_new(NULL, SEED, &other));
    IS(M2M_NULL, m2m_onem2m_ae_new(&config, NULL, &other));
    IS(M2M_NULL, m2m_onem2m_ae_new(&config, SEED, NULL));
    config.host = "a\r\nb";
    IS(M2M_INVALID, m2m_onem2m_ae_new(&config, SEED, &other));
    config = config_of_ae();
    config.cse_base = "not an address";
    IS(M2M_INVALID, m2m_onem2m_ae_new(&config, SEED, &other));
    config = config_of_ae();
    config.attempts = 256;
    IS(M2M_INVALID, m2m_onem2m_ae_new(&config, SEED, &other));
    config = config_of_ae();
    config.name = "\xC3(";
    IS(M2M_NOT_UTF8, m2m_onem2m_ae_new(&config, SEED, &other));
    IS(M2M_NULL, m2m_onem2m_ae_request(ae, now, NULL, &id));
    IS(M2M_NULL, m2m_onem2m_ae_request(ae, now, &request, NULL));
    request.to = NULL;
    IS(M2M_NULL, m2m_onem2m_ae_request(ae, now, &request, &id));
    request = request_of(5, "cse-in", NULL);
    IS(M2M_INVALID, m2m_onem2m_ae_request(ae, now, &request, &id));
    request = request_of(M2M_ONEM2M_CREATE, "cse-in", "{\"m2m:cin\"");
    IS(M2M_MALFORMED, m2m_onem2m_ae_request(ae, now, &request, &id));
    request = request_of(M2M_ONEM2M_CREATE, "cse-in", NULL);
    IS(M2M_INVALID, m2m_onem2m_ae_request(ae, now, &request, &id));
    IS(M2M_UNKNOWN_ID, m2m_onem2m_ae_content(ae, 99, text, sizeof text, &len));
    IS(M2M_UNKNOWN_ID, m2m_onem2m_ae_notification(ae, 99, text, sizeof text, &len));
    IS(M2M_UNKNOWN_ID, m2m_onem2m_ae_answer(ae, now, 99, 2000));
    IS(M2M_NULL, m2m_onem2m_ae_poll_event(ae, NULL));
    IS(M2M_NULL, m2m_onem2m_ae_poll_event(NULL, &event));
    IS(M2M_NULL, m2m_onem2m_ae_poll_outgoing(ae, now, NULL, 1, &out));
    IS(M2M_NULL, m2m_onem2m_ae_handle_response(ae, now, 1, NULL, 1));
    CHECK(m2m_onem2m_ae_poll_timeout(NULL) == M2M_NEVER);
    CHECK(id == 5 && other == NULL);
    OK(m2m_onem2m_ae_free(NULL));
}

static void restart(void) {
    m2m_onem2m_ae_config config = config_of_ae();
    m2m_onem2m_request request = request_of(M2M_ONEM2M_RETRIEVE, "cse-in/thermometer", NULL);
    char text[32];
    uint64_t id;
    size_t len;
    OK(m2m_onem2m_ae_new(&config, SEED, &ae));
    IS(M2M_NULL, m2m_onem2m_ae_restore(ae, now, NULL, "cse-in/thermometer"));
    OK(m2m_onem2m_ae_restore(ae, now, "Cthermometer", "cse-in/thermometer"));
    OK(m2m_onem2m_ae_id(ae, text, sizeof text, &len));
    CHECK(strcmp(text, "Cthermometer") == 0);
    OK(m2m_onem2m_ae_request(ae, now, &request, &id));
    OK(m2m_onem2m_ae_free(ae));
}

int main(void) {
    m2m_onem2m_ae_config config = config_of_ae();
    uint64_t message;
    OK(m2m_onem2m_ae_new(&config, SEED, &ae));
    registers();
    stores_a_reading();
    wrong();
    OK(m2m_onem2m_ae_deregister(ae, now));
    message = next_message();
    CHECK(has("DELETE /"));
    OK(answer_with(message, 200, 2002, ""));
    next_event(M2M_ONEM2M_DEREGISTERED);
    OK(m2m_onem2m_ae_free(ae));
    restart();
    puts("all of onem2m.c passed");
    return 0;
}
