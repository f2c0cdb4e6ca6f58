/* The CSE of oneM2M and the AE of the library, and the connections between them. */
#include "expect.h"

enum { AE_CONNECTION = 5, CURL = 6 };
static uint8_t seed[32] = {1};
static m2m_onem2m_ae *ae;
static m2m_onem2m_cse *cse;
static uint64_t now = 1000;
static char text[4096], notified[4096];

/* What was kept: keys ascend as they are given, and few are deleted. */
enum { RECORDS = 64, RECORD = 1024 };
static struct {
    uint64_t key;
    size_t len;
    uint8_t bytes[RECORD];
} kept[RECORDS];
static size_t records;

static void keep(void) {
    static uint8_t buf[RECORD];
    uint64_t key;
    int32_t deleted;
    size_t len, i;
    while (m2m_onem2m_cse_poll_journal(cse, &key, &deleted, buf, sizeof buf, &len) == M2M_OK) {
        for (i = 0; i < records && kept[i].key < key; i++) {
        }
        if (i == records || kept[i].key != key) {
            if (deleted) continue;
            CHECK(records < RECORDS);
            memmove(&kept[i + 1], &kept[i], (records - i) * sizeof kept[0]);
            records++;
            kept[i].key = key;
        } else if (deleted) {
            memmove(&kept[i], &kept[i + 1], (records - i - 1) * sizeof kept[0]);
            records--;
            continue;
        }
        kept[i].len = len;
        memcpy(kept[i].bytes, buf, len);
    }
}

static m2m_onem2m_session session_of(uint64_t peer) {
    m2m_onem2m_session session;
    OK(m2m_onem2m_session_init(&session, sizeof session));
    session.peer = peer;
    return session;
}

/* Hands bytes of a connection to the CSE, and leaves the answer in text. */
static void ask(const m2m_onem2m_session *session, const char *message) {
    m2m_onem2m_response response;
    uint64_t id = 0;
    size_t used = 0;
    OK(m2m_onem2m_cse_handle_request(cse, now, session, (const uint8_t *)message, strlen(message),
                                     &id, &used));
    CHECK(used == strlen(message));
    keep();
    OK(m2m_onem2m_cse_poll_response(cse, now, (uint8_t *)text, sizeof text - 1, &response));
    CHECK(response.id == id && response.peer == session->peer);
    text[response.len] = 0;
}

static int has(const char *part) { return strstr(text, part) != NULL; }

/* An event of the AE that came before a notification. */
static m2m_onem2m_event other;
static int others;

/* What the AE wants goes to the CSE and comes back; notifications of the CSE go to the AE. */
static int carry(void) {
    static uint8_t buf[4096];
    m2m_onem2m_outgoing out;
    m2m_onem2m_cse_outgoing notification;
    m2m_onem2m_response response;
    int moved = 0;
    while (m2m_onem2m_ae_poll_outgoing(ae, now, buf, sizeof buf, &out) == M2M_OK) {
        m2m_onem2m_session session = session_of(AE_CONNECTION);
        uint64_t id;
        size_t used, cut;
        for (cut = 0; cut < out.len; cut++) {
            IS(M2M_NOTHING,
               m2m_onem2m_cse_handle_request(cse, now, &session, buf, cut, &id, &used));
        }
        OK(m2m_onem2m_cse_handle_request(cse, now, &session, buf, out.len, &id, &used));
        CHECK(used == out.len);
        keep();
        while (m2m_onem2m_cse_poll_response(cse, now, buf, sizeof buf, &response) == M2M_NOTHING) {
            now++;
            OK(m2m_onem2m_cse_handle_timeout(cse, now));
            keep();
            CHECK(now < 100000);
        }
        /* The request said that its connection closes. */
        CHECK(response.id == id && response.peer == AE_CONNECTION && response.close == 1);
        OK(m2m_onem2m_ae_handle_response(ae, now, out.id, buf, response.len));
        moved = 1;
    }
    while (m2m_onem2m_cse_poll_timeout(cse) <= now) {
        OK(m2m_onem2m_cse_handle_timeout(cse, now));
        keep();
        now++;
    }
    while (m2m_onem2m_cse_poll_outgoing(cse, now, buf, sizeof buf, &notification) == M2M_OK) {
        uint64_t id;
        size_t used;
        m2m_onem2m_event event;
        CHECK(strcmp(notification.host, "ae.example") == 0 && notification.port == 8081);
        CHECK(!notification.secure && memcmp(buf, "POST /notify HTTP/1.1\r\n", 23) == 0);
        OK(m2m_onem2m_ae_handle_request(ae, now, 77, buf, notification.len, &id, &used));
        CHECK(used == notification.len);
        while (m2m_onem2m_ae_poll_event(ae, &event) == M2M_OK) {
            size_t len;
            if (event.kind != M2M_ONEM2M_NOTIFIED) {
                CHECK(!others);
                other = event;
                others = 1;
                continue;
            }
            OK(m2m_onem2m_ae_notification(ae, event.id, notified, sizeof notified, &len));
            OK(m2m_onem2m_ae_answer(ae, now, event.id, 2000));
        }
        IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_ae_poll_response(ae, buf, 3, &response));
        OK(m2m_onem2m_ae_poll_response(ae, buf, sizeof buf, &response));
        CHECK(response.id == id && response.peer == 77);
        OK(m2m_onem2m_cse_handle_response(cse, now, notification.id, buf, response.len));
        IS(M2M_IGNORED,
           m2m_onem2m_cse_handle_response(cse, now, notification.id, buf, response.len));
        moved = 1;
    }
    return moved;
}

