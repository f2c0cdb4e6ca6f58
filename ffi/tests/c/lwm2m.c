/* The LwM2M server and the LwM2M client of the library, and the network between them. */
#include "check.h"

enum { AT_SERVER = 7, AT_CLIENT = 1 };
static m2m_lwm2m_server *s;
static m2m_lwm2m_client *c;
static uint64_t now;

static void carry(void) {
    uint8_t buf[2048];
    m2m_transmit out;
    int moved = 1;
    while (moved) {
        moved = 0;
        while (m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK(m2m_lwm2m_server_handle_datagram(s, now, AT_SERVER, buf, out.len) >= 0);
            moved = 1;
        }
        while (m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK(out.peer == AT_SERVER);
            CHECK(m2m_lwm2m_client_handle_datagram(c, now, AT_CLIENT, buf, out.len) >= 0);
            moved = 1;
        }
        now++;
    }
}

/* Until the server has an event of this kind. */
static m2m_lwm2m_server_event until(int32_t kind) {
    m2m_lwm2m_server_event event;
    int i;
    for (i = 0; i < 200; i++) {
        m2m_lwm2m_event of_client;
        carry();
        while (m2m_lwm2m_client_poll_event(c, &of_client) == M2M_OK) {
            if (of_client.kind == M2M_LWM2M_EXECUTED) {
                char arguments[32];
                size_t len;
                OK(m2m_lwm2m_client_arguments(c, of_client.id, arguments, sizeof arguments, &len));
                CHECK(strcmp(arguments, "0='now'") == 0);
                OK(m2m_lwm2m_client_answer_execute(c, now, of_client.id, M2M_COAP_CHANGED));
            }
        }
        carry();
        while (m2m_lwm2m_server_poll_event(s, &event) == M2M_OK) {
            if (event.kind == kind) return event;
            if (event.kind == M2M_LWM2M_SERVER_RESPONSE || event.kind == M2M_LWM2M_SERVER_FAILED) {
                fprintf(stderr, "event %d code %x instead of %d\n", (int)event.kind,
                        (unsigned)event.code, (int)kind);
                exit(1);
            }
        }
        now += 250;
        OK(m2m_lwm2m_client_handle_timeout(c, now));
        OK(m2m_lwm2m_server_handle_timeout(s, now));
    }
    fprintf(stderr, "no event %d\n", (int)kind);
    exit(1);
}

static void make_client(void) {
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_server_account account;
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    OK(m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(3303, 0)));
    OK(m2m_lwm2m_client_set_float(c, now, m2m_path_from("/3303/0/5700"), 20.5));
    OK(m2m_lwm2m_client_set_string(c, now, m2m_path_from("/3303/0/5701"), "Cel", 3));
    OK(m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(OWN, 0)));
    OK(m2m_lwm2m_client_add_resource(c, now, m2m_path_resource(OWN, 0, 0)));
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));
    account.peer = AT_CLIENT;
    account.lifetime_s = 60;
    OK(m2m_lwm2m_client_add_server(c, now, &account));
    OK(m2m_lwm2m_client_start(c, now));
}

static m2m_lwm2m_server_config config_of_server(void) {
    m2m_lwm2m_server_config config;
    OK(m2m_lwm2m_server_config_init(&config, sizeof config));
    config.tag = 11;
    return config;
}

static m2m_lwm2m_operation operation(int32_t kind, const char *path) {
    m2m_lwm2m_operation o;
    OK(m2m_lwm2m_operation_init(&o, sizeof o));
    o.kind = kind;
    o.path = m2m_path_from(path);
    return o;
}

/* Asks, waits for the answer and returns its id. */
static uint64_t ask(uint64_t registration, const m2m_lwm2m_operation *o, int32_t code) {
    m2m_lwm2m_server_event event;
    m2m_lwm2m_content content;
    uint64_t id;
    OK(m2m_lwm2m_server_request(s, now, registration, o, &id));
    event = until(M2M_LWM2M_SERVER_RESPONSE);
    CHECK(event.id == id && event.registration == registration);
    OK(m2m_lwm2m_server_content(s, M2M_LWM2M_OF_RESPONSE, id, &content));
    if (content.code != code || event.code != code) {
        fprintf(stderr, "operation %d: code %x\n", (int)o->kind, (unsigned)content.code);
        exit(1);
    }
    return id;
}

static void done(uint64_t id) {
    m2m_lwm2m_content content;
    OK(m2m_lwm2m_server_release(s, M2M_LWM2M_OF_RESPONSE, id));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_content(s, M2M_LWM2M_OF_RESPONSE, id, &content));
}

