//! What the data of a record are: the values of the fields `ct` and `bct` (RFC 9193).
//!
//! ```
//! use senml::content_format::ContentFormat;
//! use senml::{Format, Reader, Rules};
//!
//! let pack = br#"[{"n":"nfc","bct":"60","vd":"gmNmb28YKg"},{"n":"photo","ct":"image/png","vd":"iVBORw"}]"#;
//! let mut found = Vec::new();
//! for record in Reader::resolved(Format::Json, pack, Rules::RFC8428) {
//!     let format = record?.content_format;
//!     found.push(format.and_then(|format| ContentFormat::parse(format.as_str()?)));
//! }
//! assert_eq!(found[0], Some(ContentFormat::Number(60)));
//! assert_eq!(found[1], Some(ContentFormat::Type { content_type: "image/png", coding: None }));
//! # Ok::<(), senml::DecodeError>(())
//! ```

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
