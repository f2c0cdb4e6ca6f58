use super::*;
use proptest::prelude::*;
use std::vec::Vec;

fn coap(code: Code, options: &[(OptionNumber, &[u8])], payload: &[u8]) -> Vec<u8> {
    let kind =
        if code.is_request() { MessageType::Confirmable } else { MessageType::NonConfirmable };
    let mut message = MessageWriter::new(Vec::new(), kind, code, 300, b"tok").unwrap();
    for (number, value) in options {
        message.option(*number, value).unwrap();
    }
    message.finish(payload).unwrap()
}

const PATH: OptionNumber = OptionNumber::URI_PATH;
const QUERY: OptionNumber = OptionNumber::URI_QUERY;
const FORMAT: OptionNumber = OptionNumber::CONTENT_FORMAT;

#[test]
fn transport_7_requests_there_and_back() {
    for (code, options, body, method, target, content_type, accept) in [
        (
            Code::POST,
            &[(PATH, &b"rd"[..]), (FORMAT, &[40]), (QUERY, b"ep=a&b=c/d"), (QUERY, b"lt=60")][..],
            &b"</1/0>"[..],
            "POST",
            "/rd?ep=a%26b=c/d&lt=60",
            Some("application/link-format"),
            None,
        ),
        (
            Code::GET,
            &[(PATH, b"3"), (PATH, b"0"), (OptionNumber::ACCEPT, &[112])],
            b"",
            "GET",
            "/3/0",
            None,
            Some("application/senml+cbor"),
        ),
        (
            Code::PUT,
            &[(PATH, b"3"), (PATH, b"0"), (QUERY, b"pmin=5"), (QUERY, b"pmax")],
            b"",
            "PUT",
            "/3/0?pmin=5&pmax",
            None,
            None,
        ),
        (
            Code::DELETE,
            &[(PATH, b"rd"), (PATH, b"\xc3\xa4 %")],
            b"",
            "DELETE",
            "/rd/%C3%A4%20%25",
            None,
            None,
        ),
        (Code::GET, &[], b"", "GET", "/", None, None),
        (
            Code::POST,
            &[(PATH, b"dp"), (FORMAT, &[0x2d, 0x18])],
            b"\x81",
            "POST",
            "/dp",
            Some("application/vnd.oma.lwm2m+cbor"),
            None,
        ),
    ] {
        let datagram = coap(code, options, body);
        let mut room = [0; 300];
        let request = Request::of(&datagram, &mut room).unwrap();
        assert_eq!((request.method.as_str(), request.target), (method, target));
        assert_eq!((request.content_type, request.accept), (content_type, accept));
        assert_eq!(request.body, body);
        assert_eq!(Method::parse(method), Some(request.method));
        let mut buf = [0; 300];
        let len = request.datagram(300, b"tok", &mut buf).unwrap();
        assert_eq!(buf[..len], datagram, "{target}");
        assert_eq!(request.datagram(300, b"tok", &mut buf[..len - 1]), Err(MapError::TooLong));
    }
}

#[test]
fn transport_7_status_codes() {
    let request = coap(Code::GET, &[(PATH, b"3")], b"");
    for (code, status) in STATUS {
        let datagram = coap(code, &[], b"");
        let mut room = [0; 64];
        assert_eq!(Response::of(&datagram, &mut room).unwrap().status, status);
        let mut buf = [0; 64];
        let response = Response { status, ..Response::default() };
        let len = response.datagram(&request, &mut buf).unwrap();
        let back = Message::parse(&buf[..len]).unwrap();
        let expected =
            if code.is_success() && code != Code::CREATED { Code::CONTENT } else { code };
        assert_eq!(back.code, expected);
        assert_eq!((back.id, back.token), (300, &b"tok"[..]));
    }
    for (method, done) in
        [(Code::POST, Code::CHANGED), (Code::PUT, Code::CHANGED), (Code::DELETE, Code::DELETED)]
    {
        for status in [200, 202, 204] {
            let mut buf = [0; 64];
            let response = Response { status, ..Response::default() };
            let len = response.datagram(&coap(method, &[], b""), &mut buf).unwrap();
            assert_eq!(Message::parse(&buf[..len]).unwrap().code, done);
        }
    }
    for (status, code) in
        [(302, Code::BAD_REQUEST), (429, Code::BAD_REQUEST), (502, Code::INTERNAL_SERVER_ERROR)]
    {
        let mut buf = [0; 64];
        // The page that a proxy sends along stays behind.
        let page = Response {
            status,
            content_type: Some("text/html"),
            body: b"<h1>",
            ..Response::default()
        };
        let len = page.datagram(&request, &mut buf).unwrap();
        let back = Message::parse(&buf[..len]).unwrap();
        assert_eq!((back.code, back.payload), (code, &b""[..]));
    }
    let mut buf = [0; 64];
    assert_eq!(Response::default().datagram(&request, &mut buf), Err(MapError::Malformed));
}