static uint64_t registers(void) {
    m2m_lwm2m_server_event event = until(M2M_LWM2M_SERVER_REGISTERED);
    m2m_lwm2m_registered_client r;
    char text[16];
    uint64_t id = event.registration, found = 0;
    m2m_path path;
    size_t len, i;
    OK(m2m_lwm2m_server_registration(s, id, &r));
    CHECK(r.peer == AT_SERVER && r.lifetime_s == 60 && r.version == M2M_LWM2M_1_1);
    CHECK(r.queue_mode == 0 && r.gateway == 0 && r.expires_at_ms > now + 50000);
    OK(m2m_lwm2m_server_endpoint(s, id, text, sizeof text, &len));
    CHECK(strcmp(text, "test") == 0 && len == 4);
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_server_endpoint(s, id, text, 4, &len));
    for (i = 0; m2m_lwm2m_server_link(s, id, i, &path) == M2M_OK; i++) CHECK(path.len <= 2);
    CHECK(i == r.links && i >= 4);
    IS(M2M_NOTHING, m2m_lwm2m_server_parameter(s, id, "sms", text, sizeof text, &len));
    OK(m2m_lwm2m_server_find(s, "test", &found));
    CHECK(found == id);
    IS(M2M_NOTHING, m2m_lwm2m_server_find(s, "nobody", &found));
    found = 0;
    OK(m2m_lwm2m_server_registration_at(s, 0, &found));
    CHECK(found == id);
    IS(M2M_NOTHING, m2m_lwm2m_server_registration_at(s, 1, &found));
    return id;
}

/* What a client tells besides, in a datagram of its own: objects below /lwm2m, transports, parameters. */
static void details(void) {
    static const char list[] = "</lwm2m>;rt=\"oma.lwm2m\";ct=11542,</lwm2m/3/0>,</lwm2m/5>;ver=1.1,</lwm2m/3303/0>";
    m2m_lwm2m_server *other = NULL;
    m2m_lwm2m_server_config config;
    m2m_lwm2m_server_event event;
    m2m_lwm2m_registered_client r;
    m2m_coap_writer writer;
    m2m_coap_reader reader;
    m2m_transmit out;
    uint8_t datagram[256];
    char text[32], location[32];
    uint8_t major = 9, minor = 9;
    uint64_t id;
    size_t len;
    OK(m2m_lwm2m_server_config_init(&config, sizeof config));
    OK(m2m_lwm2m_server_new(&config, SEED, &other));
    OK(m2m_lwm2m_server_set_wall_clock(other, 1000, 1700000000000));
    OK(m2m_coap_writer_init(&writer, M2M_COAP_CON, M2M_COAP_POST, 1, NULL, 0, datagram, sizeof datagram));
    OK(m2m_coap_writer_path(&writer, M2M_COAP_URI_PATH, "/rd"));
    OK(m2m_coap_writer_number(&writer, M2M_COAP_CONTENT_FORMAT, 40));
    OK(m2m_coap_writer_query(&writer, M2M_COAP_URI_QUERY, "ep=roof&lt=60&lwm2m=1.1&b=UT&Q&sms=4915&x=1"));
    OK(m2m_coap_writer_finish(&writer, (const uint8_t *)list, strlen(list), &len));
    OK(m2m_lwm2m_server_handle_datagram(other, 6000, 3, datagram, len));
    OK(m2m_lwm2m_server_poll_transmit(other, 6000, datagram, sizeof datagram, &out));
    do OK(m2m_lwm2m_server_poll_event(other, &event));
    while (event.kind != M2M_LWM2M_SERVER_REGISTERED);
    id = event.registration;

    OK(m2m_lwm2m_server_location(other, id, location, sizeof location, &len));
    CHECK(len == strlen(location) && strncmp(location, "/rd/", 4) == 0);
    /* It is what the client was told. */
    OK(m2m_coap_reader_init(&reader, datagram, out.len));
    {
        m2m_coap_option option;
        OK(m2m_coap_reader_option(&reader, M2M_COAP_LOCATION_PATH, 1, &option));
        CHECK(option.len == len - 4 && memcmp(option.value, location + 4, option.len) == 0);
    }
    OK(m2m_lwm2m_server_registration(other, id, &r));
    CHECK(r.registered_at_ms == 6000 && r.registered_unix_ms == 1700000005000 && !r.is_protected);
    CHECK(r.last_update_unix_ms == r.registered_unix_ms && r.queue_mode == 1 && r.links == 3);
    OK(m2m_lwm2m_server_alternate_path(other, id, text, sizeof text, &len));
    CHECK(strcmp(text, "/lwm2m") == 0 && len == 6);
    OK(m2m_lwm2m_server_binding(other, id, text, sizeof text, &len));
    CHECK(strcmp(text, "UTQ") == 0 && len == 3);
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_server_binding(other, id, text, 3, &len));
    OK(m2m_lwm2m_server_object_version(other, id, 5, &major, &minor));
    CHECK(major == 1 && minor == 1);
    OK(m2m_lwm2m_server_object_version(other, id, 3303, &major, &minor));
    CHECK(major == 1 && minor == 0);
    IS(M2M_NOTHING, m2m_lwm2m_server_object_version(other, id, 6, &major, &minor));
    IS(M2M_NULL, m2m_lwm2m_server_object_version(other, id, 5, &major, NULL));
    OK(m2m_lwm2m_server_accepts(other, id, M2M_LWM2M_TLV));
    IS(M2M_NOTHING, m2m_lwm2m_server_accepts(other, id, M2M_LWM2M_CBOR));
    IS(M2M_INVALID, m2m_lwm2m_server_accepts(other, id, 70000));
    OK(m2m_lwm2m_server_parameter_name(other, id, 0, text, sizeof text, &len));
    CHECK(strcmp(text, "sms") == 0);
    OK(m2m_lwm2m_server_parameter(other, id, text, text, sizeof text, &len));
    CHECK(strcmp(text, "4915") == 0);
    OK(m2m_lwm2m_server_parameter_name(other, id, 1, text, sizeof text, &len));
    CHECK(strcmp(text, "x") == 0);
    IS(M2M_NOTHING, m2m_lwm2m_server_parameter_name(other, id, 2, text, sizeof text, &len));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_location(other, 77, text, sizeof text, &len));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_accepts(other, 77, M2M_LWM2M_TLV));
    OK(m2m_lwm2m_server_free(other));
}

