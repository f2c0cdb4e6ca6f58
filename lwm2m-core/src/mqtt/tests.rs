use super::*;
use coap_core::{Code, ContentFormat, MessageWriter, OptionNumber};
use proptest::prelude::*;
use std::string::ToString;
use std::vec::Vec;

fn mapping(role: Role, interface: Interface) -> Mapping {
    Mapping::new(role, interface, 2)
}

fn datagram(mapping: &mut Mapping, publication: &[u8]) -> Result<Vec<u8>, MapError> {
    let mut buf = [0; 512];
    let session = Session { endpoint: "meter", location: "/rd/7f" };
    mapping.datagram(publication, &session, &mut buf).map(|len| buf[..len].to_vec())
}

fn publication(mapping: &mut Mapping, datagram: &[u8]) -> Result<Vec<u8>, MapError> {
    let mut buf = [0; 512];
    mapping.publication(datagram, &mut buf).map(|len| buf[..len].to_vec())
}

/// A request or response: type, code, token, options, payload.
fn coap(
    message_type: MessageType,
    code: Code,
    token: &[u8],
    options: &[(OptionNumber, &[u8])],
    payload: &[u8],
) -> Vec<u8> {
    let mut message = MessageWriter::new(Vec::new(), message_type, code, 9, token).unwrap();
    for (number, value) in options {
        message.option(*number, value).unwrap();
    }
    message.finish(payload).unwrap()
}

const CON: MessageType = MessageType::Confirmable;
const ACK: MessageType = MessageType::Acknowledgement;
const PATH: OptionNumber = OptionNumber::URI_PATH;
const QUERY: OptionNumber = OptionNumber::URI_QUERY;

#[test]
fn transport_8_topics() {
    let topic = Topic { prefix: "a/b", interface: Interface::Bootstrap, endpoint: "urn:dev:1" };
    assert_eq!(topic.to_string(), "a/b/lwm2m/bs/urn:dev:1");
    assert_eq!(Topic::parse("a/b", "a/b/lwm2m/bs/urn:dev:1"), Some(topic));
    let plain = Topic { prefix: "", interface: Interface::Registration, endpoint: "x/y" };
    assert_eq!(Topic::parse("", &plain.to_string()), Some(plain));
    for wrong in ["lwm2m/bs/e", "a/b/lwm2m/xx/e", "a/b/lwm2m/rd/", "a/blwm2m/rd/e", "a/b/rd/e"] {
        assert_eq!(Topic::parse("a/b", wrong), None, "{wrong}");
    }
}

#[test]
fn transport_8_the_examples_of_the_standard() {
    // A bootstrap request without parameters: {1: 0, 2: 42}.
    let mut bootstrap = mapping(Role::Server, Interface::Bootstrap);
    let request = datagram(&mut bootstrap, b"\xa2\x01\x00\x02\x18\x2a").unwrap();
    let message = Message::parse(&request).unwrap();
    assert_eq!((message.code, message.token), (Code::POST, &[42][..]));
    assert!(message.options.path().eq([b"bs"]));
    assert!(message.options.query().eq([b"ep=meter"]), "the topic says who it is");

    // {1: 9, 2: 56, 5: "/3/0/0"}
    let read = b"\xa3\x01\x09\x02\x18\x38\x05\x66/3/0/0";
    let mut server = mapping(Role::Server, Interface::Registration);
    let options = [(PATH, &b"3"[..]), (PATH, b"0"), (PATH, b"0")];
    let get = coap(CON, Code::GET, &[0, 56], &options, b"");
    assert_eq!(publication(&mut server, &get).unwrap(), read);
    let mut device = mapping(Role::Device, Interface::Registration);
    let request = datagram(&mut device, read).unwrap();
    let message = Message::parse(&request).unwrap();
    assert_eq!((message.code, message.token), (Code::GET, &[56][..]));
    assert!(message.options.path().eq([b"3", b"0", b"0"]));

    // {18: 205, 2: 56, 19: 0, 7: "Open Mobile Alliance"}, as bytes and as text.
    let value = b"Open Mobile Alliance";
    let text = [(OptionNumber::CONTENT_FORMAT, &b""[..])];
    let answer = coap(ACK, Code::CONTENT, &[56], &text, value);
    let mut published = b"\xa4\x12\x18\xcd\x02\x18\x38\x13\x00\x07\x54".to_vec();
    published.extend(value);
    assert_eq!(publication(&mut device, &answer).unwrap(), published);
    for major in [0x54, 0x74] {
        published[10] = major;
        let mut server = mapping(Role::Server, Interface::Registration);
        let response = datagram(&mut server, &published).unwrap();
        let message = Message::parse(&response).unwrap();
        assert_eq!((message.code, message.token), (Code::CONTENT, &[0, 56][..]));
        assert_eq!(
            (message.content_format(), message.payload),
            (Some(ContentFormat::TEXT), &value[..])
        );
    }
}

