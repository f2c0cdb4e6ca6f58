// The handles of m2m.hpp besides the client, each with another of the library on the other side.
#include "check.hpp"

#include <cstring>
#include <map>
#include <string>

using m2m::Bytes;
using m2m::Path;
using m2m::Seed;
using Buffer = std::array<std::uint8_t, 2048>;

static_assert(owns<m2m::lwm2m::Server> && owns<m2m::lwm2m::BootstrapServer>);
static_assert(owns<m2m::coap::Endpoint> && owns<m2m::onem2m::Ae> && owns<m2m::onem2m::Cse>);

static std::string text(Bytes bytes) {
    return std::string(reinterpret_cast<const char *>(bytes.data), bytes.size);
}

static Bytes bytes(const std::string &from) {
    return {reinterpret_cast<const std::uint8_t *>(from.data()), from.size()};
}

static void senml() {
    Buffer room;
    m2m::senml::Writer writer(room, M2M_SENML_CBOR, 2);
    m2m::senml::Record record;
    record.name = "a";
    record.kind = M2M_SENML_NUMBER;
    record.number = m2m_number_decimal(201, -1);
    CHECK(writer.record(record));
    CHECK(writer.finish().result() == M2M_NOT_ALLOWED);
    record.name = "b";
    CHECK(writer.record(record) == M2M_OK && writer.record(record) == M2M_NOT_ALLOWED);
    const auto pack = writer.finish();
    CHECK(pack && pack->size > 8 && pack->data == room.data());

    m2m::senml::Reader reader(*pack, M2M_SENML_CBOR);
    std::array<char, 8> name{};
    std::size_t count = 0;
    while (const auto item = reader.next()) {
        CHECK(item->kind == M2M_SENML_NUMBER && item->number.real == 20.1);
        const auto read = reader.text(M2M_SENML_NAME, name);
        CHECK(read && *read == (count == 0 ? "a" : "b"));
        count++;
    }
    CHECK(count == 2 && reader.result() == M2M_NOTHING);
    m2m::senml::Reader wrong(bytes("[{]"));
    CHECK(!wrong.next() && wrong.result() == M2M_MALFORMED && !wrong.next());
    m2m::senml::Reader none(bytes("[]"), 7);
    CHECK(!none.next() && none.result() == M2M_INVALID);
}

static void senml_in_pieces() {
    std::array<std::uint8_t, 64> room{};
    std::array<char, 16> name{};
    m2m::senml::Writer writer(room);
    m2m::senml::Stream<> stream;
    m2m::senml::Record record;
    record.base_name = "a:";
    record.name = "b";
    record.kind = M2M_SENML_DATA;
    record.data = room.data();
    record.data_len = 1;
    std::array<std::uint8_t, 4> data{};
    for (int i = 0; i < 20; i++) {
        CHECK(writer.record(record));
        auto piece = writer.take();
        CHECK(piece && piece->size > 0);
        Bytes rest = *piece;
        const auto item = stream.read(rest);
        CHECK(item && item->kind == M2M_SENML_DATA);
        const auto read = stream.text(M2M_SENML_NAME, name);
        CHECK(read && *read == "a:b" && stream.data(data) && rest.size <= 1);
        CHECK(!stream.read(rest) && stream.result() == M2M_NOTHING);
        record.base_name = nullptr;
    }
    CHECK(stream.finish() && !*stream.finish());
    const auto end = writer.finish();
    Bytes last = *end;
    CHECK(end && last.size == 1 && !stream.read(last) && *stream.finish());
    m2m::senml::Stream<8, 8> small;
    const std::string long_one = "[{\"n\":\"long\",\"v\":1}";
    Bytes cut{bytes(long_one).data, 6};
    CHECK(!small.read(cut) && small.result() == M2M_NOTHING && cut.size == 0);
    cut = Bytes{bytes(long_one).data + 6, long_one.size() - 6};
    CHECK(!small.read(cut) && small.result() == M2M_MALFORMED && !small.finish());

    const std::string two = "[{\"n\":\"urn:dev:1:a\",\"v\":1},{\"n\":\"urn:dev:1:b\",\"v\":2}]";
    const Bytes pack = bytes(two);
    std::array<std::uint8_t, 128> to{};
    const auto selected = m2m::senml::fetch(M2M_SENML_JSON, pack, bytes("[{\"n\":\"urn:dev:1:b\"}]"), to);
    CHECK(selected && text(*selected).find("\"v\":2") != std::string::npos);
    const auto patched =
        m2m::senml::patch(M2M_SENML_JSON, pack, bytes("[{\"n\":\"urn:dev:1:b\",\"v\":null}]"), to);
    CHECK(patched && text(*patched).find("\"v\":2") == std::string::npos);
    const auto shorter = m2m::senml::compact(M2M_SENML_JSON, pack, M2M_SENML_JSON, to);
    CHECK(shorter && shorter->size < pack.size);
    const auto volts = m2m::senml::convert(m2m_number_integer(3300), "mV", "V");
    CHECK(volts && volts->real == 3.3 && !m2m::senml::convert(*volts, "V", "m"));
}

