//! Percent-encoding in queries (RFC 3986 section 2.1). A plus is a separator, not a space.

use crate::binding::query::Syntax;
use alloc::string::String;
use alloc::vec::Vec;

/// The syntax of a query: everything but unreserved characters is percent-encoded.
pub(super) struct Percent;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

fn encode(text: &str, to: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            to.push(char::from(byte));
        } else {
            to.push('%');
            for nibble in [byte >> 4, byte & 15] {
                let digit = HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
                to.push(char::from(digit));
            }
        }
    }
}

/// `None` for `%` without two hexadecimal digits, and for what is no UTF-8 then.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit()? << 4 | digit()?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

impl Syntax for Percent {
    fn scalar(text: &str, to: &mut String) {
        encode(text, to);
    }

    fn element(text: &str, to: &mut String) {
        encode(text, to);
    }

    fn read_scalar(text: &str) -> Option<String> {
        decode(text)
    }

    fn read_element(text: &str) -> Option<String> {
        decode(text)
    }
}
