//! One value in CBOR (RFC 8949) by itself: there are payloads beside SenML that are made of these.

use super::token::Items;
use super::{Fractions, pieces};
use crate::Value;
use crate::error::{DecodeError, WriteError};
use crate::label::{Tokens, types};
use m2m_base::{Full, Sink};

/// A value and the tag in front of it.
///
/// ```
/// use senml::{Value, cbor::Item};
///
/// let time = Item::read(&[0xc1, 0x18, 60, 0xff])?;
/// assert_eq!((time.tag, time.value, time.len), (Some(1), Value::from(60), 3));
/// # Ok::<(), senml::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Item<'a> {
    /// The tag, but for that of decimal fractions (RFC 8949 section 3.4.4): these are numbers.
    pub tag: Option<u64>,
    /// A number, which may be infinite or NaN, a text, bytes, true, false or null.
    pub value: Value<'a>,
    /// Bytes that it takes.
    pub len: usize,
}

impl<'a> Item<'a> {
    /// Reads the item that `bytes` begin with.
    ///
    /// # Errors
    /// [`DecodeError`]: `UnexpectedEnd`, `Malformed`, `InvalidUtf8`, `NumberRange`, and `WrongType`
    /// for arrays, maps, and other simple values.
    pub fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut items = Items::new(bytes);
        let tag = items.tag();
        match items.value(types::SCALAR | types::DATA | types::INFINITE) {
            Ok(value) => Ok(Item { tag, value, len: items.position() }),
            Err(_) => Err(items.fault()),
        }
    }
}

/// Writes a value: numbers as short as they can be, decimal fractions as binary ones.
///
/// # Errors
/// [`WriteError::Full`], [`WriteError::NotFinite`].
pub fn put_value(sink: &mut dyn Sink, value: &Value<'_>) -> Result<(), WriteError> {
    pieces::value(sink, Fractions::Binary, value)
}

/// Writes the head of an item: its major type, 0 to 7, and the argument as short as it can be.
///
/// # Errors
/// [`Full`].
#[inline]
pub fn put_head(sink: &mut dyn Sink, major: u8, argument: u64) -> Result<(), Full> {
    pieces::head(sink, argument, major << 5)
}