static void coap() {
    using namespace m2m::coap;
    Config config;
    config.security_contexts = 1;
    m2m::Result why = M2M_UNSPECIFIED;
    auto client = Endpoint::make(config, Seed{1}, &why), server = Endpoint::make(config, Seed{2});
    CHECK(client && server && why == M2M_OK);
    Config impossible;
    impossible.message_size = 70000;
    CHECK(!Endpoint::make(impossible, Seed{}, &why) && why == M2M_INVALID);

    static const std::uint8_t secret[16] = {1}, one[] = {1}, two[] = {2};
    Security mine, other;
    mine.master_secret = other.master_secret = secret;
    mine.master_secret_len = other.master_secret_len = sizeof secret;
    mine.sender_id = other.recipient_id = one;
    mine.recipient_id = other.sender_id = two;
    mine.sender_id_len = mine.recipient_id_len = other.sender_id_len = other.recipient_id_len = 1;
    const auto context = client->add_security_context(mine);
    CHECK(context && server->add_security_context(other));
    CHECK(client->bind_security(9, *context) == M2M_OK);

    Request get;
    get.path = "temperature";
    const auto id = client->request(0, 9, get);
    CHECK(id && !client->response(*id));
    Buffer room;
    std::array<char, 32> path{};
    std::array<std::uint8_t, 32> payload{};
    std::size_t carried = 0;
    bool answered = false;
    for (int i = 0; i < 8 && !answered; i++) {
        (void)client->transmit(0, room, [&](std::uint64_t peer, Bytes datagram) {
            CHECK(peer == 9 && text(datagram).find("temperature") == std::string::npos);
            CHECK(server->handle_datagram(0, 4, datagram));
            carried++;
        });
        while (const auto event = server->poll_event()) {
            if (event->kind != M2M_COAP_REQUEST) continue;
            const auto message = server->incoming(event->id);
            CHECK(message && message->security != 0 && message->peer == 4);
            const auto segments = server->incoming_path(event->id, path);
            CHECK(segments && segments->find("temperature") != std::string_view::npos);
            Response response;
            response.payload = reinterpret_cast<const std::uint8_t *>("21.5");
            response.payload_len = 4;
            CHECK(server->respond(0, event->id, response));
        }
        (void)server->transmit(0, room, [&](std::uint64_t peer, Bytes datagram) {
            CHECK(peer == 4 && client->handle_datagram(0, 9, datagram));
        });
        while (const auto event = client->poll_event())
            answered |= event->kind == M2M_COAP_DONE && event->id == *id;
    }
    CHECK(answered && carried >= 1);
    CHECK(text(*client->response_payload(*id, payload)) == "21.5");
    CHECK(client->release(*id) && client->response(*id).result() == M2M_UNKNOWN_ID);
    CHECK(client->counters()->sent >= 1);
    // What was moved from is an error, not a crash.
    Endpoint taken = std::move(*client);
    CHECK(client->handle_timeout(0) == M2M_NULL && client->counters().result() == M2M_NULL);
    CHECK(taken.forget_peer(0, 9));
}