/* Names of objects and resources, and the arguments of an execute. */
static void texts(void) {
    m2m_lwm2m_argument read, written[3] = {{"10.3", 4, 2}, {NULL, 0, 0}, {"", 0, 7}};
    char text[64];
    size_t len = 9;
    OK(m2m_lwm2m_object_name(3, text, sizeof text, &len));
    CHECK(strcmp(text, "Device") == 0 && len == 6);
    OK(m2m_lwm2m_resource_name(3303, 5700, text, sizeof text, &len));
    CHECK(strcmp(text, "Sensor Value") == 0 && len == 12);
    IS(M2M_NOTHING, m2m_lwm2m_object_name(26241, text, sizeof text, &len));
    IS(M2M_NOTHING, m2m_lwm2m_resource_name(3, 999, text, sizeof text, &len));
    IS(M2M_NULL, m2m_lwm2m_object_name(3, NULL, 9, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_object_name(3, text, 6, &len));
    CHECK(len == 12);

    OK(m2m_lwm2m_arguments_write(written, 3, NULL, 0, &len));
    CHECK(len == 15);
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_arguments_write(written, 3, text, 15, &len));
    OK(m2m_lwm2m_arguments_write(written, 3, text, 16, &len));
    CHECK(strcmp(text, "2='10.3',0,7=''") == 0);
    OK(m2m_lwm2m_argument_at(text, 0, &read));
    CHECK(read.digit == 2 && read.value_len == 4 && memcmp(read.value, "10.3", 4) == 0);
    OK(m2m_lwm2m_argument_at(text, 1, &read));
    CHECK(read.digit == 0 && read.value == NULL && read.value_len == 0);
    OK(m2m_lwm2m_argument_at(text, 2, &read));
    CHECK(read.digit == 7 && read.value != NULL && read.value_len == 0);
    IS(M2M_NOTHING, m2m_lwm2m_argument_at(text, 3, &read));
    IS(M2M_NOTHING, m2m_lwm2m_argument_at("", 0, &read));
    IS(M2M_MALFORMED, m2m_lwm2m_argument_at("1,1", 0, &read));
    IS(M2M_MALFORMED, m2m_lwm2m_argument_at("0='a", 0, &read));
    IS(M2M_NULL, m2m_lwm2m_argument_at("1", 0, NULL));
    OK(m2m_lwm2m_arguments_write(NULL, 0, text, 1, &len));
    CHECK(len == 0 && text[0] == 0);
    written[1].digit = 2;
    IS(M2M_INVALID, m2m_lwm2m_arguments_write(written, 3, text, sizeof text, &len));
    written[1].digit = 10;
    IS(M2M_INVALID, m2m_lwm2m_arguments_write(written, 3, text, sizeof text, &len));
    written[1].digit = -1;
    IS(M2M_INVALID, m2m_lwm2m_arguments_write(written, 3, text, sizeof text, &len));
    written[1].digit = 0;
    written[0].value = "it's";
    IS(M2M_INVALID, m2m_lwm2m_arguments_write(written, 3, text, sizeof text, &len));
    IS(M2M_INVALID, m2m_lwm2m_arguments_write(written, 11, text, sizeof text, &len));
    IS(M2M_NULL, m2m_lwm2m_arguments_write(NULL, 1, text, sizeof text, &len));
    CHECK(len == 0);
}

