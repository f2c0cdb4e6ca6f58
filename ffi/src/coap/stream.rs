//! Connections of an endpoint.

use alloc::vec::Vec;
use core::ffi::c_char;
use core::mem::size_of;

use coap_core::Endpoint;
use m2m_base::container::Reservation;
use m2m_base::{Instant, PeerId, Seed};

use super::handle::put_options;
use super::message::{Which, copy, put_option, put_payload};
use super::{Inside, m2m_coap_config, m2m_coap_endpoint, m2m_coap_message, m2m_coap_option};
use crate::borrow::{Out, seed, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::memory::{arena_for, room};
use crate::result::code;
use crate::result::m2m_result::M2M_OK;
use crate::stream::{Streaming, connect, m2m_stream_config, pointers, take};

/// Makes an endpoint that may have connections (TCP, TLS, WebSocket) besides. Otherwise as
/// m2m_coap_endpoint_new().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_new_with_streams(
    config: *const m2m_coap_config,
    streams: *const m2m_stream_config,
    seed_bytes: *const u8,
    endpoint: *mut *mut m2m_coap_endpoint,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, memory for a pointer, and structures that say their length.
        let (seed, out, config, streams) = unsafe {
            let config = m2m_coap_config::read(config)?;
            (seed(seed_bytes)?, Out::new(endpoint)?, config, m2m_stream_config::read(streams)?)
        };
        let made = config.get()?;
        let mut options: Vec<u8> = room(made.limits.message_size.into())?;
        options.resize(made.limits.message_size.into(), 0);
        let endpoint = Endpoint::with_streams(&made, &streams, seed)?;
        m2m_coap_endpoint::publish(Inside { endpoint, options }, config.tag, out)
    }))
}

/// As m2m_coap_arena_size(), of an endpoint that may have connections.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_arena_size_with_streams(
    config: *const m2m_coap_config,
    streams: *const m2m_stream_config,
    size: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for a number, and structures that say their length.
        let (out, config, streams) = unsafe {
            let config = m2m_coap_config::read(config)?;
            (Out::new(size)?, config.get()?, m2m_stream_config::read(streams)?)
        };
        let mut counted = Reservation::counting();
        let mut endpoint = Endpoint::empty();
        endpoint.open_with_streams(&config, &streams, &Seed([0; 32]), &mut counted)?;
        let blocks = [size_of::<m2m_coap_endpoint>(), config.limits.message_size.into()];
        out.put(arena_for(&counted, blocks.into_iter()));
        Ok(M2M_OK)
    }))
}

/// Tells that a connection is there, made or accepted: peer is a number of its own, which no datagrams come
/// from. transport is one of enum m2m_stream_transport. Requests may be made at once. What is to be sent to
/// peer goes out over it, one whole message for each m2m_coap_endpoint_poll_transmit().
///
/// Errors: M2M_FULL, then it is to be closed; M2M_INVALID if the number names a connection already;
/// M2M_FULL also for a handle that was made without connections.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_connected(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    transport: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            connect(&mut inside.endpoint, now_ms, peer, transport)
        })
    }
}

/// Takes bytes that came over a connection, and sets *taken to how many of them were taken: fewer than len
/// while answers wait to be sent. Then poll for what is to be sent, and hand in the rest. Of
/// M2M_STREAM_WEBSOCKET exactly one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_handle_stream(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
    taken: *mut usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { pointers(data, len, taken) }, |(data, taken)| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            take(&mut inside.endpoint, now_ms, peer, data, taken)
        })
    })
}

/// Tells that a connection is gone, by whichever side: its requests end with M2M_COAP_PEER_DOWN, its
/// observers are gone. The number may be used for another connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_disconnected(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            Streaming::disconnected(&mut inside.endpoint, now, PeerId(peer));
            Ok(M2M_OK)
        })
    }
}

/// Asks over a connection whether the peer is there: M2M_COAP_CONNECTION_PONG tells that it is. With custody
/// not 0 that comes when the peer has processed all that went before. Without an answer within
/// pong_timeout_ms the connection ends. M2M_UNKNOWN_ID if the peer has no connection that is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_ping_connection(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    custody: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.ping(Instant::from_millis(now_ms), PeerId(peer), custody != 0)?;
            Ok(M2M_OK)
        })
    }
}

/// Asks the peer to close the connection when all that is under way is done (RFC 8323 section 5.5). No
/// request can begin on it any more. options are those of Release: Alternative-Address (2), where to connect
/// instead, and Hold-Off (4), for how many seconds not to. text is for people, NULL for none.
///
/// Errors: M2M_UNKNOWN_ID if the peer has no connection that is open, or it is released already; M2M_INVALID
/// for another option; M2M_TOO_LONG for the peer; M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_release_connection(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    options: *const m2m_coap_option,
    options_len: usize,
    text: *const c_char,
) -> i32 {
    // SAFETY: the caller passes NULL or a string, options as long as they say, and NULL or a handle that was
    // not freed.
    checked(unsafe { string(text) }, |text| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let Inside { endpoint, options: buf } = inside;
            let writer = put_options(buf, (options, options_len), |_| Ok(()))?;
            let now = Instant::from_millis(now_ms);
            endpoint.release_connection(now, PeerId(peer), writer.options(), text)?;
            Ok(M2M_OK)
        })
    })
}

/// Ends a connection at once, with a word to the peer (RFC 8323 section 5.6): text is for people, NULL for
/// none. All that is under way ends with M2M_COAP_PEER_DOWN; M2M_COAP_CONNECTION_CLOSE follows.
/// M2M_UNKNOWN_ID if the peer has no connection that is open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_abort_connection(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    text: *const c_char,
) -> i32 {
    // SAFETY: the caller passes NULL or a string, and NULL or a handle that was not freed.
    checked(unsafe { string(text) }, |text| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.abort(Instant::from_millis(now_ms), PeerId(peer), text)?;
            Ok(M2M_OK)
        })
    })
}

/// The Release (7.04) or Abort (7.05) that came from a peer last: its code, and the length of its payload,
/// which is text for people. M2M_NOTHING if none did, or the connection is gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_signal(
    endpoint: *const m2m_coap_endpoint,
    peer: u64,
    message: *mut m2m_coap_message,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(message) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            out.put_found(inside.endpoint.signal(PeerId(peer)).map(|signal| {
                let message = m2m_coap_message::new(signal.code.0, signal.options, signal.payload);
                m2m_coap_message { peer, ..message }
            }))
        })
    })
}

/// Copies the payload of that message into buf. len gets its length. With buf NULL and cap 0 only len is
/// written. M2M_UNKNOWN_ID if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_signal_payload(
    endpoint: *const m2m_coap_endpoint,
    peer: u64,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe { copy(endpoint, &Which::Signal(peer), (buf, cap, len), put_payload) }
}

/// Copies the value of an option of that message into buf, as m2m_coap_endpoint_incoming_option() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_signal_option(
    endpoint: *const m2m_coap_endpoint,
    peer: u64,
    number: u16,
    index: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    unsafe {
        copy(endpoint, &Which::Signal(peer), (buf, cap, len), |options, _, out| {
            put_option(options, number, index, out)
        })
    }
}
