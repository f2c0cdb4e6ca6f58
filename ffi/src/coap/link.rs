//! The CoRE Link Format by itself: lists of links are read where they lie, and written into a buffer of C's.

use core::ffi::c_char;

use coap_core::DecodeError;
use coap_core::link::{Filter, Link, LinkError, LinkWriter, Links, Param, ParamValue};

use super::reader::put_error;
use crate::borrow::{Out, OutBytes, bytes, string};
use crate::guard::caught;
use crate::output::Output;
use crate::placed::Placed;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_MALFORMED, M2M_NOT_ALLOWED, M2M_NOTHING, M2M_NULL,
    M2M_OK, M2M_WRONG_TYPE,
};
use crate::result::{Outcome, code};

/// Words of a m2m_link_reader.
pub const M2M_LINK_READER_WORDS: usize = 24;

/// Reads a list of links (RFC 6690), such as a device answers to a Discover or to GET /.well-known/core. It lies
/// wherever the program puts it, needs no memory beside and is not freed. m2m_link_reader_init() makes it ready.
///
/// The list is not copied: its bytes must stay where they are, as they are, as long as the reader and what it gave
/// are used.
#[repr(C)]
pub struct m2m_link_reader {
    /// The library's business.
    pub state: [u64; M2M_LINK_READER_WORDS],
}

/// What is in a reader.
pub(crate) struct Reader {
    links: Links<'static>,
    link: Option<Link<'static>>,
    failed: Option<DecodeError>,
}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_link_reader {
    type Inside = Reader;
    const MARK: u64 = 0x6d32_6d5f_6c69_6e72;
}

/// A link. Its text lies in the list and has no NUL behind it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_link {
    /// What stands between < and >, as it was written: percent-encoding is not undone.
    pub target: *const c_char,
    /// Its length in bytes.
    pub target_len: usize,
    /// 0 for what LwM2M 1.0 puts in front of a list: parameters without a target (lwm2m=1.0,</0/0>).
    pub has_target: i32,
    /// How many parameters it has.
    pub parameters: u32,
}

/// A parameter of a link, as it was written. Its texts lie in the list and have no NUL behind them.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_link_parameter {
    /// Its name.
    pub name: *const c_char,
    /// Length of the name in bytes.
    pub name_len: usize,
    /// Its value, without quotation marks; if there were some, a backslash may stand before any character
    /// (m2m_link_reader_value() takes them out).
    pub value: *const c_char,
    /// Length of the value in bytes.
    pub value_len: usize,
    /// 0 for a flag, which has no value: obs.
    pub has_value: i32,
    /// Not 0: there were quotation marks.
    pub quoted: i32,
}

/// Makes a reader of the list of len bytes at data. Whatever the structure held before is forgotten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_reader_init(
    reader: *mut m2m_link_reader,
    data: *const u8,
    len: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes bytes that stay as long as the reader is used.
        let links = Links::new(unsafe { bytes(data, len) }?);
        // SAFETY: the caller passes memory for a reader.
        unsafe { m2m_link_reader::put(reader, Reader { links, link: None, failed: None }) }?;
        Ok(M2M_OK)
    }))
}

impl Reader {
    fn next(&mut self, out: Out<m2m_link>) -> Outcome {
        self.link = None;
        match self.links.next() {
            _ if self.failed.is_some() => Err(M2M_MALFORMED),
            None => Ok(M2M_NOTHING),
            Some(Err(error)) => {
                self.failed = Some(error);
                Err(M2M_MALFORMED)
            }
            Some(Ok(link)) => {
                self.link = Some(link);
                out.put(m2m_link {
                    target: link.target().as_ptr().cast(),
                    target_len: link.target().len(),
                    has_target: link.has_target().into(),
                    parameters: u32::try_from(link.params().count()).unwrap_or(u32::MAX),
                });
                Ok(M2M_OK)
            }
        }
    }

    fn param(&self, name: &str) -> Option<Param<'static>> {
        self.link?.param(name)
    }
}

/// The next link. M2M_NOTHING behind the last one. M2M_MALFORMED where the list is no list any more:
/// m2m_link_reader_error() says more, and the reader is at its end. Links before that were good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_reader_next(
    reader: *mut m2m_link_reader,
    link: *mut m2m_link,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = Out::new(link)?;
            m2m_link_reader::with(reader, |inside| inside.next(out))
        }
    })())
}

