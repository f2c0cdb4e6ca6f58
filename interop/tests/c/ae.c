/* An AE of oneM2M whose messages are lines: the test that runs it carries them over CoAP, MQTT or WebSocket.
 *
 *   ae BINDING SERIALIZATION POINT_OF_ACCESS NOTIFIED
 *
 * with the numbers of m2m.h; NOTIFIED is 0 if nobody can notify it. It says "filter TOPIC", then
 * "send BINARY TOPIC HEX" ("-" for no topic), and takes "go", then "take TOPIC HEX". It registers, stores what it
 * is notified of, looks for it, and deletes itself; "done" is its last word. */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <m2m.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 16384 };
static m2m_onem2m_ae *ae;
static uint64_t now;
static int32_t binding;
static uint8_t bytes[ROOM];
static int notified, wanted;

static int32_t must(const char *what, int32_t result) {
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", what, m2m_strerror(result));
        exit(1);
    }
    return result;
}

static uint64_t now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void say(int binary, const char *topic, size_t len) {
    size_t i;
    printf("send %d %s ", binary, topic);
    for (i = 0; i < len; i++) printf("%02x", bytes[i]);
    putchar('\n');
}

/* All that it wants sent. */
static void send_all(void) {
    static m2m_onem2m_publication publication;
    m2m_onem2m_message message;
    m2m_transmit datagram;
    if (binding == M2M_ONEM2M_COAP) {
        while (must("datagram", m2m_onem2m_ae_poll_transmit(ae, now, bytes, ROOM, &datagram)) == M2M_OK)
            say(1, "-", datagram.len);
    } else if (binding == M2M_ONEM2M_MQTT) {
        while (must("publication", m2m_onem2m_ae_poll_publication(ae, now, bytes, ROOM,
                                                                  &publication)) == M2M_OK)
            say(1, publication.topic, publication.len);
    } else {
        while (must("message", m2m_onem2m_ae_poll_message(ae, now, bytes, ROOM, &message)) == M2M_OK)
            say(message.binary, "-", message.len);
    }
}

/* A line of the test's. */
static void take(char *line) {
    char *topic = strtok(line, " "), *hex;
    size_t len = 0;
    topic = strtok(NULL, " ");
    hex = strtok(NULL, " ");
    for (; hex && hex[0] && hex[1] && len < ROOM; hex += 2) {
        char two[3] = {hex[0], hex[1], 0};
        bytes[len++] = (uint8_t)strtoul(two, NULL, 16);
    }
    if (binding == M2M_ONEM2M_COAP) {
        must("take", m2m_onem2m_ae_handle_datagram(ae, now, 0, bytes, len));
    } else if (binding == M2M_ONEM2M_MQTT) {
        must("take", m2m_onem2m_ae_handle_publication(ae, now, topic, bytes, len, 0));
    } else {
        must("take", m2m_onem2m_ae_handle_message(ae, now, bytes, len));
    }
}

/* Lets it work until an event of this kind; notifications are answered. */
static m2m_onem2m_event until(int32_t kind) {
    static char line[2 * ROOM + 1024], content[ROOM];
    static size_t have;
    m2m_onem2m_event event;
    uint64_t end = now_ms() + 30000;
    for (;;) {
        struct pollfd input = {STDIN_FILENO, POLLIN, 0};
        char *newline;
        uint64_t next;
        now = now_ms();
        if (now > end) must("in time", M2M_UNSPECIFIED);
        must("timeout", m2m_onem2m_ae_handle_timeout(ae, now));
        send_all();
        if (m2m_onem2m_ae_poll_event(ae, &event) == M2M_OK) {
            size_t len;
            if (event.kind == M2M_ONEM2M_NOTIFIED) {
                must("look", m2m_onem2m_ae_notification(ae, event.id, content, ROOM, &len));
                printf("notified %s\n", content);
                notified += strstr(content, "21.5") != NULL;
                must("answer", m2m_onem2m_ae_answer(ae, now, event.id, 2000));
            }
            if (event.kind == kind) return event;
            continue;
        }
        next = m2m_onem2m_ae_poll_timeout(ae);
        next = next > now ? next - now : 0;
        if (poll(&input, 1, next < 200 ? (int)next : 200) > 0) {
            ssize_t len = read(STDIN_FILENO, line + have, sizeof line - 1 - have);
            if (len <= 0) exit(1);
            have += (size_t)len;
            line[have] = 0;
        }
        while ((newline = strchr(line, '\n')) != NULL) {
            size_t used = (size_t)(newline - line) + 1;
            *newline = 0;
            now = now_ms();
            if (strncmp(line, "take ", 5) == 0) take(line);
            memmove(line, line + used, have - used + 1);
            have -= used;
        }
    }
}

