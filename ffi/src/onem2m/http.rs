//! Primitives as messages of HTTP/1.1 (TS-0009), one connection each.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use onem2m_core::binding::http::{IncomingResponse, Options, read_response, write_request};
use onem2m_core::primitive::{Request, Response};

/// A request as it goes over a connection of its own; `None` if HTTP cannot carry it.
pub(super) fn write(request: &Request, host: &str) -> Option<Vec<u8>> {
    let sent = write_request(request, &Options::default()).ok()?;
    let mut head = String::new();
    let len = sent.body.len().to_string();
    for part in [sent.method, " ", &sent.target, " HTTP/1.1\r\nHost: ", host] {
        head.push_str(part);
    }
    head.push_str("\r\nConnection: close\r\nContent-Length: ");
    head.push_str(&len);
    head.push_str("\r\n");
    for (name, value) in &sent.headers {
        for part in [*name, ": ", value, "\r\n"] {
            head.push_str(part);
        }
    }
    head.push_str("\r\n");
    let mut message = head.into_bytes();
    message.extend_from_slice(&sent.body);
    Some(message)
}

/// The response that a connection brought until it was closed. `None` if it is none: cut short, in
/// chunks, or not as TS-0009 wants it.
pub(super) fn read(message: &[u8]) -> Option<Response> {
    let end = message.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = message.split_at_checked(end)?;
    let body = body.get(4..)?;
    let mut lines = core::str::from_utf8(head).ok()?.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let version = first.next()?;
    let status = first.next().filter(|s| s.len() == 3)?.parse().ok()?;
    if !version.starts_with("HTTP/1.") {
        return None;
    }
    let mut headers: Vec<(&str, &[u8])> = Vec::new();
    let mut len = None;
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = value.trim_matches([' ', '\t']);
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return None;
        }
        if name.eq_ignore_ascii_case("content-length") {
            len = Some(value.parse::<usize>().ok()?);
        }
        headers.push((name, value.as_bytes()));
    }
    let body = match len {
        Some(len) => body.get(..len)?,
        None => body,
    };
    read_response(&IncomingResponse { status, headers: &headers, body }).ok()
}
