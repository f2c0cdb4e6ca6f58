//! Request and response primitives (TS-0004 clauses 6.4.1, 6.4.2, 7.2.1 and 8.4), read from and
//! written to JSON by their short names.
//!
//! Reading is strict: a member that the table of parameters does not have, a member twice, a value
//! of the wrong type, a mandatory parameter missing, one that the operation does not allow, each
//! is a [`PrimitiveError`] that names it. Only a response may have parameters that are not known:
//! they are passed over, because nobody could be told. Objects nest up to 127 deep; the rest is refused.
//!
//! Some peers wrap a primitive into a member `m2m:rqp` or `m2m:rsp`, others put its parameters at
//! the top. Both are read; both can be written.
//!
//! ```
//! use onem2m_core::primitive::Request;
//!
//! let request = Request::from_json(br#"{"op":2,"to":"base/ae/la","fr":"Cae1","rqi":"1"}"#)?;
//! assert_eq!(request.target()?.path(), "base/ae/la");
//! let broken = Request::from_json(br#"{"op":2,"to":"base","fr":"Cae1","rqi":"7","da":1}"#);
//! let error = broken.unwrap_err();
//! assert_eq!(error.member, "da");
//! assert_eq!(error.request_identifier.as_deref(), Some("7"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(feature = "cbor")]
mod cbor;
mod content;
mod error;
mod filter;
mod json;
pub(crate) mod kind;
mod record;
mod request;
mod response;
pub(crate) mod serial;
mod value;
#[cfg(feature = "xml")]
mod xml;

pub use content::Content;
pub use error::{Expected, PrimitiveError, PrimitiveErrorKind};
pub use filter::{AttributeCondition, FilterCriteria};
pub(crate) use request::bit_in;
pub use request::{Request, ResponseTypeInfo};
pub use response::{LocalTokenIdAssignment, LocalTokenIdAssignments, Response};

#[cfg(test)]
#[cfg(feature = "cbor")]
mod cbor_tests;
#[cfg(test)]
pub(crate) mod strategy;
#[cfg(test)]
mod tests;
