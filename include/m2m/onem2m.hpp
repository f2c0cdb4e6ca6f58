/* The AE and the CSE of oneM2M in C++17. */
#ifndef M2M_ONEM2M_HPP
#define M2M_ONEM2M_HPP

#include "common.hpp"

namespace m2m {

namespace onem2m {

/// What an AE is made with.
using AeConfig = Filled<m2m_onem2m_ae_config, m2m_onem2m_ae_config_init>;
/// A request to the CSE: at first RETRIEVE.
using Request = Filled<m2m_onem2m_request, m2m_onem2m_request_init>;
/// What a CSE is made with.
using CseConfig = Filled<m2m_onem2m_cse_config, m2m_onem2m_cse_config_init>;
/// Whom a request comes from.
using Session = Filled<m2m_onem2m_session, m2m_onem2m_session_init>;

/// Where an originator is, and whose it is.
using Surroundings = Filled<m2m_onem2m_surroundings, m2m_onem2m_surroundings_init>;

/// The serialization that a server answers to what a client offers in Sec-WebSocket-Protocol.
inline Value<std::int32_t> choose_protocol(const char *offered) noexcept {
    return detail::got<std::int32_t>(m2m_onem2m_choose_protocol, offered);
}

/// A primitive in JSON or another serialization, written into a buffer of the caller's.
struct Primitive {
    Bytes bytes;
    /// It is a response; else a request.
    bool is_response = false;
    /// What was read was no good: this is the response that says so.
    bool is_refusal = false;
};

/// Reads a primitive in one serialization, checks it, and writes it in another.
template <std::size_t N>
Value<Primitive> convert(std::int32_t from, Bytes primitive, std::int32_t to,
                         std::array<std::uint8_t, N> &room) noexcept {
    std::size_t len = 0;
    std::int32_t is_response = 0;
    const Result result = m2m_onem2m_primitive_convert(from, primitive.data, primitive.size, to,
                                                       room.data(), N, &len, &is_response);
    if (!result) return result;
    return Primitive{{room.data(), len}, is_response != 0, result == M2M_REFUSED};
}

namespace http {

/// A request primitive in JSON as a message of HTTP/1.1.
template <std::size_t N>
Value<Bytes> request(Bytes json, const char *host, std::array<std::uint8_t, N> &room,
                     std::int32_t serialization = M2M_ONEM2M_JSON,
                     const char *prefix = nullptr) noexcept {
    return detail::bytes(room, m2m_onem2m_http_request_write, json.data, json.size, host, prefix,
        serialization);
}

/// A request at the start of what a connection brought.
struct Request {
    Primitive primitive;
    /// How many bytes it was.
    std::size_t used = 0;
    /// What its response is wanted in.
    std::int32_t serialization = 0;
    /// The connection is to be closed behind the response.
    bool close = false;
};
/// M2M_NOTHING while not all of it is there.
template <std::size_t N>
Value<Request> read_request(Bytes bytes, std::array<std::uint8_t, N> &room) noexcept {
    Request read;
    std::int32_t close = 0;
    read.primitive.bytes.data = room.data();
    const Result result = m2m_onem2m_http_request_read(bytes.data, bytes.size, &read.used,
                                                       &read.serialization, &close, room.data(), N,
                                                       &read.primitive.bytes.size);
    if (result != M2M_OK && result != M2M_REFUSED) return result;
    read.close = close != 0;
    read.primitive.is_response = read.primitive.is_refusal = result == M2M_REFUSED;
    return read;
}

/// A response primitive in JSON as a message of HTTP/1.1.
template <std::size_t N>
Value<Bytes> response(Bytes json, std::array<std::uint8_t, N> &room,
                      std::int32_t serialization = M2M_ONEM2M_JSON, bool close = false) noexcept {
    return detail::bytes(room, m2m_onem2m_http_response_write, json.data, json.size, serialization,
        close);
}

/// The response that a connection brought until it was closed, in JSON.
template <std::size_t N>
Value<Bytes> read_response(Bytes bytes, std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_onem2m_http_response_read, bytes.data, bytes.size);
}

}  // namespace http

/// A request that was taken off the bytes of a connection.
struct Taken {
    std::uint64_t id = 0;
    std::size_t used = 0;
};

/// An application entity.
class Ae : public Owner<m2m_onem2m_ae> {
public:
    using Owner::Owner;

    /// Makes an AE. Without one, `why` says what is wrong.
    static std::optional<Ae> make(const AeConfig &config, const Seed &seed,
                                  Result *why = nullptr) noexcept {
        return made<Ae>(config, seed, why);
    }

