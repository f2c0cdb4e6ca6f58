//! What must survive a restart of the device.

use m2m_base::Instant;

use super::{m2m_lwm2m_client, with};
use crate::borrow::{Out, buffer, bytes};
use crate::engine::checked;
#[cfg(not(feature = "restore"))]
use crate::result::m2m_result::M2M_NOT_ALLOWED;
#[cfg(feature = "restore")]
use crate::result::m2m_result::{M2M_BUFFER_TOO_SMALL, M2M_NOTHING, M2M_OK};

/// The next record to keep, with records in the configuration. *deleted is 0 for bytes that are to be put
/// under *key, in place of what is there; they are written into buf, *len gets their length. It is 1 if
/// what is under *key is to be deleted. M2M_NOTHING if there is none. M2M_BUFFER_TOO_SMALL loses nothing.
///
/// As long as records wait, m2m_lwm2m_client_poll_transmit() gives nothing: store them first, so that
/// what a server was told is true after a restart as well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_poll_journal(
    client: *mut m2m_lwm2m_client,
    key: *mut u64,
    deleted: *mut i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    let pointers = unsafe {
        buffer(buf, cap)
            .and_then(|buf| Ok((buf, Out::new(key)?, Out::new(deleted)?, Out::new(len)?)))
    };
    #[cfg(feature = "restore")]
    // SAFETY: the caller passes NULL or a handle that was not freed.
    return checked(pointers, |(buf, key, deleted, len)| unsafe {
        with(client, |c| match c.poll_journal(buf) {
            Ok(Some(record)) => {
                key.put(record.key);
                deleted.put(record.len.is_none().into());
                len.put(record.len.unwrap_or(0));
                Ok(M2M_OK)
            }
            Ok(None) => Ok(M2M_NOTHING),
            Err(_) => Err(M2M_BUFFER_TOO_SMALL),
        })
    });
    #[cfg(not(feature = "restore"))]
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |_| unsafe { with(client, |_| Err(M2M_NOT_ALLOWED)) })
}

/// Takes back what was kept under a key. To be called for all keys in ascending order, after the client
/// was made and before m2m_lwm2m_client_start(). Accounts are added by the program only if no record
/// brings one (M2M_NOTHING of m2m_lwm2m_client_next_path() below /1); its own instances it makes as
/// ever. Then the client goes on with an Update in the place of a Register.
///
/// M2M_INVALID for bytes that are no record of such a client.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_restore(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    key: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    let now = Instant::from_millis(now_ms);
    // SAFETY: the caller passes `len` bytes.
    let record = unsafe { bytes(data, len) };
    #[cfg(feature = "restore")]
    // SAFETY: the caller passes NULL or a handle that was not freed.
    return checked(record, |record| unsafe {
        with(client, |c| {
            c.restore(now, key, record)?;
            Ok(M2M_OK)
        })
    });
    #[cfg(not(feature = "restore"))]
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(record.map(|_| (now, key)), |_| unsafe { with(client, |_| Err(M2M_NOT_ALLOWED)) })
}
