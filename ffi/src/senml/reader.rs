//! Packs are read record by record.

use core::ffi::c_char;

use ::senml::{DecodeError, DecodeErrorKind, Reader, ResolvedReader};

use super::last::Last;
use super::record::{format, m2m_senml_item, rules};
use crate::borrow::{Out, OutBytes, bytes};
use crate::placed::Placed;
use crate::result::m2m_result::{M2M_MALFORMED, M2M_NOTHING, M2M_OK};
use crate::result::{Outcome, code, kinds_of_errors};

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
pub(crate) struct Inside {
    source: Source,
    last: Last,
    error: Option<DecodeError>,
}

/// Where records come from.
#[allow(clippy::large_enum_variant, reason = "there is no memory for a box")]
enum Source {
    AsSent(Reader<'static>),
    Resolved(ResolvedReader<'static>),
}

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

kinds_of_errors! {
    DecodeErrorKind to m2m_senml_error, or M2M_SENML_NO_ERROR:
    UnexpectedEnd = M2M_SENML_UNEXPECTED_END,
    TrailingBytes = M2M_SENML_TRAILING_BYTES,
    Malformed = M2M_SENML_MALFORMED,
    InvalidUtf8 = M2M_SENML_NOT_UTF8,
    InvalidString = M2M_SENML_INVALID_STRING,
    NumberRange = M2M_SENML_NUMBER_RANGE,
    NotFinite = M2M_SENML_NOT_FINITE,
    InvalidBase64 = M2M_SENML_INVALID_BASE64,
    WrongType = M2M_SENML_WRONG_TYPE,
    DuplicateLabel = M2M_SENML_DUPLICATE_LABEL,
    SeveralValues = M2M_SENML_SEVERAL_VALUES,
    UnsupportedField = M2M_SENML_UNSUPPORTED_FIELD,
    TooDeep = M2M_SENML_TOO_DEEP,
    VersionMismatch = M2M_SENML_VERSION_MISMATCH,
    UnsupportedVersion = M2M_SENML_UNSUPPORTED_VERSION,
    InvalidName = M2M_SENML_INVALID_NAME,
    MissingValue = M2M_SENML_MISSING_VALUE,
    UnexpectedValue = M2M_SENML_UNEXPECTED_VALUE,
    EmptyPack = M2M_SENML_EMPTY_PACK,
    TooLong = M2M_SENML_TOO_LONG,
    DocumentType = M2M_SENML_DOCUMENT_TYPE,
}

/// The meaning of one of enum m2m_senml_error in English: a string that is never NULL and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_senml_error_text(error: i32) -> *const c_char {
    m2m_senml_error::text(error).as_ptr()
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
        let source = match rules(rules_number)? {
            Some(rules) => Source::Resolved(ResolvedReader::new(format, data, rules)),
            None => Source::AsSent(Reader::new(format, data)),
        };
        let inside = Inside { source, last: Last::default(), error: None };
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
    fn next(&mut self, out: Out<m2m_senml_item>) -> Outcome {
        self.last = Last::default();
        if self.error.is_some() {
            return Err(M2M_MALFORMED);
        }
        let read = match &mut self.source {
            Source::AsSent(reader) => reader.next().transpose().map(|read| {
                read.map(|record| (Last::from(&record), m2m_senml_item::as_sent(&record)))
            }),
            Source::Resolved(reader) => reader.read().map(|read| {
                read.map(|record| (Last::from(record), m2m_senml_item::resolved(record)))
            }),
        };
        match read {
            Ok(Some((last, item))) => {
                self.last = last;
                out.put(item);
                Ok(M2M_OK)
            }
            Ok(None) => Ok(M2M_NOTHING),
            Err(error) => {
                self.error = Some(error);
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
                let Some(found) = inside.error else { return Ok(M2M_NOTHING) };
                error.put(m2m_senml_error::from(found.kind) as i32);
                offset.put(found.offset);
                Ok(M2M_OK)
            })
        }
    })())
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
        unsafe { m2m_senml_reader::with(reader, |inside| inside.last.copy_text(which, out)) }
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
        unsafe { m2m_senml_reader::with(reader, |inside| inside.last.copy_data(out)) }
    })())
}
