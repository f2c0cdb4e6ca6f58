//! Packs are read while they arrive.

use core::ffi::c_char;
use core::mem::transmute;

use ::senml::stream::{End, ResolvedStream, StreamError, StreamReader};
use ::senml::{Record, Resolved};

use super::last::Last;
use super::reader::m2m_senml_error;
use super::record::{format, m2m_senml_item, rules};
use crate::borrow::{Out, OutBytes, buffer, bytes};
use crate::placed::Placed;
use crate::result::m2m_result::{M2M_MALFORMED, M2M_NOTHING, M2M_OK};
use crate::result::{Outcome, code};

/// Words of a m2m_senml_stream.
pub const M2M_SENML_STREAM_WORDS: usize = 160;

/// Reads a pack, or a stream of records without an end (RFC 8428 section 4.8), while its bytes arrive. It lies
/// wherever the program puts it, needs no memory but what m2m_senml_stream_init() is given, and is not freed.
///
/// A record that is in one piece is not copied: bytes that m2m_senml_stream_read() got must stay where they are until
/// the texts and data of that record have been read.
#[repr(C)]
pub struct m2m_senml_stream {
    /// The library's business.
    pub state: [u64; M2M_SENML_STREAM_WORDS],
}

/// What is in a stream.
pub(crate) struct Inside {
    source: Source,
    /// Lies in the memory of `source` or in the chunk of the last call: it is forgotten before either is used again.
    last: Last,
    error: Option<StreamError>,
}

/// Where records come from.
#[allow(clippy::large_enum_variant, reason = "there is no memory for a box")]
enum Source {
    AsSent(StreamReader<'static>),
    Resolved(ResolvedStream<'static>),
}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_senml_stream {
    type Inside = Inside;
    const MARK: u64 = 0x6d32_6d5f_7365_6e73;
}

/// Makes a reader of a stream in one of enum m2m_senml_format, by one of enum m2m_senml_rules. room has cap bytes for a
/// record that comes in several pieces: a longer one is an error. bases has bases_cap bytes for the base name, base
/// unit and base content format together, which outlive the records that they came with; records as they were sent
/// need none. Both are the stream's as long as it is used. Whatever the structure held before is forgotten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_stream_init(
    stream: *mut m2m_senml_stream,
    format_number: i32,
    rules_number: i32,
    room: *mut u8,
    cap: usize,
    bases: *mut u8,
    bases_cap: usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory that is the stream's as long as it is used.
        let (room, bases): (&'static mut [u8], &'static mut [u8]) =
            unsafe { (buffer(room, cap)?, buffer(bases, bases_cap)?) };
        let format = format(format_number)?;
        let source = match rules(rules_number)? {
            Some(rules) => Source::Resolved(ResolvedStream::new(format, rules, room, bases)),
            None => Source::AsSent(StreamReader::new(format, room)),
        };
        // SAFETY: the caller passes memory for a stream.
        unsafe {
            m2m_senml_stream::put(stream, Inside { source, last: Last::default(), error: None })
        }?;
        Ok(M2M_OK)
    })())
}

/// Takes the len bytes at data, up to the end of the next record: *used gets how many, *item that record. Call it
/// again with the rest. M2M_NOTHING if no record ends in them: *used is len then. M2M_MALFORMED if what comes is not
/// what it should be, and from then on: m2m_senml_stream_error() says more. Records before that were good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_stream_read(
    stream: *mut m2m_senml_stream,
    data: *const u8,
    len: usize,
    used: *mut usize,
    item: *mut m2m_senml_item,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes bytes that stay until the record has been read, and memory for the results.
        let (data, used, item) = unsafe { (bytes(data, len)?, Out::new(used)?, Out::new(item)?) };
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe { m2m_senml_stream::with(stream, |inside| inside.read(data, used, item)) }
    })())
}

