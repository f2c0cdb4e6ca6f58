//! Packs that say what is to be read of another pack, or changed in it (RFC 8790).

use ::senml::etch::{EtchError, FetchPack, PatchPack};
use ::senml::{Record, ResolvedReader, Rules};

use super::compact::put;
use super::record::format;
use crate::borrow::{Out, buffer, bytes};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{M2M_INVALID, M2M_MALFORMED, M2M_NOT_ALLOWED};

/// Writes the records of a pack that a fetch pack selects (FETCH, RFC 8790 section 3.1) into buf: each once, in their
/// order, by their whole names and times. Both packs and what is written are in one of enum m2m_senml_format. len gets
/// the length. With buf NULL and cap 0 only len is written. Nothing is allocated: the packs are read several times, so
/// the time is that of the product of their lengths.
///
/// Errors: M2M_MALFORMED for a fetch pack that is none, to be answered with 4.00; M2M_INVALID for a pack that is none,
/// and a format; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_fetch(
    format_number: i32,
    pack: *const u8,
    pack_len: usize,
    fetch: *const u8,
    fetch_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (pack, fetch, room, out) = unsafe {
            (bytes(pack, pack_len)?, bytes(fetch, fetch_len)?, buffer(buf, cap)?, Out::new(len)?)
        };
        let format = format(format_number)?;
        let fetch = FetchPack::new(format, fetch, Rules::RFC8428).map_err(|_| M2M_MALFORMED)?;
        let pack = ResolvedReader::new(format, pack, Rules::RFC8428);
        for record in pack.clone() {
            record.map_err(|_| M2M_INVALID)?;
        }
        let selected = pack.flatten().filter(|record| fetch.selects(record));
        put(format, selected.map(|record| Record::from(&record)), (buf, room), out)
    }))
}

/// Writes a pack as it is after a patch pack (PATCH and iPATCH, RFC 8790 section 3.2) into buf: first the records that
/// it had, changed or not, but for those that are removed, then those that are new. Formats, memory and time are as for
/// m2m_senml_fetch().
///
/// Errors: M2M_MALFORMED for a patch pack that is none, to be answered with 4.00; M2M_NOT_ALLOWED for a record of it
/// that matches several of the pack, to be answered with 4.22; M2M_INVALID for a pack that is none, and a format;
/// M2M_BUFFER_TOO_SMALL. After an error, the pack is to stay as it is, and what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_patch(
    format_number: i32,
    pack: *const u8,
    pack_len: usize,
    patch: *const u8,
    patch_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes as many bytes, and memory for the results.
        let (pack, patch, room, out) = unsafe {
            (bytes(pack, pack_len)?, bytes(patch, patch_len)?, buffer(buf, cap)?, Out::new(len)?)
        };
        let format = format(format_number)?;
        let patch = PatchPack::new(format, patch, Rules::RFC8428).map_err(|_| M2M_MALFORMED)?;
        let patched =
            patch.apply(ResolvedReader::new(format, pack, Rules::RFC8428)).map_err(|error| {
                match error {
                    EtchError::Target(_) => M2M_INVALID,
                    EtchError::Pack(_) => M2M_MALFORMED,
                    EtchError::Ambiguous { .. } => M2M_NOT_ALLOWED,
                }
            })?;
        put(format, patched.map(|record| Record::from(&record)), (buf, room), out)
    }))
}
