//! Times, durations and schedules of oneM2M by themselves (TS-0004 table 6.3.3-1).

use core::ffi::c_char;

use m2m_base::{Duration, UnixTime};
use onem2m_core::time::{AbsRelTimestamp, Period, Schedule, Timestamp};

use super::put_written;
use crate::borrow::{Out, OutBytes, string};
use crate::guard::caught;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_MALFORMED, M2M_NOTHING, M2M_NULL, M2M_OK};
use crate::result::{Outcome, code};

/// Runs `call` with a text that is there.
///
/// # Safety
/// `text` is `NULL` or a string, `out` `NULL` or memory for the result.
pub(super) unsafe fn of_text<T: Copy>(
    text: *const c_char,
    out: *mut T,
    call: impl FnOnce(&'static str, Out<T>) -> Outcome,
) -> i32 {
    code(caught(|| {
        if text.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the same promises; what the result points to is C's.
        let (text, out) = unsafe { (string(text)?, Out::new(out)?) };
        call(text, out)
    }))
}

fn malformed<E>(_: E) -> m2m_result {
    M2M_MALFORMED
}

/// Reads a point in time such as 20141003T112032,5 (m2m:timestamp, UTC): *unix_ms gets it in milliseconds since
/// 1970-01-01T00:00:00Z. M2M_MALFORMED for what is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_timestamp_read(text: *const c_char, unix_ms: *mut i64) -> i32 {
    // SAFETY: the caller passes a string, and memory for a number.
    unsafe {
        of_text(text, unix_ms, |text, out| {
            out.put(Timestamp::parse(text).map_err(malformed)?.unix_time().as_millis());
            Ok(M2M_OK)
        })
    }
}

/// Writes a point in time, in milliseconds since 1970-01-01T00:00:00Z, into buf, and a NUL behind it: 15 characters of
/// whole seconds, or 19 with three digits behind a comma if milliseconds is not 0. len gets its length without the NUL.
/// With buf NULL and cap 0 only len is written. M2M_INVALID outside of the years 0 to 9999.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_timestamp_write(
    unix_ms: i64,
    milliseconds: i32,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the results.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        let time = UnixTime::from_millis(unix_ms);
        let made = Timestamp::from_unix_time(time, milliseconds != 0).ok_or(M2M_INVALID)?;
        put_written(out, |sink| made.write(sink))
    }))
}

/// Reads a time that is absolute, in milliseconds from now on, or a duration from now on (m2m:absRelTimestamp), and
/// tells the point in time that it is in a primitive that was received at received_ms. Both are in milliseconds since
/// 1970-01-01T00:00:00Z. M2M_MALFORMED for what is none; M2M_NOTHING for a duration of years or months, whose length is
/// the calendar's, and a point beyond all numbers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_time_resolve(
    text: *const c_char,
    received_ms: i64,
    unix_ms: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a string, and memory for a number.
    unsafe {
        of_text(text, unix_ms, |text, out| {
            let time = AbsRelTimestamp::parse(text).map_err(malformed)?;
            out.put_found(time.resolve(UnixTime::from_millis(received_ms)).map(UnixTime::as_millis))
        })
    }
}

/// Reads a duration such as P1DT12H (xs:duration): *ms gets it in milliseconds, rounded down. M2M_MALFORMED for what is
/// none, or below 0; M2M_NOTHING for one of years or months, whose length is the calendar's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_duration_read(text: *const c_char, ms: *mut u64) -> i32 {
    // SAFETY: the caller passes a string, and memory for a number.
    unsafe {
        of_text(text, ms, |text, out| {
            let period = Period::parse(text).map_err(malformed)?;
            out.put_found(period.duration().map(Duration::as_millis))
        })
    }
}

/// Writes a duration of milliseconds into buf, and a NUL behind it: PT90S, PT0,500S. len gets its length without the
/// NUL. With buf NULL and cap 0 only len is written. M2M_INVALID from 2^32 seconds on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_duration_write(
    ms: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for the results.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len) }?;
        let made = Period::from_duration(Duration::from_millis(ms)).ok_or(M2M_INVALID)?;
        put_written(out, |sink| made.write(sink))
    }))
}

/// Whether a point in time, in milliseconds since 1970-01-01T00:00:00Z, is within a schedule of seven fields
/// (m2m:scheduleEntry: seconds, minutes, hours, days, months, days of the week, years), such as "* 0-29 8 * * 1-5 *":
/// M2M_OK or M2M_NOTHING. M2M_MALFORMED for what is no schedule.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_schedule_contains(
    schedule: *const c_char,
    unix_ms: i64,
) -> i32 {
    let mut nowhere = 0_u8;
    // SAFETY: the caller passes a string; nothing but the result is told.
    unsafe {
        of_text(schedule, &raw mut nowhere, |text, _| {
            let schedule = Schedule::parse(text).map_err(malformed)?;
            let within = schedule.contains(UnixTime::from_millis(unix_ms));
            Ok(if within { M2M_OK } else { M2M_NOTHING })
        })
    }
}

/// The first second of a schedule that is not before a point in time; both are in milliseconds since
/// 1970-01-01T00:00:00Z. M2M_NOTHING if there is none in the next five years; M2M_MALFORMED for what is no schedule.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_schedule_next(
    schedule: *const c_char,
    unix_ms: i64,
    next_ms: *mut i64,
) -> i32 {
    // SAFETY: the caller passes a string, and memory for a number.
    unsafe {
        of_text(schedule, next_ms, |text, out| {
            let schedule = Schedule::parse(text).map_err(malformed)?;
            out.put_found(schedule.next(UnixTime::from_millis(unix_ms)).map(UnixTime::as_millis))
        })
    }
}
