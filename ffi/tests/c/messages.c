/* Messages of CoAP and lists of links by themselves: read and written without an endpoint, in memory of exactly the
 * right size. */
#include "expect.h"

static m2m_coap_reader reader;

/* A copy that ends where the bytes do. */
static uint8_t *copied(const void *bytes, size_t len) {
    uint8_t *copy = malloc(len > 0 ? len : 1);
    CHECK(copy != NULL);
    if (len > 0) memcpy(copy, bytes, len);
    return copy;
}

/* POST /rd?lt=60&ep=a with content format 40. */
static size_t registration(uint8_t *buf, size_t cap) {
    m2m_coap_writer writer;
    size_t len = 0;
    int32_t result = m2m_coap_writer_init(&writer, M2M_COAP_CON, M2M_COAP_POST, 0x1234,
                                          (const uint8_t *)"tok", 3, buf, cap);
    if (result == M2M_OK) result = m2m_coap_writer_path(&writer, M2M_COAP_URI_PATH, "/rd/x");
    if (result == M2M_OK) result = m2m_coap_writer_number(&writer, M2M_COAP_CONTENT_FORMAT, 40);
    if (result == M2M_OK)
        result = m2m_coap_writer_query(&writer, M2M_COAP_URI_QUERY, "lt=60&ep=a");
    if (result == M2M_OK)
        result = m2m_coap_writer_finish(&writer, (const uint8_t *)"</1/0>", 6, &len);
    CHECK(result == M2M_OK || (result == M2M_BUFFER_TOO_SMALL && len == 0));
    return len;
}

static void there_and_back(void) {
    static const uint8_t expected[] = "\x43\x02\x12\x34tok\xB2rd\x01x\x11\x28\x35lt=60\x04" "ep=a\xFF</1/0>";
    uint8_t all[64];
    char text[32];
    m2m_coap_header header;
    m2m_coap_option option;
    size_t len = registration(all, sizeof all), cap, n = 0, text_len;
    uint32_t value = 9;
    int32_t error;
    static const uint16_t numbers[] = {11, 11, 12, 15, 15};
    CHECK(len == sizeof expected - 1 && memcmp(all, expected, len) == 0);
    for (cap = 0; cap <= len; cap++) {
        uint8_t *buf = malloc(cap > 0 ? cap : 1);
        CHECK(buf != NULL);
        CHECK(registration(buf, cap) == (cap < len ? 0 : len));
        free(buf);
    }
    OK(m2m_coap_reader_init(&reader, all, len));
    OK(m2m_coap_reader_header(&reader, &header));
    CHECK(header.type == M2M_COAP_CON && header.code == M2M_COAP_POST && header.id == 0x1234);
    CHECK(header.token_len == 3 && memcmp(header.token, "tok", 3) == 0);
    CHECK(header.payload_len == 6 && header.payload == all + len - 6);
    while (m2m_coap_reader_next(&reader, &option) == M2M_OK) {
        CHECK(n < 5 && option.number == numbers[n]);
        n++;
    }
    CHECK(n == 5);
    IS(M2M_NOTHING, m2m_coap_reader_next(&reader, &option));
    OK(m2m_coap_reader_option(&reader, M2M_COAP_URI_QUERY, 1, &option));
    CHECK(option.number == 15 && option.len == 4 && memcmp(option.value, "ep=a", 4) == 0);
    IS(M2M_NOTHING, m2m_coap_reader_option(&reader, M2M_COAP_URI_QUERY, 2, &option));
    OK(m2m_coap_reader_number(&reader, M2M_COAP_CONTENT_FORMAT, &value));
    CHECK(value == 40);
    IS(M2M_NOTHING, m2m_coap_reader_number(&reader, M2M_COAP_ACCEPT, &value));
    IS(M2M_WRONG_TYPE, m2m_coap_reader_number(&reader, M2M_COAP_URI_QUERY, &value));
    CHECK(value == 40);
    OK(m2m_coap_reader_path(&reader, text, 6, &text_len));
    CHECK(strcmp(text, "/rd/x") == 0 && text_len == 5);
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_reader_path(&reader, text, 5, &text_len));
    OK(m2m_coap_reader_query(&reader, text, sizeof text, &text_len));
    CHECK(strcmp(text, "lt=60&ep=a") == 0);
    OK(m2m_coap_reader_query(&reader, NULL, 0, &text_len));
    CHECK(text_len == 10);
    IS(M2M_NOTHING, m2m_coap_reader_error(&reader, &error, &text_len));
}