static void reads(uint64_t registration) {
    m2m_lwm2m_operation o = operation(M2M_LWM2M_READ, "/3303/0");
    m2m_lwm2m_value values[16], one;
    m2m_lwm2m_content content;
    uint8_t bytes[16];
    size_t count, i, len;
    int seen = 0;
    uint64_t id = ask(registration, &o, M2M_COAP_CONTENT);
    OK(m2m_lwm2m_server_content(s, M2M_LWM2M_OF_RESPONSE, id, &content));
    CHECK(content.registration == registration && m2m_path_equal(content.path, o.path));
    CHECK(content.payload_len > 0 && content.format > 0);
    OK(m2m_lwm2m_server_content_payload(s, M2M_LWM2M_OF_RESPONSE, id, NULL, 0, &len));
    CHECK(len == content.payload_len);
    OK(m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, id, 0, values, 16, &count));
    for (i = 0; i < count; i++) {
        if (m2m_path_equal(values[i].path, m2m_path_from("/3303/0/5700"))) {
            CHECK(values[i].type == M2M_FLOAT && values[i].real == 20.5);
            CHECK(values[i].time_kind == 0);
            IS(M2M_WRONG_TYPE, m2m_lwm2m_server_content_bytes(s, M2M_LWM2M_OF_RESPONSE, id, i, bytes,
                                                              sizeof bytes, &len));
            seen |= 1;
        }
        if (m2m_path_equal(values[i].path, m2m_path_from("/3303/0/5701"))) {
            CHECK(values[i].type == M2M_STRING && values[i].len == 3);
            IS(M2M_BUFFER_TOO_SMALL,
               m2m_lwm2m_server_content_bytes(s, M2M_LWM2M_OF_RESPONSE, id, i, bytes, 3, &len));
            OK(m2m_lwm2m_server_content_bytes(s, M2M_LWM2M_OF_RESPONSE, id, i, bytes, 4, &len));
            CHECK(memcmp(bytes, "Cel", 4) == 0 && len == 3);
            seen |= 2;
        }
        OK(m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, id, i, &one, 1, &len));
        CHECK(len == 1 && m2m_path_equal(one.path, values[i].path));
    }
    CHECK(seen == 3);
    IS(M2M_NOTHING,
       m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, id, count, &one, 1, &len));
    IS(M2M_NOTHING, m2m_lwm2m_server_content_bytes(s, M2M_LWM2M_OF_RESPONSE, id, count, bytes,
                                                   sizeof bytes, &len));
    done(id);
    OK(m2m_lwm2m_server_read(s, now, registration, m2m_path_from("/3/0/99"), &id));
    CHECK(until(M2M_LWM2M_SERVER_RESPONSE).code == M2M_COAP_NOT_FOUND);
    IS(M2M_NOTHING, m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, id, 0, values, 16,
                                                    &count));
    done(id);
}

/* Each type goes to the client and comes back. */
static void every_type(uint64_t registration) {
    static const struct {
        uint16_t resource;
        int32_t type;
    } types[] = {{9, M2M_CORELNK}, {1, M2M_STRING}, {2, M2M_INTEGER}, {3, M2M_UNSIGNED},
                 {5, M2M_BOOLEAN}, {6, M2M_OPAQUE}, {7, M2M_TIME},    {8, M2M_OBJLNK}};
    size_t i, count;
    m2m_object object = OBJECTS[0];
    OK(m2m_lwm2m_server_add_object(s, &object));
    for (i = 0; i < COUNT(types); i++) {
        m2m_lwm2m_operation o = operation(M2M_LWM2M_REPLACE, "/");
        m2m_lwm2m_item item;
        m2m_lwm2m_value value;
        uint64_t id;
        memset(&item, 0, sizeof item);
        item.path = m2m_path_resource(OWN, 0, types[i].resource);
        item.type = types[i].type;
        item.integer = 1;
        item.natural = 1;
        item.link[0] = 3;
        item.data = (const uint8_t *)"</a>";
        item.len = 4;
        o.path = item.path;
        o.items = &item;
        o.items_len = 1;
        done(ask(registration, &o, M2M_COAP_CHANGED));
        o.kind = M2M_LWM2M_READ;
        o.items_len = 0;
        id = ask(registration, &o, M2M_COAP_CONTENT);
        OK(m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, id, 0, &value, 1, &count));
        CHECK(value.type == types[i].type && m2m_path_equal(value.path, item.path));
        switch (value.type) {
        case M2M_UNSIGNED: CHECK(value.natural == 1); break;
        case M2M_OBJLNK: CHECK(value.link[0] == 3 && value.link[1] == 0); break;
        case M2M_STRING:
        case M2M_CORELNK:
        case M2M_OPAQUE: CHECK(value.len == 4); break;
        default: CHECK(value.integer == 1);
        }
        done(id);
    }
}

