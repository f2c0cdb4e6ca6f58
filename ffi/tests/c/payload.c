/* Payloads of LwM2M by themselves, in each format, and LwM2M over HTTP. */
#include "check.h"

static m2m_lwm2m_payload_reader reader;
static m2m_lwm2m_value value;

static m2m_lwm2m_payload about(int32_t format, const char *path) {
    m2m_lwm2m_payload payload;
    OK(m2m_lwm2m_payload_init(&payload, sizeof payload));
    CHECK(payload.format == M2M_LWM2M_SENML_CBOR && payload.path.len == 0);
    payload.format = format;
    payload.path = m2m_path_from(path);
    payload.standard_objects = STANDARD;
    payload.standard_objects_len = COUNT(STANDARD);
    payload.objects = OBJECTS;
    payload.objects_len = COUNT(OBJECTS);
    return payload;
}

/* All of an instance of the object with every type. */
static size_t tree(m2m_lwm2m_item *items) {
    static const uint8_t data[] = {0, 1, 255};
    size_t n = 0;
    memset(items, 0, 12 * sizeof *items);
#define ITEM(resource, of_type, member, to)                                                        \
    items[n].path = m2m_path_resource(OWN, 0, resource);                                           \
    items[n].type = of_type;                                                                       \
    items[n++].member = to
    ITEM(1, M2M_STRING, data, (const uint8_t *)"a \"b\"");
    items[n - 1].len = 5;
    ITEM(2, M2M_INTEGER, integer, -70000);
    ITEM(3, M2M_UNSIGNED, natural, UINT64_MAX);
    ITEM(4, M2M_FLOAT, real, 20.5);
    ITEM(5, M2M_BOOLEAN, integer, 1);
    ITEM(6, M2M_OPAQUE, data, data);
    items[n - 1].len = 3;
    ITEM(7, M2M_TIME, integer, 1700000000);
    ITEM(8, M2M_OBJLNK, link[0], 3303);
    items[n - 1].link[1] = 7;
    ITEM(9, M2M_CORELNK, data, (const uint8_t *)"</a>");
    items[n - 1].len = 4;
    ITEM(10, M2M_INTEGER, integer, 5);
    items[n - 1].path = m2m_path_resource_instance(OWN, 0, 10, 3);
    return n;
}

static void same(const m2m_lwm2m_item *item) {
    uint8_t bytes[16];
    size_t len = 99;
    OK(m2m_lwm2m_payload_reader_next(&reader, &value));
    CHECK(m2m_path_equal(value.path, item->path) && value.type == item->type);
    CHECK(value.integer == item->integer && value.natural == item->natural);
    CHECK(value.real == item->real && value.len == item->len && !value.removed);
    if (item->type == M2M_OBJLNK)
        CHECK(value.link[0] == item->link[0] && value.link[1] == item->link[1]);
    if (item->data == NULL) {
        IS(M2M_WRONG_TYPE, m2m_lwm2m_payload_reader_bytes(&reader, bytes, sizeof bytes, &len));
        return;
    }
    OK(m2m_lwm2m_payload_reader_bytes(&reader, bytes, sizeof bytes, &len));
    CHECK(len == item->len && memcmp(bytes, item->data, len) == 0);
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_payload_reader_bytes(&reader, bytes, len - 1, &len));
}

static const int32_t FORMATS[] = {M2M_LWM2M_TLV, M2M_LWM2M_OLD_JSON, M2M_LWM2M_CBOR,
                                  M2M_LWM2M_SENML_JSON, M2M_LWM2M_SENML_CBOR};

