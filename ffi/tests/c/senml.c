/* SenML by itself: good and bad packs, in memory of exactly the right size. */
#include "expect.h"

static m2m_senml_reader reader;
static m2m_senml_item item;

static void starts(int32_t format, int32_t rules, const void *data, size_t len) {
    OK(m2m_senml_reader_init(&reader, format, rules, data, len));
}

static void text_is(int32_t which, const char *expected) {
    char text[64];
    size_t len = 99;
    OK(m2m_senml_reader_text(&reader, which, text, strlen(expected) + 1, &len));
    CHECK(len == strlen(expected) && strcmp(text, expected) == 0);
    if (len > 0) {
        len = 99;
        IS(M2M_BUFFER_TOO_SMALL, m2m_senml_reader_text(&reader, which, text, strlen(expected), &len));
        CHECK(len == 99);
        OK(m2m_senml_reader_text(&reader, which, NULL, 0, &len));
        CHECK(len == strlen(expected));
    }
}

static void numbers(void) {
    m2m_number n = m2m_number_decimal(2010, -2);
    CHECK(n.kind == M2M_NUMBER_DECIMAL && n.integer == 201 && n.exponent == -1 && n.real == 20.1);
    n = m2m_number_integer(-5);
    CHECK(n.kind == M2M_NUMBER_INTEGER && n.integer == -5 && n.real == -5.0);
    n = m2m_number_unsigned(UINT64_MAX);
    CHECK(n.kind == M2M_NUMBER_UNSIGNED && n.natural == UINT64_MAX);
    n = m2m_number_unsigned(7);
    CHECK(n.kind == M2M_NUMBER_INTEGER && n.integer == 7);
    n = m2m_number_float(0.5);
    CHECK(n.kind == M2M_NUMBER_FLOAT && n.real == 0.5);
}

/* RFC 8428 section 5.1.2, with an escape in a text. */
static void resolved(void) {
    const char *pack =
        "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"bt\":1.276020076e+09,\"bu\":\"A\",\"bver\":5,"
        "\"n\":\"voltage\",\"u\":\"V\",\"v\":120.1},"
        "{\"n\":\"current\",\"t\":-5,\"v\":1.2},"
        "{\"n\":\"state\",\"vs\":\"a \\\"b\\\" \\u00e9\"},{\"n\":\"on\",\"vb\":true},"
        "{\"n\":\"raw\",\"vd\":\"AP8\"},{\"n\":\"sum\",\"s\":18446744073709551615,\"ut\":10}]";
    uint8_t data[2];
    size_t len = 9;
    starts(M2M_SENML_JSON, M2M_SENML_RFC8428, pack, strlen(pack));
    OK(m2m_senml_reader_next(&reader, &item));
    CHECK(item.kind == M2M_SENML_NUMBER && item.number.kind == M2M_NUMBER_DECIMAL);
    CHECK(item.number.integer == 1201 && item.number.exponent == -1 && item.number.real == 120.1);
    CHECK(item.time_kind == M2M_SENML_ABSOLUTE && item.time.integer == 1276020076);
    CHECK(item.version == 5 && item.base_time.kind == M2M_NO_NUMBER);
    text_is(M2M_SENML_NAME, "urn:dev:ow:10e2073a01080063:voltage");
    text_is(M2M_SENML_UNIT, "V");
    IS(M2M_NOTHING, m2m_senml_reader_text(&reader, M2M_SENML_BASE_NAME, NULL, 0, &len));
    IS(M2M_NOTHING, m2m_senml_reader_text(&reader, M2M_SENML_CONTENT_FORMAT, NULL, 0, &len));
    IS(M2M_WRONG_TYPE, m2m_senml_reader_text(&reader, M2M_SENML_VALUE, NULL, 0, &len));
    IS(M2M_WRONG_TYPE, m2m_senml_reader_data(&reader, data, sizeof data, &len));
    IS(M2M_INVALID, m2m_senml_reader_text(&reader, 0, NULL, 0, &len));
    IS(M2M_INVALID, m2m_senml_reader_text(&reader, 8, NULL, 0, &len));
    CHECK(len == 9);

    OK(m2m_senml_reader_next(&reader, &item));
    CHECK(item.time.integer == 1276020071 && item.number.real == 1.2);
    text_is(M2M_SENML_UNIT, "A");
    OK(m2m_senml_reader_next(&reader, &item));
    CHECK(item.kind == M2M_SENML_TEXT);
    text_is(M2M_SENML_VALUE, "a \"b\" \xC3\xA9");
    OK(m2m_senml_reader_next(&reader, &item));
    CHECK(item.kind == M2M_SENML_BOOLEAN && item.boolean == 1);
    OK(m2m_senml_reader_next(&reader, &item));
    CHECK(item.kind == M2M_SENML_DATA);
    IS(M2M_BUFFER_TOO_SMALL, m2m_senml_reader_data(&reader, data, 1, &len));
    OK(m2m_senml_reader_data(&reader, data, 2, &len));
    CHECK(len == 2 && data[0] == 0 && data[1] == 255);
    OK(m2m_senml_reader_next(&reader, &item));
    CHECK(item.kind == M2M_SENML_NO_VALUE && item.sum.natural == UINT64_MAX);
    CHECK(item.update_time.integer == 10);
    IS(M2M_NOTHING, m2m_senml_reader_next(&reader, &item));
    IS(M2M_NOTHING, m2m_senml_reader_next(&reader, &item));
    IS(M2M_NOTHING, m2m_senml_reader_text(&reader, M2M_SENML_NAME, NULL, 0, &len));
}

