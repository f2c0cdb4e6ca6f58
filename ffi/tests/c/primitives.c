/* Primitives of oneM2M by themselves: from one serialization to another, and as messages of HTTP. */
#include "expect.h"

static uint8_t buf[2048], other[2048];
static const char REQUEST[] = "{\"op\":1,\"to\":\"/id-in/base\",\"fr\":\"CAE\",\"rqi\":\"7\",\"rvi\":\"3\",\"ty\":3,"
                              "\"pc\":{\"m2m:cnt\":{\"rn\":\"c\",\"lbl\":[\"a\"],\"mni\":5}}}";
static const char RESPONSE[] = "{\"rsc\":2000,\"rqi\":\"7\",\"rvi\":\"3\",\"pc\":{\"m2m:cnt\":{\"rn\":\"c\"}}}";

static const uint8_t *bytes(const char *text) {
    return (const uint8_t *)text;
}

/* Whether what was written has a text in it. */
static int says(const uint8_t *data, size_t len, const char *part) {
    size_t at, size = strlen(part);
    for (at = 0; at + size <= len; at++) {
        if (memcmp(data + at, part, size) == 0) return 1;
    }
    return 0;
}

/* Through a serialization, and back to the same. */
static void there_and_back(const char *json, int32_t through, int32_t expected) {
    size_t len = 0, needed = 0, back = 0;
    int32_t is_response = 9;
    const size_t json_len = strlen(json);
    OK(m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes(json), json_len, through, NULL, 0, &needed, &is_response));
    CHECK(is_response == expected && needed > 0);
    is_response = 9;
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes(json), json_len, through, buf,
                                                          needed - 1, &len, &is_response));
    CHECK(len == 0 && is_response == 9);
    OK(m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes(json), json_len, through, buf, needed, &len, &is_response));
    CHECK(len == needed && is_response == expected);
    OK(m2m_onem2m_primitive_convert(through, buf, len, M2M_ONEM2M_JSON, other, sizeof other, &back, &is_response));
    CHECK(is_response == expected && says(other, back, "\"rqi\":\"7\"") && says(other, back, "\"rn\":\"c\""));
    /* And what came back is written as it was. */
    OK(m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, other, back, M2M_ONEM2M_JSON, buf, sizeof buf, &len,
                                    &is_response));
    CHECK(len == back && memcmp(buf, other, len) == 0);
}

static void converts(void) {
    static const char wrapped[] = "{\"m2m:rsp\":{\"rsc\":4004,\"rqi\":\"7\"}}";
    static const char wrong[] = "{\"op\":1,\"to\":\"/id-in/base\",\"rqi\":\"7\",\"rvi\":\"3\",\"ty\":-3}";
    int32_t through, is_response = 9;
    size_t len = 5;
    for (through = M2M_ONEM2M_JSON; through <= M2M_ONEM2M_XML; through++) {
        there_and_back(REQUEST, through, 0);
        there_and_back(RESPONSE, through, 1);
    }
    OK(m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes(wrapped), strlen(wrapped), M2M_ONEM2M_XML, buf, sizeof buf,
                                    &len, &is_response));
    CHECK(is_response == 1 && says(buf, len, "<m2m:rsp") && says(buf, len, "4004"));
    /* What is none tells how it is answered. */
    IS(M2M_REFUSED, m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes(wrong), strlen(wrong), M2M_ONEM2M_JSON, buf,
                                                 sizeof buf, &len, &is_response));
    CHECK(is_response == 1 && says(buf, len, "\"rsc\":4000") && says(buf, len, "\"rqi\":\"7\"") && says(buf, len, "ty"));
    IS(M2M_REFUSED, m2m_onem2m_primitive_convert(M2M_ONEM2M_CBOR, bytes("\xff"), 1, M2M_ONEM2M_JSON, buf, sizeof buf,
                                                 &len, &is_response));
    IS(M2M_REFUSED, m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, NULL, 0, M2M_ONEM2M_JSON, buf, sizeof buf, &len,
                                                 &is_response));
    len = 5;
    is_response = 9;
    IS(M2M_INVALID, m2m_onem2m_primitive_convert(3, bytes("{}"), 2, M2M_ONEM2M_JSON, buf, 9, &len, &is_response));
    IS(M2M_INVALID, m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes("{}"), 2, -1, buf, 9, &len, &is_response));
    IS(M2M_NULL, m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, NULL, 2, M2M_ONEM2M_JSON, buf, 9, &len, &is_response));
    IS(M2M_NULL, m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes("{}"), 2, M2M_ONEM2M_JSON, NULL, 9, &len,
                                              &is_response));
    IS(M2M_NULL, m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes("{}"), 2, M2M_ONEM2M_JSON, buf, 9, NULL,
                                              &is_response));
    IS(M2M_NULL, m2m_onem2m_primitive_convert(M2M_ONEM2M_JSON, bytes("{}"), 2, M2M_ONEM2M_JSON, buf, 9, &len, NULL));
    CHECK(len == 5 && is_response == 9);
}

