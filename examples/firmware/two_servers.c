/* What a client of two servers takes of memory: objects 0, 1, 3 and 3303, eight observations, messages
 * and buffers of a kilobyte. `make two-servers` runs it on QEMU: it registers with both, lets both observe
 * four values, and prints the bytes of the arena. */
#include <m2m.h>
#include <string.h>

#include "board.h"

enum { SERVERS = 2, OBSERVED = 4, DATAGRAM = 1024, ARENA = 9500 };

static _Alignas(8) uint8_t arena[ARENA];
static uint8_t in[64], out[DATAGRAM];
static const uint16_t floats[] = {5700, 5601, 5602, 5603, 5604};

static void print(const char *text) {
    while (*text) board_put((uint8_t)*text++);
}

static void print_number(const char *name, uint32_t number) {
    char digits[11];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    print(name);
    print(&digits[at]);
    print("\n");
}

static void stop(const char *why) {
    print(why);
    print("\n");
    board_stop();
}

static void need(int32_t result, const char *why) {
    if (result != M2M_OK) stop(why);
}

static m2m_lwm2m_client *make_client(void) {
    static const m2m_standard_object *const objects[] = {&m2m_object_3303};
    static const uint8_t seed[32] = {1};
    static const char maker[] = "Example Instruments";
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client *c = NULL;
    uint32_t n;

    m2m_lwm2m_client_config_init_small(&config, sizeof config);
    config.endpoint_name = "thermometer";
    config.standard_objects = objects;
    config.standard_objects_len = 1;
    config.servers = config.peers = SERVERS;
    config.observers = SERVERS * OBSERVED;
    config.exchanges = SERVERS;
    config.values = 36;
    config.text_size = 96;
    config.message_size = config.body_size = config.scratch_size = DATAGRAM;
    /* A message as long as it gets, and a short one. */
    config.pool_size = DATAGRAM + 64;
    need(m2m_lwm2m_client_new(&config, seed, &c), "no client");
    need(m2m_lwm2m_client_set_string(c, 0, m2m_path_resource(3, 0, 0), maker, sizeof maker - 1), "3/0/0");
    need(m2m_lwm2m_client_add_instance(c, 0, m2m_path_instance(3303, 0)), "3303/0");
    for (n = 0; n < sizeof floats / sizeof floats[0]; n++) {
        need(m2m_lwm2m_client_set_float(c, 0, m2m_path_resource(3303, 0, floats[n]), 20.1 + n), "3303");
    }
    for (n = 1; n <= SERVERS; n++) {
        m2m_lwm2m_server_account_init(&account, sizeof account);
        account.ssid = n;
        account.peer = n;
        account.uri = "coap://server.example.com";
        need(m2m_lwm2m_client_add_server(c, 0, &account), "no account");
    }
    m2m_lwm2m_client_start(c, 0);
    return c;
}

/* Answers a registration: 2.01 Created, at /rd/1. */
static void let_it_register(m2m_lwm2m_client *c) {
    m2m_transmit transmit;
    size_t token;
    need(m2m_lwm2m_client_poll_transmit(c, 0, out, sizeof out, &transmit), "no registration");
    token = out[0] & 15u;
    memcpy(in, out, 4 + token);
    in[0] = (uint8_t)(0x60 + token);
    in[1] = 0x41;
    memcpy(in + 4 + token, "\x82rd\x01" "1", 5);
    m2m_lwm2m_client_handle_datagram(c, 0, transmit.peer, in, 9 + token);
}

/* Observes one value in TLV: the answer is 2.05 with an Observe option. */
static void observe(m2m_lwm2m_client *c, uint8_t server, uint8_t number) {
    static const char head[] = "\x42\x01\0\0\xAA\0\x60\x54" "3303" "\x01" "0" "\x04";
    m2m_transmit transmit;
    uint16_t id = floats[number];
    size_t at = sizeof head - 1, digit;
    memcpy(in, head, at);
    in[3] = in[5] = (uint8_t)(16 * server + number);
    for (digit = 4; digit-- > 0; id /= 10) in[at + digit] = (uint8_t)('0' + id % 10);
    memcpy(in + at + 4, "\x62\x2d\x16", 3);
    m2m_lwm2m_client_handle_datagram(c, 1, server, in, at + 7);
    need(m2m_lwm2m_client_poll_transmit(c, 1, out, sizeof out, &transmit), "no answer");
    if (out[1] != 0x45 || out[6] >> 4 != 6) stop("not observed");
}

int main(void) {
    m2m_lwm2m_client *c;
    m2m_lwm2m_registration registration;
    uint8_t server, number;
    size_t used;
    board_start();
    m2m_init(arena, sizeof arena);
    c = make_client();
    for (server = 1; server <= SERVERS; server++) let_it_register(c);
    for (server = 1; server <= SERVERS; server++) {
        need(m2m_lwm2m_client_registration(c, server, &registration), "no state");
        if (registration.state != M2M_LWM2M_STATE_REGISTERED) stop("not registered");
        for (number = 0; number < OBSERVED; number++) observe(c, server, number);
    }
    m2m_arena_used(&used);
    print_number("arena ", (uint32_t)used);
    stop("done");
}
