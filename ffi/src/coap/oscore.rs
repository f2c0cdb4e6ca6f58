//! OSCORE of messages by themselves (RFC 8613).

use core::ffi::c_char;
use core::ptr;

use coap_core::oscore::{
    ContextError, OscoreOption, PartialIv, ProtectError, RequestBinding, SecurityContext,
    UnprotectError,
};
use coap_core::{History, Message, MessageWriter};
use m2m_base::{Counter, SliceSink};

use crate::borrow::{Out, OutBytes, buffer, bytes};
use crate::guard::caught;
use crate::placed::Placed;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_MALFORMED, M2M_NOT_ALLOWED, M2M_NOTHING, M2M_NULL,
    M2M_OK, M2M_TOO_LONG,
};
use crate::result::{Outcome, code, kinds_of_errors};
use crate::security::{m2m_coap_security, m2m_oscore_view};

/// Why a message is not accepted (RFC 8613 sections 8.2 and 8.4). The code is the one that a request is answered
/// with, unprotected; a response is ignored.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_oscore_error {
    /// It was accepted, or was not for a reason that this header does not know.
    M2M_OSCORE_ERROR_NONE = 0,
    /// It is no message of CoAP: m2m_coap_reader_error() says more.
    M2M_OSCORE_ERROR_MESSAGE = 1,
    /// The OSCORE option is missing, not well formed, or lacks what the message must have: 4.02.
    M2M_OSCORE_ERROR_OPTION = 2,
    /// Its ids are those of another context: 4.01.
    M2M_OSCORE_ERROR_OTHER_CONTEXT = 3,
    /// Its Partial IV was seen before, or is too old to tell: 4.01.
    M2M_OSCORE_ERROR_REPLAY = 4,
    /// The ciphertext does not belong to these keys and this request: 4.00.
    M2M_OSCORE_ERROR_DECRYPTION = 5,
    /// What was encrypted is no message: 4.00.
    M2M_OSCORE_ERROR_PLAINTEXT = 6,
}

use m2m_oscore_error::*;

kinds_of_errors! {
    UnprotectError to m2m_oscore_error, or M2M_OSCORE_ERROR_NONE:
    Option = M2M_OSCORE_ERROR_OPTION,
    OtherContext = M2M_OSCORE_ERROR_OTHER_CONTEXT,
    Replay = M2M_OSCORE_ERROR_REPLAY,
    Decryption = M2M_OSCORE_ERROR_DECRYPTION,
    Plaintext = M2M_OSCORE_ERROR_PLAINTEXT,
}

/// The meaning of one of enum m2m_oscore_error in English, such as a diagnostic payload has it: a string that is never
/// NULL and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_oscore_error_text(error: i32) -> *const c_char {
    match error == M2M_OSCORE_ERROR_MESSAGE as i32 {
        true => c"not a message",
        false => m2m_oscore_error::text(error),
    }
    .as_ptr()
}

/// Words of a m2m_oscore_context.
pub const M2M_OSCORE_CONTEXT_WORDS: usize = 40;

/// A security context by itself, without an endpoint: keys, sender sequence number and replay window. It lies
/// wherever the program puts it, needs no memory beside and is not freed; it holds keys. m2m_oscore_context_init()
/// makes it ready.
///
/// Its messages are datagrams, as m2m_coap_writer writes them and m2m_coap_reader reads them.
#[repr(C)]
pub struct m2m_oscore_context {
    /// The library's business.
    pub state: [u64; M2M_OSCORE_CONTEXT_WORDS],
}

/// What is in a context.
pub(crate) struct Secured {
    context: SecurityContext,
    error: m2m_oscore_error,
}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_oscore_context {
    type Inside = Secured;
    const MARK: u64 = 0x6d32_6d5f_6f73_636f;
}

