//! The registered units, and conversion between those that measure the same (RFC 8428, RFC 8798).

use core::ffi::c_char;

use ::senml::unit;

use crate::borrow::{Out, string};
use crate::guard::caught;
use crate::number::m2m_number;
use crate::result::code;
use crate::result::m2m_result::{M2M_INVALID, M2M_NOTHING, M2M_NULL, M2M_OK};

/// Converts a number of the unit from into the unit to: 3.3 of "mV" are 0.0033 of "V". *converted gets it,
/// exactly where it is a decimal fraction of at most 18 digits.
///
/// M2M_NOTHING for units that are not registered or do not measure the same. M2M_INVALID for what is no number.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_convert(
    value: m2m_number,
    from: *const c_char,
    to: *const c_char,
    converted: *mut m2m_number,
) -> i32 {
    code(caught(|| {
        if from.is_null() || to.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes strings, and memory for the result.
        let (from, to, out) = unsafe { (string(from)?, string(to)?, Out::new(converted)?) };
        let value = value.get()?.ok_or(M2M_INVALID)?;
        out.put_found(unit::convert(value, from, to).map(Into::into))
    }))
}

/// M2M_OK for a registered unit that a pack of this version (bver, 10 by itself) may use, M2M_NOTHING for
/// another.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_senml_unit_allowed(unit: *const c_char, version: u64) -> i32 {
    code(caught(|| {
        if unit.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes a string.
        let unit = unsafe { string(unit) }?;
        Ok(if unit::is_allowed(unit, version) { M2M_OK } else { M2M_NOTHING })
    }))
}
