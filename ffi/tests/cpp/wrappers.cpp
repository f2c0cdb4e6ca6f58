// What engines.cpp and client.cpp do not come by: the rest of what engines tell and take.
#include "check.hpp"

#include <cstring>
#include <string>

using m2m::Bytes;
using m2m::Path;
using m2m::Seed;
using Buffer = std::array<std::uint8_t, 1024>;

static Bytes bytes(const char *literal) {
    return {reinterpret_cast<const std::uint8_t *>(literal), std::strlen(literal)};
}

static void names() {
    std::array<char, 64> room{};
    CHECK(*m2m::coap::code_name(M2M_COAP_NOT_FOUND, room) == "Not Found");
    CHECK(*m2m::coap::media_type(40, room) == "application/link-format");
    CHECK(*m2m::coap::format_of("application/cbor") == 60 && !m2m::senml::unit_allowed("furlong"));
    CHECK(m2m::coap::format_of("a/b").result() == M2M_NOTHING && m2m::senml::unit_allowed("m"));
    CHECK(*m2m::lwm2m::object_name(3, room) == "Device");
    CHECK(*m2m::lwm2m::resource_name(3, 4, room) == "Reboot");
    const std::array<m2m_lwm2m_argument, 2> arguments{{{"ab", 2, 3}, {nullptr, 0, 0}}};
    const auto written = m2m::lwm2m::write_arguments(arguments, room);
    CHECK(written && *written == "3='ab',0");
    const auto read = m2m::lwm2m::argument(room.data(), 0);
    CHECK(read && read->digit == 3 && std::string(read->value, read->value_len) == "ab");
    CHECK(m2m::lwm2m::argument(room.data(), 2).result() == M2M_NOTHING);
}

static void coap() {
    auto endpoint = m2m::coap::Endpoint::make(m2m::coap::small(), Seed{1});
    CHECK(endpoint);
    m2m::coap::Endpoint &e = *endpoint;
    std::array<std::uint8_t, 64> room{};
    std::array<char, 64> text{};
    m2m::coap::Request request;
    request.path = "/a";
    const auto id = e.request(0, 1, request);
    CHECK(id && e.token(*id, room) && *e.block_size() > 15 && *e.reserved_bytes() > 0);
    CHECK(e.stop_retransmission(0, *id) == M2M_OK && e.ping(0, 1));
    CHECK(e.response_option(77, M2M_COAP_ETAG, 0, room).result() == M2M_UNKNOWN_ID);
    CHECK(e.incoming_option(77, M2M_COAP_ETAG, 0, room).result() == M2M_UNKNOWN_ID);
    CHECK(e.incoming_query(77, text).result() == M2M_UNKNOWN_ID);
    CHECK(e.ignore(0, 77) && !e.challenge(0, 77) && !e.assemble(0, 77) && !e.next_block(0, 77));
    CHECK(!e.supply(0, 77, {}) && !e.is_notifying(77) && e.remove_observer(77));
    CHECK(e.wanted(77).result() == M2M_NOTHING && *e.retry_at(1) == M2M_NEVER);
    CHECK(e.next_sequence(77).result() == M2M_UNKNOWN_ID);
    CHECK(e.vouch_for(0, 1).result().code() >= 0);
    m2m_coap_parameters parameters{};
    CHECK(e.set_parameters(1, parameters) == M2M_INVALID);
    m2m::coap::Request again;
    again.path = "/a";
    CHECK(!e.resume_observation(0, 1, again));
    CHECK(!e.signal_option(1, 4, 0, room) && !e.signal_payload(1, room));
}