/// An operation's number, and its request: method, options, payload.
type Case = (u8, Code, Vec<(OptionNumber, &'static [u8])>, &'static [u8]);

/// What the server's engine says, over the topic, is what the device's engine hears.
#[test]
fn transport_8_every_operation_of_a_server() {
    use OptionNumber as O;
    let senml = [112];
    let etch = [1, 66];
    let link = [40];
    let p = |rest: &'static [&'static [u8]]| rest.iter().map(|s| (PATH, *s)).collect::<Vec<_>>();
    let with = |mut a: Vec<(O, &'static [u8])>, b: &[(O, &'static [u8])]| {
        a.extend(b);
        a.sort_by_key(|o| o.0);
        a
    };
    let resource: &[&[u8]] = &[b"3303", b"0", b"5700"];
    let leaked: &'static [u8] = std::boxed::Box::leak(std::boxed::Box::new(senml));
    let etch: &'static [u8] = std::boxed::Box::leak(std::boxed::Box::new(etch));
    let link: &'static [u8] = std::boxed::Box::leak(std::boxed::Box::new(link));
    let cases: Vec<Case> = std::vec![
        (9, Code::GET, with(p(resource), &[(O::ACCEPT, leaked)]), b""),
        (9, Code::GET, p(&[b"3"]), b""),
        (11, Code::GET, with(p(resource), &[(O::ACCEPT, link), (QUERY, b"depth=2")]), b""),
        (
            20,
            Code::GET,
            with(p(resource), &[(O::OBSERVE, b""), (QUERY, b"pmin=5"), (QUERY, b"gt=20.5")]),
            b""
        ),
        (22, Code::GET, with(p(resource), &[(O::OBSERVE, &[1])]), b""),
        (12, Code::PUT, with(p(resource), &[(O::CONTENT_FORMAT, leaked)]), b"v"),
        (
            14,
            Code::PUT,
            with(p(resource), &[(QUERY, b"pmax=60"), (QUERY, b"st"), (QUERY, b"edge=1")]),
            b""
        ),
        (13, Code::POST, with(p(&[b"3303", b"0"]), &[(O::CONTENT_FORMAT, leaked)]), b"v"),
        (13, Code::POST, with(p(&[b"3", b"0", b"6"]), &[(O::CONTENT_FORMAT, leaked)]), b"v"),
        (17, Code::POST, with(p(&[b"3303"]), &[(O::CONTENT_FORMAT, leaked)]), b"v"),
        (16, Code::POST, p(&[b"3", b"0", b"4"]), b""),
        (16, Code::POST, with(p(&[b"3", b"0", b"4"]), &[(O::CONTENT_FORMAT, b"")]), b"5"),
        (18, Code::DELETE, p(&[b"3303", b"0"]), b""),
        (
            10,
            Code::FETCH,
            with(Vec::new(), &[(O::CONTENT_FORMAT, etch), (O::ACCEPT, leaked)]),
            b"p"
        ),
        (
            21,
            Code::FETCH,
            with(Vec::new(), &[(O::OBSERVE, b""), (O::CONTENT_FORMAT, etch), (O::ACCEPT, leaked)]),
            b"p"
        ),
        (22, Code::FETCH, with(Vec::new(), &[(O::OBSERVE, &[1]), (O::CONTENT_FORMAT, etch)]), b"p"),
        (15, Code::IPATCH, with(Vec::new(), &[(O::CONTENT_FORMAT, etch)]), b"v"),
    ];
    for (operation, code, options, payload) in cases {
        let mut server = mapping(Role::Server, Interface::Registration);
        let sent = coap(CON, code, &[1, 2], &options, payload);
        let published = publication(&mut server, &sent).unwrap();
        assert_eq!(Fields::read(&published).unwrap().operation, Some(operation), "{options:?}");
        let mut device = mapping(Role::Device, Interface::Registration);
        let heard = datagram(&mut device, &published).unwrap();
        let (sent, heard) = (Message::parse(&sent).unwrap(), Message::parse(&heard).unwrap());
        assert_eq!((heard.message_type, heard.code, heard.token), (CON, code, sent.token));
        assert_eq!(heard.payload, payload);
        assert_eq!(heard.options.as_bytes(), sent.options.as_bytes(), "{operation} {options:?}");
        // The server hears itself, and takes no notice.
        let mut server = mapping(Role::Server, Interface::Registration);
        assert_eq!(datagram(&mut server, &published).unwrap(), b"");
    }
}

