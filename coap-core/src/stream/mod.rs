//! Messages over TCP, TLS and WebSocket: their frames (RFC 8323 sections 3.2 and 4.2) and the
//! signalling messages (section 5).
//!
//! Over TCP and TLS a message begins with its length, over WebSocket the WebSocket message bounds
//! it. There is no version, type or message ID. Tokens of more than 8 bytes are read and written
//! as RFC 8974 section 2.1 says; whether they may be used is agreed by signalling.
//!
//! ```
//! use coap_core::{Code, Options, stream::{Progress, Transport, read, write}};
//!
//! let mut buf = [0; 16];
//! let len = write(&mut buf, Transport::Tcp, Code::VALID, &[0x7f], Options::EMPTY, b"")?;
//! assert_eq!(buf[..len], [0x01, 0x43, 0x7f]);
//! // Two of three bytes are there.
//! assert_eq!(read(&buf[..2], Transport::Tcp).unwrap(), Progress::Incomplete { needed: 3 });
//! let Ok(Progress::Complete { frame, len: 3 }) = read(&buf[..len], Transport::Tcp) else { panic!() };
//! assert_eq!((frame.code, frame.token), (Code::VALID, &[0x7f][..]));
//! # Ok::<(), coap_core::TooLong>(())
//! ```

mod signal;
#[cfg(test)]
mod tests;

pub use signal::{BASE_MESSAGE_SIZE, SignalOption};

use crate::{
    Code, DecodeError, DecodeErrorKind as Kind, MessageWriter, OptionNumber, Options, TooLong,
};
use m2m_base::{Sink, SliceSink};

/// What carries the messages of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// A byte stream: TCP, or TLS over it.
    Tcp,
    /// WebSocket, plain or over TLS: one binary message for each message of ours.
    WebSocket,
}

/// A well-formed message of a connection, borrowed from the bytes it came in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame<'a> {
    /// Method, response code, signalling code or [`Code::EMPTY`].
    pub code: Code,
    /// The token: 0 to 8 bytes, or up to 65804 where RFC 8974 is agreed upon.
    pub token: &'a [u8],
    /// The options, in order of their numbers. Those of a signalling message have numbers of their
    /// own: [`SignalOption`].
    pub options: Options<'a>,
    /// The payload; empty when there is none. That of a signalling message is a diagnostic text.
    pub payload: &'a [u8],
}

/// What [`read`] found at the start of the bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress<'a> {
    /// A whole message.
    Complete {
        /// The message.
        frame: Frame<'a>,
        /// How many bytes it took.
        len: usize,
    },
    /// The beginning of a message.
    Incomplete {
        /// Bytes from its start that must be there before more can be said: the length of the
        /// whole message, once the bytes tell it.
        needed: usize,
    },
}

/// Where the parts of a message are.
struct Layout {
    code: usize,
    token: usize,
    body: usize,
    end: usize,
}

/// The length that a nibble stands for, from its value or the bytes that extend it. `None` if
/// those are not there yet.
fn extended(nibble: u8, bytes: &[u8]) -> Option<u64> {
    Some(match nibble {
        13 => u64::from(*bytes.first()?).wrapping_add(13),
        14 => u64::from(u16::from_be_bytes(*bytes.first_chunk()?)).wrapping_add(269),
        15 => u64::from(u32::from_be_bytes(*bytes.first_chunk()?)).wrapping_add(65_805),
        n => n.into(),
    })
}

/// Bytes that extend a nibble.
const fn extension(nibble: u8) -> usize {
    match nibble {
        13 => 1,
        14 => 2,
        15 => 4,
        _ => 0,
    }
}

/// Finds the parts of a message by its head, or tells how many bytes that takes.
fn layout(bytes: &[u8], transport: Transport) -> Result<Result<Layout, usize>, DecodeError> {
    let Some(&first) = bytes.first() else { return Ok(Err(2)) };
    let (length, token_length) = (first >> 4, first & 15);
    if transport == Transport::WebSocket && length != 0 {
        return Err(DecodeError::new(Kind::Length, 0));
    }
    if token_length == 15 {
        return Err(DecodeError::new(Kind::TokenLength, 0));
    }
    let code = extension(length).wrapping_add(1);
    let token = code.wrapping_add(1).wrapping_add(extension(token_length));
    let past = |at: usize| bytes.get(at..).unwrap_or(&[]);
    let (Some(length), Some(token_length)) =
        (extended(length, past(1)), extended(token_length, past(code.wrapping_add(1))))
    else {
        return Ok(Err(token));
    };
    if bytes.len() < token {
        return Ok(Err(token));
    }
    let wide = |n: u64| usize::try_from(n).map_err(|_| DecodeError::new(Kind::Length, 0));
    let body = wide(token_length)?.wrapping_add(token);
    let end = match transport {
        Transport::Tcp => {
            let end = body.checked_add(wide(length)?);
            end.ok_or(DecodeError::new(Kind::Length, 0))?
        }
        Transport::WebSocket => bytes.len(),
    };
    if end < body {
        return Err(DecodeError::new(Kind::Truncated, bytes.len()));
    }
    Ok(Ok(Layout { code, token, body, end }))
}

