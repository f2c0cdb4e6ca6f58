//! Messages by themselves, read where they lie.

use core::ffi::c_char;

use coap_core::{
    DecodeError, DecodeErrorKind, Message, MessageOption, MessageType, OptionIter, OptionNumber,
    Options, peek_header,
};

use super::m2m_coap_option;
use super::message::{put_query, put_segments};
use crate::borrow::{Out, OutBytes, bytes};
use crate::guard::caught;
use crate::placed::Placed;
use crate::result::m2m_result::{M2M_MALFORMED, M2M_NOTHING, M2M_OK, M2M_WRONG_TYPE};
use crate::result::{Outcome, code, kinds_of_errors};

/// Types of messages (RFC 7252 section 4).
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_coap_type {
    /// CON: wants an acknowledgement.
    M2M_COAP_CON = 0,
    /// NON: wants none.
    M2M_COAP_NON = 1,
    /// ACK: acknowledges a CON, and may carry the response to it.
    M2M_COAP_ACK = 2,
    /// RST: the message came, and nothing is known of what it is about.
    M2M_COAP_RST = 3,
}

use m2m_coap_type::*;

impl From<MessageType> for m2m_coap_type {
    fn from(of: MessageType) -> Self {
        match of {
            MessageType::Confirmable => M2M_COAP_CON,
            MessageType::NonConfirmable => M2M_COAP_NON,
            MessageType::Acknowledgement => M2M_COAP_ACK,
            MessageType::Reset => M2M_COAP_RST,
        }
    }
}

/// What is wrong with a message or a list of links.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_coap_error {
    /// Nothing, or something that this header does not know.
    M2M_COAP_ERROR_NONE = 0,
    /// The bytes end within a field.
    M2M_COAP_ERROR_TRUNCATED = 1,
    /// The version is not 1: such a message is ignored in silence.
    M2M_COAP_ERROR_VERSION = 2,
    /// A length of the token that is reserved.
    M2M_COAP_ERROR_TOKEN_LENGTH = 3,
    /// A code of class 1, 6 or 7.
    M2M_COAP_ERROR_CLASS = 4,
    /// An empty message (code 0.00) of more than 4 bytes.
    M2M_COAP_ERROR_NOT_EMPTY = 5,
    /// 15 for the delta or the length of an option, outside of a payload marker.
    M2M_COAP_ERROR_OPTION = 6,
    /// A number of an option above 65535.
    M2M_COAP_ERROR_OPTION_NUMBER = 7,
    /// A payload marker and no payload.
    M2M_COAP_ERROR_NO_PAYLOAD = 8,
    /// A type that the code does not go with, such as a request in an ACK.
    M2M_COAP_ERROR_TYPE = 9,
    /// Text that the grammar does not allow.
    M2M_COAP_ERROR_SYNTAX = 10,
    /// Text that is not UTF-8.
    M2M_COAP_ERROR_NOT_UTF8 = 11,
    /// A length over WebSocket, or one that the machine cannot address.
    M2M_COAP_ERROR_LENGTH = 12,
}

kinds_of_errors! {
    DecodeErrorKind to m2m_coap_error, or M2M_COAP_ERROR_NONE:
    Truncated = M2M_COAP_ERROR_TRUNCATED,
    Version = M2M_COAP_ERROR_VERSION,
    TokenLength = M2M_COAP_ERROR_TOKEN_LENGTH,
    ReservedClass = M2M_COAP_ERROR_CLASS,
    NotEmpty = M2M_COAP_ERROR_NOT_EMPTY,
    ReservedNibble = M2M_COAP_ERROR_OPTION,
    OptionNumber = M2M_COAP_ERROR_OPTION_NUMBER,
    EmptyPayload = M2M_COAP_ERROR_NO_PAYLOAD,
    Type = M2M_COAP_ERROR_TYPE,
    Syntax = M2M_COAP_ERROR_SYNTAX,
    Utf8 = M2M_COAP_ERROR_NOT_UTF8,
    Length = M2M_COAP_ERROR_LENGTH,
}

