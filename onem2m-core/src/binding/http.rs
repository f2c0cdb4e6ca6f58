//! HTTP (TS-0009): a message as method, target, headers and body.
//!
//! Any HTTP library fits: what is written is a method, a target, a list of headers and a body;
//! what is read is borrowed from the library's own message. `Host`, `Content-Length` and what
//! else belongs to the connection is the library's.
//!
//! | operation | method |
//! |---|---|
//! | CREATE | POST with `ty` in Content-Type |
//! | RETRIEVE | GET |
//! | UPDATE | PUT |
//! | DELETE | DELETE |
//! | NOTIFY | POST without `ty` |
//!
//! ```
//! use onem2m_core::binding::http;
//! use onem2m_core::media::MediaType;
//! use onem2m_core::{Operation, ResponseStatusCode, primitive::{Request, Response}};
//!
//! // The originator:
//! let request = Request {
//!     from: Some("CAdmin".into()),
//!     ..Request::new(Operation::Retrieve, "/id-in/cse-in/ae".into(), "42".into())
//! };
//! let sent = http::write_request(&request, &http::Options::default())?;
//! assert_eq!((sent.method, sent.target.as_str()), ("GET", "/~/id-in/cse-in/ae"));
//!
//! // The receiver:
//! let headers: Vec<_> = sent.headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
//! let read = http::read_request(
//!     &http::IncomingRequest {
//!         method: sent.method,
//!         target: &sent.target,
//!         headers: &headers,
//!         body: &sent.body,
//!     },
//!     "",
//! )?;
//! assert_eq!(read.request, request);
//! let answer = Response::to_request(&read.request, ResponseStatusCode::NotFound);
//! assert_eq!(http::write_response(&answer, read.reply)?.status, 404);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod header;
mod percent;
mod request;
mod response;

pub use request::{read_request, write_request};
pub use response::{read_response, write_response};

use crate::media::{BodyKind, MediaType, Serialization};
use crate::primitive::Request;
use alloc::string::String;
use alloc::vec::Vec;

/// Headers in the order to send them.
pub type Headers = Vec<(&'static str, String)>;

/// A request to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingRequest {
    /// The method.
    pub method: &'static str,
    /// Path and query, beginning with a slash.
    pub target: String,
    /// Headers.
    pub headers: Headers,
    /// The body, empty if there is none.
    pub body: Vec<u8>,
}

/// A response to send.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingResponse {
    /// The status.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// The body, empty if there is none.
    pub body: Vec<u8>,
}

/// A request that came in.
#[derive(Clone, Copy, Debug)]
pub struct IncomingRequest<'a> {
    /// The method; case counts (RFC 9110 section 9.1).
    pub method: &'a str,
    /// The target: path and query, or a whole URI as proxies get it.
    pub target: &'a str,
    /// Headers in any case and order.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body.
    pub body: &'a [u8],
}

/// A response that came in.
#[derive(Clone, Copy, Debug)]
pub struct IncomingResponse<'a> {
    /// The status.
    pub status: u16,
    /// Headers in any case and order.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body.
    pub body: &'a [u8],
}

/// A request as it was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Received {
    /// The request.
    pub request: Request,
    /// The media type that the answer shall have: what Accept says, else that of the body, else
    /// JSON.
    pub reply: MediaType,
}

/// How requests are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options<'a> {
    /// Media type of the body, and what Accept asks for.
    pub media: MediaType,
    /// What the server has in front of its CSE, such as "/cse"; empty, or beginning with a slash.
    pub prefix: &'a str,
}

/// `application/json`.
pub const JSON: MediaType = MediaType { kind: BodyKind::Plain, serialization: Serialization::Json };

impl Default for Options<'_> {
    /// JSON, and a CSE at the root of its server.
    fn default() -> Self {
        Options { media: JSON, prefix: "" }
    }
}

#[cfg(test)]
mod tests;
