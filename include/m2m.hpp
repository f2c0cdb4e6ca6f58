/* m2m for C++17: the C API with owners, overloads and optional values. Header only; throws nothing
 * and allocates nothing by itself. What a function does is said in m2m.h at the one that it calls.
 */
#ifndef M2M_HPP
#define M2M_HPP

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "m2m.h"

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

namespace lwm2m {

/// What a client is made with, filled with the defaults.
struct Config : m2m_lwm2m_client_config {
    enum Preset { device, small };
    explicit Config(Preset preset = device) noexcept : m2m_lwm2m_client_config{} {
        (void)(preset == small ? m2m_lwm2m_client_config_init_small(this, sizeof *this)
                               : m2m_lwm2m_client_config_init(this, sizeof *this));
    }
};

/// What the client knows of a server, filled with the defaults.
struct ServerAccount : m2m_lwm2m_server_account {
    ServerAccount() noexcept : m2m_lwm2m_server_account{} {
        (void)m2m_lwm2m_server_account_init(this, sizeof *this);
    }
};

using Event = m2m_lwm2m_event;
using Seed = std::array<std::uint8_t, 32>;

/// An LwM2M client. Moves, and frees what it owns.
class Client {
public:
    /// Makes a client. Without one, `why` says what is wrong.
    static std::optional<Client> make(const Config &config, const Seed &seed,
                                      Result *why = nullptr) noexcept {
        m2m_lwm2m_client *handle = nullptr;
        const Result result = m2m_lwm2m_client_new(&config, seed.data(), &handle);
        if (why) *why = result;
        if (!result) return std::nullopt;
        return Client(handle);
    }

