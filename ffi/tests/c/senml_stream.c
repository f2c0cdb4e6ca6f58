/* SenML in pieces: streams that are read while they arrive and written while they are measured. */
#include "expect.h"

#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static const int32_t FORMATS[] = {M2M_SENML_JSON, M2M_SENML_CBOR, M2M_SENML_XML};

static const char PACK[] =
    "[{\"bn\":\"urn:dev:ow:10e2073a01080063:\",\"bt\":1.276020076e+09,\"bu\":\"A\",\"bct\":\"60\",\"n\":\"voltage\","
    "\"u\":\"V\",\"v\":120.1},{\"n\":\"current\",\"t\":-5,\"v\":1.5},{\"bn\":\"urn:dev:ow:10e2073a01080064:\"},"
    "{\"n\":\"state\",\"vs\":\"a \\\"b\\\" \\u00e9\"},{\"n\":\"on\",\"vb\":true},{\"n\":\"raw\",\"vd\":\"AP8\"},"
    "{\"n\":\"sum\",\"s\":9,\"ut\":10}]";

/* All that can be asked of a record. */
typedef struct told {
    m2m_senml_item item;
    int32_t results[8];
    size_t lens[8];
    char texts[8][64];
} told;

static void ask_reader(const m2m_senml_reader *reader, told *to) {
    int which;
    for (which = 1; which < 8; which++)
        to->results[which] = m2m_senml_reader_text(reader, which, to->texts[which], 64, &to->lens[which]);
    to->results[0] = m2m_senml_reader_data(reader, (uint8_t *)to->texts[0], 64, &to->lens[0]);
}

static void ask_stream(const m2m_senml_stream *stream, told *to) {
    int which;
    for (which = 1; which < 8; which++)
        to->results[which] = m2m_senml_stream_text(stream, which, to->texts[which], 64, &to->lens[which]);
    to->results[0] = m2m_senml_stream_data(stream, (uint8_t *)to->texts[0], 64, &to->lens[0]);
}

static int number_is(const m2m_number *a, const m2m_number *b) {
    return a->kind == b->kind && a->integer == b->integer && a->natural == b->natural && a->exponent == b->exponent &&
           memcmp(&a->real, &b->real, sizeof a->real) == 0;
}

static void says_the_same(const told *a, const told *b) {
    const m2m_senml_item *x = &a->item, *y = &b->item;
    CHECK(x->kind == y->kind && x->time_kind == y->time_kind && x->boolean == y->boolean && x->version == y->version);
    CHECK(number_is(&x->number, &y->number) && number_is(&x->time, &y->time) && number_is(&x->sum, &y->sum));
    CHECK(number_is(&x->update_time, &y->update_time) && number_is(&x->base_time, &y->base_time));
    CHECK(number_is(&x->base_value, &y->base_value) && number_is(&x->base_sum, &y->base_sum));
    CHECK(memcmp(a->results, b->results, sizeof a->results) == 0 && memcmp(a->lens, b->lens, sizeof a->lens) == 0);
    CHECK(memcmp(a->texts, b->texts, sizeof a->texts) == 0);
}

/* The pack in one of the formats. */
static size_t pack_in(int32_t format, uint8_t *to, size_t cap) {
    size_t len;
    OK(m2m_senml_compact(M2M_SENML_JSON, BYTES(PACK), format, to, cap, &len));
    return len;
}

/* Chunks of every size, in memory that ends with them, say what the whole pack says. */
static void chunks(int32_t format, int32_t rules) {
    static told whole[8], piece;
    uint8_t pack[512], room[128], bases[64];
    size_t count = 0, at, size, len = pack_in(format, pack, sizeof pack);
    m2m_senml_reader reader;
    OK(m2m_senml_reader_init(&reader, format, rules, pack, len));
    memset(whole, 0, sizeof whole);
    while (m2m_senml_reader_next(&reader, &whole[count].item) == M2M_OK) ask_reader(&reader, &whole[count++]);
    CHECK(count == (rules == M2M_SENML_AS_SENT ? 7 : 6));
    for (size = 1; size <= len; size++) {
        m2m_senml_stream stream;
        size_t n = 0;
        int32_t closed = 9;
        OK(m2m_senml_stream_init(&stream, format, rules, room, sizeof room, bases, sizeof bases));
        for (at = 0; at < len; at += size) {
            size_t rest = len - at < size ? len - at : size, used = 99;
            uint8_t *chunk = malloc(rest), *next = chunk;
            CHECK(chunk != NULL);
            memcpy(chunk, pack + at, rest);
            for (;;) {
                int32_t result;
                memset(&piece, 0, sizeof piece);
                result = m2m_senml_stream_read(&stream, next, rest, &used, &piece.item);
                CHECK(used <= rest);
                next += used;
                rest -= used;
                if (result == M2M_NOTHING) break;
                OK(result);
                ask_stream(&stream, &piece);
                CHECK(n < count);
                says_the_same(&piece, &whole[n++]);
            }
            CHECK(rest == 0);
            free(chunk);
            /* What lay in the chunk is gone with it. */
            IS(M2M_NOTHING, m2m_senml_stream_text(&stream, M2M_SENML_NAME, NULL, 0, &used));
        }
        CHECK(n == count);
        OK(m2m_senml_stream_finish(&stream, &closed));
        CHECK(closed == 1);
    }
}

