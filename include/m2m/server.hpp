/* The LwM2M server and the bootstrap server in C++17. */
#ifndef M2M_SERVER_HPP
#define M2M_SERVER_HPP

#include "common.hpp"

namespace m2m {

namespace lwm2m {

/// What a server is made with.
using ServerConfig = Filled<m2m_lwm2m_server_config, m2m_lwm2m_server_config_init>;
/// What is asked of a client: at first, a Read of the root.
using Operation = Filled<m2m_lwm2m_operation, m2m_lwm2m_operation_init>;

/// An LwM2M server.
class Server : public Engine<m2m_lwm2m_server> {
public:
    using Engine::Engine;

    /// Makes a server. Without one, `why` says what is wrong.
    static std::optional<Server> make(const ServerConfig &config, const Seed &seed,
                                      Result *why = nullptr) noexcept {
        return made<Server>(config, seed, why);
    }
    /// With connections besides.
    static std::optional<Server> make(const ServerConfig &config, const Streams &streams,
                                     const Seed &seed, Result *why = nullptr) noexcept {
        return made<Server>(config, streams, seed, why);
    }

    Result forget_peer(std::uint64_t now, std::uint64_t peer) noexcept {
        return m2m_lwm2m_server_forget_peer(get(), now, peer);
    }
    Result identify(std::uint64_t peer, const char *endpoint) noexcept {
        return m2m_lwm2m_server_identify(get(), peer, endpoint);
    }
    Value<std::uint64_t> add_security_context(const char *endpoint,
                                              const Security &security) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_lwm2m_server_add_security_context(get(), endpoint, &security, to);
        });
    }
    Value<std::uint64_t> replace_security_context(std::uint64_t now, std::uint64_t context,
                                                  const char *endpoint,
                                                  const Security &security) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_lwm2m_server_replace_security_context(get(), now, context, endpoint, &security, to);
        });
    }
    Result remove_security_context(std::uint64_t now, std::uint64_t context) noexcept {
        return m2m_lwm2m_server_remove_security_context(get(), now, context);
    }
    Result set_wall_clock(std::uint64_t now, std::int64_t unix_ms) noexcept {
        return m2m_lwm2m_server_set_wall_clock(get(), now, unix_ms);
    }
    Result add_object(const m2m_object &object) noexcept {
        return m2m_lwm2m_server_add_object(get(), &object);
    }

    Value<m2m_lwm2m_registered_client> registration(std::uint64_t id) const noexcept {
        return detail::value_of<m2m_lwm2m_registered_client>(
            [&](auto *to) { return m2m_lwm2m_server_registration(get(), id, to); });
    }
    Value<std::uint64_t> find(const char *endpoint) const noexcept {
        return detail::value_of<std::uint64_t>(
            [&](auto *to) { return m2m_lwm2m_server_find(get(), endpoint, to); });
    }
    template <std::size_t N>
    Value<std::string_view> endpoint(std::uint64_t id, std::array<char, N> &room) const noexcept {
        return detail::text_of(room, [&](char *buf, std::size_t cap, std::size_t *len) {
            return m2m_lwm2m_server_endpoint(get(), id, buf, cap, len);
        });
    }
    /// Calls see(path) for each object and instance that a client has.
    template <typename See>
    void links(std::uint64_t id, See &&see) const {
        m2m_path path{};
        for (std::size_t i = 0; m2m_lwm2m_server_link(get(), id, i, &path) == M2M_OK; i++)
            see(Path(path));
    }
    Result remove(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_lwm2m_server_remove(get(), now, id);
    }

    /// The id of the operation, by which its answer is told.
    Value<std::uint64_t> request(std::uint64_t now, std::uint64_t registration,
                                 const Operation &operation) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_lwm2m_server_request(get(), now, registration, &operation, to);
        });
    }
    Value<std::uint64_t> read(std::uint64_t now, std::uint64_t registration, Path path) noexcept {
        return detail::value_of<std::uint64_t>(
            [&](auto *to) { return m2m_lwm2m_server_read(get(), now, registration, path, to); });
    }
    Value<std::uint64_t> observe(std::uint64_t now, std::uint64_t registration,
                                 Path path) noexcept {
        Operation operation;
        operation.kind = M2M_LWM2M_OBSERVE;
        operation.path = path;
        return request(now, registration, operation);
    }
    Result abort(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_lwm2m_server_abort(get(), now, id);
    }

    /// `of` is M2M_LWM2M_OF_RESPONSE or M2M_LWM2M_OF_NOTIFICATION.
    Value<m2m_lwm2m_content> content(std::int32_t of, std::uint64_t id) const noexcept {
        return detail::value_of<m2m_lwm2m_content>(
            [&](auto *to) { return m2m_lwm2m_server_content(get(), of, id, to); });
    }
    /// Calls see(index, value) for each value of a content.
    template <typename See>
    Result values(std::int32_t of, std::uint64_t id, See &&see) const {
        for (std::size_t at = 0;; at++) {
            m2m_lwm2m_value value{};
            std::size_t count = 0;
            const Result result =
                m2m_lwm2m_server_content_values(get(), of, id, at, &value, 1, &count);
            if (result != M2M_OK) return result;
            see(at, value);
        }
    }
    template <std::size_t N>
    Value<std::string_view> text(std::int32_t of, std::uint64_t id, std::size_t index,
                                 std::array<char, N> &room) const noexcept {
        return detail::text_of(room, [&](char *buf, std::size_t cap, std::size_t *len) {
            return m2m_lwm2m_server_content_bytes(
                get(), of, id, index, reinterpret_cast<std::uint8_t *>(buf), cap, len);
        });
    }
    template <std::size_t N>
    Value<Bytes> payload(std::int32_t of, std::uint64_t id,
                         std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes_of(room, [&](std::uint8_t *buf, std::size_t cap, std::size_t *len) {
            return m2m_lwm2m_server_content_payload(get(), of, id, buf, cap, len);
        });
    }
    Result release(std::int32_t of, std::uint64_t id) noexcept {
        return m2m_lwm2m_server_release(get(), of, id);
    }

    /// Calls keep(key, bytes) or forget(key) for each record, written into `room`.
    template <std::size_t N, typename Keep, typename Forget>
    Result journal(std::array<std::uint8_t, N> &room, Keep &&keep, Forget &&forget) {
        return detail::journal(m2m_lwm2m_server_poll_journal, get(), room, keep, forget);
    }
    Result restore(std::uint64_t now, std::uint64_t key, Bytes record) noexcept {
        return m2m_lwm2m_server_restore(get(), now, key, record.data, record.size);
    }
    Result finish_restore(std::uint64_t now) noexcept {
        return m2m_lwm2m_server_finish_restore(get(), now);
    }
};

