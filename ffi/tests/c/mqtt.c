/* An LwM2M client and its server over MQTT (Transport 1.2, section 8): their datagrams become publications
 * on the topic of the client, and publications datagrams. */
#include "check.h"

enum { AT_SERVER = 7, AT_CLIENT = 1 };
static m2m_lwm2m_server *s;
static m2m_lwm2m_client *c;
static m2m_lwm2m_mqtt of_client, of_server;
static uint64_t now;
static char location[32];
static int published;

/* A publication that CoAP and MQTT know, to the other side; the sender's engine is told that it arrived. */
static size_t publish(m2m_lwm2m_mqtt *mapping, const uint8_t *datagram, size_t len, uint8_t *to,
                      size_t cap, uint8_t *acknowledgement, size_t *acknowledged) {
    size_t written = 0;
    int32_t result = m2m_lwm2m_mqtt_publication(mapping, datagram, len, to, cap, &written);
    CHECK(result == M2M_OK || result == M2M_NOTHING);
    *acknowledged = 0;
    result = m2m_lwm2m_mqtt_acknowledgement(datagram, len, acknowledgement, 4, acknowledged);
    CHECK(result == M2M_NOTHING || (result == M2M_OK && *acknowledged == 4));
    published += written > 0;
    return written;
}

static void carry(void) {
    uint8_t buf[2048], publication[2048], datagram[2048], ack[4];
    m2m_transmit out;
    size_t len, acknowledged, made;
    int moved = 1;
    while (moved) {
        moved = 0;
        while (m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out) == M2M_OK) {
            len = publish(&of_client, buf, out.len, publication, sizeof publication, ack,
                          &acknowledged);
            if (acknowledged) m2m_lwm2m_client_handle_datagram(c, now, AT_CLIENT, ack, 4);
            if (len > 0 && m2m_lwm2m_mqtt_datagram(&of_server, publication, len, "test", location,
                                                   datagram, sizeof datagram, &made) == M2M_OK)
                CHECK(m2m_lwm2m_server_handle_datagram(s, now, AT_SERVER, datagram, made) >= 0);
            moved = 1;
        }
        while (m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out) == M2M_OK) {
            len = publish(&of_server, buf, out.len, publication, sizeof publication, ack,
                          &acknowledged);
            if (acknowledged) m2m_lwm2m_server_handle_datagram(s, now, AT_SERVER, ack, 4);
            if (len > 0 && m2m_lwm2m_mqtt_datagram(&of_client, publication, len, NULL, NULL,
                                                   datagram, sizeof datagram, &made) == M2M_OK)
                CHECK(m2m_lwm2m_client_handle_datagram(c, now, AT_CLIENT, datagram, made) >= 0);
            moved = 1;
        }
        now++;
    }
}

static m2m_lwm2m_server_event until(int32_t kind) {
    m2m_lwm2m_server_event event;
    int i;
    for (i = 0; i < 200; i++) {
        carry();
        while (m2m_lwm2m_server_poll_event(s, &event) == M2M_OK) {
            if (event.kind == kind) return event;
        }
        now += 250;
        OK(m2m_lwm2m_client_handle_timeout(c, now));
        OK(m2m_lwm2m_server_handle_timeout(s, now));
    }
    fprintf(stderr, "no event %d\n", (int)kind);
    exit(1);
}