/// The meaning of one of enum m2m_coap_error in English: a string that is never NULL and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_coap_error_text(error: i32) -> *const c_char {
    m2m_coap_error::text(error).as_ptr()
}

/// Tells C what is wrong and where; M2M_NOTHING if nothing is.
pub(super) fn put_error(
    found: Option<DecodeError>,
    error: Out<i32>,
    offset: Out<usize>,
) -> Outcome {
    let Some(found) = found else { return Ok(M2M_NOTHING) };
    error.put(m2m_coap_error::from(found.kind) as i32);
    offset.put(found.offset);
    Ok(M2M_OK)
}

/// Words of a m2m_coap_reader.
pub const M2M_COAP_READER_WORDS: usize = 24;

/// Reads a message by itself, without an endpoint. It lies wherever the program puts it, needs no memory beside
/// and is not freed. m2m_coap_reader_init() makes it ready.
///
/// The datagram is not copied: its bytes must stay where they are, as they are, as long as the reader and what it
/// gave are used.
#[repr(C)]
pub struct m2m_coap_reader {
    /// The library's business.
    pub state: [u64; M2M_COAP_READER_WORDS],
}

/// What is in a reader.
pub(crate) struct Reader {
    message: Result<Message<'static>, DecodeError>,
    rest: OptionIter<'static>,
}

impl Reader {
    pub(super) fn new(message: Result<Message<'static>, DecodeError>) -> Reader {
        Reader { message, rest: message.map_or(Options::EMPTY, |m| m.options).iter() }
    }
}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_coap_reader {
    type Inside = Reader;
    const MARK: u64 = 0x6d32_6d5f_636f_6172;
}

/// A message, but for its options. What it points to lies in the datagram.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_coap_header {
    /// One of enum m2m_coap_type.
    pub r#type: i32,
    /// Code, class in the upper 3 bits and detail in the lower 5: 0 for an empty message, one of enum
    /// m2m_coap_method or enum m2m_coap_code, or another.
    pub code: i32,
    /// The message ID.
    pub id: u16,
    /// The token.
    pub token: *const u8,
    /// Its length: 0 to 8, up to 65804 from those who know RFC 8974.
    pub token_len: usize,
    /// The payload.
    pub payload: *const u8,
    /// Its length, 0 if there is none.
    pub payload_len: usize,
}

/// Makes a reader of the datagram of len bytes at data. Whatever the structure held before is forgotten.
/// M2M_MALFORMED if it is no message: m2m_coap_reader_error() says why, and m2m_coap_peek() what to reject.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_init(
    reader: *mut m2m_coap_reader,
    data: *const u8,
    len: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes bytes that stay as long as the reader is used.
        let data: &'static [u8] = unsafe { bytes(data, len) }?;
        let message = Message::parse(data);
        // SAFETY: the caller passes memory for a reader.
        unsafe { m2m_coap_reader::put(reader, Reader::new(message)) }?;
        message.map(|_| M2M_OK).map_err(|_| M2M_MALFORMED)
    }))
}

/// What is wrong with the datagram, after M2M_MALFORMED: one of enum m2m_coap_error, and where, in bytes from its
/// start. M2M_NOTHING if nothing is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_error(
    reader: *const m2m_coap_reader,
    error: *mut i32,
    offset: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for two numbers, and NULL or a reader.
        unsafe {
            let (error, offset) = (Out::new(error)?, Out::new(offset)?);
            m2m_coap_reader::with(reader, |inside| put_error(inside.message.err(), error, offset))
        }
    })())
}

/// Type and message ID of whatever says that it is a message of CoAP, well formed or not: a CON that is malformed
/// is answered with a RST of the same ID. M2M_NOTHING for what is none, which is to be ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_peek(
    data: *const u8,
    len: usize,
    type_of: *mut i32,
    id: *mut u16,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes `len` bytes, and memory for two numbers.
        let (data, type_of, id) = unsafe { (bytes(data, len)?, Out::new(type_of)?, Out::new(id)?) };
        let Some((found, number)) = peek_header(data) else { return Ok(M2M_NOTHING) };
        type_of.put(m2m_coap_type::from(found) as i32);
        id.put(number);
        Ok(M2M_OK)
    }))
}

