//! What an endpoint knows of single peers.

use m2m_base::{Instant, PeerId};

use super::m2m_coap_endpoint;
use crate::borrow::Out;
use crate::config::m2m_coap_parameters;
use crate::engine::{checked, millis};
use crate::handled::Handled;
use crate::result::m2m_result::M2M_OK;

/// Gives a peer transmission parameters of its own, for a slow network for one, until
/// m2m_coap_endpoint_forget_peer(); the peer keeps its place as long. Of parameters only the first four
/// members count. NULL: those of the endpoint again.
///
/// Errors: M2M_INVALID for values out of range; M2M_FULL if there is no place for the peer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_set_parameters(
    endpoint: *mut m2m_coap_endpoint,
    peer: u64,
    parameters: *const m2m_coap_parameters,
) -> i32 {
    // SAFETY: the caller passes NULL or a structure; every bit pattern is a valid one.
    let own = (!parameters.is_null()).then(|| unsafe { parameters.read_unaligned() });
    let own = own.map(|own| own.get().map(|own| own.of_peer()));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(own.transpose(), |own| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.set_parameters(PeerId(peer), own)?;
            Ok(M2M_OK)
        })
    })
}

/// Vouches for a peer: that it receives at its address is known, from a handshake for one. With verify of
/// the configuration it is believed for a while. *believed gets 0 if there is no room to remember it, else 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_vouch_for(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    peer: u64,
    believed: *mut i32,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(believed) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            out.put(inside.endpoint.vouch_for(now, PeerId(peer)).into());
            Ok(M2M_OK)
        })
    })
}

/// When a peer that answered a request with 4.29 takes it again (RFC 8516). *at_ms gets M2M_NEVER if there
/// is no such request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_retry_at(
    endpoint: *const m2m_coap_endpoint,
    peer: u64,
    at_ms: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(at_ms) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            out.put(millis(inside.endpoint.retry_at(PeerId(peer))));
            Ok(M2M_OK)
        })
    })
}
