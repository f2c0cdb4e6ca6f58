/* CoAP messages and lists of links in C++17, without an endpoint. */
#ifndef M2M_MESSAGE_HPP
#define M2M_MESSAGE_HPP

#include "common.hpp"

namespace m2m {

namespace coap {

/// Reads a datagram where it lies. It stays where it is made, and the datagram as long as it is read.
class MessageReader {
public:
    explicit MessageReader(Bytes datagram) noexcept
        : result_(m2m_coap_reader_init(&reader_, datagram.data, datagram.size)) {}
    /// The message of a connection at the start of `bytes`, as far as it is there.
    MessageReader(m2m_stream_transport transport, Bytes bytes) noexcept
        : result_(m2m_coap_reader_init_frame(&reader_, transport, bytes.data, bytes.size, &needed_)) {}
    MessageReader(const MessageReader &) = delete;
    MessageReader &operator=(const MessageReader &) = delete;

    /// M2M_MALFORMED for what is no message: fault() says more.
    Result result() const noexcept { return result_; }
    /// Of a connection: how many bytes the message takes, and after M2M_NOTHING, how many have to be there before
    /// more can be said.
    std::size_t needed() const noexcept { return needed_; }
    /// One of enum m2m_coap_error, and where.
    Value<Fault> fault() const noexcept {
        return detail::fault_of(m2m_coap_reader_error, &reader_);
    }
    Value<m2m_coap_header> header() const noexcept {
        return detail::got<m2m_coap_header>(m2m_coap_reader_header, &reader_);
    }
    /// The next option, in the order of their numbers.
    std::optional<m2m_coap_option> next() noexcept {
        m2m_coap_option option{};
        if (m2m_coap_reader_next(&reader_, &option) != M2M_OK) return std::nullopt;
        return option;
    }
    /// The value of an option with this number; of several the one at `index`.
    Value<Bytes> option(std::uint16_t number, std::size_t index = 0) const noexcept {
        const auto found = detail::got<m2m_coap_option>(m2m_coap_reader_option, &reader_,
                                                         number, index);
        if (found) return Bytes{found->value, found->len};
        return found.result();
    }
    Value<std::uint32_t> number(std::uint16_t number) const noexcept {
        return detail::got<std::uint32_t>(m2m_coap_reader_number, &reader_, number);
    }
    template <std::size_t N>
    Value<std::string_view> path(std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_coap_reader_path, &reader_);
    }
    template <std::size_t N>
    Value<std::string_view> query(std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_coap_reader_query, &reader_);
    }

private:
    m2m_coap_reader reader_{};
    std::size_t needed_ = 0;
    Result result_;
};

/// The type and the ID of a datagram, which a receiver answers with RST even if the rest is no message.
struct Peeked {
    std::int32_t type = 0;
    std::uint16_t id = 0;
};
inline Value<Peeked> peek(Bytes datagram) noexcept {
    return detail::value_of<Peeked>([&](auto *to) {
        return m2m_coap_peek(datagram.data, datagram.size, &to->type, &to->id);
    });
}

/// Writes a datagram into `room`, options in the order of their numbers. It stays where it is made.
class MessageWriter : detail::Writing<m2m_coap_writer> {
public:
    template <std::size_t N>
    MessageWriter(std::array<std::uint8_t, N> &room, std::int32_t type, std::int32_t code,
                  std::uint16_t id, Bytes token = {}) noexcept
        : Writing(room, [&](auto *writer, std::uint8_t *buf, std::size_t cap) {
              return m2m_coap_writer_init(writer, type, code, id, token.data, token.size, buf, cap);
          }) {}
    /// A message of a connection.
    template <std::size_t N>
    MessageWriter(std::array<std::uint8_t, N> &room, m2m_stream_transport transport,
                  std::int32_t code, Bytes token = {}) noexcept
        : Writing(room, [&](auto *writer, std::uint8_t *buf, std::size_t cap) {
              return m2m_coap_writer_init_frame(writer, transport, code, token.data, token.size, buf,
                                                cap);
          }) {}

