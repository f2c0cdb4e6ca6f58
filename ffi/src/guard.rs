//! What a handle is protected by: at most one call is inside, and none after a panic.

use core::cell::UnsafeCell;

use portable_atomic::{AtomicU8, Ordering};

use crate::result::m2m_result::{self, M2M_BUSY, M2M_NULL, M2M_OK, M2M_POISONED, M2M_UNSPECIFIED};

const IDLE: u8 = 0;
const INSIDE: u8 = 1;
const POISONED: u8 = 2;

/// A value that one call at a time may use.
///
/// Not a lock: nobody waits. Two threads that use one handle at one time, or a signal handler that
/// uses the handle of the code that it interrupts, are told so.
#[repr(C)]
pub(crate) struct Guarded<T> {
    // First, so that a pointer to the whole is one to this.
    state: AtomicU8,
    value: UnsafeCell<T>,
}

// SAFETY: `enter` lets one thread at a time reach the value, and its atomic operations order the
// accesses of one thread before those of the next. The value itself goes from thread to thread,
// hence `Send`.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    pub(crate) fn new(value: T) -> Self {
        Guarded { state: AtomicU8::new(IDLE), value: UnsafeCell::new(value) }
    }

    /// The value, to somebody who has it alone.
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    fn enter(&self) -> Result<(), m2m_result> {
        match enter(Some(&self.state)) {
            M2M_OK => Ok(()),
            error => Err(error),
        }
    }

    /// Runs `call` with the value, if there is one.
    pub(crate) fn with_some<R>(
        this: Option<&Self>,
        call: impl FnOnce(&mut T) -> Result<R, m2m_result>,
    ) -> Result<R, m2m_result> {
        match enter(this.map(|this| &this.state)) {
            // SAFETY: there is one, else it would not have been entered; and it was entered now.
            M2M_OK => unsafe { this.unwrap_unchecked().inside(call) },
            error => Err(error),
        }
    }

    /// Runs `call` with the value. A panic in it poisons the value for good.
    pub(crate) fn with<R>(
        &self,
        call: impl FnOnce(&mut T) -> Result<R, m2m_result>,
    ) -> Result<R, m2m_result> {
        self.enter()?;
        // SAFETY: just now.
        unsafe { self.inside(call) }
    }

    /// # Safety
    /// It was entered for this call.
    unsafe fn inside<R>(
        &self,
        call: impl FnOnce(&mut T) -> Result<R, m2m_result>,
    ) -> Result<R, m2m_result> {
        // SAFETY: the state was idle and now says that somebody is inside, so no other reference
        // to the value exists until it is stored below.
        let value = unsafe { &mut *self.value.get() };
        // Nothing looks at a value that a panic left half changed: it is poisoned.
        let result = unless_it_panics(|| call(value));
        self.state.store(if result.is_some() { IDLE } else { POISONED }, Ordering::Release);
        result.unwrap_or(Err(M2M_POISONED))
    }

    /// Takes the value out of use for ever, so that it can be freed. A poisoned one can be, one
    /// that is in use cannot.
    pub(crate) fn close(&self) -> Result<(), m2m_result> {
        match self.enter() {
            Ok(()) | Err(M2M_POISONED) => Ok(()),
            busy => busy,
        }
    }

    /// Opens again what [`Guarded::close`] closed.
    pub(crate) fn reopen(&self) {
        // Fails if it is poisoned, and then nothing is to be done.
        let _ = self.state.compare_exchange(INSIDE, IDLE, Ordering::Release, Ordering::Relaxed);
    }
}

/// Every function of the API begins with this: it is there once.
#[inline(never)]
fn enter(state: Option<&AtomicU8>) -> m2m_result {
    let Some(state) = state else { return M2M_NULL };
    match state.compare_exchange(IDLE, INSIDE, Ordering::Acquire, Ordering::Relaxed) {
        Ok(_) => M2M_OK,
        Err(POISONED) => M2M_POISONED,
        Err(_) => M2M_BUSY,
    }
}

/// Runs what has no handle to poison: a panic is an unspecified error.
pub(crate) fn caught<R>(call: impl FnOnce() -> Result<R, m2m_result>) -> Result<R, m2m_result> {
    unless_it_panics(call).unwrap_or(Err(M2M_UNSPECIFIED))
}

/// What `call` returns, or nothing if it panics.
#[cfg(feature = "std")]
fn unless_it_panics<R>(call: impl FnOnce() -> R) -> Option<R> {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // Dropping what was thrown could throw again; then that is left where it is.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                core::mem::forget(again);
            }
            None
        }
    }
}

/// What `call` returns. Nobody can catch a panic here: it ends in the C library's `abort`.
#[cfg(not(feature = "std"))]
fn unless_it_panics<R>(call: impl FnOnce() -> R) -> Option<R> {
    Some(call())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;
    use std::thread;

    #[test]
    fn a_call_inside_a_call_is_busy() {
        let guarded = Guarded::new(1);
        let nested = guarded.with(|_| Ok(guarded.with(|n| Ok(*n))));
        assert_eq!(nested, Ok(Err(M2M_BUSY)));
        assert_eq!(guarded.with(|n| Ok(*n)), Ok(1));
        assert_eq!(guarded.with(|_| Ok(guarded.close())), Ok(Err(M2M_BUSY)));
    }

    #[test]
    fn a_panic_poisons_for_good() {
        let guarded = Guarded::new(1);
        let first: Result<(), _> = guarded.with(|_| panic!("on purpose"));
        assert_eq!(first, Err(M2M_POISONED));
        assert_eq!(guarded.with(|n| Ok(*n)), Err(M2M_POISONED));
        assert_eq!(guarded.close(), Ok(()));
        guarded.reopen();
        assert_eq!(guarded.with(|n| Ok(*n)), Err(M2M_POISONED));
    }

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("on purpose, again");
        }
    }

    #[test]
    fn what_is_thrown_may_throw() {
        let guarded = Guarded::new(1);
        let thrown: Result<(), _> = guarded.with(|_| std::panic::panic_any(Bomb));
        assert_eq!(thrown, Err(M2M_POISONED));
        let thrown: Result<(), _> = caught(|| std::panic::panic_any(Bomb));
        assert_eq!(thrown, Err(M2M_UNSPECIFIED));
    }

    #[test]
    fn what_is_closed_can_be_opened_again() {
        let guarded = Guarded::new(1);
        assert_eq!(guarded.close(), Ok(()));
        assert_eq!(guarded.with(|n| Ok(*n)), Err(M2M_BUSY));
        guarded.reopen();
        assert_eq!(guarded.with(|n| Ok(*n)), Ok(1));
    }

    #[test]
    fn racing_threads_lose_no_update() {
        let (guarded, done) = (Guarded::new(0u32), AtomicU32::new(0));
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    for _ in 0..2000 {
                        match guarded.with(|n| {
                            *n += 1;
                            Ok(())
                        }) {
                            Ok(()) => _ = done.fetch_add(1, Ordering::Relaxed),
                            Err(error) => assert_eq!(error, M2M_BUSY),
                        }
                    }
                });
            }
        });
        assert_eq!(guarded.with(|n| Ok(*n)), Ok(done.load(Ordering::Relaxed)));
    }
}
