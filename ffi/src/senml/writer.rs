//! Packs are written record by record.

use ::senml::stream::StreamWriter;
use ::senml::{Format, WriteError, cbor};
use m2m_base::{Counter, SliceSink};

use super::record::{format, m2m_senml_record};
use crate::borrow::{Out, buffer};
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
    buf: *mut u8,
    cap: usize,
    len: usize,
    finished: bool,
}

// SAFETY: the buffer is the writer's, whichever thread uses it.
unsafe impl Send for Inside {}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_senml_writer {
    type Inside = Inside;
    const MARK: u64 = 0x6d32_6d5f_7365_6e77;
}

fn why(error: WriteError) -> m2m_result {
    match error {
        WriteError::Full => M2M_BUFFER_TOO_SMALL,
        WriteError::Count => M2M_NOT_ALLOWED,
        _ => M2M_INVALID,
    }
}

impl Inside {
    /// What is left of the buffer.
    fn room<'a>(&self) -> Result<&'a mut [u8], m2m_result> {
        // SAFETY: the buffer that m2m_senml_writer_init checked is the writer's until it ends.
        let all = unsafe { buffer(self.buf, self.cap) }?;
        all.get_mut(self.len..).ok_or(M2M_BUFFER_TOO_SMALL)
    }

    /// Writes something behind what is there, and leaves `beside` bytes.
    fn append(
        &mut self,
        beside: usize,
        write: impl FnOnce(&mut SliceSink<'_>) -> Result<(), WriteError>,
    ) -> Result<(), m2m_result> {
        let room = self.room()?;
        let usable = room.len().checked_sub(beside).ok_or(M2M_BUFFER_TOO_SMALL)?;
        let mut sink = SliceSink::new(room.get_mut(..usable).unwrap_or_default());
        write(&mut sink).map_err(why)?;
        let written = sink.len();
        self.len = self.len.saturating_add(written);
        Ok(())
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
        // SAFETY: the caller passes memory for `cap` bytes.
        unsafe { buffer(buf, cap) }?;
        let format = format(format_number)?;
        let announced = format == Format::Cbor && count != 0;
        let mut inside = Inside {
            stream: StreamWriter::new(format),
            left: (count != 0).then_some(count.into()),
            end: usize::from(!announced),
            buf,
            cap,
            len: 0,
            finished: false,
        };
        let (end, mut stream) = (inside.end, inside.stream);
        inside.append(end, |sink| {
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
            inside.append(end, |sink| stream.record(&record, sink))?;
            (inside.stream, inside.left) = (stream, left);
            Ok(M2M_OK)
        })
    })
}

/// Ends the pack: len gets its length, from the start of the buffer. Never for want of room.
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
                        inside.append(0, |sink| stream.finish(sink))?;
                    }
                    inside.finished = true;
                }
                out.put(inside.len);
                Ok(M2M_OK)
            })
        }
    })())
}
