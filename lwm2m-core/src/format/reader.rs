//! One reader for all formats.

use coap_core::ContentFormat;

#[cfg(feature = "lwm2m-cbor")]
use super::lwm2m_cbor::LwM2mCborReader;
#[cfg(feature = "old-json")]
use super::old_json::OldJsonReader;
#[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
use super::senml::{SenmlReader, encoding};
#[cfg(any(feature = "text", feature = "cbor"))]
use super::single::SingleReader;
#[cfg(feature = "tlv")]
use super::tlv::TlvReader;
use super::{Entry, Target};
use crate::error::DecodeError;
#[cfg(not(any(feature = "text", feature = "cbor")))]
use crate::error::DecodeErrorKind;

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "lives for one payload; there is no heap to box in")]
enum Inner<'a> {
    #[cfg(feature = "tlv")]
    Tlv(TlvReader<'a>),
    #[cfg(feature = "lwm2m-cbor")]
    LwM2mCbor(LwM2mCborReader<'a>),
    #[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
    Senml(SenmlReader<'a>),
    #[cfg(feature = "old-json")]
    OldJson(OldJsonReader<'a>),
    #[cfg(any(feature = "text", feature = "cbor"))]
    Single(SingleReader<'a>),
}

impl<'a> Inner<'a> {
    fn new(
        format: ContentFormat,
        target: Target<'a>,
        bytes: &'a [u8],
    ) -> Result<Self, DecodeError> {
        #[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
        if let Some(encoding) = encoding(format) {
            return Ok(Inner::Senml(SenmlReader::new(format, encoding, target, bytes)));
        }
        match format {
            #[cfg(feature = "tlv")]
            ContentFormat::LWM2M_TLV => TlvReader::new(target, bytes).map(Inner::Tlv),
            #[cfg(feature = "lwm2m-cbor")]
            ContentFormat::LWM2M_CBOR => Ok(Inner::LwM2mCbor(LwM2mCborReader::new(target, bytes))),
            #[cfg(feature = "old-json")]
            ContentFormat::LWM2M_JSON => Ok(Inner::OldJson(OldJsonReader::new(&target, bytes))),
            #[cfg(any(feature = "text", feature = "cbor"))]
            _ => SingleReader::new(format, &target, bytes).map(Inner::Single),
            #[cfg(not(any(feature = "text", feature = "cbor")))]
            _ => Err(DecodeError::new(DecodeErrorKind::UnsupportedFormat, 0)),
        }
    }

    /// The next entry, if it lies as most do.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    fn quick(&mut self) -> Option<Entry<'a>> {
        match self {
            #[cfg(feature = "tlv")]
            Inner::Tlv(reader) => reader.quick(),
            #[cfg(feature = "lwm2m-cbor")]
            Inner::LwM2mCbor(reader) => reader.quick(),
            #[allow(unreachable_patterns, reason = "without these formats there is no other")]
            _ => None,
        }
    }
}

/// Pulls the entries out of a payload.
///
/// Ends after the first error: what came before it was well-formed, what comes behind is unknown.
/// A caller that must take all or nothing runs through a clone first.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    inner: Inner<'a>,
    ended: bool,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which came in a message about `target`.
    ///
    /// # Errors
    /// [`UnsupportedFormat`](crate::DecodeErrorKind::UnsupportedFormat), and
    /// [`FormatLevel`](crate::DecodeErrorKind::FormatLevel) for a format
    /// of single values where the target is more than one.
    pub fn new(
        format: ContentFormat,
        target: impl Into<Target<'a>>,
        bytes: &'a [u8],
    ) -> Result<Self, DecodeError> {
        let inner = Inner::new(format, target.into(), bytes)?;
        Ok(Reader { inner, ended: false })
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Entry<'a>, DecodeError>;

    #[cfg_attr(not(feature = "small"), inline(always))]
    fn next(&mut self) -> Option<Self::Item> {
        #[cfg(not(feature = "small"))]
        if !self.ended
            && let Some(entry) = self.inner.quick()
        {
            return Some(Ok(entry));
        }
        #[cfg(not(feature = "small"))]
        return match self.other() {
            // Taken apart, so that what is read quickly need not go the same way through memory.
            Some(Ok(Entry { path, content, time })) => Some(Ok(Entry { path, content, time })),
            Some(Err(error)) => Some(Err(error)),
            None => None,
        };
        #[cfg(feature = "small")]
        self.other()
    }
}

impl<'a> Reader<'a> {
    /// What does not lie as most entries do.
    #[inline(never)]
    pub(super) fn other(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        if self.ended {
            return None;
        }
        let next = match &mut self.inner {
            #[cfg(feature = "tlv")]
            Inner::Tlv(reader) => reader.next(),
            #[cfg(feature = "lwm2m-cbor")]
            Inner::LwM2mCbor(reader) => reader.next(),
            #[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
            Inner::Senml(reader) => reader.next(),
            #[cfg(feature = "old-json")]
            Inner::OldJson(reader) => reader.next(),
            #[cfg(any(feature = "text", feature = "cbor"))]
            Inner::Single(reader) => reader.next(),
        };
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl core::iter::FusedIterator for Reader<'_> {}
