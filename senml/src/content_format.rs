//! What the data of a record are: the fields `ct` and `bct` (RFC 9193).
//!
//! They are no fields of [`Record`]: most packs have none, and devices need not pay
//! for them. Whoever wants them asks for those of a record's bytes, where a reader says that the
//! record begins:
//!
//! ```
//! use senml::content_format::{ContentFormat, ContentFormats};
//! use senml::{Format, Reader};
//!
//! let pack = br#"[{"n":"nfc","bct":"60","vd":"gmNmb28YKg"},{"n":"photo","ct":"image/png","vd":"iVBORw"}]"#;
//! let mut formats = ContentFormats::new(Format::Json);
//! let mut reader = Reader::new(Format::Json, pack);
//! let mut found = Vec::new();
//! while let Some(record) = reader.next() {
//!     let record = record?;
//!     let bytes = &pack[reader.record_offset()..];
//!     if let Some(format) = formats.next(&record, bytes)? {
//!         found.push(format.as_str().and_then(ContentFormat::parse));
//!     }
//! }
//! assert_eq!(found[0], Some(ContentFormat::Number(60)));
//! assert_eq!(found[1], Some(ContentFormat::Type { content_type: "image/png", coding: None }));
//! # Ok::<(), senml::DecodeError>(())
//! ```

#[cfg(feature = "cbor")]
use crate::cbor;
use crate::error::DecodeError;
#[cfg(feature = "json")]
use crate::json;
#[cfg(feature = "xml")]
use crate::xml;
use crate::{Format, Record, Text, Value};

/// A content format, as `ct` and `bct` tell it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentFormat<'a> {
    /// A number of CoAP's registry of content formats.
    Number(u16),
    /// A media type with its parameters, and how it is coded.
    Type {
        /// `text/csv;header=present`
        content_type: &'a str,
        /// `gzip`; none for the identity.
        coding: Option<&'a str>,
    },
}

impl<'a> ContentFormat<'a> {
    /// Reads a Content-Format-Spec; `None` for a text that is none (RFC 9193 section 7).
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            // No leading zeros.
            let plain = text == "0" || !text.starts_with('0');
            return text.parse().ok().filter(|_| plain).map(ContentFormat::Number);
        }
        // An at sign in a quoted string is one of the content type.
        let mut quoted = false;
        let at = text.bytes().position(|byte| {
            quoted ^= byte == b'"';
            byte == b'@' && !quoted
        });
        let (content_type, coding) = match at {
            None => (text, None),
            Some(at) => (text.get(..at)?, Some(text.get(at.checked_add(1)?..)?)),
        };
        let known = is_content_type(content_type) && coding.is_none_or(is_token);
        known.then_some(ContentFormat::Type { content_type, coding })
    }
}

/// `type/subtype` and parameters.
fn is_content_type(text: &str) -> bool {
    let (name, mut rest) = text.split_at(text.find([';', ' ']).unwrap_or(text.len()));
    let named = name.split_once('/').is_some_and(|(kind, sub)| is_name(kind) && is_name(sub));
    if !named {
        return false;
    }
    while !rest.is_empty() {
        let Some(parameter) = rest.trim_start_matches(' ').strip_prefix(';') else { return false };
        let parameter = parameter.trim_start_matches(' ');
        let Some((key, value)) = parameter.split_once('=') else { return false };
        let len = match value.strip_prefix('"') {
            Some(content) => match content.find('"') {
                Some(len)
                    if content
                        .bytes()
                        .take(len)
                        .all(|b| b != b'\\' && !b.is_ascii_control() && b.is_ascii()) =>
                {
                    len.saturating_add(2)
                }
                _ => return false,
            },
            None => value.find([';', ' ']).unwrap_or(value.len()),
        };
        let Some((value, behind)) = value.split_at_checked(len) else { return false };
        if !is_token(key) || !(value.starts_with('"') || is_token(value)) {
            return false;
        }
        rest = behind;
    }
    true
}

/// A name of a type or subtype (RFC 6838 section 4.2).
fn is_name(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let more = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    first && text.len() <= 127 && text.bytes().all(more)
}

fn is_token(text: &str) -> bool {
    let of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(of_token)
}

/// Tells the content formats of a pack's data, record by record in their order.
#[derive(Clone, Debug)]
pub struct ContentFormats<'a> {
    format: Format,
    base: Option<Text<'a>>,
}

impl<'a> ContentFormats<'a> {
    /// At the start of a pack.
    #[must_use]
    pub fn new(format: Format) -> Self {
        ContentFormats { format, base: None }
    }

