//! Clients behind OSCORE (RFC 8613).

use core::ffi::c_char;

use super::m2m_lwm2m_server;
use crate::contexts::{make, remove};
use crate::security::m2m_coap_security;

/// Makes the security context of an endpoint: what comes under it is the endpoint's, wherever it comes from,
/// and what is asked of a client that came under it goes
/// under it, and in no other way. *id names the context. Before anything is
/// sent under it a first M2M_LWM2M_SERVER_SEQUENCE_RESERVED has to be taken; not with
/// M2M_COAP_RENEWED_KEYS.
///
/// Errors: M2M_FULL above security_contexts of the configuration; M2M_TOO_LONG for ids that are too long;
/// M2M_INVALID for an endpoint name that is empty, longer than 255 bytes or has a context, for an empty
/// secret, equal ids, an algorithm that is not known, or an ID context with M2M_COAP_RENEWED_KEYS.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_add_security_context(
    server: *mut m2m_lwm2m_server,
    endpoint: *const c_char,
    security: *const m2m_coap_security,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes a string, a structure as long as it says with bytes as long as it says, memory
    // for a number, and NULL or a handle that was not freed.
    unsafe { make(server, None, endpoint, security, id) }
}

/// Makes a security context in the place of another, of the same endpoint or not: the other is removed, or
/// all stays as it is. *new_id names the new one.
///
/// Errors: M2M_UNKNOWN_ID if id names none; else those of m2m_lwm2m_server_add_security_context().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_replace_security_context(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    id: u64,
    endpoint: *const c_char,
    security: *const m2m_coap_security,
    new_id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes a string, a structure as long as it says with bytes as long as it says, memory
    // for a number, and NULL or a handle that was not freed.
    unsafe { make(server, Some((now_ms, id)), endpoint, security, new_id) }
}

/// Removes a security context. What is under way under it fails; whoever came under it is
/// not asked for anything until the endpoint has a context again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_remove_security_context(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe { remove(server, now_ms, id) }
}