static m2m_onem2m_event until(int32_t kind) {
    m2m_onem2m_event event;
    do {
        carry();
        now += 10;
        CHECK(now < 100000);
        OK(m2m_onem2m_ae_handle_timeout(ae, now));
    } while (!others && m2m_onem2m_ae_poll_event(ae, &event) != M2M_OK);
    if (others) event = other;
    others = 0;
    IS(kind, event.kind);
    return event;
}

/* Asks as the AE, leaves the content in text and gives the status. */
static uint32_t request(int32_t operation, const char *to, uint32_t type, const char *content) {
    m2m_onem2m_request r;
    m2m_onem2m_event event;
    uint64_t id;
    size_t len;
    OK(m2m_onem2m_request_init(&r, sizeof r));
    r.operation = operation;
    r.to = to;
    r.resource_type = type;
    r.content = content;
    r.content_len = content ? strlen(content) : 0;
    OK(m2m_onem2m_ae_request(ae, now, &r, &id));
    event = until(M2M_ONEM2M_DONE);
    CHECK(event.id == id && event.outcome == M2M_ONEM2M_RESPONSE);
    OK(m2m_onem2m_ae_content(ae, id, text, sizeof text, &len));
    OK(m2m_onem2m_ae_release(ae, now, id));
    return event.status;
}

static m2m_onem2m_cse_config config_of_cse(void) {
    m2m_onem2m_cse_config config;
    OK(m2m_onem2m_cse_config_init(&config, sizeof config));
    config.tag = 31;
    config.journal = 1;
    config.coap_requests = 8;
    config.flex_definitions = "[{\"type\":\"ex:light\",\"cnd\":\"org.example.light\",\"attributes\":"
                              "[{\"sname\":\"power\",\"type\":\"boolean\",\"car\":\"1\"}]}]";
    config.instances = 100;
    return config;
}

static void registers(void) {
    m2m_onem2m_ae_config config;
    OK(m2m_onem2m_ae_config_init(&config, sizeof config));
    config.cse_base = "cse-in";
    config.originator = "Cthermometer";
    config.app_id = "Nthermometer";
    config.name = "thermometer";
    config.host = "cse.example:8080";
    config.point_of_access = "http://ae.example:8081/notify";
    OK(m2m_onem2m_ae_new(&config, seed, &ae));
    OK(m2m_onem2m_ae_register(ae, now));
    until(M2M_ONEM2M_REGISTERED);
}