    /// The content format of the data of `record`, whose bytes are those at the start of `bytes`:
    /// its own, or the base one in effect (RFC 9193 section 4). `None` for a record without data.
    ///
    /// # Errors
    /// [`DecodeError`], with an offset from the start of `bytes`: `WrongType` for a field that is
    /// no text; what else is wrong the record's reader has told.
    pub fn next(
        &mut self,
        record: &Record<'_>,
        bytes: &'a [u8],
    ) -> Result<Option<Text<'a>>, DecodeError> {
        if let Some(base) = self.field(bytes, "bct")? {
            self.base = Some(base);
        }
        if !matches!(record.value, Some(Value::Data(_))) {
            return Ok(None);
        }
        Ok(self.field(bytes, "ct")?.or(self.base))
    }

    fn field(&self, bytes: &'a [u8], label: &str) -> Result<Option<Text<'a>>, DecodeError> {
        match self.format {
            // Only of what is looked at it is checked that it is UTF-8.
            #[cfg(feature = "json")]
            Format::Json => json::text_field(crate::stream::json_record(bytes), label),
            #[cfg(feature = "cbor")]
            Format::Cbor => cbor::text_field(bytes, label),
            #[cfg(feature = "xml")]
            Format::Xml => xml::text_field(bytes, label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DecodeErrorKind as Kind, Reader};
    use std::string::{String, ToString};
    use std::vec::Vec;

    #[test]
    fn rfc9193_section_6_examples() {
        let of = |content_type, coding| Some(ContentFormat::Type { content_type, coding });
        for (text, expected) in [
            ("60", Some(ContentFormat::Number(60))),
            ("0", Some(ContentFormat::Number(0))),
            ("65535", Some(ContentFormat::Number(65535))),
            ("application/json", of("application/json", None)),
            ("application/json@deflate", of("application/json", Some("deflate"))),
            ("text/csv", of("text/csv", None)),
            ("text/csv;header=present@gzip", of("text/csv;header=present", Some("gzip"))),
            ("text/plain; charset=utf-8@deflate", of("text/plain; charset=utf-8", Some("deflate"))),
            ("a/b;c=\"x@y\"@z", of("a/b;c=\"x@y\"", Some("z"))),
            ("a/b ; c=d ;e=f", of("a/b ; c=d ;e=f", None)),
            ("", None),
            ("00", None),
            ("060", None),
            ("65536", None),
            ("text", None),
            ("text/", None),
            ("/x", None),
            ("a/b@", None),
            ("a/b@c@d", None),
            ("a/b;", None),
            ("a/b;c", None),
            ("a/b;c=\"x", None),
            ("a/b c", None),
            ("a/ö", None),
        ] {
            assert_eq!(ContentFormat::parse(text), expected, "{text}");
        }
    }

    fn formats(format: Format, pack: &[u8]) -> Result<Vec<Option<String>>, DecodeError> {
        let mut formats = ContentFormats::new(format);
        let mut reader = Reader::new(format, pack);
        let mut found = Vec::new();
        while let Some(record) = reader.next() {
            let bytes = &pack[reader.record_offset()..];
            found.push(formats.next(&record?, bytes)?.map(|text| text.to_string()));
        }
        Ok(found)
    }

    #[test]
    fn rfc9193_section_4_the_base_content_format_is_that_of_data_without_one() {
        // The example of the section; the data of the photo are made up.
        let json = br#"[{"n":"nfc-reader","vd":"gmNmb28YKg","bct":"60","bt":1627430700},
            {"n":"nfc-reader","vd":"gmNiYXIYKw","t":10},
            {"n":"iris-photo","vd":"aGkgCg","ct":"image\/png","t":10},
            {"n":"nfc-reader","vd":"gmNiYXoYLA","t":20},{"n":"door","vb":true}]"#;
        let text = |text: &str| Some(text.to_string());
        let expected = [text("60"), text("60"), text("image/png"), text("60"), None];
        assert_eq!(formats(Format::Json, json).unwrap(), expected);
        let cbor = b"\x9f\xbf\x63bct\x6260\x08\x41a\xff\xa2\x62ct\x7f\x61a\x62/b\xff\x08\x40\xa1\x08\x40\xa1\x02\x01\xff";
        assert_eq!(
            formats(Format::Cbor, cbor).unwrap(),
            [text("60"), text("a/b"), text("60"), None]
        );
        #[cfg(feature = "xml")]
        {
            let xml = b"<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"><senml bct='60' vd='YQ'/>\
                <senml vd=\"\" ct=\"a&#47;b\"></senml><senml vd=\"\"/><senml v=\"1\"/></sensml>";
            assert_eq!(
                formats(Format::Xml, xml).unwrap(),
                [text("60"), text("a/b"), text("60"), None]
            );
        }
    }

    #[test]
    fn a_content_format_that_is_no_text_is_an_error() {
        let error = formats(Format::Json, br#"[{"vd":"","ct":60}]"#);
        assert_eq!(error, Err(Kind::WrongType.at(14)));
        let error = formats(Format::Cbor, b"\x81\xa2\x08\x40\x62ct\x18\x3c");
        assert_eq!(error, Err(Kind::WrongType.at(6)));
    }
}
