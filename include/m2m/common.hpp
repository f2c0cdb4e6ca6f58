/* What all handles have in common in C++17: results, owners, paths. m2m.hpp includes it. */
#ifndef M2M_COMMON_HPP
#define M2M_COMMON_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "../m2m.h"

namespace m2m {

/// What a call returns: done, something benign, or an error.
class [[nodiscard]] Result {
public:
    constexpr Result(std::int32_t code) noexcept : code_(code) {}

    /// True unless it is an error.
    constexpr explicit operator bool() const noexcept { return code_ >= 0; }
    /// One of enum m2m_result.
    constexpr std::int32_t code() const noexcept { return code_; }
    /// In English.
    const char *what() const noexcept { return m2m_strerror(code_); }

    friend constexpr bool operator==(Result a, Result b) noexcept { return a.code_ == b.code_; }
    friend constexpr bool operator!=(Result a, Result b) noexcept { return !(a == b); }

private:
    std::int32_t code_;
};

/// Bytes that belong to somebody else.
struct Bytes {
    const std::uint8_t *data = nullptr;
    std::size_t size = 0;
};

/// What is wrong with bytes that were read: a number of an enum of m2m.h, and where, in bytes.
struct Fault {
    std::int32_t kind = 0;
    std::size_t offset = 0;
};

/// A value, or the result that says why there is none.
template <typename T>
class [[nodiscard]] Value {
public:
    constexpr Value(T value) noexcept : value_(value), result_(M2M_OK) {}
    constexpr Value(Result why) noexcept : value_{}, result_(why) {}

    /// True if there is one.
    constexpr explicit operator bool() const noexcept { return result_ == M2M_OK; }
    constexpr const T &operator*() const noexcept { return value_; }
    constexpr const T *operator->() const noexcept { return &value_; }
    constexpr Result result() const noexcept { return result_; }

private:
    T value_;
    Result result_;
};

/// 32 random bytes, different at every start.
using Seed = std::array<std::uint8_t, 32>;

/// A structure of m2m.h that a program fills, with the defaults in it.
template <typename T, std::int32_t (*Init)(T *, std::size_t)>
struct Filled : T {
    Filled() noexcept : T{} { (void)Init(this, sizeof(T)); }
};

/// A security context of OSCORE, all zero.
struct Security : m2m_coap_security {
    Security() noexcept : m2m_coap_security{} { struct_size = sizeof(m2m_coap_security); }
};

/// What connections an engine may have.
using Streams = Filled<m2m_stream_config, m2m_stream_config_init>;

namespace detail {

/// A result of m2m.h that call(&value) gives.
template <typename T, typename Call>
Value<T> value_of(Call &&call) {
    T value{};
    const Result result = call(&value);
    if (result == M2M_OK) return value;
    return result;
}

/// What a reader found to be wrong.
template <typename Reader>
Value<Fault> fault_of(std::int32_t (*call)(const Reader *, std::int32_t *, std::size_t *),
                      const Reader *reader) {
    return value_of<Fault>([&](Fault *to) { return call(reader, &to->kind, &to->offset); });
}

/// What a function of m2m.h gives by its last argument.
template <typename T, typename Function, typename... Arguments>
Value<T> got(Function function, Arguments... arguments) {
    return value_of<T>([&](T *to) { return function(arguments..., to); });
}

/// Text that a function of m2m.h copies into `room`: its last arguments are where, how much fits, and how
/// much it was.
template <std::size_t N, typename Function, typename... Arguments>
Value<std::string_view> text(std::array<char, N> &room, Function function,
                             Arguments... arguments) {
    std::size_t len = 0;
    const Result result = function(arguments..., room.data(), N, &len);
    if (result == M2M_OK) return std::string_view(room.data(), len);
    return result;
}

/// Bytes that a function copies into `room`.
template <std::size_t N, typename Function, typename... Arguments>
Value<Bytes> bytes(std::array<std::uint8_t, N> &room, Function function, Arguments... arguments) {
    std::size_t len = 0;
    const Result result = function(arguments..., room.data(), N, &len);
    if (result == M2M_OK) return Bytes{room.data(), len};
    return result;
}

/// Calls see(x) for each x that a function of m2m.h gives by its last argument, at an index before that.
template <typename T, typename See, typename Function, typename... Arguments>
void each(See &&see, Function function, Arguments... arguments) {
    T found{};
    for (std::size_t at = 0; function(arguments..., at, &found) == M2M_OK; at++) see(found);
}

/// Calls see(index, value) for each value that a function of m2m.h gives, one at a time.
template <typename See, typename Function, typename... Arguments>
Result values(See &&see, Function function, Arguments... arguments) {
    for (std::size_t at = 0;; at++) {
        m2m_lwm2m_value value{};
        std::size_t count = 0;
        const Result result = function(arguments..., at, &value, 1, &count);
        if (result != M2M_OK) return result;
        see(at, value);
    }
}

/// What all writers have: a buffer, and the structure of m2m.h that fills it, which stays where it is made.
/// One that could not be made says why whatever it is asked for.
template <typename Writer>
class Writing {
public:
    Writing(const Writing &) = delete;
    Writing &operator=(const Writing &) = delete;

protected:
    template <std::size_t N, typename Init>
    Writing(std::array<std::uint8_t, N> &room, Init &&init) noexcept
        : start_(room.data()), result_(init(&writer_, room.data(), N)) {}