static void as_sent(void) {
    const char *pack = "[{\"bn\":\"a\",\"bt\":3,\"bv\":1,\"bs\":2,\"bu\":\"m\",\"bct\":\"60\","
                       "\"n\":\"b\",\"t\":-1,\"v\":4}]";
    starts(M2M_SENML_JSON, M2M_SENML_AS_SENT, pack, strlen(pack));
    OK(m2m_senml_reader_next(&reader, &item));
    CHECK(item.base_time.integer == 3 && item.base_value.integer == 1 && item.base_sum.integer == 2);
    CHECK(item.time_kind == M2M_SENML_TIME_AS_SENT && item.time.integer == -1);
    CHECK(item.number.integer == 4 && item.version == 0);
    text_is(M2M_SENML_BASE_NAME, "a");
    text_is(M2M_SENML_BASE_UNIT, "m");
    text_is(M2M_SENML_BASE_CONTENT_FORMAT, "60");
    text_is(M2M_SENML_NAME, "b");
    IS(M2M_NOTHING, m2m_senml_reader_next(&reader, &item));
}

static void fails(int32_t rules, const char *pack, int32_t kind, size_t where) {
    int32_t error = 99;
    size_t offset = 99;
    m2m_senml_item before;
    starts(M2M_SENML_JSON, rules, pack, strlen(pack));
    IS(M2M_NOTHING, m2m_senml_reader_error(&reader, &error, &offset));
    memset(&item, 0, sizeof item);
    before = item;
    IS(M2M_MALFORMED, m2m_senml_reader_next(&reader, &item));
    CHECK(memcmp(&before, &item, sizeof item) == 0);
    IS(M2M_MALFORMED, m2m_senml_reader_next(&reader, &item));
    OK(m2m_senml_reader_error(&reader, &error, &offset));
    if (error != kind || offset != where) {
        fprintf(stderr, "%s: error %d at %u\n", pack, (int)error, (unsigned)offset);
        exit(1);
    }
}