static void client() {
    static const m2m_standard_object *const objects[] = {&m2m_object_3303, &m2m_object_25,
                                                         &m2m_object_5, &m2m_object_9};
    m2m::lwm2m::Config config;
    config.endpoint_name = "test";
    config.standard_objects = objects;
    config.standard_objects_len = 4;
    config.devices = 2;
    config.device_objects = 2;
    auto made = m2m::lwm2m::Client::make(config, Seed{2});
    CHECK(made);
    m2m::lwm2m::Client &c = *made;
    std::array<std::uint8_t, 64> room{};
    std::array<char, 64> text{};
    CHECK(c.add_bootstrap_server(0, "coap://localhost", 0, 60));
    const auto before = c.bootstrapping();
    CHECK(before && before->state >= 0 && c.bootstrap(0));
    m2m::lwm2m::ServerAccount account;
    account.ssid = 1;
    account.uri = "coap://localhost";
    CHECK(c.add_server(0, account) && c.add_instance(0, Path(3303, 0)));
    std::vector<std::uint16_t> servers;
    c.servers([&](std::uint16_t ssid) { servers.push_back(ssid); });
    CHECK(servers.size() == 1 && servers[0] == 1);
    CHECK(!c.register_with(0, 9) && !c.set_online(0, 9, true) && !c.connection_failed(0, 9));
    CHECK(c.handle_sms(0, bytes("x")) != M2M_OK && c.is_awake() && *c.reserved_bytes() > 0);
    CHECK(c.set_wall_clock(5, 1700000000000) && *c.wall_clock(6) == 1700000000001);
    CHECK(c.set(0, Path(3303, 0, 5700), 20.5) && *c.type(Path(3303, 0, 5700)) == M2M_FLOAT);
    CHECK(!c.links(Path(3303, 0, 5700), text));
    std::vector<Path> paths;
    c.paths(Path(3303, 0), [&](Path path) { paths.push_back(path); });
    CHECK(paths.size() == 1 && paths[0] == Path(3303, 0, 5700));
    const std::array<m2m_path, 1> one{Path(3303, 0, 5700)};
    CHECK(!c.send(0, 9, one) && !c.record(0, 9, one));
    CHECK(!c.provision(0, Path(3303, 0, 5700), M2M_LWM2M_TLV, bytes("x")));
    CHECK(c.add_error(0, 1) && c.clear_error(0, 1));
    m2m_lwm2m_package_support support{};
    CHECK(c.add_firmware_update(0, support) && c.add_software(0, 0, support));
    CHECK(!c.package_block(77, room) && *c.package_size(Path(5, 0)) == 0);
    CHECK(c.package_record(Path(5, 0), room).result().code() >= 0);
    CHECK(!c.answer_package(0, 77, 0) && !c.connect_package(0, 77, 1) && !c.apply_firmware(0));
    const std::array<std::uint16_t, 1> behind{3303};
    const auto device = c.add_device(0, "d", "d01", behind);
    CHECK(device && Path(*device) == Path(25, 0) && c.path_behind(*device, Path(3303, 0)));
    CHECK(!c.device_behind(Path(3303, 0)) && !c.restore_sequence_numbers(0, 9, 1));
    int count = 0;
    c.sequence_numbers([&](std::uint16_t, std::uint64_t) { count++; });
    CHECK(count == 0);
}

static void server() {
    auto made = m2m::lwm2m::Server::make(m2m::lwm2m::ServerConfig(), Seed{3});
    CHECK(made);
    m2m::lwm2m::Server &s = *made;
    Buffer room{};
    std::array<char, 64> text{};
    m2m::coap::MessageWriter writer(room, M2M_COAP_CON, M2M_COAP_POST, 1);
    CHECK(writer.path("/rd") && writer.number(M2M_COAP_CONTENT_FORMAT, 40));
    CHECK(writer.query("ep=roof&lt=60&lwm2m=1.1&b=U&sms=49"));
    const auto sent = writer.finish(bytes("</3/0>,</5>;ver=1.1,</3303/0>"));
    CHECK(sent && s.handle_datagram(0, 4, *sent));
    CHECK(s.transmit(0, room, [](std::uint64_t, Bytes) {}) == M2M_NOTHING);
    const auto id = s.find_peer(4);
    CHECK(id && *s.registration_count() == 1);
    std::vector<std::uint64_t> all;
    s.registrations([&](std::uint64_t one) { all.push_back(one); });
    CHECK(all.size() == 1 && all[0] == *id);
    CHECK(s.location(*id, text)->substr(0, 4) == "/rd/" && s.alternate_path(*id, text)->empty());
    CHECK(*s.binding(*id, text) == "U" && s.accepts(*id, M2M_LWM2M_TLV));
    const auto version = s.object_version(*id, 5);
    CHECK(version && version->major == 1 && version->minor == 1 && !s.object_version(*id, 6));
    CHECK(*s.parameter_name(*id, 0, text) == "sms" && *s.parameter(*id, "sms", text) == "49");
    CHECK(*s.resource_type(*id, Path(3303, 0, 5700)) == M2M_FLOAT);

    const auto operation = s.observe(0, *id, Path(3303, 0, 5700));
    CHECK(operation && *s.open_operations() == 1 && s.pending(*operation)->id == *operation);
    int count = 0;
    s.pending_of(*id, [&](const m2m_lwm2m_pending &one) { count += one.id == *operation; });
    s.pending_paths(*operation, [&](Path path) { count += path == Path(3303, 0, 5700); });
    CHECK(count == 2 && s.pending_attributes(*operation, text)->empty());
    s.observations(*id, [&](std::uint64_t) { count++; });
    s.observed_paths(77, [&](Path) { count++; });
    s.children(*id, [&](std::uint64_t) { count++; });
    CHECK(count == 3 && !s.observation(77) && !s.observation_attributes(77, text));
    const std::array<m2m_path, 1> one{Path(3, 0)};
    CHECK(s.find_observation(*id, Path(3, 0)).result() == M2M_NOTHING);
    CHECK(s.find_observation(*id, one).result() == M2M_NOTHING && !s.forget_observation(0, 77));
    CHECK(!s.survey(0, 77) && !s.add_child(0, 77, "child", "d01", "</3/0>"));
    CHECK(s.set_profile("p1", "</3/0>,</3303/0>") && *s.profile(0, text) == "p1");
    CHECK(s.remove_profile("p1") && !s.profile(0, text));
    CHECK(s.own_counters().result() == M2M_OK);
}

