//! Connections of a client.

use alloc::boxed::Box;

use lwm2m_core::client::Client;
use m2m_base::{Instant, PeerId};

use super::handle::make;
use super::{m2m_lwm2m_client, m2m_lwm2m_client_config, with};
use crate::borrow::{Out, seed};
use crate::engine::checked;
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::M2M_OK;
use crate::stream::{Streaming, connect, m2m_stream_config, pointers, take};

/// Makes a client that may have connections (TCP, TLS, WebSocket) besides. Otherwise as m2m_lwm2m_client_new().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_new_with_streams(
    config: *const m2m_lwm2m_client_config,
    streams: *const m2m_stream_config,
    seed_bytes: *const u8,
    client: *mut *mut m2m_lwm2m_client,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes 32 bytes, memory for a pointer, and structures that say their length.
        let (seed, out, streams) =
            unsafe { (seed(seed_bytes)?, Out::new(client)?, m2m_stream_config::read(streams)?) };
        // SAFETY: the same, and it points to what it says.
        let handle = unsafe {
            make(config, |client, config| {
                *client = Client::with_streams(config, &streams, seed)?;
                Ok(())
            })
        }?;
        out.put(Box::into_raw(handle));
        Ok(M2M_OK)
    }))
}

/// Tells that a connection is there, made or accepted: peer is a number of its own, which no datagrams come
/// from. transport is one of enum m2m_stream_transport. It comes before m2m_lwm2m_client_set_peer()
/// with the number, or m2m_lwm2m_client_add_server(). What is to be sent to peer goes out over it, one
/// whole message for each m2m_lwm2m_client_poll_transmit().
///
/// Errors: M2M_FULL, then it is to be closed; M2M_INVALID if the number names a connection already;
/// M2M_NOT_ALLOWED for a handle that was made without connections.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_connected(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    peer: u64,
    transport: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { with(client, |inside| connect(inside, now_ms, peer, transport)) }
}

/// Takes bytes that came over a connection, and sets *taken to how many of them were taken: fewer than len
/// while answers wait to be sent. Then poll for what is to be sent, and hand in the rest. Of
/// M2M_STREAM_WEBSOCKET exactly one message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_handle_stream(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
    taken: *mut usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { pointers(data, len, taken) }, |(data, taken)| unsafe {
        with(client, |inside| take(inside, now_ms, peer, data, taken))
    })
}

/// Tells that a connection is gone, by whichever side. The server's observations end
/// with it; the registration goes on: the client asks for another connection (M2M_LWM2M_CONNECT) and sends an
/// Update.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_disconnected(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |inside| {
            Streaming::disconnected(inside, Instant::from_millis(now_ms), PeerId(peer));
            Ok(M2M_OK)
        })
    }
}