static void fails(const char *bytes, size_t len, int32_t kind, size_t where) {
    int32_t error = 99;
    size_t offset = 99;
    m2m_coap_header header;
    uint8_t *copy = copied(bytes, len);
    IS(M2M_MALFORMED, m2m_coap_reader_init(&reader, copy, len));
    OK(m2m_coap_reader_error(&reader, &error, &offset));
    if (error != kind || offset != where) {
        fprintf(stderr, "error %d at %u, not %d\n", (int)error, (unsigned)offset, (int)kind);
        exit(1);
    }
    IS(M2M_MALFORMED, m2m_coap_reader_header(&reader, &header));
    free(copy);
}

static void malformed(void) {
    int32_t type_of = 9;
    uint16_t id = 9;
    uint8_t all[64];
    size_t len = registration(all, sizeof all), cut;
    fails("", 0, M2M_COAP_ERROR_TRUNCATED, 0);
    fails("\x00\x01\x12\x34", 4, M2M_COAP_ERROR_VERSION, 0);
    fails("\x40\x20\x12\x34", 4, M2M_COAP_ERROR_CLASS, 1);
    fails("\x40\x00\x12\x34\x00", 5, M2M_COAP_ERROR_NOT_EMPTY, 4);
    fails("\x60\x01\x12\x34", 4, M2M_COAP_ERROR_TYPE, 0);
    fails("\x40\x01\x12\x34\xFF", 5, M2M_COAP_ERROR_NO_PAYLOAD, 4);
    fails("\x40\x01\x12\x34\xF0", 5, M2M_COAP_ERROR_OPTION, 4);
    fails("\x4F\x01\x12\x34", 4, M2M_COAP_ERROR_TOKEN_LENGTH, 0);
    /* A CON that is malformed has something that can be rejected. */
    OK(m2m_coap_peek((const uint8_t *)"\x40\x01\x12\x34\xFF", 5, &type_of, &id));
    CHECK(type_of == M2M_COAP_CON && id == 0x1234);
    IS(M2M_NOTHING, m2m_coap_peek((const uint8_t *)"\x80\x01\x12\x34", 4, &type_of, &id));
    IS(M2M_NOTHING, m2m_coap_peek(NULL, 0, &type_of, &id));
    for (cut = 0; cut < len; cut++) {
        uint8_t *copy = copied(all, cut);
        m2m_coap_option option;
        int32_t result = m2m_coap_reader_init(&reader, copy, cut);
        CHECK(result == M2M_OK || result == M2M_MALFORMED);
        while (m2m_coap_reader_next(&reader, &option) == M2M_OK) CHECK(option.len < 8);
        free(copy);
    }
}

