//! Handles: engines behind a guard, and the verbs that all of them have.

use alloc::boxed::Box;

use m2m_base::{Engine, Instant, PeerId};

use crate::borrow::{Out, buffer, bytes};
use crate::engine::{checked, disposed, m2m_transmit, millis};
use crate::guard::{Guarded, caught};
use crate::memory::boxed;
use crate::result::m2m_result::{M2M_BUFFER_TOO_SMALL, M2M_NOTHING, M2M_OK};
use crate::result::{Outcome, code};

/// An engine behind its guard.
pub(crate) struct Handle<T> {
    pub(crate) guarded: Guarded<T>,
    tag: u64,
}

/// What C knows as a pointer to a structure without members.
#[cfg_attr(
    not(any(feature = "coap", feature = "server")),
    allow(dead_code, reason = "engines of datagrams have all verbs")
)]
pub(crate) trait Handled: Sized {
    /// What is behind the guard.
    type Inside: Send;
    /// The state machine in it.
    type Engine;

    /// The handle of what is made.
    fn of(handle: Handle<Self::Inside>) -> Self;
    /// The handle.
    fn handle(&self) -> &Handle<Self::Inside>;
    /// The state machine.
    fn engine(inside: &mut Self::Inside) -> &mut Self::Engine;

    /// Puts what was made into a handle of its own.
    fn publish(inside: Self::Inside, tag: u64, out: Out<*mut Self>) -> Outcome {
        let handle = boxed(Self::of(Handle { guarded: Guarded::new(inside), tag }))?;
        out.put(Box::into_raw(handle));
        Ok(M2M_OK)
    }

    /// Runs `call` inside the handle.
    ///
    /// # Safety
    /// `this` is `NULL` or a handle that was not freed.
    unsafe fn with(this: *const Self, call: impl FnOnce(&mut Self::Inside) -> Outcome) -> i32 {
        // SAFETY: the same promise. Only shared references to a handle ever exist.
        let handle = unsafe { this.as_ref() };
        code(Guarded::with_some(handle.map(|h| &h.handle().guarded), call))
    }

    /// Frees a handle.
    ///
    /// # Safety
    /// `this` is `NULL` or a handle from `publish` that was not freed.
    unsafe fn free(this: *mut Self) -> i32 {
        // SAFETY: the same promise.
        let Some(handle) = (unsafe { this.as_ref() }) else { return M2M_OK.code() };
        if let Err(busy) = handle.handle().guarded.close() {
            return busy.code();
        }
        code(caught(|| {
            // SAFETY: it comes from Box::into_raw in `publish`, and nobody is inside.
            drop(unsafe { Box::from_raw(this) });
            Ok(M2M_OK)
        }))
    }

    /// # Safety
    /// As for `with`.
    unsafe fn tag(this: *const Self) -> u64 {
        // SAFETY: the same promise.
        unsafe { this.as_ref() }.map_or(0, |h| h.handle().tag)
    }

    /// # Safety
    /// As for `with`, and `data` is `NULL` or points to `len` bytes.
    unsafe fn datagram(this: *mut Self, now_ms: u64, peer: u64, data: *const u8, len: usize) -> i32
    where
        Self::Engine: Engine,
    {
        // SAFETY: the same promises.
        checked(unsafe { bytes(data, len) }, |datagram| unsafe {
            Self::with(this, |inside| {
                let now = Instant::from_millis(now_ms);
                let engine = Self::engine(inside);
                Ok(disposed(engine.handle_datagram(now, PeerId(peer), datagram)))
            })
        })
    }

    /// # Safety
    /// As for `with`.
    unsafe fn timeout(this: *mut Self, now_ms: u64) -> i32
    where
        Self::Engine: Engine,
    {
        // SAFETY: the same promise.
        unsafe {
            Self::with(this, |inside| {
                Self::engine(inside).handle_timeout(Instant::from_millis(now_ms));
                Ok(M2M_OK)
            })
        }
    }

    /// # Safety
    /// As for `with`.
    unsafe fn forget(this: *mut Self, now_ms: u64, peer: u64) -> i32
    where
        Self::Engine: Engine,
    {
        // SAFETY: the same promise.
        unsafe {
            Self::with(this, |inside| {
                Self::engine(inside).forget_peer(Instant::from_millis(now_ms), PeerId(peer));
                Ok(M2M_OK)
            })
        }
    }

    /// # Safety
    /// As for `with`; `buf` and `transmit` are `NULL` or memory for `cap` bytes and the result.
    unsafe fn transmit(
        this: *mut Self,
        now_ms: u64,
        buf: *mut u8,
        cap: usize,
        transmit: *mut m2m_transmit,
    ) -> i32
    where
        Self::Engine: Engine,
    {
        // SAFETY: the same promises.
        let pointers = unsafe { buffer(buf, cap).and_then(|b| Ok((b, Out::new(transmit)?))) };
        // SAFETY: the same promise.
        checked(pointers, |(buf, out)| unsafe {
            Self::with(this, |inside| {
                let now = Instant::from_millis(now_ms);
                match Self::engine(inside).poll_transmit(now, buf) {
                    Ok(Some(t)) => {
                        out.put(m2m_transmit { peer: t.peer.0, len: t.len });
                        Ok(M2M_OK)
                    }
                    Ok(None) => Ok(M2M_NOTHING),
                    Err(_) => Err(M2M_BUFFER_TOO_SMALL),
                }
            })
        })
    }

    /// # Safety
    /// As for `with`; `event` is `NULL` or memory for an `E`.
    unsafe fn event<E>(this: *mut Self, event: *mut E) -> i32
    where
        Self::Engine: Engine,
        E: Copy + From<<Self::Engine as Engine>::Event>,
    {
        // SAFETY: the same promises.
        checked(unsafe { Out::new(event) }, |out| unsafe {
            Self::with(this, |inside| match Self::engine(inside).poll_event() {
                Some(event) => {
                    out.put(event.into());
                    Ok(M2M_OK)
                }
                None => Ok(M2M_NOTHING),
            })
        })
    }

    /// # Safety
    /// As for `with`.
    unsafe fn next_timeout(this: *const Self) -> u64
    where
        Self::Engine: Engine,
    {
        let mut at = None;
        // SAFETY: the same promise.
        unsafe {
            Self::with(this, |inside| {
                at = Self::engine(inside).poll_timeout();
                Ok(M2M_OK)
            })
        };
        millis(at)
    }
}