static void there_and_back(void) {
    m2m_lwm2m_item items[12];
    size_t n = tree(items), f, i, len, whole, cap, cut;
    for (f = 0; f < COUNT(FORMATS); f++) {
        m2m_lwm2m_payload payload = about(FORMATS[f], "/26241/0");
        uint8_t all[512];
        OK(m2m_lwm2m_payload_write(&payload, items, n, all, sizeof all, &whole));
        OK(m2m_lwm2m_payload_write(&payload, items, n, NULL, 0, &len));
        CHECK(whole == len && whole > 0);
        OK(m2m_lwm2m_payload_reader_init(&reader, &payload, all, whole));
        for (i = 0; i < n; i++) same(&items[i]);
        IS(M2M_NOTHING, m2m_lwm2m_payload_reader_next(&reader, &value));
        IS(M2M_WRONG_TYPE, m2m_lwm2m_payload_reader_bytes(&reader, all, 1, &len));
        for (cap = 0; cap < whole; cap++) {
            uint8_t *buf = malloc(cap > 0 ? cap : 1);
            CHECK(buf != NULL);
            len = 99;
            IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_payload_write(&payload, items, n, buf, cap, &len));
            CHECK(len == 99);
            free(buf);
        }
        for (cut = 0; cut < whole; cut++) {
            uint8_t *buf = malloc(cut > 0 ? cut : 1);
            int32_t result, error = 0;
            CHECK(buf != NULL);
            memcpy(buf, all, cut);
            OK(m2m_lwm2m_payload_reader_init(&reader, &payload, buf, cut));
            while ((result = m2m_lwm2m_payload_reader_next(&reader, &value)) == M2M_OK) {
            }
            /* TLV and text may end anywhere between two resources. */
            CHECK(result == M2M_MALFORMED || result == M2M_NOTHING);
            result = m2m_lwm2m_payload_reader_error(&reader, &error, &len);
            CHECK(result == M2M_NOTHING || (error != M2M_LWM2M_PAYLOAD_NO_ERROR && len <= cut));
            free(buf);
        }
    }
}

/* Core 7.5.3: TLV tells no types; with a table it does not have to. */
static void types(void) {
    static const uint8_t tlv[] = {0xE4, 0x16, 0x44, 0x41, 0xA4, 0x00, 0x00};
    m2m_lwm2m_payload payload = about(M2M_LWM2M_TLV, "/3303/0");
    uint8_t text[8];
    size_t len, offset = 99;
    int32_t error;
    OK(m2m_lwm2m_payload_reader_init(&reader, &payload, tlv, sizeof tlv));
    OK(m2m_lwm2m_payload_reader_next(&reader, &value));
    CHECK(value.type == M2M_FLOAT && value.real == 20.5);
    CHECK(m2m_path_equal(value.path, m2m_path_resource(3303, 0, 5700)));
    payload.standard_objects_len = 0;
    OK(m2m_lwm2m_payload_reader_init(&reader, &payload, tlv, sizeof tlv));
    OK(m2m_lwm2m_payload_reader_next(&reader, &value));
    CHECK(value.type == M2M_INTEGER && value.integer == 0x41A40000);
    payload = about(M2M_LWM2M_TEXT, "/3303/0/5700");
    OK(m2m_lwm2m_payload_reader_init(&reader, &payload, (const uint8_t *)"-3.5", 4));
    OK(m2m_lwm2m_payload_reader_next(&reader, &value));
    CHECK(value.type == M2M_FLOAT && value.real == -3.5);
    OK(m2m_lwm2m_payload_reader_init(&reader, &payload, (const uint8_t *)"warm", 4));
    IS(M2M_MALFORMED, m2m_lwm2m_payload_reader_next(&reader, &value));
    IS(M2M_MALFORMED, m2m_lwm2m_payload_reader_next(&reader, &value));
    OK(m2m_lwm2m_payload_reader_error(&reader, &error, &offset));
    CHECK(error == M2M_LWM2M_PAYLOAD_TYPE && offset == 0);
    payload.path = m2m_path_instance(3303, 0);
    OK(m2m_lwm2m_payload_reader_init(&reader, &payload, (const uint8_t *)"1", 1));
    IS(M2M_MALFORMED, m2m_lwm2m_payload_reader_next(&reader, &value));
    OK(m2m_lwm2m_payload_reader_error(&reader, &error, &offset));
    CHECK(error == M2M_LWM2M_PAYLOAD_LEVEL);
    payload.format = 9999;
    OK(m2m_lwm2m_payload_reader_init(&reader, &payload, (const uint8_t *)"1", 1));
    IS(M2M_MALFORMED, m2m_lwm2m_payload_reader_next(&reader, &value));
    OK(m2m_lwm2m_payload_reader_error(&reader, &error, &offset));
    CHECK(error == M2M_LWM2M_PAYLOAD_FORMAT);
    /* Of Create, without an ID. */
    payload = about(M2M_LWM2M_TLV, "/3303");
    payload.create = 1;
    OK(m2m_lwm2m_payload_reader_init(&reader, &payload, tlv, sizeof tlv));
    OK(m2m_lwm2m_payload_reader_next(&reader, &value));
    CHECK(value.path.len == 3 && value.path.ids[1] == 65535 && value.real == 20.5);
    /* What a Write-Composite removes, below an alternate path. */
    payload = about(M2M_LWM2M_SENML_ETCH_JSON, "/");
    payload.prefix = "/lwm2m";
    {
        static const char etch[] = "[{\"n\":\"/lwm2m/3/0/14\",\"vs\":\"+01\"},{\"n\":\"/lwm2m/3303/1\",\"v\":null}]";
        OK(m2m_lwm2m_payload_reader_init(&reader, &payload, (const uint8_t *)etch, sizeof etch - 1));
    }
    OK(m2m_lwm2m_payload_reader_next(&reader, &value));
    OK(m2m_lwm2m_payload_reader_bytes(&reader, text, sizeof text, &len));
    CHECK(strcmp((char *)text, "+01") == 0 && value.type == M2M_STRING);
    OK(m2m_lwm2m_payload_reader_next(&reader, &value));
    CHECK(value.removed && value.type == M2M_NO_TYPE);
    CHECK(m2m_path_equal(value.path, m2m_path_instance(3303, 1)));
    IS(M2M_NOTHING, m2m_lwm2m_payload_reader_next(&reader, &value));
}