static void lwm2m() {
    using namespace m2m::lwm2m;
    BootstrapServerConfig of_bootstrap;
    of_bootstrap.tag = 3;
    auto bootstrap = BootstrapServer::make(of_bootstrap, Seed{3});
    ServerConfig of_server;
    of_server.journal = 1;
    auto server = Server::make(of_server, Seed{4});
    Config of_client;
    of_client.endpoint_name = "cpp";
    auto client = Client::make(of_client, Seed{5});
    CHECK(bootstrap && server && client && bootstrap->tag() == 3);

    Account account;
    account.uri = "coap://server";
    account.ssid = 7;
    account.lifetime_s = 60;
    m2m_lwm2m_bootstrap_step step{};
    step.kind = M2M_LWM2M_STEP_ACCOUNT;
    step.account = &account;
    Configuration configuration;
    configuration.steps = &step;
    configuration.steps_len = 1;
    CHECK(bootstrap->set_configuration(M2M_LWM2M_RULE_PATTERN, "c*", configuration));
    CHECK(!bootstrap->set_configuration(9, "c*", configuration));
    CHECK(m2m_lwm2m_client_add_bootstrap_server(client->get(), 0, "coap://bs", 0, 0) == M2M_OK);
    CHECK(client->start(0));

    std::map<std::uint64_t, std::string> kept;
    std::uint64_t now = 0, registration = 0;
    std::optional<std::uint64_t> read;
    std::string manufacturer;
    bool finished = false;
    Buffer room;
    std::array<char, 32> name{};
    CHECK(client->set(0, Path(3, 0, 0), "Example"));
    for (; manufacturer.empty() && now < 60000; now += 100) {
        while (const auto event = client->poll_event()) {
            if (event->kind == M2M_LWM2M_CONNECT)
                CHECK(m2m_lwm2m_client_set_peer(client->get(), now, event->server,
                                                event->server) == M2M_OK);
        }
        (void)client->transmit(now, room, [&](std::uint64_t peer, Bytes datagram) {
            CHECK(peer == 0 ? bootstrap->handle_datagram(now, 1, datagram)
                            : server->handle_datagram(now, 1, datagram));
        });
        CHECK(bootstrap->transmit(now, room, [&](std::uint64_t, Bytes datagram) {
            CHECK(client->handle_datagram(now, 0, datagram));
        }) == M2M_NOTHING);
        while (const auto event = bootstrap->poll_event()) {
            if (event->kind != M2M_LWM2M_SESSION_ENDED) continue;
            finished = event->outcome == M2M_LWM2M_SESSION_FINISHED;
            CHECK(*bootstrap->endpoint(event->session, name) == "cpp");
            CHECK(bootstrap->session(event->session)->peer == 1);
            CHECK(text(*bootstrap->answer(event->session, 0, room)).front() == '<');
        }
        (void)server->journal(
            room, [&](std::uint64_t key, Bytes record) { kept[key] = text(record); },
            [&](std::uint64_t key) { kept.erase(key); });
        (void)server->transmit(now, room, [&](std::uint64_t, Bytes datagram) {
            CHECK(client->handle_datagram(now, 7, datagram));
        });
        while (const auto event = server->poll_event()) {
            if (event->kind == M2M_LWM2M_SERVER_REGISTERED) {
                registration = event->registration;
                CHECK(server->registration(registration)->lifetime_s == 60);
                CHECK(*server->endpoint(registration, name) == "cpp");
                CHECK(*server->find("cpp") == registration);
                std::size_t links = 0;
                server->links(registration, [&](Path) { links++; });
                CHECK(links >= 2);
                const auto id = server->read(now, registration, Path(3, 0));
                CHECK(id);
                read = *id;
            } else if (event->kind == M2M_LWM2M_SERVER_RESPONSE) {
                CHECK(event->id == read && event->code == M2M_COAP_CONTENT);
                CHECK(server->values(M2M_LWM2M_OF_RESPONSE, *read,
                                     [&](std::size_t index, const m2m_lwm2m_value &value) {
                    if (Path(value.path) == Path(3, 0, 0))
                        manufacturer = *server->text(M2M_LWM2M_OF_RESPONSE, *read, index, name);
                }) == M2M_NOTHING);
                CHECK(server->release(M2M_LWM2M_OF_RESPONSE, *read));
                CHECK(!server->content(M2M_LWM2M_OF_RESPONSE, *read));
            }
        }
        CHECK(client->handle_timeout(now) && bootstrap->handle_timeout(now));
        CHECK(server->handle_timeout(now));
    }
    CHECK(finished && manufacturer == "Example" && !kept.empty());

    // Another server takes up what was kept.
    auto again = Server::make(of_server, Seed{6});
    for (const auto &[key, record] : kept) CHECK(again->restore(now, key, bytes(record)));
    CHECK(again->finish_restore(now) && again->find("cpp"));
    *server = std::move(*again);
    CHECK(server->find("cpp") && !again->find("cpp"));
}

