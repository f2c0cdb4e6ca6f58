/* OSCORE of messages without an endpoint: the vectors of RFC 8613 appendix C, in memory of exactly the right size. */
#include "expect.h"

static const uint8_t SECRET[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t SALT[] = {0x9e, 0x7c, 0xa9, 0x22, 0x23, 0x78, 0x63, 0x40};
static const uint8_t ID_CONTEXT[] = {0x37, 0xcb, 0xf3, 0x21, 0x00, 0x17, 0xa2, 0xd3};
static const uint8_t ZERO[] = {0}, ONE[] = {1};

typedef struct {
    const uint8_t *salt, *sender, *id_context;
    size_t salt_len, sender_len, id_context_len;
} shared;
static const shared C1 = {SALT, NULL, NULL, sizeof SALT, 0, 0};
static const shared C2 = {NULL, ZERO, NULL, 0, 1, 0};
static const shared C3 = {SALT, NULL, ID_CONTEXT, sizeof SALT, 0, sizeof ID_CONTEXT};

static m2m_coap_security keys(const shared *of, int server) {
    m2m_coap_security security;
    memset(&security, 0, sizeof security);
    security.struct_size = sizeof security;
    security.master_secret = SECRET;
    security.master_secret_len = sizeof SECRET;
    security.master_salt = of->salt;
    security.master_salt_len = of->salt_len;
    security.id_context = of->id_context;
    security.id_context_len = of->id_context_len;
    security.sender_id = server ? ONE : of->sender;
    security.sender_id_len = server ? 1 : of->sender_len;
    security.recipient_id = server ? of->sender : ONE;
    security.recipient_id_len = server ? of->sender_len : 1;
    return security;
}

/* Bytes of hexadecimal digits, in memory of their length. */
static uint8_t *hex(const char *digits, size_t *len) {
    size_t at;
    uint8_t *bytes;
    *len = strlen(digits) / 2;
    bytes = malloc(*len);
    CHECK(bytes != NULL);
    for (at = 0; at < *len; at++) {
        unsigned byte;
        CHECK(sscanf(digits + 2 * at, "%2x", &byte) == 1);
        bytes[at] = (uint8_t)byte;
    }
    return bytes;
}

/* Appendix C.4 to C.6: sequence number 20. */
static void request(const shared *of, const char *plain_digits, const char *wire_digits) {
    m2m_coap_security client = keys(of, 0), server = keys(of, 1);
    m2m_oscore_context ours, theirs;
    size_t plain_len, wire_len, len = 99, cap;
    uint8_t *plain = hex(plain_digits, &plain_len), *wire = hex(wire_digits, &wire_len), *room;
    uint64_t binding = 99;
    client.history = M2M_COAP_STORED_KEYS;
    client.next = 20;
    OK(m2m_oscore_context_init(&ours, &client));
    OK(m2m_oscore_context_init(&theirs, &server));
    OK(m2m_oscore_context_protect_request(&ours, plain, plain_len, NULL, 0, &len, &binding));
    CHECK(len == wire_len && binding == 20);
    for (cap = 1; cap < wire_len; cap++) {
        room = malloc(cap);
        CHECK(room != NULL);
        len = 99;
        IS(M2M_BUFFER_TOO_SMALL, m2m_oscore_context_protect_request(&ours, plain, plain_len, room, cap, &len, &binding));
        CHECK(len == 99);
        free(room);
    }
    room = malloc(wire_len);
    CHECK(room != NULL);
    OK(m2m_oscore_context_protect_request(&ours, plain, plain_len, room, wire_len, &len, &binding));
    CHECK(len == wire_len && binding == 20 && memcmp(room, wire, len) == 0);
    for (cap = 0; cap < plain_len; cap++) {
        uint8_t *short_one = malloc(cap > 0 ? cap : 1);
        CHECK(short_one != NULL);
        IS(M2M_BUFFER_TOO_SMALL, m2m_oscore_context_unprotect_request(&theirs, wire, wire_len, short_one, cap, &len, &binding));
        free(short_one);
    }
    OK(m2m_oscore_context_unprotect_request(&theirs, wire, wire_len, room, wire_len, &len, &binding));
    CHECK(len == plain_len && binding == ((uint64_t)1 << 40 | 20) && memcmp(room, plain, len) == 0);
    free(room);
    free(wire);
    free(plain);
}

/* Appendix C.7 and C.8: with the nonce of the request of C.4, and with a sequence number. */
static void responses(void) {
    m2m_coap_security client = keys(&C1, 0), server = keys(&C1, 1);
    m2m_oscore_context ours, theirs;
    m2m_oscore_view view;
    size_t plain_len, len, round;
    uint8_t *plain = hex("64455d1f00003974ff48656c6c6f20576f726c6421", &plain_len), room[64];
    const uint64_t asked = 20, heard = (uint64_t)1 << 40 | 20;
    static const char *const wires[] = {
        "64445d1f0000397490ffdbaad1e9a7e7b2a813d3c31524378303cdafae119106",
        "64445d1f00003974920100ff4d4c13669384b67354b2b6175ff4b8658c666a6cf88e",
    };
    OK(m2m_oscore_context_init(&ours, &client));
    OK(m2m_oscore_context_init(&theirs, &server));
    for (round = 0; round < 2; round++) {
        size_t wire_len;
        uint8_t *wire = hex(wires[round], &wire_len);
        uint64_t piv = 99;
        OK(m2m_oscore_context_protect_response(&theirs, heard, (int32_t)round, plain, plain_len, NULL, 0, &len));
        CHECK(len == wire_len);
        OK(m2m_oscore_context_protect_response(&theirs, heard, (int32_t)round, plain, plain_len, room, sizeof room, &len));
        CHECK(len == wire_len && memcmp(room, wire, len) == 0);
        OK(m2m_oscore_context_view(&theirs, &view));
        CHECK(view.next == round);
        OK(m2m_oscore_context_unprotect_response(&ours, asked, wire, wire_len, room, wire_len, &len, &piv));
        CHECK(len == plain_len && memcmp(room, plain, len) == 0 && piv == (round == 0 ? UINT64_MAX : 0));
        /* To another request it is none, and nobody sees what it might have been. */
        IS(M2M_MALFORMED, m2m_oscore_context_unprotect_response(&ours, 19, wire, wire_len, room, sizeof room, &len, &piv));
        for (len = 0; len < sizeof room; len++) CHECK(room[len] == 0);
        /* Nor is a request of one's own answered, or an answer to the other's request read. */
        IS(M2M_INVALID, m2m_oscore_context_protect_response(&theirs, asked, 1, plain, plain_len, room, sizeof room, &len));
        IS(M2M_INVALID, m2m_oscore_context_unprotect_response(&ours, heard, wire, wire_len, room, sizeof room, &len, &piv));
        IS(M2M_INVALID, m2m_oscore_context_unprotect_response(&ours, (uint64_t)1 << 41, wire, wire_len, room, sizeof room, &len, &piv));
        free(wire);
    }
    free(plain);
}

static void why(m2m_oscore_context *context, int32_t expected) {
    int32_t error = 99;
    OK(m2m_oscore_context_error(context, &error));
    CHECK(error == expected);
}

static void refusals(void) {
    m2m_coap_security client = keys(&C1, 0), server = keys(&C1, 1), other = keys(&C2, 1);
    m2m_oscore_context ours, theirs, another, none;
    m2m_oscore_view view;
    size_t plain_len, len, wire_len;
    uint8_t *plain = hex("44015d1f00003974396c6f63616c686f737483747631", &plain_len), room[64], wire[64];
    uint64_t binding;
    int32_t error = 99;
    memset(&none, 0, sizeof none);
    IS(M2M_INVALID, m2m_oscore_context_view(&none, &view));
    OK(m2m_oscore_context_init(&ours, &client));
    OK(m2m_oscore_context_init(&theirs, &server));
    OK(m2m_oscore_context_init(&another, &other));
    OK(m2m_oscore_context_protect_request(&ours, plain, plain_len, wire, sizeof wire, &wire_len, &binding));
    IS(M2M_NOTHING, m2m_oscore_context_error(&theirs, &error));
    IS(M2M_MALFORMED, m2m_oscore_context_unprotect_request(&theirs, wire, 3, room, sizeof room, &len, &binding));
    why(&theirs, M2M_OSCORE_ERROR_MESSAGE);
    IS(M2M_MALFORMED, m2m_oscore_context_unprotect_request(&theirs, plain, plain_len, room, sizeof room, &len, &binding));
    why(&theirs, M2M_OSCORE_ERROR_OPTION);
    IS(M2M_MALFORMED, m2m_oscore_context_unprotect_request(&another, wire, wire_len, room, sizeof room, &len, &binding));
    why(&another, M2M_OSCORE_ERROR_OTHER_CONTEXT);
    wire[wire_len - 1] ^= 1;
    IS(M2M_MALFORMED, m2m_oscore_context_unprotect_request(&theirs, wire, wire_len, room, sizeof room, &len, &binding));
    why(&theirs, M2M_OSCORE_ERROR_DECRYPTION);
    wire[wire_len - 1] ^= 1;
    OK(m2m_oscore_context_unprotect_request(&theirs, wire, wire_len, room, sizeof room, &len, &binding));
    IS(M2M_NOTHING, m2m_oscore_context_error(&theirs, &error));
    IS(M2M_MALFORMED, m2m_oscore_context_unprotect_request(&theirs, wire, wire_len, room, sizeof room, &len, &binding));
    why(&theirs, M2M_OSCORE_ERROR_REPLAY);
    OK(m2m_oscore_context_view(&theirs, &view));
    CHECK(view.received == 1 && view.seen == 1 && view.lost == 0 && view.aead == 10);
    CHECK(view.sender_id_len == 1 && view.sender_id[0] == 1 && view.recipient_id_len == 0);
    CHECK(view.has_id_context == 0 && view.next == 0 && view.reserved == (uint64_t)1 << 40);
    /* What the caller is to blame for. */
    IS(M2M_INVALID, m2m_oscore_context_protect_request(&ours, wire, wire_len, room, sizeof room, &len, &binding));
    IS(M2M_INVALID, m2m_oscore_context_protect_request(&ours, plain, 3, room, sizeof room, &len, &binding));
    IS(M2M_INVALID, m2m_oscore_context_protect_response(&theirs, binding, 0, plain, plain_len, room, sizeof room, &len));
    plain[1] = 0x45;
    IS(M2M_INVALID, m2m_oscore_context_protect_request(&ours, plain, plain_len, room, sizeof room, &len, &binding));
    IS(M2M_NULL, m2m_oscore_context_protect_request(&ours, plain, plain_len, room, sizeof room, &len, NULL));
    IS(M2M_NULL, m2m_oscore_context_unprotect_request(&ours, NULL, 4, room, sizeof room, &len, &binding));
    IS(M2M_NULL, m2m_oscore_context_view(NULL, &view));
    client.sender_id = client.recipient_id;
    client.sender_id_len = 1;
    IS(M2M_INVALID, m2m_oscore_context_init(&none, &client));
    client.sender_id = SALT;
    client.sender_id_len = sizeof SALT;
    IS(M2M_TOO_LONG, m2m_oscore_context_init(&none, &client));
    client = keys(&C1, 0);
    client.history = M2M_COAP_RENEWED_KEYS;
    IS(M2M_NOT_ALLOWED, m2m_oscore_context_init(&none, &client));
    free(plain);
}

/* Appendix B.1: numbers are used once they are stored, and a server that restarted asks for an Echo. */
static void restart(void) {
    static const uint8_t get[] = {0x40, 1, 0, 1};
    m2m_coap_security client = keys(&C3, 0), server = keys(&C3, 1);
    m2m_oscore_context ours, theirs;
    m2m_oscore_view view;
    uint8_t first[64], second[64], room[64];
    size_t first_len, second_len, len;
    uint64_t binding, same;
    server.history = M2M_COAP_STORED_KEYS;
    server.next = 7;
    OK(m2m_oscore_context_init(&ours, &client));
    OK(m2m_oscore_context_init(&theirs, &server));
    OK(m2m_oscore_context_reserve(&ours, 2));
    OK(m2m_oscore_context_protect_request(&ours, get, sizeof get, first, sizeof first, &first_len, &binding));
    OK(m2m_oscore_context_protect_request(&ours, get, sizeof get, second, sizeof second, &second_len, &binding));
    IS(M2M_NOT_ALLOWED, m2m_oscore_context_protect_request(&ours, get, sizeof get, room, sizeof room, &len, &binding));
    IS(M2M_MALFORMED, m2m_oscore_context_unprotect_request(&theirs, first, first_len, room, sizeof room, &len, &binding));
    why(&theirs, M2M_OSCORE_ERROR_REPLAY);
    OK(m2m_oscore_context_view(&theirs, &view));
    CHECK(view.lost == 1 && view.next == 7 && view.has_id_context == 1);
    CHECK(view.id_context_len == 8 && memcmp(view.id_context, ID_CONTEXT, 8) == 0);
    OK(m2m_oscore_context_verify_request(&theirs, first, first_len, room, sizeof room, &len, &binding));
    CHECK(len == sizeof get && memcmp(room, get, len) == 0);
    IS(M2M_INVALID, m2m_oscore_context_start(&theirs, 0));
    OK(m2m_oscore_context_start(&theirs, binding));
    IS(M2M_MALFORMED, m2m_oscore_context_unprotect_request(&theirs, first, first_len, room, sizeof room, &len, &same));
    OK(m2m_oscore_context_unprotect_request(&theirs, second, second_len, room, sizeof room, &len, &same));
    CHECK(same == binding + 1);
}

/* Section 6.3. */
static void options(void) {
    static const struct {
        const char *digits;
        uint64_t piv;
        int context, kid; /* lengths, -1 for none */
    } rows[] = {
        {"", UINT64_MAX, -1, -1},  {"090525", 5, -1, 1},          {"0900", 0, -1, 0},
        {"19050344616c", 5, 3, 0}, {"05ffffffffff", ((uint64_t)1 << 40) - 1, -1, -1},
    };
    static const char *const wrong[] = {"00", "20", "06010203040506", "0201", "020001", "1101010203"};
    m2m_oscore_option option;
    uint8_t buf[16];
    size_t at, len, written;
    for (at = 0; at < sizeof rows / sizeof rows[0]; at++) {
        uint8_t *value = hex(rows[at].digits, &len);
        OK(m2m_oscore_option_read(value, len, &option));
        CHECK(option.piv == rows[at].piv);
        CHECK((option.kid != NULL) == (rows[at].kid >= 0) && (option.kid_context != NULL) == (rows[at].context >= 0));
        CHECK(option.kid == NULL || option.kid_len == (size_t)rows[at].kid);
        CHECK(option.kid_context == NULL || option.kid_context_len == (size_t)rows[at].context);
        OK(m2m_oscore_option_write(&option, NULL, 0, &written));
        CHECK(written == len);
        OK(m2m_oscore_option_write(&option, buf, len, &written));
        CHECK(written == len && (len == 0 || memcmp(buf, value, len) == 0));
        if (len > 0) IS(M2M_BUFFER_TOO_SMALL, m2m_oscore_option_write(&option, buf, len - 1, &written));
        free(value);
    }
    for (at = 0; at < sizeof wrong / sizeof wrong[0]; at++) {
        uint8_t *value = hex(wrong[at], &len);
        IS(M2M_MALFORMED, m2m_oscore_option_read(value, len, &option));
        free(value);
    }
    option.piv = (uint64_t)1 << 40;
    IS(M2M_INVALID, m2m_oscore_option_write(&option, buf, sizeof buf, &len));
    IS(M2M_NULL, m2m_oscore_option_write(NULL, buf, sizeof buf, &len));
}

/* The same view of a context of an endpoint. */
static void of_an_endpoint(void) {
    static const uint8_t seed[32] = {1};
    m2m_coap_config config;
    m2m_coap_endpoint *endpoint;
    m2m_coap_security security = keys(&C3, 0);
    m2m_oscore_view view;
    uint64_t id;
    OK(m2m_coap_config_init(&config, sizeof config));
    OK(m2m_coap_endpoint_new(&config, seed, &endpoint));
    OK(m2m_coap_endpoint_add_security_context(endpoint, &security, &id));
    OK(m2m_coap_endpoint_security_view(endpoint, id, &view));
    CHECK(view.next == 0 && view.received == 0 && view.lost == 0 && view.id_context_len == 8);
    CHECK(view.recipient_id_len == 1 && view.recipient_id[0] == 1 && view.sender_id_len == 0);
    OK(m2m_coap_endpoint_remove_security_context(endpoint, 0, id));
    IS(M2M_UNKNOWN_ID, m2m_coap_endpoint_security_view(endpoint, id, &view));
    OK(m2m_coap_endpoint_free(endpoint));
}

int main(void) {
    request(&C1, "44015d1f00003974396c6f63616c686f737483747631",
            "44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e");
    request(&C2, "440171c30000b932396c6f63616c686f737483747631",
            "440271c30000b932396c6f63616c686f737463091400ff4ed339a5a379b0b8bc731fffb0");
    request(&C3, "44012f8eef9bbf7a396c6f63616c686f737483747631",
            "44022f8eef9bbf7a396c6f63616c686f73746b19140837cbf3210017a2d3ff72cd7273fd331ac45cffbe55c3");
    responses();
    refusals();
    restart();
    options();
    of_an_endpoint();
    tells_all(m2m_oscore_error_text, M2M_OSCORE_ERROR_PLAINTEXT);
    /* RFC 8613 section 8.2 */
    CHECK(strcmp(m2m_oscore_error_text(M2M_OSCORE_ERROR_REPLAY), "replay detected") == 0);
    puts("all of oscore_messages.c passed");
    return 0;
}
