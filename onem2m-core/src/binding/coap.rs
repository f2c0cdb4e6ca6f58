//! CoAP (TS-0008): a message as code, options and payload; messages, tokens and blocks belong to
//! an endpoint such as `coap_core::Endpoint`.
//!
//! | operation | code |
//! |---|---|
//! | CREATE | POST with option oneM2M-TY |
//! | RETRIEVE | GET (FETCH is read too) |
//! | UPDATE | PUT |
//! | DELETE | DELETE |
//! | NOTIFY | POST |
//! | any that is not blocking | POST with `op` in Uri-Query |
//!
//! The option table of TS-0008 has 15 bytes for times, which is neither a fraction of a second nor
//! a relative time; peers send both, so times are written as they are. Options are otherwise
//! held to their lengths. In a list in Uri-Query an element's `+` and `%` are percent-encoded,
//! because `+` separates elements; all other text is as it is.

mod option;
mod request;
mod response;

pub use request::{read_request, write_request};
pub use response::{read_response, write_response};

use crate::media::MediaType;
use crate::primitive::Request;
use alloc::vec::Vec;
use coap_core::{Code, OptionNumber, Options};

/// The numbers that an endpoint has to understand (TS-0008 table 6.2.2.4.0-1): for the parameter
/// `understood` of `coap_core::Parameters`. Most of these options are critical.
pub const UNDERSTOOD: (OptionNumber, OptionNumber) = (OptionNumber(256), OptionNumber(351));

/// Code and payload of a message to send; its options are in the writer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// Request method or response code.
    pub code: Code,
    /// The payload, empty if there is none.
    pub payload: Vec<u8>,
}

/// A message that came in.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// Request method or response code.
    pub code: Code,
    /// Its options.
    pub options: Options<'a>,
    /// The payload, all blocks of it.
    pub payload: &'a [u8],
}

/// A request as it was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Received {
    /// The request.
    pub request: Request,
    /// The media type that the answer shall have: Accept, else that of the payload, else JSON.
    pub reply: MediaType,
}

#[cfg(test)]
mod tests;
