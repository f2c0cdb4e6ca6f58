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

    /// Bootstrap: the account of the server, its beginning without a trigger, and what was written by hand.
    Result add_bootstrap_server(std::uint64_t now, const char *uri, std::uint32_t hold_off_s,
                                std::uint32_t timeout_s) noexcept {
        return m2m_lwm2m_client_add_bootstrap_server(get(), now, uri, hold_off_s, timeout_s);
    }
    Result bootstrap(std::uint64_t now) noexcept {
        return m2m_lwm2m_client_bootstrap(get(), now);
    }
    struct Bootstrapping {
        /// One of enum m2m_lwm2m_bootstrapping.
        std::int32_t state = 0;
        std::uint64_t at_ms = 0;
    };
    Value<Bootstrapping> bootstrapping() const noexcept {
        return detail::value_of<Bootstrapping>([&](Bootstrapping *to) {
            return m2m_lwm2m_client_bootstrapping(get(), &to->state, &to->at_ms);
        });
    }
    Result provision(std::uint64_t now, Path path, std::int32_t format, Bytes payload) noexcept {
        return m2m_lwm2m_client_provision(get(), now, path, format, payload.data, payload.size);
    }
    /// Calls see() for each of the servers that the client knows.
    template <typename See>
    void servers(See &&see) const {
        detail::each<std::uint16_t>(see, m2m_lwm2m_client_server_at, get());
    }
    Result register_with(std::uint64_t now, std::uint16_t ssid) noexcept {
        return m2m_lwm2m_client_register(get(), now, ssid);
    }
    Result set_online(std::uint64_t now, std::uint16_t ssid, bool online) noexcept {
        return m2m_lwm2m_client_set_online(get(), now, ssid, online);
    }
    Result connection_failed(std::uint64_t now, std::uint16_t ssid) noexcept {
        return m2m_lwm2m_client_connection_failed(get(), now, ssid);
    }
    Result handle_sms(std::uint64_t now, Bytes sms) noexcept {
        return m2m_lwm2m_client_handle_sms(get(), now, sms.data, sms.size);
    }
    Value<std::uint32_t> is_awake() const noexcept {
        return detail::got<std::uint32_t>(m2m_lwm2m_client_is_awake, get());
    }
    Result set_wall_clock(std::uint64_t now, std::int64_t unix_ms) noexcept {
        return m2m_lwm2m_client_set_wall_clock(get(), now, unix_ms);
    }
    Value<std::int64_t> wall_clock(std::uint64_t now) const noexcept {
        return detail::got<std::int64_t>(m2m_lwm2m_client_wall_clock, get(), now);
    }
    Value<std::size_t> reserved_bytes() const noexcept {
        return detail::got<std::size_t>(m2m_lwm2m_client_reserved_bytes, get());
    }
    Value<std::int32_t> type(Path path) const noexcept {
        return detail::got<std::int32_t>(m2m_lwm2m_client_get_type, get(), path);
    }
    /// Copies links into `room`.
    template <std::size_t N>
    Value<std::string_view> links(Path path, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_client_get_corelnk, get(), path);
    }
    /// Calls see(path) for each resource and resource instance below a path.
    template <typename See>
    void paths(Path below, See &&see) const {
        m2m_path at = below;
        while (m2m_lwm2m_client_next_path(get(), below, at, &at) == M2M_OK) see(Path(at));
    }
    /// Sends values, and the id of what was sent; record() keeps them for a later one.
    template <std::size_t Count>
    Value<std::uint64_t> send(std::uint64_t now, std::uint16_t ssid,
                              const std::array<m2m_path, Count> &paths,
                              std::int32_t format = M2M_LWM2M_SENML_CBOR) noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_client_send, get(), now, ssid, format,
            paths.data(), Count);
    }
    template <std::size_t Count>
    Result record(std::uint64_t now, std::uint16_t ssid,
                  const std::array<m2m_path, Count> &paths) noexcept {
        return m2m_lwm2m_client_record(get(), now, ssid, paths.data(), Count);
    }
    /// Errors of the device (/3/0/11).
    Result add_error(std::uint64_t now, std::uint8_t error) noexcept {
        return m2m_lwm2m_client_add_error(get(), now, error);
    }
    Result clear_error(std::uint64_t now, std::uint8_t error) noexcept {
        return m2m_lwm2m_client_clear_error(get(), now, error);
    }
    /// Firmware and software.
    Result add_firmware_update(std::uint64_t now,
                               const m2m_lwm2m_package_support &support) noexcept {
        return m2m_lwm2m_client_add_firmware_update(get(), now, &support);
    }
    Result add_software(std::uint64_t now, std::uint16_t instance,
                        const m2m_lwm2m_package_support &support) noexcept {
        return m2m_lwm2m_client_add_software(get(), now, instance, &support);
    }
    template <std::size_t N>
    Value<Bytes> package_block(std::uint64_t id, std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_lwm2m_client_package_block, get(), id);
    }
    Value<std::uint32_t> package_size(Path package) const noexcept {
        return detail::got<std::uint32_t>(m2m_lwm2m_client_package_size, get(), package);
    }
    template <std::size_t N>
    Value<Bytes> package_record(Path package, std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_lwm2m_client_package_record, get(), package);
    }
    Result answer_package(std::uint64_t now, std::uint64_t id, std::int32_t answer) noexcept {
        return m2m_lwm2m_client_answer_package(get(), now, id, answer);
    }
    Result connect_package(std::uint64_t now, std::uint64_t id, std::uint64_t peer) noexcept {
        return m2m_lwm2m_client_connect_package(get(), now, id, peer);
    }
    Result apply_firmware(std::uint64_t now) noexcept {
        return m2m_lwm2m_client_apply_firmware(get(), now);
    }
    /// A device behind this one, which is a gateway: its instance of object 25.
    template <std::size_t Count>
    Value<m2m_path> add_device(std::uint64_t now, const char *id, const char *prefix,
                               const std::array<std::uint16_t, Count> &objects) noexcept {
        return detail::got<m2m_path>(m2m_lwm2m_client_add_device, get(), now, id, prefix,
            objects.data(), Count);
    }
    Value<m2m_path> path_behind(Path instance, Path path) const noexcept {
        return detail::got<m2m_path>(m2m_lwm2m_client_path_behind, get(), instance, path);
    }
    struct Behind {
        m2m_path instance{}, path{};
    };
    Value<Behind> device_behind(Path path) const noexcept {
        return detail::value_of<Behind>([&](Behind *to) {
            return m2m_lwm2m_client_device_behind(get(), path, &to->instance, &to->path);
        });
    }
    /// OSCORE: sequence numbers, for those who keep no journal. Calls see(instance, up_to) for each.
    template <typename See>
    void sequence_numbers(See &&see) const {
        std::uint16_t instance = 0;
        std::uint64_t up_to = 0;
        for (std::size_t at = 0;
             m2m_lwm2m_client_sequence_numbers(get(), at, &instance, &up_to) == M2M_OK; at++)
            see(instance, up_to);
    }
    Result restore_sequence_numbers(std::uint64_t now, std::uint16_t instance,
                                    std::uint64_t next) noexcept {
        return m2m_lwm2m_client_restore_sequence_numbers(get(), now, instance, next);
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
