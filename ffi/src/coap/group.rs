//! Requests to groups, sent and answered (RFC 7252 section 8).

use coap_core::UsageError;
use m2m_base::{Instant, PeerId};

use super::request::ask;
use super::{m2m_coap_endpoint, m2m_coap_request};
use crate::borrow::bytes;
use crate::engine::{checked, disposed};
use crate::handled::Handled;

/// Takes a datagram from a peer that was sent to a group which the application has joined: otherwise as m2m_coap_endpoint_handle_datagram(). Only NON requests may come so. The response goes
/// out some time within leisure_ms, and an error does not.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_handle_multicast(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    data: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: the caller passes `len` bytes, and NULL or a handle that was not freed.
    checked(unsafe { bytes(data, len) }, |datagram| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            Ok(disposed(inside.endpoint.handle_multicast(now, PeerId(peer), datagram)))
        })
    })
}

/// Sends a request to a group: group is the number that the application gave its multicast address. Each
/// response is told by M2M_COAP_GROUP_RESPONSE; M2M_COAP_DONE with M2M_COAP_COLLECTED comes when the time for
/// them is over.
///
/// Errors: M2M_INVALID for a request that is confirmable, observes, is under a security context, or is longer
/// than a block; else as m2m_coap_endpoint_request().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_request_group(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    group: u64,
    request: *const m2m_coap_request,
    id: *mut u64,
) -> i32 {
    // SAFETY: as m2m_coap_endpoint_request().
    unsafe {
        ask(endpoint, request, id, |endpoint, under, request| match under {
            None => endpoint.request_group(Instant::from_millis(now_ms), PeerId(group), request),
            Some(_) => Err(UsageError::Invalid),
        })
    }
}
