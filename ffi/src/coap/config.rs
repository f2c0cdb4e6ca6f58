//! The configuration of an endpoint, as a structure that can grow.

use core::mem::size_of;

#[cfg(feature = "q-block")]
use coap_core::QBlockParameters;
use coap_core::{Config, Limits, OptionNumber, Parameters};
use m2m_base::Duration;

use crate::borrow::{Growing, init, sized};
use crate::config::{m2m_coap_parameters, ms, narrow};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_OK};

/// What a CoAP endpoint is made with. Fill it with m2m_coap_config_init(), then change members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_coap_config {
    /// Size of this structure, which tells the library the version of the caller's header.
    pub struct_size: usize,
    /// Whatever the application wants to find by the handle: m2m_coap_endpoint_tag().
    pub tag: u64,

    /// Longest datagram to send, 64 to 65535 bytes. A buffer of this size is large enough for
    /// m2m_coap_endpoint_poll_transmit(). RFC 7252 suggests 1152.
    pub message_size: u32,
    /// Longest body, in bytes, to assemble from blocks or to serve in blocks.
    pub body_size: u32,
    /// Own requests under way, observations of others included.
    pub exchanges: u32,
    /// Peers' requests in progress or remembered to recognise duplicates.
    pub requests: u32,
    /// Observers of own resources.
    pub observers: u32,
    /// Bodies under way in blocks.
    pub transfers: u32,
    /// Peers with whom there is something under way or was lately.
    pub peers: u32,
    /// Security contexts of OSCORE.
    pub security_contexts: u32,
    /// Bytes for all messages and bodies held at one time.
    pub pool_size: u32,

    /// When messages are repeated and given up.
    pub parameters: m2m_coap_parameters,
    /// Not 0: register again for an observation of which nothing was heard for Max-Age and a little
    /// more (RFC 7641 section 3.3.1).
    pub renew_observations: u32,
    /// Not 0: peers must show that they receive at their address before they get large answers or
    /// change anything (RFC 9175 section 2.4). For servers that anybody may send to.
    pub verify: u32,
    /// Not 0: bodies that come in blocks are told block by block, and are not limited by body_size.
    pub stream_uploads: u32,
    /// How long an Echo value counts, and a peer that has sent one back is believed, in seconds, up to 18
    /// hours. Default: 300.
    pub fresh_for_s: u32,
    /// Within how many milliseconds the response to a request to a group goes out, at random. Default: 5000.
    pub leisure_ms: u32,
    /// Not 0: requests with Proxy-Uri or Proxy-Scheme go to the application, which is a proxy. Else they get
    /// 5.05.
    pub proxy: u32,
    /// Critical options that are not in the registry and that the application understands: the first
    /// number. Default: 0, none.
    pub understood_first: u32,
    /// And the last one.
    pub understood_last: u32,
    /// Q-Block (RFC 9177): how many blocks go out at a time, 1 to 32, the same at both ends. Default: 10;
    /// without effect in a library without Q-Block.
    pub q_block_payloads: u32,
    /// Q-Block: the shortest pause between two sets of blocks, in milliseconds. Default: 2000.
    pub q_block_pause_ms: u32,
    /// Q-Block: how long a missing block is waited for before it is asked for, in milliseconds, at least a
    /// second more than one and a half pauses. Default: 4000.
    pub q_block_wait_ms: u32,
    /// Q-Block: bytes a second to a peer that does not answer, at least 1. Default: 1.
    pub q_block_probing_rate: u32,
}

const LEAST: usize = size_of::<m2m_coap_config>();

// SAFETY: repr(C), the size comes first, and it holds integers only.
unsafe impl Growing for m2m_coap_config {}

/// A program with a few peers.
const FEW: Limits = Limits {
    message_size: 1152,
    body_size: 16 * 1024,
    exchanges: 8,
    requests: 16,
    observers: 8,
    transfers: 4,
    peers: 8,
    security_contexts: 2,
    pool: 48 * 1024,
};