/// Reads the message at the start of `bytes`. Over WebSocket all of `bytes` is one message, and
/// one that is cut short is an error.
///
/// # Errors
/// Each rule of RFC 8323 sections 3.2 and 4.2 and of RFC 7252 section 3 has its kind; the offset is
/// that of the field that breaks it. As soon as the first byte says that a message cannot be read,
/// the answer is the error, whatever is missing behind it.
pub fn read(bytes: &[u8], transport: Transport) -> Result<Progress<'_>, DecodeError> {
    let layout = match layout(bytes, transport)? {
        Ok(layout) => layout,
        Err(_) if transport == Transport::WebSocket => {
            return Err(DecodeError::new(Kind::Truncated, bytes.len()));
        }
        Err(needed) => return Ok(Progress::Incomplete { needed }),
    };
    let Layout { code, token: token_at, body: body_at, end } = layout;
    let (Some(&code_byte), Some(token), Some(body)) =
        (bytes.get(code), bytes.get(token_at..body_at), bytes.get(body_at..end))
    else {
        return Ok(Progress::Incomplete { needed: end });
    };
    let frame_code = Code(code_byte);
    if frame_code == Code::EMPTY && end > token_at {
        return Err(DecodeError::new(Kind::NotEmpty, token_at));
    }
    if matches!(frame_code.class(), 1 | 6) {
        return Err(DecodeError::new(Kind::ReservedClass, code));
    }
    let (options, payload) = Options::parse(body, body_at)?;
    let frame = Frame { code: frame_code, token, options, payload };
    Ok(Progress::Complete { frame, len: end })
}

/// A nibble and the bytes that extend it.
fn nibble(value: usize) -> Result<(u8, [u8; 4], usize), TooLong> {
    let wide = |n: usize| u32::try_from(n).map_err(|_| TooLong);
    let (nibble, rest, count) = match value {
        0..=12 => (u8::try_from(value).map_err(|_| TooLong)?, 0, 0),
        13..=268 => (13, wide(value.wrapping_sub(13))?, 1),
        269..=65_804 => (14, wide(value.wrapping_sub(269))?, 2),
        _ => (15, wide(value.wrapping_sub(65_805))?, 4),
    };
    Ok((nibble, rest.to_be_bytes(), count))
}

/// The last `count` bytes of an integer.
fn last(bytes: &[u8; 4], count: usize) -> &[u8] {
    bytes.get(4usize.wrapping_sub(count)..).unwrap_or(&[])
}

/// Bytes of options, payload marker and payload.
pub(crate) fn body_len(options: Options<'_>, payload: &[u8]) -> usize {
    let marker = usize::from(!payload.is_empty());
    options.as_bytes().len().saturating_add(marker).saturating_add(payload.len())
}

/// Writes a message to a sink.
///
/// # Errors
/// [`TooLong`] if it does not fit, or the token has more than 65804 bytes.
pub fn put<S: Sink>(
    sink: S,
    transport: Transport,
    code: Code,
    token: &[u8],
    options: Options<'_>,
    payload: &[u8],
) -> Result<S, TooLong> {
    let body = body_len(options, payload);
    let mut m = MessageWriter::framed(sink, transport, code, token, body)?;
    m.options(options)?;
    m.finish(payload)
}

/// Writes a message into a caller's buffer; tells its length.
///
/// # Errors
/// As [`put`].
pub fn write(
    buf: &mut [u8],
    transport: Transport,
    code: Code,
    token: &[u8],
    options: Options<'_>,
    payload: &[u8],
) -> Result<usize, TooLong> {
    Ok(put(SliceSink::new(buf), transport, code, token, options, payload)?.len())
}

/// Bytes that [`write()`] takes for such a message; saturates.
#[must_use]
pub fn encoded_len(
    transport: Transport,
    token_len: usize,
    options: Options<'_>,
    payload: &[u8],
) -> usize {
    let body = body_len(options, payload);
    let extra = |n: usize| nibble(n).map_or(4, |(_, _, count)| count);
    let length = if transport == Transport::Tcp { extra(body) } else { 0 };
    [2, length, extra(token_len), token_len, body].into_iter().fold(0, usize::saturating_add)
}

impl<S: Sink> MessageWriter<S> {
    /// Starts a message of a connection. `body` is the length of what follows the token: options,
    /// payload marker and payload.
    ///
    /// # Errors
    /// As [`put`].
    pub fn framed(
        mut sink: S,
        transport: Transport,
        code: Code,
        token: &[u8],
        body: usize,
    ) -> Result<Self, TooLong> {
        let (length, length_bytes, length_count) = match transport {
            Transport::Tcp => nibble(body)?,
            Transport::WebSocket => (0, [0; 4], 0),
        };
        let (token_length, token_bytes, token_count) = nibble(token.len())?;
        if token_length == 15 {
            return Err(TooLong);
        }
        for part in [
            &[length << 4 | token_length][..],
            last(&length_bytes, length_count),
            &[code.0],
            last(&token_bytes, token_count),
            token,
        ] {
            sink.put(part).map_err(|_| TooLong)?;
        }
        Ok(MessageWriter::resume(sink, OptionNumber(0)))
    }
}
