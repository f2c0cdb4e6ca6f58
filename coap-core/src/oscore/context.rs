//! Security contexts: what both ends derive from what they share (RFC 8613 section 3).

use super::algorithm::{Job, MAX_KEY, MAX_NONCE};
use super::{Aead, ContextError, PartialIv, ReplayWindow, SequenceError};
use hkdf::Hkdf;
use m2m_base::{Sink, SliceSink};
use sha2::Sha256;

/// Longest id: what a nonce of 13 bytes leaves room for.
const MAX_ID: usize = 7;
/// Longest ID context that is kept, without and with the head of a CBOR byte string.
const MAX_ID_CONTEXT: usize = 32;
const MAX_WRAPPED: usize = MAX_ID_CONTEXT + 2;
/// Longest ID context that keys are derived from: those of appendix B.2 that are not kept.
const MAX_DERIVED: usize = 64;

/// What a security context is made from (RFC 8613 section 3.2). The two ends have the same, but for
/// the ids, which are swapped.
#[derive(Clone, Copy)]
pub struct SecurityParameters<'a> {
    /// The shared secret, of any length; at least 16 random bytes make it one.
    pub master_secret: &'a [u8],
    /// The salt, may be empty.
    pub master_salt: &'a [u8],
    /// Our id: at most 7 bytes, with a nonce of 12 bytes at most 6, with one of 7 at most 1.
    pub sender_id: &'a [u8],
    /// The peer's id, other than ours.
    pub recipient_id: &'a [u8],
    /// Tells apart contexts with the same ids; at most 32 bytes. It goes with every request.
    pub id_context: Option<&'a [u8]>,
    /// The algorithm.
    pub aead: Aead,
}

impl core::fmt::Debug for SecurityParameters<'_> {
    /// Without the secrets.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SecurityParameters")
            .field("sender_id", &self.sender_id)
            .field("recipient_id", &self.recipient_id)
            .field("id_context", &self.id_context)
            .field("aead", &self.aead)
            .finish_non_exhaustive()
    }
}

/// A few bytes in place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Short<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

impl<const N: usize> Short<N> {
    fn new(from: &[u8]) -> Option<Self> {
        let mut bytes = [0; N];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        Some(Short { bytes, len: u8::try_from(from.len()).ok()? })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or(&[])
    }
}

/// An ID context as it is on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct IdContext {
    wire: Short<MAX_WRAPPED>,
    /// Bytes that go before it: the head of a CBOR byte string, in appendix B.2.
    head: u8,
}

impl IdContext {
    fn new(id: &[u8]) -> Option<IdContext> {
        let wire = Short::new(id).filter(|_| id.len() <= MAX_ID_CONTEXT)?;
        Some(IdContext { wire, head: 0 })
    }

    #[cfg(feature = "endpoint")]
    fn wrapped(parts: [&[u8]; 2]) -> Option<IdContext> {
        let mut bytes = [0; MAX_WRAPPED];
        let mut sink = SliceSink::new(&mut bytes);
        put_head(&mut sink, 2, parts.iter().map(|part| part.len()).sum())?;
        let head = u8::try_from(sink.len()).ok()?;
        for part in parts {
            sink.put(part).ok()?;
        }
        Some(IdContext { wire: Short::new(sink.written())?, head })
    }

    fn as_bytes(&self) -> &[u8] {
        self.wire.as_bytes().get(self.head.into()..).unwrap_or(&[])
    }
}

/// What all contexts have in common that are made from the same secret and salt: the key that HKDF
/// extracts (RFC 5869 section 2.2).
#[derive(Clone, Copy)]
pub(crate) struct Extracted([u8; 32]);

impl core::fmt::Debug for Extracted {
    /// Says nothing: all keys follow from it.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Extracted(..)")
    }
}

impl Extracted {
    pub(crate) fn new(parameters: &SecurityParameters<'_>) -> Extracted {
        let salt = Some(parameters.master_salt);
        Extracted(Hkdf::<Sha256>::extract(salt, parameters.master_secret).0.into())
    }
}

/// A security context: keys, sender sequence number and replay window.
#[derive(Clone)]
pub struct SecurityContext {
    aead: Aead,
    sender_key: [u8; MAX_KEY],
    recipient_key: [u8; MAX_KEY],
    common_iv: [u8; MAX_NONCE],
    sender_id: Short<MAX_ID>,
    recipient_id: Short<MAX_ID>,
    id_context: Option<IdContext>,
    /// The next sender sequence number.
    next: u64,
    /// Numbers below this may be used.
    reserved: u64,
    pub(crate) window: ReplayWindow,
}

