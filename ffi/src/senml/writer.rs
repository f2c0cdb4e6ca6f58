//! Packs are written record by record.

use ::senml::stream::StreamWriter;
use ::senml::{Format, WriteError, cbor};
use m2m_base::Counter;

use super::record::{format, m2m_senml_record};
use crate::borrow::Out;
use crate::output::Output;
use crate::placed::Placed;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_NOT_ALLOWED, M2M_OK};

/// Words of a m2m_senml_writer.
pub const M2M_SENML_WRITER_WORDS: usize = 16;

/// Writes a pack. It lies wherever the program puts it, needs no memory beside and is not freed.
/// m2m_senml_writer_init() makes it ready.
///
/// The buffer is the writer's until it has finished.
#[repr(C)]
pub struct m2m_senml_writer {
    /// The library's business.
    pub state: [u64; M2M_SENML_WRITER_WORDS],
}

/// What is in a writer.
pub(crate) struct Inside {
    stream: StreamWriter,
    /// Records still to come, if they were announced in the head of the array.
    left: Option<u64>,
    /// Bytes for what ends the pack.
    end: usize,
    to: Output,
    finished: bool,
}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_senml_writer {
    type Inside = Inside;
    const MARK: u64 = 0x6d32_6d5f_7365_6e77;
}

pub(super) fn why(error: WriteError) -> m2m_result {
    match error {
        WriteError::Full => M2M_BUFFER_TOO_SMALL,
        WriteError::Count => M2M_NOT_ALLOWED,
        _ => M2M_INVALID,
    }
}

/// Makes a writer of a pack in one of enum m2m_senml_format, into buf, which has room for cap bytes.
/// count is how many records there will be; 0 if that is not known, which in CBOR makes an array of
/// indefinite length that some receivers do not read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_writer_init(
    writer: *mut m2m_senml_writer,
    format_number: i32,
    count: u32,
    buf: *mut u8,
    cap: usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for `cap` bytes, which is the writer's until it ends.
        let to = unsafe { Output::new(buf, cap) }?;
        let format = format(format_number)?;
        let announced = format == Format::Cbor && count != 0;
        let mut inside = Inside {
            stream: StreamWriter::new(format),
            left: (count != 0).then_some(count.into()),
            end: match format {
                Format::Cbor if announced => 0,
                #[cfg(feature = "senml-xml")]
                Format::Xml => b"</sensml>".len(),
                _ => 1,
            },
            to,
            finished: false,
        };
        let (end, mut stream) = (inside.end, inside.stream);
        inside.to.append(end, why, |sink| {
            if announced {
                // The head that was asked for, in the place of the one that the stream would write.
                stream.begin(&mut Counter::new())?;
                return cbor::Writer::new(sink, count.into()).map(|_| ());
            }
            stream.begin(sink)
        })?;
        inside.stream = stream;
        // SAFETY: the caller passes memory for a writer.
        unsafe { m2m_senml_writer::put(writer, inside) }?;
        Ok(M2M_OK)
    })())
}

/// Writes a record behind those before. M2M_BUFFER_TOO_SMALL, M2M_INVALID and M2M_NOT_UTF8 leave the
/// pack as it was: it can be finished without the record, or another one written.
/// M2M_NOT_ALLOWED for more records than were announced, or when the pack is finished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_writer_record(
    writer: *mut m2m_senml_writer,
    record: *const m2m_senml_record,
) -> i32 {
    // SAFETY: the caller passes NULL or a structure that was initialised or is zero, and a record as
    // long as it says, with strings and data as it says.
    code(unsafe {
        m2m_senml_writer::with(writer, |inside| {
            let record = m2m_senml_record::read(record)?.get()?;
            let left = match inside.left {
                _ if inside.finished => return Err(M2M_NOT_ALLOWED),
                Some(left) => Some(left.checked_sub(1).ok_or(M2M_NOT_ALLOWED)?),
                None => None,
            };
            let (end, mut stream) = (inside.end, inside.stream);
            inside.to.append(end, why, |sink| stream.record(&record, sink))?;
            (inside.stream, inside.left) = (stream, left);
            Ok(M2M_OK)
        })
    })
}

/// Takes what was written since it was taken last: len bytes at the start of the buffer, which the next record
/// overwrites. So a pack of any length, and a stream of records without an end (RFC 8428 section 4.8), is sent piece by
/// piece out of a buffer for one record and the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_writer_take(
    writer: *mut m2m_senml_writer,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for a number.
        let out = unsafe { Out::new(len) }?;
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe {
            m2m_senml_writer::with(writer, |inside| {
                out.put(inside.to.take());
                Ok(M2M_OK)
            })
        }
    })())
}

/// Has decimal fractions written in CBOR as what they are (tag 4), exact and mostly shorter, from the next record on;
/// with exact 0, as at first, as the nearest floating-point numbers, which every receiver reads (RFC 8428 section 6).
/// Changes nothing in other formats.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_writer_set_exact(
    writer: *mut m2m_senml_writer,
    exact: i32,
) -> i32 {
    let fractions = if exact == 0 { cbor::Fractions::Binary } else { cbor::Fractions::Decimal };
    // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
    code(unsafe {
        m2m_senml_writer::with(writer, |inside| {
            inside.stream = inside.stream.with_fractions(fractions);
            Ok(M2M_OK)
        })
    })
}

/// Ends the pack: len gets its length, from the start of the buffer, or of what is left to take. Never for want of room.
/// M2M_NOT_ALLOWED if fewer records were written than announced. Calling it again says the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_writer_finish(
    writer: *mut m2m_senml_writer,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for a number.
        let out = unsafe { Out::new(len) }?;
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe {
            m2m_senml_writer::with(writer, |inside| {
                if inside.left.is_some_and(|left| left != 0) {
                    return Err(M2M_NOT_ALLOWED);
                }
                if !inside.finished {
                    let stream = inside.stream;
                    if inside.end > 0 {
                        inside.to.append(0, why, |sink| stream.finish(sink))?;
                    }
                    inside.finished = true;
                }
                out.put(inside.to.len());
                Ok(M2M_OK)
            })
        }
    })())
}
