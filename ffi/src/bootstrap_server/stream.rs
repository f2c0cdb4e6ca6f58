//! Connections of a bootstrap server.

use lwm2m_core::bootstrap_server::BootstrapServer;
use m2m_base::{Instant, PeerId};

use super::{m2m_lwm2m_bootstrap_server, m2m_lwm2m_bootstrap_server_config};
use crate::borrow::{Out, seed};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::result::code;
use crate::result::m2m_result::M2M_OK;
use crate::stream::{Streaming, connect, m2m_stream_config, pointers, take};

/// Makes a bootstrap server that may have connections (TCP, TLS, WebSocket) besides. Otherwise as m2m_lwm2m_bootstrap_server_new().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_new_with_streams(
    config: *const m2m_lwm2m_bootstrap_server_config,
    streams: *const m2m_stream_config,
    seed_bytes: *const u8,
    server: *mut *mut m2m_lwm2m_bootstrap_server,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, memory for a pointer, and structures that say their length.
        let (seed, out, config, streams) = unsafe {
            let config = m2m_lwm2m_bootstrap_server_config::read(config)?;
            (seed(seed_bytes)?, Out::new(server)?, config, m2m_stream_config::read(streams)?)
        };
        let made = BootstrapServer::with_streams(&config.get()?, &streams, seed)?;
        m2m_lwm2m_bootstrap_server::publish(made, config.tag, out)
    }))
}

/// Tells that a connection is there, made or accepted: peer is a number of its own, which no datagrams come
/// from. transport is one of enum m2m_stream_transport. What is to be sent to peer goes out over it, one
/// whole message for each m2m_lwm2m_bootstrap_server_poll_transmit().
///
/// Errors: M2M_FULL, then it is to be closed; M2M_INVALID if the number names a connection already;
/// M2M_NOT_ALLOWED for a handle that was made without connections.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_connected(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    peer: u64,
    transport: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| connect(inside, now_ms, peer, transport))
    }
}

/// Takes bytes that came over a connection, and sets *taken to how many of them were taken: fewer than len
/// while answers wait to be sent. Then poll for what is to be sent, and hand in the rest. Of
/// M2M_STREAM_WEBSOCKET exactly one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_handle_stream(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
    taken: *mut usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { pointers(data, len, taken) }, |(data, taken)| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| take(inside, now_ms, peer, data, taken))
    })
}

/// Tells that a connection is gone, by whichever side. Its session fails with M2M_LWM2M_STEP_PEER_DOWN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_disconnected(
    server: *mut m2m_lwm2m_bootstrap_server,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            Streaming::disconnected(inside, Instant::from_millis(now_ms), PeerId(peer));
            Ok(M2M_OK)
        })
    }
}
