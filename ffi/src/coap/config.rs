//! The configuration of an endpoint, as a structure that can grow.

use core::mem::size_of;

use coap_core::{Config, Limits, Parameters};
use m2m_base::Duration;

use crate::borrow::{Growing, init, sized};
use crate::config::{ms, narrow};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK};

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

    /// ACK_TIMEOUT of RFC 7252 in milliseconds, at least 1000.
    pub ack_timeout_ms: u32,
    /// ACK_RANDOM_FACTOR of RFC 7252 in per cent, 100 to 1000.
    pub ack_random_percent: u32,
    /// MAX_RETRANSMIT of RFC 7252, up to 20.
    pub max_retransmit: u32,
    /// NSTART of RFC 7252: interactions outstanding with one peer at a time, 1 to 255.
    pub nstart: u32,
    /// MAX_LATENCY of RFC 7252 in milliseconds: longest time that a datagram takes to arrive.
    pub max_latency_ms: u32,
    /// How many milliseconds a request waits for its answer before an empty acknowledgement goes out
    /// in its stead. Less than the peer's ACK_TIMEOUT.
    pub separate_after_ms: u32,
    /// How many milliseconds an acknowledged request waits for its response.
    pub response_timeout_ms: u32,
    /// Bytes of a token, 1 to 8. Less than 4 can be guessed by an attacker off the path.
    pub token_length: u32,
    /// Largest size exponent of blocks, 0 to 6: 16 to 1024 bytes.
    pub block_szx: u32,
    /// Not 0: register again for an observation of which nothing was heard for Max-Age and a little
    /// more (RFC 7641 section 3.3.1).
    pub renew_observations: u32,
    /// Not 0: peers must show that they receive at their address before they get large answers or
    /// change anything (RFC 9175 section 2.4). For servers that anybody may send to.
    pub verify: u32,
    /// Not 0: bodies that come in blocks are told block by block, and are not limited by body_size.
    pub stream_uploads: u32,
    /// Always 0.
    pub reserved: u32,
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
        let p = Parameters::default();
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
            ack_timeout_ms: ms(p.ack_timeout),
            ack_random_percent: p.ack_random_percent.into(),
            max_retransmit: p.max_retransmit.into(),
            nstart: p.nstart.into(),
            max_latency_ms: ms(p.max_latency),
            separate_after_ms: ms(p.separate_after),
            response_timeout_ms: ms(p.response_timeout),
            token_length: p.token_length.into(),
            block_szx: p.block_szx.into(),
            renew_observations: 0,
            verify: 0,
            stream_uploads: 0,
            reserved: 0,
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
        let ms = |number: u32| Duration::from_millis(number.into());
        if self.reserved != 0 {
            return Err(M2M_INVALID);
        }
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
                ack_timeout: ms(self.ack_timeout_ms),
                ack_random_percent: narrow(self.ack_random_percent)?,
                max_retransmit: narrow(self.max_retransmit)?,
                nstart: narrow(self.nstart)?,
                max_latency: ms(self.max_latency_ms),
                separate_after: ms(self.separate_after_ms),
                response_timeout: ms(self.response_timeout_ms),
                token_length: narrow(self.token_length)?,
                block_szx: narrow(self.block_szx)?,
                renew_observations: self.renew_observations != 0,
                verify: self.verify != 0,
                stream_uploads: self.stream_uploads != 0,
                ..Parameters::default()
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
