/* The AE and the CSE of oneM2M over CoAP, MQTT and WebSocket, in each serialization; what is between them is
 * lost where the test wants that. */
#include "expect.h"

enum { AE_PEER = 5, CSE_PEER = 9, SOCKET = 33 };
static uint8_t seed[32] = {1};
static m2m_onem2m_ae *ae;
static m2m_onem2m_cse *cse;
static uint64_t now;
static int32_t binding, serialization;
static char text[8192], notified[4096];
static uint8_t buf[8192];
static int carried, drops;

static m2m_onem2m_session session_of(uint64_t peer) {
    m2m_onem2m_session session;
    OK(m2m_onem2m_session_init(&session, sizeof session));
    session.peer = peer;
    return session;
}

static void keep(void) {
    uint64_t key;
    int32_t deleted;
    size_t len;
    static uint8_t record[4096];
    while (m2m_onem2m_cse_poll_journal(cse, &key, &deleted, record, sizeof record, &len) == M2M_OK) {
    }
}

/* What is to be lost. */
static int lost(void) {
    carried++;
    if (drops == 0) return 0;
    drops--;
    return 1;
}

/* Whether bytes have text in them. */
static int says(const uint8_t *bytes, size_t len, const char *part) {
    size_t at, size = strlen(part);
    for (at = 0; at + size <= len; at++) {
        if (memcmp(bytes + at, part, size) == 0) return 1;
    }
    return 0;
}

static int matches(const char *filter, const char *topic) {
    while (*filter) {
        if (*filter == '+') {
            filter++;
            while (*topic && *topic != '/') topic++;
        } else if (*filter++ != *topic++) {
            return 0;
        }
    }
    return *topic == 0;
}

/* Whether an entity has subscribed to a topic; each topic is one entity's. */
static int is_for_cse(const char *topic) {
    char filter[128];
    size_t n, len;
    for (n = 0; m2m_onem2m_cse_topic_filter(cse, n, filter, sizeof filter, &len) == M2M_OK; n++) {
        CHECK(strlen(filter) == len);
        if (matches(filter, topic)) return 1;
    }
    CHECK(n == 3);
    return 0;
}

static int is_for_ae(const char *topic) {
    char filter[128];
    size_t n, len;
    for (n = 0; m2m_onem2m_ae_topic_filter(ae, n, filter, sizeof filter, &len) == M2M_OK; n++) {
        if (matches(filter, topic)) return 1;
    }
    CHECK(n == 3 || n == 1);
    return 0;
}