static void fails(const char *text, size_t cap, size_t bases_cap, int32_t kind, uint64_t number, uint64_t where) {
    uint8_t room[64], bases[64];
    m2m_senml_stream stream;
    m2m_senml_item item, before;
    int32_t result, error = 99, closed = 99;
    uint64_t record = 99, offset = 99;
    size_t used, at = 0, len = strlen(text);
    OK(m2m_senml_stream_init(&stream, M2M_SENML_JSON, M2M_SENML_RFC8428, room, cap, bases, bases_cap));
    IS(M2M_NOTHING, m2m_senml_stream_error(&stream, &error, &record, &offset));
    /* Byte by byte, so that all goes through the room. */
    do {
        memset(&item, 0, sizeof item);
        before = item;
        used = 99;
        result = m2m_senml_stream_read(&stream, (const uint8_t *)text + at, at < len ? 1 : 0, &used, &item);
        at++;
    } while (result >= 0 && at <= len);
    if (result >= 0) result = m2m_senml_stream_finish(&stream, &closed);
    else CHECK(used == 99 && memcmp(&before, &item, sizeof item) == 0);
    IS(M2M_MALFORMED, result);
    CHECK(closed == 99);
    OK(m2m_senml_stream_error(&stream, &error, &record, &offset));
    if (error != kind || record != number || offset != where) {
        fprintf(stderr, "%s: error %d in %u at %u\n", text, (int)error, (unsigned)record, (unsigned)offset);
        exit(1);
    }
    IS(M2M_MALFORMED, m2m_senml_stream_read(&stream, (const uint8_t *)" ", 1, &used, &item));
    IS(M2M_MALFORMED, m2m_senml_stream_finish(&stream, &closed));
    OK(m2m_senml_stream_error(&stream, &error, &record, &offset));
    CHECK(error == kind);
}

static void malformed(void) {
    fails("", 64, 64, M2M_SENML_UNEXPECTED_END, 1, 0);
    fails("[{\"n\":\"a\",\"v\":1},{\"n\"", 64, 64, M2M_SENML_UNEXPECTED_END, 2, 21);
    fails("{}", 64, 64, M2M_SENML_WRONG_TYPE, 1, 0);
    fails("[{\"n\":\"a\",\"v\":1},{\"n\":\"b\"}]", 64, 64, M2M_SENML_MISSING_VALUE, 2, 17);
    fails("[{\"n\":\"a\",\"v\":1}]]", 64, 64, M2M_SENML_TRAILING_BYTES, 2, 17);
    fails("[{\"n\":\"a\",\"v\":1},{\"n\":\"abcdef\",\"v\":1}]", 16, 64, M2M_SENML_TOO_LONG, 2, 33);
    fails("[{\"n\":\"a\",\"v\":1},{\"bn\":\"12345678\",\"v\":1}]", 64, 7, M2M_SENML_TOO_LONG, 2, 17);
}