/// What a bootstrap server is made with.
using BootstrapServerConfig =
    Filled<m2m_lwm2m_bootstrap_server_config, m2m_lwm2m_bootstrap_server_config_init>;
/// What a client is given.
using Configuration =
    Filled<m2m_lwm2m_bootstrap_configuration, m2m_lwm2m_bootstrap_configuration_init>;
/// An account that a client is given.
using Account = Filled<m2m_lwm2m_bootstrap_account, m2m_lwm2m_bootstrap_account_init>;

/// An LwM2M bootstrap server.
class BootstrapServer : public Engine<m2m_lwm2m_bootstrap_server> {
public:
    using Engine::Engine;

    /// Makes a bootstrap server. Without one, `why` says what is wrong.
    static std::optional<BootstrapServer> make(const BootstrapServerConfig &config,
                                               const Seed &seed, Result *why = nullptr) noexcept {
        return made<BootstrapServer>(config, seed, why);
    }
    /// With connections besides.
    static std::optional<BootstrapServer> make(const BootstrapServerConfig &config, const Streams &streams,
                                     const Seed &seed, Result *why = nullptr) noexcept {
        return made<BootstrapServer>(config, streams, seed, why);
    }

    Result forget_peer(std::uint64_t now, std::uint64_t peer) noexcept {
        return m2m_lwm2m_bootstrap_server_forget_peer(get(), now, peer);
    }
    Result identify(std::uint64_t peer, const char *endpoint) noexcept {
        return m2m_lwm2m_bootstrap_server_identify(get(), peer, endpoint);
    }
    Value<std::uint64_t> add_security_context(const char *endpoint,
                                              const Security &security) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_lwm2m_bootstrap_server_add_security_context(get(), endpoint, &security, to);
        });
    }
    Value<std::uint64_t> replace_security_context(std::uint64_t now, std::uint64_t context,
                                                  const char *endpoint,
                                                  const Security &security) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_lwm2m_bootstrap_server_replace_security_context(get(), now, context, endpoint, &security, to);
        });
    }
    Result remove_security_context(std::uint64_t now, std::uint64_t context) noexcept {
        return m2m_lwm2m_bootstrap_server_remove_security_context(get(), now, context);
    }
    /// `rule` is M2M_LWM2M_RULE_ENDPOINT or M2M_LWM2M_RULE_PATTERN.
    Result set_configuration(std::int32_t rule, const char *name,
                             const Configuration &configuration) noexcept {
        return m2m_lwm2m_bootstrap_server_set_configuration(get(), rule, name, &configuration);
    }
    Result remove_configuration(std::int32_t rule, const char *name) noexcept {
        return m2m_lwm2m_bootstrap_server_remove_configuration(get(), rule, name);
    }
    Value<std::uint64_t> start(std::uint64_t now, std::uint64_t peer, const char *endpoint,
                               const Configuration &configuration) noexcept {
        return detail::value_of<std::uint64_t>([&](auto *to) {
            return m2m_lwm2m_bootstrap_server_start(get(), now, peer, endpoint, &configuration,
                                                    to);
        });
    }
    Result accept(std::uint64_t now, std::uint64_t session,
                  const Configuration &configuration) noexcept {
        return m2m_lwm2m_bootstrap_server_accept(get(), now, session, &configuration);
    }
    Result refuse(std::uint64_t now, std::uint64_t session,
                  std::int32_t code = M2M_COAP_BAD_REQUEST) noexcept {
        return m2m_lwm2m_bootstrap_server_refuse(get(), now, session, code);
    }
    Result push(std::uint64_t now, std::uint64_t session,
                const m2m_lwm2m_bootstrap_step &step) noexcept {
        return m2m_lwm2m_bootstrap_server_push(get(), now, session, &step);
    }
    Result abort(std::uint64_t now, std::uint64_t session) noexcept {
        return m2m_lwm2m_bootstrap_server_abort(get(), now, session);
    }
    Value<m2m_lwm2m_bootstrap_session> session(std::uint64_t id) const noexcept {
        return detail::value_of<m2m_lwm2m_bootstrap_session>(
            [&](auto *to) { return m2m_lwm2m_bootstrap_server_session(get(), id, to); });
    }
    template <std::size_t N>
    Value<std::string_view> endpoint(std::uint64_t session,
                                     std::array<char, N> &room) const noexcept {
        return detail::text_of(room, [&](char *buf, std::size_t cap, std::size_t *len) {
            return m2m_lwm2m_bootstrap_server_endpoint(get(), session, buf, cap, len);
        });
    }
    template <std::size_t N>
    Value<Bytes> answer(std::uint64_t session, std::uint32_t step,
                        std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes_of(room, [&](std::uint8_t *buf, std::size_t cap, std::size_t *len) {
            return m2m_lwm2m_bootstrap_server_answer_payload(get(), session, step, buf, cap, len);
        });
    }
};

}  // namespace lwm2m

}  // namespace m2m

#endif