    Result register_at_cse(std::uint64_t now) noexcept {
        return m2m_onem2m_ae_register(get(), now);
    }
    Result deregister(std::uint64_t now) noexcept { return m2m_onem2m_ae_deregister(get(), now); }
    std::optional<m2m_onem2m_event> poll_event() noexcept {
        m2m_onem2m_event event{};
        if (m2m_onem2m_ae_poll_event(get(), &event) != M2M_OK) return std::nullopt;
        return event;
    }
    Value<std::uint64_t> request(std::uint64_t now, const Request &request) noexcept {
        return detail::got<std::uint64_t>(m2m_onem2m_ae_request, get(), now, &request);
    }
    /// A whole request primitive in JSON.
    Value<std::uint64_t> request(std::uint64_t now, std::string_view json) noexcept {
        return detail::got<std::uint64_t>(m2m_onem2m_ae_request_json, get(), now, json.data(),
            json.size());
    }
    template <std::size_t N>
    Value<std::string_view> content(std::uint64_t id, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_onem2m_ae_content, get(), id);
    }
    Result release(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_onem2m_ae_release(get(), now, id);
    }
    template <std::size_t N>
    Value<std::string_view> notification(std::uint64_t id,
                                         std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_onem2m_ae_notification, get(), id);
    }
    Result answer(std::uint64_t now, std::uint64_t id, std::uint32_t status = 2000) noexcept {
        return m2m_onem2m_ae_answer(get(), now, id, status);
    }

    /// Calls send(message, bytes) for each m2m_onem2m_outgoing, written into `room`.
    template <std::size_t N, typename Send>
    Result outgoing(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_onem2m_outgoing>(room, send, [&](auto *to) {
            return m2m_onem2m_ae_poll_outgoing(get(), now, room.data(), room.size(), to);
        });
    }
    Result handle_response(std::uint64_t now, std::uint64_t id, Bytes response) noexcept {
        return m2m_onem2m_ae_handle_response(get(), now, id, response.data, response.size);
    }
    Result outgoing_failed(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_onem2m_ae_outgoing_failed(get(), now, id);
    }
    /// Takes a notification that a connection brought.
    Value<Taken> handle_request(std::uint64_t now, std::uint64_t peer, Bytes request) noexcept {
        return detail::value_of<Taken>([&](auto *to) {
            return m2m_onem2m_ae_handle_request(get(), now, peer, request.data, request.size,
                                                &to->id, &to->used);
        });
    }
    /// Calls send(response, bytes) for each m2m_onem2m_response, written into `room`.
    template <std::size_t N, typename Send>
    Result responses(std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_onem2m_response>(room, send, [&](auto *to) {
            return m2m_onem2m_ae_poll_response(get(), room.data(), room.size(), to);
        });
    }

    /// CoAP: takes a datagram.
    Result handle_datagram(std::uint64_t now, std::uint64_t peer, Bytes datagram) noexcept {
        return m2m_onem2m_ae_handle_datagram(get(), now, peer, datagram.data, datagram.size);
    }
    /// CoAP: calls send(transmit, bytes) for each datagram that is to be sent.
    template <std::size_t N, typename Send>
    Result transmit(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_transmit>(room, send, [&](auto *to) {
            return m2m_onem2m_ae_poll_transmit(get(), now, room.data(), room.size(), to);
        });
    }
    Result forget_coap_peer(std::uint64_t now, std::uint64_t peer) noexcept {
        return m2m_onem2m_ae_forget_coap_peer(get(), now, peer);
    }
    /// MQTT: the n-th topic filter to subscribe to.
    template <std::size_t N>
    Value<std::string_view> topic_filter(std::size_t n, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_onem2m_ae_topic_filter, get(), n);
    }
    /// MQTT: calls send(publication, bytes) for each that is to be published.
    template <std::size_t N, typename Send>
    Result publications(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_onem2m_publication>(room, send, [&](auto *to) {
            return m2m_onem2m_ae_poll_publication(get(), now, room.data(), room.size(), to);
        });
    }
    /// MQTT: takes a publication.
    Result handle_publication(std::uint64_t now, const char *topic, Bytes payload,
                              bool dup = false) noexcept {
        return m2m_onem2m_ae_handle_publication(get(), now, topic, payload.data, payload.size, dup);
    }
    Result broker_lost(std::uint64_t now) noexcept {
        return m2m_onem2m_ae_broker_lost(get(), now);
    }
    /// WebSocket: calls send(message, bytes) for each that is to be sent.
    template <std::size_t N, typename Send>
    Result messages(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_onem2m_message>(room, send, [&](auto *to) {
            return m2m_onem2m_ae_poll_message(get(), now, room.data(), room.size(), to);
        });
    }
    /// WebSocket: takes a message.
    Result handle_message(std::uint64_t now, Bytes message) noexcept {
        return m2m_onem2m_ae_handle_message(get(), now, message.data, message.size);
    }
    Result disconnected(std::uint64_t now) noexcept {
        return m2m_onem2m_ae_disconnected(get(), now);
    }

    template <std::size_t N>
    Value<std::string_view> id(std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_onem2m_ae_id, get());
    }
    /// The address of the AE's resource.
    template <std::size_t N>
    Value<std::string_view> resource(std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_onem2m_ae_resource, get());
    }
    /// Takes a registration up again that was made before a restart.
    Result restore(std::uint64_t now, const char *id, const char *resource) noexcept {
        return m2m_onem2m_ae_restore(get(), now, id, resource);
    }
    Result set_wall_clock(std::uint64_t now, std::int64_t unix_ms) noexcept {
        return m2m_onem2m_ae_set_wall_clock(get(), now, unix_ms);
    }
    Result forget_peer(std::uint64_t peer) noexcept {
        return m2m_onem2m_ae_forget_peer(get(), peer);
    }
    Value<m2m_counters> coap_counters() const noexcept {
        return detail::got<m2m_counters>(m2m_onem2m_ae_coap_counters, get());
    }
};

