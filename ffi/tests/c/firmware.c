/* Firmware update from C: pushed in blocks, refused, restarted in the middle, applied. */
#include "check.h"

enum { PEER = 42, SSID = 123, PUT = 3, POST = 2, BLOCK = 64 };

static uint64_t now = 1000;
static uint8_t buf[1152];
static m2m_transmit sent;
static uint16_t message_id = 1;
static uint8_t flash[1000], image[1000], record[M2M_LWM2M_PACKAGE_RECORD];
static size_t kept, record_len;

static m2m_lwm2m_client *registered(void) {
    static const uint8_t location[] = {0x82, 'r', 'd', 0x01, '7'};
    static const m2m_standard_object *const objects[] = {&m2m_object_5};
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_package_support support;
    m2m_lwm2m_client *c = NULL;
    m2m_lwm2m_event event;
    uint8_t ack[32];
    size_t len;
    OK(m2m_lwm2m_client_config_init(&config, sizeof config));
    config.standard_objects = objects;
    config.standard_objects_len = COUNT(objects);
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    memset(&support, 0, sizeof support);
    support.delivery = M2M_LWM2M_PULL_AND_PUSH;
    support.protocols = M2M_LWM2M_BY_COAP | M2M_LWM2M_BY_COAPS;
    support.record = record_len ? record : NULL;
    support.record_len = record_len;
    support.kept = (uint32_t)kept;
    OK(m2m_lwm2m_client_add_firmware_update(c, now, &support));
    IS(M2M_EXISTS, m2m_lwm2m_client_add_firmware_update(c, now, &support));
    IS(M2M_UNKNOWN_OBJECT, m2m_lwm2m_client_add_software(c, now, 0, &support));
    IS(M2M_NULL, m2m_lwm2m_client_add_firmware_update(c, now, NULL));
    support.delivery = 3;
    IS(M2M_INVALID, m2m_lwm2m_client_add_firmware_update(c, now, &support));
    {
        int64_t unix_ms = 7;
        IS(M2M_NOTHING, m2m_lwm2m_client_wall_clock(c, now, &unix_ms));
        OK(m2m_lwm2m_client_set_wall_clock(c, now, 1700000000000));
        OK(m2m_lwm2m_client_wall_clock(c, now + 250, &unix_ms));
        CHECK(unix_ms == 1700000000250);
        IS(M2M_NULL, m2m_lwm2m_client_wall_clock(c, now, NULL));
    }
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));
    account.ssid = SSID;
    account.peer = PEER;
    account.uri = "coap://[2001:db8::1]";
    OK(m2m_lwm2m_client_add_server(c, now, &account));
    OK(m2m_lwm2m_client_start(c, now));
    OK(m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &sent));
    len = 4 + (buf[0] & 15);
    memcpy(ack, buf, len);
    ack[0] = (uint8_t)(0x60 | (len - 4));
    ack[1] = 0x41;
    memcpy(ack + len, location, sizeof location);
    OK(m2m_lwm2m_client_handle_datagram(c, now, PEER, ack, len + sizeof location));
    do OK(m2m_lwm2m_client_poll_event(c, &event));
    while (event.kind != M2M_LWM2M_REGISTERED);
    return c;
}

/* Sends block n of the image to /5/0/0. */
static void push(m2m_lwm2m_client *c, size_t n) {
    uint8_t message[128] = {0x41, PUT, 0, 0, 0, 0xB1, '5', 0x01, '0', 0x01, '0',
                            0x11, 42 /* Content-Format */, 0xD2, 2 /* Block1 */};
    size_t from = n * BLOCK, len = sizeof image - from < BLOCK ? sizeof image - from : BLOCK;
    int more = from + len < sizeof image;
    message[2] = (uint8_t)(message_id >> 8);
    message[3] = (uint8_t)message_id++;
    message[4] = (uint8_t)n;
    message[15] = (uint8_t)(n >> 4);
    message[16] = (uint8_t)((n & 15) << 4 | (size_t)(more ? 8 : 0) | 2);
    message[17] = 0xFF;
    memcpy(message + 18, image + from, len);
    OK(m2m_lwm2m_client_handle_datagram(c, now, PEER, message, 18 + len));
}