    Client(Client &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Client &operator=(Client &&other) noexcept {
        if (this != &other) {
            (void)m2m_lwm2m_client_free(handle_);
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;
    ~Client() { (void)m2m_lwm2m_client_free(handle_); }

    /// The handle, for the functions of m2m.h. It stays the client's.
    m2m_lwm2m_client *get() const noexcept { return handle_; }

    Result add_server(std::uint64_t now, const ServerAccount &account) noexcept {
        return m2m_lwm2m_client_add_server(handle_, now, &account);
    }
    Result start(std::uint64_t now) noexcept { return m2m_lwm2m_client_start(handle_, now); }
    Result update(std::uint64_t now, std::uint16_t ssid) noexcept {
        return m2m_lwm2m_client_update(handle_, now, ssid);
    }
    Result deregister(std::uint64_t now, std::uint16_t ssid) noexcept {
        return m2m_lwm2m_client_deregister(handle_, now, ssid);
    }
    std::optional<m2m_lwm2m_registration> registration(std::uint16_t ssid) const noexcept {
        m2m_lwm2m_registration registration{};
        if (m2m_lwm2m_client_registration(handle_, ssid, &registration) != M2M_OK)
            return std::nullopt;
        return registration;
    }

    Result handle_datagram(std::uint64_t now, std::uint64_t peer, Bytes datagram) noexcept {
        return m2m_lwm2m_client_handle_datagram(handle_, now, peer, datagram.data, datagram.size);
    }
    Result handle_timeout(std::uint64_t now) noexcept {
        return m2m_lwm2m_client_handle_timeout(handle_, now);
    }
    std::uint64_t poll_timeout() const noexcept { return m2m_lwm2m_client_poll_timeout(handle_); }

    std::optional<Event> poll_event() noexcept {
        Event event{};
        if (m2m_lwm2m_client_poll_event(handle_, &event) != M2M_OK) return std::nullopt;
        return event;
    }

    /// Calls send(peer, bytes) for each datagram that is to be sent, written into `room`.
    template <std::size_t N, typename Send>
    Result transmit(std::uint64_t now, std::array<std::uint8_t, N> &room, Send &&send) {
        for (;;) {
            m2m_transmit out{};
            const Result result =
                m2m_lwm2m_client_poll_transmit(handle_, now, room.data(), room.size(), &out);
            if (result != M2M_OK) return result;
            send(out.peer, Bytes{room.data(), out.len});
        }
    }

    Result add_instance(std::uint64_t now, Path path) noexcept {
        return m2m_lwm2m_client_add_instance(handle_, now, path);
    }
    Result add_resource(std::uint64_t now, Path path) noexcept {
        return m2m_lwm2m_client_add_resource(handle_, now, path);
    }
    Result remove(std::uint64_t now, Path path) noexcept {
        return m2m_lwm2m_client_remove(handle_, now, path);
    }
    bool contains(Path path) const noexcept {
        return m2m_lwm2m_client_contains(handle_, path) == M2M_OK;
    }

    /// Sets a value; the type of the argument is that of the resource. Signed integers are Integer,
    /// unsigned ones Unsigned Integer.
    template <typename T>
    Result set(std::uint64_t now, Path path, T value) noexcept {
        if constexpr (std::is_same_v<T, bool>) {
            return m2m_lwm2m_client_set_boolean(handle_, now, path, value);
        } else if constexpr (std::is_floating_point_v<T>) {
            return m2m_lwm2m_client_set_float(handle_, now, path, value);
        } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
            return m2m_lwm2m_client_set_integer(handle_, now, path, value);
        } else if constexpr (std::is_integral_v<T>) {
            return m2m_lwm2m_client_set_unsigned(handle_, now, path, value);
        } else if constexpr (std::is_same_v<T, Time>) {
            return m2m_lwm2m_client_set_time(handle_, now, path, value.seconds);
        } else if constexpr (std::is_same_v<T, ObjectLink>) {
            return m2m_lwm2m_client_set_objlnk(handle_, now, path, value.object, value.instance);
        } else if constexpr (std::is_same_v<T, Bytes>) {
            return m2m_lwm2m_client_set_opaque(handle_, now, path, value.data, value.size);
        } else if constexpr (std::is_same_v<T, CoreLinks>) {
            return m2m_lwm2m_client_set_corelnk(handle_, now, path, value.text.data(),
                                                value.text.size());
        } else {
            static_assert(std::is_convertible_v<T, std::string_view>, "no value of LwM2M");
            const std::string_view text = value;
            return m2m_lwm2m_client_set_string(handle_, now, path, text.data(), text.size());
        }
    }

    /// The value of a resource, if it is there and of this type: std::int64_t, std::uint64_t,
    /// double, bool, Time or ObjectLink.
    template <typename T>
    std::optional<T> get(Path path) const noexcept {
        T value{};
        std::int32_t result;
        if constexpr (std::is_same_v<T, bool>) {
            result = m2m_lwm2m_client_get_boolean(handle_, path, &value);
        } else if constexpr (std::is_same_v<T, double>) {
            result = m2m_lwm2m_client_get_float(handle_, path, &value);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            result = m2m_lwm2m_client_get_integer(handle_, path, &value);
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
            result = m2m_lwm2m_client_get_unsigned(handle_, path, &value);
        } else if constexpr (std::is_same_v<T, Time>) {
            result = m2m_lwm2m_client_get_time(handle_, path, &value.seconds);
        } else {
            static_assert(std::is_same_v<T, ObjectLink>, "read text and bytes with read()");
            result = m2m_lwm2m_client_get_objlnk(handle_, path, &value.object, &value.instance);
        }
        if (result != M2M_OK) return std::nullopt;
        return value;
    }

    /// Copies a string into `room`: nothing if it is not there or does not fit with its NUL.
    template <std::size_t N>
    std::optional<std::string_view> read(Path path, std::array<char, N> &room) const noexcept {
        std::size_t len = 0;
        if (m2m_lwm2m_client_get_string(handle_, path, room.data(), N, &len) != M2M_OK)
            return std::nullopt;
        return std::string_view(room.data(), len);
    }
    /// Copies opaque bytes into `room`: nothing if they are not there or do not fit.
    template <std::size_t N>
    std::optional<Bytes> read(Path path, std::array<std::uint8_t, N> &room) const noexcept {
        std::size_t len = 0;
        if (m2m_lwm2m_client_get_opaque(handle_, path, room.data(), N, &len) != M2M_OK)
            return std::nullopt;
        return Bytes{room.data(), len};
    }

    /// Copies the arguments of an execute into `room`.
    template <std::size_t N>
    std::optional<std::string_view> arguments(const Event &event,
                                              std::array<char, N> &room) const noexcept {
        std::size_t len = 0;
        if (m2m_lwm2m_client_arguments(handle_, event.id, room.data(), N, &len) != M2M_OK)
            return std::nullopt;
        return std::string_view(room.data(), len);
    }
    Result answer(std::uint64_t now, const Event &event,
                  std::int32_t code = M2M_COAP_CHANGED) noexcept {
        return m2m_lwm2m_client_answer_execute(handle_, now, event.id, code);
    }

private:
    explicit Client(m2m_lwm2m_client *handle) noexcept : handle_(handle) {}
    m2m_lwm2m_client *handle_;
};

}  // namespace lwm2m
}  // namespace m2m

#endif
