/* A thermometer: an LwM2M client over UDP, by Zephyr's sockets.
 *
 * It registers with the server at CONFIG_NET_CONFIG_PEER_IPV4_ADDR, measures a temperature every second
 * (/3303/0/5700), tells it to whoever observes it, and reboots when it is told to (/3/0/4). */
#include <errno.h>
#include <m2m.h>
#include <string.h>
#include <zephyr/kernel.h>
#include <zephyr/net/socket.h>
#include <zephyr/random/random.h>
#include <zephyr/sys/printk.h>
#include <zephyr/sys/reboot.h>

enum { SERVER = 1, PEER = 1 }; /* any numbers: there is one server, at one address */
enum { PORT = 5683, DATAGRAM = 1024 };

static bool reboot_wanted;

static uint64_t now_ms(void) {
    return (uint64_t)k_uptime_get();
}

/* Ends the program when something fails that cannot. */
static void must(const char *what, int32_t result) {
    if (result >= 0) return;
    printk("%s: %s\n", what, m2m_strerror(result));
    k_panic();
}

static int connect_to_server(void) {
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = zsock_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    if (fd < 0 ||
        zsock_inet_pton(AF_INET, CONFIG_NET_CONFIG_PEER_IPV4_ADDR, &server.sin_addr) != 1 ||
        zsock_connect(fd, (struct sockaddr *)&server, sizeof server) != 0) {
        printk("%s: error %d\n", CONFIG_NET_CONFIG_PEER_IPV4_ADDR, errno);
        k_panic();
    }
    return fd;
}

/* Numbers that peers must not be able to guess: message IDs and tokens follow from them. */
static void make_seed(uint8_t seed[32]) {
#ifdef CONFIG_CSPRNG_ENABLED
    if (sys_csrand_get(seed, 32) != 0) {
        printk("no random numbers\n");
        k_panic();
    }
#else
    sys_rand_get(seed, 32); /* of CONFIG_TEST_RANDOM_GENERATOR: not for a product */
#endif
}

static void set_text(m2m_lwm2m_client *c, m2m_path path, const char *text) {
    must("text", m2m_lwm2m_client_set_string(c, now_ms(), path, text, strlen(text)));
}

static m2m_lwm2m_client *make_client(void) {
    /* Temperature; 0, 1 and 3 are always there. */
    static const m2m_standard_object *const objects[] = {&m2m_object_3303};
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client *c = NULL;
    uint8_t seed[32];

    make_seed(seed);
    must("config", m2m_lwm2m_client_config_init_small(&config, sizeof config));
    config.endpoint_name = "thermometer";
    config.standard_objects = objects;
    config.standard_objects_len = ARRAY_SIZE(objects);
    must("client", m2m_lwm2m_client_new(&config, seed, &c));
    set_text(c, m2m_path_resource(3, 0, 0), "Example Instruments");
    must("/3303/0", m2m_lwm2m_client_add_instance(c, now_ms(), m2m_path_instance(3303, 0)));
    set_text(c, m2m_path_resource(3303, 0, 5701), "Cel");
    set_text(c, m2m_path_resource(3303, 0, 5750), "boiler"); /* servers may write it */

    must("account", m2m_lwm2m_server_account_init(&account, sizeof account));
    account.ssid = SERVER;
    account.peer = PEER;
    account.uri = "coap://" CONFIG_NET_CONFIG_PEER_IPV4_ADDR;
    account.lifetime_s = 60;
    must("server", m2m_lwm2m_client_add_server(c, now_ms(), &account));
    must("start", m2m_lwm2m_client_start(c, now_ms()));
    return c;
}

/* From 18 to 24 degrees and back in 24 seconds. */
static void measure(m2m_lwm2m_client *c, uint64_t now) {
    uint32_t step = (uint32_t)(now / 1000 % 24);
    double celsius = 18 + 0.5 * (step <= 12 ? step : 24 - step);
    must("measure",
         m2m_lwm2m_client_set_float(c, now, m2m_path_resource(3303, 0, 5700), celsius));
}

static void handle_event(m2m_lwm2m_client *c, const m2m_lwm2m_event *event) {
    int32_t answer = M2M_COAP_METHOD_NOT_ALLOWED;
    switch (event->kind) {
    case M2M_LWM2M_REGISTERED: printk("registered\n"); break;
    case M2M_LWM2M_REGISTRATION_FAILED:
        printk("registration failed, reason %d\n", (int)event->reason);
        break;
    case M2M_LWM2M_WRITTEN: printk("written\n"); break;
    case M2M_LWM2M_EXECUTED:
        if (m2m_path_equal(event->path, m2m_path_resource(3, 0, 4))) {
            reboot_wanted = true;
            answer = M2M_COAP_CHANGED;
        }
        must("answer", m2m_lwm2m_client_answer_execute(c, now_ms(), event->id, answer));
        break;
    default: break;
    }
}

int main(void) {
    static uint8_t datagram[DATAGRAM];
    m2m_lwm2m_client *c = make_client();
    struct zsock_pollfd server = {.fd = connect_to_server(), .events = ZSOCK_POLLIN};
    uint64_t next_measurement = 0, reboot_at = M2M_NEVER;
    m2m_lwm2m_event event;
    m2m_transmit out;

    for (;;) {
        uint64_t now = now_ms(), deadline;
        ssize_t len;
        if (now >= reboot_at) sys_reboot(SYS_REBOOT_COLD);
        must("timeout", m2m_lwm2m_client_handle_timeout(c, now));
        if (now >= next_measurement) {
            measure(c, now);
            next_measurement = now + 1000;
        }
        /* What the client wants: tell events, send datagrams, be called again. */
        while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) handle_event(c, &event);
        while (m2m_lwm2m_client_poll_transmit(c, now, datagram, sizeof datagram, &out) == M2M_OK) {
            /* One that cannot be sent is a lost one: the client repeats it. */
            if (zsock_send(server.fd, datagram, out.len, 0) < 0) printk("send: error %d\n", errno);
        }
        /* Half a second for the answer to get out. */
        if (reboot_wanted && reboot_at == M2M_NEVER) reboot_at = now + 500;
        deadline = MIN(next_measurement, MIN(reboot_at, m2m_lwm2m_client_poll_timeout(c)));
        zsock_poll(&server, 1, deadline > now ? (int)(deadline - now) : 0);
        while ((len = zsock_recv(server.fd, datagram, sizeof datagram, ZSOCK_MSG_DONTWAIT)) >= 0) {
            must("datagram", m2m_lwm2m_client_handle_datagram(c, now_ms(), PEER, datagram, (size_t)len));
        }
    }
}