/// What is wrong, after M2M_MALFORMED: one of enum m2m_coap_error, and where, in bytes from the start of the list.
/// M2M_NOTHING if nothing was wrong so far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_reader_error(
    reader: *const m2m_link_reader,
    error: *mut i32,
    offset: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for two numbers, and NULL or a reader.
        unsafe {
            let (error, offset) = (Out::new(error)?, Out::new(offset)?);
            m2m_link_reader::with(reader, |inside| put_error(inside.failed, error, offset))
        }
    })())
}

/// The parameter at index, from 0, of the link that was read last. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_reader_parameter(
    reader: *const m2m_link_reader,
    index: usize,
    parameter: *mut m2m_link_parameter,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = Out::new(parameter)?;
            m2m_link_reader::with(reader, |inside| {
                let found = inside.link.and_then(|link| link.params().nth(index));
                let Some(Param { name, value }) = found else { return Ok(M2M_NOTHING) };
                let (text, quoted) = match value {
                    None => ("", false),
                    Some(ParamValue::Token(text)) => (text, false),
                    Some(ParamValue::Quoted(text)) => (text, true),
                };
                out.put(m2m_link_parameter {
                    name: name.as_ptr().cast(),
                    name_len: name.len(),
                    value: text.as_ptr().cast(),
                    value_len: text.len(),
                    has_value: value.is_some().into(),
                    quoted: quoted.into(),
                });
                Ok(M2M_OK)
            })
        }
    })())
}

/// The name of a parameter that C asks for.
///
/// # Safety
/// `name` is `NULL` or a string.
unsafe fn name_of<'a>(name: *const c_char) -> Result<&'a str, m2m_result> {
    if name.is_null() {
        return Err(M2M_NULL);
    }
    // SAFETY: the same promise.
    unsafe { string(name) }
}

/// Writes what a value stands for, and a NUL.
fn put_value(value: ParamValue<'_>, out: OutBytes<'_>) -> Outcome {
    let bytes = value.chars().flat_map(|c| {
        let mut buf = [0; 4];
        let len = c.encode_utf8(&mut buf).len();
        buf.into_iter().take(len)
    });
    out.put(bytes.clone().count(), bytes, b"\0")?;
    Ok(M2M_OK)
}

/// Copies the value of the first parameter of that name, of the link that was read last, into buf, and a NUL behind
/// it; upper and lower case are the same in names, and backslashes are taken out of the value. A flag such as obs has
/// the value "". len gets its length without the NUL. M2M_NOTHING if there is no such parameter. With buf NULL and
/// cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_reader_value(
    reader: *const m2m_link_reader,
    name: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes a string, memory for the result, and NULL or a reader.
        unsafe {
            let (name, out) = (name_of(name)?, OutBytes::new(buf.cast(), cap, len)?);
            m2m_link_reader::with(reader, |inside| {
                let Some(found) = inside.param(name) else { return Ok(M2M_NOTHING) };
                put_value(found.value.unwrap_or(ParamValue::Token("")), out)
            })
        }
    })())
}

/// Copies the item at index, from 0, of a parameter that is a list separated by spaces (rt, if, ct), as
/// m2m_link_reader_value() does. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_reader_item(
    reader: *const m2m_link_reader,
    name: *const c_char,
    index: usize,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes a string, memory for the result, and NULL or a reader.
        unsafe {
            let (name, out) = (name_of(name)?, OutBytes::new(buf.cast(), cap, len)?);
            m2m_link_reader::with(reader, |inside| {
                match inside.link.and_then(|link| link.list(name).nth(index)) {
                    Some(item) => put_value(item, out),
                    None => Ok(M2M_NOTHING),
                }
            })
        }
    })())
}

/// The value of the first parameter of that name as a number (sz, ct, ssid). M2M_NOTHING if there is no such
/// parameter, M2M_WRONG_TYPE if its value is not digits only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_reader_number(
    reader: *const m2m_link_reader,
    name: *const c_char,
    value: *mut u64,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes a string, memory for the result, and NULL or a reader.
        unsafe {
            let (name, out) = (name_of(name)?, Out::new(value)?);
            m2m_link_reader::with(reader, |inside| {
                let Some(found) = inside.param(name) else { return Ok(M2M_NOTHING) };
                out.put(found.value.and_then(|v| v.uint()).ok_or(M2M_WRONG_TYPE)?);
                Ok(M2M_OK)
            })
        }
    })())
}

/// M2M_OK if the link that was read last belongs into the answer to GET /.well-known/core with this query, one
/// argument such as rt=light* or href=/sensors/1 (RFC 6690 section 4.1); M2M_NOTHING if not, or for what is no such
/// query. With several arguments, all have to match.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_reader_matches(
    reader: *const m2m_link_reader,
    query: *const c_char,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes a string, and NULL or a reader.
        unsafe {
            let filter = Filter::new(name_of(query)?);
            m2m_link_reader::with(reader, |inside| {
                let found = inside.link.zip(filter).is_some_and(|(link, f)| f.matches(&link));
                Ok(if found { M2M_OK } else { M2M_NOTHING })
            })
        }
    })())
}

