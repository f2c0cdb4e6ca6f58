//! The name of a resolved record: base name and name, side by side.

use crate::Text;
use crate::text::{Bytes, Chars};
use core::cmp::Ordering;
use core::fmt;
use m2m_base::{Full, Sink, SliceSink};

/// A resolved name in two parts, never put together unless asked.
#[derive(Clone, Copy, Default)]
pub struct Name<'a> {
    base: Text<'a>,
    own: Text<'a>,
}

impl<'a> Name<'a> {
    /// The name `base` ‖ `own`.
    #[must_use]
    pub fn new(base: Text<'a>, own: Text<'a>) -> Self {
        Name { base, own }
    }

    #[inline]
    pub(crate) fn set_base(&mut self, base: Text<'a>) {
        self.base = base;
    }

    #[inline]
    pub(crate) fn set_own(&mut self, own: Text<'a>) {
        self.own = own;
    }

    #[inline]
    pub(crate) fn base(&self) -> &Text<'a> {
        &self.base
    }

    #[inline]
    pub(crate) fn own(&self) -> &Text<'a> {
        &self.own
    }

    /// The base name and the record's own.
    #[must_use]
    #[inline]
    pub fn parts(&self) -> (Text<'a>, Text<'a>) {
        (self.base, self.own)
    }

    /// The bytes in UTF-8.
    pub fn bytes(&self) -> core::iter::Chain<Bytes<'a>, Bytes<'a>> {
        self.base.bytes().chain(self.own.bytes())
    }

    /// The characters.
    pub fn chars(&self) -> core::iter::Chain<Chars<'a>, Chars<'a>> {
        self.base.chars().chain(self.own.chars())
    }

    /// The name, if it lies in one piece.
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        match (self.base.as_str()?, self.own.as_str()?) {
            (name, "") | ("", name) => Some(name),
            _ => None,
        }
    }

    /// The length in bytes of UTF-8.
    #[must_use]
    pub fn len(&self) -> usize {
        self.base.len().saturating_add(self.own.len())
    }

    /// True when both parts are empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.base.is_empty() && self.own.is_empty()
    }

    /// Writes the name in UTF-8.
    ///
    /// # Errors
    /// [`Full`] if it does not fit.
    pub fn write(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        self.base.write(sink)?;
        self.own.write(sink)
    }

    /// Copies the name into `buf` and returns it.
    ///
    /// # Errors
    /// [`Full`] if `buf` is shorter than the name.
    pub fn copy_to<'b>(&self, buf: &'b mut [u8]) -> Result<&'b str, Full> {
        let mut sink = SliceSink::new(buf);
        self.write(&mut sink)?;
        let len = sink.len();
        let buf: &'b [u8] = buf;
        buf.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok()).ok_or(Full)
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for Name<'_> {}

impl PartialOrd for Name<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl PartialEq<str> for Name<'_> {
    fn eq(&self, other: &str) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl PartialEq<&str> for Name<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.base, self.own)
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}+{:?}", self.base, self.own)
    }
}
