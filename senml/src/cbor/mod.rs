//! SenML in CBOR: `application/senml+cbor` (RFC 8428 section 6).

mod reader;
#[cfg(test)]
mod tests;
pub(crate) mod token;
mod writer;

pub use reader::Reader;
pub use writer::{Fractions, Writer};
