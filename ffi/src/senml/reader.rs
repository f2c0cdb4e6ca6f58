//! Packs are read record by record.

use core::ffi::c_char;

use ::senml::{
    DecodeError, DecodeErrorKind, Reader, Record, Resolved, ResolvedReader, Text, Value,
};

use super::record::{format, m2m_senml_item, rules};
use crate::borrow::{Out, OutBytes, bytes};
use crate::placed::Placed;
use crate::result::code;
use crate::result::m2m_result::{
    self, M2M_INVALID, M2M_MALFORMED, M2M_NOTHING, M2M_OK, M2M_WRONG_TYPE,
};

/// Words of a m2m_senml_reader.
pub const M2M_SENML_READER_WORDS: usize = 96;

/// Reads a pack. It lies wherever the program puts it, needs no memory beside and is not freed: one
/// that is not used any more is simply forgotten. m2m_senml_reader_init() makes it ready.
///
/// The pack is not copied: its bytes must stay where they are, as they are, as long as the reader is
/// used.
#[repr(C)]
pub struct m2m_senml_reader {
    /// The library's business.
    pub state: [u64; M2M_SENML_READER_WORDS],
}

/// What is in a reader.
#[allow(clippy::large_enum_variant, reason = "there is no memory for a box")]
pub(crate) enum Inside {
    AsSent { reader: Reader<'static>, record: Record<'static>, last: Last },
    Resolved { reader: ResolvedReader<'static>, record: Option<Resolved<'static>>, last: Last },
}

/// How the last step ended.
type Last = Option<DecodeError>;

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_senml_reader {
    type Inside = Inside;
    const MARK: u64 = 0x6d32_6d5f_7365_6e72;
}

/// What is wrong with a pack.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_senml_error {
    /// Nothing, or something that this header does not know.
    M2M_SENML_NO_ERROR = 0,
    /// The bytes end before the pack does.
    M2M_SENML_UNEXPECTED_END = 1,
    /// Bytes follow the pack.
    M2M_SENML_TRAILING_BYTES = 2,
    /// Not what the format is.
    M2M_SENML_MALFORMED = 3,
    /// Text that is not UTF-8.
    M2M_SENML_NOT_UTF8 = 4,
    /// A control character, an unknown escape or half a surrogate pair in a JSON string.
    M2M_SENML_INVALID_STRING = 5,
    /// A number larger than floating-point numbers are.
    M2M_SENML_NUMBER_RANGE = 6,
    /// Infinity, or what is not a number.
    M2M_SENML_NOT_FINITE = 7,
    /// Data that are not base64.
    M2M_SENML_INVALID_BASE64 = 8,
    /// A value whose type does not fit its label, or a record or label of a wrong type.
    M2M_SENML_WRONG_TYPE = 9,
    /// A label twice in one record.
    M2M_SENML_DUPLICATE_LABEL = 10,
    /// More than one value in one record.
    M2M_SENML_SEVERAL_VALUES = 11,
    /// A field that must be understood and is not (RFC 8428 section 4.4).
    M2M_SENML_UNSUPPORTED_FIELD = 12,
    /// The value of a field that is not known is nested too deeply.
    M2M_SENML_TOO_DEEP = 13,
    /// Versions that differ within the pack.
    M2M_SENML_VERSION_MISMATCH = 14,
    /// A version that is not supported.
    M2M_SENML_UNSUPPORTED_VERSION = 15,
    /// An empty name, or one with characters that names must not have.
    M2M_SENML_INVALID_NAME = 16,
    /// A record without the value or sum that it needs.
    M2M_SENML_MISSING_VALUE = 17,
    /// A value where none may be.
    M2M_SENML_UNEXPECTED_VALUE = 18,
    /// A fetch or patch pack without records.
    M2M_SENML_EMPTY_PACK = 19,
    /// A record of a stream that is longer than the memory for it, or base fields that are.
    M2M_SENML_TOO_LONG = 20,
    /// A document type declaration, in XML.
    M2M_SENML_DOCUMENT_TYPE = 21,
}

use m2m_senml_error::*;