static void by_coap(void) {
    m2m_onem2m_session session = session_of(AE_PEER);
    m2m_onem2m_cse_outgoing call;
    m2m_transmit out;
    while (m2m_onem2m_ae_poll_transmit(ae, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(out.peer == CSE_PEER);
        if (!lost()) CHECK(m2m_onem2m_cse_handle_datagram(cse, now, &session, buf, out.len) >= 0);
    }
    keep();
    while (m2m_onem2m_cse_poll_outgoing(cse, now, buf, sizeof buf, &call) == M2M_OK) {
        CHECK(call.binding == M2M_ONEM2M_COAP && call.len == 0 && call.port == 5683 && !call.secure);
        CHECK(strcmp(call.host, "ae.example") == 0 && call.path[0] == 0);
        IS(M2M_UNKNOWN_ID, m2m_onem2m_cse_set_peer(cse, now, call.id + 1000, AE_PEER));
        OK(m2m_onem2m_cse_set_peer(cse, now, call.id, AE_PEER));
        IS(M2M_UNKNOWN_ID, m2m_onem2m_cse_set_peer(cse, now, call.id, AE_PEER));
    }
    while (m2m_onem2m_cse_poll_transmit(cse, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(out.peer == AE_PEER);
        if (!lost()) CHECK(m2m_onem2m_ae_handle_datagram(ae, now, CSE_PEER, buf, out.len) >= 0);
    }
}

static void by_mqtt(void) {
    static m2m_onem2m_publication out;
    while (m2m_onem2m_ae_poll_publication(ae, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(is_for_cse(out.topic) && strncmp(out.topic, "city/oneM2M/re", 14) == 0);
        if (lost()) {
            CHECK(out.id != 0);
            OK(m2m_onem2m_ae_outgoing_failed(ae, now, out.id));
            continue;
        }
        OK(m2m_onem2m_cse_handle_publication(cse, now, out.topic, buf, out.len, 0));
        if (out.id) {
            IS(M2M_DUPLICATE,
               m2m_onem2m_cse_handle_publication(cse, now, out.topic, buf, out.len, 1));
        } else {
            IS(M2M_IGNORED, m2m_onem2m_cse_handle_publication(cse, now, out.topic, buf, out.len, 1));
        }
    }
    keep();
    while (m2m_onem2m_cse_poll_publication(cse, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(is_for_ae(out.topic));
        if (lost()) continue;
        OK(m2m_onem2m_ae_handle_publication(ae, now, out.topic, buf, out.len, 0));
        CHECK(m2m_onem2m_ae_handle_publication(ae, now, out.topic, buf, out.len, 1) > 0);
    }
}

static void by_websocket(void) {
    m2m_onem2m_session session = session_of(SOCKET);
    m2m_onem2m_message out;
    while (m2m_onem2m_ae_poll_message(ae, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(out.peer == 0 && out.binary == (serialization == M2M_ONEM2M_CBOR));
        if (lost()) {
            CHECK(out.id != 0);
            OK(m2m_onem2m_ae_outgoing_failed(ae, now, out.id));
        } else {
            OK(m2m_onem2m_cse_handle_message(cse, now, &session, buf, out.len));
        }
    }
    keep();
    while (m2m_onem2m_cse_poll_message(cse, now, buf, sizeof buf, &out) == M2M_OK) {
        CHECK(out.peer == SOCKET && out.binary == (serialization == M2M_ONEM2M_CBOR));
        if (!lost()) OK(m2m_onem2m_ae_handle_message(ae, now, buf, out.len));
    }
}

/* One round of all that is to be carried. */
static void carry(void) {
    switch (binding) {
    case M2M_ONEM2M_COAP: by_coap(); break;
    case M2M_ONEM2M_MQTT: by_mqtt(); break;
    default: by_websocket();
    }
    now += 10;
    OK(m2m_onem2m_ae_handle_timeout(ae, now));
    OK(m2m_onem2m_cse_handle_timeout(cse, now));
    keep();
}

/* The next event but notifications, which are answered. */
static m2m_onem2m_event until(int32_t kind) {
    m2m_onem2m_event event;
    uint64_t end = now + 60000;
    for (;;) {
        size_t len;
        while (m2m_onem2m_ae_poll_event(ae, &event) != M2M_OK) {
            carry();
            CHECK(now < end);
        }
        if (event.kind == kind && kind != M2M_ONEM2M_NOTIFIED) return event;
        CHECK(event.kind == M2M_ONEM2M_NOTIFIED);
        OK(m2m_onem2m_ae_notification(ae, event.id, notified, sizeof notified, &len));
        OK(m2m_onem2m_ae_answer(ae, now, event.id, 2000));
        if (kind == M2M_ONEM2M_NOTIFIED) return event;
    }
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

static m2m_onem2m_ae_config config_of_ae(void) {
    static const char *const labels[] = {"kitchen"};
    m2m_onem2m_ae_config config;
    OK(m2m_onem2m_ae_config_init(&config, sizeof config));
    config.cse_base = "cse-in";
    config.originator = "Cthermo";
    config.app_id = "Nthermo";
    config.name = "thermo";
    config.binding = binding;
    config.serialization = serialization;
    config.labels = labels;
    config.labels_len = 1;
    config.release = "4";
    config.point_of_access = "ws://default";
    if (binding == M2M_ONEM2M_COAP) {
        config.cse_peer = CSE_PEER;
        config.point_of_access = "coap://ae.example";
    }
    if (binding == M2M_ONEM2M_MQTT) {
        config.cse_id = "/id-in";
        config.credential = "device-7";
        config.topic_prefix = "city";
        config.point_of_access = "mqtt://broker.example";
    }
    return config;
}

static m2m_onem2m_cse_config config_of_cse(void) {
    m2m_onem2m_cse_config config;
    OK(m2m_onem2m_cse_config_init(&config, sizeof config));
    config.journal = 1;
    config.coap_requests = 16;
    config.mqtt_broker = "mqtt://broker.example:1883";
    config.topic_prefix = "city";
    return config;
}

static void begin(void) {
    m2m_onem2m_ae_config of_ae = config_of_ae();
    m2m_onem2m_cse_config of_cse = config_of_cse();
    m2m_onem2m_session session = session_of(SOCKET);
    now = 1000;
    OK(m2m_onem2m_cse_new(&of_cse, seed, &cse));
    OK(m2m_onem2m_cse_set_wall_clock(cse, now, 1700000000000));
    OK(m2m_onem2m_ae_new(&of_ae, seed, &ae));
    IS(M2M_UNKNOWN_ID, m2m_onem2m_cse_handle_message(cse, now, &session, buf, 1));
    OK(m2m_onem2m_cse_connected(cse, &session, serialization, NULL));
    OK(m2m_onem2m_ae_register(ae, now));
}

static void works(void) {
    begin();
    drops = 1;
    until(M2M_ONEM2M_REGISTERED);
    CHECK(drops == 0 && request(M2M_ONEM2M_RETRIEVE, "cse-in/thermo", 0, NULL) == 2000);
    CHECK(strstr(text, "kitchen") != NULL);
    if (serialization == M2M_ONEM2M_CBOR) CHECK(strstr(text, "application/cbor") != NULL);
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermo", M2M_ONEM2M_CNT,
                  "{\"m2m:cnt\":{\"rn\":\"data\"}}") == 2001);
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermo/data", M2M_ONEM2M_SUB,
                  "{\"m2m:sub\":{\"rn\":\"s\",\"nu\":[\"Cthermo\"],\"enc\":{\"net\":[3]}}}") == 2001);
    notified[0] = 0;
    CHECK(request(M2M_ONEM2M_CREATE, "cse-in/thermo/data", M2M_ONEM2M_CIN,
                  "{\"m2m:cin\":{\"con\":\"21.5\"}}") == 2001);
    if (!notified[0]) until(M2M_ONEM2M_NOTIFIED);
    CHECK(strstr(notified, "\"m2m:sgn\"") != NULL && strstr(notified, "21.5") != NULL);
    CHECK(request(M2M_ONEM2M_RETRIEVE, "cse-in/thermo/data/la", 0, NULL) == 2000);
    CHECK(strstr(text, "21.5") != NULL);
    CHECK(request(M2M_ONEM2M_DISCOVER, "cse-in", M2M_ONEM2M_CNT, NULL) == 2000);
    CHECK(strstr(text, "cse-in/thermo/data") != NULL);
    CHECK(request(M2M_ONEM2M_RETRIEVE, "cse-in/nothing", 0, NULL) == 4004);
    OK(m2m_onem2m_ae_deregister(ae, now));
    until(M2M_ONEM2M_DEREGISTERED);
    CHECK(carried > 10);
    if (binding == M2M_ONEM2M_COAP) {
        m2m_counters of_ae, of_cse;
        OK(m2m_onem2m_ae_coap_counters(ae, &of_ae));
        OK(m2m_onem2m_cse_coap_counters(cse, &of_cse));
        CHECK(of_ae.sent > 5 && of_cse.received > 5 && of_ae.retransmitted > 0);
    } else {
        m2m_counters counters;
        IS(M2M_NOT_ALLOWED, m2m_onem2m_ae_coap_counters(ae, &counters));
    }
    OK(m2m_onem2m_ae_free(ae));
    OK(m2m_onem2m_cse_free(cse));
}

/* A connection that breaks: what has no answer is asked again. */
static void breaks(void) {
    m2m_onem2m_session session = session_of(SOCKET);
    m2m_onem2m_ae_config of_ae;
    m2m_onem2m_request r;
    m2m_onem2m_event event;
    uint64_t id;
    begin();
    until(M2M_ONEM2M_REGISTERED);
    OK(m2m_onem2m_request_init(&r, sizeof r));
    r.to = "cse-in";
    OK(m2m_onem2m_ae_request(ae, now, &r, &id));
    drops = 1;
    if (binding == M2M_ONEM2M_COAP) {
        m2m_transmit out;
        OK(m2m_onem2m_ae_poll_transmit(ae, now, buf, sizeof buf, &out));
        OK(m2m_onem2m_ae_forget_coap_peer(ae, now, CSE_PEER));
        OK(m2m_onem2m_cse_forget_coap_peer(cse, now, AE_PEER));
    } else if (binding == M2M_ONEM2M_MQTT) {
        static m2m_onem2m_publication out;
        IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_ae_poll_publication(ae, now, buf, 5, &out));
        OK(m2m_onem2m_ae_poll_publication(ae, now, buf, sizeof buf, &out));
        OK(m2m_onem2m_cse_handle_publication(cse, now, out.topic, buf, out.len, 0));
        OK(m2m_onem2m_ae_broker_lost(ae, now));
        OK(m2m_onem2m_cse_broker_lost(cse));
        IS(M2M_NOTHING, m2m_onem2m_cse_poll_publication(cse, now, buf, sizeof buf, &out));
    } else {
        m2m_onem2m_message out;
        IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_ae_poll_message(ae, now, buf, 5, &out));
        OK(m2m_onem2m_ae_poll_message(ae, now, buf, sizeof buf, &out));
        OK(m2m_onem2m_cse_handle_message(cse, now, &session, buf, out.len));
        OK(m2m_onem2m_ae_disconnected(ae, now));
        OK(m2m_onem2m_cse_disconnected(cse, SOCKET));
        IS(M2M_NOTHING, m2m_onem2m_cse_poll_message(cse, now, buf, sizeof buf, &out));
        IS(M2M_UNKNOWN_ID, m2m_onem2m_cse_handle_message(cse, now, &session, buf, out.len));
        OK(m2m_onem2m_cse_connected(cse, &session, serialization, "/id-in/Cthermo"));
    }
    event = until(M2M_ONEM2M_DONE);
    CHECK(event.id == id && event.status == 2000 && drops == 0);
    OK(m2m_onem2m_ae_free(ae));
    /* One that has forgotten all of it takes up what the CSE has. */
    seed[0]++;
    of_ae = config_of_ae();
    OK(m2m_onem2m_ae_new(&of_ae, seed, &ae));
    OK(m2m_onem2m_ae_register(ae, now));
    CHECK(until(M2M_ONEM2M_REGISTERED).again == 1);
    CHECK(request(M2M_ONEM2M_RETRIEVE, "cse-in/thermo", 0, NULL) == 2000);
    OK(m2m_onem2m_ae_free(ae));
    OK(m2m_onem2m_cse_free(cse));
}

