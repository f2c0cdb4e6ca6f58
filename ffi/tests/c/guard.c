/* What a handle does against calls inside calls, races, and bugs of the library. Needs the
 * library's test hooks. */
#include "check.h"
#include <pthread.h>

int32_t m2m_test_panic(int32_t kind, void *handle);
int32_t m2m_test_inside(int32_t kind, void *handle, void (*call)(void *user), void *user);
enum { THE_CLIENT = 0 };

/* Every function with good arguments has to return this one thing. */
static void all_return(int32_t expected, m2m_lwm2m_client *c) {
    m2m_path path = m2m_path_resource(OWN, 0, 2);
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client_handlers handlers;
    m2m_lwm2m_registration registration = {-1, 1};
    m2m_lwm2m_event event = {-1, 0, 0, {0, {0, 0, 0, 0}}, 0, 0, 0, 0, 0, 0};
    m2m_lwm2m_package_support support;
    uint32_t size;
    m2m_counters counters;
    m2m_transmit transmit = {1, 1};
    uint8_t bytes[8] = {0};
    char s[8] = "";
    int64_t i = 1, unix_ms = 7;
    uint64_t u = 1;
    double f = 1;
    bool b = true;
    uint16_t o = 1;
    int32_t type = -1;
    size_t len = 99;
    memset(&handlers, 0, sizeof handlers);
    memset(&counters, 0xFF, sizeof counters);
    handlers.struct_size = sizeof handlers;
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));

    IS(expected, m2m_lwm2m_client_add_server(c, 0, &account));
    IS(expected, m2m_lwm2m_client_set_peer(c, 0, 1, 1));
    IS(expected, m2m_lwm2m_client_connection_failed(c, 0, 1));
    IS(expected, m2m_lwm2m_client_add_bootstrap_server(c, 0, "coap://b", 0, 0));
    IS(expected, m2m_lwm2m_client_bootstrap(c, 0));
    {
        uint32_t awake;
        IS(expected, m2m_lwm2m_client_is_awake(c, &awake));
    }
    memset(&support, 0, sizeof support);
    IS(expected, m2m_lwm2m_client_add_firmware_update(c, 0, &support));
    IS(expected, m2m_lwm2m_client_add_software(c, 0, 0, &support));
    IS(expected, m2m_lwm2m_client_package_block(c, 1, bytes, 1, &len));
    IS(expected, m2m_lwm2m_client_package_size(c, path, &size));
    IS(expected, m2m_lwm2m_client_package_record(c, path, bytes, 1, &len));
    IS(expected, m2m_lwm2m_client_connect_package(c, 0, 1, 1));
    IS(expected, m2m_lwm2m_client_answer_package(c, 0, 1, 0));
    IS(expected, m2m_lwm2m_client_apply_firmware(c, 0));
    IS(expected, m2m_lwm2m_client_set_wall_clock(c, 0, 0));
    IS(expected, m2m_lwm2m_client_wall_clock(c, 0, &unix_ms));
    IS(expected, m2m_lwm2m_client_handle_sms(c, 0, bytes, 1));
    IS(expected, m2m_lwm2m_client_start(c, 0));
    IS(expected, m2m_lwm2m_client_register(c, 0, 1));
    IS(expected, m2m_lwm2m_client_update(c, 0, 1));
    IS(expected, m2m_lwm2m_client_deregister(c, 0, 1));
    IS(expected, m2m_lwm2m_client_registration(c, 1, &registration));
    IS(expected, m2m_lwm2m_client_handle_datagram(c, 0, 1, bytes, 1));
    IS(expected, m2m_lwm2m_client_handle_timeout(c, 0));
    IS(expected, m2m_lwm2m_client_poll_transmit(c, 0, bytes, 1, &transmit));
    IS(expected, m2m_lwm2m_client_poll_event(c, &event));
    IS(expected, m2m_lwm2m_client_counters(c, &counters));
    IS(expected, m2m_lwm2m_client_reserved_bytes(c, &len));
    IS(expected, m2m_lwm2m_client_add_instance(c, 0, path));
    IS(expected, m2m_lwm2m_client_add_resource(c, 0, path));
    IS(expected, m2m_lwm2m_client_remove(c, 0, path));
    IS(expected, m2m_lwm2m_client_contains(c, path));
    IS(expected, m2m_lwm2m_client_next_path(c, path, path, &path));
    IS(expected, m2m_lwm2m_client_get_type(c, path, &type));
    IS(expected, m2m_lwm2m_client_set_integer(c, 0, path, 1));
    IS(expected, m2m_lwm2m_client_set_unsigned(c, 0, path, 1));
    IS(expected, m2m_lwm2m_client_set_float(c, 0, path, 1));
    IS(expected, m2m_lwm2m_client_set_boolean(c, 0, path, 1));
    IS(expected, m2m_lwm2m_client_set_time(c, 0, path, 1));
    IS(expected, m2m_lwm2m_client_set_objlnk(c, 0, path, 1, 1));
    IS(expected, m2m_lwm2m_client_set_string(c, 0, path, s, 0));
    IS(expected, m2m_lwm2m_client_set_opaque(c, 0, path, bytes, 0));
    IS(expected, m2m_lwm2m_client_set_corelnk(c, 0, path, s, 0));
    IS(expected, m2m_lwm2m_client_get_integer(c, path, &i));
    IS(expected, m2m_lwm2m_client_get_unsigned(c, path, &u));
    IS(expected, m2m_lwm2m_client_get_float(c, path, &f));
    IS(expected, m2m_lwm2m_client_get_boolean(c, path, &b));
    IS(expected, m2m_lwm2m_client_get_time(c, path, &i));
    IS(expected, m2m_lwm2m_client_get_objlnk(c, path, &o, &o));
    IS(expected, m2m_lwm2m_client_get_string(c, path, s, sizeof s, &len));
    IS(expected, m2m_lwm2m_client_get_opaque(c, path, bytes, sizeof bytes, &len));
    IS(expected, m2m_lwm2m_client_get_corelnk(c, path, s, sizeof s, &len));
    IS(expected, m2m_lwm2m_client_arguments(c, 1, s, sizeof s, &len));
    IS(expected, m2m_lwm2m_client_answer_execute(c, 0, 1, M2M_COAP_CHANGED));
    IS(expected, m2m_lwm2m_client_dispatch(c, 0, &handlers, NULL));
    IS(expected, m2m_lwm2m_client_connected(c, 0, 1, M2M_STREAM_TCP));
    IS(expected, m2m_lwm2m_client_handle_stream(c, 0, 1, bytes, 1, &len));
    IS(expected, m2m_lwm2m_client_disconnected(c, 0, 1));
    IS(expected, m2m_lwm2m_client_add_device(c, 0, "urn:a", "a", &o, 1, &path));
    IS(expected, m2m_lwm2m_client_path_behind(c, path, path, &path));
    IS(expected, m2m_lwm2m_client_device_behind(c, path, &path, &path));
    IS(expected, m2m_lwm2m_client_set_online(c, 0, 1, 0));
    IS(expected, m2m_lwm2m_client_record(c, 0, 1, &path, 1));
    IS(expected, m2m_lwm2m_client_send(c, 0, 1, M2M_LWM2M_SENML_CBOR, &path, 1, &u));
    IS(expected, m2m_lwm2m_client_poll_journal(c, &u, &type, bytes, sizeof bytes, &len));
    IS(expected, m2m_lwm2m_client_restore(c, 0, 1, bytes, 1));
    IS(expected, m2m_lwm2m_client_sequence_numbers(c, 0, &o, &u));
    IS(expected, m2m_lwm2m_client_restore_sequence_numbers(c, 0, 1, 1));
    IS(expected, m2m_lwm2m_client_server_at(c, 0, &o));
    IS(expected, m2m_lwm2m_client_bootstrapping(c, &type, &u));
    IS(expected, m2m_lwm2m_client_provision(c, 0, path, 60, bytes, 1));
    IS(expected, m2m_lwm2m_client_ask_when_read(c, 0, path));
    IS(expected, m2m_lwm2m_client_answer_value(c, 0, path, M2M_COAP_CONTENT));
    IS(expected, m2m_lwm2m_client_add_error(c, 0, 1));
    IS(expected, m2m_lwm2m_client_clear_error(c, 0, 1));

    /* Nothing was written. */
    CHECK(registration.state == -1 && event.kind == -1 && transmit.len == 1 && type == -1);
    CHECK(i == 1 && u == 1 && b && o == 1 && len == 99 && counters.sent == UINT32_MAX);
    CHECK(m2m_path_equal(path, m2m_path_resource(OWN, 0, 2)));
    /* What reports no errors. */
    CHECK(m2m_lwm2m_client_poll_timeout(c) == M2M_NEVER);
    CHECK(m2m_lwm2m_client_tag(c) == 0xFEDCBA9876543210u);
}

