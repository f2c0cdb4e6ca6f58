//! What a security context of OSCORE is made of (RFC 8613), for all engines that have them.

use core::mem::size_of;
use core::ptr;

use coap_core::History;
#[cfg(feature = "coap")]
use coap_core::oscore::SecurityContext;
use coap_core::oscore::{Aead, SecurityParameters};

use crate::borrow::{Growing, bytes, sized};
use crate::result::m2m_result::{self, M2M_INVALID};

/// Whether the keys of a security context were in use before.
#[repr(C)]
pub enum m2m_coap_history {
    /// Never, by nobody.
    M2M_COAP_NEW_KEYS = 0,
    /// Before a restart: next is the newest up_to of M2M_COAP_SEQUENCE_RESERVED, or of the like of an LwM2M
    /// server, 0 if there was none.
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

    /// C's structure.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says; what it points to is as
    /// long as it says, and nobody writes it during `'a`.
    pub(crate) unsafe fn read<'a>(
        from: *const Self,
    ) -> Result<(SecurityParameters<'a>, History), m2m_result> {
        // SAFETY: the same promises.
        unsafe { sized(from, LEAST, Self::NONE)?.get() }
    }

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

/// A security context as it is now. Ids are as long as their length says.
#[cfg(feature = "coap")]
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_oscore_view {
    /// The sequence number of the next message.
    pub next: u64,
    /// One above the last sequence number that may be used (RFC 8613 appendix B.1.1).
    pub reserved: u64,
    /// One above the largest Partial IV that was received in a request; 0 before the first.
    pub received: u64,
    /// Which of the last were received: bit i is that of received - 1 - i. Older ones count as received.
    pub seen: u32,
    /// 1 while it is not known what was received before a restart: no request is accepted (RFC 8613 appendix B.1.2).
    pub lost: i32,
    /// The algorithm by its number in the registry of COSE.
    pub aead: i32,
    /// 1 if there is an ID context.
    pub has_id_context: i32,
    /// Length of the own id.
    pub sender_id_len: usize,
    /// Length of the peer's id.
    pub recipient_id_len: usize,
    /// Length of the ID context.
    pub id_context_len: usize,
    /// The own id.
    pub sender_id: [u8; 8],
    /// The peer's id.
    pub recipient_id: [u8; 8],
    /// The ID context, the one that was agreed upon of M2M_COAP_RENEWED_KEYS.
    pub id_context: [u8; 32],
}

#[cfg(feature = "coap")]
impl m2m_oscore_view {
    pub(crate) fn of(context: &SecurityContext) -> Self {
        fn id<const N: usize>(from: &[u8]) -> [u8; N] {
            let mut bytes = [0; N];
            bytes.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
            bytes
        }
        let window = context.window();
        let id_context = context.id_context().unwrap_or_default();
        m2m_oscore_view {
            next: context.next_sequence(),
            reserved: context.reserved(),
            received: window.next(),
            seen: window.seen(),
            lost: window.is_lost().into(),
            aead: context.aead().number().into(),
            has_id_context: context.id_context().is_some().into(),
            sender_id_len: context.sender_id().len(),
            recipient_id_len: context.recipient_id().len(),
            id_context_len: id_context.len(),
            sender_id: id(context.sender_id()),
            recipient_id: id(context.recipient_id()),
            id_context: id(id_context),
        }
    }
}
