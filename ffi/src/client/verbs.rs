//! The verbs that every engine has: datagrams and time in, datagrams, events and the next deadline
//! out.

use m2m_base::{Instant, PeerId, UnixTime};

use super::{m2m_lwm2m_client, m2m_lwm2m_event, with};
use crate::borrow::{Out, buffer, bytes};
use crate::engine::{checked, disposed, m2m_counters, m2m_transmit, millis};
use crate::result::Outcome;
use crate::result::m2m_result::{M2M_BUFFER_TOO_SMALL, M2M_NOTHING, M2M_OK};

/// Tells the client what time it is, in milliseconds since 1970-01-01T00:00:00Z: what servers see of
/// it (/3/0/13) goes on by itself. To be told again whenever the clock was set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_set_wall_clock(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    unix_ms: i64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.set_wall_clock(Instant::from_millis(now_ms), UnixTime::from_millis(unix_ms));
            Ok(M2M_OK)
        })
    }
}

/// What time the client takes it to be, in milliseconds since 1970-01-01T00:00:00Z: *unix_ms gets it. M2M_NOTHING if
/// it was not told; a server may have done so too (/3/0/13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_wall_clock(
    client: *const m2m_lwm2m_client,
    now_ms: u64,
    unix_ms: *mut i64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(unix_ms) }, |out| unsafe {
        with(client, |c| {
            let Some(time) = c.wall_clock(Instant::from_millis(now_ms)) else {
                return Ok(M2M_NOTHING);
            };
            out.put(time.as_millis());
            Ok(M2M_OK)
        })
    })
}

/// Takes a datagram that arrived from a peer. now_ms is the time in milliseconds on a clock of the
/// caller's that never goes back, here as everywhere.
///
/// A bad datagram is no error: M2M_OK if it had its effect, else M2M_DUPLICATE, M2M_REFUSED or
/// M2M_IGNORED. Then poll for datagrams to send, for events and for the deadline.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_handle_datagram(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |datagram| unsafe {
        with(client, |c| {
            let now = Instant::from_millis(now_ms);
            Ok(disposed(c.handle_datagram(now, PeerId(peer), datagram)))
        })
    })
}

/// Tells the client that time has passed: to be called when m2m_lwm2m_client_poll_timeout() says.
/// Calling it early or twice is harmless.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_handle_timeout(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.handle_timeout(Instant::from_millis(now_ms));
            Ok(M2M_OK)
        })
    }
}

/// Writes the next datagram to send into buf, which has room for cap bytes. M2M_NOTHING when there
/// is none. M2M_BUFFER_TOO_SMALL loses nothing; message_size of the configuration is enough.
///
/// To be called after every other call that takes the time, until it returns M2M_NOTHING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_poll_transmit(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    buf: *mut u8,
    cap: usize,
    transmit: *mut m2m_transmit,
) -> i32 {
    // SAFETY: the caller passes memory for `cap` bytes and for the result.
    let pointers = unsafe { buffer(buf, cap).and_then(|b| Ok((b, Out::new(transmit)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(buf, out)| unsafe {
        with(client, |c| match c.poll_transmit(Instant::from_millis(now_ms), buf) {
            Ok(Some(t)) => {
                out.put(m2m_transmit { peer: t.peer.0, len: t.len });
                Ok(M2M_OK)
            }
            Ok(None) => Ok(M2M_NOTHING),
            Err(_) => Err(M2M_BUFFER_TOO_SMALL),
        })
    })
}

/// The next thing that the application should know. M2M_NOTHING when there is none.
///
/// Events are states rather than a log: for each server the latest about its registration, for each
/// path what a server last did there. So none is lost however late one asks, and none pile up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_poll_event(
    client: *mut m2m_lwm2m_client,
    event: *mut m2m_lwm2m_event,
) -> i32 {
    // SAFETY: the caller passes memory for an event, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(event) }, |out| unsafe {
        with(client, |c| match c.poll_event() {
            Some(event) => {
                out.put(event.into());
                Ok(M2M_OK)
            }
            None => Ok(M2M_NOTHING),
        })
    })
}

/// When m2m_lwm2m_client_handle_timeout() should be called next, in milliseconds on the caller's
/// clock; M2M_NEVER when the client waits for nothing. May change with every call that takes the
/// time. M2M_NEVER also where another function would return an error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_poll_timeout(client: *const m2m_lwm2m_client) -> u64 {
    let mut at = None;
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            at = c.poll_timeout();
            Ok(M2M_OK)
        })
    };
    millis(at)
}

/// What the client has counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_counters(
    client: *const m2m_lwm2m_client,
    counters: *mut m2m_counters,
) -> i32 {
    // SAFETY: the caller passes memory for the counters, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(counters) }, |out| unsafe {
        with(client, |c| -> Outcome {
            out.put(c.counters().into());
            Ok(M2M_OK)
        })
    })
}

/// All the memory of the client in bytes, reserved when it was made. It never allocates again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_reserved_bytes(
    client: *const m2m_lwm2m_client,
    size: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(size) }, |out| unsafe {
        with(client, |c| {
            out.put(c.reserved_bytes());
            Ok(M2M_OK)
        })
    })
}
