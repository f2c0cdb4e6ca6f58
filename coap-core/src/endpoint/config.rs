//! What an endpoint is made with: its limits and the transmission parameters.

use crate::{EXTENSIONS, OptionNumber};
use m2m_base::Duration;

/// How much an endpoint may hold. All of it is reserved at construction.
///
/// When a limit is reached by what a peer does, the peer gets 5.03 (or 4.13 for a body); when by a
/// command, the command returns [`crate::UsageError::Full`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Longest datagram to send, in bytes: 64 to 65535. RFC 7252 section 4.6 suggests 1152.
    pub message_size: u16,
    /// Longest body to assemble from blocks or to serve in blocks, in bytes.
    pub body_size: u32,
    /// Own requests under way, observations of others included. This and the next four are at
    /// most [`Limits::MOST`].
    pub exchanges: u32,
    /// Peers' requests in progress, and those remembered to recognise duplicates.
    pub requests: u32,
    /// Observers of own resources.
    pub observers: u32,
    /// Block-wise bodies being assembled for, or served to, peers; and, with the feature `q-block`,
    /// as many transfers again with Q-Block options, those of own requests among them.
    pub transfers: u32,
    /// Peers with whom there is something under way or was lately. With the feature `small` and
    /// without `extensions` nothing is kept of a peer, and this is not looked at.
    pub peers: u32,
    /// Security contexts of OSCORE (RFC 8613), at most [`Limits::MOST`]; only with the feature
    /// `oscore`.
    pub security_contexts: u32,
    /// Bytes for all messages and bodies held at one time.
    pub pool: u32,
}

impl Limits {
    /// The most of each kind of thing that an endpoint can hold: 2^28 - 1, with the feature `small`
    /// 2^16 - 1.
    pub const MOST: u32 = if m2m_base::SMALL { (1 << 16) - 1 } else { (1 << 28) - 1 };

    /// A small device: two servers, 256-byte datagrams.
    pub const DEVICE: Limits = Limits {
        message_size: 256,
        body_size: 512,
        exchanges: 2,
        requests: 4,
        observers: 8,
        transfers: 1,
        peers: 2,
        security_contexts: 0,
        pool: 1280,
    };

    /// A gateway or a tool with some hundred peers: 1.5 MiB.
    pub const GATEWAY: Limits = Limits {
        message_size: 1152,
        body_size: 1 << 16,
        exchanges: 1024,
        requests: 1024,
        observers: 1024,
        transfers: 64,
        peers: 1024,
        security_contexts: 0,
        pool: 1 << 20,
    };

    /// A server for some thousand peers.
    pub const SERVER: Limits = Limits {
        message_size: 1152,
        body_size: 1 << 20,
        exchanges: 16_384,
        requests: 16_384,
        observers: 4096,
        transfers: 1024,
        peers: 16_384,
        security_contexts: 0,
        pool: 16 << 20,
    };
}

/// Transmission parameters (RFC 7252 section 4.8) and what belongs to them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// `ACK_TIMEOUT`: shortest wait before the first retransmission. At least one second.
    pub ack_timeout: Duration,
    /// `ACK_RANDOM_FACTOR` in per cent, 100 to 1000.
    pub ack_random_percent: u16,
    /// `MAX_RETRANSMIT`: at most 20.
    pub max_retransmit: u8,
    /// `NSTART`: interactions outstanding with one peer at a time, at least 1.
    pub nstart: u8,
    /// `MAX_LATENCY`: longest time a datagram takes to arrive.
    pub max_latency: Duration,
    /// How long a confirmable request waits for its answer before an empty acknowledgement goes
    /// out in its stead (RFC 7252 section 5.2.2). Less than the peer's `ACK_TIMEOUT`.
    pub separate_after: Duration,
    /// How long an own request that was acknowledged, or needs no acknowledgement, waits for its
    /// response.
    pub response_timeout: Duration,
    /// Bytes of a token, 1 to 8. Less than 4 can be guessed by an attacker off the path.
    pub token_length: u8,
    /// Largest size exponent of blocks, 0 to 6 (16 to 1024 bytes).
    pub block_szx: u8,
    /// Bodies that come in blocks go to the application block by block, each as a request of its
    /// own ([`crate::Incoming::block1`]), and nothing of them is kept here; the length is not
    /// limited by [`Limits::body_size`]. [`crate::Endpoint::assemble`] has one put together all the
    /// same. Only with the feature `stream-uploads`.
    pub stream_uploads: bool,
    /// Registers again for an observation of which nothing was heard for Max-Age and 5 to 15
    /// seconds more (RFC 7641 section 3.3.1). Else it waits for ever.
    pub renew_observations: bool,
    /// `DEFAULT_LEISURE`: within which the response to a request to a group goes out, at random.
    pub leisure: Duration,
    /// Requests with Proxy-Uri or Proxy-Scheme go to the application, which is a proxy. Else they
    /// get 5.05 (RFC 7252 section 5.7). Only with the feature `extensions`.
    pub proxy: bool,
    /// Peers must show that they receive at their address before more than three times as many
    /// bytes go to them as came from them, and before they may change anything or observe: they
    /// get 4.01 with an Echo option (RFC 9175 section 2.4). For servers that anybody may send to,
    /// from any address they write on it.
    pub verify: bool,
    /// How long an Echo value counts, and a peer that has sent one back is believed; at most 18
    /// hours.
    pub fresh_for: Duration,
    /// Critical options, from the first number to the last, that are not in the registry and that
    /// the application understands: their length, and whether they may be repeated, is its to judge
    /// (RFC 7252 section 5.4.1). A first above the last is none.
    pub understood: (OptionNumber, OptionNumber),
    /// Those of transfers with Q-Block options.
    #[cfg(feature = "q-block")]
    pub q_block: super::QBlockParameters,
}