/* A history as Send has it. */
static void times(void) {
    m2m_lwm2m_payload payload = about(M2M_LWM2M_SENML_JSON, "/");
    m2m_lwm2m_item items[2];
    char text[160];
    size_t len, i;
    memset(items, 0, sizeof items);
    for (i = 0; i < 2; i++) {
        items[i].path = m2m_path_resource(3303, 0, 5700);
        items[i].type = M2M_FLOAT;
        items[i].real = 20.5 + (double)i;
        items[i].time_kind = 2;
        items[i].time = m2m_number_integer(1700000000 + (int64_t)i);
    }
    OK(m2m_lwm2m_payload_write(&payload, items, 2, (uint8_t *)text, sizeof text, &len));
    text[len] = 0;
    OK(m2m_lwm2m_payload_reader_init(&reader, &payload, (const uint8_t *)text, len));
    for (i = 0; i < 2; i++) {
        OK(m2m_lwm2m_payload_reader_next(&reader, &value));
        CHECK(value.time_kind == 2 && value.time.integer == 1700000000 + (int64_t)i);
        CHECK(value.real == 20.5 + (double)i);
    }
    items[0].time_kind = 3;
    IS(M2M_INVALID, m2m_lwm2m_payload_write(&payload, items, 2, (uint8_t *)text, 160, &len));
    items[0].time_kind = 1;
    items[0].time.kind = M2M_NO_NUMBER;
    IS(M2M_INVALID, m2m_lwm2m_payload_write(&payload, items, 2, (uint8_t *)text, 160, &len));
}

