//! The media types of SenML, and those of the data that it carries (RFC 8428 section 12.3, RFC 8790 section 6,
//! RFC 9193).

use core::ffi::c_char;
use core::ptr;

use ::senml::content_format::ContentFormat;
use ::senml::{DocumentKind, Encoding, MediaType};

use super::record::m2m_senml_format;
use crate::borrow::{Out, OutBytes, string};
use crate::guard::caught;
use crate::result::m2m_result::{M2M_INVALID, M2M_MALFORMED, M2M_NULL, M2M_OK};
use crate::result::{Outcome, code};

/// What a document is.
#[repr(C)]
pub enum m2m_senml_document {
    /// A pack, which has an end (SenML): m2m_senml_reader.
    M2M_SENML_PACK = 1,
    /// Records one after the other (SensML): m2m_senml_stream.
    M2M_SENML_STREAM = 2,
    /// A fetch or patch pack: m2m_senml_fetch(), m2m_senml_patch().
    M2M_SENML_ETCH = 3,
}

use m2m_senml_document::*;

/// A media type of SenML.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_senml_media_type {
    /// The number of its content format in CoAP.
    pub content_format: i32,
    /// One of enum m2m_senml_document.
    pub document: i32,
    /// One of enum m2m_senml_format; 0 if the library does not read it (EXI).
    pub format: i32,
}

impl From<&'static MediaType> for m2m_senml_media_type {
    fn from(row: &'static MediaType) -> Self {
        m2m_senml_media_type {
            content_format: row.content_format.into(),
            document: match row.kind {
                DocumentKind::Pack => M2M_SENML_PACK,
                DocumentKind::Stream => M2M_SENML_STREAM,
                DocumentKind::Etch => M2M_SENML_ETCH,
            } as i32,
            format: row.format().map_or(0, |_| match row.encoding {
                Encoding::Json => m2m_senml_format::M2M_SENML_JSON as i32,
                Encoding::Cbor => m2m_senml_format::M2M_SENML_CBOR as i32,
                Encoding::Xml => m2m_senml_format::M2M_SENML_XML as i32,
                Encoding::Exi => 0,
            }),
        }
    }
}

/// # Safety
/// `text` is `NULL` or a string, `media_type` `NULL` or memory for the result.
unsafe fn of(
    text: *const c_char,
    media_type: *mut m2m_senml_media_type,
    find: impl FnOnce(&str) -> Option<&'static MediaType>,
) -> i32 {
    code(caught(|| {
        if text.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the same promises.
        let (text, out) = unsafe { (string(text)?, Out::new(media_type)?) };
        out.put_found(find(text).map(Into::into))
    }))
}

/// The media type of a name such as "application/senml+json", upper or lower case, with any parameters behind a
/// semicolon. M2M_NOTHING for one that is not of SenML.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_media_type_of(
    name: *const c_char,
    media_type: *mut m2m_senml_media_type,
) -> i32 {
    // SAFETY: the caller passes a string, and memory for the result.
    unsafe { of(name, media_type, MediaType::from_name) }
}

/// The media type of files whose names end so, such as "senmlc", without the dot, upper or lower case. M2M_NOTHING for
/// what is not of SenML.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_media_type_of_extension(
    extension: *const c_char,
    media_type: *mut m2m_senml_media_type,
) -> i32 {
    // SAFETY: the caller passes a string, and memory for the result.
    unsafe { of(extension, media_type, MediaType::from_extension) }
}

/// The media type with this content format of CoAP. M2M_NOTHING for a number that is not of SenML.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_media_type_at(
    content_format: i32,
    media_type: *mut m2m_senml_media_type,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the result.
        let out = unsafe { Out::new(media_type) }?;
        out.put_found(numbered(content_format).map(Into::into))
    }))
}

/// The media type of one of enum m2m_senml_document in one of enum m2m_senml_format. M2M_NOTHING if there is none, such
/// as for a fetch pack in XML; M2M_INVALID for other numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_media_type_for(
    document: i32,
    format: i32,
    media_type: *mut m2m_senml_media_type,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the result.
        let out = unsafe { Out::new(media_type) }?;
        let document = match document {
            1 => DocumentKind::Pack,
            2 => DocumentKind::Stream,
            3 => DocumentKind::Etch,
            _ => return Err(M2M_INVALID),
        };
        let encoding = match format {
            110 => Encoding::Json,
            112 => Encoding::Cbor,
            310 => Encoding::Xml,
            _ => return Err(M2M_INVALID),
        };
        out.put_found(MediaType::of(document, encoding).map(Into::into))
    }))
}

fn numbered(content_format: i32) -> Option<&'static MediaType> {
    MediaType::from_content_format(u16::try_from(content_format).ok()?)
}

/// # Safety
/// `buf` and `len` are as for `OutBytes::new`.
unsafe fn named(
    content_format: i32,
    (buf, cap, len): (*mut c_char, usize, *mut usize),
    text: impl FnOnce(&'static MediaType) -> &'static str,
) -> Outcome {
    // SAFETY: the same promise.
    let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
    let Some(row) = numbered(content_format) else { return Ok(crate::m2m_result::M2M_NOTHING) };
    let text = text(row);
    out.put(text.len(), text.bytes(), b"\0")?;
    Ok(M2M_OK)
}

/// Copies the name of the media type with this content format of CoAP into buf, and a NUL behind it. len gets its length
/// without the NUL. With buf NULL and cap 0 only len is written. M2M_NOTHING for a number that is not of SenML.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_media_type_name(
    content_format: i32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    code(caught(|| unsafe { named(content_format, (buf, cap, len), |row| row.name) }))
}

/// Copies how the names of its files end into buf, as m2m_senml_media_type_name() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_media_type_extension(
    content_format: i32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results.
    code(caught(|| unsafe { named(content_format, (buf, cap, len), |row| row.extension) }))
}

/// What the data of a record are, as the fields ct and bct tell it (M2M_SENML_CONTENT_FORMAT, RFC 9193).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_senml_data_format {
    /// A content format of CoAP; -1 for a content type.
    pub content_format: i32,
    /// The content type, such as text/csv;header=present, without a NUL behind it; NULL with a content format.
    pub content_type: *const c_char,
    /// How long that is.
    pub content_type_len: usize,
    /// How it is coded, such as gzip; NULL if it is not.
    pub coding: *const c_char,
    /// How long that is.
    pub coding_len: usize,
}

/// Reads the content format of data. What the result points to lies in text. M2M_MALFORMED for what is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_data_format_read(
    text: *const c_char,
    format: *mut m2m_senml_data_format,
) -> i32 {
    code(caught(|| {
        if text.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes a string, and memory for the result.
        let (text, out) = unsafe { (string(text)?, Out::new(format)?) };
        let part = |of: Option<&str>| of.map_or((ptr::null(), 0), |t| (t.as_ptr().cast(), t.len()));
        let (content_format, content_type, coding) =
            match ContentFormat::parse(text).ok_or(M2M_MALFORMED)? {
                ContentFormat::Number(number) => (number.into(), None, None),
                ContentFormat::Type { content_type, coding } => (-1, Some(content_type), coding),
            };
        let ((content_type, content_type_len), (coding, coding_len)) =
            (part(content_type), part(coding));
        out.put(m2m_senml_data_format {
            content_format,
            content_type,
            content_type_len,
            coding,
            coding_len,
        });
        Ok(M2M_OK)
    }))
}