impl Default for Parameters {
    /// [`Parameters::DEFAULT`].
    fn default() -> Self {
        Parameters::DEFAULT
    }
}

/// The transmission parameters that one peer may have of its own, for a slow network for one
/// (RFC 7252 section 4.8.1). See [`Parameters`] for what each is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PeerParameters {
    /// `ACK_TIMEOUT`: at least one second.
    pub ack_timeout: Duration,
    /// `ACK_RANDOM_FACTOR` in per cent, 100 to 1000.
    pub ack_random_percent: u16,
    /// `MAX_RETRANSMIT`: at most 20.
    pub max_retransmit: u8,
    /// `NSTART`: at least 1.
    pub nstart: u8,
}

impl PeerParameters {
    pub(super) fn are_valid(&self) -> bool {
        self.ack_timeout >= Duration::from_secs(1)
            && (100..=1000).contains(&self.ack_random_percent)
            && self.max_retransmit <= 20
            && self.nstart >= 1
    }
}

impl Parameters {
    pub(super) fn with(self, own: PeerParameters) -> Parameters {
        let PeerParameters { ack_timeout, ack_random_percent, max_retransmit, nstart } = own;
        Parameters { ack_timeout, ack_random_percent, max_retransmit, nstart, ..self }
    }

    /// Those that a peer may have of its own.
    #[must_use]
    pub fn of_peer(&self) -> PeerParameters {
        PeerParameters {
            ack_timeout: self.ack_timeout,
            ack_random_percent: self.ack_random_percent,
            max_retransmit: self.max_retransmit,
            nstart: self.nstart,
        }
    }

    /// The defaults of RFC 7252 section 4.8, tokens of 8 bytes, blocks of 1024.
    pub const DEFAULT: Parameters = Parameters {
        ack_timeout: Duration::from_secs(2),
        ack_random_percent: 150,
        max_retransmit: 4,
        nstart: 1,
        max_latency: Duration::from_secs(100),
        separate_after: Duration::from_secs(1),
        response_timeout: Duration::from_secs(93),
        token_length: 8,
        block_szx: crate::Block::MAX_SZX,
        stream_uploads: false,
        renew_observations: false,
        leisure: Duration::from_secs(5),
        proxy: false,
        verify: false,
        fresh_for: Duration::from_secs(300),
        understood: (OptionNumber(1), OptionNumber(0)),
        #[cfg(feature = "q-block")]
        q_block: super::QBlockParameters::DEFAULT,
    };

    /// Those of an endpoint that is not open yet: all bits of them are zero.
    pub(super) const NONE: Parameters = Parameters {
        ack_timeout: Duration::ZERO,
        ack_random_percent: 0,
        max_retransmit: 0,
        nstart: 0,
        max_latency: Duration::ZERO,
        separate_after: Duration::ZERO,
        response_timeout: Duration::ZERO,
        token_length: 0,
        block_szx: 0,
        leisure: Duration::ZERO,
        fresh_for: Duration::ZERO,
        understood: (OptionNumber(0), OptionNumber(0)),
        ..Parameters::DEFAULT
    };

    /// Requests for other servers go to the application.
    pub(super) fn forwards(&self) -> bool {
        EXTENSIONS && self.proxy
    }

    /// True for a critical option that the registry does not have and the application does.
    pub(super) fn understands(&self, number: OptionNumber) -> bool {
        let (first, last) = self.understood;
        (first..=last).contains(&number)
    }

    /// `EXCHANGE_LIFETIME` and `NON_LIFETIME`.
    pub(super) fn lifetimes(&self) -> (Duration, Duration) {
        (self.exchange_lifetime(), self.non_lifetime())
    }

