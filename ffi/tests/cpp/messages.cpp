// What m2m.hpp reads and writes without a handle: messages, links, payloads, and LwM2M over MQTT, HTTP and SMS.
#include "check.hpp"

#include <cstring>
#include <string>
#include <type_traits>

using m2m::Bytes;
using m2m::Path;
using Buffer = std::array<std::uint8_t, 256>;

template <typename T>
constexpr bool stays = !std::is_copy_constructible_v<T> && !std::is_move_constructible_v<T>;
static_assert(stays<m2m::coap::MessageReader> && stays<m2m::coap::MessageWriter>);
static_assert(stays<m2m::coap::LinkReader> && stays<m2m::coap::LinkWriter>);
static_assert(stays<m2m::lwm2m::PayloadReader> && stays<m2m::lwm2m::mqtt::Mapping>);
static_assert(stays<m2m::senml::Reader> && stays<m2m::senml::Writer> && stays<m2m::senml::Stream<>>);

static const std::uint8_t TOKEN[] = {7, 8};

static std::string text(Bytes bytes) {
    return std::string(reinterpret_cast<const char *>(bytes.data), bytes.size);
}

static Bytes bytes(const char *literal) {
    return {reinterpret_cast<const std::uint8_t *>(literal), std::strlen(literal)};
}

static m2m::Value<Bytes> registration(Buffer &room) {
    m2m::coap::MessageWriter writer(room, M2M_COAP_CON, M2M_COAP_POST, 0x1234, {TOKEN, 2});
    CHECK(writer.path("/rd") && writer.number(M2M_COAP_CONTENT_FORMAT, 40));
    CHECK(writer.query("lt=60&ep=a") && writer.option(2049, {TOKEN, 1}));
    CHECK(writer.number(M2M_COAP_URI_PORT, 1) == M2M_INVALID);
    return writer.finish(bytes("</1/0>"));
}

static void messages() {
    Buffer room{};
    const auto written = registration(room);
    CHECK(written && written->data == room.data());
    m2m::coap::MessageReader reader(*written);
    const auto header = reader.header();
    CHECK(reader.result() == M2M_OK && reader.fault().result() == M2M_NOTHING);
    CHECK(header && header->code == M2M_COAP_POST && header->token_len == 2 && header->payload_len == 6);
    std::array<char, 16> name{};
    const auto path = reader.path(name);
    CHECK(path && *path == "/rd");
    const auto query = reader.query(name);
    CHECK(query && *query == "lt=60&ep=a");
    const auto format = reader.number(M2M_COAP_CONTENT_FORMAT);
    CHECK(format && *format == 40 && reader.number(M2M_COAP_ACCEPT).result() == M2M_NOTHING);
    const auto second = reader.option(M2M_COAP_URI_QUERY, 1);
    CHECK(second && text(*second) == "ep=a" && !reader.option(M2M_COAP_URI_QUERY, 2));
    int count = 0;
    while (reader.next()) count++;
    CHECK(count == 5);
    const auto peeked = m2m::coap::peek(*written);
    CHECK(peeked && peeked->type == M2M_COAP_CON && peeked->id == 0x1234);

    m2m::coap::MessageReader wrong({room.data(), 5});
    CHECK(wrong.result() == M2M_MALFORMED && !wrong.header());
    const auto fault = wrong.fault();
    CHECK(fault && fault->kind != 0 && fault->offset <= 5);
    std::array<std::uint8_t, 3> small{};
    m2m::coap::MessageWriter unmade(small, M2M_COAP_CON, M2M_COAP_GET, 1);
    CHECK(unmade.path("/a") == M2M_BUFFER_TOO_SMALL && unmade.finish().result() == M2M_BUFFER_TOO_SMALL);
}

static void links() {
    Buffer room{};
    m2m::coap::LinkWriter writer(room);
    CHECK(writer.link("/sensors") && writer.text("rt", "light temperature") && writer.number("sz", 7));
    CHECK(writer.link("/time") && writer.flag("obs"));
    const auto list = writer.finish();
    CHECK(list && text(*list).find("</time>;obs") != std::string::npos);
    m2m::coap::LinkReader reader(*list);
    std::array<char, 32> name{};
    const auto first = reader.next();
    CHECK(first && std::string(first->target, first->target_len) == "/sensors" && first->parameters == 2);
    const auto second = reader.item("rt", 1, name);
    CHECK(second && *second == "temperature" && reader.matches("rt=light") && !reader.matches("rt=x"));
    const auto size = reader.number("sz");
    CHECK(size && *size == 7 && reader.parameter(0) && !reader.parameter(2));
    const auto whole = reader.value("rt", name);
    CHECK(whole && *whole == "light temperature");
    CHECK(reader.next() && !reader.next() && reader.result() == M2M_NOTHING);
    m2m::coap::LinkReader wrong(bytes("<a"));
    CHECK(!wrong.next() && wrong.result() == M2M_MALFORMED && wrong.fault());
}