static void wrong_messages(void) {
    m2m_coap_writer writer, unmade;
    static uint8_t large[70000], into[80000];
    uint8_t buf[32] = {0};
    m2m_coap_header header;
    m2m_coap_option option;
    size_t len = 7;
    memset(&unmade, 0, sizeof unmade);
    memset(&reader, 0, sizeof reader);
    IS(M2M_INVALID, m2m_coap_writer_option(&unmade, 1, NULL, 0));
    IS(M2M_INVALID, m2m_coap_reader_header(&reader, &header));
    IS(M2M_INVALID, m2m_coap_reader_next(&reader, &option));
    IS(M2M_NULL, m2m_coap_reader_init(NULL, buf, 4));
    IS(M2M_NULL, m2m_coap_reader_init(&reader, NULL, 4));
    IS(M2M_NULL, m2m_coap_writer_init(NULL, 0, 1, 1, NULL, 0, buf, sizeof buf));
    IS(M2M_NULL, m2m_coap_writer_init(&writer, 0, 1, 1, NULL, 1, buf, sizeof buf));
    IS(M2M_INVALID, m2m_coap_writer_init(&writer, 4, 1, 1, NULL, 0, buf, sizeof buf));
    IS(M2M_INVALID, m2m_coap_writer_init(&writer, 0, 256, 1, NULL, 0, buf, sizeof buf));
    IS(M2M_TOO_LONG, m2m_coap_writer_init(&writer, 0, 1, 1, large, sizeof large, into, sizeof into));
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_writer_init(&writer, 0, 1, 1, NULL, 0, buf, 3));
    OK(m2m_coap_writer_init(&writer, M2M_COAP_NON, M2M_COAP_CONTENT, 1, NULL, 0, buf, sizeof buf));
    OK(m2m_coap_writer_path(&writer, M2M_COAP_LOCATION_PATH, "/"));
    OK(m2m_coap_writer_query(&writer, M2M_COAP_LOCATION_QUERY, NULL));
    OK(m2m_coap_writer_number(&writer, M2M_COAP_MAX_AGE, 0));
    /* In order, and what does not fit changes nothing. */
    IS(M2M_INVALID, m2m_coap_writer_option(&writer, M2M_COAP_ETAG, buf, 1));
    IS(M2M_TOO_LONG, m2m_coap_writer_option(&writer, 65000, large, sizeof large));
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_writer_option(&writer, 65000, large, 100));
    IS(M2M_BUFFER_TOO_SMALL,
       m2m_coap_writer_path(&writer, M2M_COAP_LOCATION_QUERY, "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p"));
    IS(M2M_NULL, m2m_coap_writer_finish(&writer, NULL, 0, NULL));
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_writer_finish(&writer, large, 40, &len));
    CHECK(len == 7);
    OK(m2m_coap_writer_finish(&writer, NULL, 0, &len));
    CHECK(len == 6 && memcmp(buf, "\x50\x45\x00\x01\xD0\x01", 6) == 0);
    IS(M2M_NOT_ALLOWED, m2m_coap_writer_finish(&writer, NULL, 0, &len));
    IS(M2M_NOT_ALLOWED, m2m_coap_writer_option(&writer, 65000, buf, 1));
    IS(M2M_NOT_ALLOWED, m2m_coap_writer_path(&writer, 65000, ""));
    /* What can be written can be read: a request is in no ACK, and nothing is in an empty message. */
    OK(m2m_coap_writer_init(&writer, M2M_COAP_ACK, M2M_COAP_GET, 1, NULL, 0, buf, sizeof buf));
    IS(M2M_INVALID, m2m_coap_writer_finish(&writer, NULL, 0, &len));
    OK(m2m_coap_writer_init(&writer, M2M_COAP_RST, 0, 1, buf, 1, buf + 16, 16));
    IS(M2M_INVALID, m2m_coap_writer_finish(&writer, NULL, 0, &len));
    OK(m2m_coap_writer_init(&writer, M2M_COAP_RST, 0, 1, NULL, 0, buf, sizeof buf));
    OK(m2m_coap_writer_finish(&writer, NULL, 0, &len));
    CHECK(len == 4);
}

/* What is written of a message of a connection, in memory of every size. */
static size_t framed(int32_t transport, int32_t code, size_t payload_len, uint8_t *buf, size_t cap) {
    static uint8_t payload[70000];
    m2m_coap_writer writer;
    size_t len = 0;
    int32_t result = m2m_coap_writer_init_frame(&writer, transport, code, (const uint8_t *)"tok", 3, buf, cap);
    if (result == M2M_OK && code == M2M_COAP_POST) result = m2m_coap_writer_path(&writer, M2M_COAP_URI_PATH, "/rd");
    if (result == M2M_OK) result = m2m_coap_writer_finish(&writer, payload, payload_len, &len);
    CHECK(result == M2M_OK || (result == M2M_BUFFER_TOO_SMALL && len == 0));
    if (result == M2M_OK) IS(M2M_NOT_ALLOWED, m2m_coap_writer_number(&writer, 300, 1));
    return len;
}

