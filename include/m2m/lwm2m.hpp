/* LwM2M by itself in C++17: payloads, and its messages over MQTT, HTTP and SMS. */
#ifndef M2M_LWM2M_HPP
#define M2M_LWM2M_HPP

#include "common.hpp"

namespace m2m {

namespace lwm2m {

/// What a payload is and what it is about, filled with the defaults.
using Payload = Filled<m2m_lwm2m_payload, m2m_lwm2m_payload_init>;

/// Reads a payload value by value. It stays where it is made, and the bytes as long as it is read.
class PayloadReader {
public:
    PayloadReader(const Payload &payload, Bytes bytes) noexcept
        : result_(m2m_lwm2m_payload_reader_init(&reader_, &payload, bytes.data, bytes.size)) {}
    PayloadReader(const PayloadReader &) = delete;
    PayloadReader &operator=(const PayloadReader &) = delete;

    /// The next value; nothing at the end of the payload, or where it is wrong: result() says which.
    std::optional<m2m_lwm2m_value> next() noexcept {
        m2m_lwm2m_value value{};
        if (result_) result_ = m2m_lwm2m_payload_reader_next(&reader_, &value);
        if (result_ != M2M_OK) return std::nullopt;
        return value;
    }
    /// M2M_NOTHING at the end of a good payload.
    Result result() const noexcept { return result_; }
    /// One of enum m2m_lwm2m_payload_error, and where.
    Value<Fault> fault() const noexcept {
        return detail::fault_of(m2m_lwm2m_payload_reader_error, &reader_);
    }
    /// The text or the bytes of the value that was read last.
    template <std::size_t N>
    Value<Bytes> bytes(std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_lwm2m_payload_reader_bytes, &reader_);
    }

private:
    m2m_lwm2m_payload_reader reader_{};
    Result result_;
};

/// Writes values into `room`.
template <std::size_t N>
Value<Bytes> write(const Payload &payload, const m2m_lwm2m_item *items, std::size_t count,
                   std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_lwm2m_payload_write, &payload, items, count);
}

/// Writes the paths of a composite operation into `room`.
template <std::size_t N, std::size_t Count>
Value<Bytes> write_paths(std::int32_t format, const std::array<m2m_path, Count> &paths,
                         std::array<std::uint8_t, N> &room, const char *prefix = nullptr) noexcept {
    return detail::bytes(room, m2m_lwm2m_paths_write, format, prefix, paths.data(), Count);
}

/// Reads the paths of a composite operation from the one at `first` on, and tells how many there are from it.
template <std::size_t Count>
Value<std::size_t> read_paths(std::int32_t format, Bytes bytes, std::array<m2m_path, Count> &paths,
                              std::size_t first = 0, const char *prefix = nullptr) noexcept {
    return detail::got<std::size_t>(m2m_lwm2m_paths_read, format, prefix, bytes.data, bytes.size,
        first, paths.data(), Count);
}

/// The argument at `index` of an execute; its value lies in `arguments`.
inline Value<m2m_lwm2m_argument> argument(const char *arguments, std::size_t index) noexcept {
    return detail::got<m2m_lwm2m_argument>(m2m_lwm2m_argument_at, arguments, index);
}
/// Writes the arguments of an execute into `room`.
template <std::size_t N, std::size_t Count>
Value<std::string_view> write_arguments(const std::array<m2m_lwm2m_argument, Count> &arguments,
                                        std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_lwm2m_arguments_write, arguments.data(), Count);
}

/// The registered names of an object and of a resource.
template <std::size_t N>
Value<std::string_view> object_name(std::uint16_t object, std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_lwm2m_object_name, object);
}
template <std::size_t N>
Value<std::string_view> resource_name(std::uint16_t object, std::uint16_t resource,
                                      std::array<char, N> &room) noexcept {
    return detail::text(room, m2m_lwm2m_resource_name, object, resource);
}

/// What is wrong, in English, of one of enum m2m_lwm2m_payload_error.
inline const char *payload_error_text(std::int32_t error) noexcept {
    return m2m_lwm2m_payload_error_text(error);
}

namespace mqtt {

/// The mapping of one side of one topic. It stays where it is made.
class Mapping {
public:
    /// `role` is one of enum m2m_lwm2m_mqtt_role.
    explicit Mapping(std::int32_t role, std::int32_t side_of = M2M_LWM2M_MQTT_REGISTRATION,
                     std::uint32_t token_length = 8) noexcept
        : result_(m2m_lwm2m_mqtt_init(&mapping_, role, side_of, token_length)) {}
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;

