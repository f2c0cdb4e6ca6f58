//! SenML in CBOR: `application/senml+cbor` (RFC 8428 section 6).

mod reader;
mod skip;
pub(crate) mod token;
mod writer;

pub use reader::Reader;
pub(crate) use reader::one;
pub use writer::{Fractions, Writer};