static void onem2m() {
    using namespace m2m::onem2m;
    CseConfig of_cse;
    of_cse.journal = 1;
    auto cse = Cse::make(of_cse, Seed{7});
    AeConfig of_ae;
    of_ae.cse_base = "cse-in";
    of_ae.originator = "Cthermo";
    of_ae.app_id = "Nthermo";
    of_ae.name = "thermo";
    of_ae.host = "cse.example";
    of_ae.point_of_access = "http://ae.example/in";
    m2m::Result why = M2M_OK;
    CHECK(!Ae::make(AeConfig(), Seed{}, &why) && why == M2M_INVALID);
    auto ae = Ae::make(of_ae, Seed{8});
    CHECK(cse && ae && cse->set_wall_clock(0, 1700000000000));
    CHECK(ae->register_at_cse(0));

    static std::array<std::uint8_t, 8192> room, other;
    std::map<std::uint64_t, std::string> kept;
    std::array<char, 1024> content{};
    std::string notified;
    std::vector<std::string> todo = {
        R"({"m2m:cin":{"con":"21.5"}})",
        R"({"m2m:sub":{"rn":"s","nu":["Cthermo"],"enc":{"net":[3]}}})",
        R"({"m2m:cnt":{"rn":"data"}})",
    };
    static const std::uint32_t types[] = {M2M_ONEM2M_CIN, M2M_ONEM2M_SUB, M2M_ONEM2M_CNT};
    Session session;
    for (std::uint64_t now = 0; notified.empty() && now < 10000; now += 10) {
        while (const auto event = ae->poll_event()) {
            if (event->kind == M2M_ONEM2M_NOTIFIED) {
                notified = *ae->notification(event->id, content);
                CHECK(ae->answer(now, event->id));
                continue;
            }
            if (event->kind == M2M_ONEM2M_DONE) {
                CHECK(event->status == 2001 && !ae->content(event->id, content)->empty());
                CHECK(ae->release(now, event->id));
            }
            if (todo.empty()) continue;
            Request request;
            request.operation = M2M_ONEM2M_CREATE;
            request.resource_type = types[todo.size() - 1];
            request.to = todo.size() == 3 ? "cse-in/thermo" : "cse-in/thermo/data";
            request.content = todo.back().c_str();
            request.content_len = todo.back().size();
            CHECK(ae->request(now, request));
            todo.pop_back();
        }
        (void)ae->outgoing(now, room, [&](const m2m_onem2m_outgoing &out, Bytes message) {
            CHECK(!cse->handle_request(now, session, {message.data, message.size - 1}));
            const auto taken = cse->handle_request(now, session, message);
            CHECK(taken && taken->used == message.size);
            (void)cse->journal(
                other, [&](std::uint64_t key, Bytes record) { kept[key] = text(record); },
                [&](std::uint64_t key) { kept.erase(key); });
            (void)cse->responses(now, other, [&](const m2m_onem2m_response &r, Bytes answer) {
                CHECK(r.id == taken->id && ae->handle_response(now, out.id, answer));
            });
        });
        (void)cse->outgoing(now, room, [&](const m2m_onem2m_cse_outgoing &out, Bytes message) {
            CHECK(std::strcmp(out.host, "ae.example") == 0 && out.port == 80);
            const auto taken = ae->handle_request(now, 1, message);
            CHECK(taken && taken->used == message.size);
            CHECK(cse->outgoing_failed(out.id, false));
        });
        CHECK(ae->handle_timeout(now) && cse->handle_timeout(now));
    }
    CHECK(notified.find("21.5") != std::string::npos);
    std::size_t answers = 0;
    (void)ae->responses(room, [&](const m2m_onem2m_response &, Bytes answer) {
        CHECK(text(answer).find("X-M2M-RSC: 2000") != std::string::npos);
        answers++;
    });
    CHECK(answers == 1 && !ae->request(0, "no json"));
    const std::uint32_t before = *cse->resources();
    cse = Cse::make(of_cse, Seed{9});
    CHECK(cse->set_wall_clock(0, 1700000000000));
    for (const auto &[key, record] : kept) CHECK(cse->restore(key, bytes(record)));
    CHECK(cse->finish_restore() && *cse->resources() == before);
    CHECK(cse->handle_datagram(0, session, bytes("x")) == M2M_NOT_ALLOWED);
    CHECK(cse->transmit(0, room, [](const m2m_transmit &, Bytes) {}) == M2M_NOTHING);
    CHECK(cse->forget_peer(0));
}