static void malformed(void) {
    const char *good = "[{\"bn\":\"a:\",\"n\":\"b\",\"v\":1.5},{\"n\":\"c\",\"vs\":\"text\"}]";
    size_t len, rules;
    fails(M2M_SENML_RFC8428, "", M2M_SENML_UNEXPECTED_END, 0);
    fails(M2M_SENML_RFC8428, "{}", M2M_SENML_WRONG_TYPE, 0);
    fails(M2M_SENML_RFC8428, "[{\"n\":\"a\"}]", M2M_SENML_MISSING_VALUE, 1);
    fails(M2M_SENML_RFC8428, "[{\"n\":\"a b\",\"v\":1}]", M2M_SENML_INVALID_NAME, 1);
    fails(M2M_SENML_RFC8428, "[{\"n\":\"a\",\"v\":null}]", M2M_SENML_UNEXPECTED_VALUE, 1);
    fails(M2M_SENML_FETCH, "[{\"n\":\"a\",\"v\":1}]", M2M_SENML_UNEXPECTED_VALUE, 1);
    fails(M2M_SENML_RFC8428, "[{\"bver\":11,\"n\":\"a\",\"v\":1}]", M2M_SENML_UNSUPPORTED_VERSION, 1);
    fails(M2M_SENML_AS_SENT, "[{\"n\":\"a\",\"x_\":1}]", M2M_SENML_UNSUPPORTED_FIELD, 10);
    /* Cut anywhere, in memory that ends there. */
    for (len = 0; len < strlen(good); len++) {
        for (rules = 0; rules <= M2M_SENML_PATCH; rules++) {
            int32_t result;
            char *copy = malloc(len > 0 ? len : 1);
            CHECK(copy != NULL);
            memcpy(copy, good, len);
            starts(M2M_SENML_JSON, (int32_t)rules, copy, len);
            while ((result = m2m_senml_reader_next(&reader, &item)) == M2M_OK) {
            }
            IS(M2M_MALFORMED, result);
            free(copy);
        }
    }
}

/* RFC 8790 sections 3.1 and 3.2: what is selected, what is changed, and who is to blame. */
static void etch(void) {
    static const char pack[] = "[{\"bn\":\"2001:db8::2/3311/0/\",\"n\":\"5850\",\"vb\":true},{\"n\":\"5851\",\"v\":42}]";
    static const char patch[] = "[{\"bn\":\"2001:db8::2/3311/0/\",\"n\":\"5850\",\"v\":null},{\"n\":\"5851\",\"v\":10}]";
    static const char fetch[] = "[{\"n\":\"2001:db8::2/3311/0/5851\"}]";
    static const char twice[] = "[{\"n\":\"a\",\"v\":1},{\"n\":\"a\",\"v\":2}]", one[] = "[{\"n\":\"a\",\"v\":1}]";
    uint8_t to[128];
    size_t len = 9, needed;
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1
    OK(m2m_senml_fetch(M2M_SENML_JSON, BYTES(pack), BYTES(fetch), NULL, 0, &needed));
    OK(m2m_senml_fetch(M2M_SENML_JSON, BYTES(pack), BYTES(fetch), to, needed, &len));
    CHECK(len == needed);
    starts(M2M_SENML_JSON, M2M_SENML_RFC8428, to, len);
    OK(m2m_senml_reader_next(&reader, &item));
    text_is(M2M_SENML_NAME, "2001:db8::2/3311/0/5851");
    CHECK(item.number.integer == 42);
    IS(M2M_NOTHING, m2m_senml_reader_next(&reader, &item));
    OK(m2m_senml_patch(M2M_SENML_JSON, BYTES(pack), BYTES(patch), to, sizeof to, &len));
    starts(M2M_SENML_JSON, M2M_SENML_RFC8428, to, len);
    OK(m2m_senml_reader_next(&reader, &item));
    text_is(M2M_SENML_NAME, "2001:db8::2/3311/0/5851");
    CHECK(item.number.integer == 10);
    IS(M2M_NOTHING, m2m_senml_reader_next(&reader, &item));
    IS(M2M_BUFFER_TOO_SMALL, m2m_senml_patch(M2M_SENML_JSON, BYTES(pack), BYTES(patch), to, len - 1, &needed));
    len = 9;
    IS(M2M_MALFORMED, m2m_senml_fetch(M2M_SENML_JSON, BYTES(pack), BYTES("[]"), to, sizeof to, &len));
    IS(M2M_MALFORMED, m2m_senml_fetch(M2M_SENML_JSON, BYTES(pack), BYTES(one), to, sizeof to, &len));
    IS(M2M_INVALID, m2m_senml_fetch(M2M_SENML_JSON, BYTES("[{"), BYTES(fetch), to, sizeof to, &len));
    IS(M2M_INVALID, m2m_senml_fetch(0, BYTES(pack), BYTES(fetch), to, sizeof to, &len));
    IS(M2M_MALFORMED, m2m_senml_patch(M2M_SENML_JSON, BYTES(one), BYTES("[]"), to, sizeof to, &len));
    IS(M2M_NOT_ALLOWED, m2m_senml_patch(M2M_SENML_JSON, BYTES(twice), BYTES(one), to, sizeof to, &len));
    IS(M2M_INVALID, m2m_senml_patch(M2M_SENML_JSON, BYTES("[{"), BYTES(one), to, sizeof to, &len));
    IS(M2M_NULL, m2m_senml_patch(M2M_SENML_JSON, BYTES(one), BYTES(one), to, sizeof to, NULL));
    IS(M2M_NULL, m2m_senml_fetch(M2M_SENML_JSON, NULL, 1, BYTES(one), to, sizeof to, &len));
    CHECK(len == 9);
}

