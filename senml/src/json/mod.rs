//! SenML in JSON: `application/senml+json` (RFC 8428 section 5).

#[cfg(not(feature = "small"))]
mod fast;
pub(crate) mod pieces;
mod pull;
mod reader;
mod scan;
mod writer;

pub use pull::{Pull, write_string};
pub use reader::Reader;
pub(crate) use reader::one;
pub use writer::Writer;