/* Verbs of another binding, and what is no message. */
static void refused(void) {
    static const char topic[] = "city/oneM2M/req/Cx/id-in/json";
    static m2m_onem2m_publication publication;
    m2m_onem2m_session session = session_of(SOCKET);
    m2m_onem2m_message message;
    m2m_onem2m_outgoing outgoing;
    m2m_onem2m_response response;
    m2m_transmit transmit;
    uint64_t id;
    size_t len;
    int32_t own;
    begin();
    IS(M2M_NOT_ALLOWED, m2m_onem2m_ae_poll_outgoing(ae, now, buf, sizeof buf, &outgoing));
    IS(M2M_NOT_ALLOWED, m2m_onem2m_ae_handle_request(ae, now, 1, buf, 1, &id, &len));
    IS(M2M_NOT_ALLOWED, m2m_onem2m_ae_poll_response(ae, buf, sizeof buf, &response));
    own = binding == M2M_ONEM2M_COAP ? M2M_OK : M2M_NOT_ALLOWED;
    IS(own, m2m_onem2m_ae_poll_transmit(ae, now, buf, sizeof buf, &transmit));
    IS(own == M2M_OK ? M2M_IGNORED : own, m2m_onem2m_ae_handle_datagram(ae, now, 1, seed, 3));
    own = binding == M2M_ONEM2M_MQTT ? M2M_OK : M2M_NOT_ALLOWED;
    IS(own, m2m_onem2m_ae_topic_filter(ae, 0, text, sizeof text, &len));
    IS(own, m2m_onem2m_ae_poll_publication(ae, now, buf, sizeof buf, &publication));
    if (own == M2M_OK) {
        CHECK(strncmp(publication.topic, "city/oneM2M/reg_req/device-7/id-in/", 35) == 0);
        IS(M2M_IGNORED, m2m_onem2m_ae_handle_publication(ae, now, "a/b", buf, 1, 0));
        IS(M2M_REFUSED, m2m_onem2m_ae_handle_publication(ae, now, topic, buf, 1, 0));
        OK(m2m_onem2m_ae_poll_publication(ae, now, buf, sizeof buf, &publication));
        CHECK(publication.id == 0);
        IS(M2M_IGNORED, m2m_onem2m_ae_handle_publication(ae, now, publication.topic, buf,
                                                         publication.len, 0));
        IS(M2M_NULL, m2m_onem2m_ae_handle_publication(ae, now, NULL, buf, 1, 0));
    } else {
        IS(own, m2m_onem2m_ae_handle_publication(ae, now, topic, buf, 1, 0));
    }
    own = binding == M2M_ONEM2M_WEBSOCKET ? M2M_OK : M2M_NOT_ALLOWED;
    IS(own, m2m_onem2m_ae_poll_message(ae, now, buf, sizeof buf, &message));
    IS(own == M2M_OK ? M2M_REFUSED : own,
       m2m_onem2m_ae_handle_message(ae, now, (const uint8_t *)"<>", 2));

    /* The CSE answers what is no request, and only what is for it. */
    IS(M2M_REFUSED, m2m_onem2m_cse_handle_publication(cse, now, topic, (const uint8_t *)"{}", 2, 0));
    OK(m2m_onem2m_cse_poll_publication(cse, now, buf, sizeof buf, &publication));
    CHECK(strcmp(publication.topic, "city/oneM2M/resp/Cx/id-in/json") == 0 && publication.id == 0);
    CHECK(strstr((char *)buf, "4000") != NULL);
    IS(M2M_IGNORED, m2m_onem2m_cse_handle_publication(cse, now, "city/oneM2M/req/Cx/id-mn/json",
                                                      (const uint8_t *)"{}", 2, 0));
    IS(M2M_IGNORED, m2m_onem2m_cse_handle_publication(cse, now, "/oneM2M/req/Cx/id-in/json",
                                                      (const uint8_t *)"{}", 2, 0));
    IS(M2M_NULL, m2m_onem2m_cse_handle_publication(cse, now, NULL, buf, 1, 0));
    {
        /* Only registrations go to their topic. */
        static const char get[] =
            "{\"op\":2,\"to\":\"cse-in\",\"fr\":\"CAdmin\",\"rqi\":\"1\",\"rvi\":\"3\"}";
        IS(M2M_REFUSED,
           m2m_onem2m_cse_handle_publication(cse, now, "city/oneM2M/reg_req/x/id-in/json",
                                             (const uint8_t *)get, sizeof get - 1, 0));
        OK(m2m_onem2m_cse_poll_publication(cse, now, buf, sizeof buf, &publication));
        CHECK(strcmp(publication.topic, "city/oneM2M/reg_resp/x/id-in/json") == 0);
        /* A connection of one originator has requests of no other. */
        session.originator = "Cother";
        OK(m2m_onem2m_cse_connected(cse, &session, M2M_ONEM2M_JSON, "CAdmin"));
        IS(M2M_REFUSED, m2m_onem2m_cse_handle_message(cse, now, &session, (const uint8_t *)get,
                                                      sizeof get - 1));
        session.originator = NULL;
        OK(m2m_onem2m_cse_handle_message(cse, now, &session, (const uint8_t *)get, sizeof get - 1));
        IS(M2M_REFUSED, m2m_onem2m_cse_handle_message(cse, now, &session, buf, 0));
        IS(M2M_BUFFER_TOO_SMALL, m2m_onem2m_cse_poll_message(cse, now, buf, 3, &message));
        OK(m2m_onem2m_cse_poll_message(cse, now, buf, sizeof buf, &message));
        CHECK(says(buf, message.len, "4106") && message.id == 0 && message.peer == SOCKET);
        OK(m2m_onem2m_cse_poll_message(cse, now, buf, sizeof buf, &message));
        CHECK(says(buf, message.len, "4000"));
        OK(m2m_onem2m_cse_poll_message(cse, now, buf, sizeof buf, &message));
        CHECK(says(buf, message.len, "2000"));
    }
    OK(m2m_onem2m_ae_free(ae));
    OK(m2m_onem2m_cse_free(cse));
}