static m2m_senml_record record_of(const char *name) {
    m2m_senml_record record;
    memset(&record, 0, sizeof record);
    record.struct_size = sizeof record;
    record.name = name;
    return record;
}

/* Writes a pack, wherever the buffer ends: a record that does not fit costs nothing. */
static size_t written(int32_t format, uint32_t count, uint8_t *buf, size_t cap, size_t *fitted) {
    static const uint8_t data[] = {0, 1, 255};
    m2m_senml_writer writer;
    m2m_senml_record r = record_of("0/5700");
    size_t len = 0;
    int32_t result = m2m_senml_writer_init(&writer, format, count, buf, cap);
    *fitted = 0;
    if (result == M2M_BUFFER_TOO_SMALL) return 0;
    CHECK(result == M2M_OK);
    r.base_name = "/3303/";
    r.base_time = m2m_number_integer(1700000000);
    r.unit = "Cel";
    r.kind = M2M_SENML_NUMBER;
    r.number = m2m_number_decimal(201, -1);
    if (m2m_senml_writer_record(&writer, &r) == M2M_OK) ++*fitted;
    r = record_of("0/5701");
    r.kind = M2M_SENML_TEXT;
    r.text = "Cel";
    if (m2m_senml_writer_record(&writer, &r) == M2M_OK) ++*fitted;
    r = record_of("0/5605");
    r.kind = M2M_SENML_DATA;
    r.data = data;
    r.data_len = sizeof data;
    if (m2m_senml_writer_record(&writer, &r) == M2M_OK) ++*fitted;
    if (count != 0 && *fitted != count) {
        IS(M2M_NOT_ALLOWED, m2m_senml_writer_finish(&writer, &len));
        return 0;
    }
    OK(m2m_senml_writer_finish(&writer, &len));
    OK(m2m_senml_writer_finish(&writer, &len));
    IS(M2M_NOT_ALLOWED, m2m_senml_writer_record(&writer, &r));
    return len;
}