    #[cfg_attr(feature = "small", inline(never))]
    fn scaled(&self, times: u32) -> Duration {
        // 32, 21 and 10 bits: no product of them overflows.
        let ms = u64::from(u32::try_from(self.ack_timeout.as_millis()).unwrap_or(u32::MAX));
        let percent = u64::from(self.ack_random_percent.min(1000));
        Duration::from_millis(hundredth(ms.wrapping_mul(times.into()).wrapping_mul(percent)))
    }

    /// `MAX_TRANSMIT_SPAN`: from the first to the last transmission of a confirmable message.
    #[must_use]
    pub fn max_transmit_span(&self) -> Duration {
        self.scaled((1 << self.max_retransmit.min(20)) - 1)
    }

    /// `MAX_TRANSMIT_WAIT`: from the first transmission until the sender gives up.
    #[must_use]
    pub fn max_transmit_wait(&self) -> Duration {
        self.scaled((2 << self.max_retransmit.min(20)) - 1)
    }

    /// `EXCHANGE_LIFETIME`: for how long a confirmable message's ID is not used again and its
    /// duplicates are recognised.
    #[must_use]
    pub fn exchange_lifetime(&self) -> Duration {
        self.non_lifetime() + self.max_latency + self.ack_timeout
    }

    /// `NON_LIFETIME`: the same for a non-confirmable message.
    #[must_use]
    pub fn non_lifetime(&self) -> Duration {
        self.max_transmit_span() + self.max_latency
    }
}

/// A hundredth, rounded down, in divisions of 32 bits, 16 of the quotient at a time: those of 64 bits
/// are half a kilobyte of code for a small processor.
#[allow(clippy::cast_possible_truncation, reason = "the two halves")]
pub(super) const fn hundredth(number: u64) -> u64 {
    let (high, low) = ((number >> 32) as u32, number as u32);
    let middle = (high % 100) << 16 | low >> 16;
    let last = (middle % 100) << 16 | low & 0xffff;
    ((high / 100) as u64) << 32 | ((middle / 100) as u64) << 16 | (last / 100) as u64
}

/// What an [`crate::Endpoint`] is made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// How much it may hold.
    pub limits: Limits,
    /// When it sends what.
    pub parameters: Parameters,
}

/// A [`Config`] that no endpoint can be made with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// A parameter is outside the range its documentation names.
    Parameter,
    /// A limit is too small for an endpoint to work.
    Limit,
    /// The memory that the limits ask for could not be had.
    OutOfMemory,
}

impl core::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            ConfigError::Parameter => "a transmission parameter is out of range",
            ConfigError::Limit => "a limit is too small",
            ConfigError::OutOfMemory => "not enough memory for these limits",
        })
    }
}

impl core::error::Error for ConfigError {}

impl From<m2m_base::container::OutOfMemory> for ConfigError {
    fn from(_: m2m_base::container::OutOfMemory) -> Self {
        ConfigError::OutOfMemory
    }
}

impl Config {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let (l, p) = (&self.limits, &self.parameters);
        let parameters = p.of_peer().are_valid()
            && (1..=8).contains(&p.token_length)
            && p.fresh_for <= Duration::from_secs(18 * 60 * 60)
            && p.block_szx <= crate::Block::MAX_SZX;
        #[cfg(feature = "q-block")]
        let parameters = parameters && p.q_block.are_valid();
        let limits = l.message_size >= 64
            && l.peers >= 1
            && l.pool >= u32::from(l.message_size)
            && l.exchanges.saturating_add(l.requests) >= 1
            // The numbers of all units, and of the events and chunks they can have, are 32 bits. The
            // bound has all its bits set, so one comparison does for all.
            && (l.exchanges | l.requests | l.observers | l.transfers | l.peers | l.security_contexts)
                <= Limits::MOST;
        if !parameters {
            Err(ConfigError::Parameter)
        } else if !limits {
            Err(ConfigError::Limit)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_hundredth_is_that_of_a_division(number: u64, bits in 0u32..64) {
            prop_assert_eq!(hundredth(number >> bits), (number >> bits) / 100);
        }
    }

    #[test]
    fn rfc7252_4_8_2_derived_times() {
        let p = Parameters::default();
        for (name, got, seconds) in [
            ("MAX_TRANSMIT_SPAN", p.max_transmit_span(), 45),
            ("MAX_TRANSMIT_WAIT", p.max_transmit_wait(), 93),
            ("EXCHANGE_LIFETIME", p.exchange_lifetime(), 247),
            ("NON_LIFETIME", p.non_lifetime(), 145),
        ] {
            assert_eq!(got, Duration::from_secs(seconds), "{name}");
        }
    }
}
