//! Whole packs are written again.

use ::senml::{Format, Reader, Record, Writer, compact};
use m2m_base::{Counter, Sink, SliceSink};

use super::record::format;
use super::writer::why;
use crate::borrow::{Out, buffer, bytes};
use crate::guard::caught;
use crate::result::m2m_result::{M2M_MALFORMED, M2M_OK};
use crate::result::{Outcome, code};

/// Writes records as a pack that says how many they are, and tells its length.
pub(super) fn put<'a>(
    format: Format,
    records: impl Iterator<Item = Record<'a>> + Clone,
    (buf, room): (*mut u8, &mut [u8]),
    out: Out<usize>,
) -> Outcome {
    let count = u64::try_from(records.clone().count()).ok();
    let write = |sink: &mut dyn Sink| {
        let mut writer = Writer::new(format, sink, count)?;
        for record in records {
            writer.record(&record)?;
        }
        writer.finish()
    };
    out.put(if buf.is_null() {
        let mut counter = Counter::new();
        write(&mut counter).map_err(why)?;
        counter.len()
    } else {
        let mut sink = SliceSink::new(room);
        write(&mut sink).map_err(why)?;
        sink.len()
    });
    Ok(M2M_OK)
}

/// Writes a pack again into buf, in another or the same of enum m2m_senml_format. If none of its records has base
/// fields they get some that make it shorter and say the same: the beginning that all names have in common, a time, the
/// unit that most have. One that has base fields keeps its own. len gets the length. With buf NULL and cap 0 only len
/// is written. Nothing is allocated: the pack is read a few times.
///
/// Errors: M2M_MALFORMED for a pack that is none; M2M_INVALID for a format; M2M_BUFFER_TOO_SMALL. After an error, what
/// is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_compact(
    from_format: i32,
    pack: *const u8,
    pack_len: usize,
    to_format: i32,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (pack, room, out) =
            unsafe { (bytes(pack, pack_len)?, buffer(buf, cap)?, Out::new(len)?) };
        let (from, to) = (format(from_format)?, format(to_format)?);
        let pack = Reader::new(from, pack);
        for record in pack.clone() {
            record.map_err(|_| M2M_MALFORMED)?;
        }
        put(to, compact(pack.flatten()), (buf, room), out)
    }))
}