/* RFC 8323 section 3.2: each form of the length, and all that is missing. */
static void frames(void) {
    /* Path, marker and payload are the body. */
    static const struct {
        size_t payload, head;
        uint8_t first[6];
    } rows[] = {
        {0, 2, {0x33, 2}},          {8, 2, {0xC3, 2}},           {9, 3, {0xD3, 0, 2}},
        {264, 3, {0xD3, 0xFF, 2}},  {265, 4, {0xE3, 0, 0, 2}},   {65800, 4, {0xE3, 0xFF, 0xFF, 2}},
        {65801, 6, {0xF3, 0, 0, 0, 0, 2}},
    };
    static const uint8_t empty[] = {0, 0}, csm[] = {0x30, 0xE1, 0x22, 0x20, 0}, wrong[] = {0x10, 0, 1}, reserved[] = {0x0F, 1};
    static uint8_t all[70100], zeros[65805];
    size_t row, cap, needed = 99, len, offset;
    m2m_coap_header header;
    m2m_coap_writer writer;
    uint32_t number;
    int32_t error;
    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        size_t payload = rows[row].payload, body = 3 + (payload > 0) + payload;
        size_t whole = rows[row].head + 3 + body;
        CHECK(framed(M2M_STREAM_TCP, M2M_COAP_POST, payload, all, sizeof all) == whole);
        CHECK(memcmp(all, rows[row].first, rows[row].head) == 0);
        for (cap = whole > 300 ? whole - 10 : 0; cap <= whole; cap++) {
            uint8_t *buf = malloc(cap > 0 ? cap : 1);
            CHECK(buf != NULL);
            CHECK(framed(M2M_STREAM_TCP, M2M_COAP_POST, payload, buf, cap) == (cap < whole ? 0 : whole));
            if (cap == whole) CHECK(memcmp(buf, all, whole) == 0);
            free(buf);
        }
        OK(m2m_coap_reader_init_frame(&reader, M2M_STREAM_TCP, all, sizeof all, &needed));
        CHECK(needed == whole);
        OK(m2m_coap_reader_header(&reader, &header));
        CHECK(header.code == M2M_COAP_POST && header.type == M2M_COAP_CON && header.id == 0);
        CHECK(header.token_len == 3 && memcmp(header.token, "tok", 3) == 0 && header.payload_len == payload);
        for (cap = whole > 300 ? whole - 3 : 0; cap < whole; cap++) {
            uint8_t *copy = copied(all, cap);
            IS(M2M_NOTHING, m2m_coap_reader_init_frame(&reader, M2M_STREAM_TCP, copy, cap, &needed));
            CHECK(needed > cap && needed <= whole && (cap < rows[row].head + 3 || needed == whole));
            IS(M2M_MALFORMED, m2m_coap_reader_header(&reader, &header));
            free(copy);
        }
    }
    /* Over WebSocket the message bounds it. */
    len = framed(M2M_STREAM_WEBSOCKET, M2M_COAP_POST, 9, all, sizeof all);
    CHECK(len == 18 && all[0] == 0x03 && all[1] == M2M_COAP_POST);
    OK(m2m_coap_reader_init_frame(&reader, M2M_STREAM_WEBSOCKET, all, len, &needed));
    CHECK(needed == len);
    IS(M2M_MALFORMED, m2m_coap_reader_init_frame(&reader, M2M_STREAM_WEBSOCKET, all, 1, &needed));
    IS(M2M_MALFORMED, m2m_coap_reader_init_frame(&reader, M2M_STREAM_WEBSOCKET, csm, sizeof csm, &needed));
    OK(m2m_coap_reader_error(&reader, &error, &offset));
    CHECK(error == M2M_COAP_ERROR_LENGTH && offset == 0);
    /* Signals have options of their own. */
    OK(m2m_coap_writer_init_frame(&writer, M2M_STREAM_TCP, M2M_COAP_SIGNAL_CSM, NULL, 0, all, sizeof all));
    OK(m2m_coap_writer_number(&writer, M2M_COAP_MAX_MESSAGE_SIZE, 8192));
    OK(m2m_coap_writer_finish(&writer, NULL, 0, &len));
    CHECK(len == sizeof csm && memcmp(all, csm, len) == 0);
    OK(m2m_coap_reader_init_frame(&reader, M2M_STREAM_TCP, csm, sizeof csm, &needed));
    OK(m2m_coap_reader_number(&reader, M2M_COAP_MAX_MESSAGE_SIZE, &number));
    CHECK(number == 8192);
    OK(m2m_coap_reader_init_frame(&reader, M2M_STREAM_TCP, empty, sizeof empty, &needed));
    IS(M2M_MALFORMED, m2m_coap_reader_init_frame(&reader, M2M_STREAM_TCP, wrong, sizeof wrong, &needed));
    OK(m2m_coap_reader_error(&reader, &error, &offset));
    CHECK(error == M2M_COAP_ERROR_NOT_EMPTY && offset == 2);
    IS(M2M_MALFORMED, m2m_coap_reader_init_frame(&reader, M2M_STREAM_TCP, reserved, sizeof reserved, &needed));
    IS(M2M_INVALID, m2m_coap_reader_init_frame(&reader, 3, empty, sizeof empty, &needed));
    IS(M2M_NULL, m2m_coap_reader_init_frame(&reader, M2M_STREAM_TCP, empty, sizeof empty, NULL));
    IS(M2M_NULL, m2m_coap_reader_init_frame(NULL, M2M_STREAM_TCP, empty, sizeof empty, &needed));
    IS(M2M_INVALID, m2m_coap_writer_init_frame(&writer, 0, 1, NULL, 0, all, sizeof all));
    IS(M2M_INVALID, m2m_coap_writer_init_frame(&writer, M2M_STREAM_TCP, 256, NULL, 0, all, sizeof all));
    IS(M2M_TOO_LONG, m2m_coap_writer_init_frame(&writer, M2M_STREAM_TCP, 1, zeros, 65805, all, sizeof all));
    /* Nothing is in an empty message. */
    OK(m2m_coap_writer_init_frame(&writer, M2M_STREAM_TCP, 0, NULL, 0, all, sizeof all));
    IS(M2M_INVALID, m2m_coap_writer_finish(&writer, (const uint8_t *)"x", 1, &len));
}

