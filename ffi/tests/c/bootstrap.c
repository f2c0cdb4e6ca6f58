/* A client without accounts, the bootstrap server that gives it one, and the server that it then
 * registers with. */
#include "check.h"

/* The numbers by which the client knows the bootstrap server and the server, and by which they know the
 * client. */
enum { BOOTSTRAP = 2, SERVER = 3, CLIENT = 9, SSID = 101 };
static m2m_lwm2m_bootstrap_server *b;
static m2m_lwm2m_server *s;
static m2m_lwm2m_client *c;
static uint64_t now = 1000;

static void carry(void) {
    uint8_t buf[2048];
    m2m_transmit out;
    int moved = 1;
    while (moved) {
        moved = 0;
        while (m2m_lwm2m_client_poll_transmit(c, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK((out.peer == BOOTSTRAP
                       ? m2m_lwm2m_bootstrap_server_handle_datagram(b, now, CLIENT, buf, out.len)
                       : m2m_lwm2m_server_handle_datagram(s, now, CLIENT, buf, out.len)) >= 0);
            moved = 1;
        }
        while (m2m_lwm2m_bootstrap_server_poll_transmit(b, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK(out.peer == CLIENT);
            CHECK(m2m_lwm2m_client_handle_datagram(c, now, BOOTSTRAP, buf, out.len) >= 0);
            moved = 1;
        }
        while (m2m_lwm2m_server_poll_transmit(s, now, buf, sizeof buf, &out) == M2M_OK) {
            CHECK(m2m_lwm2m_client_handle_datagram(c, now, SERVER, buf, out.len) >= 0);
            moved = 1;
        }
        now++;
    }
}

/* What the client wants is done: connections. Gives the last other event. */
static m2m_lwm2m_event client_events(void) {
    m2m_lwm2m_event event, last;
    memset(&last, 0, sizeof last);
    while (m2m_lwm2m_client_poll_event(c, &event) == M2M_OK) {
        if (event.kind == M2M_LWM2M_CONNECT) {
            OK(m2m_lwm2m_client_set_peer(c, now, event.server, event.server ? SERVER : BOOTSTRAP));
        } else {
            last = event;
        }
    }
    return last;
}

/* Until the bootstrap server has an event of this kind; what it answered is counted. */
static int answered;
static m2m_lwm2m_bootstrap_event until(int32_t kind) {
    m2m_lwm2m_bootstrap_event event;
    int i;
    for (i = 0; i < 400; i++) {
        carry();
        client_events();
        carry();
        while (m2m_lwm2m_bootstrap_server_poll_event(b, &event) == M2M_OK) {
            if (event.kind == kind) return event;
            if (event.kind == M2M_LWM2M_SESSION_ANSWERED) answered++;
        }
        now += 250;
        OK(m2m_lwm2m_client_handle_timeout(c, now));
        OK(m2m_lwm2m_bootstrap_server_handle_timeout(b, now));
    }
    fprintf(stderr, "no event %d\n", (int)kind);
    exit(1);
}

static m2m_lwm2m_bootstrap_server_config config_of_server(void) {
    m2m_lwm2m_bootstrap_server_config config;
    OK(m2m_lwm2m_bootstrap_server_config_init(&config, sizeof config));
    config.tag = 77;
    config.ask = 1;
    return config;
}

static m2m_lwm2m_bootstrap_configuration configuration(const void *steps, size_t len) {
    m2m_lwm2m_bootstrap_configuration made;
    OK(m2m_lwm2m_bootstrap_configuration_init(&made, sizeof made));
    made.steps = steps;
    made.steps_len = len;
    return made;
}

static m2m_lwm2m_bootstrap_account account_of_tests(void) {
    m2m_lwm2m_bootstrap_account account;
    OK(m2m_lwm2m_bootstrap_account_init(&account, sizeof account));
    account.uri = "coap://server.example:5683";
    account.ssid = SSID;
    account.lifetime_s = 300;
    account.max_period_s = 60;
    return account;
}

static m2m_lwm2m_bootstrap_step step(int32_t kind, const char *path) {
    m2m_lwm2m_bootstrap_step made;
    memset(&made, 0, sizeof made);
    made.kind = kind;
    if (path) made.path = m2m_path_from(path);
    return made;
}

static void make_client(void) {
    static uint8_t seed[32]; /* another one for each, or its messages are taken for repetitions */
    m2m_lwm2m_client_config config = config_of_tests();
    seed[0]++;
    OK(m2m_lwm2m_client_new(&config, seed, &c));
    OK(m2m_lwm2m_client_add_bootstrap_server(c, now, "coap://bootstrap.example", 0, 0));
    OK(m2m_lwm2m_client_start(c, now));
}

/* By a rule: everything goes, an account comes, the client registers with it. */
static void by_rule(void) {
    m2m_lwm2m_bootstrap_account account = account_of_tests();
    m2m_lwm2m_bootstrap_step steps[3] = {{0, 0, {0, {0}}, 0, NULL, NULL, 0, NULL, 0, 0}};
    m2m_lwm2m_bootstrap_configuration made = configuration(steps, 3);
    m2m_lwm2m_bootstrap_event event;
    m2m_lwm2m_bootstrap_session session;
    m2m_lwm2m_server_event registered;
    m2m_lwm2m_registered_client r;
    uint64_t id;
    uint32_t count;
    char name[16];
    size_t len;

    steps[0] = step(M2M_LWM2M_STEP_DELETE, "/");
    steps[1] = step(M2M_LWM2M_STEP_ACCOUNT, NULL);
    steps[1].account = &account;
    steps[1].instance = 1;
    steps[2] = step(M2M_LWM2M_STEP_READ, "/1");
    OK(m2m_lwm2m_bootstrap_server_set_configuration(b, M2M_LWM2M_RULE_PATTERN, "t*t", &made));
    OK(m2m_lwm2m_bootstrap_server_configuration_count(b, &count));
    CHECK(count == 1);

    make_client();
    event = until(M2M_LWM2M_SESSION_STARTED);
    id = event.session;
    OK(m2m_lwm2m_bootstrap_server_session(b, id, &session));
    CHECK(session.peer == CLIENT && !session.identified && !session.idle);
    OK(m2m_lwm2m_bootstrap_server_endpoint(b, id, name, sizeof name, &len));
    CHECK(strcmp(name, "test") == 0 && len == 4);
    IS(M2M_BUFFER_TOO_SMALL, m2m_lwm2m_bootstrap_server_endpoint(b, id, name, 4, &len));

    event = until(M2M_LWM2M_SESSION_ENDED);
    CHECK(event.session == id && event.outcome == M2M_LWM2M_SESSION_FINISHED);
    /* Discover, Delete, two Writes, Read, Finish. */
    CHECK(answered == 6);
    {
        m2m_lwm2m_bootstrap_answer answer;
        m2m_lwm2m_value values[16];
        uint8_t links[256];
        size_t i, ssid = 99, binding = 99;
        OK(m2m_lwm2m_bootstrap_server_answer(b, id, 0, &answer));
        CHECK(answer.code == M2M_COAP_CONTENT && answer.format == 40 && answer.path.len == 0);
        OK(m2m_lwm2m_bootstrap_server_answer_payload(b, id, 0, links, sizeof links, &len));
        CHECK(len == answer.payload_len && links[0] == '<');
        IS(M2M_UNKNOWN_ID, m2m_lwm2m_bootstrap_server_answer(b, id, 1, &answer));
        IS(M2M_UNKNOWN_ID, m2m_lwm2m_bootstrap_server_answer(b, id, 70000, &answer));
        OK(m2m_lwm2m_bootstrap_server_answer(b, id, 4, &answer));
        CHECK(answer.code == M2M_COAP_CONTENT && m2m_path_equal(answer.path, m2m_path_object(1)));
        OK(m2m_lwm2m_bootstrap_server_answer_values(b, id, 4, 0, values, 16, &len));
        for (i = 0; i < len; i++) {
            CHECK(values[i].path.ids[0] == 1 && values[i].path.ids[1] == 1);
            if (values[i].path.ids[2] == 0) ssid = i;
            if (values[i].path.ids[2] == 7) binding = i;
        }
        CHECK(ssid < len && values[ssid].type == M2M_INTEGER && values[ssid].integer == SSID);
        CHECK(binding < len && values[binding].type == M2M_STRING);
        OK(m2m_lwm2m_bootstrap_server_answer_bytes(b, id, 4, binding, links, sizeof links, &len));
        CHECK(len == 1 && strcmp((char *)links, "U") == 0);
        IS(M2M_BUFFER_TOO_SMALL,
           m2m_lwm2m_bootstrap_server_answer_bytes(b, id, 4, binding, links, 1, &len));
        IS(M2M_WRONG_TYPE,
           m2m_lwm2m_bootstrap_server_answer_bytes(b, id, 4, ssid, links, sizeof links, &len));
        IS(M2M_NOTHING,
           m2m_lwm2m_bootstrap_server_answer_bytes(b, id, 4, 99, links, sizeof links, &len));
        IS(M2M_NOTHING, m2m_lwm2m_bootstrap_server_answer_values(b, id, 4, 99, values, 16, &len));
    }
    /* Until the next event is polled. */
    OK(m2m_lwm2m_bootstrap_server_session(b, id, &session));
    IS(M2M_NOTHING, m2m_lwm2m_bootstrap_server_poll_event(b, &event));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_bootstrap_server_session(b, id, &session));

    /* The client uses what it got. */
    do {
        client_events();
        carry();
        now += 250;
        OK(m2m_lwm2m_client_handle_timeout(c, now));
        CHECK(now < 100000);
    } while (m2m_lwm2m_server_poll_event(s, &registered) != M2M_OK);
    CHECK(registered.kind == M2M_LWM2M_SERVER_REGISTERED);
    OK(m2m_lwm2m_server_registration(s, registered.registration, &r));
    CHECK(r.lifetime_s == 300 && r.peer == CLIENT);
    OK(m2m_lwm2m_client_free(c));

    OK(m2m_lwm2m_bootstrap_server_remove_configuration(b, M2M_LWM2M_RULE_PATTERN, "t*t"));
    IS(M2M_NOTHING, m2m_lwm2m_bootstrap_server_remove_configuration(b, M2M_LWM2M_RULE_PATTERN, "t*t"));
}

/* Nobody knows the client: the application is asked, and goes step by step. */
static void by_hand(void) {
    static const m2m_lwm2m_bootstrap_step nothing[1];
    m2m_lwm2m_bootstrap_configuration open = configuration(nothing, 0);
    m2m_lwm2m_bootstrap_account account = account_of_tests();
    m2m_lwm2m_bootstrap_step one = step(M2M_LWM2M_STEP_ACCOUNT, NULL);
    m2m_lwm2m_bootstrap_event event;
    m2m_lwm2m_bootstrap_session session;
    m2m_lwm2m_item item;
    uint64_t id, found = 0;

    make_client();
    event = until(M2M_LWM2M_SESSION_REQUESTED);
    IS(M2M_INVALID, m2m_lwm2m_bootstrap_server_refuse(b, now, event.session, M2M_COAP_CHANGED));
    IS(M2M_INVALID, m2m_lwm2m_bootstrap_server_refuse(b, now, event.session, 256));
    OK(m2m_lwm2m_bootstrap_server_refuse(b, now, event.session, M2M_COAP_FORBIDDEN));
    event = until(M2M_LWM2M_SESSION_ENDED);
    CHECK(event.outcome == M2M_LWM2M_SESSION_DENIED);
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_bootstrap_server_accept(b, now, event.session, &open));

    carry();
    client_events();
    OK(m2m_lwm2m_client_free(c));
    make_client();
    event = until(M2M_LWM2M_SESSION_REQUESTED);
    id = event.session;
    open.finish = 0;
    open.place_accounts = 0;
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_accept(b, now, id, NULL));
    OK(m2m_lwm2m_bootstrap_server_accept(b, now, id, &open));
    until(M2M_LWM2M_SESSION_STARTED);
    carry();
    OK(m2m_lwm2m_bootstrap_server_session(b, id, &session));
    CHECK(session.idle && session.account == -1);
    OK(m2m_lwm2m_bootstrap_server_find(b, "test", &found));
    CHECK(found == id);
    IS(M2M_NOTHING, m2m_lwm2m_bootstrap_server_find(b, "other", &found));
    found = 0;
    OK(m2m_lwm2m_bootstrap_server_session_at(b, 0, &found));
    CHECK(found == id);
    IS(M2M_NOTHING, m2m_lwm2m_bootstrap_server_session_at(b, 1, &found));

    one.account = &account;
    one.instance = 4;
    OK(m2m_lwm2m_bootstrap_server_push(b, now, id, &one));
    event = until(M2M_LWM2M_SESSION_ANSWERED);
    CHECK(event.operation == M2M_LWM2M_STEP_WRITE && event.code == M2M_COAP_CHANGED);
    CHECK(event.step == 0 && m2m_path_equal(event.path, m2m_path_instance(0, 4)));
    event = until(M2M_LWM2M_SESSION_ANSWERED);
    CHECK(event.step == 1 && m2m_path_equal(event.path, m2m_path_instance(1, 4)));

    /* Items of its own, and a payload that is encoded already. */
    memset(&item, 0, sizeof item);
    item.path = m2m_path_from("/1/4/1");
    item.type = M2M_INTEGER;
    item.integer = 77;
    one = step(M2M_LWM2M_STEP_WRITE, "/1/4/1");
    one.items = &item;
    one.items_len = 1;
    OK(m2m_lwm2m_bootstrap_server_push(b, now, id, &one));
    event = until(M2M_LWM2M_SESSION_ANSWERED);
    CHECK(event.code == M2M_COAP_CHANGED);
    one.items = NULL;
    one.items_len = 0;
    one.payload = (const uint8_t *)"\xC1\x01\x58"; /* TLV: resource 1 is 88 */
    one.payload_len = 3;
    one.format = M2M_LWM2M_TLV;
    OK(m2m_lwm2m_bootstrap_server_push(b, now, id, &one));
    event = until(M2M_LWM2M_SESSION_ANSWERED);
    CHECK(event.code == M2M_COAP_CHANGED);

    /* What the client refuses does not end the session if it is optional. */
    one = step(M2M_LWM2M_STEP_DISCOVER, "/9999");
    one.optional = 1;
    OK(m2m_lwm2m_bootstrap_server_push(b, now, id, &one));
    event = until(M2M_LWM2M_SESSION_ANSWERED);
    CHECK(event.code == M2M_COAP_NOT_FOUND);
    one.optional = 0;
    OK(m2m_lwm2m_bootstrap_server_push(b, now, id, &one));
    event = until(M2M_LWM2M_SESSION_ENDED);
    CHECK(event.outcome == M2M_LWM2M_SESSION_FAILED && event.reason == M2M_LWM2M_STEP_REFUSED);
    CHECK(event.code == M2M_COAP_NOT_FOUND && event.operation == M2M_LWM2M_STEP_DISCOVER);
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_bootstrap_server_push(b, now, id, &one));
    OK(m2m_lwm2m_client_free(c));
}