/* A request over a connection, and its response. */
static void requests(int32_t serialization) {
    size_t len = 0, used = 0, json_len = 0, part;
    int32_t wanted = 9, close = 9;
    OK(m2m_onem2m_http_request_write(bytes(REQUEST), strlen(REQUEST), "cse.example:8080", NULL, serialization, buf,
                                     sizeof buf, &len));
    CHECK(memcmp(buf, "POST /~/id-in/base HTTP/1.1\r\nHost: cse.example:8080\r\n", 53) == 0);
    for (part = 0; part < len; part++) {
        IS(M2M_NOTHING, m2m_onem2m_http_request_read(buf, part, &used, &wanted, &close, other, sizeof other, &json_len));
    }
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_http_request_read(buf, len, &used, &wanted, &close, other, 9, &json_len));
    CHECK(used == 0 && wanted == 9 && close == 9 && json_len == 0);
    buf[len] = 'X'; /* what comes behind it is not its own */
    OK(m2m_onem2m_http_request_read(buf, len + 1, &used, &wanted, &close, other, sizeof other, &json_len));
    CHECK(used == len && wanted == serialization && close == 1);
    CHECK(says(other, json_len, "\"op\":1") && says(other, json_len, "\"mni\":5") && says(other, json_len, "\"fr\":\"CAE\""));

    OK(m2m_onem2m_http_response_write(bytes(RESPONSE), strlen(RESPONSE), wanted, close, buf, sizeof buf, &len));
    CHECK(memcmp(buf, "HTTP/1.1 200 OK\r\nConnection: close\r\n", 36) == 0);
    OK(m2m_onem2m_http_response_read(buf, len, other, sizeof other, &json_len));
    CHECK(says(other, json_len, "\"rsc\":2000") && says(other, json_len, "\"rn\":\"c\""));
    IS(M2M_MALFORMED, m2m_onem2m_http_response_read(buf, len - 1, other, sizeof other, &json_len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_http_response_read(buf, len, other, 9, &json_len));
}