static void read_back(int32_t format, const uint8_t *buf, size_t len, size_t fitted) {
    uint8_t data[8];
    size_t n, data_len;
    starts(format, M2M_SENML_LWM2M, buf, len);
    for (n = 0; m2m_senml_reader_next(&reader, &item) == M2M_OK; n++) {
        CHECK(item.time_kind == M2M_SENML_ABSOLUTE && item.time.integer == 1700000000);
        if (n == 0) {
            CHECK(item.number.integer == 201 || item.number.real == 20.1);
            text_is(M2M_SENML_NAME, "/3303/0/5700");
            text_is(M2M_SENML_UNIT, "Cel");
        } else if (n == 1) {
            text_is(M2M_SENML_VALUE, "Cel");
        } else {
            OK(m2m_senml_reader_data(&reader, data, sizeof data, &data_len));
            CHECK(data_len == 3 && data[2] == 255);
        }
    }
    CHECK(n == fitted);
    IS(M2M_NOTHING, m2m_senml_reader_next(&reader, &item));
}

static void writes(void) {
    static const int32_t formats[] = {M2M_SENML_JSON, M2M_SENML_CBOR, M2M_SENML_XML};
    uint32_t count;
    size_t f, cap, fitted, len, whole;
    uint8_t all[512];
    for (f = 0; f < 3; f++) {
        for (count = 0; count <= 3; count += 3) {
            whole = written(formats[f], count, all, sizeof all, &fitted);
            CHECK(whole > 0 && fitted == 3);
            read_back(formats[f], all, whole, 3);
            for (cap = 0; cap <= whole; cap++) {
                uint8_t *buf = malloc(cap > 0 ? cap : 1);
                CHECK(buf != NULL);
                len = written(formats[f], count, buf, cap, &fitted);
                CHECK(len <= cap && (cap < whole || fitted == 3));
                /* Without a base name the others have no good name. */
                if (len > 0 && fitted == 3) read_back(formats[f], buf, len, fitted);
                free(buf);
            }
        }
    }
    whole = written(M2M_SENML_JSON, 0, all, sizeof all, &fitted);
    all[whole] = 0;
    CHECK(strcmp((char *)all,
                 "[{\"bn\":\"/3303/\",\"bt\":1700000000,\"n\":\"0/5700\",\"u\":\"Cel\",\"v\":20.1},"
                 "{\"n\":\"0/5701\",\"vs\":\"Cel\"},{\"n\":\"0/5605\",\"vd\":\"AAH_\"}]") == 0);
    CHECK(written(M2M_SENML_CBOR, 3, all, sizeof all, &fitted) > 0 && all[0] == 0x83);
    CHECK(written(M2M_SENML_CBOR, 0, all, sizeof all, &fitted) > 0 && all[0] == 0x9F);
}

