//! SenML in JSON: `application/senml+json` (RFC 8428 section 5).

#[cfg(not(feature = "small"))]
mod fast;
pub(crate) mod pieces;
mod reader;
mod scan;
mod writer;

pub use reader::Reader;
pub(crate) use reader::one;
pub use writer::Writer;
