//! Records of a journal on their way to C.

use crate::borrow::{Out, OutBytes};
use crate::result::Outcome;
use crate::result::m2m_result::{self, M2M_BUFFER_TOO_SMALL, M2M_NOTHING, M2M_OK};

/// Where C wants the next record.
pub(crate) struct OutRecord<'a> {
    key: Out<u64>,
    deleted: Out<i32>,
    bytes: OutBytes<'a>,
    /// There is a buffer: without one, the record would be lost.
    there: bool,
}

impl OutRecord<'_> {
    /// # Safety
    /// As for `OutBytes::new` and `Out::new`.
    pub(crate) unsafe fn new(
        key: *mut u64,
        deleted: *mut i32,
        (buf, cap, len): (*mut u8, usize, *mut usize),
    ) -> Result<Self, m2m_result> {
        // SAFETY: the same promises.
        let (bytes, key, deleted) =
            unsafe { (OutBytes::new(buf, cap, len)?, Out::new(key)?, Out::new(deleted)?) };
        Ok(OutRecord { key, deleted, bytes, there: !buf.is_null() })
    }

    /// Gives C the record that did not fit before, or the next one. What does not fit waits.
    pub(crate) fn put_next<R>(
        self,
        waiting: &mut Option<R>,
        next: impl FnOnce() -> Option<R>,
        parts: impl FnOnce(&R) -> (u64, Option<&[u8]>),
    ) -> Outcome {
        let Some(record) = waiting.take().or_else(next) else { return Ok(M2M_NOTHING) };
        let (key, value) = parts(&record);
        let put = self.put(key, value);
        if put.is_err() {
            *waiting = Some(record);
        }
        put
    }

    /// Gives C a record; without a value, what is under the key is to be deleted. Nothing is written if
    /// the buffer is too small.
    fn put(self, key: u64, value: Option<&[u8]>) -> Outcome {
        let bytes = value.unwrap_or_default();
        if !self.there && !bytes.is_empty() {
            return Err(M2M_BUFFER_TOO_SMALL);
        }
        self.bytes.put(bytes.len(), bytes.iter().copied(), b"")?;
        self.key.put(key);
        self.deleted.put(value.is_none().into());
        Ok(M2M_OK)
    }
}
