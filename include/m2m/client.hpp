/* The LwM2M client in C++17. */
#ifndef M2M_CLIENT_HPP
#define M2M_CLIENT_HPP

#include <type_traits>

#include "common.hpp"

namespace m2m {

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

using m2m::Seed;
using Event = m2m_lwm2m_event;

/// An LwM2M client.
class Client : public Engine<m2m_lwm2m_client> {
public:
    using Engine::Engine;
    using Engine::get;

    /// Makes a client. Without one, `why` says what is wrong.
    static std::optional<Client> make(const Config &config, const Seed &seed,
                                      Result *why = nullptr) noexcept {
        return made<Client>(config, seed, why);
    }
    /// With connections besides.
    static std::optional<Client> make(const Config &config, const Streams &streams,
                                     const Seed &seed, Result *why = nullptr) noexcept {
        return made<Client>(config, streams, seed, why);
    }

    Result add_server(std::uint64_t now, const ServerAccount &account) noexcept {
        return m2m_lwm2m_client_add_server(get(), now, &account);
    }
    Result start(std::uint64_t now) noexcept { return m2m_lwm2m_client_start(get(), now); }
    Result update(std::uint64_t now, std::uint16_t ssid) noexcept {
        return m2m_lwm2m_client_update(get(), now, ssid);
    }
    Result deregister(std::uint64_t now, std::uint16_t ssid) noexcept {
        return m2m_lwm2m_client_deregister(get(), now, ssid);
    }
    std::optional<m2m_lwm2m_registration> registration(std::uint16_t ssid) const noexcept {
        m2m_lwm2m_registration registration{};
        if (m2m_lwm2m_client_registration(get(), ssid, &registration) != M2M_OK)
            return std::nullopt;
        return registration;
    }

    Result add_instance(std::uint64_t now, Path path) noexcept {
        return m2m_lwm2m_client_add_instance(get(), now, path);
    }
    Result add_resource(std::uint64_t now, Path path) noexcept {
        return m2m_lwm2m_client_add_resource(get(), now, path);
    }
    Result remove(std::uint64_t now, Path path) noexcept {
        return m2m_lwm2m_client_remove(get(), now, path);
    }
    bool contains(Path path) const noexcept {
        return m2m_lwm2m_client_contains(get(), path) == M2M_OK;
    }

    /// Sets a value; the type of the argument is that of the resource. Signed integers are Integer,
    /// unsigned ones Unsigned Integer.
    template <typename T>
    Result set(std::uint64_t now, Path path, T value) noexcept {
        if constexpr (std::is_same_v<T, bool>) {
            return m2m_lwm2m_client_set_boolean(get(), now, path, value);
        } else if constexpr (std::is_floating_point_v<T>) {
            return m2m_lwm2m_client_set_float(get(), now, path, value);
        } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
            return m2m_lwm2m_client_set_integer(get(), now, path, value);
        } else if constexpr (std::is_integral_v<T>) {
            return m2m_lwm2m_client_set_unsigned(get(), now, path, value);
        } else if constexpr (std::is_same_v<T, Time>) {
            return m2m_lwm2m_client_set_time(get(), now, path, value.seconds);
        } else if constexpr (std::is_same_v<T, ObjectLink>) {
            return m2m_lwm2m_client_set_objlnk(get(), now, path, value.object, value.instance);
        } else if constexpr (std::is_same_v<T, Bytes>) {
            return m2m_lwm2m_client_set_opaque(get(), now, path, value.data, value.size);
        } else if constexpr (std::is_same_v<T, CoreLinks>) {
            return m2m_lwm2m_client_set_corelnk(get(), now, path, value.text.data(),
                                                value.text.size());
        } else {
            static_assert(std::is_convertible_v<T, std::string_view>, "no value of LwM2M");
            const std::string_view text = value;
            return m2m_lwm2m_client_set_string(get(), now, path, text.data(), text.size());
        }
    }