/* RFC 7252 section 5.10, RFC 8323 section 5. */
static void registry(void) {
    static const struct {
        int32_t code;
        uint16_t number;
        const char *name;
        m2m_coap_option_properties is;
    } rows[] = {
        {0, M2M_COAP_IF_MATCH, "If-Match", {1, 0, 0, 1, 1, M2M_COAP_FORMAT_OPAQUE, 0, 8}},
        {M2M_COAP_CONTENT, M2M_COAP_MAX_AGE, "Max-Age", {0, 1, 0, 1, 0, M2M_COAP_FORMAT_UINT, 0, 4}},
        {M2M_COAP_GET, M2M_COAP_PROXY_URI, "Proxy-Uri", {1, 1, 0, 1, 0, M2M_COAP_FORMAT_TEXT, 1, 1034}},
        {0, M2M_COAP_SIZE1, "Size1", {0, 0, 1, 1, 0, M2M_COAP_FORMAT_UINT, 0, 4}},
        {0, M2M_COAP_IF_NONE_MATCH, "If-None-Match", {1, 0, 0, 1, 0, M2M_COAP_FORMAT_EMPTY, 0, 0}},
        {0, 65001, NULL, {1, 0, 0, 0, 0, 0, 0, 0}},
        {0, 65002, NULL, {0, 1, 0, 0, 0, 0, 0, 0}},
        {M2M_COAP_SIGNAL_CSM, M2M_COAP_MAX_MESSAGE_SIZE, "Max-Message-Size", {0, 0, 0, 1, 0, M2M_COAP_FORMAT_UINT, 0, 4}},
        {M2M_COAP_SIGNAL_RELEASE, M2M_COAP_ALTERNATIVE_ADDRESS, "Alternative-Address", {0, 0, 0, 1, 1, M2M_COAP_FORMAT_TEXT, 1, 255}},
        {M2M_COAP_SIGNAL_PING, M2M_COAP_CUSTODY, "Custody", {0, 0, 0, 1, 0, M2M_COAP_FORMAT_EMPTY, 0, 0}},
        {M2M_COAP_SIGNAL_PING, M2M_COAP_URI_PATH, NULL, {1, 0, 0, 0, 0, 0, 0, 0}},
    };
    size_t row, len;
    char text[32];
    m2m_coap_option_properties is;
    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        OK(m2m_coap_option_describe(rows[row].code, rows[row].number, &is));
        CHECK(memcmp(&is, &rows[row].is, sizeof is) == 0);
        if (rows[row].name == NULL) {
            IS(M2M_NOTHING, m2m_coap_option_name(rows[row].code, rows[row].number, text, sizeof text, &len));
            continue;
        }
        OK(m2m_coap_option_name(rows[row].code, rows[row].number, text, sizeof text, &len));
        CHECK(strcmp(text, rows[row].name) == 0 && len == strlen(text));
    }
    IS(M2M_INVALID, m2m_coap_option_describe(256, 1, &is));
    IS(M2M_INVALID, m2m_coap_option_name(-1, 1, text, sizeof text, &len));
    IS(M2M_NULL, m2m_coap_option_describe(0, 1, NULL));
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_option_name(0, 1, text, 8, &len));
}