/* A session that the server begins, and gives up. */
static void by_the_server(void) {
    m2m_lwm2m_bootstrap_step steps[1] = {{0, 0, {0, {0}}, 0, NULL, NULL, 0, NULL, 0, 0}};
    m2m_lwm2m_bootstrap_configuration made = configuration(steps, 1);
    m2m_lwm2m_bootstrap_event event;
    m2m_counters counters;
    m2m_lwm2m_bootstrap_counts counts;
    uint64_t id = 0;
    steps[0] = step(M2M_LWM2M_STEP_DELETE, "/");
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_start(b, now, CLIENT, NULL, &made, &id));
    IS(M2M_INVALID, m2m_lwm2m_bootstrap_server_start(b, now, CLIENT, "", &made, &id));
    OK(m2m_lwm2m_bootstrap_server_identify(b, CLIENT, "test"));
    OK(m2m_lwm2m_bootstrap_server_start(b, now, CLIENT, "test", &made, &id));
    {
        m2m_lwm2m_bootstrap_session session;
        OK(m2m_lwm2m_bootstrap_server_session(b, id, &session));
        CHECK(session.identified);
    }
    OK(m2m_lwm2m_bootstrap_server_identify(b, CLIENT, NULL));
    OK(m2m_lwm2m_bootstrap_server_abort(b, now, id));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_bootstrap_server_abort(b, now, id));
    OK(m2m_lwm2m_bootstrap_server_poll_event(b, &event));
    OK(m2m_lwm2m_bootstrap_server_poll_event(b, &event));
    CHECK(event.kind == M2M_LWM2M_SESSION_ENDED && event.reason == M2M_LWM2M_STEP_ABORTED);

    OK(m2m_lwm2m_bootstrap_server_start(b, now, 55, "gone", &made, &id));
    OK(m2m_lwm2m_bootstrap_server_forget_peer(b, now, 55));
    OK(m2m_lwm2m_bootstrap_server_poll_event(b, &event));
    OK(m2m_lwm2m_bootstrap_server_poll_event(b, &event));
    CHECK(event.reason == M2M_LWM2M_STEP_PEER_DOWN);
    OK(m2m_lwm2m_bootstrap_server_counters(b, &counters));
    CHECK(counters.received > 10 && counters.sent > 10 && counters.malformed == 0);
    OK(m2m_lwm2m_bootstrap_server_own_counters(b, &counts));
    CHECK(counts.started >= 3 && counts.finished >= 1 && counts.failed >= 2 && counts.started >= counts.failed);
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_own_counters(b, NULL));
}

