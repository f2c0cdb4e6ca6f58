//! Addresses as paths of HTTP (TS-0009 table 6.2.2.1-1) and CoAP (TS-0008 clause 6.2.2.3).
//!
//! Both write a CSE-relative address as it is, put `~` before an SP-relative one and `_` before an
//! absolute one, in place of the slashes.

use super::rules::{error, is_unreserved};
use super::{Address, AddressError, AddressErrorKind, Scope, put_all};
use m2m_base::{Full, Sink, SliceSink};

/// Segments for Uri-Path options, in order. See [`Address::uri_path`].
#[derive(Clone, Debug)]
pub struct UriPath<'a> {
    /// Marker, provider and CSE, as far as there are any.
    scope: [Option<&'a str>; 3],
    path: &'a str,
    next: usize,
}

impl<'a> Iterator for UriPath<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while let Some(part) = self.scope.get(self.next) {
            self.next += 1;
            if part.is_some() {
                return *part;
            }
        }
        let (segment, rest) = self.path.split_once('/').unwrap_or((self.path, ""));
        self.path = rest;
        if segment.is_empty() { None } else { Some(segment) }
    }
}

impl<'a> Address<'a> {
    /// The values of Uri-Path options, one segment each. CoAP allows 255 bytes in one; longer
    /// segments are the caller's to refuse. The attribute is not part of it.
    #[must_use]
    pub const fn uri_path(&self) -> UriPath<'a> {
        let scope = match self.scope {
            Scope::CseRelative => [None; 3],
            Scope::SpRelative { cse } => [Some("~"), None, Some(cse)],
            Scope::Absolute { sp, cse } => [Some("_"), Some(sp), Some(cse)],
        };
        UriPath { scope, path: self.path, next: 0 }
    }

    /// Reads an address from the values of Uri-Path options, joining them in `buf`.
    ///
    /// # Errors
    /// [`AddressError`]; of kind [`AddressErrorKind::BufferTooSmall`] if `buf` has not as many
    /// bytes as all segments and one for each of them. A slash inside a segment, which the
    /// joined path could not tell from one between segments, is a wrong character.
    pub fn from_uri_path<'s>(
        segments: impl IntoIterator<Item = &'s [u8]>,
        buf: &'a mut [u8],
    ) -> Result<Address<'a>, AddressError> {
        let mut sink = SliceSink::new(buf);
        for segment in segments {
            let offset = sink.len();
            if let Some(at) = segment.iter().position(|b| !is_unreserved(*b)) {
                return Err(error(AddressErrorKind::Character, offset + 1 + at));
            }
            if segment.is_empty() {
                return Err(error(AddressErrorKind::EmptySegment, offset + 1));
            }
            sink.put_u8(b'/')
                .and_then(|()| sink.put(segment))
                .map_err(|Full| error(AddressErrorKind::BufferTooSmall, offset))?;
        }
        let len = sink.len();
        let joined = buf.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok());
        match joined {
            Some(path) if !path.is_empty() => Address::from_http_path(path),
            _ => Err(error(AddressErrorKind::Empty, 0)),
        }
    }

    /// Writes the path of an HTTP request, which begins with a slash. A CSE that is not at the
    /// root of its server has more in front. The attribute is not part of it.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write_http_path(&self, sink: &mut dyn Sink) -> Result<(), Full> {
        self.uri_path().try_for_each(|segment| put_all(sink, &["/", segment]))
    }

    /// Reads an address from the path of an HTTP request, without the query and without what a
    /// server has in front of its CSE.
    ///
    /// # Errors
    /// [`AddressError`]
    pub fn from_http_path(path: &'a str) -> Result<Address<'a>, AddressError> {
        let rest = path.strip_prefix('/').ok_or(match path.as_bytes().first() {
            Some(_) => error(AddressErrorKind::Character, 0),
            None => error(AddressErrorKind::Empty, 0),
        })?;
        if let Some(text) = rest.strip_prefix("~/") {
            Address::sp_relative(text, 3)
        } else if let Some(text) = rest.strip_prefix("_/") {
            Address::absolute(text, 3)
        } else {
            Address::cse_relative(rest, 1)
        }
    }
}