pub(super) fn error_number(kind: DecodeErrorKind) -> m2m_senml_error {
    match kind {
        DecodeErrorKind::UnexpectedEnd => M2M_SENML_UNEXPECTED_END,
        DecodeErrorKind::TrailingBytes => M2M_SENML_TRAILING_BYTES,
        DecodeErrorKind::Malformed => M2M_SENML_MALFORMED,
        DecodeErrorKind::InvalidUtf8 => M2M_SENML_NOT_UTF8,
        DecodeErrorKind::InvalidString => M2M_SENML_INVALID_STRING,
        DecodeErrorKind::NumberRange => M2M_SENML_NUMBER_RANGE,
        DecodeErrorKind::NotFinite => M2M_SENML_NOT_FINITE,
        DecodeErrorKind::InvalidBase64 => M2M_SENML_INVALID_BASE64,
        DecodeErrorKind::WrongType => M2M_SENML_WRONG_TYPE,
        DecodeErrorKind::DuplicateLabel => M2M_SENML_DUPLICATE_LABEL,
        DecodeErrorKind::SeveralValues => M2M_SENML_SEVERAL_VALUES,
        DecodeErrorKind::UnsupportedField => M2M_SENML_UNSUPPORTED_FIELD,
        DecodeErrorKind::TooDeep => M2M_SENML_TOO_DEEP,
        DecodeErrorKind::VersionMismatch => M2M_SENML_VERSION_MISMATCH,
        DecodeErrorKind::UnsupportedVersion => M2M_SENML_UNSUPPORTED_VERSION,
        DecodeErrorKind::InvalidName => M2M_SENML_INVALID_NAME,
        DecodeErrorKind::MissingValue => M2M_SENML_MISSING_VALUE,
        DecodeErrorKind::UnexpectedValue => M2M_SENML_UNEXPECTED_VALUE,
        DecodeErrorKind::EmptyPack => M2M_SENML_EMPTY_PACK,
        DecodeErrorKind::TooLong => M2M_SENML_TOO_LONG,
        DecodeErrorKind::DocumentType => M2M_SENML_DOCUMENT_TYPE,
        _ => M2M_SENML_NO_ERROR,
    }
}

/// Makes a reader of the pack of len bytes at data, in one of enum m2m_senml_format, by one of enum
/// m2m_senml_rules. Whatever the structure held before is forgotten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_reader_init(
    reader: *mut m2m_senml_reader,
    format_number: i32,
    rules_number: i32,
    data: *const u8,
    len: usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes bytes that stay as long as the reader is used.
        let data: &'static [u8] = unsafe { bytes(data, len) }?;
        let format = format(format_number)?;
        let inside = match rules(rules_number)? {
            Some(rules) => Inside::Resolved {
                reader: ResolvedReader::new(format, data, rules),
                record: None,
                last: None,
            },
            None => Inside::AsSent {
                reader: Reader::new(format, data),
                record: Record::default(),
                last: None,
            },
        };
        // SAFETY: the caller passes memory for a reader.
        unsafe { m2m_senml_reader::put(reader, inside) }?;
        Ok(M2M_OK)
    })())
}

/// Reads the next record. M2M_NOTHING at the end of the pack. M2M_MALFORMED if what comes is not
/// what it should be: m2m_senml_reader_error() says more, and the reader is at its end. Records
/// before that were good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_reader_next(
    reader: *mut m2m_senml_reader,
    item: *mut m2m_senml_item,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for a record.
        let out = unsafe { Out::new(item) }?;
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe { m2m_senml_reader::with(reader, |inside| inside.next(out)) }
    })())
}

impl Inside {
    fn next(&mut self, out: Out<m2m_senml_item>) -> Result<m2m_result, m2m_result> {
        let (read, last) = match self {
            Inside::AsSent { last: Some(_), .. } | Inside::Resolved { last: Some(_), .. } => {
                return Err(M2M_MALFORMED);
            }
            Inside::AsSent { reader, record, last } => {
                let read = reader.read(record);
                if read != Ok(true) {
                    *record = Record::default();
                }
                (read.map(|is| is.then(|| m2m_senml_item::as_sent(record))), last)
            }
            Inside::Resolved { reader, record, last } => {
                let read = reader.read().map(|r| r.copied());
                *record = read.unwrap_or(None);
                (read.map(|r| r.as_ref().map(m2m_senml_item::resolved)), last)
            }
        };
        match read {
            Ok(Some(item)) => {
                out.put(item);
                Ok(M2M_OK)
            }
            Ok(None) => Ok(M2M_NOTHING),
            Err(error) => {
                *last = Some(error);
                Err(M2M_MALFORMED)
            }
        }
    }
}

