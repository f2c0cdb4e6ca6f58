//! OSCORE of an endpoint: its security contexts (RFC 8613).

use coap_core::SecurityId;
use m2m_base::{Instant, PeerId};

use super::m2m_coap_endpoint;
use crate::borrow::Out;
use crate::engine::checked;
use crate::handled::Handled;
use crate::result::m2m_result::{M2M_OK, M2M_UNKNOWN_ID};
use crate::security::{m2m_coap_security, m2m_oscore_view};

/// Makes a security context. *id names it from now on. Before anything is sent under it a first
/// M2M_COAP_SEQUENCE_RESERVED has to be taken; not with M2M_COAP_RENEWED_KEYS.
///
/// Errors: M2M_FULL above security_contexts of the configuration; M2M_TOO_LONG for ids that are too
/// long; M2M_INVALID for an empty secret, equal ids, an algorithm that is not known, or an ID context
/// with M2M_COAP_RENEWED_KEYS, which makes its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_add_security_context(
    endpoint: *mut m2m_coap_endpoint,
    security: *const m2m_coap_security,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and a structure as long as it says, with bytes as
    // long as it says.
    let pointers =
        unsafe { Out::new(id).and_then(|out| Ok((out, m2m_coap_security::read(security)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, (parameters, history))| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            out.put(inside.endpoint.add_security_context(&parameters, history)?.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// Makes a security context in the place of one, which is removed; or leaves all as it is. *new_id names
/// the new one.
///
/// Errors: M2M_UNKNOWN_ID if id names none; else those of m2m_coap_endpoint_add_security_context().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_replace_security_context(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
    security: *const m2m_coap_security,
    new_id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and a structure as long as it says, with bytes as
    // long as it says.
    let pointers =
        unsafe { Out::new(new_id).and_then(|out| Ok((out, m2m_coap_security::read(security)?))) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, (parameters, history))| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let (now, id) = (Instant::from_millis(now_ms), SecurityId::from_bits(id));
            let endpoint = &mut inside.endpoint;
            let made = endpoint.replace_security_context(now, id, &parameters, history)?;
            out.put(made.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// The sequence number that comes next under a security context. *next gets it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_next_sequence(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    next: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(next) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let context = inside.endpoint.security_context(SecurityId::from_bits(id));
            out.put(context.ok_or(M2M_UNKNOWN_ID)?.next_sequence());
            Ok(M2M_OK)
        })
    })
}

/// A security context as it is now. M2M_UNKNOWN_ID if id names none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_security_view(
    endpoint: *const m2m_coap_endpoint,
    id: u64,
    view: *mut m2m_oscore_view,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(view) }, |out| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let context = inside.endpoint.security_context(SecurityId::from_bits(id));
            out.put(m2m_oscore_view::of(context.ok_or(M2M_UNKNOWN_ID)?));
            Ok(M2M_OK)
        })
    })
}

/// Removes a security context. What is under way under it ends with M2M_COAP_PEER_DOWN.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_remove_security_context(
    endpoint: *mut m2m_coap_endpoint,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            let now = Instant::from_millis(now_ms);
            inside.endpoint.remove_security_context(now, SecurityId::from_bits(id));
            Ok(M2M_OK)
        })
    }
}

/// From now on, requests to a peer go under a security context; with id 0, as they are. What the peer
/// asks is answered as it came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_endpoint_bind_security(
    endpoint: *mut m2m_coap_endpoint,
    peer: u64,
    id: u64,
) -> i32 {
    let id = (id != 0).then(|| SecurityId::from_bits(id));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            inside.endpoint.bind_security(PeerId(peer), id)?;
            Ok(M2M_OK)
        })
    }
}
