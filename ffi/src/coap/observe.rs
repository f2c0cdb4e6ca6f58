//! Observers of one's own resources.

use coap_core::ObserverId;
use m2m_base::Instant;

use super::{m2m_coap_endpoint, m2m_coap_response};
use crate::engine::checked;
use crate::handled::Handled;
use crate::result::m2m_result::{M2M_NOTHING, M2M_OK};

/// Sends the state of an observed resource to one observer. While a confirmable notification is on
/// its way the newest state waits and replaces it at the next retransmission (RFC 7641 section 4.5.2). A
/// response of class 4 or 5 is the last notification.
///
/// Errors: M2M_UNKNOWN_ID if the observer is gone; M2M_FULL, the notification before is still sent;
/// M2M_INVALID and M2M_TOO_LONG as for m2m_coap_endpoint_respond().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_notify(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    observer: u64,
    response: *const m2m_coap_response,
) -> i32 {
    // SAFETY: the caller passes a structure as long as it says, what it points to as well, and NULL or
    // a handle that was not freed.
    checked(unsafe { m2m_coap_response::read(response) }, |response| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let (now, id) = (Instant::from_millis(now_ms), ObserverId::from_bits(observer));
            response.give(inside, |e, response| e.notify(now, id, response))?;
            Ok(M2M_OK)
        })
    })
}

/// M2M_OK while a notification to this observer is on its way or in line: another would replace it.
/// M2M_NOTHING if not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_is_notifying(
    endpoint: *const m2m_coap_endpoint,
    observer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let is = inside.endpoint.is_notifying(ObserverId::from_bits(observer));
            Ok(if is { M2M_OK } else { M2M_NOTHING })
        })
    }
}

/// Forgets an observer without a word to it or an event.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_remove_observer(
    endpoint: *mut m2m_coap_endpoint,
    observer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.remove_observer(ObserverId::from_bits(observer));
            Ok(M2M_OK)
        })
    }
}