impl core::fmt::Debug for SecurityContext {
    /// Without the keys.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SecurityContext")
            .field("aead", &self.aead)
            .field("sender_id", &self.sender_id())
            .field("recipient_id", &self.recipient_id())
            .field("id_context", &self.id_context())
            .field("next", &self.next)
            .field("reserved", &self.reserved)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// Writes the head of a CBOR item: major type and a length below 256.
fn put_head<S: Sink>(sink: &mut S, major: u8, length: usize) -> Option<()> {
    let length = u8::try_from(length).ok()?;
    match length {
        0..=23 => sink.put_u8(major << 5 | length).ok(),
        _ => sink.put(&[major << 5 | 24, length]).ok(),
    }
}

fn put_bytes<S: Sink>(sink: &mut S, bytes: &[u8]) -> Option<()> {
    put_head(sink, 2, bytes.len())?;
    sink.put(bytes).ok()
}

/// The info of a key or the Common IV (section 3.2.1).
pub(super) fn info<'b>(
    room: &'b mut [u8],
    id: &[u8],
    id_context: Option<[&[u8]; 2]>,
    aead: Aead,
    kind: &str,
    length: usize,
) -> Option<&'b [u8]> {
    let mut sink = SliceSink::new(room);
    put_head(&mut sink, 4, 5)?;
    put_bytes(&mut sink, id)?;
    match id_context {
        Some([first, second]) => {
            put_head(&mut sink, 2, first.len().saturating_add(second.len()))?;
            sink.put(first).ok()?;
            sink.put(second).ok()?;
        }
        None => sink.put_u8(0xf6).ok()?,
    }
    put_head(&mut sink, 0, aead.number().into())?;
    put_head(&mut sink, 3, kind.len())?;
    sink.put(kind.as_bytes()).ok()?;
    put_head(&mut sink, 0, length)?;
    let len = sink.len();
    room.get(..len)
}

/// Most bytes of an info.
const MAX_INFO: usize = 1 + 1 + MAX_ID + 2 + MAX_DERIVED + 2 + 4 + 2;

impl SecurityContext {
    /// Derives the keys. Sender sequence numbers start at 0, none but the caller keeps track of
    /// them, and nothing was received: right for parameters that were never used before.
    ///
    /// # Errors
    /// [`ContextError`] if the parameters do not make a context.
    pub fn new(parameters: &SecurityParameters<'_>) -> Result<SecurityContext, ContextError> {
        let aead = parameters.aead;
        let longest = aead.nonce_len().saturating_sub(6);
        if [parameters.sender_id, parameters.recipient_id].iter().any(|id| id.len() > longest) {
            return Err(ContextError::IdTooLong);
        }
        if parameters.sender_id == parameters.recipient_id {
            return Err(ContextError::SameId);
        }
        if parameters.master_secret.is_empty() {
            return Err(ContextError::NoSecret);
        }
        let id = |bytes| Short::new(bytes).ok_or(ContextError::IdTooLong);
        let id_context = match parameters.id_context {
            Some(bytes) => Some(IdContext::new(bytes).ok_or(ContextError::IdTooLong)?),
            None => None,
        };
        let context = SecurityContext {
            aead,
            sender_key: [0; MAX_KEY],
            recipient_key: [0; MAX_KEY],
            common_iv: [0; MAX_NONCE],
            sender_id: id(parameters.sender_id)?,
            recipient_id: id(parameters.recipient_id)?,
            id_context,
            next: 0,
            reserved: PartialIv::MAX.wrapping_add(1),
            window: ReplayWindow::new(),
        };
        let secret = Extracted::new(parameters);
        let id_context = parameters.id_context.map(|id| [id, &[]]);
        context.derived(&secret, id_context).ok_or(ContextError::IdTooLong)
    }

    /// With the keys that follow from a secret and an ID context in two parts (section 3.2.1).
    fn derived(self, secret: &Extracted, id_context: Option<[&[u8]; 2]>) -> Option<Self> {
        let hkdf = Hkdf::<Sha256>::from_prk(&secret.0).ok()?;
        let aead = self.aead;
        let expand = |id: &[u8], kind: &str, out: &mut [u8]| {
            let mut room = [0; MAX_INFO];
            let info = info(&mut room, id, id_context, aead, kind, out.len())?;
            hkdf.expand(info, out).ok()
        };
        let mut context = self.clone();
        for (id, key) in [
            (self.sender_id(), &mut context.sender_key),
            (self.recipient_id(), &mut context.recipient_key),
        ] {
            expand(id, "Key", key.get_mut(..aead.key_len())?)?;
        }
        expand(&[], "IV", context.common_iv.get_mut(..aead.nonce_len())?)?;
        Some(context)
    }

    /// The context that the same ids have with another ID context, given in two parts: never used
    /// before, and on the wire as a CBOR byte string (appendix B.2). One that is too long to be
    /// kept is not kept, and only good for one message. `None` if it is too long even for that.
    #[cfg(feature = "endpoint")]
    pub(crate) fn renewed(
        &self,
        secret: &Extracted,
        id_context: [&[u8]; 2],
    ) -> Option<SecurityContext> {
        let fresh = SecurityContext {
            id_context: IdContext::wrapped(id_context),
            next: 0,
            reserved: PartialIv::MAX.wrapping_add(1),
            window: ReplayWindow::new(),
            ..self.clone()
        };
        fresh.derived(secret, Some(id_context))
    }

