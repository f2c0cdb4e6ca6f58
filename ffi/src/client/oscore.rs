//! Sequence numbers of OSCORE, for those who keep them elsewhere than in the journal.

use m2m_base::Instant;

use super::{m2m_lwm2m_client, with};
use crate::borrow::Out;
use crate::engine::checked;
use crate::result::m2m_result::{M2M_NOTHING, M2M_OK};

/// Of the security contexts in use, that at index, from 0: *instance gets the instance of object 21 that has
/// its keys, *up_to the number below which its sequence numbers may be used. M2M_NOTHING if there are not as
/// many. m2m_lwm2m_client_poll_journal() has a record of it, too; this is for those who keep it elsewhere,
/// with a context that is used in other ways as well.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_sequence_numbers(
    client: *const m2m_lwm2m_client,
    index: usize,
    instance: *mut u16,
    up_to: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for two numbers.
    let pointers = unsafe { Out::new(instance).and_then(|i| Ok((i, Out::new(up_to)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(instance, up_to)| unsafe {
        with(client, |c| {
            let Some((keys, reserved)) = c.sequence_numbers().nth(index) else {
                return Ok(M2M_NOTHING);
            };
            instance.put(keys);
            up_to.put(reserved);
            Ok(M2M_OK)
        })
    })
}

/// Tells that sequence numbers below next may have been used, of the security context whose keys an instance
/// of object 21 has. To be called after m2m_lwm2m_client_restore() and before m2m_lwm2m_client_start().
/// M2M_UNKNOWN_PATH if no account has this instance, or it makes no context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_restore_sequence_numbers(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    instance: u16,
    next: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            c.restore_sequence_numbers(Instant::from_millis(now_ms), instance, next)?;
            Ok(M2M_OK)
        })
    }
}
