/* A thermometer: an LwM2M client on a microcontroller, without an operating system or a heap.
 *
 * Its datagrams go over a serial line in SLIP frames (RFC 1055), one datagram a frame, to
 * `m2m bridge`, which sends them on over UDP. README.md says how to build and run it. */
#include <m2m.h>
#include <string.h>

#include "board.h"
#include "extra.h"

enum { SERVER = 1, PEER = 1, DATAGRAM = 256, ARENA = 7168 };

static _Alignas(8) uint8_t arena[ARENA];
static bool reboot_wanted;

/* SLIP: frames end with END, and what looks like END or ESC within them is escaped. */
enum { END = 0xC0, ESC = 0xDB, ESC_END = 0xDC, ESC_ESC = 0xDD };

static void send_frame(const uint8_t *bytes, size_t len) {
    board_put(END); /* ends what noise there may have been */
    for (; len; len--, bytes++) {
        if (*bytes == END || *bytes == ESC) {
            board_put(ESC);
            board_put(*bytes == END ? ESC_END : ESC_ESC);
        } else {
            board_put(*bytes);
        }
    }
    board_put(END);
}

/* Takes what has arrived. Returns the length of a frame that is complete, or 0. */
static size_t receive_frame(uint8_t *frame) {
    static size_t len;
    static bool escaped;
    uint8_t byte;
    while (board_get(&byte)) {
        if (byte == END) {
            size_t complete = len;
            len = 0;
            escaped = false;
            if (complete && complete <= DATAGRAM) return complete;
        } else if (byte == ESC) {
            escaped = true;
        } else {
            if (escaped) byte = byte == ESC_END ? END : byte == ESC_ESC ? ESC : byte;
            escaped = false;
            /* A frame that is too long is counted to its end and then dropped. */
            if (len < DATAGRAM) frame[len] = byte;
            if (len <= DATAGRAM) len++;
        }
    }
    return 0;
}

/* Numbers that peers must not be able to guess. This board has no source of them: a product puts
 * its generator here. What changes from start to start keeps message IDs and tokens apart. */
static void make_seed(uint8_t seed[32]) {
    uint32_t starts = board_starts();
    memset(seed, 0x5A, 32);
    memcpy(seed, &starts, sizeof starts);
}

static void set_text(m2m_lwm2m_client *c, m2m_path path, const char *text) {
    m2m_lwm2m_client_set_string(c, board_now_ms(), path, text, strlen(text));
}

static m2m_lwm2m_client *make_client(void) {
    /* Temperature; 0, 1 and 3 are always there. */
    static const m2m_standard_object *const objects[] = {&m2m_object_3303 EXTRA_OBJECTS};
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client *c = NULL;
    uint8_t seed[32];

    m2m_lwm2m_client_config_init_small(&config, sizeof config);
    config.endpoint_name = "thermometer";
    config.standard_objects = objects;
    config.standard_objects_len = sizeof objects / sizeof objects[0];
    extra_config(&config);
    make_seed(seed);
    if (m2m_lwm2m_client_new(&config, seed, &c) != M2M_OK) return NULL;
    set_text(c, m2m_path_resource(3, 0, 0), "Example Instruments");
    m2m_lwm2m_client_add_instance(c, 0, m2m_path_instance(3303, 0));
    set_text(c, m2m_path_resource(3303, 0, 5701), "Cel");
    set_text(c, m2m_path_resource(3303, 0, 5750), "boiler"); /* servers may write it */

    m2m_lwm2m_server_account_init(&account, sizeof account);
    account.ssid = SERVER;
    account.peer = PEER;
    account.uri = "coap://bridge";
    account.lifetime_s = 60;
    extra_account(&account);
    m2m_lwm2m_client_add_server(c, 0, &account);
    extra_add(c, 0);
    m2m_lwm2m_client_start(c, board_now_ms());
    return c;
}

/* Where a product writes its flash. */
static inline void keep(uint32_t at, const uint8_t *bytes, size_t len) {
    (void)at, (void)bytes, (void)len;
}

static void handle_event(m2m_lwm2m_client *c, const m2m_lwm2m_event *event) {
    if (event->kind == M2M_LWM2M_EXECUTED) {
        bool reboot = m2m_path_equal(event->path, m2m_path_resource(3, 0, 4));
        reboot_wanted |= reboot;
        m2m_lwm2m_client_answer_execute(c, board_now_ms(), event->id,
                                        reboot ? M2M_COAP_CHANGED : M2M_COAP_METHOD_NOT_ALLOWED);
    }
    extra_event(c, board_now_ms(), event, keep);
}

/* From 18 to 24 degrees and back in 24 seconds, as a sensor's table would have it: without the
 * compiler's routines for floating-point numbers. */
static void measure(m2m_lwm2m_client *c, uint64_t now) {
    static const double celsius[] = {18.0, 18.5, 19.0, 19.5, 20.0, 20.5, 21.0,
                                     21.5, 22.0, 22.5, 23.0, 23.5, 24.0};
    uint32_t step = (uint32_t)now / 1000 % 24;
    m2m_lwm2m_client_set_float(c, now, m2m_path_resource(3303, 0, 5700),
                               celsius[step <= 12 ? step : 24 - step]);
}

int main(void) {
    static uint8_t in[DATAGRAM], out[DATAGRAM];
    uint64_t next_measurement = 0, reboot_at = M2M_NEVER;
    m2m_lwm2m_client *c;
    m2m_lwm2m_event event;
    m2m_transmit transmit;

    board_start();
    m2m_init(arena, sizeof arena);
    c = make_client();
    for (;;) {
        uint64_t now = board_now_ms();
        size_t len = receive_frame(in);
        if (len) m2m_lwm2m_client_handle_datagram(c, now, PEER, in, len);
        m2m_lwm2m_client_handle_timeout(c, now);
        if (now >= next_measurement) {
            measure(c, now);
            next_measurement = now + 1000;
        }
        while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) handle_event(c, &event);
        extra_journal(c, keep);
        while (m2m_lwm2m_client_poll_transmit(c, now, out, sizeof out, &transmit) == M2M_OK) {
            send_frame(out, transmit.len);
        }
        /* Half a second for the answer to get out. */
        if (reboot_wanted && reboot_at == M2M_NEVER) reboot_at = now + 500;
        if (now >= reboot_at || c == NULL) board_reset();
        if (!len) board_sleep();
    }
}