/// Makes a security context. Whatever the structure held before is forgotten. With M2M_COAP_STORED_KEYS sequence
/// numbers begin at next, which was never used, and what was received before is not known: no request is accepted
/// until m2m_oscore_context_start().
///
/// Errors: M2M_TOO_LONG for ids that are too long; M2M_INVALID for an empty secret, equal ids, or an algorithm that
/// is not known; M2M_NOT_ALLOWED for M2M_COAP_RENEWED_KEYS, which takes an endpoint.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_init(
    context: *mut m2m_oscore_context,
    security: *const m2m_coap_security,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure as long as it says, with bytes as long as it says.
        let (parameters, history) = unsafe { m2m_coap_security::read(security) }?;
        let made = SecurityContext::new(&parameters).map_err(|error| match error {
            ContextError::IdTooLong => M2M_TOO_LONG,
            _ => M2M_INVALID,
        })?;
        let made = match history {
            History::New => made,
            History::Stored { next } => made.restored(next),
            History::Renewed => return Err(M2M_NOT_ALLOWED),
        };
        let inside = Secured { context: made, error: M2M_OSCORE_ERROR_NONE };
        // SAFETY: the caller passes memory for a context.
        unsafe { m2m_oscore_context::put(context, inside) }?;
        Ok(M2M_OK)
    }))
}

/// The state of a security context.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_view(
    context: *const m2m_oscore_context,
    view: *mut m2m_oscore_view,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a context.
        unsafe {
            let out = Out::new(view)?;
            m2m_oscore_context::with(context, |inside| {
                out.put(m2m_oscore_view::of(&inside.context));
                Ok(M2M_OK)
            })
        }
    })())
}

/// Allows the sequence numbers below up_to, once a record of that survives a restart (RFC 8613 appendix B.1.1), and
/// no others. At first all are allowed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_reserve(
    context: *mut m2m_oscore_context,
    up_to: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a context.
    code(unsafe {
        m2m_oscore_context::with(context, |inside| {
            inside.context.reserve(up_to);
            Ok(M2M_OK)
        })
    })
}

/// Why the message that was to be unprotected last was not accepted: one of enum m2m_oscore_error. M2M_NOTHING if it
/// was.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_error(
    context: *const m2m_oscore_context,
    error: *mut i32,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a context.
        unsafe {
            let out = Out::new(error)?;
            m2m_oscore_context::with(context, |inside| {
                if inside.error == M2M_OSCORE_ERROR_NONE {
                    return Ok(M2M_NOTHING);
                }
                out.put(inside.error as i32);
                Ok(M2M_OK)
            })
        }
    })())
}

fn not_protected(error: ProtectError) -> m2m_result {
    match error {
        ProtectError::TooLong => M2M_BUFFER_TOO_SMALL,
        ProtectError::Sequence(_) => M2M_NOT_ALLOWED,
        // An option that it cannot have.
        _ => M2M_INVALID,
    }
}

/// The request of a number that C kept, which was ours or not.
fn bound(bits: u64, ours: bool) -> Result<RequestBinding, m2m_result> {
    RequestBinding::from_bits(bits).filter(|binding| binding.is_ours() == ours).ok_or(M2M_INVALID)
}

/// Protects a datagram, or tells how long it will be.
fn protect(
    context: &mut SecurityContext,
    message: &Message<'_>,
    own_piv: bool,
    (buf, len): (Option<&mut [u8]>, Out<usize>),
    write: impl FnOnce(&mut SecurityContext, &mut [u8]) -> Result<(), ProtectError>,
) -> Outcome {
    let needed = context.protected_len(own_piv, message).map_err(not_protected)?;
    if let Some(buf) = buf {
        let room = buf.get_mut(..needed).ok_or(M2M_BUFFER_TOO_SMALL)?;
        write(context, room).map_err(not_protected)?;
    }
    len.put(needed);
    Ok(M2M_OK)
}

