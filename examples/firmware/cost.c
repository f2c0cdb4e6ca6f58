/* What a request costs on the processor: instructions from datagram in to answer out, the stack, and
 * the arena. `make cost` runs it on QEMU, whose clock counts instructions (-icount shift=0), and
 * prints a line for each request. The client is the thermometer's, with all of 3303's values. */
#include <m2m.h>
#include <string.h>

#include "board.h"
#include "extra.h"

enum { PEER = 1, DATAGRAM = 256, ARENA = 9500, ROUNDS = 64 };

static _Alignas(8) uint8_t arena[ARENA];
static uint8_t in[DATAGRAM], out[DATAGRAM];
static uint64_t now;
static uint16_t message_id = 1000;

/* A request after its header and token: the method, and the options with the payload. */
struct request {
    const char *name;
    uint8_t method, answer;
    const char *rest;
    size_t len;
};
#define REQUEST(name, method, answer, rest) {name, method, answer, rest, sizeof rest - 1}
enum { GET = 1, POST = 2, PUT = 3 };

/* Uri-Path is 11, Content-Format 12, Uri-Query 15, Accept 17, Observe 6. */
static const struct request REQUESTS[] = {
#ifdef TEXT
    REQUEST("read /3/0/0 as text", GET, 0x45, "\xb1" "3" "\x01" "0" "\x01" "0" "\x60"),
#endif
    REQUEST("read /3/0 (7 values) as TLV", GET, 0x45, "\xb1" "3" "\x01" "0" "\x62\x2d\x16"),
    REQUEST("read /3303/0 (7 values) as TLV", GET, 0x45, "\xb4" "3303" "\x01" "0" "\x62\x2d\x16"),
#ifdef SENML_CBOR
    REQUEST("read /3/0 as SenML CBOR", GET, 0x45, "\xb1" "3" "\x01" "0" "\x61\x70"),
    REQUEST("read /3303/0 as SenML CBOR", GET, 0x45, "\xb4" "3303" "\x01" "0" "\x61\x70"),
#endif
#ifdef SENML_JSON
    REQUEST("read /3/0 as SenML JSON", GET, 0x45, "\xb1" "3" "\x01" "0" "\x61\x6e"),
    REQUEST("read /3303/0 as SenML JSON", GET, 0x45, "\xb4" "3303" "\x01" "0" "\x61\x6e"),
#endif
#ifdef TEXT
    REQUEST("write 5750 as text", PUT, 0x44, "\xb4" "3303" "\x01" "0" "\x04" "5750" "\x10\xff" "kettle"),
#endif
    REQUEST("execute 5605", POST, 0x44, "\xb4" "3303" "\x01" "0" "\x04" "5605"),
    REQUEST("discover /3303/0", GET, 0x45, "\xb4" "3303" "\x01" "0" "\x61\x28"),
    REQUEST("observe 5700", GET, 0x45, "\x60\x54" "3303" "\x01" "0" "\x04" "5700" "\x62\x2d\x16"),
    REQUEST("write attributes", PUT, 0x44,
            "\xb4" "3303" "\x01" "0" "\x04" "5700" "\x47" "pmin=10" "\x07" "pmax=60"),
};

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
    print(" ");
    print(&digits[at]);
    print("\n");
}

static void stop(const char *why) {
    print(why);
    print("\n");
    board_stop();
}

static void set_text(m2m_lwm2m_client *c, m2m_path path, const char *text) {
    m2m_lwm2m_client_set_string(c, now, path, text, strlen(text));
}