/// A common services entity.
class Cse : public Owner<m2m_onem2m_cse> {
public:
    using Owner::Owner;

    /// Makes a CSE. Without one, `why` says what is wrong.
    static std::optional<Cse> make(const CseConfig &config, const Seed &seed,
                                   Result *why = nullptr) noexcept {
        return made<Cse>(config, seed, why);
    }

    Result set_wall_clock(std::uint64_t now, std::int64_t unix_ms) noexcept {
        return m2m_onem2m_cse_set_wall_clock(get(), now, unix_ms);
    }
    /// Takes a request that a connection brought.
    Value<Taken> handle_request(std::uint64_t now, const Session &session,
                                Bytes request) noexcept {
        return detail::value_of<Taken>([&](auto *to) {
            return m2m_onem2m_cse_handle_request(get(), now, &session, request.data, request.size,
                                                 &to->id, &to->used);
        });
    }
    /// Calls send(response, bytes) for each m2m_onem2m_response, written into `room`.
    template <std::size_t N, typename Send>
    Result responses(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_onem2m_response>(room, send, [&](auto *to) {
            return m2m_onem2m_cse_poll_response(get(), now, room.data(), room.size(), to);
        });
    }
    Result forget_peer(std::uint64_t peer) noexcept {
        return m2m_onem2m_cse_forget_peer(get(), peer);
    }
    /// Calls send(message, bytes) for each m2m_onem2m_cse_outgoing, written into `room`.
    template <std::size_t N, typename Send>
    Result outgoing(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_onem2m_cse_outgoing>(room, send, [&](auto *to) {
            return m2m_onem2m_cse_poll_outgoing(get(), now, room.data(), room.size(), to);
        });
    }
    Result handle_response(std::uint64_t now, std::uint64_t id, Bytes response) noexcept {
        return m2m_onem2m_cse_handle_response(get(), now, id, response.data, response.size);
    }
    Result outgoing_failed(std::uint64_t id, bool sent) noexcept {
        return m2m_onem2m_cse_outgoing_failed(get(), id, sent);
    }
    /// CoAP: takes a datagram.
    Result handle_datagram(std::uint64_t now, const Session &session, Bytes datagram) noexcept {
        return m2m_onem2m_cse_handle_datagram(get(), now, &session, datagram.data, datagram.size);
    }
    /// CoAP: calls send(transmit, bytes) for each datagram that is to be sent.
    template <std::size_t N, typename Send>
    Result transmit(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_transmit>(room, send, [&](auto *to) {
            return m2m_onem2m_cse_poll_transmit(get(), now, room.data(), room.size(), to);
        });
    }
    Result forget_coap_peer(std::uint64_t now, std::uint64_t peer) noexcept {
        return m2m_onem2m_cse_forget_coap_peer(get(), now, peer);
    }
    /// Names the peer that a request of CoAP or WebSocket from outgoing() goes to.
    Result set_peer(std::uint64_t now, std::uint64_t id, std::uint64_t peer) noexcept {
        return m2m_onem2m_cse_set_peer(get(), now, id, peer);
    }
    /// MQTT: the n-th topic filter to subscribe to.
    template <std::size_t N>
    Value<std::string_view> topic_filter(std::size_t n, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_onem2m_cse_topic_filter, get(), n);
    }
    /// MQTT: calls send(publication, bytes) for each that is to be published.
    template <std::size_t N, typename Send>
    Result publications(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_onem2m_publication>(room, send, [&](auto *to) {
            return m2m_onem2m_cse_poll_publication(get(), now, room.data(), room.size(), to);
        });
    }
    /// MQTT: takes a publication.
    Result handle_publication(std::uint64_t now, const char *topic, Bytes payload,
                              bool dup = false) noexcept {
        return m2m_onem2m_cse_handle_publication(get(), now, topic, payload.data, payload.size,
                                                 dup);
    }
    Result broker_lost() noexcept { return m2m_onem2m_cse_broker_lost(get()); }
    /// WebSocket: a connection is open.
    Result connected(const Session &session, std::int32_t serialization,
                     const char *origin = nullptr) noexcept {
        return m2m_onem2m_cse_connected(get(), &session, serialization, origin);
    }
    /// WebSocket: takes a message.
    Result handle_message(std::uint64_t now, const Session &session, Bytes message) noexcept {
        return m2m_onem2m_cse_handle_message(get(), now, &session, message.data, message.size);
    }
    /// WebSocket: calls send(message, bytes) for each that is to be sent.
    template <std::size_t N, typename Send>
    Result messages(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        return detail::drain<m2m_onem2m_message>(room, send, [&](auto *to) {
            return m2m_onem2m_cse_poll_message(get(), now, room.data(), room.size(), to);
        });
    }
    Result disconnected(std::uint64_t peer) noexcept {
        return m2m_onem2m_cse_disconnected(get(), peer);
    }
    /// What it does not see itself of where an originator is.
    Result set_surroundings(std::uint64_t now, const char *originator,
                            const Surroundings &surroundings) noexcept {
        return m2m_onem2m_cse_set_surroundings(get(), now, originator, &surroundings);
    }
    Value<std::int32_t> is_registered() const noexcept {
        return detail::got<std::int32_t>(m2m_onem2m_cse_is_registered, get());
    }
    Value<m2m_onem2m_cse_counts> counters() const noexcept {
        return detail::got<m2m_onem2m_cse_counts>(m2m_onem2m_cse_counters, get());
    }
    Value<m2m_counters> coap_counters() const noexcept {
        return detail::got<m2m_counters>(m2m_onem2m_cse_coap_counters, get());
    }
    Value<std::uint32_t> resources() const noexcept {
        return detail::got<std::uint32_t>(m2m_onem2m_cse_resources, get());
    }

    /// Calls keep(key, bytes) or forget(key) for each record, written into `room`.
    template <std::size_t N, typename Keep, typename Forget>
    Result journal(std::array<std::uint8_t, N> &room, Keep &&keep, Forget &&forget) {
        return detail::journal(m2m_onem2m_cse_poll_journal, get(), room, keep, forget);
    }
    Result restore(std::uint64_t key, Bytes record) noexcept {
        return m2m_onem2m_cse_restore(get(), key, record.data, record.size);
    }
    Result finish_restore() noexcept { return m2m_onem2m_cse_finish_restore(get()); }
};

