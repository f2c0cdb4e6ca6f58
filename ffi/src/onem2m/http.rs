//! Primitives as messages of HTTP/1.1 (TS-0009).

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use onem2m_core::ResponseStatusCode;
use onem2m_core::binding::http::{
    IncomingRequest, IncomingResponse, JSON, Options, Received, read_request, read_response,
    write_request, write_response,
};
use onem2m_core::media::MediaType;
use onem2m_core::primitive::{Request, Response};

/// Most header fields of a message.
const FIELDS: usize = 128;

/// A message that came over a connection.
struct Message<'a> {
    /// The request line or the status line.
    first: &'a str,
    headers: Vec<(&'a str, &'a [u8])>,
    body: Cow<'a, [u8]>,
    /// Bytes that it takes of the stream.
    used: usize,
    /// It is the last one of its connection.
    close: bool,
}

/// What bytes of a connection are.
enum Parsed<'a> {
    /// The beginning of a message.
    More,
    /// No message.
    Bad,
    Whole(Message<'a>),
}

/// Looks for a message at the start of `bytes`. With `ends`, nothing comes behind them.
fn parse(bytes: &[u8], ends: bool) -> Parsed<'_> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if ends { Parsed::Bad } else { Parsed::More };
    };
    match parse_at(bytes, end, ends) {
        Some(parsed) => parsed,
        None => Parsed::Bad,
    }
}

fn parse_at(bytes: &[u8], end: usize, ends: bool) -> Option<Parsed<'_>> {
    let (head, rest) = bytes.split_at_checked(end)?;
    let rest = rest.get(4..)?;
    let mut lines = core::str::from_utf8(head).ok()?.split("\r\n");
    let first = lines.next()?;
    let (mut len, mut chunked) = (None, false);
    let mut close = first.ends_with("HTTP/1.0");
    let mut headers: Vec<(&str, &[u8])> = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = value.trim_matches([' ', '\t']);
        if name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = value.eq_ignore_ascii_case("chunked");
            if !chunked {
                return None;
            }
        } else if name.eq_ignore_ascii_case("content-length") {
            let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
            let number = value.parse::<usize>().ok().filter(|_| digits)?;
            // Two that differ are how messages are smuggled (RFC 9112 section 6.3).
            if len.is_some_and(|other| other != number) {
                return None;
            }
            len = Some(number);
        } else if name.eq_ignore_ascii_case("connection") {
            close |= value.split(',').any(|v| v.trim().eq_ignore_ascii_case("close"));
        }
        if headers.len() >= FIELDS {
            return None;
        }
        headers.push((name, value.as_bytes()));
    }
    if chunked && len.is_some() {
        return None;
    }
    let cut = || if ends { None } else { Some(Parsed::More) };
    let (body, taken) = match len {
        _ if chunked => match unchunk(rest)? {
            Some((body, taken)) => (Cow::Owned(body), taken),
            None => return cut(),
        },
        Some(len) => match rest.get(..len) {
            Some(body) => (Cow::Borrowed(body), len),
            None => return cut(),
        },
        None if ends => (Cow::Borrowed(rest), rest.len()),
        None => (Cow::Borrowed(&[][..]), 0),
    };
    let used = end.checked_add(4)?.checked_add(taken)?;
    Some(Parsed::Whole(Message { first, headers, body, used, close }))
}

/// The body that comes in chunks (RFC 9112 section 7.1), and the bytes that it takes. Inside `None` if it
/// is not whole, `None` if it is none.
fn unchunk(bytes: &[u8]) -> Option<Option<(Vec<u8>, usize)>> {
    let mut body = Vec::new();
    let mut at = 0_usize;
    loop {
        let rest = bytes.get(at..)?;
        let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else { return Some(None) };
        let size = core::str::from_utf8(rest.get(..line)?).ok()?;
        let size = size.split(';').next()?.trim();
        if size.is_empty() || !size.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let size = usize::from_str_radix(size, 16).ok()?;
        let start = line.checked_add(2)?;
        if size == 0 {
            // Trailer fields, which nothing here has, end with an empty line.
            let mut trailer = at.checked_add(start)?;
            loop {
                let rest = bytes.get(trailer..)?;
                let Some(line) = rest.windows(2).position(|two| two == b"\r\n") else {
                    return Some(None);
                };
                trailer = trailer.checked_add(line)?.checked_add(2)?;
                if line == 0 {
                    return Some(Some((body, trailer)));
                }
            }
        }
        let end = start.checked_add(size)?;
        let behind = end.checked_add(2)?;
        let (Some(chunk), Some(mark)) = (rest.get(start..end), rest.get(end..behind)) else {
            return Some(None);
        };
        if mark != b"\r\n" {
            return None;
        }
        body.extend_from_slice(chunk);
        at = at.checked_add(behind)?;
    }
}