    /// The value of a resource, if it is there and of this type: std::int64_t, std::uint64_t,
    /// double, bool, Time or ObjectLink.
    template <typename T>
    std::optional<T> get(Path path) const noexcept {
        T value{};
        std::int32_t result;
        if constexpr (std::is_same_v<T, bool>) {
            result = m2m_lwm2m_client_get_boolean(get(), path, &value);
        } else if constexpr (std::is_same_v<T, double>) {
            result = m2m_lwm2m_client_get_float(get(), path, &value);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            result = m2m_lwm2m_client_get_integer(get(), path, &value);
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
            result = m2m_lwm2m_client_get_unsigned(get(), path, &value);
        } else if constexpr (std::is_same_v<T, Time>) {
            result = m2m_lwm2m_client_get_time(get(), path, &value.seconds);
        } else {
            static_assert(std::is_same_v<T, ObjectLink>, "read text and bytes with read()");
            result = m2m_lwm2m_client_get_objlnk(get(), path, &value.object, &value.instance);
        }
        if (result != M2M_OK) return std::nullopt;
        return value;
    }

    /// Copies a string into `room`: nothing if it is not there or does not fit with its NUL.
    template <std::size_t N>
    std::optional<std::string_view> read(Path path, std::array<char, N> &room) const noexcept {
        std::size_t len = 0;
        if (m2m_lwm2m_client_get_string(get(), path, room.data(), N, &len) != M2M_OK)
            return std::nullopt;
        return std::string_view(room.data(), len);
    }
    /// Copies opaque bytes into `room`: nothing if they are not there or do not fit.
    template <std::size_t N>
    std::optional<Bytes> read(Path path, std::array<std::uint8_t, N> &room) const noexcept {
        std::size_t len = 0;
        if (m2m_lwm2m_client_get_opaque(get(), path, room.data(), N, &len) != M2M_OK)
            return std::nullopt;
        return Bytes{room.data(), len};
    }

    /// Copies the arguments of an execute into `room`.
    template <std::size_t N>
    std::optional<std::string_view> arguments(const Event &event,
                                              std::array<char, N> &room) const noexcept {
        std::size_t len = 0;
        if (m2m_lwm2m_client_arguments(get(), event.id, room.data(), N, &len) != M2M_OK)
            return std::nullopt;
        return std::string_view(room.data(), len);
    }
    Result answer(std::uint64_t now, const Event &event,
                  std::int32_t code = M2M_COAP_CHANGED) noexcept {
        return m2m_lwm2m_client_answer_execute(get(), now, event.id, code);
    }

    Result set_peer(std::uint64_t now, std::uint16_t ssid, std::uint64_t peer) noexcept {
        return m2m_lwm2m_client_set_peer(get(), now, ssid, peer);
    }
    /// Has a value asked for when it is read: M2M_LWM2M_VALUE_WANTED, then set() and value_is_set().
    Result ask_when_read(std::uint64_t now, Path path) noexcept {
        return m2m_lwm2m_client_ask_when_read(get(), now, path);
    }
    Result value_is_set(std::uint64_t now, Path path,
                        std::int32_t code = M2M_COAP_CONTENT) noexcept {
        return m2m_lwm2m_client_answer_value(get(), now, path, code);
    }

    /// Calls keep(key, bytes) or forget(key) for each record, written into `room`. Sequence numbers of
    /// OSCORE are among them.
    template <std::size_t N, typename Keep, typename Forget>
    Result journal(std::array<std::uint8_t, N> &room, Keep &&keep, Forget &&forget) {
        return detail::journal(m2m_lwm2m_client_poll_journal, get(), room, keep, forget);
    }
    Result restore(std::uint64_t now, std::uint64_t key, Bytes record) noexcept {
        return m2m_lwm2m_client_restore(get(), now, key, record.data, record.size);
    }
};

}  // namespace lwm2m

}  // namespace m2m

#endif
