//! Which characters and segments identifiers may have.

use super::{AddressError, AddressErrorKind};

pub(super) const fn error(kind: AddressErrorKind, offset: usize) -> AddressError {
    AddressError { kind, offset }
}

/// RFC 3986 section 2.3.
pub(super) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// One segment that is not the first: a resource name.
pub(super) fn check_identifier(segment: &str, offset: usize) -> Result<(), AddressError> {
    if segment.is_empty() {
        return Err(error(AddressErrorKind::EmptySegment, offset));
    }
    if let Some(at) = segment.bytes().position(|b| !is_unreserved(b)) {
        return Err(error(AddressErrorKind::Character, offset + at));
    }
    if matches!(segment, "." | "..") {
        return Err(error(AddressErrorKind::DotSegment, offset));
    }
    Ok(())
}

/// A first segment: a CSE-ID, a resource identifier, the name of the `<CSEBase>`, or `-`.
pub(super) fn check_first(segment: &str, offset: usize) -> Result<(), AddressError> {
    check_identifier(segment, offset)?;
    if matches!(segment, "~" | "_") {
        return Err(error(AddressErrorKind::ReservedSegment, offset));
    }
    Ok(())
}

/// Segments on a CSE, at least one.
pub(super) fn check_path(path: &str, offset: usize) -> Result<(), AddressError> {
    if path.is_empty() {
        return Err(error(AddressErrorKind::Empty, offset));
    }
    let mut at = offset;
    for (index, segment) in path.split('/').enumerate() {
        if index == 0 {
            check_first(segment, at)?;
        } else {
            check_identifier(segment, at)?;
        }
        at += segment.len() + 1;
    }
    Ok(())
}

/// A domain name: labels of 1 to 63 letters, digits and inner hyphens, 253 bytes at most
/// (RFC 1035, with the leading digits of RFC 1123). TS-0004 clause 6.2.3 wants lower case, its own
/// examples have upper case; both are taken, and case counts.
pub(super) fn check_provider(sp: &str, offset: usize) -> Result<(), AddressError> {
    let mut at = offset;
    for label in sp.split('.') {
        let letters = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let hyphens = label.starts_with('-') || label.ends_with('-');
        if !letters || hyphens || label.is_empty() || label.len() > 63 {
            return Err(error(AddressErrorKind::Provider, at));
        }
        at += label.len() + 1;
    }
    if sp.len() > 253 {
        return Err(error(AddressErrorKind::Provider, offset));
    }
    Ok(())
}