static void paths(void) {
    m2m_path asked[3], got[3];
    uint8_t buf[96];
    size_t len, whole, count = 9, f;
    static const int32_t formats[] = {M2M_LWM2M_SENML_JSON, M2M_LWM2M_SENML_CBOR};
    asked[0] = m2m_path_object(3);
    asked[1] = m2m_path_resource(3303, 0, 5700);
    asked[2] = m2m_path_instance(3304, 65534);
    for (f = 0; f < 2; f++) {
        OK(m2m_lwm2m_paths_write(formats[f], "/d", asked, 3, buf, sizeof buf, &whole));
        OK(m2m_lwm2m_paths_write(formats[f], "/d", asked, 3, NULL, 0, &len));
        CHECK(len == whole);
        IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_paths_write(formats[f], "/d", asked, 3, buf, len - 1, &len));
        OK(m2m_lwm2m_paths_write(formats[f], "/d", asked, 3, buf, sizeof buf, &whole));
        OK(m2m_lwm2m_paths_read(formats[f], "/d", buf, whole, 0, got, 3, &count));
        CHECK(count == 3 && m2m_path_equal(got[0], asked[0]) && m2m_path_equal(got[2], asked[2]));
        OK(m2m_lwm2m_paths_read(formats[f], "/d", buf, whole, 1, got, 1, &count));
        CHECK(count == 1 && m2m_path_equal(got[0], asked[1]));
        IS(M2M_NOTHING, m2m_lwm2m_paths_read(formats[f], "/d", buf, whole, 3, got, 3, &count));
        IS(M2M_MALFORMED, m2m_lwm2m_paths_read(formats[f], "/e", buf, whole, 0, got, 3, &count));
        IS(M2M_MALFORMED, m2m_lwm2m_paths_read(formats[f], "/d", buf, whole - 1, 0, got, 3, &count));
    }
    IS(M2M_INVALID, m2m_lwm2m_paths_write(M2M_LWM2M_TLV, NULL, asked, 3, buf, sizeof buf, &len));
    IS(M2M_NULL, m2m_lwm2m_paths_write(M2M_LWM2M_SENML_JSON, NULL, NULL, 3, buf, sizeof buf, &len));
    asked[1].len = 5;
    IS(M2M_INVALID, m2m_lwm2m_paths_write(M2M_LWM2M_SENML_JSON, "", asked, 3, buf, sizeof buf, &len));
    CHECK(count == 1);
}

static void wrong_arguments(void) {
    m2m_lwm2m_payload payload = about(M2M_LWM2M_TLV, "/26241/0");
    m2m_lwm2m_payload_reader unmade;
    m2m_lwm2m_item items[12];
    uint8_t buf[256];
    size_t n = tree(items), len = 9;
    memset(&unmade, 0, sizeof unmade);
    IS(M2M_NULL, m2m_lwm2m_payload_init(NULL, sizeof payload));
    IS(M2M_INVALID, m2m_lwm2m_payload_init(&payload, 3));
    IS(M2M_INVALID, m2m_lwm2m_payload_reader_next(&unmade, &value));
    IS(M2M_NULL, m2m_lwm2m_payload_reader_next(NULL, &value));
    IS(M2M_NULL, m2m_lwm2m_payload_reader_init(&unmade, NULL, buf, 1));
    IS(M2M_NULL, m2m_lwm2m_payload_reader_init(&unmade, &payload, NULL, 1));
    IS(M2M_NULL, m2m_lwm2m_payload_reader_init(NULL, &payload, buf, 1));
    IS(M2M_NULL, m2m_lwm2m_payload_write(&payload, NULL, 1, buf, sizeof buf, &len));
    IS(M2M_NULL, m2m_lwm2m_payload_write(&payload, items, n, buf, sizeof buf, NULL));
    items[1] = items[0];
    items[0].path = m2m_path_resource(OWN, 0, 2);
    IS(M2M_INVALID, m2m_lwm2m_payload_write(&payload, items, n, buf, sizeof buf, &len));
    n = tree(items);
    items[0].path = m2m_path_resource(OWN, 1, 1);
    IS(M2M_INVALID, m2m_lwm2m_payload_write(&payload, items, 1, buf, sizeof buf, &len));
    n = tree(items);
    items[0].type = 10;
    IS(M2M_INVALID, m2m_lwm2m_payload_write(&payload, items, n, buf, sizeof buf, &len));
    items[0].type = M2M_STRING;
    items[0].data = (const uint8_t *)"\xC3(";
    items[0].len = 2;
    IS(M2M_NOT_UTF8, m2m_lwm2m_payload_write(&payload, items, n, buf, sizeof buf, &len));
    n = tree(items);
    payload.format = M2M_LWM2M_TEXT;
    IS(M2M_INVALID, m2m_lwm2m_payload_write(&payload, items, n, buf, sizeof buf, &len));
    payload.format = -1;
    IS(M2M_INVALID, m2m_lwm2m_payload_write(&payload, items, n, buf, sizeof buf, &len));
    payload = about(M2M_LWM2M_TLV, "/x");
    IS(M2M_INVALID, m2m_lwm2m_payload_reader_init(&unmade, &payload, buf, 1));
    payload = about(M2M_LWM2M_TLV, "/3");
    payload.objects = NULL;
    IS(M2M_NULL, m2m_lwm2m_payload_reader_init(&unmade, &payload, buf, 1));
    CHECK(len == 9);
}