/// An AE over a binding registers, by what carry() takes to the CSE and back.
template <typename Carry>
static void onem2m_by(std::int32_t binding, const char *access, Carry &&carry) {
    using namespace m2m::onem2m;
    CseConfig of_cse;
    of_cse.coap_requests = 8;
    of_cse.mqtt_broker = "mqtt://broker";
    auto cse = Cse::make(of_cse, Seed{10});
    AeConfig of_ae;
    of_ae.cse_base = "cse-in";
    of_ae.cse_id = "/id-in";
    of_ae.originator = "Cthermo";
    of_ae.app_id = "Nthermo";
    of_ae.binding = binding;
    of_ae.point_of_access = access;
    auto ae = Ae::make(of_ae, Seed{11});
    CHECK(cse && ae && cse->set_wall_clock(0, 1700000000000) && ae->register_at_cse(0));
    Session session;
    session.peer = 3;
    CHECK(cse->connected(session, M2M_ONEM2M_JSON, "Cthermo"));
    static std::array<std::uint8_t, 8192> room;
    bool registered = false;
    for (std::uint64_t now = 0; !registered && now < 10000; now += 10) {
        carry(*ae, *cse, session, now, room);
        while (const auto event = ae->poll_event()) {
            registered = event->kind == M2M_ONEM2M_REGISTERED;
        }
        CHECK(ae->handle_timeout(now) && cse->handle_timeout(now));
    }
    CHECK(registered && *cse->resources() == 2);
    CHECK(ae->disconnected(0) && ae->broker_lost(0) && ae->forget_coap_peer(0, 0));
    CHECK(cse->disconnected(3) && cse->broker_lost() && cse->forget_coap_peer(0, 3));
    CHECK(cse->set_peer(0, 1, 1) == M2M_UNKNOWN_ID);
}

static void onem2m_bindings() {
    using namespace m2m::onem2m;
    onem2m_by(M2M_ONEM2M_COAP, "coap://ae", [](auto &ae, auto &cse, auto &session, auto now,
                                               auto &room) {
        (void)ae.transmit(now, room, [&](const m2m_transmit &, Bytes datagram) {
            CHECK(cse.handle_datagram(now, session, datagram));
        });
        (void)cse.transmit(now, room, [&](const m2m_transmit &out, Bytes datagram) {
            CHECK(out.peer == 3 && ae.handle_datagram(now, 0, datagram));
        });
    });
    onem2m_by(M2M_ONEM2M_MQTT, "mqtt://broker", [](auto &ae, auto &cse, auto &, auto now,
                                                   auto &room) {
        std::array<char, 64> filter{};
        CHECK(*ae.topic_filter(0, filter) == "/oneM2M/reg_resp/Cthermo/+/+");
        CHECK(*cse.topic_filter(0, filter) == "/oneM2M/req/+/id-in/+");
        CHECK(cse.topic_filter(3, filter).result() == M2M_NOTHING);
        (void)ae.publications(now, room, [&](const m2m_onem2m_publication &out, Bytes payload) {
            CHECK(cse.handle_publication(now, out.topic, payload));
        });
        (void)cse.publications(now, room, [&](const m2m_onem2m_publication &out, Bytes payload) {
            CHECK(ae.handle_publication(now, out.topic, payload, true));
        });
    });
    onem2m_by(M2M_ONEM2M_WEBSOCKET, "ws://ae", [](auto &ae, auto &cse, auto &session, auto now,
                                                  auto &room) {
        (void)ae.messages(now, room, [&](const m2m_onem2m_message &, Bytes message) {
            CHECK(cse.handle_message(now, session, message));
        });
        (void)cse.messages(now, room, [&](const m2m_onem2m_message &out, Bytes message) {
            CHECK(out.peer == 3 && ae.handle_message(now, message));
        });
    });
}