#[test]
fn transport_8_what_a_device_says() {
    use OptionNumber as O;
    let link = [40];
    let register = [
        (PATH, &b"rd"[..]),
        (O::CONTENT_FORMAT, &link),
        (QUERY, b"ep=meter"),
        (QUERY, b"lt=300"),
        (QUERY, b"lwm2m=1.2"),
        (QUERY, b"b=M"),
    ];
    let update = [(PATH, &b"rd"[..]), (PATH, b"mqtt"), (QUERY, b"lt=60")];
    let gone = [(PATH, &b"rd"[..]), (PATH, b"mqtt")];
    let send = [(PATH, &b"dp"[..]), (O::CONTENT_FORMAT, &[112][..])];
    for (operation, code, options, path) in [
        (6, Code::POST, &register[..], "/rd"),
        (7, Code::POST, &update[..], "/rd/7f"),
        (8, Code::DELETE, &gone[..], "/rd/7f"),
        (24, Code::POST, &send[..], "/dp"),
    ] {
        let mut device = mapping(Role::Device, Interface::Registration);
        let sent = coap(CON, code, &[0, 7], options, b"x");
        let published = publication(&mut device, &sent).unwrap();
        assert_eq!(Fields::read(&published).unwrap().operation, Some(operation));
        let mut server = mapping(Role::Server, Interface::Registration);
        let heard = datagram(&mut server, &published).unwrap();
        let heard = Message::parse(&heard).unwrap();
        assert_eq!((heard.code, heard.token, heard.payload), (code, &[7][..], &b"x"[..]));
        let mut segments = std::string::String::new();
        for segment in heard.options.path() {
            segments += "/";
            segments += str::from_utf8(segment).unwrap();
        }
        assert_eq!(segments, path);
        let queries = |m: &Message<'_>| m.options.query().map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(queries(&heard), queries(&Message::parse(&sent).unwrap()));
    }
    // A notification has the token of the observation, and its place in the order.
    let mut device = mapping(Role::Device, Interface::Registration);
    let options = [(O::OBSERVE, &[5][..]), (O::CONTENT_FORMAT, &[112])];
    let notification = coap(CON, Code::CONTENT, &[1, 2], &options, b"v");
    let published = publication(&mut device, &notification).unwrap();
    assert_eq!(Fields::read(&published).unwrap().operation, Some(23));
    let mut server = mapping(Role::Server, Interface::Registration);
    let first = datagram(&mut server, &published).unwrap();
    let second = datagram(&mut server, &published).unwrap();
    let (first, second) = (Message::parse(&first).unwrap(), Message::parse(&second).unwrap());
    assert_eq!((first.code, first.token), (Code::CONTENT, &[1, 2][..]));
    let order = |m: &Message<'_>| m.options.uint(O::OBSERVE).unwrap();
    assert!(order(&second) > order(&first) && second.id != first.id);
    assert_eq!(acknowledgement(&notification), Some([0x60, 0, 0, 9]));
    assert_eq!(acknowledgement(&published), None);
}