static void works(void) {
    m2m_onem2m_event event;
    m2m_onem2m_request late;
    uint64_t id;
    uint32_t count;
    m2m_onem2m_cse_counts counts;
    size_t len;
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermometer", M2M_ONEM2M_CNT,
                  "{\"m2m:cnt\":{\"rn\":\"data\",\"lbl\":[\"kitchen\"]}}") == 2001);
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermometer", M2M_ONEM2M_CNT,
                  "{\"m2m:cnt\":{\"rn\":\"more\"}}") == 2001);
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermometer/data", M2M_ONEM2M_SUB,
                  "{\"m2m:sub\":{\"rn\":\"sub\",\"nu\":[\"Cthermometer\"],"
                  "\"enc\":{\"net\":[3]}}}") == 2001);
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermometer/data", M2M_ONEM2M_CIN,
                  "{\"m2m:cin\":{\"con\":\"21.5\"}}") == 2001);
    carry();
    CHECK(strstr(notified, "\"m2m:sgn\"") != NULL && strstr(notified, "21.5") != NULL);
    CHECK(request(M2M_ONEM2M_RETRIEVE, "cse-in/thermometer/data/la", 0, NULL) == 2000);
    CHECK(has("\"con\":\"21.5\""));
    CHECK(request(M2M_ONEM2M_DISCOVER, "cse-in", M2M_ONEM2M_CNT, NULL) == 2000);
    CHECK(has("thermometer/data") && has("thermometer/more"));
    CHECK(request(M2M_ONEM2M_UPDATE, "cse-in/thermometer/more", 0,
                  "{\"m2m:cnt\":{\"lbl\":[\"roof\"]}}") == 2004);
    /* A resource of a type that the configuration defines. */
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermometer", M2M_ONEM2M_FCNT,
                  "{\"ex:light\":{\"rn\":\"light\",\"cnd\":\"org.example.light\","
                  "\"power\":true}}") == 2001);
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermometer", M2M_ONEM2M_FCNT,
                  "{\"ex:light\":{\"rn\":\"dark\",\"cnd\":\"org.example.light\"}}") == 4000);
    /* A group, and what all its members are asked. */
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermometer", M2M_ONEM2M_GRP,
                  "{\"m2m:grp\":{\"rn\":\"both\",\"mnm\":2,\"mid\":[\"cse-in/thermometer/data\","
                  "\"cse-in/thermometer/more\"]}}") == 2001);
    CHECK(request(M2M_ONEM2M_RETRIEVE, "cse-in/thermometer/both/fopt", 0, NULL) == 2000);
    CHECK(has("roof") && has("kitchen"));
    CHECK(request(M2M_ONEM2M_RETRIEVE, "cse-in/nothing", 0, NULL) == 4004);

    /* What m2m_onem2m_request has no members for. */
    strcpy(text, "{\"op\":2,\"to\":\"cse-in\",\"fr\":\"C\",\"rqi\":\"1\",\"rvi\":\"3\","
                 "\"fc\":{\"fu\":1,\"lbl\":[\"kitchen\"]}}");
    OK(m2m_onem2m_ae_request_json(ae, now, text, strlen(text), &id));
    event = until(M2M_ONEM2M_DONE);
    CHECK(event.status == 2000);
    OK(m2m_onem2m_ae_content(ae, id, text, sizeof text, &len));
    CHECK(has("thermometer/data") && !has("thermometer/more"));
    OK(m2m_onem2m_ae_release(ae, now, id));
    IS(M2M_MALFORMED, m2m_onem2m_ae_request_json(ae, now, "{\"op\":2", 7, &id));
    IS(M2M_NULL, m2m_onem2m_ae_request_json(ae, now, "{}", 2, NULL));

    /* A result that does not keep the answer waiting. */
    OK(m2m_onem2m_request_init(&late, sizeof late));
    late.to = "cse-in/thermometer";
    late.response_type = 1;
    late.result_content = 6;
    OK(m2m_onem2m_ae_request(ae, now, &late, &id));
    event = until(M2M_ONEM2M_DONE);
    CHECK(event.id == id && event.status == 2000);
    OK(m2m_onem2m_ae_content(ae, id, text, sizeof text, &len));
    CHECK(has("thermometer/data"));
    OK(m2m_onem2m_ae_release(ae, now, id));
    late.result_content = -2;
    IS(M2M_INVALID, m2m_onem2m_ae_request(ae, now, &late, &id));

    OK(m2m_onem2m_cse_resources(cse, &count));
    CHECK(count >= 7);
    OK(m2m_onem2m_cse_counters(cse, &counts));
    CHECK(counts.requests > 10 && counts.succeeded > 10 && counts.refused > 0 && counts.notifications > 0);
    CHECK(counts.requests >= counts.succeeded + counts.refused + counts.failed);
    CHECK(counts.outgoing >= counts.answered + counts.unanswered && counts.answered > 0);
}