    Result option(std::uint16_t number, Bytes value) noexcept {
        return call(m2m_coap_writer_option, number, value.data, value.size);
    }
    Result number(std::uint16_t number, std::uint32_t value) noexcept {
        return call(m2m_coap_writer_number, number, value);
    }
    Result path(const char *path, std::uint16_t number = M2M_COAP_URI_PATH) noexcept {
        return call(m2m_coap_writer_path, number, path);
    }
    Result query(const char *query, std::uint16_t number = M2M_COAP_URI_QUERY) noexcept {
        return call(m2m_coap_writer_query, number, query);
    }
    /// Ends the message, and gives it.
    Value<Bytes> finish(Bytes payload = {}) noexcept {
        return written(m2m_coap_writer_finish, payload.data, payload.size);
    }
};

/// A security context without an endpoint: datagrams are protected and unprotected into `room` (RFC 8613). It stays
/// where it is made.
class SecurityContext {
public:
    explicit SecurityContext(const m2m_coap_security &security) noexcept
        : result_(m2m_oscore_context_init(&context_, &security)) {}
    SecurityContext(const SecurityContext &) = delete;
    SecurityContext &operator=(const SecurityContext &) = delete;

    Result result() const noexcept { return result_; }
    Value<m2m_oscore_view> view() const noexcept {
        return detail::got<m2m_oscore_view>(m2m_oscore_context_view, &context_);
    }
    /// One of enum m2m_oscore_error, after M2M_MALFORMED.
    Value<std::int32_t> error() const noexcept {
        return detail::got<std::int32_t>(m2m_oscore_context_error, &context_);
    }
    /// Sequence numbers below `up_to` may be used.
    Result reserve(std::uint64_t up_to) noexcept {
        return m2m_oscore_context_reserve(&context_, up_to);
    }

    /// A request that was protected or unprotected, and what binds its responses to it.
    struct Request {
        Bytes datagram;
        std::uint64_t binding = 0;
    };
    /// A response that was unprotected, and its Partial IV, UINT64_MAX without one.
    struct Response {
        Bytes datagram;
        std::uint64_t piv = 0;
    };
    template <std::size_t N>
    Value<Request> protect_request(Bytes request, std::array<std::uint8_t, N> &room) noexcept {
        return both<Request>(&Request::binding, room, m2m_oscore_context_protect_request,
                             request.data, request.size);
    }
    /// `own_piv` for all but the first response to a request.
    template <std::size_t N>
    Value<Bytes> protect_response(std::uint64_t binding, bool own_piv, Bytes response,
                                  std::array<std::uint8_t, N> &room) noexcept {
        return detail::bytes(room, m2m_oscore_context_protect_response, &context_, binding, own_piv,
                             response.data, response.size);
    }
    template <std::size_t N>
    Value<Request> unprotect_request(Bytes request, std::array<std::uint8_t, N> &room) noexcept {
        return both<Request>(&Request::binding, room, m2m_oscore_context_unprotect_request,
                             request.data, request.size);
    }
    /// Without a look at whether it is fresh, to find its Echo option.
    template <std::size_t N>
    Value<Request> verify_request(Bytes request, std::array<std::uint8_t, N> &room) noexcept {
        return both<Request>(&Request::binding, room, m2m_oscore_context_verify_request,
                             request.data, request.size);
    }
    /// That request is fresh.
    Result start(std::uint64_t binding) noexcept {
        return m2m_oscore_context_start(&context_, binding);
    }
    template <std::size_t N>
    Value<Response> unprotect_response(std::uint64_t binding, Bytes response,
                                       std::array<std::uint8_t, N> &room) noexcept {
        return both<Response>(&Response::piv, room, m2m_oscore_context_unprotect_response, binding,
                              response.data, response.size);
    }

private:
    template <typename Of, std::size_t N, typename Function, typename... Arguments>
    Value<Of> both(std::uint64_t Of::*second, std::array<std::uint8_t, N> &room,
                   Function function, Arguments... arguments) noexcept {
        return detail::value_of<Of>([&](Of *to) {
            to->datagram.data = room.data();
            return function(&context_, arguments..., room.data(), N, &to->datagram.size,
                            &(to->*second));
        });
    }

    m2m_oscore_context context_{};
    Result result_;
};

/// What an OSCORE option says; what it points to lies in `value`. And back.
inline Value<m2m_oscore_option> read_oscore_option(Bytes value) noexcept {
    return detail::got<m2m_oscore_option>(m2m_oscore_option_read, value.data, value.size);
}
template <std::size_t N>
Value<Bytes> write_oscore_option(const m2m_oscore_option &option,
                                 std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_oscore_option_write, &option);
}

