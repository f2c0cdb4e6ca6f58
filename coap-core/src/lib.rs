//! CoAP: the message codec and, with feature `endpoint`, a sans-IO endpoint for both roles.
#![no_std]

#[cfg(feature = "endpoint")]
extern crate alloc;
#[cfg(test)]
#[macro_use]
extern crate std;

mod block;
mod code;
mod content_format;
mod error;
mod message;
mod option;
mod writer;

pub use block::Block;
pub use code::Code;
pub use content_format::ContentFormat;
pub use error::{DecodeError, DecodeErrorKind, TooLong};
pub use message::{Message, MessageType, OptionIter, Options, peek_header};
pub use option::{MessageOption, OptionDefinition, OptionFormat, OptionNumber, Uint, decode_uint};
pub use writer::{MessageWriter, OptionWriter, write_empty};
