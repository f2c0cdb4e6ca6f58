//! SenML by itself: packs are read and written in memory of the caller's, and nothing is allocated.

mod compact;
mod etch;
mod last;
mod media;
mod reader;
mod record;
mod stream;
mod unit;
mod writer;

pub use compact::*;
pub use etch::*;
pub use last::*;
pub use media::*;
pub use reader::*;
pub use record::*;
pub use stream::*;
pub use unit::*;
pub use writer::*;
