//! The configuration of a server, as a structure that can grow.

use core::mem::size_of;

use lwm2m_core::Version;
use lwm2m_core::server::{AddressChange, Config, Limits};
use m2m_base::Duration;

use crate::borrow::{Growing, init, sized};
use crate::client::version;
use crate::config::{m2m_coap_parameters, ms, narrow};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_OK};

/// What a server is made with. Fill it with m2m_lwm2m_server_config_init(), then change members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_server_config {
    /// Size of this structure, which tells the library the version of the caller's header.
    pub struct_size: usize,
    /// Whatever the application wants to find by the handle: m2m_lwm2m_server_tag().
    pub tag: u64,

    /// Registrations at one time.
    pub registrations: u32,
    /// Bytes of a registration as it was sent, up to 65535.
    pub registration_bytes: u32,
    /// Operations that are not over, or whose answers were not released.
    pub operations: u32,
    /// Observations.
    pub observations: u32,
    /// Notifications that were not released; beyond, the oldest one goes.
    pub notifications: u32,
    /// Bytes of all answers and notifications that are kept.
    pub content_bytes: u32,
    /// Events that were not polled; beyond, clients are asked to come back later.
    pub events: u32,
    /// Peers whose endpoint name m2m_lwm2m_server_identify() told.
    pub identities: u32,
    /// Profile IDs (1.2) whose lists of objects are known.
    pub profiles: u32,

    /// CoAP: longest datagram to send, 64 to 65535 bytes.
    pub message_size: u32,
    /// CoAP: longest body, in bytes.
    pub body_size: u32,
    /// CoAP: own requests under way, observations included.
    pub exchanges: u32,
    /// CoAP: requests of clients in progress or remembered to recognise duplicates.
    pub requests: u32,
    /// CoAP: bodies under way in blocks.
    pub transfers: u32,
    /// CoAP: peers with whom there is something under way or was lately.
    pub peers: u32,
    /// CoAP: bytes for all messages and bodies held at one time.
    pub pool_size: u32,
    /// OSCORE: security contexts, one for each endpoint that has one. Default: 0; without effect in a
    /// library without OSCORE.
    pub security_contexts: u32,
    /// CoAP: when messages are repeated and given up.
    pub parameters: m2m_coap_parameters,

    /// One of enum m2m_lwm2m_version: the newest that it speaks. Default: 1.2.
    pub version: i32,
    /// How long after the end of its lifetime a registration is kept, in seconds.
    pub grace_s: u32,
    /// How long an operation may take, in milliseconds, unless it says otherwise itself.
    pub operation_timeout_ms: u32,
    /// The same for a client in queue mode, in seconds.
    pub queue_timeout_s: u32,
    /// For how long a client in queue mode listens after its last message, in milliseconds.
    pub awake_ms: u32,
    /// Not 0: an Update from another address is refused, and the client has to register again.
    pub refuse_new_addresses: u32,
    /// Not 0: what must survive a restart is told by m2m_lwm2m_server_poll_journal().
    pub journal: u32,
    /// Not 0: the devices behind a gateway (object 25) are registrations of their own. Default: 1.
    pub gateways: u32,
}

const LEAST: usize = size_of::<m2m_lwm2m_server_config>();

// SAFETY: repr(C), the size comes first, and it holds integers only.
unsafe impl Growing for m2m_lwm2m_server_config {}

pub(crate) fn version_number(version: Version) -> i32 {
    match version {
        Version::V1_0 => 10,
        Version::V1_1 => 11,
        Version::V1_2 => 12,
    }
}

impl m2m_lwm2m_server_config {
    fn new(size: usize) -> Self {
        let config = Config { limits: Limits::SMALL, ..Config::default() };
        let limits = &config.limits;
        m2m_lwm2m_server_config {
            struct_size: size,
            tag: 0,
            registrations: limits.registrations,
            registration_bytes: limits.registration_bytes.into(),
            operations: limits.operations,
            observations: limits.observations,
            notifications: limits.notifications,
            content_bytes: limits.content_bytes,
            events: limits.events,
            identities: limits.identities,
            profiles: limits.profiles,
            message_size: limits.coap.message_size.into(),
            body_size: limits.coap.body_size,
            exchanges: limits.coap.exchanges,
            requests: limits.coap.requests,
            transfers: limits.coap.transfers,
            peers: limits.coap.peers,
            pool_size: limits.coap.pool,
            security_contexts: 0,
            parameters: m2m_coap_parameters::new(),
            version: version_number(config.version),
            grace_s: ms(config.grace) / 1000,
            operation_timeout_ms: ms(config.operation_timeout),
            queue_timeout_s: ms(config.queue_timeout) / 1000,
            awake_ms: ms(config.awake),
            refuse_new_addresses: 0,
            journal: 0,
            gateways: 1,
        }
    }

    /// C's structure, defaults in the place of what its version does not have.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says.
    pub(super) unsafe fn read(from: *const Self) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        unsafe { sized(from, LEAST, Self::new(LEAST)) }
    }

    pub(super) fn get(&self) -> Result<Config, m2m_result> {
        Ok(Config {
            limits: Limits {
                registrations: self.registrations,
                registration_bytes: narrow(self.registration_bytes)?,
                operations: self.operations,
                observations: self.observations,
                notifications: self.notifications,
                content_bytes: self.content_bytes,
                events: self.events,
                identities: self.identities,
                profiles: self.profiles,
                coap: coap_core::Limits {
                    message_size: narrow(self.message_size)?,
                    body_size: self.body_size,
                    exchanges: self.exchanges,
                    requests: self.requests,
                    transfers: self.transfers,
                    peers: self.peers,
                    pool: self.pool_size,
                    security_contexts: self.security_contexts,
                    ..Limits::SMALL.coap
                },
            },
            version: version(self.version)?,
            grace: Duration::from_secs(self.grace_s.into()),
            operation_timeout: Duration::from_millis(self.operation_timeout_ms.into()),
            queue_timeout: Duration::from_secs(self.queue_timeout_s.into()),
            awake: Duration::from_millis(self.awake_ms.into()),
            address_change: match self.refuse_new_addresses {
                0 => AddressChange::Follow,
                _ => AddressChange::Refuse,
            },
            journal: self.journal != 0,
            gateways: self.gateways != 0,
            parameters: self.parameters.get()?,
        })
    }
}

/// Fills a configuration for some hundred clients. Call it as
/// m2m_lwm2m_server_config_init(&config, sizeof config).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_config_init(
    config: *mut m2m_lwm2m_server_config,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(config, struct_size, LEAST, &m2m_lwm2m_server_config::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}