/* TS-0003 annex F: what somebody may do within a region, as long as the CSE is told that it is there. */
static void places(void) {
    static const char get[] = "GET /cse-in/thermometer/near HTTP/1.1\r\nX-M2M-Origin: Cmob\r\n"
                              "X-M2M-RI: r1\r\nX-M2M-RVI: 3\r\n\r\n";
    static const char *const users[] = {"alice", NULL};
    m2m_onem2m_session session = session_of(CURL);
    m2m_onem2m_surroundings around;
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in", 1,
                  "{\"m2m:acp\":{\"rn\":\"p\",\"pv\":{\"acr\":[{\"acor\":[\"Cmob\"],\"acop\":2,"
                  "\"acco\":[{\"aclr\":{\"accr\":[48.137,11.575,5000]}}]},"
                  "{\"acor\":[\"Cthermometer\"],\"acop\":63}]},"
                  "\"pvs\":{\"acr\":[{\"acor\":[\"Cthermometer\"],\"acop\":63}]}}}") == 2001);
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermometer", M2M_ONEM2M_CNT,
                  "{\"m2m:cnt\":{\"rn\":\"near\",\"acpi\":[\"cse-in/p\"]}}") == 2001);
    ask(&session, get);
    CHECK(has("X-M2M-RSC: 4004"));
    OK(m2m_onem2m_surroundings_init(&around, sizeof around));
    around.has_position = 1;
    around.latitude = 48.15;
    around.longitude = 11.58;
    around.country = "DE";
    around.users = users;
    around.users_len = 1;
    OK(m2m_onem2m_cse_set_surroundings(cse, now, "Cmob", &around));
    ask(&session, get);
    CHECK(has("X-M2M-RSC: 2000"));
    around.latitude = 48.25;
    OK(m2m_onem2m_cse_set_surroundings(cse, now, "Cmob", &around));
    ask(&session, get);
    CHECK(has("X-M2M-RSC: 4004"));
    OK(m2m_onem2m_cse_set_surroundings(cse, now, "Cmob", NULL));
    around.latitude = 91;
    IS(M2M_INVALID, m2m_onem2m_cse_set_surroundings(cse, now, "Cmob", &around));
    around.has_position = 0;
    around.country = "Utopia";
    IS(M2M_INVALID, m2m_onem2m_cse_set_surroundings(cse, now, "Cmob", &around));
    around.country = NULL;
    around.users_len = 2;
    IS(M2M_NULL, m2m_onem2m_cse_set_surroundings(cse, now, "Cmob", &around));
    IS(M2M_NULL, m2m_onem2m_cse_set_surroundings(cse, now, NULL, &around));
    around.struct_size = 2;
    IS(M2M_INVALID, m2m_onem2m_cse_set_surroundings(cse, now, "Cmob", &around));
    IS(M2M_NULL, m2m_onem2m_surroundings_init(NULL, 0));
}

/* Requests as others write them. */
static void by_hand(void) {
    m2m_onem2m_session session = session_of(CURL);
    m2m_onem2m_response response;
    static const char get[] = "GET /cse-in/thermometer/data/la HTTP/1.1\r\nHost: x\r\n"
                              "X-M2M-Origin: CAdmin\r\nX-M2M-RI: r1\r\nX-M2M-RVI: 3\r\n\r\n";
    uint64_t id, other;
    size_t used;
    ask(&session, get);
    CHECK(strncmp(text, "HTTP/1.1 200 ", 13) == 0 && has("X-M2M-RSC: 2000") && has("21.5"));
    CHECK(!has("Connection: close"));
    /* Two at once: one is taken. */
    {
        char two[2 * sizeof get];
        strcpy(two, get);
        strcat(two, get);
        OK(m2m_onem2m_cse_handle_request(cse, now, &session, (uint8_t *)two, strlen(two), &id,
                                         &used));
        CHECK(used == sizeof get - 1);
    }
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_cse_poll_response(cse, now, (uint8_t *)text, 9, &response));
    OK(m2m_onem2m_cse_poll_response(cse, now, (uint8_t *)text, sizeof text, &response));
    CHECK(response.id == id && response.close == 0);
    IS(M2M_NOTHING, m2m_onem2m_cse_poll_response(cse, now, (uint8_t *)text, 9, &response));

    /* No request of oneM2M, and none at all: each is answered. */
    ask(&session, "GET /cse-in HTTP/1.1\r\n\r\n");
    CHECK(strncmp(text, "HTTP/1.1 400 ", 13) == 0);
    ask(&session, "PATCH /cse-in HTTP/1.0\r\nX-M2M-RI: 7\r\n\r\n");
    CHECK(strncmp(text, "HTTP/1.1 4", 10) == 0 && has("X-M2M-RI: 7") && has("Connection: close"));
    ask(&session, "\x16\x03\x01 what\r\n\r\n");
    CHECK(strncmp(text, "HTTP/1.1 4", 10) == 0 && has("Connection: close"));
    ask(&session, "GET /cse-in HTTP/1.1\r\nno field\r\n\r\n");
    CHECK(strncmp(text, "HTTP/1.1 400 ", 13) == 0 && has("Connection: close"));

    /* A connection of one originator has requests of no other. */
    session.originator = "Cother";
    session.address = "2001:db8::7";
    ask(&session, get);
    CHECK(has("X-M2M-RSC: 4106") && !has("21.5"));
    session.originator = "CAdmin";
    ask(&session, get);
    CHECK(has("21.5"));
    session.address = "nowhere";
    IS(M2M_INVALID, m2m_onem2m_cse_handle_request(cse, now, &session, (const uint8_t *)get,
                                                  sizeof get - 1, &id, &used));

    /* Who is gone gets no answer. */
    session = session_of(CURL);
    OK(m2m_onem2m_cse_handle_request(cse, now, &session, (const uint8_t *)get, sizeof get - 1,
                                     &other, &used));
    OK(m2m_onem2m_cse_forget_peer(cse, CURL));
    IS(M2M_NOTHING,
       m2m_onem2m_cse_poll_response(cse, now, (uint8_t *)text, sizeof text, &response));
}

