//! What must survive a restart.

use m2m_base::Instant;

use super::m2m_lwm2m_server;
use crate::borrow::bytes;
use crate::engine::checked;
use crate::handled::Handled;
use crate::record::OutRecord;
use crate::result::m2m_result::{M2M_MALFORMED, M2M_OK};

/// The next record to keep, with journal in the configuration. *deleted is 0 for bytes that are to be
/// put under *key, in place of what is there; they are copied into buf, len gets their length. It is 1
/// if what is under *key is to be deleted. M2M_NOTHING if there is none. M2M_BUFFER_TOO_SMALL loses
/// nothing: registration_bytes and 128 more are enough for all but long operations.
///
/// As long as records wait, m2m_lwm2m_server_poll_transmit() gives none: what a client was told is then
/// true after a restart as well, if records are safe before datagrams are polled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_poll_journal(
    server: *mut m2m_lwm2m_server,
    key: *mut u64,
    deleted: *mut i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe { OutRecord::new(key, deleted, (buf, cap, len)) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let next = || inside.server.poll_journal();
            out.put_next(&mut inside.record, next, |r| (r.key, r.value.as_deref()))
        })
    })
}

/// Takes back what was kept under a key. To be called for all keys in ascending order, after the server
/// was made and m2m_lwm2m_server_set_wall_clock() was told, and before anything else; then
/// m2m_lwm2m_server_finish_restore(). Peers must have the numbers that they had. M2M_MALFORMED for bytes
/// that are no record, or that do not fit to those before; the server is as before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_restore(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    key: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |value| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.server.restore(now, key, value).map_err(|_| M2M_MALFORMED)?;
            Ok(M2M_OK)
        })
    })
}

/// Tells that everything was given back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_finish_restore(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            inside.server.finish_restore(Instant::from_millis(now_ms));
            Ok(M2M_OK)
        })
    }
}