static m2m::lwm2m::Payload payload_of(std::int32_t format) {
    static const m2m_standard_object *const objects[] = {&m2m_object_3303};
    m2m::lwm2m::Payload payload;
    payload.format = format;
    payload.path = Path(3303, 0);
    payload.standard_objects = objects;
    payload.standard_objects_len = 1;
    return payload;
}

static void payloads() {
    Buffer room{};
    m2m_lwm2m_item items[2] = {};
    items[0].path = Path(3303, 0, 5700);
    items[0].type = M2M_FLOAT;
    items[0].real = 20.5;
    items[1].path = Path(3303, 0, 5701);
    items[1].type = M2M_STRING;
    items[1].data = bytes("Cel").data;
    items[1].len = 3;
    for (const std::int32_t format : {M2M_LWM2M_TLV, M2M_LWM2M_SENML_CBOR, M2M_LWM2M_CBOR}) {
        const auto payload = payload_of(format);
        const auto written = m2m::lwm2m::write(payload, items, 2, room);
        CHECK(written);
        m2m::lwm2m::PayloadReader reader(payload, *written);
        const auto temperature = reader.next();
        CHECK(temperature && temperature->real == 20.5);
        std::array<std::uint8_t, 8> unit{};
        CHECK(reader.next());
        const auto read = reader.bytes(unit);
        CHECK(read && text(*read) == "Cel");
        CHECK(!reader.next() && reader.result() == M2M_NOTHING && reader.fault().result() == M2M_NOTHING);
    }
    m2m::lwm2m::PayloadReader wrong(payload_of(M2M_LWM2M_SENML_CBOR), bytes("x"));
    CHECK(!wrong.next() && wrong.result() == M2M_MALFORMED && wrong.fault());

    const std::array<m2m_path, 2> paths{Path(3, 0), Path(3303, 0, 5700)};
    const auto written = m2m::lwm2m::write_paths(M2M_LWM2M_SENML_CBOR, paths, room);
    CHECK(written);
    std::array<m2m_path, 4> read{};
    const auto count = m2m::lwm2m::read_paths(M2M_LWM2M_SENML_CBOR, *written, read);
    CHECK(count && *count == 2 && Path(read[1]) == Path(3303, 0, 5700));
}

static void mqtt() {
    namespace mqtt = m2m::lwm2m::mqtt;
    mqtt::Mapping device(M2M_LWM2M_MQTT_DEVICE), server(M2M_LWM2M_MQTT_SERVER);
    CHECK(device.result() == M2M_OK && mqtt::Mapping(9).result() == M2M_INVALID);
    Buffer room{}, published{}, given{};
    m2m::coap::MessageWriter update(room, M2M_COAP_CON, M2M_COAP_POST, 9, {TOKEN, 2});
    CHECK(update.path("/rd/x") && update.query("lt=60"));
    const auto datagram = update.finish();
    const auto publication = device.publication(*datagram, published);
    CHECK(publication && device.datagram(*publication, given).result() == M2M_NOTHING);
    const auto arrived = server.datagram(*publication, given, "roof", "/rd/x");
    CHECK(arrived);
    std::array<char, 40> name{};
    const auto path = m2m::coap::MessageReader(*arrived).path(name);
    CHECK(path && *path == "/rd/x");
    const auto acknowledgement = mqtt::acknowledgement(*datagram, given);
    CHECK(acknowledgement && acknowledgement->size == 4);
    const auto topic = mqtt::topic("roof", name, M2M_LWM2M_MQTT_REGISTRATION, "city");
    CHECK(topic && *topic == "city/lwm2m/rd/roof");
    std::array<char, 8> endpoint{};
    std::int32_t side = 0;
    const auto parsed = mqtt::endpoint("city/lwm2m/bs/roof", side, endpoint, "city");
    CHECK(parsed && *parsed == "roof" && side == M2M_LWM2M_MQTT_BOOTSTRAP);
    CHECK(mqtt::endpoint("elsewhere", side, endpoint).result() == M2M_NOTHING);
}

static void http() {
    namespace http = m2m::lwm2m::http;
    Buffer room{}, made{}, answered{};
    std::array<char, 128> texts{};
    m2m::coap::MessageWriter read(room, M2M_COAP_CON, M2M_COAP_GET, 9, {TOKEN, 2});
    CHECK(read.path("/3/0/0"));
    const auto question = read.finish();
    const auto request = http::request(*question, texts);
    CHECK(request && std::strcmp(request->method, "GET") == 0);
    const auto back = http::datagram(*request, 1, {TOKEN, 2}, made);
    CHECK(back);
    http::Response response;
    response.status = 200;
    response.content_type = "text/plain";
    response.body = bytes("abc").data;
    response.body_len = 3;
    const auto answer = http::datagram(response, *back, answered);
    CHECK(answer);
    const auto told = http::response(*answer, texts);
    CHECK(told && told->status == 200 && told->body_len == 3);
    CHECK(http::request(bytes("x"), texts).result() == M2M_MALFORMED);
}