/// Runs `call` with the message of a reader; without one, M2M_MALFORMED.
///
/// # Safety
/// As for `Placed::with`.
unsafe fn with(
    reader: *const m2m_coap_reader,
    call: impl FnOnce(&Message<'static>, &mut OptionIter<'static>) -> Outcome,
) -> Outcome {
    // SAFETY: the same promise.
    unsafe {
        m2m_coap_reader::with(reader, |inside| match &inside.message {
            Ok(message) => call(message, &mut inside.rest),
            Err(_) => Err(M2M_MALFORMED),
        })
    }
}

/// The message, but for its options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_header(
    reader: *const m2m_coap_reader,
    header: *mut m2m_coap_header,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = Out::new(header)?;
            with(reader, |message, _| {
                out.put(m2m_coap_header {
                    r#type: m2m_coap_type::from(message.message_type) as i32,
                    code: message.code.0.into(),
                    id: message.id,
                    token: message.token.as_ptr(),
                    token_len: message.token.len(),
                    payload: message.payload.as_ptr(),
                    payload_len: message.payload.len(),
                });
                Ok(M2M_OK)
            })
        }
    })())
}

impl From<MessageOption<'static>> for m2m_coap_option {
    fn from(MessageOption { number, value }: MessageOption<'static>) -> m2m_coap_option {
        m2m_coap_option { number: number.0, value: value.as_ptr(), len: value.len() }
    }
}

/// The next option, in the order of their numbers. M2M_NOTHING behind the last one. Its value lies in the
/// datagram.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_next(
    reader: *mut m2m_coap_reader,
    option: *mut m2m_coap_option,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = Out::new(option)?;
            with(reader, |_, rest| out.put_found(rest.next().map(Into::into)))
        }
    })())
}

/// Of the options with a number, one of enum m2m_coap_option_number or another, the one at index, from 0.
/// M2M_NOTHING if there are not as many. Its value lies in the datagram.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_option(
    reader: *const m2m_coap_reader,
    number: u16,
    index: usize,
    option: *mut m2m_coap_option,
) -> i32 {
    let number = OptionNumber(number);
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = Out::new(option)?;
            with(reader, |message, _| {
                let value = message.options.all(number).nth(index);
                out.put_found(value.map(|value| MessageOption { number, value }.into()))
            })
        }
    })())
}

/// The value of the first option with this number as a number, such as of M2M_COAP_CONTENT_FORMAT. M2M_NOTHING if
/// there is none, M2M_WRONG_TYPE for one of more than 4 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_number(
    reader: *const m2m_coap_reader,
    number: u16,
    value: *mut u32,
) -> i32 {
    let number = OptionNumber(number);
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = Out::new(value)?;
            with(reader, |message, _| {
                if message.option(number).is_none() {
                    return Ok(M2M_NOTHING);
                }
                out.put(message.options.uint(number).ok_or(M2M_WRONG_TYPE)?);
                Ok(M2M_OK)
            })
        }
    })())
}

/// Copies the path (Uri-Path) of a request into buf, as text such as /sensors/1, and a NUL behind it. len gets its
/// length without the NUL. With buf NULL and cap 0 only len is written. A slash within a segment cannot be told
/// from one between two.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_path(
    reader: *const m2m_coap_reader,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = OutBytes::new(buf.cast(), cap, len)?;
            with(reader, |message, _| put_segments(message.options, out))
        }
    })())
}

/// Copies the query (Uri-Query) of a request into buf, as text such as rt=light&n=2, and a NUL behind it. len gets
/// its length without the NUL. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_coap_reader_query(
    reader: *const m2m_coap_reader,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = OutBytes::new(buf.cast(), cap, len)?;
            with(reader, |message, _| put_query(message.options, out))
        }
    })())
}
