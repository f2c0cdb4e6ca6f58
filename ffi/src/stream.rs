//! Connections: TCP, TLS, WebSocket (RFC 8323), for the engines that have them.

use core::mem::size_of;

use coap_core::stream::Transport;
use coap_core::{CloseReason, Streams, UsageError};
use lwm2m_core::client::Client;
#[cfg(feature = "server")]
use lwm2m_core::server::Server;
use m2m_base::{Duration, Instant, PeerId};

use crate::borrow::{Growing, Out, bytes, init, sized};
use crate::config::{ms, narrow};
use crate::guard::caught;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK};
use crate::result::{Outcome, code};

/// What a connection is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_stream_transport {
    /// A stream of bytes: TCP, or TLS over it.
    M2M_STREAM_TCP = 1,
    /// WebSocket: one binary message for each that is taken or sent.
    M2M_STREAM_WEBSOCKET = 2,
}

/// Why a connection is to be closed.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_stream_close {
    /// For a reason that this header does not know.
    M2M_STREAM_CLOSE_OTHER = 0,
    /// The peer broke the protocol, and was told so by an Abort.
    M2M_STREAM_CLOSE_BROKEN = 1,
    /// The peer's first message was not its capabilities (CSM), or did not come in time.
    M2M_STREAM_CLOSE_NO_CSM = 2,
    /// The peer sent a message that is longer than it was told it may be.
    M2M_STREAM_CLOSE_TOO_LONG = 3,
    /// The peer sent an Abort.
    M2M_STREAM_CLOSE_ABORTED = 4,
    /// The peer sent a Release, and all that was under way is done.
    M2M_STREAM_CLOSE_RELEASED = 5,
    /// The peer did not answer a ping, or did not close the connection that was released.
    M2M_STREAM_CLOSE_UNRESPONSIVE = 6,
    /// m2m_coap_endpoint_abort_connection()
    M2M_STREAM_CLOSE_COMMAND = 7,
}

use m2m_stream_close::*;

/// C's number for why a connection is to be closed.
pub(crate) fn close_reason(reason: CloseReason) -> i32 {
    let reason = match reason {
        CloseReason::Malformed(_)
        | CloseReason::BadCsmOption(_)
        | CloseReason::BadOption
        | CloseReason::UnknownSignal => M2M_STREAM_CLOSE_BROKEN,
        CloseReason::NoCsm => M2M_STREAM_CLOSE_NO_CSM,
        CloseReason::TooLong => M2M_STREAM_CLOSE_TOO_LONG,
        CloseReason::Command => M2M_STREAM_CLOSE_COMMAND,
        CloseReason::Aborted => M2M_STREAM_CLOSE_ABORTED,
        CloseReason::Released => M2M_STREAM_CLOSE_RELEASED,
        CloseReason::Unresponsive => M2M_STREAM_CLOSE_UNRESPONSIVE,
        _ => M2M_STREAM_CLOSE_OTHER,
    };
    reason as i32
}

/// What connections an engine may have. Fill it with m2m_stream_config_init(), then change members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_stream_config {
    /// Size of this structure, which tells the library the version of the caller's header.
    pub struct_size: usize,
    /// Connections at one time, up to 65535.
    pub connections: u32,
    /// Longest message to take and to send, in bytes, 64 to 2^24: the peer is told. As many are reserved for
    /// each connection, pool_size of the engine has to be above it, and a buffer of this size is large enough
    /// for what is to be sent.
    pub message_size: u32,
    /// How long to wait for the peer's first message, in milliseconds.
    pub csm_timeout_ms: u32,
    /// After how long a silence to send a ping, in milliseconds; 0, the default: never.
    pub keepalive_ms: u32,
    /// How long to wait for the answer to a ping, in milliseconds.
    pub pong_timeout_ms: u32,
    /// How long to wait for the peer to close a connection, in milliseconds.
    pub release_timeout_ms: u32,
}

const LEAST: usize = size_of::<m2m_stream_config>();

// SAFETY: repr(C), the size comes first, and it holds integers only.
unsafe impl Growing for m2m_stream_config {}

