//! A request that found its handler, and an answer.

use super::{Body, Problem};
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::Value;
use std::time::Duration;

/// A request.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// What stands for the names in the path of its route, decoded. Numbers in a row are one.
    pub(crate) parameters: Vec<(&'static str, String)>,
    /// The query, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    /// What stands for a name in the path.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
    }

    /// A value of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A value of the query that is a number, text or whatever can be read from text.
    pub(crate) fn query_as<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>, Problem> {
        let Some(text) = self.query(name) else { return Ok(None) };
        let read = text.parse().map_err(|_| Problem::bad(format!("{name}={text} is not allowed")));
        read.map(Some)
    }

    /// A value of the query that is a time in seconds, `5` or `0.25`.
    pub(crate) fn seconds(&self, name: &str) -> Result<Option<Duration>, Problem> {
        let Some(seconds) = self.query_as::<f64>(name)? else { return Ok(None) };
        let wrong = |_| Problem::bad(format!("{name}={seconds} is no number of seconds"));
        Duration::try_from_secs_f64(seconds).map(Some).map_err(wrong)
    }

    /// A header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The media type of the body, without its parameters, in small letters.
    pub(crate) fn media(&self) -> String {
        let text = self.header("content-type").unwrap_or("application/json");
        text.split(';').next().unwrap_or("").trim().to_ascii_lowercase()
    }

    /// The body, which has to be JSON.
    pub(crate) fn json(&self) -> Result<Value, Problem> {
        if self.media() != "application/json" {
            return Err(Problem::new(415, "the body has to be application/json"));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| Problem::bad(format!("the body is no JSON: {error}")))
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) hyper::Response<Body>);

impl Answer {
    /// One of a media type.
    pub(crate) fn new(status: u16, media: &'static str, body: Body) -> Answer {
        let mut answer = hyper::Response::new(body);
        *answer.status_mut() =
            hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
        Answer(answer)
    }

    /// JSON.
    pub(crate) fn json(status: u16, value: &Value) -> Answer {
        Answer::new(status, "application/json", value.to_string().into())
    }

    /// Done, and there is nothing to say of it.
    pub(crate) fn nothing() -> Answer {
        let mut answer = hyper::Response::new(Body::Whole(None));
        *answer.status_mut() = hyper::StatusCode::NO_CONTENT;
        Answer(answer)
    }

    /// With one more header. A value that cannot be in one is left out.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Answer {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers_mut().insert(HeaderName::from_static(name), value);
        }
        self
    }
}

/// A query in its parts, decoded.
pub(super) fn query(text: &str) -> Option<Vec<(String, String)>> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Some((decode(&name.replace('+', " "))?, decode(&value.replace('+', " "))?))
    };
    parts.map(pair).collect()
}

/// Text without percent-encoding; `None` if it is no UTF-8 or ends within an escape.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            out.push(u8::try_from(high << 4 | low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// Text as one segment of a path, or one value of a query.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_goes_both_ways() {
        for text in ["urn:imei:1", "a b/c?d#e%", "äöü", "", "+&="] {
            assert_eq!(decode(&encode(text)).as_deref(), Some(text));
        }
        for text in ["%", "%2", "%zz", "%ff", "%+1"] {
            assert_eq!(decode(text), None, "{text}");
        }
        let pairs = query("a=1&b=x%20y&c&d=p+q&").unwrap();
        let of = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(
            (of("a"), of("b"), of("c"), of("d")),
            (Some("1"), Some("x y"), Some(""), Some("p q"))
        );
    }
}