impl m2m_coap_config {
    fn new(limits: &Limits, size: usize) -> Self {
        m2m_coap_config {
            struct_size: size,
            tag: 0,
            message_size: limits.message_size.into(),
            body_size: limits.body_size,
            exchanges: limits.exchanges,
            requests: limits.requests,
            observers: limits.observers,
            transfers: limits.transfers,
            peers: limits.peers,
            security_contexts: limits.security_contexts,
            pool_size: limits.pool,
            parameters: m2m_coap_parameters::new(),
            renew_observations: 0,
            verify: 0,
            stream_uploads: 0,
            fresh_for_s: ms(Parameters::DEFAULT.fresh_for) / 1000,
            leisure_ms: ms(Parameters::DEFAULT.leisure),
            proxy: 0,
            understood_first: 0,
            understood_last: 0,
            #[cfg(feature = "q-block")]
            q_block_payloads: QBlockParameters::DEFAULT.max_payloads.into(),
            #[cfg(feature = "q-block")]
            q_block_pause_ms: ms(QBlockParameters::DEFAULT.non_timeout),
            #[cfg(feature = "q-block")]
            q_block_wait_ms: ms(QBlockParameters::DEFAULT.non_receive_timeout),
            #[cfg(feature = "q-block")]
            q_block_probing_rate: QBlockParameters::DEFAULT.probing_rate,
            #[cfg(not(feature = "q-block"))]
            q_block_payloads: 0,
            #[cfg(not(feature = "q-block"))]
            q_block_pause_ms: 0,
            #[cfg(not(feature = "q-block"))]
            q_block_wait_ms: 0,
            #[cfg(not(feature = "q-block"))]
            q_block_probing_rate: 0,
        }
    }

    /// C's structure, defaults in the place of what its version does not have.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says.
    pub(super) unsafe fn read(from: *const Self) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        unsafe { sized(from, LEAST, Self::new(&FEW, LEAST)) }
    }

    pub(super) fn get(&self) -> Result<Config, m2m_result> {
        let understood = match self.understood_first {
            0 => Parameters::DEFAULT.understood,
            first => (OptionNumber(narrow(first)?), OptionNumber(narrow(self.understood_last)?)),
        };
        Ok(Config {
            limits: Limits {
                message_size: narrow(self.message_size)?,
                body_size: self.body_size,
                exchanges: self.exchanges,
                requests: self.requests,
                observers: self.observers,
                transfers: self.transfers,
                peers: self.peers,
                security_contexts: self.security_contexts,
                pool: self.pool_size,
            },
            parameters: Parameters {
                renew_observations: self.renew_observations != 0,
                verify: self.verify != 0,
                stream_uploads: self.stream_uploads != 0,
                fresh_for: Duration::from_secs(self.fresh_for_s.into()),
                leisure: Duration::from_millis(self.leisure_ms.into()),
                proxy: self.proxy != 0,
                understood,
                #[cfg(feature = "q-block")]
                q_block: QBlockParameters {
                    max_payloads: narrow(self.q_block_payloads)?,
                    non_timeout: Duration::from_millis(self.q_block_pause_ms.into()),
                    non_receive_timeout: Duration::from_millis(self.q_block_wait_ms.into()),
                    probing_rate: self.q_block_probing_rate,
                    ..QBlockParameters::DEFAULT
                },
                ..self.parameters.get()?
            },
        })
    }
}

/// Fills a configuration for a program with eight peers, messages of 1152 bytes and bodies of 16 KiB:
/// about 60 KiB in all. Call it as m2m_coap_config_init(&config, sizeof config).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_config_init(
    config: *mut m2m_coap_config,
    struct_size: usize,
) -> i32 {
    // SAFETY: the caller passes a structure of that size.
    unsafe { fill(config, struct_size, &FEW) }
}

/// Fills a configuration for a device with two peers, messages of 256 bytes and bodies of 512: about
/// 4 KiB in all. Otherwise as m2m_coap_config_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_config_init_small(
    config: *mut m2m_coap_config,
    struct_size: usize,
) -> i32 {
    // SAFETY: the caller passes a structure of that size.
    unsafe { fill(config, struct_size, &Limits::DEVICE) }
}

/// # Safety
/// `config` is `NULL` or points to `size` writable bytes.
unsafe fn fill(config: *mut m2m_coap_config, size: usize, limits: &Limits) -> i32 {
    code(caught(|| {
        let defaults = m2m_coap_config::new(limits, size);
        // SAFETY: the same promise.
        unsafe { init(config, size, LEAST, &defaults) }?;
        Ok(M2M_OK)
    }))
}