impl m2m_stream_config {
    fn new(size: usize) -> Self {
        let streams = Streams::default();
        m2m_stream_config {
            struct_size: size,
            connections: streams.connections.into(),
            message_size: streams.message_size,
            csm_timeout_ms: ms(streams.csm_timeout),
            keepalive_ms: streams.keepalive.map_or(0, ms),
            pong_timeout_ms: ms(streams.pong_timeout),
            release_timeout_ms: ms(streams.release_timeout),
        }
    }

    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says.
    pub(crate) unsafe fn read(from: *const Self) -> Result<Streams, m2m_result> {
        // SAFETY: the same promise.
        let given = unsafe { sized(from, LEAST, Self::new(LEAST)) }?;
        let span = |ms: u32| Duration::from_millis(ms.into());
        Ok(Streams {
            connections: narrow(given.connections)?,
            message_size: given.message_size,
            csm_timeout: span(given.csm_timeout_ms),
            keepalive: (given.keepalive_ms != 0).then(|| span(given.keepalive_ms)),
            pong_timeout: span(given.pong_timeout_ms),
            release_timeout: span(given.release_timeout_ms),
        })
    }
}

/// Fills a configuration: 16 connections with messages of up to 8448 bytes, no pings. Call it as
/// m2m_stream_config_init(&config, sizeof config).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_stream_config_init(
    config: *mut m2m_stream_config,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(config, struct_size, LEAST, &m2m_stream_config::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}

/// An engine that has connections.
pub(crate) trait Streaming {
    fn connected(&mut self, now: Instant, peer: PeerId, is: Transport) -> Result<(), UsageError>;
    fn handle_stream(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> usize;
    fn disconnected(&mut self, now: Instant, peer: PeerId);
}

macro_rules! streaming {
    ($($Engine:ty),+) => {$(
        impl Streaming for $Engine {
            fn connected(
                &mut self,
                now: Instant,
                peer: PeerId,
                is: Transport,
            ) -> Result<(), UsageError> {
                <$Engine>::connected(self, now, peer, is)
            }

            fn handle_stream(&mut self, now: Instant, peer: PeerId, bytes: &[u8]) -> usize {
                <$Engine>::handle_stream(self, now, peer, bytes)
            }

            fn disconnected(&mut self, now: Instant, peer: PeerId) {
                <$Engine>::disconnected(self, now, peer);
            }
        }
    )+};
}

streaming!(Client);
#[cfg(feature = "coap")]
streaming!(coap_core::Endpoint);
#[cfg(feature = "server")]
streaming!(Server);
#[cfg(feature = "bootstrap-server")]
streaming!(lwm2m_core::bootstrap_server::BootstrapServer);

/// The transport that C's number names.
pub(crate) fn transport_of(number: i32) -> Result<Transport, m2m_result> {
    match number {
        1 => Ok(Transport::Tcp),
        2 => Ok(Transport::WebSocket),
        _ => Err(M2M_INVALID),
    }
}

/// A connection is there.
pub(crate) fn connect(
    engine: &mut impl Streaming,
    now_ms: u64,
    peer: u64,
    transport: i32,
) -> Outcome {
    let transport = transport_of(transport)?;
    engine.connected(Instant::from_millis(now_ms), PeerId(peer), transport)?;
    Ok(M2M_OK)
}

/// Bytes came over a connection.
pub(crate) fn take(
    engine: &mut impl Streaming,
    now_ms: u64,
    peer: u64,
    data: &[u8],
    taken: Out<usize>,
) -> Outcome {
    taken.put(engine.handle_stream(Instant::from_millis(now_ms), PeerId(peer), data));
    Ok(M2M_OK)
}

/// The pointers of a call that takes bytes.
///
/// # Safety
/// `data` is `NULL` or points to `len` bytes that nobody writes during `'a`; `taken` is `NULL` or memory for
/// a number.
pub(crate) unsafe fn pointers<'a>(
    data: *const u8,
    len: usize,
    taken: *mut usize,
) -> Result<(&'a [u8], Out<usize>), m2m_result> {
    // SAFETY: the same promises.
    unsafe { Ok((bytes(data, len)?, Out::new(taken)?)) }
}