/* RFC 6690 section 5, and what LwM2M puts in front. */
static void links(void) {
    static const char list[] = "lwm2m=1.0,</sensors>;ct=\"40 60\";title=\"a \\\"b\\\"\",</s/t>;RT=light-lux;obs;sz=256";
    m2m_link_reader r;
    m2m_link link;
    m2m_link_parameter p;
    char text[16];
    size_t len = 99, offset;
    uint64_t number = 9;
    int32_t error;
    OK(m2m_link_reader_init(&r, (const uint8_t *)list, sizeof list - 1));
    IS(M2M_NOTHING, m2m_link_reader_parameter(&r, 0, &p));
    IS(M2M_NOTHING, m2m_link_reader_value(&r, "ct", text, sizeof text, &len));
    OK(m2m_link_reader_next(&r, &link));
    CHECK(!link.has_target && link.target_len == 0 && link.parameters == 1);
    OK(m2m_link_reader_value(&r, "lwm2m", text, sizeof text, &len));
    CHECK(strcmp(text, "1.0") == 0);
    OK(m2m_link_reader_next(&r, &link));
    CHECK(link.has_target && link.target_len == 8 && memcmp(link.target, "/sensors", 8) == 0);
    CHECK(link.parameters == 2);
    OK(m2m_link_reader_parameter(&r, 1, &p));
    CHECK(p.name_len == 5 && memcmp(p.name, "title", 5) == 0 && p.has_value && p.quoted);
    CHECK(p.value_len == 7 && memcmp(p.value, "a \\\"b\\\"", 7) == 0);
    IS(M2M_NOTHING, m2m_link_reader_parameter(&r, 2, &p));
    OK(m2m_link_reader_value(&r, "title", text, 6, &len));
    CHECK(strcmp(text, "a \"b\"") == 0 && len == 5);
    IS(M2M_BUFFER_TOO_SMALL, m2m_link_reader_value(&r, "title", text, 5, &len));
    OK(m2m_link_reader_item(&r, "ct", 1, text, sizeof text, &len));
    CHECK(strcmp(text, "60") == 0);
    IS(M2M_NOTHING, m2m_link_reader_item(&r, "ct", 2, text, sizeof text, &len));
    IS(M2M_WRONG_TYPE, m2m_link_reader_number(&r, "ct", &number));
    OK(m2m_link_reader_next(&r, &link));
    OK(m2m_link_reader_value(&r, "obs", text, sizeof text, &len));
    CHECK(len == 0 && text[0] == 0);
    OK(m2m_link_reader_parameter(&r, 1, &p));
    CHECK(!p.has_value && !p.quoted && p.value_len == 0);
    OK(m2m_link_reader_number(&r, "sz", &number));
    CHECK(number == 256);
    IS(M2M_NOTHING, m2m_link_reader_number(&r, "ct", &number));
    OK(m2m_link_reader_matches(&r, "rt=light*"));
    OK(m2m_link_reader_matches(&r, "href=/s/t"));
    IS(M2M_NOTHING, m2m_link_reader_matches(&r, "rt=light"));
    IS(M2M_NOTHING, m2m_link_reader_matches(&r, "rt"));
    IS(M2M_NULL, m2m_link_reader_matches(&r, NULL));
    IS(M2M_NOTHING, m2m_link_reader_next(&r, &link));
    IS(M2M_NOTHING, m2m_link_reader_error(&r, &error, &offset));
    OK(m2m_link_reader_init(&r, (const uint8_t *)"</a>,oh", 7));
    OK(m2m_link_reader_next(&r, &link));
    IS(M2M_MALFORMED, m2m_link_reader_next(&r, &link));
    IS(M2M_MALFORMED, m2m_link_reader_next(&r, &link));
    OK(m2m_link_reader_error(&r, &error, &offset));
    CHECK(error == M2M_COAP_ERROR_SYNTAX && offset == 5);
    OK(m2m_link_reader_init(&r, (const uint8_t *)"<\xFF>", 3));
    IS(M2M_MALFORMED, m2m_link_reader_next(&r, &link));
    OK(m2m_link_reader_error(&r, &error, &offset));
    CHECK(error == M2M_COAP_ERROR_NOT_UTF8 && offset == 1);
    OK(m2m_link_reader_init(&r, NULL, 0));
    IS(M2M_NOTHING, m2m_link_reader_next(&r, &link));
}