static void other_operations(uint64_t registration) {
    m2m_lwm2m_operation o = operation(M2M_LWM2M_EXECUTE, "/26241/0/0");
    m2m_path paths[2];
    m2m_lwm2m_value values[4];
    m2m_lwm2m_item item;
    m2m_lwm2m_content content;
    m2m_lwm2m_pending pending;
    char text[512] = "";
    size_t count;
    uint64_t id;
    o.text = "0='now'";
    done(ask(registration, &o, M2M_COAP_CHANGED));
    o = operation(M2M_LWM2M_DISCOVER, "/3303");
    id = ask(registration, &o, M2M_COAP_CONTENT);
    OK(m2m_lwm2m_server_content_payload(s, M2M_LWM2M_OF_RESPONSE, id, (uint8_t *)text,
                                        sizeof text - 1, &count));
    CHECK(strstr(text, "</3303/0/5700>") != NULL);
    done(id);
    o = operation(M2M_LWM2M_WRITE_ATTRIBUTES, "/3303/0/5700");
    o.text = "pmin=1&pmax=30";
    done(ask(registration, &o, M2M_COAP_CHANGED));
    memset(&item, 0, sizeof item);
    item.path = m2m_path_resource(OWN, 3, 2);
    item.type = M2M_INTEGER;
    item.integer = 9;
    o = operation(M2M_LWM2M_CREATE, "/26241");
    o.items = &item;
    o.items_len = 1;
    id = ask(registration, &o, M2M_COAP_CREATED);
    OK(m2m_lwm2m_server_content(s, M2M_LWM2M_OF_RESPONSE, id, &content));
    done(id);
    paths[0] = item.path;
    paths[1] = m2m_path_from("/3303/0/5700");
    o = operation(M2M_LWM2M_READ_COMPOSITE, "/");
    o.paths = paths;
    o.paths_len = 2;
    id = ask(registration, &o, M2M_COAP_CONTENT);
    OK(m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, id, 0, values, 4, &count));
    CHECK(count == 2);
    done(id);
    item.integer = 10;
    o = operation(M2M_LWM2M_WRITE_COMPOSITE, "/");
    o.items = &item;
    o.items_len = 1;
    done(ask(registration, &o, M2M_COAP_CHANGED));
    o = operation(M2M_LWM2M_DELETE, "/26241/3");
    OK(m2m_lwm2m_server_request(s, now, registration, &o, &id));
    OK(m2m_lwm2m_server_pending_at(s, registration, 0, &pending));
    CHECK(pending.id == id && pending.kind == M2M_LWM2M_DELETE);
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_pending_at(s, registration, 1, &pending));
    CHECK(until(M2M_LWM2M_SERVER_RESPONSE).code == M2M_COAP_DELETED);
    done(id);
    /* Encoded by the application. */
    o = operation(M2M_LWM2M_REPLACE, "/26241/0/1");
    o.format = 0;
    o.payload = (const uint8_t *)"text";
    o.payload_len = 4;
    done(ask(registration, &o, M2M_COAP_CHANGED));
    OK(m2m_lwm2m_server_read(s, now, registration, m2m_path_from("/3/0"), &id));
    OK(m2m_lwm2m_server_abort(s, now, id));
    CHECK(until(M2M_LWM2M_SERVER_FAILED).reason == M2M_LWM2M_NO_ANSWER_ABORTED);
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_abort(s, now, id));
}

static void observes(uint64_t registration) {
    m2m_lwm2m_operation o = operation(M2M_LWM2M_OBSERVE, "/3303/0/5700");
    m2m_lwm2m_server_event event;
    m2m_lwm2m_observation observation;
    m2m_lwm2m_value value;
    uint64_t id, found;
    size_t count;
    OK(m2m_lwm2m_server_request(s, now, registration, &o, &id));
    event = until(M2M_LWM2M_SERVER_RESPONSE);
    CHECK(event.id == id && event.observation != 0);
    done(id);
    OK(m2m_lwm2m_server_observation(s, event.observation, &observation));
    CHECK(observation.registration == registration && observation.established == 1);
    CHECK(observation.composite == 0 && m2m_path_equal(observation.path, o.path));
    OK(m2m_lwm2m_server_find_observation(s, registration, o.path, &found));
    CHECK(found == event.observation);
    OK(m2m_lwm2m_server_observation_at(s, registration, 0, &found));
    CHECK(found == event.observation);
    IS(M2M_NOTHING, m2m_lwm2m_server_observation_at(s, registration, 1, &found));
    OK(m2m_lwm2m_client_set_float(c, now, m2m_path_from("/3303/0/5700"), 30.25));
    event = until(M2M_LWM2M_SERVER_NOTIFIED);
    CHECK(event.observation == found);
    OK(m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_NOTIFICATION, event.id, 0, &value, 1, &count));
    CHECK(value.real == 30.25);
    OK(m2m_lwm2m_server_release(s, M2M_LWM2M_OF_NOTIFICATION, event.id));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_NOTIFICATION, event.id, 0,
                                                       &value, 1, &count));
    o = operation(M2M_LWM2M_CANCEL_OBSERVATION, "/");
    o.observation = found;
    done(ask(registration, &o, M2M_COAP_CONTENT));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_observation(s, found, &observation));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_forget_observation(s, now, found));
}