static void frames() {
    Buffer room{};
    m2m::coap::MessageWriter writer(room, M2M_STREAM_TCP, M2M_COAP_SIGNAL_CSM);
    CHECK(writer.number(M2M_COAP_MAX_MESSAGE_SIZE, 8192));
    const auto written = writer.finish();
    CHECK(written && written->size == 5 && room[0] == 0x30 && room[1] == M2M_COAP_SIGNAL_CSM);
    m2m::coap::MessageReader whole(M2M_STREAM_TCP, *written), part(M2M_STREAM_TCP, {room.data(), 3});
    CHECK(whole.result() == M2M_OK && whole.needed() == 5 && whole.header()->code == M2M_COAP_SIGNAL_CSM);
    CHECK(*whole.number(M2M_COAP_MAX_MESSAGE_SIZE) == 8192);
    CHECK(part.result() == M2M_NOTHING && part.needed() == 5 && !part.header());
    CHECK(m2m::coap::describe_option(M2M_COAP_MAX_MESSAGE_SIZE, M2M_COAP_SIGNAL_CSM)->most == 4);
    CHECK(m2m::coap::describe_option(M2M_COAP_URI_PATH)->repeatable == 1);
    std::array<char, 32> name{};
    CHECK(*m2m::coap::option_name(M2M_COAP_URI_PATH, name) == "Uri-Path");
}

static void oscore() {
    static const std::uint8_t secret[16] = {1, 2, 3}, ids[] = {1, 2};
    m2m::Security ours, theirs;
    ours.master_secret = theirs.master_secret = secret;
    ours.master_secret_len = theirs.master_secret_len = sizeof secret;
    ours.sender_id = theirs.recipient_id = ids;
    theirs.sender_id = ours.recipient_id = ids + 1;
    ours.sender_id_len = ours.recipient_id_len = theirs.sender_id_len = theirs.recipient_id_len = 1;
    m2m::coap::SecurityContext client(ours), server(theirs), none(m2m::Security{});
    CHECK(client.result() && server.result() && none.result() == M2M_INVALID);
    Buffer plain{}, wire{}, read{}, again{};
    const auto request = registration(plain);
    const auto sent = client.protect_request(*request, wire);
    CHECK(sent && sent->binding == 0);
    m2m::coap::MessageReader outer(sent->datagram);
    const auto named = m2m::coap::read_oscore_option(*outer.option(M2M_COAP_OSCORE));
    CHECK(named && named->piv == 0 && named->kid_len == 1 && *named->kid == 1);
    CHECK(text(*m2m::coap::write_oscore_option(*named, again)) == text(*outer.option(M2M_COAP_OSCORE)));
    CHECK(server.verify_request(sent->datagram, read));
    const auto got = server.unprotect_request(sent->datagram, read);
    CHECK(got && text(got->datagram) == text(*request));
    CHECK(!server.unprotect_request(sent->datagram, again));
    CHECK(*server.error() == M2M_OSCORE_ERROR_REPLAY && client.error().result() == M2M_NOTHING);
    CHECK(server.view()->received == 1 && client.view()->next == 1);
    m2m::coap::MessageWriter writer(plain, M2M_COAP_ACK, M2M_COAP_CONTENT, 0x1234, {TOKEN, 2});
    const auto response = writer.finish(bytes("hi"));
    const auto answer = server.protect_response(got->binding, true, *response, wire);
    CHECK(answer);
    const auto heard = client.unprotect_response(sent->binding, *answer, read);
    CHECK(heard && heard->piv == 0 && text(heard->datagram) == text(*response));
    CHECK(server.reserve(1) && server.start(got->binding));
    CHECK(server.protect_response(got->binding, true, *response, wire).result() == M2M_NOT_ALLOWED);
}

static void sms() {
    std::array<std::uint8_t, 40> room{};
    m2m::lwm2m::Trigger trigger;
    trigger.server = 5;
    const auto written = m2m::lwm2m::write_trigger(trigger, 1, {TOKEN, 2}, room);
    CHECK(written);
    const auto read = m2m::lwm2m::read_trigger(*written);
    CHECK(read && read->server == 5 && read->bootstrap == 0 && !m2m::lwm2m::read_trigger(bytes("x")));
}

int main() {
    messages();
    links();
    payloads();
    mqtt();
    http();
    frames();
    oscore();
    sms();
    std::puts("all of messages.cpp passed");
}