/* Writes a list, as far as it fits. */
static size_t written(uint8_t *buf, size_t cap, int *fitted) {
    m2m_link_writer w;
    size_t len = 0;
    *fitted = 0;
    OK(m2m_link_writer_init(&w, buf, cap));
    *fitted += m2m_link_writer_link(&w, "/sensors/temp") == M2M_OK;
    *fitted += m2m_link_writer_text(&w, "rt", "temperature-c") == M2M_OK;
    *fitted += m2m_link_writer_flag(&w, "obs") == M2M_OK;
    *fitted += m2m_link_writer_text(&w, "ct", "0 60") == M2M_OK;
    *fitted += m2m_link_writer_link(&w, "/firmware") == M2M_OK;
    *fitted += m2m_link_writer_number(&w, "sz", 262144) == M2M_OK;
    OK(m2m_link_writer_finish(&w, &len));
    return len;
}

static void lists(void) {
    static const char expected[] =
        "</sensors/temp>;rt=\"temperature-c\";obs;ct=\"0 60\",</firmware>;sz=262144";
    uint8_t all[128];
    m2m_link_writer w;
    m2m_link_reader r;
    m2m_link link;
    int fitted;
    size_t cap, len = written(all, sizeof all, &fitted);
    CHECK(fitted == 6 && len == sizeof expected - 1 && memcmp(all, expected, len) == 0);
    for (cap = 0; cap < sizeof expected; cap++) {
        uint8_t *buf = malloc(cap > 0 ? cap : 1);
        CHECK(buf != NULL);
        len = written(buf, cap, &fitted);
        CHECK(len <= cap && (fitted == 6) == (cap == sizeof expected - 1));
        /* What fitted is a list. */
        OK(m2m_link_reader_init(&r, buf, len));
        while (m2m_link_reader_next(&r, &link) == M2M_OK) CHECK(link.target_len <= cap);
        IS(M2M_NOTHING, m2m_link_reader_next(&r, &link));
        free(buf);
    }
    memset(&w, 0, sizeof w);
    IS(M2M_INVALID, m2m_link_writer_flag(&w, "obs"));
    IS(M2M_NULL, m2m_link_writer_init(&w, NULL, 1));
    OK(m2m_link_writer_init(&w, all, sizeof all));
    IS(M2M_NOT_ALLOWED, m2m_link_writer_flag(&w, "obs"));
    IS(M2M_INVALID, m2m_link_writer_link(&w, "a b"));
    OK(m2m_link_writer_link(&w, ""));
    IS(M2M_INVALID, m2m_link_writer_flag(&w, "a b"));
    IS(M2M_INVALID, m2m_link_writer_text(&w, "", "a"));
    IS(M2M_NULL, m2m_link_writer_text(&w, NULL, "a"));
    IS(M2M_NOT_UTF8, m2m_link_writer_text(&w, "a", "\xC3("));
    IS(M2M_NULL, m2m_link_writer_finish(&w, NULL));
    OK(m2m_link_writer_finish(&w, &len));
    CHECK(len == 2 && memcmp(all, "<>", 2) == 0);
}

