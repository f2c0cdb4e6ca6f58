//! Bindings: how a primitive travels over HTTP (TS-0009), CoAP (TS-0008), MQTT (TS-0010) and
//! WebSocket (TS-0020).
//!
//! Each is a pure mapping between a primitive and the parts of a message; sockets, headers of the
//! transport itself and retries belong to the caller. Reading is as strict as that of a primitive
//! in JSON, because it ends in the same tables: what a binding gives is a request or response
//! that [`Request::from_value`](crate::primitive::Request::from_value) would have taken.
//!
//! Where a binding has no place for a parameter (TS-0009 version 3.9 knows nothing of release 4),
//! or its syntax cannot carry a value (a list joined by `+` whose element has a `+`), writing
//! fails with [`Unrepresentable`] instead of sending something else.

#[cfg(feature = "coap")]
pub mod coap;
mod content;
mod error;
mod heard;
pub mod http;
pub mod mqtt;
mod place;
mod query;
pub mod websocket;
mod whole;

pub use content::{read_content, write_content};
pub use error::{BindingError, BindingErrorKind, Unrepresentable};
pub use heard::Heard;
pub use whole::{Primitive, check_expiry, read_primitive, write_request, write_response};

#[cfg(test)]
pub(crate) mod strategy;
