//! Opaque data where it lies: bytes, CBOR chunks, or base64 text.

#[cfg(feature = "base64")]
use crate::base64;
#[cfg(feature = "cbor")]
use crate::cbor::token::Items;
use crate::text::{self, Text};
use core::fmt;
#[cfg(feature = "base64")]
use m2m_base::SMALL;
use m2m_base::{Full, Sink, SliceSink};

/// Borrowed bytes that are decoded or put together only when they are looked at.
#[derive(Clone, Copy)]
pub struct Data<'a>(Form<'a>);

#[derive(Clone, Copy)]
enum Form<'a> {
    Plain(&'a [u8]),
    /// Byte strings of definite length, one behind the other, and the break behind them.
    #[cfg(feature = "cbor")]
    Cbor(&'a [u8]),
    /// Checked base64.
    #[cfg(feature = "base64")]
    Base64(Text<'a>),
}

impl<'a> Data<'a> {
    /// The content of a string in CBOR, or of one of indefinite length all from its chunks on;
    /// checked.
    #[cfg(feature = "cbor")]
    pub(crate) fn from_checked_cbor(bytes: &'a [u8], chunks: bool) -> Self {
        Data(if chunks { Form::Cbor(bytes) } else { Form::Plain(bytes) })
    }

    /// The data that base64 stands for, of the standard or the URL alphabet, padded or not;
    /// `None` if `text` is no base64.
    #[cfg(feature = "base64")]
    #[must_use]
    pub fn from_base64(text: Text<'a>) -> Option<Self> {
        let valid = match text.as_bytes() {
            Some(text) if !SMALL => base64::decoded_len(text.iter().copied()),
            _ => base64::decoded_len(text.bytes()),
        };
        valid.map(|_| Data(Form::Base64(text)))
    }

    /// The data of a CBOR string of indefinite length: `chunks` are its chunks, byte strings of
    /// definite length, and the break behind them (RFC 8949 section 3.2.3). `None` if they are
    /// anything else.
    #[cfg(feature = "cbor")]
    #[must_use]
    pub fn from_chunks(chunks: &'a [u8]) -> Option<Self> {
        let checked = Items::new(chunks).all_chunks(false);
        checked.then(|| Data::from_checked_cbor(chunks, true))
    }

    /// The bytes, if they lie decoded and in one piece.
    #[must_use]
    pub fn as_slice(&self) -> Option<&'a [u8]> {
        match self.0 {
            Form::Plain(bytes) => Some(bytes),
            #[allow(unreachable_patterns, reason = "without a format there is no other")]
            _ => None,
        }
    }

    /// The bytes as they are, as if they were a text, or the text that is base64.
    #[inline]
    pub(crate) fn text(&self) -> Result<Text<'a>, Text<'a>> {
        match self.0 {
            Form::Plain(bytes) => Ok(Text::from_checked_utf8(bytes)),
            #[cfg(feature = "cbor")]
            Form::Cbor(chunks) => Ok(Text::from_checked_cbor(chunks, true)),
            #[cfg(feature = "base64")]
            Form::Base64(text) => Err(text),
        }
    }

    /// The bytes, one by one.
    #[must_use]
    pub fn bytes(&self) -> Bytes<'a> {
        Bytes(match self.text() {
            Ok(text) => Walk::Plain(text.bytes()),
            #[cfg(feature = "base64")]
            Err(text) => Walk::Base64 { text: text.bytes(), bits: 0, held: 0 },
            #[cfg(not(feature = "base64"))]
            Err(text) => Walk::Plain(text.bytes()),
        })
    }

    /// The number of bytes. Walks over base64 and chunks.
    #[must_use]
    pub fn len(&self) -> usize {
        match self.text() {
            Ok(bytes) => bytes.len(),
            #[cfg(feature = "base64")]
            Err(text) => base64::decoded_len(text.bytes()).unwrap_or(0),
            #[cfg(not(feature = "base64"))]
            Err(_) => 0,
        }
    }

    /// True when there is no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes().next().is_none()
    }

    /// Writes the bytes.
    ///
    /// # Errors
    /// [`Full`] if they do not fit.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        match self.text() {
            Ok(bytes) => bytes.write(sink),
            Err(_) => self.bytes().try_for_each(|byte| sink.put_u8(byte)),
        }
    }

    /// Copies the bytes into `buf` and returns them.
    ///
    /// # Errors
    /// [`Full`] if `buf` is shorter than the data.
    pub fn copy_to<'b>(&self, buf: &'b mut [u8]) -> Result<&'b [u8], Full> {
        let mut sink = SliceSink::new(buf);
        self.write(&mut sink)?;
        let len = sink.len();
        let buf: &'b [u8] = buf;
        buf.get(..len).ok_or(Full)
    }
}

impl<'a> From<&'a [u8]> for Data<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Data(Form::Plain(bytes))
    }
}

impl PartialEq<[u8]> for Data<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        match self.as_slice() {
            Some(bytes) => bytes == other,
            None => self.bytes().eq(other.iter().copied()),
        }
    }
}

impl PartialEq for Data<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for Data<'_> {}

impl fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("h'")?;
        self.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str("'")
    }
}

/// The bytes of a [`Data`].
#[derive(Clone)]
pub struct Bytes<'a>(Walk<'a>);

#[derive(Clone)]
enum Walk<'a> {
    Plain(text::Bytes<'a>),
    #[cfg(feature = "base64")]
    Base64 {
        text: text::Bytes<'a>,
        bits: u16,
        held: u8,
    },
}

impl Iterator for Bytes<'_> {
    type Item = u8;

    #[inline(never)]
    fn next(&mut self) -> Option<u8> {
        match &mut self.0 {
            Walk::Plain(bytes) => bytes.next(),
            #[cfg(feature = "base64")]
            Walk::Base64 { text, bits, held } => loop {
                *bits = *bits << 6 | u16::from(base64::symbol(text.next()?)?);
                *held += 6;
                if let Some(left) = held.checked_sub(8) {
                    *held = left;
                    let [_, byte] = (*bits >> left).to_be_bytes();
                    return Some(byte);
                }
            },
        }
    }
}
