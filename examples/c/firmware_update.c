/* A device whose firmware can be updated: object 5 of LwM2M, the image pushed by the server or fetched
 * from a coap:// address.
 *
 *   firmware_update HOST PORT NAME FOLDER
 *
 * FOLDER stands for the flash: `image` is the area that is written block by block, `running` what runs
 * now, `record` what the update needs to go on after a restart. An image of this device begins with
 * "FIRMWARE " and its version, up to the end of the line. */
#define _POSIX_C_SOURCE 200809L
#include "udp.h"

enum { SERVER = 1, PEER = 1, DOWNLOAD = 2, BLOCK = 1024, VERSION = 32 };

static const char MAGIC[] = "FIRMWARE ";
static const char *folder;
static int download = -1; /* the socket to the host that the image is fetched from */

static FILE *flash(const char *name, const char *mode) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, mode);
}

/* What a file holds, as much of it as there is room. Its length, 0 if there is none. */
static size_t load(const char *name, void *to, size_t cap) {
    FILE *file = flash(name, "rb");
    size_t len = file ? fread(to, 1, cap, file) : 0;
    if (file) fclose(file);
    return len;
}

static long image_size(void) {
    FILE *file = flash("image", "rb");
    long size = 0;
    if (file && fseek(file, 0, SEEK_END) == 0) size = ftell(file);
    if (file) fclose(file);
    return size;
}

static void image_erase(void) {
    FILE *file = flash("image", "wb");
    if (file) fclose(file);
}

/* A block of the image: written where it belongs. */
static int32_t keep(m2m_lwm2m_client *c, const m2m_lwm2m_event *event) {
    uint8_t block[BLOCK];
    size_t len;
    FILE *file;
    int32_t answer = M2M_LWM2M_PACKAGE_OK;
    if (m2m_lwm2m_client_package_block(c, event->id, block, sizeof block, &len) != M2M_OK)
        return M2M_LWM2M_PACKAGE_FAILED;
    if (event->offset == 0) image_erase();
    file = flash("image", "r+b");
    if (!file) return M2M_LWM2M_PACKAGE_NO_SPACE;
    if (fseek(file, (long)event->offset, SEEK_SET) || fwrite(block, 1, len, file) != len)
        answer = M2M_LWM2M_PACKAGE_NO_SPACE;
    if (fclose(file)) answer = M2M_LWM2M_PACKAGE_NO_SPACE;
    return answer;
}

/* The version that a file's first line tells; "" if it is no image. A product checks a signature. */
static void version_of(const char *name, char version[VERSION]) {
    char line[sizeof MAGIC + VERSION] = "";
    size_t magic = strlen(MAGIC), len;
    line[load(name, line, sizeof line - 1)] = 0;
    len = strncmp(line, MAGIC, magic) == 0 ? strcspn(line + magic, "\n") : 0;
    if (len >= VERSION || line[magic + len] != '\n') len = 0;
    memcpy(version, line + magic, len);
    version[len] = 0;
}

static int32_t verify(void) {
    char version[VERSION];
    version_of("image", version);
    if (!version[0]) return M2M_LWM2M_PACKAGE_UNSUPPORTED_TYPE;
    printf("image of %ld bytes, version %s\n", image_size(), version);
    return M2M_LWM2M_PACKAGE_OK;
}

static void tell_version(m2m_lwm2m_client *c, uint64_t now) {
    char version[VERSION];
    version_of("running", version);
    if (!version[0]) strcpy(version, "1.0");
    /* Firmware Version of Device. */
    must("/3/0/3", m2m_lwm2m_client_set_string(c, now, m2m_path_resource(3, 0, 3), version,
                                               strlen(version)));
    printf("running %s\n", version);
}

/* The image becomes what runs. A product tells its boot loader, restarts before it has answered, and
 * answers afterwards: it is asked again. */
static int32_t apply(m2m_lwm2m_client *c, uint64_t now) {
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/image", folder);
    snprintf(to, sizeof to, "%s/running", folder);
    if (rename(from, to) != 0) return M2M_LWM2M_PACKAGE_FAILED;
    tell_version(c, now);
    return M2M_LWM2M_PACKAGE_OK;
}

/* Where to fetch the image from is at /5/0/1: coap://HOST:PORT/... Returns what to answer: -1 for
 * nothing, the connection is the answer. */
static int32_t connect_download(m2m_lwm2m_client *c, uint64_t now, uint64_t id) {
    char uri[256], host[128], port[8] = "5683";
    const char *why = "";
    size_t len;
    if (m2m_lwm2m_client_get_string(c, m2m_path_resource(5, 0, 1), uri, sizeof uri, &len) != M2M_OK ||
        sscanf(uri, "coap://%127[^:/]:%7[0-9]", host, port) < 1)
        return M2M_LWM2M_PACKAGE_INVALID_URI;
    if (download >= 0) close(download);
    download = udp_open(host, port, 0, &why);
    if (download < 0) {
        printf("%s: %s\n", host, why);
        return M2M_LWM2M_PACKAGE_INVALID_URI;
    }
    printf("fetching %s\n", uri);
    must("download", m2m_lwm2m_client_connect_package(c, now, id, DOWNLOAD));
    return -1;
}

/* What happens with the update is written down before anything else is sent. */
static void keep_record(m2m_lwm2m_client *c, m2m_path package) {
    static const char *const states[] = {"idle", "downloading", "downloaded", "updating"};
    uint8_t record[M2M_LWM2M_PACKAGE_RECORD];
    size_t len;
    int64_t state = 0, result = 0;
    FILE *file = flash("record", "wb");
    must("record", m2m_lwm2m_client_package_record(c, package, record, sizeof record, &len));
    if (!file || fwrite(record, 1, len, file) != len || fclose(file)) fail("record", strerror(errno));
    m2m_lwm2m_client_get_integer(c, m2m_path_resource(5, 0, 3), &state);
    m2m_lwm2m_client_get_integer(c, m2m_path_resource(5, 0, 5), &result);
    printf("%s, result %d\n", states[state & 3], (int)result);
}