/// Points in time and durations of oneM2M, in milliseconds; those in time since 1970-01-01T00:00:00Z.
inline Value<std::int64_t> read_timestamp(const char *text) noexcept {
    return detail::got<std::int64_t>(m2m_onem2m_timestamp_read, text);
}
template <std::size_t N>
Value<std::string_view> write_timestamp(std::int64_t unix_ms, bool milliseconds,
                                        std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_timestamp_write, unix_ms, milliseconds);
}
/// A time that may be relative to when it was received.
inline Value<std::int64_t> resolve_time(const char *text, std::int64_t received_ms) noexcept {
    return detail::got<std::int64_t>(m2m_onem2m_time_resolve, text, received_ms);
}
inline Value<std::uint64_t> read_duration(const char *text) noexcept {
    return detail::got<std::uint64_t>(m2m_onem2m_duration_read, text);
}
template <std::size_t N>
Value<std::string_view> write_duration(std::uint64_t ms, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_duration_write, ms);
}
/// M2M_OK within a schedule, M2M_NOTHING outside; and its next second.
inline Result schedule_contains(const char *schedule, std::int64_t unix_ms) noexcept {
    return m2m_onem2m_schedule_contains(schedule, unix_ms);
}
inline Value<std::int64_t> schedule_next(const char *schedule, std::int64_t unix_ms) noexcept {
    return detail::got<std::int64_t>(m2m_onem2m_schedule_next, schedule, unix_ms);
}