    /// Goes on after a restart (RFC 8613 appendix B.1): sequence numbers from `next` on, which was
    /// reserved but never used, and no memory of what was received.
    #[must_use]
    pub fn restored(self, next: u64) -> SecurityContext {
        SecurityContext { next, window: ReplayWindow::lost(), ..self }
    }

    /// The algorithm.
    #[must_use]
    pub fn aead(&self) -> Aead {
        self.aead
    }

    /// Our id.
    #[must_use]
    pub fn sender_id(&self) -> &[u8] {
        self.sender_id.as_bytes()
    }

    /// The peer's id.
    #[must_use]
    pub fn recipient_id(&self) -> &[u8] {
        self.recipient_id.as_bytes()
    }

    /// The ID context.
    #[must_use]
    pub fn id_context(&self) -> Option<&[u8]> {
        self.id_context.as_ref().map(IdContext::as_bytes)
    }

    /// The same as it is on the wire.
    pub(super) fn kid_context(&self) -> Option<&[u8]> {
        self.id_context.as_ref().map(|id| id.wire.as_bytes())
    }

    /// The sequence number of the next message.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.next
    }

    /// One above the last sequence number that may be used.
    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.reserved
    }

    /// Allows the sequence numbers below `up_to`, once a record of that survives a restart
    /// (RFC 8613 appendix B.1.1); all are allowed at first.
    pub fn reserve(&mut self, up_to: u64) {
        self.reserved = up_to.min(PartialIv::MAX.wrapping_add(1));
    }

    /// What was received under this context.
    #[must_use]
    pub fn window(&self) -> &ReplayWindow {
        &self.window
    }

    /// The sequence number of the next message, if it may be used.
    pub(super) fn next_piv(&self) -> Result<PartialIv, SequenceError> {
        let piv = PartialIv::new(self.next).ok_or(SequenceError::Exhausted)?;
        if self.next >= self.reserved {
            return Err(SequenceError::NotReserved);
        }
        Ok(piv)
    }

    /// A sequence number for one message.
    pub(crate) fn take_sequence(&mut self) -> Result<PartialIv, SequenceError> {
        let piv = self.next_piv()?;
        self.next = self.next.wrapping_add(1);
        Ok(piv)
    }

    /// Section 5.2. `id` is that of the end that made the Partial IV.
    pub(super) fn nonce(&self, id: &[u8], piv: PartialIv) -> [u8; MAX_NONCE] {
        let mut nonce = [0; MAX_NONCE];
        let (length, rest) = nonce.split_at_mut(1);
        let id_room = self.aead.nonce_len().saturating_sub(6);
        let (id_part, piv_part) = rest.split_at_mut(id_room.min(rest.len()));
        let (Some(length), Ok(id_len)) = (length.first_mut(), u8::try_from(id.len())) else {
            return nonce;
        };
        *length = id_len;
        for (to, from) in id_part.iter_mut().rev().zip(id.iter().rev()) {
            *to = *from;
        }
        for (to, from) in piv_part.iter_mut().zip(piv.padded()) {
            *to = from;
        }
        for (byte, iv) in nonce.iter_mut().zip(self.common_iv) {
            *byte ^= iv;
        }
        nonce
    }

    /// The key, nonce and AAD of a message, given to `run`.
    pub(super) fn with_job<R>(
        &self,
        sending: bool,
        nonce: &[u8; MAX_NONCE],
        aad: &[u8],
        run: impl FnOnce(Job<'_>) -> R,
    ) -> R {
        let key = if sending { &self.sender_key } else { &self.recipient_key };
        run(Job {
            key: key.get(..self.aead.key_len()).unwrap_or(&[]),
            nonce: nonce.get(..self.aead.nonce_len()).unwrap_or(&[]),
            aad,
        })
    }
}

/// Most bytes of an AAD.
const MAX_AAD: usize = 12 + 4 + 2 + 1 + MAX_ID + 1 + 5 + 1;

/// The additional authenticated data (section 5.4): the `Encrypt0` structure around version,
/// algorithm, and kid and Partial IV of the request. There are no options of class I.
pub(super) struct Aad {
    bytes: [u8; MAX_AAD],
    len: usize,
}

impl Aad {
    pub(super) fn new(aead: Aead, request_kid: &[u8], request_piv: PartialIv) -> Option<Aad> {
        let mut array = [0; MAX_AAD];
        let mut sink = SliceSink::new(&mut array);
        sink.put(&[0x85, 0x01, 0x81]).ok()?;
        put_head(&mut sink, 0, aead.number().into())?;
        put_bytes(&mut sink, request_kid)?;
        put_head(&mut sink, 2, request_piv.len())?;
        request_piv.put(&mut sink).ok()?;
        put_bytes(&mut sink, &[])?;
        let array_len = sink.len();
        let mut bytes = [0; MAX_AAD];
        let mut sink = SliceSink::new(&mut bytes);
        sink.put(b"\x83\x68Encrypt0\x40").ok()?;
        put_bytes(&mut sink, array.get(..array_len)?)?;
        let len = sink.len();
        Some(Aad { bytes, len })
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}