    template <typename Function, typename... Arguments>
    Result call(Function function, Arguments... arguments) noexcept {
        return result_ ? Result(function(&writer_, arguments...)) : result_;
    }
    /// The same, of what tells how much is in the buffer then.
    template <typename Function, typename... Arguments>
    Value<Bytes> written(Function function, Arguments... arguments) noexcept {
        std::size_t len = 0;
        const Result result = call(function, arguments..., &len);
        if (result == M2M_OK) return Bytes{start_, len};
        return result;
    }

private:
    const std::uint8_t *start_;
    Writer writer_{};
    Result result_;
};

/// Calls send(head, bytes) for each message that poll(&head) writes into `room`.
template <typename Head, std::size_t N, typename Send, typename Poll>
Result drain(std::array<std::uint8_t, N> &room, Send &&send, Poll &&poll) {
    for (;;) {
        Head head{};
        const Result result = poll(&head);
        if (result != M2M_OK) return result;
        send(head, Bytes{room.data(), head.len});
    }
}

/// Calls keep(key, bytes) or forget(key) for each record of a journal.
template <typename Poll, typename Handle, std::size_t N, typename Keep, typename Forget>
Result journal(Poll poll, Handle *handle, std::array<std::uint8_t, N> &room, Keep &&keep,
               Forget &&forget) {
    for (;;) {
        std::uint64_t key = 0;
        std::int32_t deleted = 0;
        std::size_t len = 0;
        const Result result = poll(handle, &key, &deleted, room.data(), room.size(), &len);
        if (result != M2M_OK) return result;
        if (deleted)
            forget(key);
        else
            keep(key, Bytes{room.data(), len});
    }
}

/// The functions that every kind of handle has under its own name.
template <typename Handle>
struct Calls;

#define M2M_CALLS(handle, config)                                                               \
    template <>                                                                                 \
    struct Calls<handle> {                                                                      \
        using Config = config;                                                                  \
        static constexpr auto make = handle##_new;                                              \
        static constexpr auto free = handle##_free;                                             \
        static constexpr auto tag = handle##_tag;                                               \
        static constexpr auto handle_timeout = handle##_handle_timeout;                         \
        static constexpr auto poll_timeout = handle##_poll_timeout;                             \
    };
M2M_CALLS(m2m_lwm2m_client, m2m_lwm2m_client_config)
M2M_CALLS(m2m_lwm2m_server, m2m_lwm2m_server_config)
M2M_CALLS(m2m_lwm2m_bootstrap_server, m2m_lwm2m_bootstrap_server_config)
M2M_CALLS(m2m_coap_endpoint, m2m_coap_config)
M2M_CALLS(m2m_onem2m_ae, m2m_onem2m_ae_config)
M2M_CALLS(m2m_onem2m_cse, m2m_onem2m_cse_config)
#undef M2M_CALLS

/// What is the same for engines of datagrams.
template <typename Handle>
struct Datagrams;

#define M2M_DATAGRAMS(handle, event)                                                            \
    template <>                                                                                 \
    struct Datagrams<handle> {                                                                  \
        using Event = event;                                                                    \
        static constexpr auto handle_datagram = handle##_handle_datagram;                       \
        static constexpr auto poll_transmit = handle##_poll_transmit;                           \
        static constexpr auto poll_event = handle##_poll_event;                                 \
        static constexpr auto counters = handle##_counters;                                     \
        static constexpr auto make_with_streams = handle##_new_with_streams;                    \
        static constexpr auto connected = handle##_connected;                                   \
        static constexpr auto handle_stream = handle##_handle_stream;                           \
        static constexpr auto disconnected = handle##_disconnected;                             \
    };
M2M_DATAGRAMS(m2m_lwm2m_client, m2m_lwm2m_event)
M2M_DATAGRAMS(m2m_lwm2m_server, m2m_lwm2m_server_event)
M2M_DATAGRAMS(m2m_lwm2m_bootstrap_server, m2m_lwm2m_bootstrap_event)
M2M_DATAGRAMS(m2m_coap_endpoint, m2m_coap_event)
#undef M2M_DATAGRAMS

}  // namespace detail

/// What owns a handle: it moves, and frees what it owns.
template <typename Handle>
class Owner {
    using Calls = detail::Calls<Handle>;

public:
    /// Takes a handle over.
    explicit Owner(Handle *handle) noexcept : handle_(handle) {}
    Owner(Owner &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Owner &operator=(Owner &&other) noexcept {
        if (this != &other) {
            (void)Calls::free(handle_);
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    Owner(const Owner &) = delete;
    Owner &operator=(const Owner &) = delete;
    ~Owner() { (void)Calls::free(handle_); }

    /// The handle, for the functions of m2m.h. It stays the owner's.
    Handle *get() const noexcept { return handle_; }
    std::uint64_t tag() const noexcept { return Calls::tag(handle_); }

    Result handle_timeout(std::uint64_t now) noexcept {
        return Calls::handle_timeout(handle_, now);
    }
    std::uint64_t poll_timeout() const noexcept { return Calls::poll_timeout(handle_); }

protected:
    /// Without a handle, `why` says what is wrong.
    template <typename Self>
    static std::optional<Self> made(const typename Calls::Config &config, const Seed &seed,
                                    Result *why) noexcept {
        Handle *handle = nullptr;
        const Result result = Calls::make(&config, seed.data(), &handle);
        if (why) *why = result;
        if (!result) return std::nullopt;
        return Self(handle);
    }

private:
    Handle *handle_;
};

/// An owner of an engine of datagrams.
template <typename Handle>
class Engine : public Owner<Handle> {
    using Calls = detail::Datagrams<Handle>;

public:
    using Owner<Handle>::Owner;
    using Event = typename Calls::Event;

    Result handle_datagram(std::uint64_t now, std::uint64_t peer, Bytes datagram) noexcept {
        return Calls::handle_datagram(this->get(), now, peer, datagram.data, datagram.size);
    }
    std::optional<Event> poll_event() noexcept {
        Event event{};
        if (Calls::poll_event(this->get(), &event) != M2M_OK) return std::nullopt;
        return event;
    }
    /// Calls send(peer, bytes) for each datagram that is to be sent, written into `room`.
    template <std::size_t N, typename Send>
    Result transmit(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        for (;;) {
            m2m_transmit out{};
            const Result result =
                Calls::poll_transmit(this->get(), now, room.data(), room.size(), &out);
            if (result != M2M_OK) return result;
            send(out.peer, Bytes{room.data(), out.len});
        }
    }
    /// A connection is there: `transport` is one of enum m2m_stream_transport.
    Result connected(std::uint64_t now, std::uint64_t peer,
                     std::int32_t transport = M2M_STREAM_TCP) noexcept {
        return Calls::connected(this->get(), now, peer, transport);
    }
    /// How many of the bytes were taken: fewer than all while answers wait to be sent.
    Value<std::size_t> handle_stream(std::uint64_t now, std::uint64_t peer, Bytes bytes) noexcept {
        return detail::got<std::size_t>(Calls::handle_stream, this->get(), now, peer, bytes.data,
            bytes.size);
    }
    Result disconnected(std::uint64_t now, std::uint64_t peer) noexcept {
        return Calls::disconnected(this->get(), now, peer);
    }
    Value<m2m_counters> counters() const noexcept {
        return detail::got<m2m_counters>(Calls::counters, this->get());
    }

protected:
    using Owner<Handle>::made;
    /// With connections besides.
    template <typename Self>
    static std::optional<Self> made(const typename detail::Calls<Handle>::Config &config,
                                    const Streams &streams, const Seed &seed,
                                    Result *why) noexcept {
        Handle *handle = nullptr;
        const Result result = Calls::make_with_streams(&config, &streams, seed.data(), &handle);
        if (why) *why = result;
        if (!result) return std::nullopt;
        return Self(handle);
    }
};

/// Seconds since 1970-01-01T00:00:00Z.
struct Time {
    std::int64_t seconds;
};

/// The ID of an object and of one of its instances.
struct ObjectLink {
    std::uint16_t object, instance;
};

/// Links in the CoRE Link Format.
struct CoreLinks {
    std::string_view text;
};

/// The path of an object or of something in it.
class Path {
public:
    Path(m2m_path path) noexcept : path_(path) {}
    explicit Path(std::uint16_t object) noexcept : path_(m2m_path_object(object)) {}
    Path(std::uint16_t object, std::uint16_t instance) noexcept
        : path_(m2m_path_instance(object, instance)) {}
    Path(std::uint16_t object, std::uint16_t instance, std::uint16_t resource) noexcept
        : path_(m2m_path_resource(object, instance, resource)) {}
    Path(std::uint16_t object, std::uint16_t instance, std::uint16_t resource,
         std::uint16_t resource_instance) noexcept
        : path_(m2m_path_resource_instance(object, instance, resource, resource_instance)) {}

    /// Reads "/3/0/1".
    static std::optional<Path> parse(const char *text) noexcept {
        m2m_path path;
        if (m2m_path_parse(text, &path) != M2M_OK) return std::nullopt;
        return Path(path);
    }

    /// The path as text, with a NUL at its end.
    std::array<char, M2M_PATH_SIZE> text() const noexcept {
        std::array<char, M2M_PATH_SIZE> text{};
        std::size_t len;
        (void)m2m_path_format(path_, text.data(), text.size(), &len);
        return text;
    }

    bool starts_with(Path ancestor) const noexcept {
        return m2m_path_starts_with(path_, ancestor.path_);
    }

    operator m2m_path() const noexcept { return path_; }
    friend bool operator==(Path a, Path b) noexcept { return m2m_path_equal(a.path_, b.path_); }
    friend bool operator!=(Path a, Path b) noexcept { return !(a == b); }

private:
    m2m_path path_;
};

}  // namespace m2m

#endif