/// A part of an address; without data if it is not there.
inline std::string_view view(m2m_onem2m_part part) noexcept { return {part.text, part.len}; }
/// The parts of an address and of an originator, which lie in `text`.
inline Value<m2m_onem2m_address> read_address(const char *text) noexcept {
    return detail::got<m2m_onem2m_address>(m2m_onem2m_address_read, text);
}
inline Value<m2m_onem2m_originator> read_originator(const char *text) noexcept {
    return detail::got<m2m_onem2m_originator>(m2m_onem2m_originator_read, text);
}
/// One of enum m2m_onem2m_form.
inline Value<std::int32_t> address_form(const char *text, const char *cse_base) noexcept {
    return detail::got<std::int32_t>(m2m_onem2m_address_form, text, cse_base);
}
/// The shortest form as a CSE sees it, and longer ones.
template <std::size_t N>
Value<std::string_view> relative_address(const char *text, const char *provider, const char *cse,
                                         std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_address_relative, text, provider, cse);
}
template <std::size_t N>
Value<std::string_view> relative_originator(const char *text, const char *provider,
                                            const char *cse, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_originator_relative, text, provider, cse);
}
template <std::size_t N>
Value<std::string_view> address_in_scope(const char *text, std::int32_t scope,
                                         const char *provider, const char *cse,
                                         std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_address_in_scope, text, scope, provider, cse);
}
template <std::size_t N>
Value<std::string_view> parent_address(const char *text, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_address_parent, text);
}
/// The path of HTTP that an address has, and back.
template <std::size_t N>
Value<std::string_view> address_to_path(const char *text, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_address_to_path, text);
}
template <std::size_t N>
Value<std::string_view> address_from_path(const char *path, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_address_from_path, path);
}

/// What a resource type is, by its number or that of a management object, and the name of its representation.
inline Value<m2m_onem2m_definition> describe_type(std::uint32_t number) noexcept {
    return detail::got<m2m_onem2m_definition>(m2m_onem2m_type_describe, number);
}
template <std::size_t N>
Value<std::string_view> member_name(std::uint32_t number, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_onem2m_type_member_name, number);
}
inline Value<std::uint32_t> type_of(const char *member_name) noexcept {
    return detail::got<std::uint32_t>(m2m_onem2m_type_of, member_name);
}
inline bool allows_child(std::uint32_t number, std::uint32_t child) noexcept {
    return m2m_onem2m_type_allows_child(number, child) == M2M_OK;
}
/// An attribute of a type, and a member of a complex type.
inline Value<m2m_onem2m_attribute> attribute(std::uint32_t number, std::size_t index) noexcept {
    return detail::got<m2m_onem2m_attribute>(m2m_onem2m_attribute_at, number, index);
}
inline Value<m2m_onem2m_attribute> attribute(std::uint32_t number, const char *name) noexcept {
    return detail::got<m2m_onem2m_attribute>(m2m_onem2m_attribute_find, number, name);
}
inline Value<m2m_onem2m_attribute> member(const char *type, std::size_t index) noexcept {
    return detail::got<m2m_onem2m_attribute>(m2m_onem2m_member_at, type, index);
}

/// Primitives in JSON as datagrams of CoAP, and back.
namespace coap {

template <std::size_t N>
Value<Bytes> write_request(Bytes json, std::int32_t serialization, std::uint16_t id, Bytes token,
                           std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_onem2m_coap_request_write, json.data, json.size, serialization,
                         id, token.data, token.size);
}
template <std::size_t N>
Value<Bytes> write_response(Bytes json, std::int32_t operation, std::int32_t serialization,
                            std::uint16_t id, Bytes token,
                            std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_onem2m_coap_response_write, json.data, json.size, operation,
                         serialization, id, token.data, token.size);
}
/// A request that was read, and how it is to be answered. After M2M_REFUSED it is the answer.
struct Request {
    Result result = M2M_OK;
    std::int32_t serialization = 0, operation = 0;
    Bytes json;
};
template <std::size_t N>
Request read_request(Bytes datagram, std::array<std::uint8_t, N> &room) noexcept {
    Request request;
    request.json.data = room.data();
    request.result = m2m_onem2m_coap_request_read(datagram.data, datagram.size,
                                                  &request.serialization, &request.operation,
                                                  room.data(), N, &request.json.size);
    return request;
}
template <std::size_t N>
Value<Bytes> read_response(Bytes datagram, std::int32_t operation,
                           std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_onem2m_coap_response_read, datagram.data, datagram.size,
                         operation);
}

}  // namespace coap

}  // namespace onem2m

}  // namespace m2m

#endif