static void arguments(void) {
    m2m_senml_writer writer;
    m2m_senml_record r = record_of("a");
    uint8_t buf[64];
    int32_t error = 0;
    size_t len = 7, empty;
    m2m_senml_reader fresh;
    memset(&fresh, 0, sizeof fresh);
    memset(&writer, 0, sizeof writer);

    IS(M2M_NULL, m2m_senml_reader_init(NULL, M2M_SENML_JSON, 0, (const uint8_t *)"[]", 2));
    IS(M2M_NULL, m2m_senml_reader_init(&fresh, M2M_SENML_JSON, 0, NULL, 2));
    IS(M2M_INVALID, m2m_senml_reader_init(&fresh, 111, 0, (const uint8_t *)"[]", 2));
    IS(M2M_INVALID, m2m_senml_reader_init(&fresh, M2M_SENML_JSON, 5, (const uint8_t *)"[]", 2));
    IS(M2M_INVALID, m2m_senml_reader_next(&fresh, &item));
    IS(M2M_INVALID, m2m_senml_reader_text(&fresh, M2M_SENML_NAME, NULL, 0, &len));
    IS(M2M_INVALID, m2m_senml_reader_data(&fresh, NULL, 0, &len));
    IS(M2M_INVALID, m2m_senml_reader_error(&fresh, &error, &len));
    IS(M2M_NULL, m2m_senml_reader_next(NULL, &item));
    IS(M2M_NULL, m2m_senml_reader_next(&fresh, NULL));
    IS(M2M_NULL, m2m_senml_reader_error(&fresh, NULL, &len));
    /* A reader is no writer. */
    starts(M2M_SENML_JSON, 0, "[]", 2);
    IS(M2M_INVALID, m2m_senml_writer_finish((m2m_senml_writer *)&reader, &len));
    IS(M2M_INVALID, m2m_senml_reader_next((m2m_senml_reader *)((char *)&reader + 1), &item));

    IS(M2M_INVALID, m2m_senml_writer_record(&writer, &r));
    IS(M2M_INVALID, m2m_senml_writer_finish(&writer, &len));
    IS(M2M_NULL, m2m_senml_writer_init(NULL, M2M_SENML_JSON, 0, buf, sizeof buf));
    IS(M2M_NULL, m2m_senml_writer_init(&writer, M2M_SENML_JSON, 0, NULL, 1));
    IS(M2M_INVALID, m2m_senml_writer_init(&writer, 0, 0, buf, sizeof buf));
    IS(M2M_BUFFER_TOO_SMALL, m2m_senml_writer_init(&writer, M2M_SENML_JSON, 0, buf, 1));
    OK(m2m_senml_writer_init(&writer, M2M_SENML_JSON, 0, buf, 64));
    IS(M2M_NULL, m2m_senml_writer_record(&writer, NULL));
    IS(M2M_NULL, m2m_senml_writer_record(NULL, &r));
    IS(M2M_NULL, m2m_senml_writer_finish(&writer, NULL));
    r.struct_size = 0;
    IS(M2M_INVALID, m2m_senml_writer_record(&writer, &r));
    r = record_of("\xC3(");
    IS(M2M_NOT_UTF8, m2m_senml_writer_record(&writer, &r));
    r = record_of("a");
    r.kind = 7;
    IS(M2M_INVALID, m2m_senml_writer_record(&writer, &r));
    r.kind = M2M_SENML_NUMBER;
    IS(M2M_INVALID, m2m_senml_writer_record(&writer, &r));
    r.number.kind = 5;
    IS(M2M_INVALID, m2m_senml_writer_record(&writer, &r));
    r.number = m2m_number_float(1e308 * 10);
    IS(M2M_INVALID, m2m_senml_writer_record(&writer, &r));
    r.number = m2m_number_decimal(1, 400);
    IS(M2M_INVALID, m2m_senml_writer_record(&writer, &r));
    r.kind = M2M_SENML_DATA;
    r.data_len = 1;
    IS(M2M_NULL, m2m_senml_writer_record(&writer, &r));
    CHECK(len == 7);
    OK(m2m_senml_writer_finish(&writer, &empty));
    CHECK(empty == 2 && memcmp(buf, "[]", 2) == 0);
    OK(m2m_senml_writer_init(&writer, M2M_SENML_CBOR, 1, buf, sizeof buf));
    r = record_of("a");
    OK(m2m_senml_writer_record(&writer, &r));
    IS(M2M_NOT_ALLOWED, m2m_senml_writer_record(&writer, &r));
}

