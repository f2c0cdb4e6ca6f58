//! OSCORE: security contexts (RFC 8613).

use core::mem::size_of;
use core::ptr;

use coap_core::oscore::{Aead, SecurityParameters};
use coap_core::{History, SecurityId};
use m2m_base::{Instant, PeerId};

use super::m2m_coap_endpoint;
use crate::borrow::{Growing, Out, bytes, sized};
use crate::engine::checked;
use crate::handled::Handled;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK};

/// Whether the keys of a security context were in use before.
#[repr(C)]
pub enum m2m_coap_history {
    /// Never, by nobody.
    M2M_COAP_NEW_KEYS = 0,
    /// Before a restart: next is the newest up_to of M2M_COAP_SEQUENCE_RESERVED, 0 if there was none.
    M2M_COAP_STORED_KEYS = 1,
    /// Whatever it was: both ends agree upon new keys with the first request (RFC 8613 appendix B.2).
    /// Nothing has to be kept. It takes a seed that is never used twice, and a peer that does the same.
    M2M_COAP_RENEWED_KEYS = 2,
}

/// What a security context is made of. Set all to zero first, then struct_size to the size of this
/// structure.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_coap_security {
    /// Size of this structure.
    pub struct_size: usize,
    /// The shared secret: at least 16 random bytes make it one.
    pub master_secret: *const u8,
    /// Its length.
    pub master_secret_len: usize,
    /// The salt, may be empty.
    pub master_salt: *const u8,
    /// Its length.
    pub master_salt_len: usize,
    /// The own id, at most 7 bytes.
    pub sender_id: *const u8,
    /// Its length.
    pub sender_id_len: usize,
    /// The peer's id, another than the own.
    pub recipient_id: *const u8,
    /// Its length.
    pub recipient_id_len: usize,
    /// Tells contexts with the same ids apart, at most 32 bytes. NULL: none.
    pub id_context: *const u8,
    /// Its length.
    pub id_context_len: usize,
    /// The algorithm by its number in the registry of COSE; 0 for AES-CCM-16-64-128, which is 10.
    pub aead: i32,
    /// One of enum m2m_coap_history.
    pub history: i32,
    /// Of M2M_COAP_STORED_KEYS: the next sequence number.
    pub next: u64,
}

const LEAST: usize = size_of::<m2m_coap_security>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_coap_security {}

impl m2m_coap_security {
    const NONE: Self = m2m_coap_security {
        struct_size: LEAST,
        master_secret: ptr::null(),
        master_secret_len: 0,
        master_salt: ptr::null(),
        master_salt_len: 0,
        sender_id: ptr::null(),
        sender_id_len: 0,
        recipient_id: ptr::null(),
        recipient_id_len: 0,
        id_context: ptr::null(),
        id_context_len: 0,
        aead: 0,
        history: 0,
        next: 0,
    };

    /// # Safety
    /// What the structure points to is as long as it says, and nobody writes it during `'a`.
    unsafe fn get<'a>(&self) -> Result<(SecurityParameters<'a>, History), m2m_result> {
        let history = match self.history {
            0 => History::New,
            1 => History::Stored { next: self.next },
            2 => History::Renewed,
            _ => return Err(M2M_INVALID),
        };
        let aead = Aead::from_number(if self.aead == 0 { 10 } else { self.aead });
        // SAFETY: the same promise.
        let parameters = unsafe {
            SecurityParameters {
                master_secret: bytes(self.master_secret, self.master_secret_len)?,
                master_salt: bytes(self.master_salt, self.master_salt_len)?,
                sender_id: bytes(self.sender_id, self.sender_id_len)?,
                recipient_id: bytes(self.recipient_id, self.recipient_id_len)?,
                id_context: match self.id_context.is_null() && self.id_context_len == 0 {
                    true => None,
                    false => Some(bytes(self.id_context, self.id_context_len)?),
                },
                aead: aead.ok_or(M2M_INVALID)?,
            }
        };
        Ok((parameters, history))
    }
}

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
    let pointers = unsafe {
        Out::new(id)
            .and_then(|out| Ok((out, sized(security, LEAST, m2m_coap_security::NONE)?.get()?)))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, (parameters, history))| unsafe {
        m2m_coap_endpoint::with(endpoint, |inside| {
            out.put(inside.endpoint.add_security_context(&parameters, history)?.to_bits());
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