/* A subscriber at a WebSocket and at two brokers: a way that fails leads to the next. */
static void ways(void) {
    static const char ae_of_two[] =
        "{\"op\":1,\"to\":\"cse-in\",\"fr\":\"Cfar\",\"rqi\":\"1\",\"rvi\":\"3\",\"ty\":2,\"pc\":{"
        "\"m2m:ae\":{\"api\":\"Nfar\",\"rn\":\"far\",\"rr\":true,\"srv\":[\"3\"],\"poa\":["
        "\"mqtt://other.example\",\"gopher://a\",\"wss://far.example:99/in?a=b\","
        "\"mqtt://broker.example/Cfar\"]}}}";
    static const char subscribes[] =
        "{\"op\":1,\"to\":\"cse-in/far\",\"fr\":\"Cfar\",\"rqi\":\"2\",\"rvi\":\"3\",\"ty\":23,\"pc\":{"
        "\"m2m:sub\":{\"rn\":\"s\",\"nu\":[\"Cfar\"],\"enc\":{\"net\":[1]}}}}";
    static const char updates[] =
        "{\"op\":3,\"to\":\"cse-in/far\",\"fr\":\"Cfar\",\"rqi\":\"3\",\"rvi\":\"3\",\"pc\":{"
        "\"m2m:ae\":{\"lbl\":[\"roof\"]}}}";
    static const char *const all[] = {ae_of_two, subscribes, updates};
    static m2m_onem2m_publication publication;
    m2m_onem2m_session session = session_of(SOCKET), theirs = session_of(SOCKET + 1);
    m2m_onem2m_message message;
    m2m_onem2m_cse_outgoing call;
    uint64_t id;
    size_t i;
    binding = M2M_ONEM2M_WEBSOCKET;
    serialization = M2M_ONEM2M_JSON;
    begin();
    for (i = 0; i < 3; i++) {
        OK(m2m_onem2m_cse_handle_message(cse, now, &session, (const uint8_t *)all[i],
                                         strlen(all[i])));
        keep();
        OK(m2m_onem2m_cse_poll_message(cse, now, buf, sizeof buf, &message));
        CHECK(message.id == 0 && says(buf, message.len, "\"rsc\":200"));
    }
    while (m2m_onem2m_cse_poll_timeout(cse) <= now) {
        OK(m2m_onem2m_cse_handle_timeout(cse, now++));
        keep();
    }
    /* It was heard over a WebSocket. */
    OK(m2m_onem2m_cse_poll_message(cse, now, buf, sizeof buf, &message));
    CHECK(message.id != 0 && message.peer == SOCKET && says(buf, message.len, "roof"));
    id = message.id;
    IS(M2M_NOTHING, m2m_onem2m_cse_poll_outgoing(cse, now, buf, sizeof buf, &call));
    OK(m2m_onem2m_cse_disconnected(cse, SOCKET));
    /* Next is a connection that the application makes. */
    OK(m2m_onem2m_cse_poll_outgoing(cse, now, buf, sizeof buf, &call));
    CHECK(call.id == id && call.binding == M2M_ONEM2M_WEBSOCKET && call.secure && call.port == 99);
    CHECK(strcmp(call.host, "far.example") == 0 && strcmp(call.path, "/in?a=b") == 0);
    CHECK(call.serialization == M2M_ONEM2M_JSON && call.len == 0);
    IS(M2M_INVALID, m2m_onem2m_cse_set_peer(cse, now, id, 777));
    OK(m2m_onem2m_cse_connected(cse, &theirs, M2M_ONEM2M_CBOR, NULL));
    OK(m2m_onem2m_cse_set_peer(cse, now, id, SOCKET + 1));
    OK(m2m_onem2m_cse_poll_message(cse, now, buf, sizeof buf, &message));
    CHECK(message.id == id && message.peer == SOCKET + 1 && message.binary == 1);
    OK(m2m_onem2m_cse_outgoing_failed(cse, id, 1));
    /* Then the broker. */
    OK(m2m_onem2m_cse_poll_publication(cse, now, buf, sizeof buf, &publication));
    CHECK(publication.id == id && says(buf, publication.len, "roof"));
    CHECK(strcmp(publication.topic, "city/oneM2M/req/id-in/Cfar/json") == 0);
    {
        static const char topic[] = "city/oneM2M/resp/id-in/Cfar/json";
        char answer[256], *at = strstr((char *)buf, "\"rqi\":\"");
        int len;
        CHECK(at != NULL);
        len = snprintf(answer, sizeof answer, "{\"rsc\":2000,\"rqi\":\"%.*s\",\"rvi\":\"3\"}",
                       (int)strcspn(at + 7, "\""), at + 7);
        IS(M2M_IGNORED, m2m_onem2m_cse_handle_publication(cse, now, "city/oneM2M/resp/id-in/Cx/json",
                                                          (uint8_t *)answer, (size_t)len, 0));
        OK(m2m_onem2m_cse_handle_publication(cse, now, topic, (uint8_t *)answer, (size_t)len, 0));
        IS(M2M_IGNORED, m2m_onem2m_cse_handle_publication(cse, now, topic, (uint8_t *)answer,
                                                          (size_t)len, 0));
    }
    IS(M2M_NOTHING, m2m_onem2m_cse_poll_outgoing(cse, now, buf, sizeof buf, &call));
    OK(m2m_onem2m_ae_free(ae));
    OK(m2m_onem2m_cse_free(cse));
}