/// Two endpoints and a connection between them.
static void connections() {
    using namespace m2m;
    m2m::coap::Config config;
    Streams streams;
    streams.connections = 1;
    Result why = M2M_OK;
    auto a = m2m::coap::Endpoint::make(config, streams, Seed{1}, &why);
    auto b = m2m::coap::Endpoint::make(config, streams, Seed{2}, &why);
    CHECK(a && b && why == M2M_OK);
    streams.message_size = 63;
    CHECK(!m2m::coap::Endpoint::make(config, streams, Seed{1}, &why) && why == M2M_INVALID);
    CHECK(a->connected(0, 9) == M2M_OK && b->connected(0, 8) == M2M_OK);
    CHECK(b->connected(0, 7) == M2M_FULL);
    std::array<std::uint8_t, 9000> room{};
    const auto carry = [&] {
        for (bool moved = true; moved;) {
            moved = false;
            (void)a->transmit(0, room, [&](std::uint64_t, Bytes bytes) {
                const auto taken = b->handle_stream(0, 8, bytes);
                CHECK(taken && *taken == bytes.size);
                moved = true;
            });
            (void)b->transmit(0, room, [&](std::uint64_t, Bytes bytes) {
                const auto taken = a->handle_stream(0, 9, bytes);
                CHECK(taken && *taken == bytes.size);
                moved = true;
            });
        }
    };
    carry();
    CHECK(a->ping_connection(0, 9, true) == M2M_OK);
    carry();
    auto event = a->poll_event();
    CHECK(event && event->kind == M2M_COAP_CONNECTION_PONG && event->custody == 1);
    CHECK(b->release_connection(0, 8, "night") == M2M_OK);
    carry();
    event = a->poll_event();
    CHECK(event && event->kind == M2M_COAP_CONNECTION_RELEASED && event->peer == 9);
    const auto signal = a->signal(9);
    CHECK(signal && signal->payload_len == 5);
    CHECK(a->abort_connection(0, 77) == M2M_UNKNOWN_ID);
    CHECK(a->disconnected(0, 9) == M2M_OK && b->disconnected(0, 8) == M2M_OK);
    CHECK(!a->signal(9));
}

/// Security contexts of the servers.
static void contexts() {
    using namespace m2m;
    m2m::lwm2m::ServerConfig config;
    m2m::lwm2m::BootstrapServerConfig of_bootstrap;
    config.security_contexts = of_bootstrap.security_contexts = 1;
    Streams streams;
    auto server = m2m::lwm2m::Server::make(config, streams, Seed{3});
    auto bootstrap = m2m::lwm2m::BootstrapServer::make(of_bootstrap, streams, Seed{4});
    CHECK(server && bootstrap);
    static const std::uint8_t secret[16] = {1}, sender = 's', recipient = 'c';
    Security security;
    security.master_secret = secret;
    security.master_secret_len = sizeof secret;
    security.sender_id = &sender;
    security.recipient_id = &recipient;
    security.sender_id_len = security.recipient_id_len = 1;
    const auto all = [&](auto &engine) {
        const auto first = engine.add_security_context("a", security);
        CHECK(first && engine.add_security_context("b", security).result() == M2M_FULL);
        const auto second = engine.replace_security_context(0, *first, "b", security);
        CHECK(second && *second != *first);
        CHECK(engine.remove_security_context(0, *second) == M2M_OK);
        CHECK(engine.replace_security_context(0, *second, "b", security).result() ==
              M2M_UNKNOWN_ID);
    };
    all(*server);
    all(*bootstrap);
}

int main() {
    senml();
    senml_in_pieces();
    coap();
    connections();
    contexts();
    lwm2m();
    onem2m();
    onem2m_bindings();
    std::puts("all of engines.cpp passed");
}