/* GET cse-in/thermometer/data/la with oneM2M-RVI (271), oneM2M-FR (279) and oneM2M-RQI (283). */
static void by_coap(void) {
    static const uint8_t get[] = {
        'A', 0x01, 0x12, 0x34, 'U', 0xB6, 'c', 's', 'e', '-', 'i', 'n', 0x0B, 't', 'h', 'e', 'r',
        'm', 'o', 'm', 'e', 't', 'e', 'r', 0x04, 'd', 'a', 't', 'a', 0x02, 'l', 'a', 0xD1, 0xF7,
        0x33, 0x86, 'C', 'A', 'd', 'm', 'i', 'n', 'B', 'r', 0x32};
    m2m_onem2m_session session = session_of(99);
    m2m_transmit out;
    size_t len;
    OK(m2m_onem2m_cse_handle_datagram(cse, now, &session, get, sizeof get));
    keep();
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_cse_poll_transmit(cse, now, (uint8_t *)text, 5, &out));
    OK(m2m_onem2m_cse_poll_transmit(cse, now, (uint8_t *)text, sizeof text, &out));
    CHECK(out.peer == 99 && (uint8_t)text[0] == 0x61 && (uint8_t)text[1] == 0x45);
    for (len = 0; len + 4 <= out.len && memcmp(text + len, "21.5", 4) != 0; len++) {
    }
    CHECK(len + 4 <= out.len);
    IS(M2M_DUPLICATE, m2m_onem2m_cse_handle_datagram(cse, now, &session, get, sizeof get));
    OK(m2m_onem2m_cse_poll_transmit(cse, now, (uint8_t *)text, sizeof text, &out));
    CHECK(m2m_onem2m_cse_handle_datagram(cse, now, &session, get, 3) > 0);
    OK(m2m_onem2m_cse_forget_coap_peer(cse, now, 99));
    IS(M2M_NOTHING, m2m_onem2m_cse_poll_transmit(cse, now, (uint8_t *)text, sizeof text, &out));
}