static void wrong(void) {
    m2m_onem2m_ae_config config;
    m2m_onem2m_cse_config of_cse = config_of_cse();
    int32_t chosen = 7;
    size_t len;
    ae = NULL;
#define BAD(error, change)                                                                         \
    config = config_of_ae();                                                                       \
    config.change;                                                                                 \
    IS(error, m2m_onem2m_ae_new(&config, seed, &ae))
    binding = M2M_ONEM2M_MQTT;
    BAD(M2M_INVALID, binding = 4);
    BAD(M2M_INVALID, serialization = -1);
    BAD(M2M_INVALID, cse_id = "id-in");
    BAD(M2M_INVALID, cse_id = NULL);
    BAD(M2M_INVALID, cse_id = "/a/b");
    BAD(M2M_INVALID, credential = "a+b");
    BAD(M2M_INVALID, topic_prefix = "a/#");
    BAD(M2M_INVALID, release = "9");
    BAD(M2M_NULL, labels = NULL);
    binding = M2M_ONEM2M_COAP;
    BAD(M2M_INVALID, coap_message_size = 70000);
    CHECK(ae == NULL);
    cse = NULL;
    of_cse.mqtt_broker = "http://broker";
    IS(M2M_INVALID, m2m_onem2m_cse_new(&of_cse, seed, &cse));
    of_cse.mqtt_broker = NULL;
    OK(m2m_onem2m_cse_new(&of_cse, seed, &cse));
    IS(M2M_NOT_ALLOWED, m2m_onem2m_cse_topic_filter(cse, 0, text, sizeof text, &len));
    IS(M2M_NOT_ALLOWED, m2m_onem2m_cse_handle_publication(cse, now, "a", buf, 1, 0));
    OK(m2m_onem2m_cse_free(cse));

    CHECK(strcmp(m2m_onem2m_websocket_protocol(M2M_ONEM2M_XML), "oneM2M.xml") == 0);
    CHECK(m2m_onem2m_websocket_protocol(3) == NULL);
    OK(m2m_onem2m_choose_protocol("chat, oneM2M.cbor,oneM2M.json", &chosen));
    CHECK(chosen == M2M_ONEM2M_CBOR);
    IS(M2M_NOTHING, m2m_onem2m_choose_protocol("chat", &chosen));
    IS(M2M_NULL, m2m_onem2m_choose_protocol(NULL, &chosen));
    IS(M2M_NULL, m2m_onem2m_choose_protocol("chat", NULL));
    CHECK(chosen == M2M_ONEM2M_CBOR);
}

int main(void) {
    for (binding = M2M_ONEM2M_COAP; binding <= M2M_ONEM2M_WEBSOCKET; binding++) {
        for (serialization = M2M_ONEM2M_JSON; serialization <= M2M_ONEM2M_XML; serialization++) {
            works();
            breaks();
        }
        serialization = M2M_ONEM2M_JSON;
        refused();
    }
    ways();
    wrong();
    puts("all of bindings.c passed");
    return 0;
}