static int inside_ran = 0;

static void inside(void *client) {
    inside_ran++;
    all_return(M2M_BUSY, client);
    IS(M2M_BUSY, m2m_lwm2m_client_free(client));
    IS(M2M_BUSY, m2m_test_inside(THE_CLIENT, client, inside, client));
}

static void a_call_inside_a_call(void) {
    m2m_lwm2m_client *c = client_of_tests();
    int64_t value = 0;
    OK(m2m_lwm2m_client_set_integer(c, 0, m2m_path_resource(OWN, 0, 2), 5));
    OK(m2m_test_inside(THE_CLIENT, c, inside, c));
    CHECK(inside_ran == 1);
    /* The handle is as good as before. */
    OK(m2m_lwm2m_client_get_integer(c, m2m_path_resource(OWN, 0, 2), &value));
    CHECK(value == 5);
    OK(m2m_lwm2m_client_free(c));
}

static void a_bug(void) {
    m2m_lwm2m_client *c = client_of_tests();
    IS(M2M_POISONED, m2m_test_panic(THE_CLIENT, c));
    all_return(M2M_POISONED, c);
    IS(M2M_POISONED, m2m_test_panic(THE_CLIENT, c));
    OK(m2m_lwm2m_client_free(c));
}

static void poison_inside(void *user, m2m_lwm2m_client *client, const m2m_lwm2m_event *event) {
    int *called = user;
    (void)event;
    ++*called;
    IS(M2M_POISONED, m2m_test_panic(THE_CLIENT, client));
    IS(M2M_BUSY, m2m_lwm2m_client_free(client));
}