/// Writes the protected form of the request in the datagram of message_len bytes at message into buf. *len gets its
/// length, and *binding what its responses are unprotected with. With buf NULL and cap 0 only these two are written,
/// and no sequence number is used.
///
/// Errors: M2M_INVALID for what is no request, or has an option that a protected one cannot have (OSCORE, Proxy-Uri);
/// M2M_NOT_ALLOWED without a sequence number that may be used; M2M_BUFFER_TOO_SMALL, and nothing has changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_protect_request(
    context: *mut m2m_oscore_context,
    message: *const u8,
    message_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
    binding: *mut u64,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes as many bytes, memory for the results, and NULL or a context.
        unsafe {
            let data = bytes(message, message_len)?;
            let (to, bits) = (OutBytes::new(buf, cap, len)?.parts(), Out::new(binding)?);
            m2m_oscore_context::with(context, |inside| {
                let message = Message::parse(data).map_err(|_| M2M_INVALID)?;
                if !message.code.is_request() {
                    return Err(M2M_INVALID);
                }
                let next = inside.context.next_sequence();
                protect(&mut inside.context, &message, true, to, |context, buf| {
                    context.protect_request(&message, buf).map(|_| ())
                })?;
                // That of a request of ours is its sequence number.
                bits.put(next);
                Ok(M2M_OK)
            })
        }
    })())
}

/// Writes the protected form of the response in the datagram of message_len bytes at message, to the request that
/// m2m_oscore_context_unprotect_request() gave binding of, into buf. *len gets its length; with buf NULL and cap 0 only
/// that is written.
///
/// With own_piv 0 it has the nonce of the request, which must be done once at most for each request: notifications,
/// and whatever follows a first response, take own_piv 1, which uses a sequence number (RFC 8613 section 8.3).
///
/// Errors: as of m2m_oscore_context_protect_request(); M2M_INVALID also for a binding of an own request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_protect_response(
    context: *mut m2m_oscore_context,
    binding: u64,
    own_piv: i32,
    message: *const u8,
    message_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes as many bytes, memory for the results, and NULL or a context.
        unsafe {
            let data = bytes(message, message_len)?;
            let to = OutBytes::new(buf, cap, len)?.parts();
            m2m_oscore_context::with(context, |inside| {
                let (binding, own_piv) = (bound(binding, false)?, own_piv != 0);
                let message = Message::parse(data).map_err(|_| M2M_INVALID)?;
                if !message.code.is_response() {
                    return Err(M2M_INVALID);
                }
                protect(&mut inside.context, &message, own_piv, to, |context, buf| {
                    context.protect_response(binding, own_piv, &message, buf).map(|_| ())
                })
            })
        }
    })())
}

/// Where the message is that is to be read, and where what it was goes to.
struct Job<'a> {
    data: &'a [u8],
    buf: &'a mut [u8],
    len: Out<usize>,
}

impl Job<'_> {
    /// # Safety
    /// As for `bytes`, `buffer` and `Out::new`.
    unsafe fn new(
        (message, message_len): (*const u8, usize),
        (buf, cap, len): (*mut u8, usize, *mut usize),
    ) -> Result<Self, m2m_result> {
        // SAFETY: the same promises.
        unsafe {
            let (data, buf) = (bytes(message, message_len)?, buffer(buf, cap)?);
            Ok(Job { data, buf, len: Out::new(len)? })
        }
    }

    /// Has `open` read a message, and makes a datagram of what it gives; without one, `Err` says why.
    fn run<T>(
        self,
        open: impl for<'s> FnOnce(
            &Message<'s>,
            &'s mut [u8],
        ) -> Result<(Message<'s>, T), UnprotectError>,
    ) -> Result<T, Result<m2m_oscore_error, m2m_result>> {
        let outer = Message::parse(self.data).map_err(|_| Ok(M2M_OSCORE_ERROR_MESSAGE))?;
        let Message { message_type, id, token, .. } = outer;
        let short = Err(M2M_BUFFER_TOO_SMALL);
        let mut head = Counter::new();
        MessageWriter::new(&mut head, message_type, outer.code, id, token).map_err(|_| short)?;
        let (head, cap) = (head.len(), self.buf.len());
        // The byte before the options is that of the code in what is decrypted, and of the head in a datagram.
        let room = self.buf.get_mut(head.saturating_sub(1)..).unwrap_or_default();
        let opened = open(&outer, room).map(|(message, more)| {
            let marker = usize::from(!message.payload.is_empty());
            let lengths = [message.options.as_bytes().len(), marker, message.payload.len()];
            (message.code, lengths.iter().sum::<usize>(), more)
        });
        let (code, body, more) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                // What is not authentic is nobody's to see.
                self.buf.fill(0);
                return Err(match error {
                    UnprotectError::TooLong => short,
                    error => Ok(error.into()),
                });
            }
        };
        let mut sink = SliceSink::new(self.buf);
        MessageWriter::new(&mut sink, message_type, code, id, token).map_err(|_| short)?;
        self.len.put(head.saturating_add(body).min(cap));
        Ok(more)
    }
}