/* Returns 1 when the client is no longer registered and does not want to be. */
static int handle_event(m2m_lwm2m_client *c, uint64_t now, const m2m_lwm2m_event *event) {
    int32_t answer = -1;
    switch (event->kind) {
    case M2M_LWM2M_REGISTERED: puts("registered"); break;
    case M2M_LWM2M_DEREGISTERED: puts("de-registered"); return 1;
    case M2M_LWM2M_PACKAGE_CONNECT: answer = connect_download(c, now, event->id); break;
    case M2M_LWM2M_PACKAGE_BLOCK: answer = keep(c, event); break;
    case M2M_LWM2M_PACKAGE_VERIFY: answer = verify(); break;
    case M2M_LWM2M_PACKAGE_APPLY: answer = apply(c, now); break;
    case M2M_LWM2M_PACKAGE_DISCARDED: image_erase(); break;
    case M2M_LWM2M_PACKAGE_CHANGED: keep_record(c, event->path); break;
    case M2M_LWM2M_EXECUTED:
        must("answer", m2m_lwm2m_client_answer_execute(c, now, event->id, M2M_COAP_CHANGED));
        break;
    default: break;
    }
    if (answer >= 0) {
        /* M2M_UNKNOWN_ID: the server has thought better of it meanwhile. */
        int32_t result = m2m_lwm2m_client_answer_package(c, now, event->id, answer);
        if (result != M2M_UNKNOWN_ID) must("package", result);
    }
    return 0;
}

static m2m_lwm2m_client *make_client(uint64_t now, const char *name, const char *uri) {
    static const m2m_standard_object *const objects[] = {&m2m_object_5};
    static uint8_t record[M2M_LWM2M_PACKAGE_RECORD];
    m2m_lwm2m_client_config config;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_package_support support;
    m2m_lwm2m_client *c = NULL;
    uint8_t seed[32];
    random_bytes(seed, sizeof seed);
    must("config", m2m_lwm2m_client_config_init(&config, sizeof config));
    config.endpoint_name = name;
    config.standard_objects = objects;
    config.standard_objects_len = 1;
    must("client", m2m_lwm2m_client_new(&config, seed, &c));

    memset(&support, 0, sizeof support);
    support.delivery = M2M_LWM2M_PULL_AND_PUSH;
    support.protocols = M2M_LWM2M_BY_COAP;
    support.record_len = load("record", record, sizeof record);
    if (support.record_len) support.record = record;
    support.kept = (uint32_t)image_size();
    must("/5/0", m2m_lwm2m_client_add_firmware_update(c, now, &support));
    tell_version(c, now);

    must("account", m2m_lwm2m_server_account_init(&account, sizeof account));
    account.ssid = SERVER;
    account.peer = PEER;
    account.uri = uri;
    account.lifetime_s = 300;
    must("server", m2m_lwm2m_client_add_server(c, now, &account));
    return c;
}

/* Gives the client what has come from a peer. */
static void receive(m2m_lwm2m_client *c, uint64_t now, int fd, uint64_t peer) {
    uint8_t buf[2048];
    ssize_t len;
    while (fd >= 0 && (len = recv(fd, buf, sizeof buf, MSG_DONTWAIT)) >= 0)
        must("datagram", m2m_lwm2m_client_handle_datagram(c, now, peer, buf, (size_t)len));
}

int main(int argc, char **argv) {
    struct pollfd sockets[2] = {{-1, POLLIN, 0}, {-1, POLLIN, 0}};
    m2m_lwm2m_client *c;
    m2m_lwm2m_event event;
    m2m_transmit out;
    uint8_t buf[2048];
    char uri[256];
    uint64_t now = now_ms(), deadline, give_up = M2M_NEVER;
    int done = 0, server;

    if (argc != 5) fail("usage", "firmware_update HOST PORT NAME FOLDER");
    server = sockets[0].fd = udp_socket(argv[1], argv[2], 0);
    folder = argv[4];
    snprintf(uri, sizeof uri, "coap://%s:%s", argv[1], argv[2]);
    c = make_client(now, argv[3], uri);
    must("start", m2m_lwm2m_client_start(c, now));

    while (!done && now < give_up) {
        if (stop && give_up == M2M_NEVER) {
            must("deregister", m2m_lwm2m_client_deregister(c, now, SERVER));
            give_up = now + 5000;
        }
        while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) {
            if (handle_event(c, now, &event)) done = 1;
        }
        while (must("send", m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out)) == M2M_OK) {
            int to = out.peer == DOWNLOAD ? download : server;
            if (send(to, buf, out.len, 0) < 0) perror("send");
        }
        sockets[1].fd = download;
        deadline = m2m_lwm2m_client_poll_timeout(c);
        if (deadline > now + 1000) deadline = now + 1000; /* a signal may have come just now */
        if (!done) poll(sockets, 2, deadline > now ? (int)(deadline - now) : 0);
        now = now_ms();
        receive(c, now, server, PEER);
        receive(c, now, download, DOWNLOAD);
        must("timeout", m2m_lwm2m_client_handle_timeout(c, now));
    }
    must("free", m2m_lwm2m_client_free(c));
    close(server);
    if (download >= 0) close(download);
    return done && stop ? 0 : 1;
}
