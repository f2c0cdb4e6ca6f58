//! How connections are treated, and why they end.

use crate::{ConfigError, DecodeErrorKind};
use m2m_base::Duration;

/// A connection whose peer takes no longer messages than this is of no use.
pub(super) const LEAST_MESSAGE_SIZE: u32 = 64;

/// How many connections an endpoint may have, and how it treats them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Streams {
    /// Connections at one time.
    pub connections: u16,
    /// Longest message to take and to send, in bytes: 64 to 2^24. The peer is told. With more than
    /// 1152 bodies come and go in BERT blocks (RFC 8323 section 6). As many bytes are reserved for
    /// each connection, and the pool must hold one such message.
    pub message_size: u32,
    /// How long to wait for the peer's first message, its capabilities (CSM).
    pub csm_timeout: Duration,
    /// After how long a silence to send a ping; `None`: never.
    pub keepalive: Option<Duration>,
    /// How long to wait for a pong, or for anything else that shows life.
    pub pong_timeout: Duration,
    /// How long to wait for the peer to close a connection that we released.
    pub release_timeout: Duration,
}

impl Default for Streams {
    /// 16 connections with messages of up to 8 blocks of 1024 bytes; no pings.
    fn default() -> Self {
        Streams {
            connections: 16,
            message_size: 8 * 1024 + 256,
            csm_timeout: Duration::from_secs(30),
            keepalive: None,
            pong_timeout: Duration::from_secs(20),
            release_timeout: Duration::from_secs(60),
        }
    }
}

impl Streams {
    pub(in super::super) const NONE: Streams = Streams {
        connections: 0,
        message_size: LEAST_MESSAGE_SIZE,
        csm_timeout: Duration::from_secs(30),
        keepalive: None,
        pong_timeout: Duration::from_secs(20),
        release_timeout: Duration::from_secs(60),
    };

    pub(in super::super) fn check(&self, pool: u32) -> Result<(), ConfigError> {
        let size = LEAST_MESSAGE_SIZE..=1 << 24;
        if !size.contains(&self.message_size) || (self.connections > 0 && self.message_size > pool)
        {
            return Err(ConfigError::Limit);
        }
        let waits = [Some(self.csm_timeout), self.keepalive, Some(self.pong_timeout)];
        if waits.into_iter().flatten().any(|d| d.as_millis() == 0) {
            return Err(ConfigError::Parameter);
        }
        Ok(())
    }
}

/// Why a connection is to be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CloseReason {
    /// The peer sent what is no message (RFC 8323 section 5.6); it was told by an Abort.
    Malformed(DecodeErrorKind),
    /// The peer's first message was not its CSM, or none came in time; Abort.
    NoCsm,
    /// The peer's CSM has an option, of this number, that is critical and not understood or has a
    /// value that cannot be; Abort.
    BadCsmOption(u16),
    /// Another signalling message of the peer has a critical option that is not understood; Abort.
    BadOption,
    /// The peer sent a signalling message that is not in the registry; Abort.
    UnknownSignal,
    /// The peer sent a message that is longer than it was told it may be; Abort.
    TooLong,
    /// [`crate::Endpoint::abort`]; Abort.
    Command,
    /// The peer sent an Abort: [`crate::Endpoint::signal`] has it.
    Aborted,
    /// The peer sent a Release, and all that was under way is done.
    Released,
    /// The peer did not answer a ping, or did not close the connection that we released.
    Unresponsive,
}

impl CloseReason {
    /// The diagnostic payload of the Abort (RFC 8323 section 5.6).
    pub(super) const fn diagnostic(self) -> &'static str {
        match self {
            CloseReason::Malformed(kind) => kind.text(),
            CloseReason::NoCsm => "no CSM at the start",
            CloseReason::BadCsmOption(_) => "option of the CSM not understood",
            CloseReason::BadOption => "critical option not understood",
            CloseReason::UnknownSignal => "unknown signalling code",
            CloseReason::TooLong => "message too long",
            _ => "",
        }
    }
}
