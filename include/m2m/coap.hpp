/* The CoAP endpoint in C++17, with OSCORE. */
#ifndef M2M_COAP_HPP
#define M2M_COAP_HPP

#include "common.hpp"

namespace m2m {

namespace coap {

/// What an endpoint is made with.
using Config = Filled<m2m_coap_config, m2m_coap_config_init>;
/// A request: at first a GET.
using Request = Filled<m2m_coap_request, m2m_coap_request_init>;
/// A response.
using Response = Filled<m2m_coap_response, m2m_coap_response_init>;

using m2m::Security;

/// A CoAP endpoint, client and server at once.
class Endpoint : public Engine<m2m_coap_endpoint> {
public:
    using Engine::Engine;

    /// Makes an endpoint. Without one, `why` says what is wrong.
    static std::optional<Endpoint> make(const Config &config, const Seed &seed,
                                        Result *why = nullptr) noexcept {
        return made<Endpoint>(config, seed, why);
    }
    /// With connections besides.
    static std::optional<Endpoint> make(const Config &config, const Streams &streams,
                                     const Seed &seed, Result *why = nullptr) noexcept {
        return made<Endpoint>(config, streams, seed, why);
    }

    Result forget_peer(std::uint64_t now, std::uint64_t peer) noexcept {
        return m2m_coap_endpoint_forget_peer(get(), now, peer);
    }
    Value<std::uint64_t> request(std::uint64_t now, std::uint64_t peer,
                                 const Request &request) noexcept {
        return detail::value_of<std::uint64_t>(
            [&](auto *to) { return m2m_coap_endpoint_request(get(), now, peer, &request, to); });
    }
    Result cancel(std::uint64_t now, std::uint64_t id, std::int32_t how) noexcept {
        return m2m_coap_endpoint_cancel(get(), now, id, how);
    }
    /// What a request was answered.
    Value<m2m_coap_message> response(std::uint64_t id) const noexcept {
        return detail::value_of<m2m_coap_message>(
            [&](auto *to) { return m2m_coap_endpoint_response(get(), id, to); });
    }
    template <std::size_t N>
    Value<Bytes> response_payload(std::uint64_t id,
                                  std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes_of(room, [&](std::uint8_t *buf, std::size_t cap, std::size_t *len) {
            return m2m_coap_endpoint_response_payload(get(), id, buf, cap, len);
        });
    }
    Result release(std::uint64_t id) noexcept { return m2m_coap_endpoint_release(get(), id); }

    /// What a peer asks for.
    Value<m2m_coap_message> incoming(std::uint64_t id) const noexcept {
        return detail::value_of<m2m_coap_message>(
            [&](auto *to) { return m2m_coap_endpoint_incoming(get(), id, to); });
    }
    template <std::size_t N>
    Value<Bytes> incoming_payload(std::uint64_t id,
                                  std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes_of(room, [&](std::uint8_t *buf, std::size_t cap, std::size_t *len) {
            return m2m_coap_endpoint_incoming_payload(get(), id, buf, cap, len);
        });
    }
    template <std::size_t N>
    Value<std::string_view> incoming_path(std::uint64_t id,
                                          std::array<char, N> &room) const noexcept {
        return detail::text_of(room, [&](char *buf, std::size_t cap, std::size_t *len) {
            return m2m_coap_endpoint_incoming_path(get(), id, buf, cap, len);
        });
    }
    /// Answers. `observer` gets the id of an observer that the response makes, or 0.
    Result respond(std::uint64_t now, std::uint64_t id, const Response &response,
                   std::uint64_t *observer = nullptr) noexcept {
        std::uint64_t unused = 0;
        return m2m_coap_endpoint_respond(get(), now, id, &response, observer ? observer : &unused);
    }
    Result notify(std::uint64_t now, std::uint64_t observer, const Response &response) noexcept {
        return m2m_coap_endpoint_notify(get(), now, observer, &response);
    }
    Value<std::uint64_t> add_security_context(const Security &security) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_coap_endpoint_add_security_context(get(), &security, to);
        });
    }
    Value<std::uint64_t> replace_security_context(std::uint64_t now, std::uint64_t context,
                                                  const Security &security) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_coap_endpoint_replace_security_context(get(), now, context, &security, to);
        });
    }
    Result remove_security_context(std::uint64_t now, std::uint64_t context) noexcept {
        return m2m_coap_endpoint_remove_security_context(get(), now, context);
    }
    Result bind_security(std::uint64_t peer, std::uint64_t context) noexcept {
        return m2m_coap_endpoint_bind_security(get(), peer, context);
    }

    /// Of a connection: M2M_COAP_CONNECTION_PONG follows.
    Result ping_connection(std::uint64_t now, std::uint64_t peer, bool custody = false) noexcept {
        return m2m_coap_endpoint_ping_connection(get(), now, peer, custody);
    }
    Result release_connection(std::uint64_t now, std::uint64_t peer,
                              const char *text = nullptr) noexcept {
        return m2m_coap_endpoint_release_connection(get(), now, peer, nullptr, 0, text);
    }
    Result abort_connection(std::uint64_t now, std::uint64_t peer,
                            const char *text = nullptr) noexcept {
        return m2m_coap_endpoint_abort_connection(get(), now, peer, text);
    }
    /// The Release or Abort that came last.
    Value<m2m_coap_message> signal(std::uint64_t peer) const noexcept {
        return detail::value_of<m2m_coap_message>(
            [&](auto *to) { return m2m_coap_endpoint_signal(get(), peer, to); });
    }

    /// A request to a group, and a datagram that came to one.
    Value<std::uint64_t> request_group(std::uint64_t now, std::uint64_t group,
                                       const Request &request) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_coap_endpoint_request_group(get(), now, group, &request, to);
        });
    }
    Result handle_multicast(std::uint64_t now, std::uint64_t peer, Bytes datagram) noexcept {
        return m2m_coap_endpoint_handle_multicast(get(), now, peer, datagram.data, datagram.size);
    }
};

}  // namespace coap

}  // namespace m2m

#endif
