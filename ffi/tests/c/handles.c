/* What every kind of handle does against calls inside calls and bugs of the library: each function returns
 * the one thing that it can, and writes nothing. Needs the library's test hooks. guard.c has the client. */
#include "check.h"

int32_t m2m_test_panic(int32_t kind, void *handle);
int32_t m2m_test_inside(int32_t kind, void *handle, void (*call)(void *user), void *user);

/* Memory for every result, and what is in it before. */
static uint64_t out[256];
static uint8_t buf[8];
#define OUT ((void *)out)
#define BUF ((void *)buf)
#define JSON "{\"op\":2,\"to\":\"cse-in\",\"fr\":\"C\",\"rqi\":\"1\",\"rvi\":\"3\"}"

static m2m_lwm2m_operation operation;
static m2m_lwm2m_bootstrap_configuration bootstrap_configuration;
static m2m_lwm2m_bootstrap_step bootstrap_step;
static m2m_coap_request coap_request;
static m2m_coap_response response;
static m2m_coap_security security;
static m2m_coap_parameters parameters;
static m2m_onem2m_request request;
static m2m_onem2m_session session;
static m2m_senml_record record;
#define object OBJECTS[0]

static void all_of_server(int32_t expected, void *handle) {
    m2m_lwm2m_server *h = handle;
    IS(expected, m2m_lwm2m_server_handle_datagram(h, 1, 1, SEED, 1));
    IS(expected, m2m_lwm2m_server_handle_timeout(h, 1));
    IS(expected, m2m_lwm2m_server_poll_transmit(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_poll_event(h, OUT));
    IS(expected, m2m_lwm2m_server_forget_peer(h, 1, 1));
    IS(expected, m2m_lwm2m_server_identify(h, 1, "a"));
    IS(expected, m2m_lwm2m_server_set_wall_clock(h, 1, 1));
    IS(expected, m2m_lwm2m_server_add_object(h, &object));
    IS(expected, m2m_lwm2m_server_counters(h, OUT));
    IS(expected, m2m_lwm2m_server_own_counters(h, OUT));
    IS(expected, m2m_lwm2m_server_registration_count(h, OUT));
    IS(expected, m2m_lwm2m_server_registration(h, 1, OUT));
    IS(expected, m2m_lwm2m_server_endpoint(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_location(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_alternate_path(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_binding(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_object_version(h, 1, 3, OUT, OUT));
    IS(expected, m2m_lwm2m_server_accepts(h, 1, M2M_LWM2M_TLV));
    IS(expected, m2m_lwm2m_server_parameter_name(h, 1, 0, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_link(h, 1, 1, OUT));
    IS(expected, m2m_lwm2m_server_parameter(h, 1, "a", BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_find(h, "a", OUT));
    IS(expected, m2m_lwm2m_server_registration_at(h, 1, OUT));
    IS(expected, m2m_lwm2m_server_remove(h, 1, 1));
    IS(expected, m2m_lwm2m_server_request(h, 1, 1, &operation, OUT));
    IS(expected, m2m_lwm2m_server_read(h, 1, 1, m2m_path_object(3), OUT));
    IS(expected, m2m_lwm2m_server_abort(h, 1, 1));
    IS(expected, m2m_lwm2m_server_pending_at(h, 1, 1, OUT));
    IS(expected, m2m_lwm2m_server_pending(h, 1, OUT));
    IS(expected, m2m_lwm2m_server_pending_path(h, 1, 0, OUT));
    IS(expected, m2m_lwm2m_server_pending_attributes(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_open_operations(h, OUT));
    IS(expected, m2m_lwm2m_server_resource_type(h, 1, m2m_path_resource(3, 0, 0), OUT));
    IS(expected, m2m_lwm2m_server_content(h, 1, 1, OUT));
    IS(expected, m2m_lwm2m_server_content_payload(h, 1, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_content_values(h, 1, 1, 1, OUT, 4, OUT));
    IS(expected, m2m_lwm2m_server_content_bytes(h, 1, 1, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_release(h, 1, 1));
    IS(expected, m2m_lwm2m_server_observation(h, 1, OUT));
    IS(expected, m2m_lwm2m_server_observation_at(h, 1, 1, OUT));
    IS(expected, m2m_lwm2m_server_find_composite(h, 1, NULL, 0, OUT));
    IS(expected, m2m_lwm2m_server_observed_path(h, 1, 0, OUT));
    IS(expected, m2m_lwm2m_server_observation_attributes(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_find_observation(h, 1, m2m_path_object(3), OUT));
    IS(expected, m2m_lwm2m_server_forget_observation(h, 1, 1));
    IS(expected, m2m_lwm2m_server_poll_journal(h, OUT, OUT, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_restore(h, 1, 1, SEED, 1));
    IS(expected, m2m_lwm2m_server_finish_restore(h, 1));
    IS(expected, m2m_lwm2m_server_connected(h, 1, 1, M2M_STREAM_TCP));
    IS(expected, m2m_lwm2m_server_handle_stream(h, 1, 1, SEED, 1, OUT));
    IS(expected, m2m_lwm2m_server_disconnected(h, 1, 1));
    IS(expected, m2m_lwm2m_server_child_at(h, 1, 1, OUT));
    IS(expected, m2m_lwm2m_server_survey(h, 1, 1));
    IS(expected, m2m_lwm2m_server_add_child(h, 1, 1, "a", "a", "</3/0>", OUT));
    IS(expected, m2m_lwm2m_server_find_peer(h, 1, OUT));
    IS(expected, m2m_lwm2m_server_set_profile(h, "a", "</3/0>"));
    IS(expected, m2m_lwm2m_server_remove_profile(h, "a"));
    IS(expected, m2m_lwm2m_server_profile_at(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_profile_alternate_path(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_server_profile_link(h, 1, 0, OUT));
    IS(expected, m2m_lwm2m_server_add_security_context(h, "a", &security, OUT));
    IS(expected, m2m_lwm2m_server_replace_security_context(h, 1, 1, "a", &security, OUT));
    IS(expected, m2m_lwm2m_server_remove_security_context(h, 1, 1));
    CHECK(m2m_lwm2m_server_tag(h) == 5);
}

static void all_of_bootstrap_server(int32_t expected, void *handle) {
    m2m_lwm2m_bootstrap_server *h = handle;
    IS(expected, m2m_lwm2m_bootstrap_server_handle_datagram(h, 1, 1, SEED, 1));
    IS(expected, m2m_lwm2m_bootstrap_server_handle_timeout(h, 1));
    IS(expected, m2m_lwm2m_bootstrap_server_poll_transmit(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_poll_event(h, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_forget_peer(h, 1, 1));
    IS(expected, m2m_lwm2m_bootstrap_server_identify(h, 1, "a"));
    IS(expected, m2m_lwm2m_bootstrap_server_add_object(h, &object));
    IS(expected, m2m_lwm2m_bootstrap_server_counters(h, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_own_counters(h, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_set_configuration(h, 1, "a", &bootstrap_configuration));
    IS(expected, m2m_lwm2m_bootstrap_server_remove_configuration(h, 1, "a"));
    IS(expected, m2m_lwm2m_bootstrap_server_configuration_count(h, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_session(h, 1, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_endpoint(h, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_find(h, "a", OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_session_at(h, 1, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_start(h, 1, 1, "a", &bootstrap_configuration, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_accept(h, 1, 1, &bootstrap_configuration));
    IS(expected, m2m_lwm2m_bootstrap_server_refuse(h, 1, 1, 1));
    IS(expected, m2m_lwm2m_bootstrap_server_push(h, 1, 1, &bootstrap_step));
    IS(expected, m2m_lwm2m_bootstrap_server_abort(h, 1, 1));
    IS(expected, m2m_lwm2m_bootstrap_server_answer(h, 1, 1, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_answer_payload(h, 1, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_answer_values(h, 1, 1, 1, OUT, 4, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_answer_bytes(h, 1, 1, 1, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_connected(h, 1, 1, M2M_STREAM_TCP));
    IS(expected, m2m_lwm2m_bootstrap_server_handle_stream(h, 1, 1, SEED, 1, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_disconnected(h, 1, 1));
    IS(expected, m2m_lwm2m_bootstrap_server_add_security_context(h, "a", &security, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_replace_security_context(h, 1, 1, "a", &security, OUT));
    IS(expected, m2m_lwm2m_bootstrap_server_remove_security_context(h, 1, 1));
    CHECK(m2m_lwm2m_bootstrap_server_tag(h) == 5);
}

static void all_of_endpoint(int32_t expected, void *handle) {
    m2m_coap_endpoint *h = handle;
    IS(expected, m2m_coap_endpoint_handle_datagram(h, 1, 1, SEED, 1));
    IS(expected, m2m_coap_endpoint_handle_timeout(h, 1));
    IS(expected, m2m_coap_endpoint_poll_transmit(h, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_poll_event(h, OUT));
    IS(expected, m2m_coap_endpoint_forget_peer(h, 1, 1));
    IS(expected, m2m_coap_endpoint_counters(h, OUT));
    IS(expected, m2m_coap_endpoint_reserved_bytes(h, OUT));
    IS(expected, m2m_coap_endpoint_request(h, 1, 1, &coap_request, OUT));
    IS(expected, m2m_coap_endpoint_ping(h, 1, 1, OUT));
    IS(expected, m2m_coap_endpoint_cancel(h, 1, 1, 1));
    IS(expected, m2m_coap_endpoint_next_block(h, 1, 1));
    IS(expected, m2m_coap_endpoint_wanted(h, 1, OUT, OUT));
    IS(expected, m2m_coap_endpoint_supply(h, 1, 1, SEED, 1));
    IS(expected, m2m_coap_endpoint_respond(h, 1, 1, &response, OUT));
    IS(expected, m2m_coap_endpoint_ignore(h, 1, 1));
    IS(expected, m2m_coap_endpoint_challenge(h, 1, 1));
    IS(expected, m2m_coap_endpoint_incoming(h, 1, OUT));
    IS(expected, m2m_coap_endpoint_incoming_payload(h, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_incoming_path(h, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_incoming_query(h, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_incoming_option(h, 1, 1, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_response(h, 1, OUT));
    IS(expected, m2m_coap_endpoint_response_payload(h, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_response_option(h, 1, 1, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_release(h, 1));
    IS(expected, m2m_coap_endpoint_notify(h, 1, 1, &response));
    IS(expected, m2m_coap_endpoint_is_notifying(h, 1));
    IS(expected, m2m_coap_endpoint_remove_observer(h, 1));
    IS(expected, m2m_coap_endpoint_add_security_context(h, &security, OUT));
    IS(expected, m2m_coap_endpoint_remove_security_context(h, 1, 1));
    IS(expected, m2m_coap_endpoint_bind_security(h, 1, 1));
    IS(expected, m2m_coap_endpoint_replace_security_context(h, 1, 1, &security, OUT));
    IS(expected, m2m_coap_endpoint_next_sequence(h, 1, OUT));
    IS(expected, m2m_coap_endpoint_security_view(h, 1, OUT));
    IS(expected, m2m_coap_endpoint_block_size(h, OUT));
    IS(expected, m2m_coap_endpoint_resume_observation(h, 1, 1, &coap_request, OUT));
    IS(expected, m2m_coap_endpoint_token(h, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_stop_retransmission(h, 1, 1));
    IS(expected, m2m_coap_endpoint_assemble(h, 1, 1));
    IS(expected, m2m_coap_endpoint_set_parameters(h, 1, &parameters));
    IS(expected, m2m_coap_endpoint_vouch_for(h, 1, 1, OUT));
    IS(expected, m2m_coap_endpoint_retry_at(h, 1, OUT));
    IS(expected, m2m_coap_endpoint_handle_multicast(h, 1, 1, SEED, 1));
    IS(expected, m2m_coap_endpoint_request_group(h, 1, 1, &coap_request, OUT));
    IS(expected, m2m_coap_endpoint_connected(h, 1, 1, M2M_STREAM_TCP));
    IS(expected, m2m_coap_endpoint_handle_stream(h, 1, 1, SEED, 1, OUT));
    IS(expected, m2m_coap_endpoint_disconnected(h, 1, 1));
    IS(expected, m2m_coap_endpoint_ping_connection(h, 1, 1, 1));
    IS(expected, m2m_coap_endpoint_release_connection(h, 1, 1, NULL, 0, "a"));
    IS(expected, m2m_coap_endpoint_abort_connection(h, 1, 1, "a"));
    IS(expected, m2m_coap_endpoint_signal(h, 1, OUT));
    IS(expected, m2m_coap_endpoint_signal_payload(h, 1, BUF, 4, OUT));
    IS(expected, m2m_coap_endpoint_signal_option(h, 1, 1, 1, BUF, 4, OUT));
    CHECK(m2m_coap_endpoint_tag(h) == 5);
}

static void all_of_ae(int32_t expected, void *handle) {
    m2m_onem2m_ae *h = handle;
    IS(expected, m2m_onem2m_ae_set_wall_clock(h, 1, 1));
    IS(expected, m2m_onem2m_ae_coap_counters(h, OUT));
    IS(expected, m2m_onem2m_ae_register(h, 1));
    IS(expected, m2m_onem2m_ae_deregister(h, 1));
    IS(expected, m2m_onem2m_ae_id(h, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_resource(h, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_restore(h, 1, "a", "a"));
    IS(expected, m2m_onem2m_ae_request(h, 1, &request, OUT));
    IS(expected, m2m_onem2m_ae_request_json(h, 1, JSON, sizeof JSON - 1, OUT));
    IS(expected, m2m_onem2m_ae_content(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_release(h, 1, 1));
    IS(expected, m2m_onem2m_ae_notification(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_answer(h, 1, 1, 1));
    IS(expected, m2m_onem2m_ae_poll_outgoing(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_handle_response(h, 1, 1, SEED, 1));
    IS(expected, m2m_onem2m_ae_outgoing_failed(h, 1, 1));
    IS(expected, m2m_onem2m_ae_handle_request(h, 1, 1, SEED, 1, OUT, OUT));
    IS(expected, m2m_onem2m_ae_poll_response(h, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_forget_peer(h, 1));
    IS(expected, m2m_onem2m_ae_handle_datagram(h, 1, 1, SEED, 1));
    IS(expected, m2m_onem2m_ae_poll_transmit(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_forget_coap_peer(h, 1, 1));
    IS(expected, m2m_onem2m_ae_topic_filter(h, 0, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_poll_publication(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_handle_publication(h, 1, "a", SEED, 1, 0));
    IS(expected, m2m_onem2m_ae_broker_lost(h, 1));
    IS(expected, m2m_onem2m_ae_poll_message(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_ae_handle_message(h, 1, SEED, 1));
    IS(expected, m2m_onem2m_ae_disconnected(h, 1));
    IS(expected, m2m_onem2m_ae_handle_timeout(h, 1));
    IS(expected, m2m_onem2m_ae_poll_event(h, OUT));
    CHECK(m2m_onem2m_ae_tag(h) == 5);
}

static void all_of_cse(int32_t expected, void *handle) {
    m2m_onem2m_cse *h = handle;
    IS(expected, m2m_onem2m_cse_set_wall_clock(h, 1, 1));
    IS(expected, m2m_onem2m_cse_coap_counters(h, OUT));
    IS(expected, m2m_onem2m_cse_set_surroundings(h, 1, "C", NULL));
    IS(expected, m2m_onem2m_cse_handle_request(h, 1, &session, SEED, 1, OUT, OUT));
    IS(expected, m2m_onem2m_cse_poll_response(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_cse_forget_peer(h, 1));
    IS(expected, m2m_onem2m_cse_handle_timeout(h, 1));
    IS(expected, m2m_onem2m_cse_resources(h, OUT));
    IS(expected, m2m_onem2m_cse_counters(h, OUT));
    IS(expected, m2m_onem2m_cse_is_registered(h, OUT));
    IS(expected, m2m_onem2m_cse_poll_outgoing(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_cse_handle_response(h, 1, 1, SEED, 1));
    IS(expected, m2m_onem2m_cse_outgoing_failed(h, 1, 1));
    IS(expected, m2m_onem2m_cse_handle_datagram(h, 1, &session, SEED, 1));
    IS(expected, m2m_onem2m_cse_poll_transmit(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_cse_forget_coap_peer(h, 1, 1));
    IS(expected, m2m_onem2m_cse_set_peer(h, 1, 1, 1));
    IS(expected, m2m_onem2m_cse_topic_filter(h, 0, BUF, 4, OUT));
    IS(expected, m2m_onem2m_cse_poll_publication(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_cse_handle_publication(h, 1, "a", SEED, 1, 0));
    IS(expected, m2m_onem2m_cse_broker_lost(h));
    IS(expected, m2m_onem2m_cse_connected(h, &session, M2M_ONEM2M_JSON, "a"));
    IS(expected, m2m_onem2m_cse_handle_message(h, 1, &session, SEED, 1));
    IS(expected, m2m_onem2m_cse_poll_message(h, 1, BUF, 4, OUT));
    IS(expected, m2m_onem2m_cse_disconnected(h, 1));
    IS(expected, m2m_onem2m_cse_poll_journal(h, OUT, OUT, BUF, 4, OUT));
    IS(expected, m2m_onem2m_cse_restore(h, 1, SEED, 1));
    IS(expected, m2m_onem2m_cse_finish_restore(h));
    CHECK(m2m_onem2m_cse_tag(h) == 5);
}

static void all_of_reader(int32_t expected, void *handle) {
    m2m_senml_reader *h = handle;
    IS(expected, m2m_senml_reader_next(h, OUT));
    IS(expected, m2m_senml_reader_error(h, OUT, OUT));
    IS(expected, m2m_senml_reader_text(h, M2M_SENML_NAME, BUF, 4, OUT));
    IS(expected, m2m_senml_reader_data(h, BUF, 4, OUT));
}

static void all_of_writer(int32_t expected, void *handle) {
    m2m_senml_writer *h = handle;
    IS(expected, m2m_senml_writer_record(h, &record));
    IS(expected, m2m_senml_writer_take(h, OUT));
    IS(expected, m2m_senml_writer_set_exact(h, 1));
    IS(expected, m2m_senml_writer_finish(h, OUT));
}

static void all_of_stream(int32_t expected, void *handle) {
    m2m_senml_stream *h = handle;
    IS(expected, m2m_senml_stream_read(h, BUF, 0, OUT, OUT));
    IS(expected, m2m_senml_stream_finish(h, OUT));
    IS(expected, m2m_senml_stream_error(h, OUT, OUT, OUT));
    IS(expected, m2m_senml_stream_text(h, M2M_SENML_NAME, BUF, 4, OUT));
    IS(expected, m2m_senml_stream_data(h, BUF, 4, OUT));
}

static void all_of_message_reader(int32_t expected, void *handle) {
    m2m_coap_reader *h = handle;
    IS(expected, m2m_coap_reader_error(h, OUT, OUT));
    IS(expected, m2m_coap_reader_header(h, OUT));
    IS(expected, m2m_coap_reader_next(h, OUT));
    IS(expected, m2m_coap_reader_option(h, 1, 0, OUT));
    IS(expected, m2m_coap_reader_number(h, 1, OUT));
    IS(expected, m2m_coap_reader_path(h, BUF, 4, OUT));
    IS(expected, m2m_coap_reader_query(h, BUF, 4, OUT));
}

static void all_of_message_writer(int32_t expected, void *handle) {
    m2m_coap_writer *h = handle;
    IS(expected, m2m_coap_writer_option(h, 1, SEED, 1));
    IS(expected, m2m_coap_writer_number(h, 1, 1));
    IS(expected, m2m_coap_writer_path(h, M2M_COAP_URI_PATH, "a"));
    IS(expected, m2m_coap_writer_query(h, M2M_COAP_URI_QUERY, "a"));
    IS(expected, m2m_coap_writer_finish(h, SEED, 1, OUT));
}

static void all_of_oscore(int32_t expected, void *handle) {
    static const uint8_t get[] = {0x40, 1, 0, 1};
    m2m_oscore_context *h = handle;
    IS(expected, m2m_oscore_context_view(h, OUT));
    IS(expected, m2m_oscore_context_reserve(h, 1));
    IS(expected, m2m_oscore_context_error(h, OUT));
    IS(expected, m2m_oscore_context_start(h, (uint64_t)1 << 40));
    IS(expected, m2m_oscore_context_protect_request(h, get, sizeof get, BUF, 4, OUT, OUT));
    IS(expected, m2m_oscore_context_protect_response(h, 1, 0, get, sizeof get, BUF, 4, OUT));
    IS(expected, m2m_oscore_context_unprotect_request(h, get, sizeof get, BUF, 4, OUT, OUT));
    IS(expected, m2m_oscore_context_verify_request(h, get, sizeof get, BUF, 4, OUT, OUT));
    IS(expected, m2m_oscore_context_unprotect_response(h, 1, get, sizeof get, BUF, 4, OUT, OUT));
}

static void all_of_link_reader(int32_t expected, void *handle) {
    m2m_link_reader *h = handle;
    IS(expected, m2m_link_reader_next(h, OUT));
    IS(expected, m2m_link_reader_error(h, OUT, OUT));
    IS(expected, m2m_link_reader_parameter(h, 0, OUT));
    IS(expected, m2m_link_reader_value(h, "a", BUF, 4, OUT));
    IS(expected, m2m_link_reader_item(h, "a", 0, BUF, 4, OUT));
    IS(expected, m2m_link_reader_number(h, "a", OUT));
    IS(expected, m2m_link_reader_matches(h, "a=b"));
}

static void all_of_link_writer(int32_t expected, void *handle) {
    m2m_link_writer *h = handle;
    IS(expected, m2m_link_writer_link(h, "a"));
    IS(expected, m2m_link_writer_flag(h, "a"));
    IS(expected, m2m_link_writer_text(h, "a", "b"));
    IS(expected, m2m_link_writer_number(h, "a", 1));
    IS(expected, m2m_link_writer_finish(h, OUT));
}

static void all_of_payload_reader(int32_t expected, void *handle) {
    m2m_lwm2m_payload_reader *h = handle;
    IS(expected, m2m_lwm2m_payload_reader_next(h, OUT));
    IS(expected, m2m_lwm2m_payload_reader_bytes(h, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_payload_reader_error(h, OUT, OUT));
}

static void all_of_mqtt(int32_t expected, void *handle) {
    m2m_lwm2m_mqtt *h = handle;
    IS(expected, m2m_lwm2m_mqtt_publication(h, SEED, 4, BUF, 4, OUT));
    IS(expected, m2m_lwm2m_mqtt_datagram(h, SEED, 4, "a", "/rd/1", BUF, 4, OUT));
}

/* A kind of handle, by its number for the test hooks. */
typedef struct {
    void (*all)(int32_t expected, void *handle);
    int32_t kind;
    void *handle;
    int inside;
} subject;

static void all(const subject *of, int32_t expected) {
    size_t i;
    memset(out, 0x5A, sizeof out);
    memset(buf, 0x5A, sizeof buf);
    of->all(expected, of->handle);
    for (i = 0; i < sizeof out; i++) CHECK(((uint8_t *)out)[i] == 0x5A);
    for (i = 0; i < sizeof buf; i++) CHECK(buf[i] == 0x5A);
}

static void busy(void *user) {
    subject *of = user;
    of->inside++;
    all(of, M2M_BUSY);
    IS(M2M_BUSY, m2m_test_inside(of->kind, of->handle, busy, of));
}

/* A call inside a call, then a bug: the process goes on, and a handle after it is as good as ever. */
static void holds(subject of) {
    IS(M2M_NULL, m2m_test_panic(of.kind, NULL));
    OK(m2m_test_inside(of.kind, of.handle, busy, &of));
    CHECK(of.inside == 1);
    IS(M2M_NULL, m2m_test_inside(of.kind, of.handle, NULL, NULL));
    IS(M2M_POISONED, m2m_test_panic(of.kind, of.handle));
    all(&of, M2M_POISONED);
    IS(M2M_POISONED, m2m_test_panic(of.kind, of.handle));
}

#define KIND(number, type, name, config_type)                                                      \
    static void name(void) {                                                                       \
        config_type config;                                                                        \
        type *handle = NULL;                                                                       \
        subject of = {all_of_##name, number, NULL, 0};                                             \
        int round;                                                                                 \
        OK(config_type##_init(&config, sizeof config));                                            \
        config.tag = 5;                                                                            \
        SET_UP(config);                                                                            \
        for (round = 0; round < 2; round++) {                                                      \
            OK(type##_new(&config, SEED, &handle));                                                \
            of.handle = handle;                                                                    \
            holds(of);                                                                             \
            CHECK(type##_poll_timeout(handle) == M2M_NEVER);                                       \
            OK(type##_free(handle));                                                               \
        }                                                                                          \
    }

#define SET_UP(config) (void)config
KIND(1, m2m_lwm2m_server, server, m2m_lwm2m_server_config)
KIND(2, m2m_lwm2m_bootstrap_server, bootstrap_server, m2m_lwm2m_bootstrap_server_config)
KIND(5, m2m_onem2m_cse, cse, m2m_onem2m_cse_config)
KIND(3, m2m_coap_endpoint, endpoint, m2m_coap_config)
#undef SET_UP
#define SET_UP(config)                                                                             \
    do {                                                                                           \
        config.cse_base = "cse-in";                                                                \
        config.app_id = "Na";                                                                      \
        config.host = "a";                                                                         \
    } while (0)
KIND(4, m2m_onem2m_ae, ae, m2m_onem2m_ae_config)

static void senml(void) {
    static const char pack[] = "[{\"n\":\"a\",\"v\":1}]";
    m2m_senml_reader reader;
    m2m_senml_writer writer;
    m2m_senml_stream stream;
    uint8_t written[32], room[32];
    int round;
    for (round = 0; round < 2; round++) {
        subject of_reader = {all_of_reader, 6, &reader, 0};
        subject of_writer = {all_of_writer, 7, &writer, 0};
        subject of_stream = {all_of_stream, 14, &stream, 0};
        OK(m2m_senml_reader_init(&reader, M2M_SENML_JSON, M2M_SENML_RFC8428, (const uint8_t *)pack,
                                 sizeof pack - 1));
        holds(of_reader);
        OK(m2m_senml_writer_init(&writer, M2M_SENML_CBOR, 1, written, sizeof written));
        holds(of_writer);
        OK(m2m_senml_stream_init(&stream, M2M_SENML_JSON, M2M_SENML_AS_SENT, room, sizeof room, NULL, 0));
        holds(of_stream);
    }
}

static void mqtt(void) {
    m2m_lwm2m_mqtt mapping;
    subject of_mapping = {all_of_mqtt, 8, &mapping, 0};
    OK(m2m_lwm2m_mqtt_init(&mapping, M2M_LWM2M_MQTT_DEVICE, M2M_LWM2M_MQTT_REGISTRATION, 8));
    holds(of_mapping);
}

static void messages(void) {
    static const uint8_t message[] = {0x40, 1, 0, 1};
    uint8_t written[32], list[32];
    m2m_coap_reader reader;
    m2m_coap_writer writer;
    m2m_link_reader links;
    m2m_link_writer linked;
    m2m_lwm2m_payload payload;
    m2m_lwm2m_payload_reader values;
    m2m_oscore_context context;
    m2m_coap_security keys;
    subject of_context = {all_of_oscore, 15, &context, 0};
    subject of_reader = {all_of_message_reader, 9, &reader, 0};
    subject of_writer = {all_of_message_writer, 10, &writer, 0};
    subject of_links = {all_of_link_reader, 11, &links, 0};
    subject of_linked = {all_of_link_writer, 12, &linked, 0};
    subject of_values = {all_of_payload_reader, 13, &values, 0};
    OK(m2m_coap_reader_init(&reader, message, sizeof message));
    holds(of_reader);
    OK(m2m_coap_writer_init(&writer, M2M_COAP_CON, M2M_COAP_GET, 1, NULL, 0, written, 32));
    holds(of_writer);
    OK(m2m_link_reader_init(&links, (const uint8_t *)"</a>", 4));
    holds(of_links);
    OK(m2m_link_writer_init(&linked, list, sizeof list));
    holds(of_linked);
    OK(m2m_lwm2m_payload_init(&payload, sizeof payload));
    OK(m2m_lwm2m_payload_reader_init(&values, &payload, message, sizeof message));
    holds(of_values);
    memset(&keys, 0, sizeof keys);
    keys.struct_size = sizeof keys;
    keys.master_secret = keys.sender_id = message;
    keys.master_secret_len = keys.sender_id_len = sizeof message;
    OK(m2m_oscore_context_init(&context, &keys));
    holds(of_context);
}

int main(void) {
    OK(m2m_lwm2m_operation_init(&operation, sizeof operation));
    OK(m2m_lwm2m_bootstrap_configuration_init(&bootstrap_configuration,
                                              sizeof bootstrap_configuration));
    bootstrap_step.kind = M2M_LWM2M_STEP_FINISH;
    OK(m2m_coap_request_init(&coap_request, sizeof coap_request));
    OK(m2m_coap_response_init(&response, sizeof response));
    OK(m2m_onem2m_request_init(&request, sizeof request));
    request.to = "a";
    OK(m2m_onem2m_session_init(&session, sizeof session));
    security.struct_size = sizeof security;
    {
        m2m_coap_config config;
        OK(m2m_coap_config_init(&config, sizeof config));
        parameters = config.parameters;
    }
    server();
    bootstrap_server();
    endpoint();
    ae();
    cse();
    senml();
    mqtt();
    messages();
    IS(M2M_INVALID, m2m_test_panic(99, NULL));
    puts("all of handles.c passed");
    return 0;
}