impl Inside {
    fn read(
        &mut self,
        data: &'static [u8],
        used: Out<usize>,
        item: Out<m2m_senml_item>,
    ) -> Outcome {
        let mut rest = data;
        self.last = Last::default();
        loop {
            let read = match &mut self.source {
                Source::AsSent(reader) => reader.read(&mut rest).map(|read| {
                    // SAFETY: what it borrows from the reader lies in the program's memory, which is not
                    // written before the record is forgotten.
                    let stays = |r| unsafe { transmute::<Record<'_>, Record<'static>>(r) };
                    read.map(stays).map(|r| (Last::from(&r), m2m_senml_item::as_sent(&r)))
                }),
                Source::Resolved(reader) => reader.read(&mut rest).map(|read| {
                    // SAFETY: the same.
                    let stays = |r| unsafe { transmute::<Resolved<'_>, Resolved<'static>>(r) };
                    read.map(stays).map(|r| (Last::from(&r), m2m_senml_item::resolved(&r)))
                }),
            };
            let taken = data.len().saturating_sub(rest.len());
            match read {
                Ok(Some((last, told))) => {
                    self.last = last;
                    used.put(taken);
                    item.put(told);
                    return Ok(M2M_OK);
                }
                Ok(None) if rest.is_empty() => {
                    used.put(taken);
                    return Ok(M2M_NOTHING);
                }
                // A record that only sets base fields.
                Ok(None) => {}
                Err(error) => return self.fail(error),
            }
        }
    }

    fn fail(&mut self, error: StreamError) -> Outcome {
        self.error = Some(error);
        Err(M2M_MALFORMED)
    }
}

/// Tells that no more bytes come. *closed gets 1 if the pack came to its end, 0 if it could have gone on between two
/// records: so a stream ends, and a pack that was cut short. M2M_MALFORMED within a record, before the first byte, and
/// if something was wrong before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_stream_finish(
    stream: *mut m2m_senml_stream,
    closed: *mut i32,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for a number.
        let out = unsafe { Out::new(closed) }?;
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe {
            m2m_senml_stream::with(stream, |inside| {
                let end = match &mut inside.source {
                    Source::AsSent(reader) => reader.finish(),
                    Source::Resolved(reader) => reader.finish(),
                };
                match end {
                    Ok(end) => out.put((end == End::Closed).into()),
                    Err(error) => return inside.fail(error),
                }
                Ok(M2M_OK)
            })
        }
    })())
}

/// What is wrong, after M2M_MALFORMED: one of enum m2m_senml_error, in which record, counted from 1 on, and where, in
/// bytes from the start of the stream. M2M_NOTHING if nothing was wrong so far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_stream_error(
    stream: *const m2m_senml_stream,
    error: *mut i32,
    record: *mut u64,
    offset: *mut u64,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for three numbers.
        let (error, record, offset) =
            unsafe { (Out::new(error)?, Out::new(record)?, Out::new(offset)?) };
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe {
            m2m_senml_stream::with(stream, |inside| {
                let Some(found) = inside.error else { return Ok(M2M_NOTHING) };
                error.put(m2m_senml_error::from(found.kind) as i32);
                record.put(found.record);
                offset.put(found.offset);
                Ok(M2M_OK)
            })
        }
    })())
}

/// Copies a text of the record that was read last into buf, as m2m_senml_reader_text() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_stream_text(
    stream: *const m2m_senml_stream,
    which: i32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for `cap` bytes and for a number.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe { m2m_senml_stream::with(stream, |inside| inside.last.copy_text(which, out)) }
    })())
}

/// Copies the data of the record that was read last into buf, as m2m_senml_reader_data() does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_stream_data(
    stream: *const m2m_senml_stream,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for `cap` bytes and for a number.
        let out = unsafe { OutBytes::new(buf, cap, len) }?;
        // SAFETY: the caller passes NULL or a structure that was initialised or is zero.
        unsafe { m2m_senml_stream::with(stream, |inside| inside.last.copy_data(out)) }
    })())
}