#[test]
fn transport_7_content_and_locations() {
    let datagram = coap(Code::CONTENT, &[(FORMAT, &[112])], b"\x80");
    let mut room = [0; 64];
    let response = Response::of(&datagram, &mut room).unwrap();
    assert_eq!((response.status, response.content_type), (200, Some("application/senml+cbor")));
    assert_eq!(response.body, b"\x80");
    let location = OptionNumber::LOCATION_PATH;
    let datagram = coap(Code::CREATED, &[(location, b"rd"), (location, b"5 a")], b"");
    let response = Response::of(&datagram, &mut room).unwrap();
    assert_eq!((response.status, response.location), (201, Some("/rd/5%20a")));
    let request = coap(Code::POST, &[(PATH, b"rd")], b"");
    for text in ["/rd/5%20a", "rd/5%20a", "https://server.example.com/rd/5%20a"] {
        let mut buf = [0; 64];
        let response = Response { status: 201, location: Some(text), ..Response::default() };
        let len = response.datagram(&request, &mut buf).unwrap();
        let back = Message::parse(&buf[..len]).unwrap();
        assert!(back.options.all(location).eq([&b"rd"[..], b"5 a"]), "{text}");
    }
    // A media type with parameters, and one that LwM2M does not have.
    let mut buf = [0; 64];
    let text = Response {
        status: 200,
        content_type: Some("text/plain; charset=utf-8"),
        body: b"x",
        ..Response::default()
    };
    let get = coap(Code::GET, &[(PATH, b"3")], b"");
    let len = text.datagram(&get, &mut buf).unwrap();
    assert_eq!(Message::parse(&buf[..len]).unwrap().content_format(), Some(ContentFormat::TEXT));
    let html = Response { content_type: Some("text/html"), ..text };
    assert_eq!(html.datagram(&get, &mut buf), Err(MapError::Unmapped));
}

#[test]
fn what_http_does_not_say() {
    for (code, options) in [
        (Code::FETCH, &[(FORMAT, &[112][..])][..]),
        (Code::IPATCH, &[]),
        (Code::GET, &[(OptionNumber::OBSERVE, b""), (PATH, b"3")]),
        (Code::GET, &[(PATH, b"3"), (OptionNumber::BLOCK2, &[0x10])]),
        (Code::PUT, &[(PATH, b"3"), (FORMAT, &[0xff, 0xf0])]),
    ] {
        let datagram = coap(code, options, b"");
        assert_eq!(Request::of(&datagram, &mut [0; 64]), Err(MapError::Unmapped), "{code}");
    }
    let response = coap(Code::CONTENT, &[], b"");
    assert_eq!(Request::of(&response, &mut [0; 64]), Err(MapError::Malformed));
    let request = coap(Code::GET, &[(PATH, b"abc")], b"");
    assert_eq!(Request::of(&request, &mut [0; 3]), Err(MapError::TooLong));
    assert_eq!(Response::of(&request, &mut [0; 64]), Err(MapError::Malformed));
    for target in ["", "rd", "/%", "/%4", "/%zz"] {
        let request =
            Request { method: Method::Get, target, content_type: None, accept: None, body: b"" };
        assert_eq!(request.datagram(1, b"", &mut [0; 64]), Err(MapError::Malformed), "{target}");
    }
}

proptest! {
    #[test]
    fn any_target_is_taken(target in ".{0,40}", body in proptest::collection::vec(any::<u8>(), 0..20)) {
        let request = Request {
            method: Method::Post,
            target: &target,
            content_type: None,
            accept: None,
            body: &body,
        };
        let mut buf = [0; 400];
        if let Ok(len) = request.datagram(1, b"", &mut buf) {
            let datagram = buf[..len].to_vec();
            let mut room = [0; 400];
            let back = Request::of(&datagram, &mut room).unwrap();
            prop_assert_eq!(back.body, &body[..]);
            // Written again it is the same message.
            let len = back.datagram(1, b"", &mut buf).unwrap();
            prop_assert_eq!(&buf[..len], &datagram[..]);
        }
    }
}
