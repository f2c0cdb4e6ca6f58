//! Containers whose capacity is a run-time number: reserved at construction, never grown unless
//! their constructor says so, and never panicking.
//!
//! They are what lets an engine promise that nothing is allocated after it was made, and that a
//! peer cannot make it grow.

mod deadlines;
mod index;
mod narrow;
mod pool;
mod queue;
mod slab;

pub use deadlines::Deadlines;
pub use index::Index;
pub use narrow::{Narrow, NonMax};
pub use pool::{Chunk, Pool};
pub use queue::Queue;
pub use slab::{Handle, Slab};

/// Memory could not be had at construction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

/// A vector with room for `capacity` items, reserved now.
///
/// # Errors
/// [`OutOfMemory`] if they cannot be reserved.
pub fn reserved<T>(capacity: usize) -> Result<alloc::vec::Vec<T>, OutOfMemory> {
    let mut v = alloc::vec::Vec::new();
    v.try_reserve_exact(capacity).map_err(|_| OutOfMemory)?;
    Ok(v)
}

/// `len` times `value`.
///
/// # Errors
/// [`OutOfMemory`] if they cannot be reserved.
pub fn filled<T: Clone>(value: T, len: usize) -> Result<alloc::boxed::Box<[T]>, OutOfMemory> {
    let mut v = reserved(len)?;
    v.resize(len, value);
    Ok(v.into_boxed_slice())
}
