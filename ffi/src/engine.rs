//! What all engines have in common: datagrams, deadlines and counters.

use coap_core::Counters;
use m2m_base::{Disposition, Instant};

use crate::result::m2m_result::{self, M2M_DUPLICATE, M2M_IGNORED, M2M_OK, M2M_REFUSED};

/// A datagram to send.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_transmit {
    /// Where to: the number that the application gave the peer's address.
    pub peer: u64,
    /// Its length: the bytes are at the start of the buffer.
    pub len: usize,
}

/// No deadline: nothing is to be done before a datagram comes or the application wants something.
pub const M2M_NEVER: u64 = u64::MAX;

/// What an engine has counted since it was made. Each number wraps.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_counters {
    /// Datagrams that came in.
    pub received: u32,
    /// Datagrams that went out.
    pub sent: u32,
    /// Of those: sent again for want of an acknowledgement.
    pub retransmitted: u32,
    /// Datagrams that were no well-formed message.
    pub malformed: u32,
    /// Messages that had come before.
    pub duplicates: u32,
    /// Responses, acknowledgements and resets that nothing waited for.
    pub unexpected: u32,
    /// Requests refused for an option that is critical and not understood.
    pub unsupported: u32,
    /// Requests refused, or notifications dropped, because a table was full.
    pub full: u32,
    /// Requests forgotten before their time to make room for new ones: their duplicates would be
    /// taken for new requests.
    pub evicted: u32,
    /// Protected messages that were not authentic, replayed, or under no known security context.
    pub insecure: u32,
}

impl From<&Counters> for m2m_counters {
    fn from(c: &Counters) -> Self {
        m2m_counters {
            received: c.received,
            sent: c.sent,
            retransmitted: c.retransmitted,
            malformed: c.malformed,
            duplicates: c.duplicates,
            unexpected: c.unexpected,
            unsupported: c.unsupported,
            full: c.full,
            evicted: c.evicted,
            #[cfg(any(feature = "coap", feature = "oscore"))]
            insecure: c.insecure,
            #[cfg(not(any(feature = "coap", feature = "oscore")))]
            insecure: 0,
        }
    }
}

/// C's number for a point in time, or for none.
pub(crate) fn millis(at: Option<Instant>) -> u64 {
    at.map_or(M2M_NEVER, Instant::as_millis)
}

/// Inside of a call: the pointers first, so that nothing is done when one of them is wrong.
pub(crate) fn checked<T>(pointers: Result<T, m2m_result>, call: impl FnOnce(T) -> i32) -> i32 {
    match pointers {
        Ok(pointers) => call(pointers),
        Err(error) => error.code(),
    }
}

/// C's number for what became of a datagram.
pub(crate) fn disposed(disposition: Disposition) -> m2m_result {
    match disposition {
        Disposition::Accepted => M2M_OK,
        Disposition::Duplicate => M2M_DUPLICATE,
        Disposition::Refused(_) => M2M_REFUSED,
        _ => M2M_IGNORED,
    }
}
