//! The configuration of a bootstrap server, as a structure that can grow.

use core::mem::size_of;

use lwm2m_core::bootstrap_server::{Config, Limits};
use m2m_base::Duration;

use crate::borrow::{Growing, init, sized};
use crate::config::{m2m_coap_parameters, ms, narrow};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_OK};

/// What a bootstrap server is made with. Fill it with m2m_lwm2m_bootstrap_server_config_init(), then
/// change members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_bootstrap_server_config {
    /// Size of this structure, which tells the library the version of the caller's header.
    pub struct_size: usize,
    /// Whatever the application wants to find by the handle: m2m_lwm2m_bootstrap_server_tag().
    pub tag: u64,

    /// Sessions under way, or over and not told yet.
    pub sessions: u32,
    /// Rules that m2m_lwm2m_bootstrap_server_set_configuration() sets.
    pub configurations: u32,
    /// Steps that may wait in a session beyond those of its configuration, up to 65535.
    pub pushed: u32,
    /// Bytes of all answers that can be read.
    pub content_bytes: u32,
    /// Events that were not polled; beyond, clients are asked to come back later.
    pub events: u32,
    /// Peers whose endpoint name m2m_lwm2m_bootstrap_server_identify() told.
    pub identities: u32,

    /// CoAP: longest datagram to send, 64 to 65535 bytes.
    pub message_size: u32,
    /// CoAP: longest body, in bytes.
    pub body_size: u32,
    /// CoAP: own requests under way. Each session takes one.
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

    /// Not 0: M2M_LWM2M_SESSION_REQUESTED asks the application about an endpoint that no rule is for.
    /// Default: 0, it is refused.
    pub ask: u32,
    /// How long a step may take, in milliseconds: the client's answer, or the application's.
    pub step_timeout_ms: u32,
    /// How long a session may take, in seconds.
    pub session_timeout_s: u32,
}

const LEAST: usize = size_of::<m2m_lwm2m_bootstrap_server_config>();

// SAFETY: repr(C), the size comes first, and it holds integers only.
unsafe impl Growing for m2m_lwm2m_bootstrap_server_config {}

impl m2m_lwm2m_bootstrap_server_config {
    fn new(size: usize) -> Self {
        let config = Config { limits: Limits::SMALL, ..Config::default() };
        let limits = &config.limits;
        m2m_lwm2m_bootstrap_server_config {
            struct_size: size,
            tag: 0,
            sessions: limits.sessions,
            configurations: limits.configurations,
            pushed: limits.pushed.into(),
            content_bytes: limits.content_bytes,
            events: limits.events,
            identities: limits.identities,
            message_size: limits.coap.message_size.into(),
            body_size: limits.coap.body_size,
            exchanges: limits.coap.exchanges,
            requests: limits.coap.requests,
            transfers: limits.coap.transfers,
            peers: limits.coap.peers,
            pool_size: limits.coap.pool,
            security_contexts: 0,
            parameters: m2m_coap_parameters::new(),
            ask: config.ask.into(),
            step_timeout_ms: ms(config.step_timeout),
            session_timeout_s: ms(config.session_timeout) / 1000,
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
                sessions: self.sessions,
                configurations: self.configurations,
                pushed: narrow(self.pushed)?,
                content_bytes: self.content_bytes,
                events: self.events,
                identities: self.identities,
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
            ask: self.ask != 0,
            step_timeout: Duration::from_millis(self.step_timeout_ms.into()),
            session_timeout: Duration::from_secs(self.session_timeout_s.into()),
            parameters: self.parameters.get()?,
        })
    }
}

/// Fills a configuration for some dozens of clients at a time. Call it as
/// m2m_lwm2m_bootstrap_server_config_init(&config, sizeof config).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_config_init(
    config: *mut m2m_lwm2m_bootstrap_server_config,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        let defaults = m2m_lwm2m_bootstrap_server_config::new(struct_size);
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(config, struct_size, LEAST, &defaults) }?;
        Ok(M2M_OK)
    }))
}