static void topics(void) {
    char text[40];
    size_t len;
    int32_t of = 9;
    OK(m2m_lwm2m_mqtt_topic("city", M2M_LWM2M_MQTT_REGISTRATION, "meter-7", text, sizeof text,
                            &len));
    CHECK(strcmp(text, "city/lwm2m/rd/meter-7") == 0 && len == strlen(text));
    OK(m2m_lwm2m_mqtt_topic(NULL, M2M_LWM2M_MQTT_BOOTSTRAP, "m", text, sizeof text, &len));
    CHECK(strcmp(text, "lwm2m/bs/m") == 0);
    IS(M2M_INVALID, m2m_lwm2m_mqtt_topic(NULL, 3, "m", text, sizeof text, &len));
    IS(M2M_INVALID, m2m_lwm2m_mqtt_topic(NULL, 1, "", text, sizeof text, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_mqtt_topic(NULL, 1, "m", text, 10, &len));
    OK(m2m_lwm2m_mqtt_topic_parse("city", "city/lwm2m/bs/a/b", &of, text, sizeof text, &len));
    CHECK(of == M2M_LWM2M_MQTT_BOOTSTRAP && strcmp(text, "a/b") == 0 && len == 3);
    IS(M2M_NOTHING,
       m2m_lwm2m_mqtt_topic_parse("town", "city/lwm2m/bs/a", &of, text, sizeof text, &len));
    IS(M2M_NULL, m2m_lwm2m_mqtt_topic_parse("city", NULL, &of, text, sizeof text, &len));
    IS(M2M_NULL, m2m_lwm2m_mqtt_topic_parse("a", "a/lwm2m/rd/b", NULL, text, sizeof text, &len));
}

static void wrong_arguments(void) {
    static const uint8_t empty[] = {0x60, 0, 1, 2}, junk[] = {0xff};
    m2m_lwm2m_mqtt unmade;
    uint8_t buf[64];
    size_t len = 9;
    memset(&unmade, 0, sizeof unmade);
    IS(M2M_NULL, m2m_lwm2m_mqtt_init(NULL, 1, 1, 8));
    IS(M2M_INVALID, m2m_lwm2m_mqtt_init(&unmade, 0, 1, 8));
    IS(M2M_INVALID, m2m_lwm2m_mqtt_init(&unmade, 1, 0, 8));
    IS(M2M_INVALID, m2m_lwm2m_mqtt_init(&unmade, 1, 1, 0));
    IS(M2M_INVALID, m2m_lwm2m_mqtt_init(&unmade, 1, 1, 9));
    IS(M2M_INVALID, m2m_lwm2m_mqtt_publication(&unmade, empty, 4, buf, sizeof buf, &len));
    IS(M2M_NULL, m2m_lwm2m_mqtt_publication(NULL, empty, 4, buf, sizeof buf, &len));
    IS(M2M_NULL, m2m_lwm2m_mqtt_publication(&of_client, NULL, 4, buf, sizeof buf, &len));
    IS(M2M_NULL, m2m_lwm2m_mqtt_publication(&of_client, empty, 4, buf, sizeof buf, NULL));
    IS(M2M_NOTHING, m2m_lwm2m_mqtt_publication(&of_client, empty, 4, buf, sizeof buf, &len));
    IS(M2M_MALFORMED, m2m_lwm2m_mqtt_publication(&of_client, junk, 1, buf, sizeof buf, &len));
    IS(M2M_MALFORMED,
       m2m_lwm2m_mqtt_datagram(&of_client, junk, 1, NULL, NULL, buf, sizeof buf, &len));
    IS(M2M_NOTHING, m2m_lwm2m_mqtt_acknowledgement(junk, 1, buf, sizeof buf, &len));
    CHECK(len == 9);
}

int main(void) {
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_server_config of_servers;
    m2m_lwm2m_server_account account;
    m2m_lwm2m_operation observe;
    m2m_lwm2m_content content;
    uint64_t registration, id;
    topics();
    OK(m2m_lwm2m_mqtt_init(&of_client, M2M_LWM2M_MQTT_DEVICE, M2M_LWM2M_MQTT_REGISTRATION, 8));
    OK(m2m_lwm2m_mqtt_init(&of_server, M2M_LWM2M_MQTT_SERVER, M2M_LWM2M_MQTT_REGISTRATION, 8));
    wrong_arguments();
    OK(m2m_lwm2m_server_config_init(&of_servers, sizeof of_servers));
    OK(m2m_lwm2m_server_new(&of_servers, SEED, &s));
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    OK(m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(3303, 0)));
    OK(m2m_lwm2m_client_set_float(c, now, m2m_path_from("/3303/0/5700"), 20.5));
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));
    account.peer = AT_CLIENT;
    account.version = M2M_LWM2M_1_2;
    account.binding = "M";
    OK(m2m_lwm2m_client_add_server(c, now, &account));
    OK(m2m_lwm2m_client_start(c, now));
    registration = until(M2M_LWM2M_SERVER_REGISTERED).registration;
    OK(m2m_lwm2m_operation_init(&observe, sizeof observe));
    observe.kind = M2M_LWM2M_OBSERVE;
    observe.path = m2m_path_from("/3303/0/5700");
    OK(m2m_lwm2m_server_request(s, now, registration, &observe, &id));
    CHECK(until(M2M_LWM2M_SERVER_RESPONSE).code == M2M_COAP_CONTENT);
    OK(m2m_lwm2m_server_content(s, M2M_LWM2M_OF_RESPONSE, id, &content));
    OK(m2m_lwm2m_server_release(s, M2M_LWM2M_OF_RESPONSE, id));
    OK(m2m_lwm2m_client_set_float(c, now, m2m_path_from("/3303/0/5700"), 21.5));
    id = until(M2M_LWM2M_SERVER_NOTIFIED).id;
    OK(m2m_lwm2m_server_release(s, M2M_LWM2M_OF_NOTIFICATION, id));
    CHECK(published >= 5);
    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_server_free(s));
    puts("all of mqtt.c passed");
    return 0;
}
