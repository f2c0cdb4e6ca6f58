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
        return detail::got<std::uint64_t>(m2m_lwm2m_server_add_security_context, get(), endpoint,
            &security);
    }
    Value<std::uint64_t> replace_security_context(std::uint64_t now, std::uint64_t context,
                                                  const char *endpoint,
                                                  const Security &security) noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_server_replace_security_context, get(), now,
            context, endpoint, &security);
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
        return detail::got<m2m_lwm2m_registered_client>(m2m_lwm2m_server_registration, get(), id);
    }
    Value<std::uint64_t> find(const char *endpoint) const noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_server_find, get(), endpoint);
    }
    template <std::size_t N>
    Value<std::string_view> endpoint(std::uint64_t id, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_endpoint, get(), id);
    }
    /// Calls see(path) for each object and instance that a client has.
    template <typename See>
    void links(std::uint64_t id, See &&see) const {
        detail::each<m2m_path>([&](m2m_path path) { see(Path(path)); }, m2m_lwm2m_server_link,
                               get(), id);
    }
    /// More of a registration.
    template <std::size_t N>
    Value<std::string_view> location(std::uint64_t id, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_location, get(), id);
    }
    template <std::size_t N>
    Value<std::string_view> alternate_path(std::uint64_t id, std::array<char,
                                           N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_alternate_path, get(), id);
    }
    template <std::size_t N>
    Value<std::string_view> binding(std::uint64_t id, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_binding, get(), id);
    }
    struct Version {
        std::uint8_t major = 0, minor = 0;
    };
    Value<Version> object_version(std::uint64_t id, std::uint16_t object) const noexcept {
        return detail::value_of<Version>([&](Version *to) {
            return m2m_lwm2m_server_object_version(get(), id, object, &to->major, &to->minor);
        });
    }
    bool accepts(std::uint64_t id, std::int32_t format) const noexcept {
        return m2m_lwm2m_server_accepts(get(), id, format) == M2M_OK;
    }
    template <std::size_t N>
    Value<std::string_view> parameter_name(std::uint64_t id, std::size_t index, std::array<char,
                                           N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_parameter_name, get(), id, index);
    }
    template <std::size_t N>
    Value<std::string_view> parameter(std::uint64_t id, const char *name, std::array<char,
                                      N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_parameter, get(), id, name);
    }
    Value<std::int32_t> resource_type(std::uint64_t id, Path path) const noexcept {
        return detail::got<std::int32_t>(m2m_lwm2m_server_resource_type, get(), id, path);
    }
    Value<std::uint64_t> find_peer(std::uint64_t peer) const noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_server_find_peer, get(), peer);
    }
    /// Calls see() for each of the registrations.
    template <typename See>
    void registrations(See &&see) const {
        detail::each<std::uint64_t>(see, m2m_lwm2m_server_registration_at, get());
    }
    Value<std::uint32_t> registration_count() const noexcept {
        return detail::got<std::uint32_t>(m2m_lwm2m_server_registration_count, get());
    }
    /// Devices behind a gateway.
    /// Calls see() for each of the devices behind a gateway.
    template <typename See>
    void children(std::uint64_t gateway, See &&see) const {
        detail::each<std::uint64_t>(see, m2m_lwm2m_server_child_at, get(), gateway);
    }
    Result survey(std::uint64_t now, std::uint64_t gateway) noexcept {
        return m2m_lwm2m_server_survey(get(), now, gateway);
    }
    Value<std::uint64_t> add_child(std::uint64_t now, std::uint64_t gateway, const char *endpoint,
                                   const char *prefix, const char *links) noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_server_add_child, get(), now, gateway, endpoint,
            prefix, links);
    }
    /// Profiles (1.2).
    Result set_profile(const char *profile, const char *links) noexcept {
        return m2m_lwm2m_server_set_profile(get(), profile, links);
    }
    Result remove_profile(const char *profile) noexcept {
        return m2m_lwm2m_server_remove_profile(get(), profile);
    }
    template <std::size_t N>
    Value<std::string_view> profile(std::size_t index, std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_profile_at, get(), index);
    }
    template <std::size_t N>
    Value<std::string_view> profile_alternate_path(std::size_t index,
                                                   std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_profile_alternate_path, get(), index);
    }
    Value<m2m_path> profile_link(std::size_t index, std::size_t link) const noexcept {
        return detail::got<m2m_path>(m2m_lwm2m_server_profile_link, get(), index, link);
    }
    Result remove(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_lwm2m_server_remove(get(), now, id);
    }

    /// The id of the operation, by which its answer is told.
    Value<std::uint64_t> request(std::uint64_t now, std::uint64_t registration,
                                 const Operation &operation) noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_server_request, get(), now, registration,
            &operation);
    }
    Value<std::uint64_t> read(std::uint64_t now, std::uint64_t registration, Path path) noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_server_read, get(), now, registration, path);
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

    /// Operations that wait or are under way.
    Value<m2m_lwm2m_pending> pending(std::uint64_t id) const noexcept {
        return detail::got<m2m_lwm2m_pending>(m2m_lwm2m_server_pending, get(), id);
    }
    /// Calls see() for each of a client's operations that wait or are under way.
    template <typename See>
    void pending_of(std::uint64_t registration, See &&see) const {
        detail::each<m2m_lwm2m_pending>(see, m2m_lwm2m_server_pending_at, get(), registration);
    }
    /// Calls see() for each of the paths of an operation.
    template <typename See>
    void pending_paths(std::uint64_t id, See &&see) const {
        detail::each<m2m_path>(see, m2m_lwm2m_server_pending_path, get(), id);
    }
    template <std::size_t N>
    Value<std::string_view> pending_attributes(std::uint64_t id, std::array<char,
                                               N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_pending_attributes, get(), id);
    }
    Value<std::uint32_t> open_operations() const noexcept {
        return detail::got<std::uint32_t>(m2m_lwm2m_server_open_operations, get());
    }
    /// Observations.
    Value<m2m_lwm2m_observation> observation(std::uint64_t id) const noexcept {
        return detail::got<m2m_lwm2m_observation>(m2m_lwm2m_server_observation, get(), id);
    }
    /// Calls see() for each of a client's observations.
    template <typename See>
    void observations(std::uint64_t registration, See &&see) const {
        detail::each<std::uint64_t>(see, m2m_lwm2m_server_observation_at, get(), registration);
    }
    /// Calls see() for each of the paths of an observation.
    template <typename See>
    void observed_paths(std::uint64_t id, See &&see) const {
        detail::each<m2m_path>(see, m2m_lwm2m_server_observed_path, get(), id);
    }
    template <std::size_t N>
    Value<std::string_view> observation_attributes(std::uint64_t id, std::array<char,
                                                   N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_server_observation_attributes, get(), id);
    }
    Value<std::uint64_t> find_observation(std::uint64_t registration, Path path) const noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_server_find_observation, get(), registration,
            path);
    }
    template <std::size_t Count>
    Value<std::uint64_t> find_observation(std::uint64_t registration,
                                          const std::array<m2m_path, Count> &paths) const noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_server_find_composite, get(), registration,
            paths.data(), Count);
    }
    Result forget_observation(std::uint64_t now, std::uint64_t id) noexcept {
        return m2m_lwm2m_server_forget_observation(get(), now, id);
    }
    Value<m2m_lwm2m_server_counts> own_counters() const noexcept {
        return detail::got<m2m_lwm2m_server_counts>(m2m_lwm2m_server_own_counters, get());
    }

    /// `of` is M2M_LWM2M_OF_RESPONSE or M2M_LWM2M_OF_NOTIFICATION.
    Value<m2m_lwm2m_content> content(std::int32_t of, std::uint64_t id) const noexcept {
        return detail::got<m2m_lwm2m_content>(m2m_lwm2m_server_content, get(), of, id);
    }
    /// Calls see(index, value) for each value of a content.
    template <typename See>
    Result values(std::int32_t of, std::uint64_t id, See &&see) const {
        return detail::values(see, m2m_lwm2m_server_content_values, get(), of, id);
    }
    template <std::size_t N>
    Value<std::string_view> text(std::int32_t of, std::uint64_t id, std::size_t index,
                                 std::array<char, N> &room) const noexcept {
        return detail::text(room, [&](char *buf, std::size_t cap, std::size_t *len) {
            return m2m_lwm2m_server_content_bytes(
                get(), of, id, index, reinterpret_cast<std::uint8_t *>(buf), cap, len);
        });
    }
    template <std::size_t N>
    Value<Bytes> payload(std::int32_t of, std::uint64_t id,
                         std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_lwm2m_server_content_payload, get(), of, id);
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
        return detail::got<std::uint64_t>(m2m_lwm2m_bootstrap_server_add_security_context, get(),
            endpoint, &security);
    }
    Value<std::uint64_t> replace_security_context(std::uint64_t now, std::uint64_t context,
                                                  const char *endpoint,
                                                  const Security &security) noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_bootstrap_server_replace_security_context,
            get(), now, context, endpoint, &security);
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
        return detail::got<std::uint64_t>(m2m_lwm2m_bootstrap_server_start, get(), now, peer,
            endpoint, &configuration);
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
        return detail::got<m2m_lwm2m_bootstrap_session>(m2m_lwm2m_bootstrap_server_session, get(),
            id);
    }
    template <std::size_t N>
    Value<std::string_view> endpoint(std::uint64_t session,
                                     std::array<char, N> &room) const noexcept {
        return detail::text(room, m2m_lwm2m_bootstrap_server_endpoint, get(), session);
    }
    Result add_object(const m2m_object &object) noexcept {
        return m2m_lwm2m_bootstrap_server_add_object(get(), &object);
    }
    Value<std::uint64_t> find(const char *endpoint) const noexcept {
        return detail::got<std::uint64_t>(m2m_lwm2m_bootstrap_server_find, get(), endpoint);
    }
    /// Calls see() for each of the sessions that are not over.
    template <typename See>
    void sessions(See &&see) const {
        detail::each<std::uint64_t>(see, m2m_lwm2m_bootstrap_server_session_at, get());
    }
    /// What a client answered to a step: its values and texts, and its payload.
    Value<m2m_lwm2m_bootstrap_answer> answered(std::uint64_t session,
                                               std::uint32_t step) const noexcept {
        return detail::got<m2m_lwm2m_bootstrap_answer>(m2m_lwm2m_bootstrap_server_answer, get(),
            session, step);
    }
    template <typename See>
    Result values(std::uint64_t session, std::uint32_t step, See &&see) const {
        return detail::values(see, m2m_lwm2m_bootstrap_server_answer_values, get(), session, step);
    }
    template <std::size_t N>
    Value<Bytes> bytes(std::uint64_t session, std::uint32_t step, std::size_t index,
                       std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_lwm2m_bootstrap_server_answer_bytes, get(), session, step,
            index);
    }
    Value<m2m_lwm2m_bootstrap_counts> own_counters() const noexcept {
        return detail::got<m2m_lwm2m_bootstrap_counts>(m2m_lwm2m_bootstrap_server_own_counters,
            get());
    }
    Value<std::uint32_t> configurations() const noexcept {
        return detail::got<std::uint32_t>(m2m_lwm2m_bootstrap_server_configuration_count, get());
    }
    template <std::size_t N>
    Value<Bytes> answer(std::uint64_t session, std::uint32_t step,
                        std::array<std::uint8_t, N> &room) const noexcept {
        return detail::bytes(room, m2m_lwm2m_bootstrap_server_answer_payload, get(), session, step);
    }
};

}  // namespace lwm2m

}  // namespace m2m

#endif