/* Several paths in one observation (1.1), what waits, and what is known of a client's objects. */
static void observe_composite(uint64_t registration) {
    const m2m_path paths[] = {m2m_path_from("/3303/0/5700"), m2m_path_from("/3/0")};
    m2m_lwm2m_operation o = operation(M2M_LWM2M_OBSERVE_COMPOSITE, "/");
    m2m_lwm2m_server_event event;
    m2m_lwm2m_observation observation;
    m2m_lwm2m_pending pending;
    m2m_path path;
    char text[16];
    uint64_t id, found = 5;
    uint32_t open = 9;
    int32_t type = 0;
    size_t len = 9;
    o.paths = paths;
    o.paths_len = 2;
    OK(m2m_lwm2m_server_open_operations(s, &open));
    CHECK(open == 0);
    OK(m2m_lwm2m_server_request(s, now, registration, &o, &id));
    OK(m2m_lwm2m_server_open_operations(s, &open));
    CHECK(open == 1);
    OK(m2m_lwm2m_server_pending(s, id, &pending));
    CHECK(pending.id == id && pending.kind == M2M_LWM2M_OBSERVE_COMPOSITE);
    OK(m2m_lwm2m_server_pending_path(s, id, 1, &path));
    CHECK(m2m_path_equal(path, paths[1]));
    IS(M2M_NOTHING, m2m_lwm2m_server_pending_path(s, id, 2, &path));
    OK(m2m_lwm2m_server_pending_attributes(s, id, text, sizeof text, &len));
    CHECK(len == 0 && text[0] == 0);
    event = until(M2M_LWM2M_SERVER_RESPONSE);
    CHECK(event.id == id && event.observation != 0);
    done(id);
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_pending(s, id, &pending));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_pending_path(s, id, 0, &path));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_pending_attributes(s, id, text, sizeof text, &len));
    OK(m2m_lwm2m_server_observation(s, event.observation, &observation));
    CHECK(observation.composite == 1);
    OK(m2m_lwm2m_server_observed_path(s, event.observation, 0, &path));
    CHECK(m2m_path_equal(path, paths[0]));
    IS(M2M_NOTHING, m2m_lwm2m_server_observed_path(s, event.observation, 2, &path));
    OK(m2m_lwm2m_server_observation_attributes(s, event.observation, text, sizeof text, &len));
    CHECK(len == 0);
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_observed_path(s, 77, 0, &path));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_observation_attributes(s, 77, text, sizeof text, &len));
    IS(M2M_NOTHING, m2m_lwm2m_server_find_composite(s, registration, paths, 1, &found));
    IS(M2M_NULL, m2m_lwm2m_server_find_composite(s, registration, NULL, 1, &found));
    CHECK(found == 5);
    OK(m2m_lwm2m_server_find_composite(s, registration, paths, 2, &found));
    CHECK(found == event.observation);
    o = operation(M2M_LWM2M_CANCEL_OBSERVATION, "/");
    o.observation = found;
    done(ask(registration, &o, M2M_COAP_CONTENT));
    OK(m2m_lwm2m_server_resource_type(s, registration, paths[0], &type));
    CHECK(type == M2M_FLOAT);
    IS(M2M_NOTHING, m2m_lwm2m_server_resource_type(s, registration, m2m_path_resource(9999, 0, 1), &type));
}