/* A stream ends between two records (RFC 8428 section 4.8), in each format. */
static void written_in_pieces(int32_t format) {
    uint8_t to[96], room[96], bases[32];
    m2m_senml_writer writer;
    m2m_senml_stream stream;
    m2m_senml_item item;
    int32_t closed = 9, n;
    size_t len = 0, used, sum = 0;
    OK(m2m_senml_writer_init(&writer, format, 0, to, sizeof to));
    OK(m2m_senml_stream_init(&stream, format, M2M_SENML_RFC8428, room, sizeof room, bases, sizeof bases));
    for (n = 0; n < 1000; n++) {
        m2m_senml_record r;
        memset(&r, 0, sizeof r);
        r.struct_size = sizeof r;
        if (n == 0) r.base_name = "urn:dev:1:";
        r.name = "t";
        r.kind = M2M_SENML_NUMBER;
        r.number = m2m_number_integer(n);
        OK(m2m_senml_writer_record(&writer, &r));
        OK(m2m_senml_writer_take(&writer, &len));
        OK(m2m_senml_stream_read(&stream, to, len, &used, &item));
        CHECK(item.number.integer == n);
        IS(M2M_NOTHING, m2m_senml_stream_read(&stream, to + used, len - used, &used, &item));
        sum += len;
        if (n % 500 == 0) {
            OK(m2m_senml_stream_finish(&stream, &closed));
            CHECK(closed == 0);
        }
        OK(m2m_senml_writer_take(&writer, &len));
        CHECK(len == 0);
    }
    OK(m2m_senml_writer_finish(&writer, &len));
    CHECK(len >= 1 && sum > sizeof to);
    IS(M2M_NOTHING, m2m_senml_stream_read(&stream, to, len, &used, &item));
    OK(m2m_senml_stream_finish(&stream, &closed));
    CHECK(closed == 1);
    OK(m2m_senml_writer_take(&writer, &used));
    CHECK(used == len);
}

/* Decimal fractions in CBOR, and units that need a version of their own (RFC 9100). */
static void exact_and_features(void) {
    static const char units[] = "[{\"bver\":26,\"n\":\"a\",\"u\":\"km/h\",\"v\":36}]";
    static const uint8_t fraction[] = {0xC4, 0x82, 0x20, 0x18, 0xC9}; /* 201 * 10^-1 */
    uint8_t to[64];
    m2m_senml_writer writer;
    m2m_senml_record r;
    m2m_senml_reader reader;
    m2m_senml_item item;
    size_t len;
    memset(&r, 0, sizeof r);
    r.struct_size = sizeof r;
    r.kind = M2M_SENML_NUMBER;
    r.number = m2m_number_decimal(201, -1);
    OK(m2m_senml_writer_init(&writer, M2M_SENML_CBOR, 2, to, sizeof to));
    OK(m2m_senml_writer_set_exact(&writer, 1));
    OK(m2m_senml_writer_record(&writer, &r));
    OK(m2m_senml_writer_set_exact(&writer, 0));
    OK(m2m_senml_writer_record(&writer, &r));
    OK(m2m_senml_writer_finish(&writer, &len));
    CHECK(len == 1 + 2 + sizeof fraction + 2 + 9 && memcmp(to + 3, fraction, sizeof fraction) == 0);
    IS(M2M_NULL, m2m_senml_writer_set_exact(NULL, 1));

    OK(m2m_senml_reader_init(&reader, M2M_SENML_JSON, M2M_SENML_RFC8428, BYTES(units)));
    IS(M2M_MALFORMED, m2m_senml_reader_next(&reader, &item));
    OK(m2m_senml_reader_init(&reader, M2M_SENML_JSON, M2M_SENML_RFC8428 | M2M_SENML_SECONDARY_UNITS, BYTES(units)));
    OK(m2m_senml_reader_next(&reader, &item));
    CHECK(item.version == 26);
    IS(M2M_INVALID, m2m_senml_reader_init(&reader, M2M_SENML_JSON, M2M_SENML_RFC8428 - 16, BYTES(units)));
}

static void compact(void) {
    static const char plain[] = "[{\"n\":\"urn:dev:1:in\",\"u\":\"Cel\",\"t\":1700000000,\"v\":20},"
                                "{\"n\":\"urn:dev:1:out\",\"u\":\"Cel\",\"t\":1700000010,\"v\":7.5}]";
    static const char is[] = "[{\"bn\":\"urn:dev:1:\",\"bt\":1700000000,\"bu\":\"Cel\",\"n\":\"in\",\"v\":20},"
                             "{\"n\":\"out\",\"v\":7.5,\"t\":10}]";
    uint8_t to[160], again[160];
    size_t len = 9, needed, back;
    OK(m2m_senml_compact(M2M_SENML_JSON, BYTES(plain), M2M_SENML_JSON, NULL, 0, &needed));
    OK(m2m_senml_compact(M2M_SENML_JSON, BYTES(plain), M2M_SENML_JSON, to, needed, &len));
    CHECK(len == needed && len < sizeof plain - 1);
    /* Members in the order in which they are written. */
    if (len != sizeof is - 1) fprintf(stderr, "%.*s\n", (int)len, (const char *)to);
    CHECK(len == sizeof is - 1);
    /* What has base fields keeps them, whatever the format. */
    OK(m2m_senml_compact(M2M_SENML_JSON, to, len, M2M_SENML_CBOR, again, sizeof again, &needed));
    OK(m2m_senml_compact(M2M_SENML_CBOR, again, needed, M2M_SENML_JSON, again + needed, sizeof again - needed, &back));
    CHECK(back == len && memcmp(again + needed, to, len) == 0);
    back = 9;
    IS(M2M_BUFFER_TOO_SMALL, m2m_senml_compact(M2M_SENML_JSON, BYTES(plain), M2M_SENML_JSON, to, len - 1, &back));
    IS(M2M_MALFORMED, m2m_senml_compact(M2M_SENML_JSON, BYTES("[{"), M2M_SENML_JSON, to, sizeof to, &back));
    IS(M2M_INVALID, m2m_senml_compact(1, BYTES(plain), M2M_SENML_JSON, to, sizeof to, &back));
    IS(M2M_INVALID, m2m_senml_compact(M2M_SENML_JSON, BYTES(plain), 1, to, sizeof to, &back));
    IS(M2M_NULL, m2m_senml_compact(M2M_SENML_JSON, NULL, 1, M2M_SENML_JSON, to, sizeof to, &back));
    IS(M2M_NULL, m2m_senml_compact(M2M_SENML_JSON, BYTES(plain), M2M_SENML_JSON, to, sizeof to, NULL));
    CHECK(back == 9);
}

