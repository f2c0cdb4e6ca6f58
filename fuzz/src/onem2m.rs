//! Targets of `onem2m-core`.

use onem2m_core::binding::http::{self, IncomingRequest};
use onem2m_core::binding::{self, Primitive, read_content, read_primitive, write_content};
use onem2m_core::media::Serialization;
use onem2m_core::primitive::{Content, Request, Response};

/// Requests and responses in JSON: what is read is written, read as the same, and the same by way
/// of CBOR.
pub(crate) fn json(data: &[u8]) {
    if let Ok(request) = Request::from_json(data) {
        let text = request.to_json();
        assert_eq!(Request::from_json(&text).as_ref(), Ok(&request));
        let cbor = request.to_cbor();
        let again = Request::from_cbor(&cbor).expect("what was written can be read");
        assert_eq!(again.to_cbor(), cbor);
    }
    if let Ok(response) = Response::from_json(data) {
        assert_eq!(Response::from_json(&response.to_json()), Ok(response));
    }
}

/// Requests and responses in CBOR: what is read is written, and written the same again.
pub(crate) fn cbor(data: &[u8]) {
    if let Ok(request) = Request::from_cbor(data) {
        let bytes = request.to_cbor();
        let again = Request::from_cbor(&bytes).expect("what was written can be read");
        assert_eq!(again.to_cbor(), bytes);
        assert_eq!(Request::from_json(&again.to_json()), Ok(again));
    }
    if let Ok(response) = Response::from_cbor(data) {
        let bytes = response.to_cbor();
        let again = Response::from_cbor(&bytes).expect("what was written can be read");
        assert_eq!(again.to_cbor(), bytes);
    }
}

/// Primitives and content in XML. What is read can be written, unless it has a name that XML does
/// not allow, and is read as the same then; so it is by way of JSON.
pub(crate) fn xml(data: &[u8]) {
    const XML: Serialization = Serialization::Xml;
    match read_primitive(data, XML) {
        Ok(Primitive::Request(request)) => {
            let json = Request::from_json(&request.to_json());
            assert_eq!(json.as_ref(), Ok(&*request), "by way of JSON");
            if let Ok(bytes) = binding::write_request(&request, XML) {
                assert_eq!(read_primitive(&bytes, XML), Ok(Primitive::Request(request)));
            }
        }
        Ok(Primitive::Response(response)) => {
            let json = Response::from_json(&response.to_json());
            assert_eq!(json.as_ref(), Ok(&*response), "by way of JSON");
            if let Ok(bytes) = binding::write_response(&response, XML) {
                assert_eq!(read_primitive(&bytes, XML), Ok(Primitive::Response(response)));
            }
        }
        Err(_) => {}
    }
    if let Ok(content) = read_content(data, XML) {
        let same = Content::from_json(content.as_str().as_bytes());
        assert_eq!(same.as_ref(), Ok(&content), "by way of JSON");
        if let Ok(bytes) = write_content(&content, XML) {
            let again = read_content(&bytes, XML).expect("what was written can be read");
            assert_eq!(again.to_value(), content.to_value());
        }
    }
}

/// A request line, headers, an empty line and a body: a request that is read and can be written is
/// read as the same.
pub(crate) fn http(data: &[u8]) {
    let end = data.windows(2).position(|w| w == b"\n\n");
    let (head, body) = end.map_or((data, &[][..]), |at| (&data[..at], &data[at + 2..]));
    let mut lines = head.split(|b| *b == b'\n');
    let Ok(line) = std::str::from_utf8(lines.next().unwrap_or(&[])) else { return };
    let (method, target) = line.split_once(' ').unwrap_or((line, ""));
    let headers: Vec<(&str, &[u8])> = lines
        .filter_map(|line| {
            let at = line.iter().position(|b| *b == b':')?;
            Some((std::str::from_utf8(&line[..at]).ok()?, &line[at + 1..]))
        })
        .collect();
    let message = IncomingRequest { method, target, headers: &headers, body };
    let Ok(received) = http::read_request(&message, "") else { return };
    let options = http::Options { media: received.reply, prefix: "" };
    let Ok(sent) = http::write_request(&received.request, &options) else { return };
    let headers: Vec<_> = sent.headers.iter().map(|(n, v)| (*n, v.as_bytes())).collect();
    let message = IncomingRequest {
        method: sent.method,
        target: &sent.target,
        headers: &headers,
        body: &sent.body,
    };
    let again = http::read_request(&message, "").expect("what was written can be read");
    let cbor = |request: &Request| request.to_cbor();
    assert_eq!(cbor(&again.request), cbor(&received.request));
}