/// What is wrong, after M2M_MALFORMED: one of enum m2m_senml_error, and where, in bytes from the
/// start of the pack. M2M_NOTHING if nothing was wrong so far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_reader_error(
    reader: *const m2m_senml_reader,
    error: *mut i32,
    offset: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for two numbers.
        let (error, offset) = unsafe { (Out::new(error)?, Out::new(offset)?) };
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe {
            m2m_senml_reader::with(reader, |inside| {
                let (Inside::AsSent { last, .. } | Inside::Resolved { last, .. }) = inside;
                let Some(found) = last else { return Ok(M2M_NOTHING) };
                error.put(error_number(found.kind) as i32);
                offset.put(found.offset);
                Ok(M2M_OK)
            })
        }
    })())
}

/// A text of a record.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_senml_text {
    /// The name, base name included.
    M2M_SENML_NAME = 1,
    /// The unit, or the base unit if it has none.
    M2M_SENML_UNIT = 2,
    /// The value, of M2M_SENML_TEXT and M2M_SENML_OBJLNK.
    M2M_SENML_VALUE = 3,
    /// The content format of the data, or the base content format if it has none.
    M2M_SENML_CONTENT_FORMAT = 4,
    /// As it was sent: the base name.
    M2M_SENML_BASE_NAME = 5,
    /// As it was sent: the base unit.
    M2M_SENML_BASE_UNIT = 6,
    /// As it was sent: the base content format.
    M2M_SENML_BASE_CONTENT_FORMAT = 7,
}

/// A text of a record, in two parts: base and own name.
type Parts<'a> = (Text<'a>, Text<'a>);

fn value_text(value: Option<Value<'_>>) -> Result<Option<Text<'_>>, m2m_result> {
    match value {
        Some(Value::Text(text) | Value::ObjectLink(text)) => Ok(Some(text)),
        _ => Err(M2M_WRONG_TYPE),
    }
}

impl Inside {
    fn text(&self, which: i32) -> Result<Option<Parts<'static>>, m2m_result> {
        let one = match self {
            Inside::Resolved { record, .. } => {
                let Some(record) = record else { return Ok(None) };
                match which {
                    1 => return Ok(Some(record.name.parts())),
                    2 => record.unit,
                    3 => value_text(record.value)?,
                    4 => record.content_format,
                    5..=7 => None,
                    _ => return Err(M2M_INVALID),
                }
            }
            Inside::AsSent { record, .. } => {
                let base = record.base.unwrap_or_default();
                match which {
                    1 => record.name,
                    2 => record.unit,
                    3 => value_text(record.value)?,
                    4 => record.content_format,
                    5 => base.name,
                    6 => base.unit,
                    7 => base.content_format,
                    _ => return Err(M2M_INVALID),
                }
            }
        };
        Ok(one.map(|text| (text, Text::default())))
    }

    fn value(&self) -> Option<Value<'static>> {
        match self {
            Inside::AsSent { record, .. } => record.value,
            Inside::Resolved { record, .. } => record.as_ref()?.value,
        }
    }
}

/// Copies a text of the record that was read last into buf, and a NUL behind it: which is one of
/// enum m2m_senml_text. len gets its length in bytes without the NUL. M2M_NOTHING if the record has
/// no such text, M2M_WRONG_TYPE if its value is no text, M2M_BUFFER_TOO_SMALL if cap is not above the
/// length. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_reader_text(
    reader: *const m2m_senml_reader,
    which: i32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for `cap` bytes and for a number.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe {
            m2m_senml_reader::with(reader, |inside| {
                let Some((base, own)) = inside.text(which)? else { return Ok(M2M_NOTHING) };
                let len = base.len().saturating_add(own.len());
                out.put(len, base.bytes().chain(own.bytes()), b"\0")?;
                Ok(M2M_OK)
            })
        }
    })())
}

/// Copies the data of the record that was read last into buf. len gets their length.
/// M2M_WRONG_TYPE if its value is not M2M_SENML_DATA, M2M_BUFFER_TOO_SMALL if cap is below the
/// length. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_reader_data(
    reader: *const m2m_senml_reader,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for `cap` bytes and for a number.
        let out = unsafe { OutBytes::new(buf, cap, len) }?;
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe {
            m2m_senml_reader::with(reader, |inside| {
                let Some(Value::Data(data)) = inside.value() else { return Err(M2M_WRONG_TYPE) };
                out.put(data.len(), data.bytes(), b"")?;
                Ok(M2M_OK)
            })
        }
    })())
}