static void wrong(uint64_t registration) {
    m2m_lwm2m_operation o = operation(M2M_LWM2M_READ, "/3");
    m2m_lwm2m_item item;
    m2m_lwm2m_content content;
    m2m_lwm2m_registered_client r;
    m2m_lwm2m_value value;
    m2m_lwm2m_server_config config = config_of_server();
    m2m_lwm2m_server *other = NULL;
    m2m_object object = OBJECTS[0];
    uint64_t id = 5;
    size_t count;
    memset(&item, 0, sizeof item);

    config.version = 13;
    IS(M2M_INVALID, m2m_lwm2m_server_new(&config, SEED, &other));
    config = config_of_server();
    config.message_size = 63;
    IS(M2M_INVALID, m2m_lwm2m_server_new(&config, SEED, &other));
    IS(M2M_NULL, m2m_lwm2m_server_new(NULL, SEED, &other));
    IS(M2M_NULL, m2m_lwm2m_server_new(&config, NULL, &other));
    IS(M2M_NULL, m2m_lwm2m_server_new(&config, SEED, NULL));
    CHECK(m2m_lwm2m_server_tag(s) == 11 && m2m_lwm2m_server_tag(NULL) == 0);

    IS(M2M_NULL, m2m_lwm2m_server_request(s, now, registration, NULL, &id));
    IS(M2M_NULL, m2m_lwm2m_server_request(s, now, registration, &o, NULL));
    IS(M2M_NULL, m2m_lwm2m_server_request(NULL, now, registration, &o, &id));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_request(s, now, 12345, &o, &id));
    o.kind = 14;
    IS(M2M_INVALID, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    o = operation(M2M_LWM2M_EXECUTE, "/3");
    IS(M2M_INVALID, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    o = operation(M2M_LWM2M_READ, "not a path");
    IS(M2M_INVALID, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    o = operation(M2M_LWM2M_REPLACE, "/3303/0/5700");
    o.items_len = 1;
    IS(M2M_NULL, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    o.items = &item;
    item.type = 10;
    IS(M2M_INVALID, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    item.type = M2M_STRING;
    item.data = (const uint8_t *)"\xC3(";
    item.len = 2;
    IS(M2M_NOT_UTF8, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    o.payload = item.data;
    o.payload_len = 2;
    item.type = M2M_OPAQUE;
    IS(M2M_INVALID, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    o = operation(M2M_LWM2M_DISCOVER, "/3");
    o.depth = 256;
    IS(M2M_INVALID, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    o = operation(M2M_LWM2M_CANCEL_OBSERVATION, "/");
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_request(s, now, registration, &o, &id));
    CHECK(id == 5);

    IS(M2M_INVALID, m2m_lwm2m_server_content(s, 3, 1, &content));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_content(s, M2M_LWM2M_OF_RESPONSE, 1, &content));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_content(s, M2M_LWM2M_OF_NOTIFICATION, 1, &content));
    IS(M2M_NULL, m2m_lwm2m_server_content(s, M2M_LWM2M_OF_NOTIFICATION, 1, NULL));
    IS(M2M_NULL, m2m_lwm2m_server_content_values(s, 1, 1, 0, NULL, 1, &count));
    IS(M2M_NULL, m2m_lwm2m_server_content_values(s, 1, 1, 0, &value, 1, NULL));
    IS(M2M_INVALID, m2m_lwm2m_server_content_values(s, 1, 1, 0, &value, SIZE_MAX, &count));
    IS(M2M_INVALID, m2m_lwm2m_server_release(s, 0, 1));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_registration(s, 1, &r));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_server_remove(s, now, 1));
    IS(M2M_NULL, m2m_lwm2m_server_find(s, NULL, &id));
    IS(M2M_INVALID, m2m_lwm2m_server_identify(s, 1, ""));
    OK(m2m_lwm2m_server_identify(s, 1, "somebody"));
    OK(m2m_lwm2m_server_identify(s, 1, NULL));
    IS(M2M_NULL, m2m_lwm2m_server_add_object(s, NULL));
    object.id = 65535;
    IS(M2M_INVALID, m2m_lwm2m_server_add_object(s, &object));
    CHECK(m2m_lwm2m_server_poll_timeout(NULL) == M2M_NEVER);
    OK(m2m_lwm2m_server_free(NULL));
}

/* What was kept brings the server back. */
static void restart(void) {
    enum { MOST = 64 };
    static struct {
        uint64_t key;
        size_t len;
        uint8_t data[512];
    } kept[MOST];
    size_t count = 0, i, len;
    m2m_lwm2m_server_config config = config_of_server();
    m2m_lwm2m_registered_client r;
    m2m_lwm2m_value value;
    uint64_t id, key;
    int32_t deleted, result;
    uint8_t buf[512];
    m2m_transmit out;
    config.journal = 1;
    OK(m2m_lwm2m_server_new(&config, SEED, &s));
    OK(m2m_lwm2m_server_set_wall_clock(s, now, 1700000000000));
    make_client();
    OK(m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out));
    OK(m2m_lwm2m_server_handle_datagram(s, now, AT_SERVER, buf, out.len));
    /* The client is told once the record is taken, and not before. */
    IS(M2M_NOTHING, m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_server_poll_journal(s, &key, &deleted, buf, 1, &len));
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_server_poll_journal(s, &key, &deleted, NULL, 0, &len));
    IS(M2M_NULL, m2m_lwm2m_server_poll_journal(s, NULL, &deleted, buf, 1, &len));
    while ((result = m2m_lwm2m_server_poll_journal(s, &key, &deleted, buf, sizeof buf, &len)) ==
           M2M_OK) {
        CHECK(count < MOST && deleted == 0);
        kept[count].key = key;
        kept[count].len = len;
        memcpy(kept[count].data, buf, len);
        count++;
    }
    IS(M2M_NOTHING, result);
    CHECK(count > 0);
    until(M2M_LWM2M_SERVER_REGISTERED);
    OK(m2m_lwm2m_server_free(s));

    OK(m2m_lwm2m_server_new(&config, SEED, &s));
    OK(m2m_lwm2m_server_set_wall_clock(s, now, 1700000005000));
    IS(M2M_MALFORMED, m2m_lwm2m_server_restore(s, now, 99, kept[0].data, kept[0].len));
    IS(M2M_MALFORMED, m2m_lwm2m_server_restore(s, now, kept[0].key, kept[0].data, 3));
    for (i = 0; i < count; i++) {
        OK(m2m_lwm2m_server_restore(s, now, kept[i].key, kept[i].data, kept[i].len));
    }
    OK(m2m_lwm2m_server_finish_restore(s, now));
    OK(m2m_lwm2m_server_find(s, "test", &id));
    OK(m2m_lwm2m_server_registration(s, id, &r));
    CHECK(r.peer == AT_SERVER && r.lifetime_s == 60);
    OK(m2m_lwm2m_server_read(s, now, id, m2m_path_from("/3303/0/5700"), &key));
    for (i = 0; i < 50; i++) {
        while (m2m_lwm2m_server_poll_journal(s, &id, &deleted, buf, sizeof buf, &len) == M2M_OK) {
        }
        carry();
    }
    until(M2M_LWM2M_SERVER_RESPONSE);
    OK(m2m_lwm2m_server_content_values(s, M2M_LWM2M_OF_RESPONSE, key, 0, &value, 1, &len));
    CHECK(value.real == 20.5);
    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_server_free(s));
}