/* A notification that nobody takes is tried at all addresses, then told to be lost. */
static void undelivered(void) {
    static uint8_t buf[2048];
    m2m_onem2m_cse_outgoing out;
    m2m_onem2m_response response;
    m2m_onem2m_session session = session_of(CURL);
    static const char create[] =
        "POST /cse-in HTTP/1.1\r\nX-M2M-Origin: CAdmin\r\nX-M2M-RI: r9\r\nX-M2M-RVI: 3\r\n"
        "Content-Type: application/json;ty=23\r\nContent-Length: 66\r\n\r\n"
        "{\"m2m:sub\":{\"rn\":\"far\",\"nu\":[\"https://[2001:db8::1]/in?x=1#f\"]}}    ";
    uint64_t id;
    size_t used;
    OK(m2m_onem2m_cse_handle_request(cse, now, &session, (const uint8_t *)create, sizeof create - 1,
                                     &id, &used));
    /* Records go first. */
    IS(M2M_NOTHING, m2m_onem2m_cse_poll_response(cse, now, buf, sizeof buf, &response));
    keep();
    IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_cse_poll_outgoing(cse, now, buf, 9, &out));
    OK(m2m_onem2m_cse_poll_outgoing(cse, now, buf, sizeof buf, &out));
    CHECK(out.secure == 1 && out.port == 443 && strcmp(out.host, "2001:db8::1") == 0);
    CHECK(memcmp(buf, "POST /in?x=1 HTTP/1.1\r\nHost: [2001:db8::1]\r\n", 44) == 0);
    IS(M2M_NOTHING, m2m_onem2m_cse_poll_response(cse, now, buf, sizeof buf, &response));
    OK(m2m_onem2m_cse_outgoing_failed(cse, out.id, 0));
    OK(m2m_onem2m_cse_outgoing_failed(cse, 12345, 0));
    IS(M2M_NOTHING, m2m_onem2m_cse_poll_outgoing(cse, now, buf, sizeof buf, &out));
    keep();
    OK(m2m_onem2m_cse_poll_response(cse, now, buf, sizeof buf, &response));
    CHECK(response.id == id);
    buf[response.len] = 0;
    CHECK(strstr((char *)buf, "X-M2M-RSC: 5204") != NULL); /* the target could not be verified */
}

static void restart(void) {
    m2m_onem2m_cse_config config = config_of_cse();
    m2m_onem2m_session session = session_of(CURL);
    uint32_t before, after;
    size_t i;
    keep();
    OK(m2m_onem2m_cse_resources(cse, &before));
    OK(m2m_onem2m_cse_free(cse));
    seed[0]++;
    OK(m2m_onem2m_cse_new(&config, seed, &cse));
    OK(m2m_onem2m_cse_set_wall_clock(cse, now, 1700000100000));
    IS(M2M_MALFORMED, m2m_onem2m_cse_restore(cse, 7, (const uint8_t *)"no", 2));
    for (i = 0; i < records; i++) {
        OK(m2m_onem2m_cse_restore(cse, kept[i].key, kept[i].bytes, kept[i].len));
    }
    OK(m2m_onem2m_cse_finish_restore(cse));
    OK(m2m_onem2m_cse_resources(cse, &after));
    CHECK(before == after && after > 5);
    ask(&session, "GET /cse-in/thermometer/data/la HTTP/1.1\r\nX-M2M-Origin: Cthermometer\r\n"
                  "X-M2M-RI: r1\r\nX-M2M-RVI: 3\r\n\r\n");
    CHECK(has("21.5"));
}

