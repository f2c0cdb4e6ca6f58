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

/// The configuration of an endpoint in little memory.
inline Config small() noexcept {
    Config config;
    (void)m2m_coap_config_init_small(&config, sizeof(m2m_coap_config));
    return config;
}

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
        return detail::got<std::uint64_t>(m2m_coap_endpoint_request, get(), now, peer, &request);
    }
    Result cancel(std::uint64_t now, std::uint64_t id, std::int32_t how) noexcept {
        return m2m_coap_endpoint_cancel(get(), now, id, how);
    }
    /// What a request was answered.
    Value<m2m_coap_message> response(std::uint64_t id) const noexcept {
        return detail::got<m2m_coap_message>(m2m_coap_endpoint_response, get(), id);
    }
    template <std::size_t N>
    Value<Bytes> response_payload(std::uint64_t id,
                                  std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_coap_endpoint_response_payload, get(), id);
    }
    Result release(std::uint64_t id) noexcept { return m2m_coap_endpoint_release(get(), id); }

    /// What a peer asks for.
    Value<m2m_coap_message> incoming(std::uint64_t id) const noexcept {
        return detail::got<m2m_coap_message>(m2m_coap_endpoint_incoming, get(), id);
    }
    template <std::size_t N>
    Value<Bytes> incoming_payload(std::uint64_t id,
                                  std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_coap_endpoint_incoming_payload, get(), id);
    }
    template <std::size_t N>
    Value<std::string_view> incoming_path(std::uint64_t id,
                                          std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_coap_endpoint_incoming_path, get(), id);
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
        return detail::got<std::uint64_t>(m2m_coap_endpoint_add_security_context, get(), &security);
    }
    Value<std::uint64_t> replace_security_context(std::uint64_t now, std::uint64_t context,
                                                  const Security &security) noexcept {
        return detail::got<std::uint64_t>(m2m_coap_endpoint_replace_security_context, get(), now,
            context, &security);
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
        return detail::got<m2m_coap_message>(m2m_coap_endpoint_signal, get(), peer);
    }

    /// Of a request that is being answered, and of what a peer asks for: the option with this number at `index`.
    template <std::size_t N>
    Value<Bytes> response_option(std::uint64_t id, std::uint16_t number, std::size_t index,
                                 std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_coap_endpoint_response_option, get(), id, number, index);
    }
    template <std::size_t N>
    Value<Bytes> incoming_option(std::uint64_t id, std::uint16_t number, std::size_t index,
                                 std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_coap_endpoint_incoming_option, get(), id, number, index);
    }
    template <std::size_t N>
    Value<std::string_view> incoming_query(std::uint64_t id, std::array<char,
                                           N> &room) const noexcept {
        return detail::text(room, m2m_coap_endpoint_incoming_query, get(), id);
    }
    Result ignore(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_coap_endpoint_ignore(get(), now, id);
    }
    /// OSCORE, Echo: asks for the request once more, and believes a peer to be where it is.
    Result challenge(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_coap_endpoint_challenge(get(), now, id);
    }
    Value<std::int32_t> vouch_for(std::uint64_t now, std::uint64_t peer) noexcept {
        return detail::got<std::int32_t>(m2m_coap_endpoint_vouch_for, get(), now, peer);
    }
    /// Bodies block by block: of a request that comes and of what is sent.
    Result assemble(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_coap_endpoint_assemble(get(), now, id);
    }
    Result next_block(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_coap_endpoint_next_block(get(), now, id);
    }
    Result supply(std::uint64_t now, std::uint64_t id, Bytes bytes) noexcept {
        return m2m_coap_endpoint_supply(get(), now, id, bytes.data, bytes.size);
    }
    struct Range {
        std::uint32_t offset = 0, size = 0;
    };
    Value<Range> wanted(std::uint64_t id) const noexcept {
        return detail::value_of<Range>([&](Range *to) {
            return m2m_coap_endpoint_wanted(get(), id, &to->offset, &to->size);
        });
    }
    bool is_notifying(std::uint64_t observer) const noexcept {
        return m2m_coap_endpoint_is_notifying(get(), observer) == M2M_OK;
    }
    Result remove_observer(std::uint64_t observer) noexcept {
        return m2m_coap_endpoint_remove_observer(get(), observer);
    }
    /// An observation that outlives a restart: its token, and the same request with that.
    template <std::size_t N>
    Value<Bytes> token(std::uint64_t id, std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_coap_endpoint_token, get(), id);
    }
    Value<std::uint64_t> resume_observation(std::uint64_t now, std::uint64_t peer,
                                            const Request &request) noexcept {
        return detail::got<std::uint64_t>(m2m_coap_endpoint_resume_observation, get(), now, peer,
            &request);
    }
    Value<std::uint64_t> ping(std::uint64_t now, std::uint64_t peer) noexcept {
        return detail::got<std::uint64_t>(m2m_coap_endpoint_ping, get(), now, peer);
    }
    Result stop_retransmission(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_coap_endpoint_stop_retransmission(get(), now, id);
    }
    Result set_parameters(std::uint64_t peer, const m2m_coap_parameters &parameters) noexcept {
        return m2m_coap_endpoint_set_parameters(get(), peer, &parameters);
    }
    /// When a peer that is overloaded may be asked again.
    Value<std::uint64_t> retry_at(std::uint64_t peer) const noexcept {
        return detail::got<std::uint64_t>(m2m_coap_endpoint_retry_at, get(), peer);
    }
    Value<std::uint64_t> next_sequence(std::uint64_t context) const noexcept {
        return detail::got<std::uint64_t>(m2m_coap_endpoint_next_sequence, get(), context);
    }
    Value<m2m_oscore_view> security_view(std::uint64_t context) const noexcept {
        return detail::got<m2m_oscore_view>(m2m_coap_endpoint_security_view, get(), context);
    }
    Value<std::size_t> block_size() const noexcept {
        return detail::got<std::size_t>(m2m_coap_endpoint_block_size, get());
    }
    Value<std::size_t> reserved_bytes() const noexcept {
        return detail::got<std::size_t>(m2m_coap_endpoint_reserved_bytes, get());
    }
    template <std::size_t N>
    Value<Bytes> signal_option(std::uint64_t peer, std::uint16_t number, std::size_t index,
                               std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_coap_endpoint_signal_option, get(), peer, number, index);
    }
    template <std::size_t N>
    Value<Bytes> signal_payload(std::uint64_t peer, std::array<std::uint8_t,
                                N> &room) const noexcept {
        return detail::bytes(room, m2m_coap_endpoint_signal_payload, get(), peer);
    }

    /// A request to a group, and a datagram that came to one.
    Value<std::uint64_t> request_group(std::uint64_t now, std::uint64_t group,
                                       const Request &request) noexcept {
        return detail::got<std::uint64_t>(m2m_coap_endpoint_request_group, get(), now, group,
            &request);
    }
    Result handle_multicast(std::uint64_t now, std::uint64_t peer, Bytes datagram) noexcept {
        return m2m_coap_endpoint_handle_multicast(get(), now, peer, datagram.data, datagram.size);
    }
};

}  // namespace coap

}  // namespace m2m

#endif