static void a_bug_under_the_dispatcher(void) {
    m2m_lwm2m_client *c = client_of_tests();
    m2m_lwm2m_server_account account;
    m2m_lwm2m_client_handlers handlers;
    int called = 0;
    memset(&handlers, 0, sizeof handlers);
    handlers.struct_size = sizeof handlers;
    handlers.deregistered = poison_inside;
    OK(m2m_lwm2m_server_account_init(&account, sizeof account));
    OK(m2m_lwm2m_client_add_server(c, 0, &account));
    OK(m2m_lwm2m_client_deregister(c, 0, 1)); /* it is not registered: an event at once */
    IS(M2M_POISONED, m2m_lwm2m_client_dispatch(c, 0, &handlers, &called));
    CHECK(called == 1);
    OK(m2m_lwm2m_client_free(c));
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *hammer(void *client) {
    m2m_path path = m2m_path_resource(OWN, 0, 2);
    uintptr_t done = 0;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t value = 0;
        int32_t result = m2m_lwm2m_client_set_integer(client, 0, path, i % 100);
        CHECK(result == M2M_OK || result == M2M_BUSY);
        done += result == M2M_OK;
        result = m2m_lwm2m_client_get_integer(client, path, &value);
        CHECK(result == M2M_OK || result == M2M_BUSY || result == M2M_UNKNOWN_PATH);
        CHECK(0 <= value && value < 100);
        result = m2m_lwm2m_client_handle_timeout(client, 0);
        CHECK(result == M2M_OK || result == M2M_BUSY);
    }
    return (void *)done;
}

static void races(void) {
    m2m_lwm2m_client *c = client_of_tests();
    pthread_t threads[THREADS];
    uintptr_t done = 0;
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, hammer, c) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        CHECK(pthread_join(threads[i], &result) == 0);
        done += (uintptr_t)result;
    }
    CHECK(done > 0);
    OK(m2m_lwm2m_client_free(c));
}

int main(void) {
    a_call_inside_a_call();
    a_bug();
    a_bug_under_the_dispatcher();
    races();
    puts("all of guard.c passed");
    return 0;
}
