//! SenML by itself: packs are read and written in memory of the caller's, and nothing is allocated.

mod etch;
mod reader;
mod record;
mod unit;
mod writer;

pub use etch::*;
pub use reader::*;
pub use record::*;
pub use unit::*;
pub use writer::*;