/// Runs a job with a context, and keeps what was wrong with the message.
///
/// # Safety
/// `context` is as for `Placed::with`.
unsafe fn unprotect<T>(
    context: *mut m2m_oscore_context,
    job: Job<'_>,
    open: impl for<'s> FnOnce(
        &mut SecurityContext,
        &Message<'s>,
        &'s mut [u8],
    ) -> Result<(Message<'s>, T), UnprotectError>,
    done: impl FnOnce(T),
) -> Outcome {
    // SAFETY: the same promise.
    unsafe {
        m2m_oscore_context::with(context, |inside| {
            inside.error = M2M_OSCORE_ERROR_NONE;
            match job.run(|outer, room| open(&mut inside.context, outer, room)) {
                Ok(more) => {
                    done(more);
                    Ok(M2M_OK)
                }
                Err(Err(result)) => Err(result),
                Err(Ok(error)) => {
                    inside.error = error;
                    Err(M2M_MALFORMED)
                }
            }
        })
    }
}

/// Reads the protected request in the datagram of message_len bytes at message: checks that it is authentic and
/// fresh, takes note of it, and writes what it was into buf, as a datagram. *len gets its length, and *binding what
/// its responses are protected with. A buffer as long as the datagram is large enough.
///
/// Errors: M2M_MALFORMED if it is not accepted, and m2m_oscore_context_error() says why; M2M_BUFFER_TOO_SMALL, and
/// nothing has changed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_unprotect_request(
    context: *mut m2m_oscore_context,
    message: *const u8,
    message_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
    binding: *mut u64,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes as many bytes, memory for the results, and NULL or a context.
        unsafe {
            let job = Job::new((message, message_len), (buf, cap, len))?;
            let out = Out::new(binding)?;
            unprotect(
                context,
                job,
                |context, outer, room| context.unprotect_request(outer, room),
                |binding| out.put(binding.to_bits()),
            )
        }
    })())
}

/// As m2m_oscore_context_unprotect_request(), but does not look at whether the request is fresh and takes no note of
/// it. That is for a server that does not know what it received before (M2M_COAP_STORED_KEYS): it answers 4.01 with an
/// Echo option, protected, and m2m_oscore_context_start() with the request that brings the value back. Nothing else
/// may be done with a request that is read so (RFC 8613 appendix B.1.2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_verify_request(
    context: *mut m2m_oscore_context,
    message: *const u8,
    message_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
    binding: *mut u64,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes as many bytes, memory for the results, and NULL or a context.
        unsafe {
            let job = Job::new((message, message_len), (buf, cap, len))?;
            let out = Out::new(binding)?;
            unprotect(
                context,
                job,
                |context, outer, room| context.verify_request(outer, room),
                |binding| out.put(binding.to_bits()),
            )
        }
    })())
}

/// The request of this binding, which came in now, is known to be fresh: only later ones are, from now on.
/// M2M_INVALID for a binding that no request of the peer has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_start(
    context: *mut m2m_oscore_context,
    binding: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a context.
    code(unsafe {
        m2m_oscore_context::with(context, |inside| {
            inside.context.start_window(bound(binding, false)?);
            Ok(M2M_OK)
        })
    })
}