/// What is wrong, in English, of one of enum m2m_coap_error, and of one of enum m2m_oscore_error.
inline const char *error_text(std::int32_t error) noexcept { return m2m_coap_error_text(error); }
inline const char *oscore_error_text(std::int32_t error) noexcept {
    return m2m_oscore_error_text(error);
}

/// The name of a code, such as "Not Found".
template <std::size_t N>
Value<std::string_view> code_name(std::int32_t code, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_coap_code_name, code);
}
/// What an option is of a message with this code, and its name: options of signals have numbers of their own.
inline Value<m2m_coap_option_properties> describe_option(std::uint16_t number,
                                                         std::int32_t code = 0) noexcept {
    return detail::got<m2m_coap_option_properties>(m2m_coap_option_describe, code, number);
}
template <std::size_t N>
Value<std::string_view> option_name(std::uint16_t number, std::array<char, N> &room,
                                    std::int32_t code = 0) noexcept {
    return detail::text(room, m2m_coap_option_name, code, number);
}
/// The media type of a content format, and the content format of a media type.
template <std::size_t N>
Value<std::string_view> media_type(std::int32_t format, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_coap_media_type, format);
}
inline Value<std::int32_t> format_of(const char *media_type) noexcept {
    return detail::got<std::int32_t>(m2m_coap_format_of, media_type);
}

/// Reads a list of links where it lies (RFC 6690). It stays where it is made, and the list as long as it
/// is read.
class LinkReader {
public:
    explicit LinkReader(Bytes list) noexcept
        : result_(m2m_link_reader_init(&reader_, list.data, list.size)) {}
    LinkReader(const LinkReader &) = delete;
    LinkReader &operator=(const LinkReader &) = delete;

    /// The next link; nothing at the end of the list, or where it is wrong: result() says which.
    std::optional<m2m_link> next() noexcept {
        m2m_link link{};
        if (result_) result_ = m2m_link_reader_next(&reader_, &link);
        if (result_ != M2M_OK) return std::nullopt;
        return link;
    }
    /// M2M_NOTHING at the end of a good list.
    Result result() const noexcept { return result_; }
    /// What is wrong, and where.
    Value<Fault> fault() const noexcept {
        return detail::fault_of(m2m_link_reader_error, &reader_);
    }

    /// A parameter of the link that was read last.
    Value<m2m_link_parameter> parameter(std::size_t index) const noexcept {
        return detail::got<m2m_link_parameter>(m2m_link_reader_parameter, &reader_, index);
    }
    template <std::size_t N>
    Value<std::string_view> value(const char *name, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_link_reader_value, &reader_, name);
    }
    /// One of the words of a value.
    template <std::size_t N>
    Value<std::string_view> item(const char *name, std::size_t index,
                                 std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_link_reader_item, &reader_, name, index);
    }
    Value<std::uint64_t> number(const char *name) const noexcept {
        return detail::got<std::uint64_t>(m2m_link_reader_number, &reader_, name);
    }
    /// Whether a query of /.well-known/core is about the link that was read last.
    bool matches(const char *query) const noexcept {
        return m2m_link_reader_matches(&reader_, query) == M2M_OK;
    }

private:
    m2m_link_reader reader_{};
    Result result_;
};

/// Writes a list of links into `room`. It stays where it is made.
class LinkWriter : detail::Writing<m2m_link_writer> {
public:
    template <std::size_t N>
    explicit LinkWriter(std::array<std::uint8_t, N> &room) noexcept
        : Writing(room, m2m_link_writer_init) {}

    Result link(const char *target) noexcept { return call(m2m_link_writer_link, target); }
    /// Parameters of the link that was written last.
    Result flag(const char *name) noexcept { return call(m2m_link_writer_flag, name); }
    Result text(const char *name, const char *text) noexcept {
        return call(m2m_link_writer_text, name, text);
    }
    Result number(const char *name, std::uint64_t number) noexcept {
        return call(m2m_link_writer_number, name, number);
    }
    /// Ends the list, and gives it.
    Value<Bytes> finish() noexcept { return written(m2m_link_writer_finish); }
};

}  // namespace coap

}  // namespace m2m

#endif