static m2m_lwm2m_client *make_client(void) {
    static const m2m_standard_object *const objects[] = {&m2m_object_3303 EXTRA_OBJECTS};
    static const uint8_t seed[32] = {1};
    static const uint16_t floats[] = {5601, 5602, 5603, 5604};
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client *c = NULL;
    size_t n;

    m2m_lwm2m_client_config_init_small(&config, sizeof config);
    config.endpoint_name = "thermometer";
    config.standard_objects = objects;
    config.standard_objects_len = sizeof objects / sizeof objects[0];
    extra_config(&config);
    if (m2m_lwm2m_client_new(&config, seed, &c) != M2M_OK) stop("no client");
    set_text(c, m2m_path_resource(3, 0, 0), "Example Instruments");
    set_text(c, m2m_path_resource(3, 0, 1), "T-100");
    set_text(c, m2m_path_resource(3, 0, 2), "345000123");
    set_text(c, m2m_path_resource(3, 0, 3), "1.0");
    m2m_lwm2m_client_set_integer(c, now, m2m_path_resource(3, 0, 9), 95);
    m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(3303, 0));
    m2m_lwm2m_client_set_float(c, now, m2m_path_resource(3303, 0, 5700), 21.5);
    for (n = 0; n < sizeof floats / sizeof floats[0]; n++) {
        m2m_lwm2m_client_set_float(c, now, m2m_path_resource(3303, 0, floats[n]), 20.1 + n);
    }
    set_text(c, m2m_path_resource(3303, 0, 5701), "Cel");
    set_text(c, m2m_path_resource(3303, 0, 5750), "boiler");
    m2m_lwm2m_client_add_resource(c, now, m2m_path_resource(3303, 0, 5605));

    m2m_lwm2m_server_account_init(&account, sizeof account);
    account.ssid = 1;
    account.peer = PEER;
    account.uri = "coap://server";
    account.lifetime_s = 0;
    extra_account(&account);
    if (m2m_lwm2m_client_add_server(c, now, &account) != M2M_OK) stop("no account");
    extra_add(c, now);
    m2m_lwm2m_client_start(c, now);
    return c;
}

/* Where a product writes what has to outlive a restart. */
static void keep(uint32_t at, const uint8_t *bytes, size_t len) {
    (void)at, (void)bytes, (void)len;
}

/* The next datagram, in `out`. */
static size_t transmit(m2m_lwm2m_client *c) {
    m2m_transmit transmit;
    extra_journal(c, keep);
    if (m2m_lwm2m_client_poll_transmit(c, now, out, sizeof out, &transmit) != M2M_OK) return 0;
    return transmit.len;
}

/* Answers the registration: 2.01 Created, at /rd/1. */
static void let_it_register(m2m_lwm2m_client *c) {
    size_t token;
    if (!transmit(c)) stop("no registration");
    token = out[0] & 15u;
    memcpy(in, out, 4 + token);
    in[0] = (uint8_t)(0x60 + token);
    in[1] = 0x41;
    memcpy(in + 4 + token, "\x82rd\x01" "1", 5);
    m2m_lwm2m_client_handle_datagram(c, now, PEER, in, 9 + token);
}

/* Instructions for one request. */
static uint32_t ask(m2m_lwm2m_client *c, const struct request *request) {
    m2m_lwm2m_event event;
    size_t len;
    uint32_t begun;
    now += 1000;
    message_id++;
    in[0] = 0x42;
    in[1] = request->method;
    in[2] = (uint8_t)(message_id >> 8);
    in[3] = (uint8_t)message_id;
    in[4] = 0xAA;
    in[5] = 0x55;
    memcpy(in + 6, request->rest, request->len);
    begun = board_instructions();
    m2m_lwm2m_client_handle_datagram(c, now, PEER, in, 6 + request->len);
    while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) {
        if (event.kind == M2M_LWM2M_EXECUTED) {
            m2m_lwm2m_client_answer_execute(c, now, event.id, M2M_COAP_CHANGED);
        }
    }
    len = transmit(c);
    begun = board_instructions() - begun;
    if (!len || out[1] != request->answer) {
        print_number(request->name, len ? out[1] : 0);
        stop("is not the answer");
    }
    while (transmit(c)) {
    }
    return begun;
}

int main(void) {
    size_t n, used;
    m2m_lwm2m_client *c;
    board_start();
    board_paint_stack();
    m2m_init(arena, sizeof arena);
    c = make_client();
    let_it_register(c);
    for (n = 0; n < sizeof REQUESTS / sizeof REQUESTS[0]; n++) {
        uint32_t sum = 0, round;
        ask(c, &REQUESTS[n]);
        for (round = 0; round < ROUNDS; round++) sum += ask(c, &REQUESTS[n]);
        print_number(REQUESTS[n].name, sum / ROUNDS);
    }
    m2m_arena_used(&used);
    print_number("arena", (uint32_t)used);
    print_number("stack", board_stack_used());
    stop("done");
}
