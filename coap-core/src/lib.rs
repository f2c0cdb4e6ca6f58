#![doc = include_str!("../README.md")]
#![no_std]

#[cfg(feature = "endpoint")]
extern crate alloc;
#[cfg(test)]
#[macro_use]
extern crate std;

mod block;
mod code;
mod content_format;
#[cfg(feature = "endpoint")]
mod endpoint;
mod error;
pub mod link;
mod message;
#[cfg(feature = "q-block")]
mod missing_blocks;
mod option;
#[cfg(feature = "oscore")]
pub mod oscore;
#[cfg(feature = "stream")]
pub mod stream;
mod writer;

pub use block::Block;
pub use code::Code;
pub use content_format::ContentFormat;
#[cfg(all(feature = "endpoint", feature = "q-block"))]
pub use endpoint::QBlockParameters;
#[cfg(feature = "endpoint")]
pub use endpoint::{
    Cancel, Config, ConfigError, Content, Counters, Endpoint, Event, Incoming, IncomingId, Limits,
    ObserverEnd, ObserverId, Outcome, Parameters, PeerParameters, Piece, Request, RequestId,
    Response, UsageError,
};
#[cfg(all(feature = "endpoint", feature = "stream"))]
pub use endpoint::{CloseReason, Streams};
#[cfg(all(feature = "endpoint", feature = "oscore"))]
pub use endpoint::{History, SecurityId};
pub use error::{DecodeError, DecodeErrorKind, TooLong};
pub use message::{Message, MessageType, OptionIter, OptionValues, Options, peek_header};
#[cfg(feature = "q-block")]
pub use missing_blocks::{MissingBlocks, put_missing_block};
pub use option::{MessageOption, OptionDefinition, OptionFormat, OptionNumber, Uint, decode_uint};
pub use writer::{MessageWriter, OptionWriter, write_empty};

/// It knows what the feature `extensions` names.
const EXTENSIONS: bool = cfg!(feature = "extensions");