static void bootstrap_server() {
    auto made = m2m::lwm2m::BootstrapServer::make(m2m::lwm2m::BootstrapServerConfig(), Seed{4});
    CHECK(made);
    m2m::lwm2m::BootstrapServer &s = *made;
    std::array<std::uint8_t, 64> room{};
    int count = 0;
    s.sessions([&](std::uint64_t) { count++; });
    CHECK(count == 0 && s.find("roof").result() == M2M_NOTHING && *s.configurations() == 0);
    CHECK(!s.answered(77, 0) && !s.bytes(77, 0, 0, room) && s.own_counters());
    CHECK(!s.values(77, 0, [&](std::size_t, const m2m_lwm2m_value &) { count++; }));
    m2m_object object{};
    CHECK(s.add_object(object) && count == 0);
}

static void onem2m() {
    namespace http = m2m::onem2m::http;
    Buffer room{}, other{};
    std::array<char, 64> text{};
    m2m::onem2m::AeConfig of_ae;
    of_ae.cse_base = "base";
    of_ae.app_id = "Nabc";
    of_ae.host = "localhost";
    auto ae = m2m::onem2m::Ae::make(of_ae, Seed{5});
    CHECK(ae && ae->id(text).result() == M2M_NOTHING && !ae->coap_counters());
    CHECK(ae->set_wall_clock(0, 1700000000000) && ae->restore(0, "Cae", "base/ae"));
    CHECK(*ae->id(text) == "Cae" && *ae->resource(text) == "base/ae");
    (void)ae->forget_peer(1);
    auto cse = m2m::onem2m::Cse::make(m2m::onem2m::CseConfig(), Seed{6});
    CHECK(cse && *cse->is_registered() == 0 && cse->counters());
    (void)cse->coap_counters();
    m2m::onem2m::Surroundings around;
    around.country = "DE";
    CHECK(cse->set_surroundings(0, "Cae", around));
    CHECK(*m2m::onem2m::choose_protocol("oneM2M.xml") == M2M_ONEM2M_XML);

    const auto asked = bytes("{\"op\":2,\"to\":\"base\",\"fr\":\"CAE\",\"rqi\":\"7\",\"rvi\":\"3\"}");
    const auto cbor = m2m::onem2m::convert(M2M_ONEM2M_JSON, asked, M2M_ONEM2M_CBOR, room);
    CHECK(cbor && !cbor->is_response && !cbor->is_refusal);
    const auto back = m2m::onem2m::convert(M2M_ONEM2M_CBOR, cbor->bytes, M2M_ONEM2M_JSON, other);
    CHECK(back && back->bytes.size > 20);
    const auto refused = m2m::onem2m::convert(M2M_ONEM2M_JSON, bytes("{}"), M2M_ONEM2M_JSON, room);
    CHECK(refused && refused->is_response && refused->is_refusal);
    const auto message = http::request(asked, "host", room);
    CHECK(message && http::read_request({room.data(), 9}, other).result() == M2M_NOTHING);
    const auto read = http::read_request(*message, other);
    CHECK(read && read->used == message->size && read->close && !read->primitive.is_refusal);
    const auto answer = http::response(bytes("{\"rsc\":2000,\"rqi\":\"7\"}"), room);
    CHECK(answer && http::read_response(*answer, other));
}

int main() {
    names();
    coap();
    client();
    server();
    bootstrap_server();
    onem2m();
    std::puts("all of wrappers.cpp passed");
}
