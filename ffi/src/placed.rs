//! Small state that lies in a structure of C's: nothing is allocated for it and nothing is freed.

use core::mem::{align_of, size_of};
use core::ptr;

use crate::guard::Guarded;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NULL};

/// What lies in C's structure. The mark tells one that was initialised from one that was not.
#[repr(C)]
struct Place<T> {
    mark: u64,
    guarded: Guarded<T>,
}

/// A structure of C's, as long as the words that it is, in which a value lies.
///
/// # Safety
/// The structure is `repr(C)` and consists of 64-bit words only.
pub(crate) unsafe trait Placed: Sized {
    /// What lies in it. It is never dropped.
    type Inside: Send;
    /// Tells this structure from others.
    const MARK: u64;
    /// The value fits into the structure, wherever that lies.
    const FITS: () = {
        assert!(size_of::<Place<Self::Inside>>() <= size_of::<Self>());
        assert!(align_of::<Place<Self::Inside>>() <= align_of::<Self>());
        assert!(!core::mem::needs_drop::<Self::Inside>());
    };

    /// Puts a value into C's structure, whatever was there.
    ///
    /// # Safety
    /// Unless it is `NULL`, `to` points to memory for a `Self` that nobody uses now.
    unsafe fn put(to: *mut Self, inside: Self::Inside) -> Result<(), m2m_result> {
        const { Self::FITS };
        if to.is_null() {
            return Err(M2M_NULL);
        }
        let place = to.cast::<Place<Self::Inside>>();
        if !place.is_aligned() {
            return Err(M2M_INVALID);
        }
        // SAFETY: not NULL, aligned, and the structure is large enough; what was there needs no
        // drop.
        unsafe { place.write(Place { mark: Self::MARK, guarded: Guarded::new(inside) }) };
        Ok(())
    }

    /// Runs `call` with the value in C's structure.
    ///
    /// # Safety
    /// Unless it is `NULL`, `of` points to a structure that is all zero, or that `put` filled and
    /// nobody wrote since.
    unsafe fn with<R>(
        of: *const Self,
        call: impl FnOnce(&mut Self::Inside) -> Result<R, m2m_result>,
    ) -> Result<R, m2m_result> {
        if of.is_null() {
            return Err(M2M_NULL);
        }
        let place = of.cast::<Place<Self::Inside>>();
        // SAFETY: the mark is the first word of the structure.
        let marked =
            place.is_aligned() && unsafe { ptr::read(&raw const (*place).mark) } == Self::MARK;
        if !marked {
            return Err(M2M_INVALID);
        }
        // SAFETY: `put` wrote it; only shared references to it ever exist.
        unsafe { &*place }.guarded.with(call)
    }
}