fn fields(head: &mut String, headers: &[(&'static str, String)], len: usize, close: bool) {
    if close {
        head.push_str("Connection: close\r\n");
    }
    head.push_str("Content-Length: ");
    head.push_str(&len.to_string());
    head.push_str("\r\n");
    for (name, value) in headers {
        for part in [*name, ": ", value, "\r\n"] {
            head.push_str(part);
        }
    }
    head.push_str("\r\n");
}

fn message(head: String, body: &[u8]) -> Vec<u8> {
    let mut message = head.into_bytes();
    message.extend_from_slice(body);
    message
}

/// A request as it goes over a connection of its own; `None` if HTTP cannot carry it.
pub(super) fn written_request(
    request: &Request,
    host: &str,
    options: &Options<'_>,
) -> Option<Vec<u8>> {
    let sent = write_request(request, options).ok()?;
    let mut head = String::new();
    for part in [sent.method, " ", &sent.target, " HTTP/1.1\r\nHost: ", host, "\r\n"] {
        head.push_str(part);
    }
    fields(&mut head, &sent.headers, sent.body.len(), true);
    Some(message(head, &sent.body))
}

/// The response that a connection brought until it was closed. `None` if it is none: cut short, or not as
/// TS-0009 wants it.
pub(super) fn received_response(bytes: &[u8]) -> Option<Response> {
    let Parsed::Whole(message) = parse(bytes, true) else { return None };
    let mut first = message.first.split(' ');
    let version = first.next()?;
    let status = first.next().filter(|s| s.len() == 3)?.parse().ok()?;
    if !version.starts_with("HTTP/1.") {
        return None;
    }
    let (headers, body) = (&message.headers[..], &*message.body);
    read_response(&IncomingResponse { status, headers, body }).ok()
}

/// How the answer to a request goes back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply {
    pub(super) media: MediaType,
    /// The connection ends behind it.
    pub(super) close: bool,
}

/// A request at the start of what a connection brought.
pub(super) enum Taken {
    /// Not all of it is there.
    More,
    /// It takes so many bytes.
    Request(alloc::boxed::Box<Request>, Reply, usize),
    /// It takes so many bytes, and is answered with an error.
    Refused(alloc::boxed::Box<Response>, Reply, usize),
}

/// Looks for a request at the start of `bytes`.
pub(super) fn received_request(bytes: &[u8]) -> Taken {
    let message = match parse(bytes, false) {
        Parsed::More => return Taken::More,
        Parsed::Bad => {
            let refusal = Response::new(ResponseStatusCode::BadRequest, String::new());
            let reply = Reply { media: JSON, close: true };
            return Taken::Refused(refusal.into(), reply, bytes.len());
        }
        Parsed::Whole(message) => message,
    };
    let mut first = message.first.splitn(3, ' ');
    let mut word = || first.next().unwrap_or("");
    let (method, target) = (word(), word());
    let (headers, body) = (&message.headers[..], &*message.body);
    let close = message.close || !word().starts_with("HTTP/1.");
    match read_request(&IncomingRequest { method, target, headers, body }, "") {
        Ok(Received { request, reply: media }) => {
            Taken::Request(request.into(), Reply { media, close }, message.used)
        }
        Err(error) => {
            let reply = Reply { media: JSON, close };
            Taken::Refused(error.to_response().into(), reply, message.used)
        }
    }
}

/// A response as it goes over the connection of its request.
pub(super) fn written_response(response: &Response, reply: Reply) -> Vec<u8> {
    let sent = write_response(response, reply.media).or_else(|_| {
        // What the media type cannot express is told without its content.
        write_response(&Response { content: None, ..response.clone() }, JSON)
    });
    let (status, headers, body) = match sent {
        Ok(sent) => (sent.status, sent.headers, sent.body),
        Err(_) => (500, Vec::new(), Vec::new()),
    };
    let mut head = String::from("HTTP/1.1 ");
    head.push_str(&status.to_string());
    head.push_str(if status < 300 { " OK\r\n" } else { " Refused\r\n" });
    fields(&mut head, &headers, body.len(), reply.close);
    message(head, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(text: &str) -> Option<usize> {
        match received_request(text.as_bytes()) {
            Taken::More => None,
            Taken::Request(_, _, used) | Taken::Refused(_, _, used) => Some(used),
        }
    }

    const GET: &str = "GET /cse-in HTTP/1.1\r\nHost: a\r\nX-M2M-Origin: Ca\r\nX-M2M-RI: 1\r\n\
                       X-M2M-RVI: 3\r\n\r\n";

    #[test]
    fn a_request_is_taken_when_it_is_whole() {
        for cut in 0..GET.len() {
            assert_eq!(used(&GET[..cut]), None, "{cut}");
        }
        assert_eq!(used(GET), Some(GET.len()));
        let two = [GET, GET].concat();
        assert_eq!(used(&two), Some(GET.len()));
        let Taken::Request(request, reply, _) = received_request(GET.as_bytes()) else { panic!() };
        assert_eq!((request.to.as_str(), reply.close), ("cse-in", false));
    }

    #[test]
    fn a_body_comes_by_its_length_or_in_chunks() {
        let head = "POST /cse-in HTTP/1.1\r\nX-M2M-Origin: Ca\r\nX-M2M-RI: 1\r\nX-M2M-RVI: 3\r\n\
                    Content-Type: application/json;ty=3\r\n";
        let whole = [head, "Content-Length: 15\r\n\r\n{\"m2m:cnt\": {}}"].concat();
        let chunks = [
            head,
            "Transfer-Encoding: chunked\r\n\r\n5;x\r\n{\"m2m\r\na\r\n:cnt\": {}}\r\n0\r\n\r\n",
        ]
        .concat();
        let mut found = Vec::new();
        for text in [&whole, &chunks] {
            for cut in 0..text.len() {
                assert_eq!(used(&text[..cut]), None, "{cut}");
            }
            let Taken::Request(request, _, used) = received_request(text.as_bytes()) else {
                panic!("{text}")
            };
            assert_eq!(used, text.len());
            found.push(request);
        }
        assert_eq!(found[0], found[1]);
    }

    #[test]
    fn what_is_no_message_is_refused_and_ends_the_connection() {
        for text in [
            "\r\n\r\n",
            "GET /cse-in HTTP/1.1\r\nno colon\r\n\r\n",
            "POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            "POST /a HTTP/1.1\r\nContent-Length: +1\r\n\r\nab",
            "POST /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        ] {
            let Taken::Refused(_, reply, used) = received_request(text.as_bytes()) else {
                panic!("{text}")
            };
            assert!(reply.close, "{text}");
            assert_eq!(used, text.len());
        }
    }

    #[test]
    fn a_response_ends_with_its_connection() {
        let head = "HTTP/1.1 200 OK\r\nX-M2M-RSC: 2000\r\nX-M2M-RI: 1\r\n";
        for (rest, there) in [
            ("\r\n", true),
            ("Content-Type: application/json\r\n\r\n{\"m2m:cb\":{}}", true),
            ("Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"m2m:cb\":{}}", false),
            (
                "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
                 d\r\n{\"m2m:cb\":{}}\r\n0\r\n\r\n",
                true,
            ),
            ("", false),
        ] {
            let text = [head, rest].concat();
            assert_eq!(received_response(text.as_bytes()).is_some(), there, "{text}");
        }
    }
}
