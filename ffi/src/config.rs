//! What configurations of all handles have in common.

use coap_core::Parameters;
use m2m_base::Duration;

use crate::result::m2m_result::{self, M2M_INVALID};

/// A span as C has it, in milliseconds; the longest one for what does not fit.
#[allow(clippy::cast_possible_truncation, reason = "what does not fit is looked at")]
pub(crate) const fn ms(duration: Duration) -> u32 {
    let ms = duration.as_millis();
    if ms < u32::MAX as u64 { ms as u32 } else { u32::MAX }
}

/// A number of C's in the range that it has here.
#[cfg(any(feature = "coap", feature = "server", feature = "bootstrap-server", feature = "onem2m"))]
pub(crate) fn narrow<T: TryFrom<u32>>(number: u32) -> Result<T, m2m_result> {
    T::try_from(number).map_err(|_| M2M_INVALID)
}

/// When messages of CoAP are repeated and given up (RFC 7252 section 4.8), as a part of configurations, whose
/// functions fill it with the defaults.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_coap_parameters {
    /// ACK_TIMEOUT in milliseconds, at least 1000. Default: 2000.
    pub ack_timeout_ms: u32,
    /// ACK_RANDOM_FACTOR in per cent, 100 to 1000. Default: 150.
    pub ack_random_percent: u32,
    /// MAX_RETRANSMIT, up to 20. Default: 4.
    pub max_retransmit: u32,
    /// NSTART: interactions outstanding with one peer at a time, 1 to 255. Default: 1.
    pub nstart: u32,
    /// MAX_LATENCY in milliseconds: longest time that a datagram takes to arrive. Default: 100 seconds.
    pub max_latency_ms: u32,
    /// How many milliseconds a request waits for its answer before an empty acknowledgement goes out
    /// in its stead. Less than the peer's ACK_TIMEOUT. Default: 1000.
    pub separate_after_ms: u32,
    /// How many milliseconds an acknowledged request waits for its response. Default: 93 seconds.
    pub response_timeout_ms: u32,
    /// Bytes of a token, 1 to 8. Less than 4 can be guessed by an attacker off the path. Default: 8.
    pub token_length: u32,
    /// Largest size exponent of blocks, 0 to 6: 16 to 1024 bytes. Default: 6.
    pub block_szx: u32,
}

impl m2m_coap_parameters {
    pub(crate) const fn new() -> Self {
        let p = Parameters::DEFAULT;
        m2m_coap_parameters {
            ack_timeout_ms: ms(p.ack_timeout),
            ack_random_percent: p.ack_random_percent as u32,
            max_retransmit: p.max_retransmit as u32,
            nstart: p.nstart as u32,
            max_latency_ms: ms(p.max_latency),
            separate_after_ms: ms(p.separate_after),
            response_timeout_ms: ms(p.response_timeout),
            token_length: p.token_length as u32,
            block_szx: p.block_szx as u32,
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "looked at before")]
    pub(crate) fn get(&self) -> Result<Parameters, m2m_result> {
        let bytes = self.max_retransmit | self.nstart | self.token_length | self.block_szx;
        if bytes > u8::MAX.into() || self.ack_random_percent > u16::MAX.into() {
            return Err(M2M_INVALID);
        }
        let ms = |number: u32| Duration::from_millis(number.into());
        Ok(Parameters {
            ack_timeout: ms(self.ack_timeout_ms),
            ack_random_percent: self.ack_random_percent as u16,
            max_retransmit: self.max_retransmit as u8,
            nstart: self.nstart as u8,
            max_latency: ms(self.max_latency_ms),
            separate_after: ms(self.separate_after_ms),
            response_timeout: ms(self.response_timeout_ms),
            token_length: self.token_length as u8,
            block_szx: self.block_szx as u8,
            ..Parameters::DEFAULT
        })
    }
}
