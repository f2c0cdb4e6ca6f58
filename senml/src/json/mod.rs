//! SenML in JSON: `application/senml+json` (RFC 8428 section 5).

mod reader;
mod scan;
#[cfg(any(feature = "small", test))]
#[cfg_attr(not(feature = "small"), allow(dead_code, unreachable_pub, reason = "for comparison"))]
pub(crate) mod small;
#[cfg(any(not(feature = "small"), test))]
#[cfg_attr(feature = "small", allow(dead_code, unreachable_pub, reason = "for comparison"))]
pub(crate) mod writer;

pub use reader::Reader;
pub(crate) use reader::one;
#[cfg(feature = "small")]
pub use small::Writer;
#[cfg(not(feature = "small"))]
pub use writer::Writer;