/// Words of a m2m_link_writer.
pub const M2M_LINK_WRITER_WORDS: usize = 8;

/// Writes a list of links (RFC 6690). It lies wherever the program puts it, needs no memory beside and is not freed.
/// m2m_link_writer_init() makes it ready. What does not fit leaves the list as it was.
///
/// The buffer is the writer's until m2m_link_writer_finish().
#[repr(C)]
pub struct m2m_link_writer {
    /// The library's business.
    pub state: [u64; M2M_LINK_WRITER_WORDS],
}

/// What is in a writer.
pub(crate) struct Writer {
    to: Output,
    links: usize,
}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_link_writer {
    type Inside = Writer;
    const MARK: u64 = 0x6d32_6d5f_6c69_6e77;
}

fn why(error: LinkError) -> m2m_result {
    match error {
        LinkError::Full => M2M_BUFFER_TOO_SMALL,
        LinkError::Target | LinkError::Name => M2M_INVALID,
        LinkError::NoLink => M2M_NOT_ALLOWED,
    }
}

/// Goes on with the list of a writer.
///
/// # Safety
/// As for `Placed::with`.
unsafe fn write(
    writer: *mut m2m_link_writer,
    put: impl FnOnce(&mut LinkWriter<'_>) -> Result<(), LinkError>,
) -> Outcome {
    // SAFETY: the same promise.
    unsafe {
        m2m_link_writer::with(writer, |inside| {
            let mut links = inside.links;
            inside.to.append(0, why, |sink| {
                let mut to = LinkWriter::resume(sink, links);
                put(&mut to)?;
                links = to.count();
                Ok(())
            })?;
            inside.links = links;
            Ok(M2M_OK)
        })
    }
}

/// Makes a writer of a list into buf, which has room for cap bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_writer_init(
    writer: *mut m2m_link_writer,
    buf: *mut u8,
    cap: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for `cap` bytes, which is the writer's until it ends.
        let to = unsafe { Output::new(buf, cap) }?;
        // SAFETY: the caller passes memory for a writer.
        unsafe { m2m_link_writer::put(writer, Writer { to, links: 0 }) }?;
        Ok(M2M_OK)
    }))
}

/// Begins a link to a target, a path or URI without spaces. M2M_INVALID for what cannot stand between < and >;
/// M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_writer_link(
    writer: *mut m2m_link_writer,
    target: *const c_char,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes a string, and NULL or a writer.
        unsafe {
            let target = string(target)?;
            write(writer, |to| to.link(target).map(|_| ()))
        }
    })())
}

/// Adds a parameter without a value, such as obs, to the link. M2M_INVALID for what is no name of a parameter;
/// M2M_NOT_ALLOWED before the first link; M2M_BUFFER_TOO_SMALL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_writer_flag(
    writer: *mut m2m_link_writer,
    name: *const c_char,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes a string, and NULL or a writer.
        unsafe {
            let name = name_of(name)?;
            write(writer, |to| to.flag(name).map(|_| ()))
        }
    })())
}

/// Adds a parameter with a text, in quotation marks where RFC 6690 has them or the text needs them. Several values of
/// rt, if or ct are one text with spaces between them. Errors as of m2m_link_writer_flag().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_writer_text(
    writer: *mut m2m_link_writer,
    name: *const c_char,
    text: *const c_char,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes strings, and NULL or a writer.
        unsafe {
            let (name, text) = (name_of(name)?, string(text)?);
            write(writer, |to| to.param(name, text).map(|_| ()))
        }
    })())
}

/// Adds a parameter with a number (sz, ct). Errors as of m2m_link_writer_flag().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_writer_number(
    writer: *mut m2m_link_writer,
    name: *const c_char,
    number: u64,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes a string, and NULL or a writer.
        unsafe {
            let name = name_of(name)?;
            write(writer, |to| to.uint(name, number).map(|_| ()))
        }
    })())
}

/// The list is done: len gets its length, from the start of the buffer; 0 for one without links. Links may follow
/// nonetheless, and then it is longer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_link_writer_finish(
    writer: *mut m2m_link_writer,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for a number, and NULL or a writer.
        unsafe {
            let out = Out::new(len)?;
            m2m_link_writer::with(writer, |inside| {
                out.put(inside.to.len());
                Ok(M2M_OK)
            })
        }
    })())
}