static void wrong(void) {
    m2m_lwm2m_bootstrap_server_config config = config_of_server();
    m2m_lwm2m_bootstrap_server *other = NULL;
    m2m_lwm2m_bootstrap_account account = account_of_tests();
    m2m_lwm2m_bootstrap_step steps[2] = {{0, 0, {0, {0}}, 0, NULL, NULL, 0, NULL, 0, 0}};
    m2m_lwm2m_bootstrap_configuration made = configuration(steps, 1);
    m2m_lwm2m_bootstrap_event event;
    m2m_lwm2m_item item;
    uint64_t id = 5;
    char name[300];
#define SET(kind, rule_name) m2m_lwm2m_bootstrap_server_set_configuration(b, kind, rule_name, &made)
    CHECK(m2m_lwm2m_bootstrap_server_tag(b) == 77 && m2m_lwm2m_bootstrap_server_tag(NULL) == 0);
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_config_init(NULL, 0));
    IS(M2M_INVALID, m2m_lwm2m_bootstrap_server_config_init(&config, 8));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_new(NULL, SEED, &other));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_new(&config, NULL, &other));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_new(&config, SEED, NULL));
    config = config_of_server();
    config.message_size = 70000;
    IS(M2M_INVALID, m2m_lwm2m_bootstrap_server_new(&config, SEED, &other));
    config = config_of_server();
    config.pushed = 65536;
    IS(M2M_INVALID, m2m_lwm2m_bootstrap_server_new(&config, SEED, &other));

    steps[0] = step(M2M_LWM2M_STEP_DELETE, "/");
    IS(M2M_INVALID, SET(3, "a"));
    IS(M2M_NULL, SET(M2M_LWM2M_RULE_ENDPOINT, NULL));
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, ""));
    memset(name, 'n', sizeof name);
    name[256] = 0;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, name));
    IS(M2M_NOT_UTF8, SET(M2M_LWM2M_RULE_ENDPOINT, "\xC3("));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_set_configuration(b, M2M_LWM2M_RULE_ENDPOINT, "a", NULL));
    made.struct_size = 3;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    made = configuration(NULL, 1);
    IS(M2M_NULL, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    made = configuration(steps, 1);
    steps[0] = step(7, "/");
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0] = step(M2M_LWM2M_STEP_REQUEST, "/");
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0] = step(M2M_LWM2M_STEP_READ, "/");
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0] = step(M2M_LWM2M_STEP_DELETE, "/1/1/1");
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0] = step(M2M_LWM2M_STEP_DELETE, "/");
    steps[0].path.len = 9;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0] = step(M2M_LWM2M_STEP_ACCOUNT, NULL);
    IS(M2M_NULL, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0].account = &account;
    steps[0].instance = 65535;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0].instance = 0;
    account.ssid = 65535;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    account = account_of_tests();
    account.security_mode = 5;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    account = account_of_tests();
    account.min_period_s = -2;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    account = account_of_tests();
    account.secret_len = 1;
    IS(M2M_NULL, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    account = account_of_tests();
    account.bootstrap = 1;
    account.hold_off_s = 7;
    OK(SET(M2M_LWM2M_RULE_ENDPOINT, "a"));

    memset(&item, 0, sizeof item);
    item.path = m2m_path_from("/1/4/1");
    item.type = M2M_INTEGER;
    steps[0] = step(M2M_LWM2M_STEP_WRITE, "/2/0"); /* the item lies elsewhere */
    steps[0].items = &item;
    steps[0].items_len = 1;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0].path = m2m_path_from("/1/4");
    item.type = 99;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    item.type = M2M_INTEGER;
    steps[0].payload = SEED; /* items and a payload */
    steps[0].payload_len = 3;
    steps[0].format = M2M_LWM2M_TLV;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0].items = NULL;
    IS(M2M_NULL, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0].items_len = 0;
    steps[0].format = 70000;
    IS(M2M_INVALID, SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    steps[0].format = M2M_LWM2M_TLV;
    OK(SET(M2M_LWM2M_RULE_ENDPOINT, "a"));
    OK(m2m_lwm2m_bootstrap_server_remove_configuration(b, M2M_LWM2M_RULE_ENDPOINT, "a"));

    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_push(b, now, 1, NULL));
    IS(M2M_UNKNOWN_ID, m2m_lwm2m_bootstrap_server_push(b, now, 1, &steps[0]));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_poll_event(b, NULL));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_poll_event(NULL, &event));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_handle_datagram(b, now, 1, NULL, 1));
    IS(M2M_INVALID, m2m_lwm2m_bootstrap_server_identify(b, 1, ""));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_add_object(b, NULL));
    OK(m2m_lwm2m_bootstrap_server_add_object(b, &OBJECTS[0]));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_session(b, 99, NULL));
    IS(M2M_NULL, m2m_lwm2m_bootstrap_server_find(b, NULL, &id));
    CHECK(m2m_lwm2m_bootstrap_server_poll_timeout(NULL) == M2M_NEVER);
    CHECK(id == 5 && other == NULL);
    OK(m2m_lwm2m_bootstrap_server_free(NULL));
}

int main(void) {
    m2m_lwm2m_bootstrap_server_config config = config_of_server();
    m2m_lwm2m_server_config of_server;
    OK(m2m_lwm2m_bootstrap_server_new(&config, SEED, &b));
    OK(m2m_lwm2m_server_config_init(&of_server, sizeof of_server));
    OK(m2m_lwm2m_server_new(&of_server, SEED, &s));
    wrong();
    by_rule();
    by_hand();
    by_the_server();
    OK(m2m_lwm2m_bootstrap_server_free(b));
    OK(m2m_lwm2m_server_free(s));
    puts("all of bootstrap.c passed");
    return 0;
}
