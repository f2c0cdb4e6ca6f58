//! Containers whose capacity is a run-time number: reserved at construction, never grown unless
//! their constructor says so, and never panicking.
//!
//! They are what lets an engine promise that nothing is allocated after it was made, and that a
//! peer cannot make it grow.

mod deadlines;
mod few_deadlines;
mod few_queue;
mod few_slots;
mod growing;
mod handle;
mod index;
mod narrow;
mod pool;
mod queue;
mod reservation;
mod scan;
mod slab;

pub use deadlines::Deadlines;
pub use few_deadlines::FewDeadlines;
pub use few_queue::FewQueue;
pub use few_slots::FewSlots;
pub use growing::GrowingIndex;
pub use handle::Handle;
pub use index::Index;
pub use narrow::{Narrow, NonMax};
pub use pool::{Chunk, Pool};
pub use queue::Queue;
pub use reservation::{Reservation, Reserve, Reserved};
pub use scan::Scan;
pub use slab::Slab;

/// Memory could not be had at construction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;