/* RFC 8428 section 12.4, RFC 8790 section 6.1. */
static void media_types(void) {
    static const struct {
        const char *name, *extension;
        m2m_senml_media_type is;
    } rows[] = {
        {"application/senml+json", "senml", {110, M2M_SENML_PACK, M2M_SENML_JSON}},
        {"application/sensml+json", "sensml", {111, M2M_SENML_STREAM, M2M_SENML_JSON}},
        {"application/senml+cbor", "senmlc", {112, M2M_SENML_PACK, M2M_SENML_CBOR}},
        {"application/sensml+cbor", "sensmlc", {113, M2M_SENML_STREAM, M2M_SENML_CBOR}},
        {"application/senml-exi", "senmle", {114, M2M_SENML_PACK, 0}},
        {"application/sensml-exi", "sensmle", {115, M2M_SENML_STREAM, 0}},
        {"application/senml+xml", "senmlx", {310, M2M_SENML_PACK, M2M_SENML_XML}},
        {"application/sensml+xml", "sensmlx", {311, M2M_SENML_STREAM, M2M_SENML_XML}},
        {"application/senml-etch+json", "senml-etchj", {320, M2M_SENML_ETCH, M2M_SENML_JSON}},
        {"application/senml-etch+cbor", "senml-etchc", {322, M2M_SENML_ETCH, M2M_SENML_CBOR}},
    };
    size_t row, len;
    char text[40];
    m2m_senml_media_type is;
    for (row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        const m2m_senml_media_type *expected = &rows[row].is;
        OK(m2m_senml_media_type_of(rows[row].name, &is));
        CHECK(memcmp(&is, expected, sizeof is) == 0);
        OK(m2m_senml_media_type_of_extension(rows[row].extension, &is));
        CHECK(memcmp(&is, expected, sizeof is) == 0);
        OK(m2m_senml_media_type_at(expected->content_format, &is));
        CHECK(memcmp(&is, expected, sizeof is) == 0);
        if (expected->format != 0) {
            OK(m2m_senml_media_type_for(expected->document, expected->format, &is));
            CHECK(memcmp(&is, expected, sizeof is) == 0);
        }
        OK(m2m_senml_media_type_name(expected->content_format, text, sizeof text, &len));
        CHECK(strcmp(text, rows[row].name) == 0 && len == strlen(text));
        OK(m2m_senml_media_type_extension(expected->content_format, text, sizeof text, &len));
        CHECK(strcmp(text, rows[row].extension) == 0 && len == strlen(text));
    }
    OK(m2m_senml_media_type_of("Application/SenML+CBOR; a=b", &is));
    CHECK(is.content_format == 112);
    IS(M2M_NOTHING, m2m_senml_media_type_of("application/json", &is));
    IS(M2M_NOTHING, m2m_senml_media_type_of_extension("json", &is));
    IS(M2M_NOTHING, m2m_senml_media_type_at(50, &is));
    IS(M2M_NOTHING, m2m_senml_media_type_at(-1, &is));
    IS(M2M_NOTHING, m2m_senml_media_type_for(M2M_SENML_ETCH, M2M_SENML_XML, &is));
    IS(M2M_INVALID, m2m_senml_media_type_for(4, M2M_SENML_XML, &is));
    IS(M2M_INVALID, m2m_senml_media_type_for(M2M_SENML_PACK, 111, &is));
    IS(M2M_NULL, m2m_senml_media_type_of(NULL, &is));
    IS(M2M_NULL, m2m_senml_media_type_at(110, NULL));
    IS(M2M_NOTHING, m2m_senml_media_type_name(60, text, sizeof text, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_senml_media_type_extension(110, text, 5, &len));
}

/* RFC 9193 section 7. */
static void data_formats(void) {
    m2m_senml_data_format is;
    OK(m2m_senml_data_format_read("60", &is));
    CHECK(is.content_format == 60 && is.content_type == NULL && is.coding == NULL);
    OK(m2m_senml_data_format_read("text/csv;header=present@gzip", &is));
    CHECK(is.content_format == -1 && is.content_type_len == 23 && is.coding_len == 4);
    CHECK(memcmp(is.content_type, "text/csv;header=present", 23) == 0 && memcmp(is.coding, "gzip", 4) == 0);
    IS(M2M_MALFORMED, m2m_senml_data_format_read("060", &is));
    IS(M2M_MALFORMED, m2m_senml_data_format_read("text", &is));
    IS(M2M_NULL, m2m_senml_data_format_read(NULL, &is));
}

int main(void) {
    numbers();
    resolved();
    as_sent();
    malformed();
    etch();
    writes();
    arguments();
    media_types();
    data_formats();
    tells_all(m2m_senml_error_text, M2M_SENML_DOCUMENT_TYPE);
    CHECK(strcmp(m2m_senml_error_text(M2M_SENML_DUPLICATE_LABEL), "duplicate label") == 0);
    puts("all of senml.c passed");
    return 0;
}