#[test]
fn what_has_no_key_is_said_to_have_none() {
    let mut device = mapping(Role::Device, Interface::Registration);
    let mut server = mapping(Role::Server, Interface::Registration);
    for (role, code, options) in [
        (Role::Device, Code::POST, [(PATH, &b"rd"[..]), (QUERY, b"pid=1")]),
        (Role::Device, Code::POST, [(PATH, b"rd"), (QUERY, b"Q")]),
        (Role::Device, Code::POST, [(PATH, b"elsewhere"), (QUERY, b"ep=a")]),
        (Role::Device, Code::GET, [(PATH, b"rd"), (QUERY, b"ep=a")]),
        (Role::Server, Code::PUT, [(PATH, b"3"), (QUERY, b"lt=5")]),
        (Role::Server, Code::PUT, [(PATH, b"3"), (QUERY, b"con=1")]),
        (Role::Server, Code::GET, [(PATH, b"3"), (OptionNumber::BLOCK2, &[0x10])]),
        (
            Role::Server,
            Code::FETCH,
            [(OptionNumber::CONTENT_FORMAT, &[110]), (OptionNumber::ACCEPT, b"")],
        ),
    ] {
        let sent = coap(CON, code, &[1], &options, b"");
        let mut mapping = mapping(role, Interface::Registration);
        assert_eq!(publication(&mut mapping, &sent), Err(MapError::Unmapped), "{options:?}");
    }
    let empty = coap(ACK, Code::EMPTY, b"", &[], b"");
    assert_eq!(publication(&mut device, &empty), Ok(Vec::new()));
    let read = coap(CON, Code::GET, &[1], &[(PATH, b"3")], b"");
    assert_eq!(server.publication(&read, &mut [0; 5]), Err(MapError::TooLong));
    assert_eq!(server.publication(&read[..3], &mut [0; 99]), Err(MapError::Malformed));
}

#[test]
fn publications_that_are_none() {
    for wrong in [
        &b""[..],
        b"\x01",
        b"\xa0",
        b"\xa1\x01\x09",                     // no token
        b"\xa2\x01\x09\x02\x20",             // a negative token
        b"\xa2\x01\x09\x02\x01\x00",         // something behind the map
        b"\xa2\x01\x63abc\x02\x01",          // an operation in text
        b"\xa2\x01\x13\x02\x01",             // operation 19, which is none
        b"\xa3\x01\x09\x12\x18\xcd\x02\x01", // a request and a response
        b"\xa2\x12\x18\x64\x02\x01",         // result 100
        b"\xa2\x12\x19\xff\xff\x02\x01",     // result 65535
        b"\xbf\x01\x09",                     // cut
    ] {
        let mut device = mapping(Role::Device, Interface::Registration);
        assert_eq!(datagram(&mut device, wrong), Err(MapError::Malformed), "{wrong:x?}");
    }
    // Of indefinite length, with a key of the future.
    let mut device = mapping(Role::Device, Interface::Registration);
    let read = b"\xbf\x01\x09\x02\x01\x05\x62/3\x18\x63\x82\x01\x02\xff";
    assert!(datagram(&mut device, read).is_ok());
    // An answer to a token that is longer than those of the engine is for somebody else.
    let other = b"\xa2\x12\x18\xcd\x02\x1a\x00\x01\x00\x00";
    assert_eq!(datagram(&mut device, other), Err(MapError::Unmapped));
}

proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(any::<u8>(), 0..60), role: bool) {
        let role = if role { Role::Device } else { Role::Server };
        for interface in [Interface::Bootstrap, Interface::Registration] {
            let mut mapping = mapping(role, interface);
            if let Ok(datagram) = datagram(&mut mapping, &bytes) && !datagram.is_empty() {
                prop_assert!(Message::parse(&datagram).is_ok());
            }
            let _ = publication(&mut mapping, &bytes);
        }
    }

    #[test]
    fn every_cut_publication_is_refused(cut in 0usize..31) {
        let whole = b"\xa4\x12\x18\xcd\x02\x18\x38\x13\x00\x07\x54Open Mobile Alliance";
        let mut server = mapping(Role::Server, Interface::Registration);
        prop_assert!(datagram(&mut server, &whole[..cut]).is_err());
    }
}
