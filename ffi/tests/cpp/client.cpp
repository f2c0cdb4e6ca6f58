// A client through m2m.hpp: values of every type, events, datagrams, and who owns what.
#include "check.hpp"

using m2m::Bytes;
using m2m::Path;
using m2m::lwm2m::Client;

static_assert(owns<Client>);

static const m2m_resource rows[] = {
    {1, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_STRING},
    {2, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_INTEGER},
    {3, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_UNSIGNED},
    {4, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_FLOAT},
    {5, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_BOOLEAN},
    {6, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_OPAQUE},
    {7, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_TIME},
    {8, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_OBJLNK},
    {9, M2M_RW, M2M_SINGLE, M2M_OPTIONAL, M2M_CORELNK},
};

static Client make() {
    static const m2m_object object = {26241, 1, 0, M2M_MULTIPLE, M2M_OPTIONAL, rows,
                                      sizeof rows / sizeof rows[0], nullptr, 0};
    m2m::lwm2m::Config config;
    config.endpoint_name = "cpp";
    config.objects = &object;
    config.objects_len = 1;
    config.tag = 42;
    m2m::Result why = M2M_UNSPECIFIED;
    auto client = Client::make(config, {1, 2, 3}, &why);
    CHECK(client && why == M2M_OK);
    CHECK(client->add_instance(0, {26241, 0}));
    return std::move(*client);
}

static void values() {
    Client c = make();
    const auto at = [](std::uint16_t id) { return Path(26241, 0, id); };
    std::array<char, 8> text{};
    std::array<std::uint8_t, 4> room{};
    const std::uint8_t raw[] = {1, 2, 3, 0, 255};

    CHECK(c.set(0, at(1), "roof") && c.read(at(1), text) == "roof");
    CHECK(c.set(0, at(1), std::string_view("a whole sentence")) && !c.read(at(1), text));
    CHECK(c.set(0, at(2), -7) && c.get<std::int64_t>(at(2)) == -7);
    CHECK(c.set(0, at(3), std::uint64_t{1} << 63) && c.get<std::uint64_t>(at(3)) == 1ull << 63);
    CHECK(c.set(0, at(4), 20.1) && c.get<double>(at(4)) == 20.1);
    CHECK(c.set(0, at(5), true) && c.get<bool>(at(5)) == true);
    CHECK(c.set(0, at(6), Bytes{raw, 4}));
    CHECK(c.read(at(6), room)->size == 4 && room[3] == 0 && room[2] == 3);
    CHECK(c.set(0, at(6), Bytes{raw, 5}) && !c.read(at(6), room));
    CHECK(c.set(0, at(7), m2m::Time{1700000000}) && c.get<m2m::Time>(at(7))->seconds == 1700000000);
    CHECK(c.set(0, at(8), m2m::ObjectLink{3, 0}) && c.get<m2m::ObjectLink>(at(8))->object == 3);
    CHECK(c.set(0, at(9), m2m::CoreLinks{"</3/0>"}) && c.contains(at(9)));

    // The wrong type, and what is not there.
    CHECK(c.set(0, at(2), "seven") == M2M_WRONG_TYPE && !c.get<double>(at(2)));
    CHECK(c.remove(0, at(2)) && !c.contains(at(2)) && !c.get<std::int64_t>(at(2)));
    CHECK(c.set(0, Path(26241, 1, 1), "x") == M2M_UNKNOWN_PATH);
    CHECK(std::string_view(m2m::Result(M2M_FULL).what()) == m2m_strerror(M2M_FULL));
}

static void owners() {
    Client a = make(), b = make();
    const m2m_lwm2m_client *of_b = b.get();
    a = std::move(b);
    CHECK(a.get() == of_b && !b.get());
    CHECK(m2m_lwm2m_client_tag(a.get()) == 42);
    // What was moved from is an error, not a crash.
    CHECK(b.start(0) == M2M_NULL && !b.poll_event() && b.poll_timeout() == M2M_NEVER);
    Client &same = a;
    a = std::move(same);
    CHECK(a.get() == of_b);
    std::vector<Client> many;
    for (int i = 0; i < 9; i++) many.push_back(make());
    m2m::lwm2m::Config wrong;
    wrong.servers = 0;
    m2m::Result why = M2M_OK;
    CHECK(!Client::make(wrong, {}, &why) && why == M2M_INVALID);
}

static void paths() {
    CHECK(Path(3, 0, 1) == *Path::parse("/3/0/1") && Path(3) != Path(3, 0));
    CHECK(std::string_view(Path(65534, 65534, 65534, 65534).text().data()) ==
          "/65534/65534/65534/65534");
    CHECK(!Path::parse("3/0") && Path(3, 0, 1).starts_with(Path(3)));
}

static void registers() {
    Client c = make();
    m2m::lwm2m::ServerAccount account;
    account.ssid = 7;
    account.peer = 9;
    account.uri = "coap://server";
    CHECK(c.add_server(0, account) && c.start(0));
    std::array<std::uint8_t, 1152> room;
    std::vector<std::uint8_t> sent;
    CHECK(c.transmit(0, room, [&](std::uint64_t peer, Bytes bytes) {
        CHECK(peer == 9);
        sent.assign(bytes.data, bytes.data + bytes.size);
    }) == M2M_NOTHING);
    // A confirmable POST with a token of 8 bytes; 2.01 with the location /rd/5 answers it.
    CHECK(sent.size() > 12 && sent[0] == 0x48 && sent[1] == 2);
    std::vector<std::uint8_t> answer(sent.begin(), sent.begin() + 12);
    answer[0] = 0x68;
    answer[1] = 0x41;
    for (int byte : {0x82, 0x72, 0x64, 0x01, 0x35}) answer.push_back(static_cast<std::uint8_t>(byte));
    CHECK(c.handle_datagram(10, 9, {answer.data(), answer.size()}) == M2M_OK);
    const auto event = c.poll_event();
    CHECK(event && event->kind == M2M_LWM2M_REGISTERED && event->server == 7);
    CHECK(!c.poll_event());
    CHECK(c.registration(7)->state == M2M_LWM2M_STATE_REGISTERED && !c.registration(8));
    CHECK(c.poll_timeout() > 10 && c.poll_timeout() != M2M_NEVER);
    CHECK(c.handle_timeout(20) && c.deregister(20, 7));
}

int main() {
    values();
    owners();
    paths();
    registers();
    std::puts("all of client.cpp passed");
}