static void wrong(void) {
    m2m_onem2m_cse_config config = config_of_cse();
    m2m_onem2m_session session = session_of(1);
    const char *list[2] = {"C*", NULL};
    m2m_onem2m_cse *other = NULL;
    m2m_onem2m_response response = {5, 5, 5, 5};
    m2m_onem2m_cse_outgoing out;
    uint64_t id = 5;
    size_t used = 5;
    int32_t flag;
    CHECK(m2m_onem2m_cse_tag(cse) == 31 && m2m_onem2m_cse_tag(NULL) == 0);
    IS(M2M_NULL, m2m_onem2m_cse_config_init(NULL, 0));
    IS(M2M_NULL, m2m_onem2m_cse_new(NULL, seed, &other));
    IS(M2M_NULL, m2m_onem2m_cse_new(&config, NULL, &other));
    IS(M2M_NULL, m2m_onem2m_cse_new(&config, seed, NULL));
#define BAD(member, value, error)                                                                  \
    config = config_of_cse();                                                                      \
    config.member = value;                                                                         \
    IS(error, m2m_onem2m_cse_new(&config, seed, &other))
    BAD(cse_id, "id-in", M2M_INVALID);
    BAD(cse_name, "a/b", M2M_INVALID);
    BAD(sp_id, "\xC3(", M2M_NOT_UTF8);
    BAD(cse_type, 4, M2M_INVALID);
    BAD(depth, 65, M2M_INVALID);
    BAD(ae_originators_len, 1, M2M_NULL);
    BAD(registrar_cse_id, "no", M2M_INVALID);
    BAD(coap_message_size, 70000, M2M_INVALID);
    BAD(infrastructure, "no", M2M_INVALID);
    BAD(flex_definitions, "[{}]", M2M_MALFORMED);
    BAD(base_operations, 256, M2M_INVALID);
    {
        static const char *const releases[] = {"3", "17"};
        config = config_of_cse();
        config.releases = releases;
        config.releases_len = 2;
        IS(M2M_INVALID, m2m_onem2m_cse_new(&config, seed, &other));
    }
    config = config_of_cse();
    config.points_of_access = list;
    config.points_of_access_len = 2;
    IS(M2M_NULL, m2m_onem2m_cse_new(&config, seed, &other));
    config = config_of_cse();
    config.coap_requests = 0;
    config.registrar_cse_id = "/id-far";
    config.registrar_cse_name = "cse-far";
    config.registrar_uri = "http://far.example";
    config.cse_type = M2M_ONEM2M_MN_CSE;
    OK(m2m_onem2m_cse_new(&config, seed, &other));
    OK(m2m_onem2m_cse_is_registered(other, &flag));
    CHECK(flag == 0);
    IS(M2M_NOT_ALLOWED, m2m_onem2m_cse_handle_datagram(other, now, &session, seed, 4));
    {
        m2m_counters counters;
        IS(M2M_NOT_ALLOWED, m2m_onem2m_cse_coap_counters(other, &counters));
    }
    OK(m2m_onem2m_cse_set_wall_clock(other, now, 1700000000000));
    OK(m2m_onem2m_cse_handle_timeout(other, now));
    OK(m2m_onem2m_cse_poll_outgoing(other, now, (uint8_t *)text, sizeof text, &out));
    CHECK(strcmp(out.host, "far.example") == 0 && out.port == 80);
    OK(m2m_onem2m_cse_free(other));

    IS(M2M_NULL, m2m_onem2m_cse_handle_request(cse, now, NULL, seed, 1, &id, &used));
    IS(M2M_NULL, m2m_onem2m_cse_handle_request(cse, now, &session, NULL, 1, &id, &used));
    IS(M2M_NULL, m2m_onem2m_cse_handle_request(cse, now, &session, seed, 1, NULL, &used));
    IS(M2M_NULL, m2m_onem2m_cse_handle_request(cse, now, &session, seed, 1, &id, NULL));
    IS(M2M_NULL, m2m_onem2m_cse_handle_request(NULL, now, &session, seed, 1, &id, &used));
    session.country = "Utopia";
    IS(M2M_INVALID, m2m_onem2m_cse_handle_request(cse, now, &session, seed, 1, &id, &used));
    session.struct_size = 4;
    IS(M2M_INVALID, m2m_onem2m_cse_handle_request(cse, now, &session, seed, 1, &id, &used));
    IS(M2M_NULL, m2m_onem2m_cse_poll_response(cse, now, NULL, 1, &response));
    IS(M2M_NULL, m2m_onem2m_cse_poll_response(cse, now, (uint8_t *)text, 1, NULL));
    IS(M2M_NULL, m2m_onem2m_cse_poll_outgoing(cse, now, (uint8_t *)text, 1, NULL));
    IS(M2M_NULL, m2m_onem2m_cse_handle_response(cse, now, 1, NULL, 1));
    IS(M2M_IGNORED, m2m_onem2m_cse_handle_response(cse, now, 1, (const uint8_t *)"x", 1));
    IS(M2M_NULL, m2m_onem2m_cse_resources(cse, NULL));
    IS(M2M_NULL, m2m_onem2m_cse_counters(cse, NULL));
    IS(M2M_NULL, m2m_onem2m_session_init(NULL, 0));
    CHECK(m2m_onem2m_cse_poll_timeout(NULL) == M2M_NEVER);
    CHECK(id == 5 && used == 5 && response.id == 5);
    OK(m2m_onem2m_cse_free(NULL));
}

int main(void) {
    m2m_onem2m_cse_config config = config_of_cse();
    OK(m2m_onem2m_cse_new(&config, seed, &cse));
    OK(m2m_onem2m_cse_set_wall_clock(cse, now, 1700000000000));
    wrong();
    registers();
    works();
    places();
    by_hand();
    by_coap();
    undelivered();
    restart();
    OK(m2m_onem2m_ae_free(ae));
    OK(m2m_onem2m_cse_free(cse));
    puts("all of cse.c passed");
    return 0;
}
