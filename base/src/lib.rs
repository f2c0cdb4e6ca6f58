//! What the m2m protocol crates share: time that the caller tells, peers that the caller
//! numbers, randomness from a seed that the caller gives, a byte reader and byte sinks, the
//! verbs of every engine, and (feature `alloc`) containers whose capacity is reserved once.
//!
//! Nothing here reads a clock, opens a socket or knows a protocol.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod engine;
mod peer;
mod random;
mod reader;
mod sink;
mod time;

#[cfg(feature = "alloc")]
pub mod container;
pub mod decimal;
pub mod float;
pub mod short;

pub use engine::{BufferTooSmall, Cause, Disposition, Engine, Transmit};
pub use peer::PeerId;
pub use random::{Random, Seed};
pub use reader::{Reader, UnexpectedEnd};
pub use sink::{Counter, FitSink, Full, Room, Sink, SliceSink, Window};
pub use time::{Duration, Instant, UnixTime};

/// Whether less code is worth more than less time: the feature `small`. What is computed is the
/// same either way; fast paths that only save time are left out with it.
pub const SMALL: bool = cfg!(feature = "small");
