//! What configurations of all handles have in common.

use m2m_base::Duration;

use crate::result::m2m_result::{self, M2M_INVALID};

/// A span as C has it, in milliseconds; the longest one for what does not fit.
pub(crate) fn ms(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// A number of C's in the range that it has here.
pub(crate) fn narrow<T: TryFrom<u32>>(number: u32) -> Result<T, m2m_result> {
    T::try_from(number).map_err(|_| M2M_INVALID)
}