/* Core 1.2 appendix L: a registration is updated because an SMS says so, if it may. */
static void triggered(m2m_lwm2m_client *c, uint64_t now) {
    uint8_t sms[40], update[256];
    m2m_transmit out;
    size_t len = 9, cut;
    uint16_t server = 9;
    int32_t bootstrap = 9;
    OK(m2m_lwm2m_trigger_write(0, 0, 7, (const uint8_t *)"tok", 3, sms, sizeof sms, &len));
    OK(m2m_lwm2m_trigger_read(sms, len, &server, &bootstrap));
    CHECK(server == 0 && bootstrap == 0);
    for (cut = 0; cut < len; cut++) {
        uint8_t *copy = malloc(cut > 0 ? cut : 1);
        CHECK(copy != NULL);
        memcpy(copy, sms, cut);
        IS(M2M_MALFORMED, m2m_lwm2m_trigger_read(copy, cut, &server, &bootstrap));
        IS(M2M_IGNORED, m2m_lwm2m_client_handle_sms(c, now, copy, cut));
        free(copy);
    }
    IS(M2M_IGNORED, m2m_lwm2m_client_handle_sms(c, now, sms, len));
    IS(M2M_NOTHING, m2m_lwm2m_client_poll_transmit(c, now, update, sizeof update, &out));
    OK(m2m_lwm2m_client_set_boolean(c, now, m2m_path_resource(1, 0, 21), true));
    OK(m2m_lwm2m_client_handle_sms(c, now, sms, len));
    OK(m2m_lwm2m_client_poll_transmit(c, now, update, sizeof update, &out));
    CHECK(out.len > 4 && update[1] == M2M_COAP_POST);
    OK(m2m_lwm2m_trigger_write(65534, 1, 7, NULL, 0, sms, sizeof sms, &len));
    OK(m2m_lwm2m_trigger_read(sms, len, &server, &bootstrap));
    CHECK(server == 65534 && bootstrap == 1);
    len = 9;
    IS(M2M_INVALID, m2m_lwm2m_trigger_write(0, 0, 7, sms, 9, update, sizeof update, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_trigger_write(0, 0, 7, NULL, 0, sms, 5, &len));
    IS(M2M_NULL, m2m_lwm2m_trigger_write(0, 0, 7, NULL, 0, sms, 40, NULL));
    IS(M2M_NULL, m2m_lwm2m_trigger_read(sms, 3, NULL, &bootstrap));
    CHECK(len == 9);
}

/* A registration and a Read over HTTP (Transport 1.2 section 7), with the engines at both ends. */
static void http(void) {
    enum { PEER = 1 };
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_server_config of_server;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client *c;
    m2m_lwm2m_server *s;
    m2m_lwm2m_http_request request;
    m2m_lwm2m_http_response response;
    m2m_lwm2m_server_event event;
    uint8_t asked[1200], got[1200], answer[1200], back[1200];
    char texts[512], other[512];
    m2m_transmit out;
    size_t len = 0, made = 0, asked_len;
    uint64_t now = 1;
    OK(m2m_lwm2m_server_config_init(&of_server, sizeof of_server));
    OK(m2m_lwm2m_server_new(&of_server, SEED, &s));
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));
    account.peer = PEER;
    OK(m2m_lwm2m_client_add_server(c, now, &account));
    OK(m2m_lwm2m_client_start(c, now));
    OK(m2m_lwm2m_client_poll_transmit(c, now, asked, sizeof asked, &out));
    asked_len = out.len;
    OK(m2m_lwm2m_http_request_init(&request, sizeof request));
    CHECK(strcmp(request.method, "GET") == 0 && strcmp(request.target, "/") == 0);
    OK(m2m_lwm2m_http_request_of(asked, asked_len, texts, sizeof texts, &request));
    CHECK(strcmp(request.method, "POST") == 0 && strncmp(request.target, "/rd?", 4) == 0);
    CHECK(strstr(request.target, "ep=test") != NULL && request.accept == NULL);
    CHECK(strcmp(request.content_type, "application/link-format") == 0 && request.body_len > 0);
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_http_request_of(asked, asked_len, other, 10, &request));
    /* At the server. */
    OK(m2m_lwm2m_http_request_datagram(&request, 77, (const uint8_t *)"t", 1, got, sizeof got, &len));
    OK(m2m_lwm2m_server_handle_datagram(s, now, PEER, got, len));
    OK(m2m_lwm2m_server_poll_transmit(s, now, answer, sizeof answer, &out));
    OK(m2m_lwm2m_http_response_init(&response, sizeof response));
    CHECK(response.status == 200 && response.location == NULL);
    OK(m2m_lwm2m_http_response_of(answer, out.len, other, sizeof other, &response));
    CHECK(response.status == 201 && strncmp(response.location, "/rd/", 4) == 0);
    CHECK(response.body_len == 0 && response.content_type == NULL);
    OK(m2m_lwm2m_server_poll_event(s, &event));
    CHECK(event.kind == M2M_LWM2M_SERVER_REGISTERED);
    /* And back. */
    OK(m2m_lwm2m_http_response_datagram(&response, asked, asked_len, back, sizeof back, &made));
    OK(m2m_lwm2m_client_handle_datagram(c, now, PEER, back, made));
    {
        m2m_lwm2m_event registered;
        OK(m2m_lwm2m_client_poll_event(c, &registered));
        CHECK(registered.kind == M2M_LWM2M_REGISTERED);
    }
    made = 9;
    response.status = 100;
    IS(M2M_MALFORMED, m2m_lwm2m_http_response_datagram(&response, asked, asked_len, back, 99, &made));
    response.status = 70000;
    IS(M2M_INVALID, m2m_lwm2m_http_response_datagram(&response, asked, asked_len, back, 99, &made));
    response.status = 201;
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_http_response_datagram(&response, asked, asked_len, back, 9, &made));
    IS(M2M_MALFORMED, m2m_lwm2m_http_response_datagram(&response, back, 4, back, 99, &made));
    IS(M2M_MALFORMED, m2m_lwm2m_http_response_of(asked, asked_len, other, sizeof other, &response));
    IS(M2M_NULL, m2m_lwm2m_http_response_of(asked, asked_len, other, sizeof other, NULL));
    IS(M2M_MALFORMED, m2m_lwm2m_http_request_of(answer, out.len, other, sizeof other, &request));
    request.method = "TRACE";
    IS(M2M_NOT_ALLOWED, m2m_lwm2m_http_request_datagram(&request, 1, NULL, 0, back, 99, &made));
    request.method = NULL;
    IS(M2M_NULL, m2m_lwm2m_http_request_datagram(&request, 1, NULL, 0, back, 99, &made));
    request.method = "GET";
    IS(M2M_INVALID, m2m_lwm2m_http_request_datagram(&request, 1, asked, 9, back, 99, &made));
    request.target = "rd";
    IS(M2M_MALFORMED, m2m_lwm2m_http_request_datagram(&request, 1, NULL, 0, back, 99, &made));
    request.target = "/rd";
    request.content_type = "text/html";
    IS(M2M_NOT_ALLOWED, m2m_lwm2m_http_request_datagram(&request, 1, NULL, 0, back, 99, &made));
    request.struct_size = 1;
    IS(M2M_INVALID, m2m_lwm2m_http_request_of(asked, asked_len, other, sizeof other, &request));
    CHECK(made == 9);
    triggered(c, now);
    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_server_free(s));
}

int main(void) {
    there_and_back();
    types();
    times();
    paths();
    wrong_arguments();
    http();
    tells_all(m2m_lwm2m_payload_error_text, M2M_LWM2M_PAYLOAD_NOT_UNDERSTOOD);
    CHECK(strcmp(m2m_lwm2m_payload_error_text(M2M_LWM2M_PAYLOAD_BASE64), "not base64") == 0);
    puts("all of payload.c passed");
    return 0;
}