static void http(void) {
    static const char no_request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char no_http[] = "hello\r\nyou\r\n\r\n";
    static const char retrieve[] = "{\"op\":2,\"to\":\"base\",\"fr\":\"CAE\",\"rqi\":\"7\",\"rvi\":\"3\"}";
    static const char notify[] = "{\"op\":99}";
    size_t len = 5, used = 5;
    int32_t serialization, wanted = 9, close = 9;
    for (serialization = M2M_ONEM2M_JSON; serialization <= M2M_ONEM2M_XML; serialization++) requests(serialization);
    OK(m2m_onem2m_http_request_write(bytes(retrieve), strlen(retrieve), "a", "/onem2m", M2M_ONEM2M_JSON, buf,
                                     sizeof buf, &len));
    CHECK(memcmp(buf, "GET /onem2m/base HTTP/1.1\r\n", 27) == 0);
    /* A request without the parameters that it must have, and what is not HTTP: the answer is there. */
    IS(M2M_REFUSED, m2m_onem2m_http_request_read(bytes(no_request), strlen(no_request), &used, &wanted, &close, buf,
                                                 sizeof buf, &len));
    CHECK(used == strlen(no_request) && wanted == M2M_ONEM2M_JSON && close == 0 && says(buf, len, "\"rsc\":4"));
    IS(M2M_REFUSED, m2m_onem2m_http_request_read(bytes(no_http), strlen(no_http), &used, &wanted, &close, buf,
                                                 sizeof buf, &len));
    CHECK(used == strlen(no_http) && close == 1 && says(buf, len, "\"rsc\":4000"));
    len = 5;
    IS(M2M_MALFORMED, m2m_onem2m_http_request_write(bytes(notify), strlen(notify), "a", NULL, M2M_ONEM2M_JSON, buf,
                                                    sizeof buf, &len));
    IS(M2M_MALFORMED, m2m_onem2m_http_response_write(bytes(notify), strlen(notify), M2M_ONEM2M_JSON, 0, buf,
                                                     sizeof buf, &len));
    IS(M2M_INVALID, m2m_onem2m_http_request_write(bytes(retrieve), strlen(retrieve), "a\r\nX: b", NULL,
                                                  M2M_ONEM2M_JSON, buf, sizeof buf, &len));
    IS(M2M_INVALID, m2m_onem2m_http_request_write(bytes(retrieve), strlen(retrieve), "", NULL, M2M_ONEM2M_JSON, buf,
                                                  sizeof buf, &len));
    IS(M2M_INVALID, m2m_onem2m_http_request_write(bytes(retrieve), strlen(retrieve), "a", "/b c", M2M_ONEM2M_JSON,
                                                  buf, sizeof buf, &len));
    IS(M2M_INVALID, m2m_onem2m_http_request_write(bytes(retrieve), strlen(retrieve), "a", NULL, 3, buf, sizeof buf,
                                                  &len));
    IS(M2M_NULL, m2m_onem2m_http_request_write(bytes(retrieve), strlen(retrieve), NULL, NULL, M2M_ONEM2M_JSON, buf,
                                               sizeof buf, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_http_request_write(bytes(retrieve), strlen(retrieve), "a", NULL,
                                                           M2M_ONEM2M_JSON, buf, 9, &len));
    IS(M2M_INVALID, m2m_onem2m_http_response_write(bytes(RESPONSE), strlen(RESPONSE), 3, 0, buf, sizeof buf, &len));
    IS(M2M_NULL, m2m_onem2m_http_request_read(buf, 4, NULL, &wanted, &close, other, 9, &len));
    IS(M2M_NULL, m2m_onem2m_http_request_read(buf, 4, &used, NULL, &close, other, 9, &len));
    IS(M2M_NULL, m2m_onem2m_http_request_read(buf, 4, &used, &wanted, NULL, other, 9, &len));
    CHECK(len == 5);
}

/* TS-0008: a request and its response as datagrams, in each serialization. */
static void coap(void) {
    static const int32_t all[] = {M2M_ONEM2M_JSON, M2M_ONEM2M_CBOR, M2M_ONEM2M_XML};
    static const uint8_t token[] = {1, 2, 3};
    size_t n;
    for (n = 0; n < sizeof all / sizeof all[0]; n++) {
        size_t needed = 0, len = 0, back = 0;
        int32_t wanted = 99, operation = 99;
        m2m_coap_reader reader;
        m2m_coap_header header;
        OK(m2m_onem2m_coap_request_write(bytes(REQUEST), sizeof REQUEST - 1, all[n], 0x1234, token, 3, NULL, 0, &needed));
        IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_coap_request_write(bytes(REQUEST), sizeof REQUEST - 1, all[n], 0x1234, token, 3, buf, needed - 1, &len));
        OK(m2m_onem2m_coap_request_write(bytes(REQUEST), sizeof REQUEST - 1, all[n], 0x1234, token, 3, buf, needed, &len));
        CHECK(len == needed);
        OK(m2m_coap_reader_init(&reader, buf, len));
        OK(m2m_coap_reader_header(&reader, &header));
        CHECK(header.type == M2M_COAP_CON && header.code == M2M_COAP_POST && header.id == 0x1234);
        CHECK(header.token_len == 3 && memcmp(header.token, token, 3) == 0);
        OK(m2m_coap_reader_path(&reader, (char *)other, sizeof other, &back));
        CHECK(strcmp((char *)other, "/~/id-in/base") == 0);
        OK(m2m_onem2m_coap_request_read(buf, len, &wanted, &operation, other, sizeof other, &back));
        CHECK(wanted == all[n] && operation == M2M_ONEM2M_CREATE);
        CHECK(says(other, back, "\"m2m:cnt\"") && says(other, back, "CAE") && says(other, back, "/id-in/base"));
        OK(m2m_onem2m_coap_response_write(bytes(RESPONSE), sizeof RESPONSE - 1, M2M_ONEM2M_RETRIEVE, all[n], 0x1234, token, 3, buf, sizeof buf, &len));
        OK(m2m_coap_reader_init(&reader, buf, len));
        OK(m2m_coap_reader_header(&reader, &header));
        CHECK(header.type == M2M_COAP_ACK && header.code == M2M_COAP_CONTENT && header.token_len == 3);
        OK(m2m_onem2m_coap_response_read(buf, len, M2M_ONEM2M_RETRIEVE, other, sizeof other, &back));
        CHECK(says(other, back, "2000") && says(other, back, "\"m2m:cnt\""));
        IS(M2M_INVALID, m2m_onem2m_coap_response_read(buf, len, 99, other, sizeof other, &back));
        IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_coap_response_read(buf, len, M2M_ONEM2M_RETRIEVE, other, 4, &back));
    }
    {
        static const uint8_t get[] = {0x40, 1, 0, 1, 0xb1, 'a'}, reset[] = {0x70, 0, 0, 1};
        size_t len;
        int32_t wanted, operation;
        IS(M2M_REFUSED, m2m_onem2m_coap_request_read(get, sizeof get, &wanted, &operation, other, sizeof other, &len));
        CHECK(says(other, len, "\"rsc\":4"));
        IS(M2M_MALFORMED, m2m_onem2m_coap_request_read(get, 3, &wanted, &operation, other, sizeof other, &len));
        IS(M2M_MALFORMED, m2m_onem2m_coap_response_read(get, sizeof get, M2M_ONEM2M_RETRIEVE, other, sizeof other, &len));
        IS(M2M_MALFORMED, m2m_onem2m_coap_response_read(reset, sizeof reset, M2M_ONEM2M_RETRIEVE, other, sizeof other, &len));
        IS(M2M_MALFORMED, m2m_onem2m_coap_request_write(bytes("{}"), 2, M2M_ONEM2M_JSON, 1, NULL, 0, buf, sizeof buf, &len));
        IS(M2M_INVALID, m2m_onem2m_coap_request_write(bytes(REQUEST), sizeof REQUEST - 1, 99, 1, NULL, 0, buf, sizeof buf, &len));
        IS(M2M_INVALID, m2m_onem2m_coap_request_write(bytes(REQUEST), sizeof REQUEST - 1, M2M_ONEM2M_JSON, 1, other, 9, buf, sizeof buf, &len));
        IS(M2M_NULL, m2m_onem2m_coap_response_write(NULL, 1, M2M_ONEM2M_RETRIEVE, M2M_ONEM2M_JSON, 1, NULL, 0, buf, sizeof buf, &len));
    }
}

int main(void) {
    converts();
    http();
    coap();
    puts("all of primitives.c passed");
    return 0;
}