/* The application: it deals with all events, and says answer to blocks. */
static void application(m2m_lwm2m_client *c, int32_t answer) {
    m2m_lwm2m_event event;
    size_t len;
    while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) {
        CHECK(m2m_path_equal(event.path, m2m_path_instance(5, 0)));
        switch (event.kind) {
        case M2M_LWM2M_PACKAGE_BLOCK:
            OK(m2m_lwm2m_client_package_block(c, event.id, flash + event.offset,
                                              sizeof flash - event.offset, &len));
            kept = event.offset + len;
            CHECK((event.last != 0) == (kept == sizeof image));
            OK(m2m_lwm2m_client_answer_package(c, now, event.id, answer));
            IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_answer_package(c, now, event.id, answer));
            IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_package_block(c, event.id, buf, sizeof buf, &len));
            break;
        case M2M_LWM2M_PACKAGE_VERIFY:
            answer = memcmp(flash, image, sizeof image) ? M2M_LWM2M_PACKAGE_INTEGRITY : 0;
            IS(M2M_INVALID, m2m_lwm2m_client_answer_package(c, now, event.id, 10));
            IS(M2M_INVALID, m2m_lwm2m_client_answer_package(c, now, event.id, -1));
            OK(m2m_lwm2m_client_answer_package(c, now, event.id, answer));
            break;
        case M2M_LWM2M_PACKAGE_APPLY:
            CHECK(event.step == M2M_LWM2M_STEP_UPDATE);
            OK(m2m_lwm2m_client_answer_package(c, now, event.id, M2M_LWM2M_PACKAGE_OK));
            break;
        case M2M_LWM2M_PACKAGE_DISCARDED: kept = 0; break;
        case M2M_LWM2M_PACKAGE_CHANGED:
            OK(m2m_lwm2m_client_package_record(c, event.path, record, sizeof record, &record_len));
            CHECK(record_len <= sizeof record);
            break;
        default: CHECK(!"an event that nobody expects");
        }
    }
}

static void state(m2m_lwm2m_client *c, int64_t expected, int64_t result) {
    int64_t value;
    OK(m2m_lwm2m_client_get_integer(c, m2m_path_resource(5, 0, 3), &value));
    CHECK(value == expected);
    OK(m2m_lwm2m_client_get_integer(c, m2m_path_resource(5, 0, 5), &value));
    CHECK(value == result);
}

static void answered(m2m_lwm2m_client *c, uint8_t code) {
    OK(m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &sent));
    CHECK(buf[1] == code);
}

static void execute(m2m_lwm2m_client *c, uint8_t resource) {
    uint8_t message[] = {0x40, POST, 0, 0, 0xB1, '5', 0x01, '0', 0x01, resource};
    message[2] = (uint8_t)(message_id >> 8);
    message[3] = (uint8_t)message_id++;
    OK(m2m_lwm2m_client_handle_datagram(c, now, PEER, message, sizeof message));
}

int main(void) {
    m2m_lwm2m_client *c = client_of_tests();
    m2m_lwm2m_package_support nothing;
    size_t n, blocks = (sizeof image + BLOCK - 1) / BLOCK;
    for (n = 0; n < sizeof image; n++) image[n] = (uint8_t)(n ^ n >> 8);
    memset(&nothing, 0, sizeof nothing);
    IS(M2M_UNKNOWN_OBJECT, m2m_lwm2m_client_add_firmware_update(c, now, &nothing));
    OK(m2m_lwm2m_client_free(c));
    c = registered();
    state(c, 0, 0);
    IS(M2M_NOT_ALLOWED, m2m_lwm2m_client_apply_firmware(c, now));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_client_connect_package(c, now, 1, PEER));
    IS(M2M_UNKNOWN_PATH, m2m_lwm2m_client_package_record(c, m2m_path_instance(9, 0), buf,
                                                         sizeof buf, &n));
    /* No space at the third block. */
    for (n = 0; n < 3; n++) {
        push(c, n);
        application(c, n < 2 ? M2M_LWM2M_PACKAGE_OK : M2M_LWM2M_PACKAGE_NO_SPACE);
        answered(c, n < 2 ? 0x5F : 0x8D);
    }
    state(c, 0, 2);
    CHECK(kept == 0);
    /* A restart in the middle of a push. */
    push(c, 0);
    application(c, M2M_LWM2M_PACKAGE_OK);
    answered(c, 0x5F);
    state(c, 1, 0);
    OK(m2m_lwm2m_client_free(c));
    c = registered();
    application(c, M2M_LWM2M_PACKAGE_OK);
    state(c, 0, 4);
    /* All of it; a restart before it is applied. */
    for (n = 0; n < blocks; n++) {
        push(c, n);
        application(c, M2M_LWM2M_PACKAGE_OK);
        answered(c, n + 1 < blocks ? 0x5F : 0x44);
    }
    state(c, 2, 0);
    OK(m2m_lwm2m_client_free(c));
    c = registered();
    state(c, 2, 0);
    execute(c, '2');
    answered(c, 0x44);
    state(c, 3, 0);
    application(c, M2M_LWM2M_PACKAGE_OK);
    state(c, 0, 1);
    OK(m2m_lwm2m_client_free(c));
    puts("all of firmware.c passed");
    return 0;
}