/* Asks; another status than expected ends the program. */
static void request(uint32_t status, int32_t operation, const char *to, uint32_t type,
                    const char *content) {
    static char answer[ROOM];
    m2m_onem2m_request r;
    m2m_onem2m_event event;
    uint64_t id;
    size_t len;
    must("request", m2m_onem2m_request_init(&r, sizeof r));
    r.operation = operation;
    r.to = to;
    r.resource_type = type;
    r.content = content;
    r.content_len = content ? strlen(content) : 0;
    must(to, m2m_onem2m_ae_request(ae, now, &r, &id));
    event = until(M2M_ONEM2M_DONE);
    must("content", m2m_onem2m_ae_content(ae, id, answer, ROOM, &len));
    printf("status %lu of %s: %s\n", (unsigned long)event.status, to, answer);
    if (event.status != status) exit(1);
    must("release", m2m_onem2m_ae_release(ae, now, id));
}

int main(int argc, char **argv) {
    static const uint8_t no_seed[32];
    uint8_t seed[32];
    m2m_onem2m_ae_config config;
    char filter[256], go[8];
    FILE *random = fopen("/dev/urandom", "rb");
    size_t n, len;
    if (argc != 5 || !random || fread(seed, sizeof seed, 1, random) != 1) return 2;
    fclose(random);
    if (memcmp(seed, no_seed, sizeof seed) == 0) return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    binding = atoi(argv[1]);
    wanted = atoi(argv[4]);
    must("config", m2m_onem2m_ae_config_init(&config, sizeof config));
    config.cse_base = "cse-in";
    config.cse_id = "/id-in";
    config.originator = "Cthermo";
    config.app_id = "Nthermo";
    config.name = "thermo";
    config.binding = binding;
    config.serialization = atoi(argv[2]);
    if (wanted) config.point_of_access = argv[3];
    must("ae", m2m_onem2m_ae_new(&config, seed, &ae));
    if (binding == M2M_ONEM2M_MQTT) {
        for (n = 0; must("filter", m2m_onem2m_ae_topic_filter(ae, n, filter, sizeof filter, &len)) ==
                    M2M_OK; n++)
            printf("filter %s\n", filter);
    }
    puts("ready");
    /* The rest of the input is read without the library's buffer. */
    for (n = 0; n < sizeof go - 1 && read(STDIN_FILENO, go + n, 1) == 1 && go[n] != '\n'; n++) {
    }
    now = now_ms();
    must("register", m2m_onem2m_ae_register(ae, now));
    until(M2M_ONEM2M_REGISTERED);
    request(2001, M2M_ONEM2M_CREATE, "cse-in/thermo", M2M_ONEM2M_CNT, "{\"m2m:cnt\":{\"rn\":\"data\"}}");
    if (wanted) {
        request(2001, M2M_ONEM2M_CREATE, "cse-in/thermo/data", M2M_ONEM2M_SUB,
                "{\"m2m:sub\":{\"rn\":\"s\",\"nu\":[\"Cthermo\"],\"nct\":1,\"enc\":{\"net\":[3]}}}");
    }
    request(2001, M2M_ONEM2M_CREATE, "cse-in/thermo/data", M2M_ONEM2M_CIN,
            "{\"m2m:cin\":{\"con\":\"21.5\"}}");
    while (wanted && !notified) until(M2M_ONEM2M_NOTIFIED);
    request(2000, M2M_ONEM2M_RETRIEVE, "cse-in/thermo/data/la", 0, NULL);
    request(2000, M2M_ONEM2M_DISCOVER, "cse-in", M2M_ONEM2M_CNT, NULL);
    request(4004, M2M_ONEM2M_RETRIEVE, "cse-in/thermo/nothing", 0, NULL);
    must("delete", m2m_onem2m_ae_deregister(ae, now));
    until(M2M_ONEM2M_DEREGISTERED);
    must("free", m2m_onem2m_ae_free(ae));
    puts("done");
    return 0;
}