    /// M2M_OK unless it was made with wrong arguments.
    Result result() const noexcept { return result_; }
    /// The publication of a datagram that an engine wants to send.
    template <std::size_t N>
    Value<Bytes> publication(Bytes datagram, std::array<std::uint8_t, N> &room) noexcept {
        return detail::bytes(room, m2m_lwm2m_mqtt_publication, &mapping_, datagram.data,
            datagram.size);
    }
    /// The datagram of a publication. A server says what it knows of the device.
    template <std::size_t N>
    Value<Bytes> datagram(Bytes publication, std::array<std::uint8_t, N> &room,
                          const char *endpoint = nullptr,
                          const char *location = nullptr) noexcept {
        return detail::bytes(room, m2m_lwm2m_mqtt_datagram, &mapping_, publication.data,
            publication.size, endpoint, location);
    }

private:
    m2m_lwm2m_mqtt mapping_{};
    Result result_;
};

/// What the engine is told when a datagram was published.
template <std::size_t N>
Value<Bytes> acknowledgement(Bytes datagram, std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_lwm2m_mqtt_acknowledgement, datagram.data, datagram.size);
}

/// The topic of an endpoint.
template <std::size_t N>
Value<std::string_view> topic(const char *endpoint, std::array<char, N> &room,
                              std::int32_t side_of = M2M_LWM2M_MQTT_REGISTRATION,
                              const char *prefix = nullptr) noexcept {
    return detail::text(room, m2m_lwm2m_mqtt_topic, prefix, side_of, endpoint);
}

/// The endpoint of a topic. `side_of` gets one of enum m2m_lwm2m_mqtt_interface.
template <std::size_t N>
Value<std::string_view> endpoint(const char *topic, std::int32_t &side_of,
                                 std::array<char, N> &room,
                                 const char *prefix = nullptr) noexcept {
    return detail::text(room, m2m_lwm2m_mqtt_topic_parse, prefix, topic, &side_of);
}

}  // namespace mqtt

namespace http {

using Request = Filled<m2m_lwm2m_http_request, m2m_lwm2m_http_request_init>;
using Response = Filled<m2m_lwm2m_http_response, m2m_lwm2m_http_response_init>;

/// The request of a datagram: its texts are in `room`, its body in the datagram.
template <std::size_t N>
Value<Request> request(Bytes datagram, std::array<char, N> &room) noexcept {
    Request made;
    const Result result =
        m2m_lwm2m_http_request_of(datagram.data, datagram.size, room.data(), N, &made);
    if (result == M2M_OK) return made;
    return result;
}

/// The datagram of a request.
template <std::size_t N>
Value<Bytes> datagram(const Request &request, std::uint16_t id, Bytes token,
                      std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_lwm2m_http_request_datagram, &request, id, token.data,
        token.size);
}

/// The response of a datagram: its texts are in `room`, its body in the datagram.
template <std::size_t N>
Value<Response> response(Bytes datagram, std::array<char, N> &room) noexcept {
    Response made;
    const Result result =
        m2m_lwm2m_http_response_of(datagram.data, datagram.size, room.data(), N, &made);
    if (result == M2M_OK) return made;
    return result;
}

/// The datagram of the response to a request that was one.
template <std::size_t N>
Value<Bytes> datagram(const Response &response, Bytes request,
                      std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_lwm2m_http_response_datagram, &response, request.data,
        request.size);
}

}  // namespace http

/// What a client is wanted for by an SMS: an Update to `server`, or a bootstrap.
struct Trigger {
    std::uint16_t server = 0;
    std::int32_t bootstrap = 0;
};

/// Reads the user data of an SMS.
inline Value<Trigger> read_trigger(Bytes sms) noexcept {
    return detail::value_of<Trigger>([&](auto *to) {
        return m2m_lwm2m_trigger_read(sms.data, sms.size, &to->server, &to->bootstrap);
    });
}

/// Writes the user data of an SMS into `room`.
template <std::size_t N>
Value<Bytes> write_trigger(Trigger trigger, std::uint16_t id, Bytes token,
                           std::array<std::uint8_t, N> &room) noexcept {
    return detail::bytes(room, m2m_lwm2m_trigger_write, trigger.server, trigger.bootstrap, id,
        token.data, token.size);
}

}  // namespace lwm2m

}  // namespace m2m

#endif