/// Reads the protected response in the datagram of message_len bytes at message, to the own request that
/// m2m_oscore_context_protect_request() gave binding of, and writes what it was into buf, as a datagram. *len gets its
/// length, and *piv the Partial IV, UINT64_MAX if it has none: a notification has a larger one than those before,
/// which is the program's to check (RFC 8613 section 7.4.1). A buffer as long as the datagram is large enough.
///
/// Errors: as of m2m_oscore_context_unprotect_request(); M2M_INVALID also for a binding of a peer's request.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_context_unprotect_response(
    context: *mut m2m_oscore_context,
    binding: u64,
    message: *const u8,
    message_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
    piv: *mut u64,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes as many bytes, memory for the results, and NULL or a context.
        unsafe {
            let job = Job::new((message, message_len), (buf, cap, len))?;
            let (out, binding) = (Out::new(piv)?, bound(binding, true)?);
            unprotect(
                context,
                job,
                |context, outer, room| context.unprotect_response(binding, outer, room),
                |piv| out.put(piv.map_or(u64::MAX, PartialIv::get)),
            )
        }
    })())
}

/// What an OSCORE option says (RFC 8613 section 6.1): it tells whose message it is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_oscore_option {
    /// Partial IV, the sender's sequence number, at most 2^40 - 1; UINT64_MAX if there is none.
    pub piv: u64,
    /// ID context; NULL if there is none.
    pub kid_context: *const u8,
    /// Its length.
    pub kid_context_len: usize,
    /// The sender's id; NULL if there is none.
    pub kid: *const u8,
    /// Its length.
    pub kid_len: usize,
}

/// Reads the value of an OSCORE option. What the result points to lies in the value. M2M_MALFORMED for what is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_option_read(
    value: *const u8,
    len: usize,
    option: *mut m2m_oscore_option,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the result.
        let (value, out) = unsafe { (bytes(value, len)?, Out::new(option)?) };
        let found = OscoreOption::parse(value).map_err(|_| M2M_MALFORMED)?;
        let part = |of: Option<&[u8]>| of.map_or((ptr::null(), 0), |of| (of.as_ptr(), of.len()));
        let ((kid_context, kid_context_len), (kid, kid_len)) =
            (part(found.kid_context), part(found.kid));
        let piv = found.piv.map_or(u64::MAX, PartialIv::get);
        out.put(m2m_oscore_option { piv, kid_context, kid_context_len, kid, kid_len });
        Ok(M2M_OK)
    }))
}

/// Writes the value of an OSCORE option into buf. *len gets its length; with buf NULL and cap 0 only that is written.
///
/// Errors: M2M_INVALID for a Partial IV above 2^40 - 1 and an ID context of more than 255 bytes;
/// M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_oscore_option_write(
    option: *const m2m_oscore_option,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        if option.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes an option with as many bytes as it says, and memory for the results.
        let (option, (to, len)) = unsafe {
            let given = option.read_unaligned();
            let part = |of: *const u8, len| match of.is_null() && len == 0 {
                true => Ok(None),
                false => bytes(of, len).map(Some),
            };
            let piv = match given.piv {
                u64::MAX => None,
                piv => Some(PartialIv::new(piv).ok_or(M2M_INVALID)?),
            };
            let kid_context = part(given.kid_context, given.kid_context_len)?;
            let kid = part(given.kid, given.kid_len)?;
            (OscoreOption { piv, kid_context, kid }, OutBytes::new(buf, cap, len)?.parts())
        };
        if option.kid_context.is_some_and(|context| context.len() > 255) {
            return Err(M2M_INVALID);
        }
        let needed = option.encoded_len();
        if let Some(to) = to {
            let room = to.get_mut(..needed).ok_or(M2M_BUFFER_TOO_SMALL)?;
            option.write(&mut SliceSink::new(room)).map_err(|_| M2M_BUFFER_TOO_SMALL)?;
        }
        len.put(needed);
        Ok(M2M_OK)
    }))
}
