//! OSCORE: requests and responses protected end to end (RFC 8613).
//!
//! A [`SecurityContext`] is made from what both ends share: a master secret, a salt, an id of each
//! end and, if several contexts have the same ids, an ID context. It turns a message into its
//! protected form and back, in buffers of the caller.
//!
//! ```
//! use coap_core::oscore::{Aead, SecurityContext, SecurityParameters};
//! use coap_core::{Code, Message, MessageType, MessageWriter};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let ours = SecurityParameters {
//!     master_secret: &[7; 16],
//!     master_salt: &[],
//!     sender_id: &[0],
//!     recipient_id: &[1],
//!     id_context: None,
//!     aead: Aead::AesCcm16_64_128,
//! };
//! let theirs = SecurityParameters { sender_id: &[1], recipient_id: &[0], ..ours };
//! let (mut client, mut server) = (SecurityContext::new(&ours)?, SecurityContext::new(&theirs)?);
//!
//! let (mut plain, mut wire, mut room) = ([0; 64], [0; 64], [0; 64]);
//! let request = MessageWriter::in_buffer(&mut plain, MessageType::Confirmable, Code::GET, 1, &[9])?;
//! let len = request.finish(&[])?.len();
//! let (len, _) = client.protect_request(&Message::parse(&plain[..len])?, &mut wire)?;
//! let (request, _) = server.unprotect_request(&Message::parse(&wire[..len])?, &mut room)?;
//! assert_eq!(request.code, Code::GET);
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod context;
mod error;
mod option;
mod protect;
#[cfg(feature = "endpoint")]
mod renewal;
mod window;

#[cfg(test)]
mod tests;

pub use algorithm::Aead;
pub use context::{SecurityContext, SecurityParameters};
pub use error::{ContextError, ProtectError, SequenceError, UnprotectError};
pub use option::{OscoreOption, PartialIv};
pub use protect::RequestBinding;
#[cfg(feature = "endpoint")]
pub(crate) use protect::{Head, Iv, Plaintext, Role, request_option};
#[cfg(feature = "endpoint")]
pub(crate) use renewal::{Renewal, SealedCode, unwrapped, wrapped};
pub use window::ReplayWindow;