/* The client's records bring the client back: it updates its registration, and registers no more. */
static void restart_of_client(void) {
    static const uint8_t later[32] = {9};
    enum { MOST = 32 };
    static struct {
        uint64_t key;
        size_t len;
        uint8_t data[256];
    } kept[MOST];
    size_t count = 0, i, len = 7;
    m2m_lwm2m_server_config server = config_of_server();
    m2m_lwm2m_client_config config = config_of_tests();
    m2m_lwm2m_server_account account;
    m2m_lwm2m_registration state;
    uint64_t key = 7, registration;
    int32_t deleted = 7, round;
    uint8_t buf[256];
    m2m_transmit out;
    config.records = 16;
    OK(m2m_lwm2m_server_new(&server, SEED, &s));
    OK(m2m_lwm2m_client_new(&config, SEED, &c));
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));
    account.peer = AT_CLIENT;
    account.uri = "coap://server";
    OK(m2m_lwm2m_client_add_server(c, now, &account));
    OK(m2m_lwm2m_client_start(c, now));
    IS(M2M_NOTHING, m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out));
    IS(M2M_BUFFER_TOO_SMALL,
       m2m_lwm2m_client_poll_journal(c, &key, &deleted, buf, 1, &len));
    IS(M2M_NULL, m2m_lwm2m_client_poll_journal(c, NULL, &deleted, buf, sizeof buf, &len));
    CHECK(key == 7 && deleted == 7 && len == 7);
    for (round = 0; round < 20; round++) {
        while (m2m_lwm2m_client_poll_journal(c, &key, &deleted, buf, sizeof buf, &len) == M2M_OK) {
            for (i = 0; i < count && kept[i].key < key; i++) {
            }
            if (i == count || kept[i].key != key) {
                CHECK(count < MOST && !deleted);
                memmove(kept + i + 1, kept + i, (count - i) * sizeof kept[0]);
                count++;
            }
            CHECK(!deleted);
            kept[i].key = key;
            kept[i].len = len;
            memcpy(kept[i].data, buf, len);
        }
        carry();
    }
    registration = until(M2M_LWM2M_SERVER_REGISTERED).registration;
    OK(m2m_lwm2m_client_free(c));
    CHECK(count >= 3);

    /* Another seed, as at every start: the same message IDs would look like repetitions. */
    OK(m2m_lwm2m_client_new(&config, later, &c));
    IS(M2M_INVALID, m2m_lwm2m_client_restore(c, now, kept[0].key, NULL, 0));
    IS(M2M_INVALID, m2m_lwm2m_client_restore(c, now, 3, kept[0].data, kept[0].len));
    for (i = 0; i < count; i++) {
        OK(m2m_lwm2m_client_restore(c, now, kept[i].key, kept[i].data, kept[i].len));
    }
    OK(m2m_lwm2m_client_start(c, now));
    for (round = 0; round < 20; round++) {
        m2m_lwm2m_event event;
        while (m2m_lwm2m_client_poll_journal(c, &key, &deleted, buf, sizeof buf, &len) == M2M_OK) {
        }
        while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) {
            if (event.kind == M2M_LWM2M_CONNECT)
                OK(m2m_lwm2m_client_set_peer(c, now, event.server, AT_CLIENT));
        }
        carry();
    }
    CHECK(until(M2M_LWM2M_SERVER_UPDATED).registration == registration);
    OK(m2m_lwm2m_client_registration(c, 1, &state));
    CHECK(state.state == M2M_LWM2M_STATE_REGISTERED);
    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_server_free(s));
}

int main(void) {
    m2m_lwm2m_server_config config = config_of_server();
    m2m_lwm2m_server_event event;
    m2m_counters counters;
    m2m_lwm2m_server_counts counts;
    uint32_t count;
    uint64_t registration;
    OK(m2m_lwm2m_server_new(&config, SEED, &s));
    make_client();
    registration = registers();
    reads(registration);
    every_type(registration);
    other_operations(registration);
    observes(registration);
    observe_composite(registration);
    details();
    texts();
    wrong(registration);
    OK(m2m_lwm2m_client_deregister(c, now, 1));
    event = until(M2M_LWM2M_SERVER_DEREGISTERED);
    CHECK(event.registration == registration && event.reason == M2M_LWM2M_END_CLIENT);
    OK(m2m_lwm2m_client_start(c, now));
    event = until(M2M_LWM2M_SERVER_REGISTERED);
    CHECK(event.registration != registration);
    OK(m2m_lwm2m_server_registration_count(s, &count));
    CHECK(count == 1);
    IS(M2M_NULL, m2m_lwm2m_server_registration_count(s, NULL));
    OK(m2m_lwm2m_server_remove(s, now, event.registration));
    OK(m2m_lwm2m_server_registration_count(s, &count));
    CHECK(count == 0);
    CHECK(until(M2M_LWM2M_SERVER_DEREGISTERED).reason == M2M_LWM2M_END_REMOVED);
    OK(m2m_lwm2m_server_counters(s, &counters));
    CHECK(counters.received > 10 && counters.sent > 10 && counters.malformed == 0);
    OK(m2m_lwm2m_server_own_counters(s, &counts));
    CHECK(counts.registered >= 2 && counts.operations > 0 && counts.notifications > 0);
    CHECK(counts.responses > 0 && counts.operations >= counts.responses);
    IS(M2M_NULL, m2m_lwm2m_server_own_counters(s, NULL));
    OK(m2m_lwm2m_server_forget_peer(s, now, AT_SERVER));
    OK(m2m_lwm2m_client_free(c));
    OK(m2m_lwm2m_server_free(s));
    restart();
    restart_of_client();
    puts("all of lwm2m.c passed");
    return 0;
}
