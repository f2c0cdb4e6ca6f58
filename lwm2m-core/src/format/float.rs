//! Floating-point numbers in the formats that have them in four and in eight bytes.

use m2m_base::float::SINGLE;

const SINGLE_INFINITY: u32 = 0x7f80_0000;

/// The bits of `n` in four bytes, if it is the same number there. NaN is.
pub(super) fn lossless_f32(n: f64) -> Option<u32> {
    if n.is_finite() {
        return SINGLE.narrow(n);
    }
    let bits = n.to_bits();
    let infinity = SINGLE_INFINITY | u32::from(n.is_sign_negative()) << 31;
    Some(if bits << 12 == 0 { infinity } else { SINGLE_INFINITY | 1 << 22 })
}
