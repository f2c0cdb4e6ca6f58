//! JSON text without trees.
//!
//! Reading content checks a text once and brings it into the one spelling that the rest relies on:
//! no white space, strings with the fewest escapes, no member twice. [`Raw`] then walks such text
//! in place: attributes are looked up, stored and answered as the bytes they are.

mod normalize;
mod raw;

pub(crate) use normalize::{JsonErrorKind, normalize};
pub use raw::{Elements, Members, Raw};
pub(crate) use raw::{write_member_name, write_string, write_u64};

#[cfg(test)]
mod tests;