static void names(void) {
    char text[48];
    int32_t format = 7;
    size_t len = 9;
    OK(m2m_coap_code_name(M2M_COAP_NOT_FOUND, text, sizeof text, &len));
    CHECK(strcmp(text, "Not Found") == 0 && len == 9);
    OK(m2m_coap_code_name(M2M_COAP_GET, text, sizeof text, &len));
    CHECK(strcmp(text, "GET") == 0 && len == 3);
    OK(m2m_coap_media_type(112, NULL, 0, &len));
    CHECK(len == 22);
    IS(M2M_BUFFER_TOO_SMALL, m2m_coap_media_type(112, text, 22, &len));
    OK(m2m_coap_media_type(112, text, 23, &len));
    CHECK(strcmp(text, "application/senml+cbor") == 0);
    OK(m2m_coap_format_of("Application/SenML+CBOR", &format));
    CHECK(format == 112);
    IS(M2M_NOTHING, m2m_coap_format_of("text/html", &format));
    IS(M2M_NOTHING, m2m_coap_code_name(31, text, sizeof text, &len));
    IS(M2M_NOTHING, m2m_coap_media_type(9999, text, sizeof text, &len));
    IS(M2M_INVALID, m2m_coap_code_name(256, text, sizeof text, &len));
    IS(M2M_INVALID, m2m_coap_media_type(-1, text, sizeof text, &len));
    IS(M2M_NULL, m2m_coap_code_name(M2M_COAP_GET, NULL, 4, &len));
    IS(M2M_NULL, m2m_coap_media_type(112, text, 23, NULL));
    IS(M2M_NULL, m2m_coap_format_of(NULL, &format));
    IS(M2M_NULL, m2m_coap_format_of("a/b", NULL));
    CHECK(format == 112 && len == 22);
}

int main(void) {
    there_and_back();
    names();
    frames();
    registry();
    malformed();
    wrong_messages();
    links();
    lists();
    tells_all(m2m_coap_error_text, M2M_COAP_ERROR_LENGTH);
    CHECK(strcmp(m2m_coap_error_text(M2M_COAP_ERROR_VERSION), "not version 1") == 0);
    puts("all of messages.c passed");
    return 0;
}