static void arguments(void) {
    uint8_t room[8];
    m2m_senml_stream stream;
    m2m_senml_item item;
    int32_t n;
    uint64_t wide;
    size_t used;
    memset(&stream, 0, sizeof stream);
    IS(M2M_NULL, m2m_senml_stream_init(NULL, M2M_SENML_JSON, 0, room, 8, NULL, 0));
    IS(M2M_NULL, m2m_senml_stream_init(&stream, M2M_SENML_JSON, 0, NULL, 8, NULL, 0));
    IS(M2M_NULL, m2m_senml_stream_init(&stream, M2M_SENML_JSON, 0, room, 8, NULL, 1));
    IS(M2M_INVALID, m2m_senml_stream_init(&stream, 0, 0, room, 8, NULL, 0));
    IS(M2M_INVALID, m2m_senml_stream_init(&stream, M2M_SENML_JSON, 5, room, 8, NULL, 0));
    IS(M2M_INVALID, m2m_senml_stream_read(&stream, room, 0, &used, &item));
    IS(M2M_INVALID, m2m_senml_stream_text(&stream, M2M_SENML_NAME, NULL, 0, &used));
    IS(M2M_INVALID, m2m_senml_stream_data(&stream, NULL, 0, &used));
    IS(M2M_INVALID, m2m_senml_stream_finish(&stream, &n));
    IS(M2M_INVALID, m2m_senml_stream_error(&stream, &n, &wide, &wide));
    OK(m2m_senml_stream_init(&stream, M2M_SENML_JSON, 0, room, 8, NULL, 0));
    IS(M2M_NULL, m2m_senml_stream_read(NULL, room, 0, &used, &item));
    IS(M2M_NULL, m2m_senml_stream_read(&stream, NULL, 1, &used, &item));
    IS(M2M_NULL, m2m_senml_stream_read(&stream, room, 0, NULL, &item));
    IS(M2M_NULL, m2m_senml_stream_read(&stream, room, 0, &used, NULL));
    IS(M2M_NULL, m2m_senml_stream_finish(&stream, NULL));
    IS(M2M_NULL, m2m_senml_stream_error(&stream, NULL, &wide, &wide));
    IS(M2M_NULL, m2m_senml_stream_error(&stream, &n, NULL, &wide));
    IS(M2M_NULL, m2m_senml_stream_error(&stream, &n, &wide, NULL));
    IS(M2M_INVALID, m2m_senml_stream_text(&stream, 8, NULL, 0, &used));
    IS(M2M_NOTHING, m2m_senml_stream_text(&stream, M2M_SENML_BASE_NAME, NULL, 0, &used));
    IS(M2M_WRONG_TYPE, m2m_senml_stream_data(&stream, NULL, 0, &used));
    IS(M2M_NULL, m2m_senml_writer_take(NULL, &used));
}

int main(void) {
    size_t f;
    for (f = 0; f < 3; f++) {
        chunks(FORMATS[f], M2M_SENML_AS_SENT);
        chunks(FORMATS[f], M2M_SENML_RFC8428);
        written_in_pieces(FORMATS[f]);
    }
    malformed();
    exact_and_features();
    compact();
    arguments();
    puts("all of senml_stream.c passed");
    return 0;
}
