//! The client and the server, each as a process of its own, and the client with a server that
//! this file plays by hand.
#![cfg(unix)]
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests of a program run on real sockets"
)]

mod common;

use coap_core::{
    Code, ContentFormat, Message, MessageType, MessageWriter, OptionNumber, OptionWriter,
};
use common::{LONG, Running, text};
use std::net::{SocketAddr, UdpSocket};

fn serve() -> (Running, String) {
    let server = Running::start(&["lwm2m", "server", "--coap", "127.0.0.1:0", "--json"]);
    let first = server.next();
    assert_eq!(text(&first, "event"), "listening");
    let address = text(&first, "coap").to_owned();
    let port: u16 = address.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    assert_ne!(port, 0);
    (server, address)
}

fn station(address: &str, name: &str) -> Running {
    let uri = format!("coap://{address}");
    let arguments = [
        "lwm2m",
        "client",
        "--server",
        &uri,
        "--endpoint",
        name,
        "--lifetime",
        "77",
        "--interval",
        "1",
    ];
    Running::start(&[&arguments[..], &["--json"]].concat())
}

#[test]
fn a_station_registers_reports_and_leaves() {
    let (server, address) = serve();
    let client = station(&address, "garden");
    let registering = client.next();
    assert_eq!(text(&registering, "event"), "registering");
    let registered = client.until("registered");
    assert_eq!(registered["lifetime"], 77);

    let registered = server.next();
    assert_eq!(text(&registered, "event"), "registered");
    assert_eq!(text(&registered, "endpoint"), "garden");
    assert_eq!(registered["lifetime"], 77);
    assert!(text(&registered, "location").starts_with("/rd/"));
    let objects = registered["objects"].as_array().unwrap();
    for object in ["/1/0", "/3/0", "/3303/0", "/3304/0", "/3315/0"] {
        assert!(objects.contains(&object.into()), "{registered}");
    }
    let discovered = server.next();
    assert_eq!(text(&discovered, "event"), "discovered");
    assert_eq!(discovered["sensors"].as_array().unwrap().len(), 3);
    for path in ["/3303/0/5700", "/3304/0/5700", "/3315/0/5700"] {
        let observed = server.next();
        assert_eq!((text(&observed, "event"), text(&observed, "path")), ("observed", path));
    }
    // What the client measured last is what the server is told.
    let notified = server.until("notified");
    let path = text(&notified, "path");
    loop {
        let measured = client.until("measured");
        if text(&measured, "path") == path && measured["value"] == notified["value"] {
            assert_eq!(
                (&measured["unit"], &measured["name"]),
                (&notified["unit"], &notified["name"])
            );
            break;
        }
    }

    client.signal("TERM");
    let (rest, code, errors) = client.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(text(rest.last().unwrap(), "event"), "deregistered");
    let gone = server.until("deregistered");
    assert_eq!((text(&gone, "endpoint"), text(&gone, "reason")), ("garden", "client"));

    server.signal("INT");
    let (rest, code, errors) = server.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(rest.last().unwrap()["registrations"], 0);
}

#[test]
fn two_stations_of_one_name_replace_each_other() {
    let (server, address) = serve();
    let _first = station(&address, "twin");
    assert_eq!(server.until("registered")["again"], false);
    let _second = station(&address, "twin");
    assert_eq!(server.until("registered")["again"], true);
}

#[test]
fn without_a_server_the_station_says_so_and_waits() {
    // A port that was free a moment ago.
    let address = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let client = station(&address, "early");
    assert_eq!(text(&client.until("no_answer"), "reason"), "refused");
    let server = Running::start(&["lwm2m", "server", "--coap", &address, "--json"]);
    server.until("listening");
    assert_eq!(text(&server.until("registered"), "endpoint"), "early");
    client.until("registered");
    client.signal("INT");
    assert_eq!(client.end().1, Some(0));
}

#[test]
fn ipv6_works_and_an_ipv6_server_takes_ipv4() {
    let Ok(probe) = UdpSocket::bind("[::]:0") else { return };
    drop(probe);
    let server = Running::start(&["lwm2m", "server", "--coap", "[::]:0", "--json"]);
    let listening = server.next();
    let port = text(&listening, "coap").strip_prefix("[::]:").unwrap();
    let six = station(&format!("[::1]:{port}"), "six");
    let registered = server.until("registered");
    assert_eq!(text(&registered, "endpoint"), "six");
    assert!(text(&registered, "address").starts_with("[::1]:"));
    let four = station(&format!("127.0.0.1:{port}"), "four");
    let registered = server.until("registered");
    assert_eq!(text(&registered, "endpoint"), "four");
    assert!(text(&registered, "address").starts_with("127.0.0.1:"));
    for client in [six, four] {
        client.until("registered");
        client.signal("TERM");
        assert_eq!(client.end().1, Some(0));
    }
}

#[test]
fn noise_disturbs_neither_the_server_nor_what_it_prints() {
    let server = Running::start(&["lwm2m", "server", "--coap", "127.0.0.1:0", "--json", "-v"]);
    let address = text(&server.next(), "coap").to_owned();
    let noise = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut random = m2m_base::Random::new(&m2m_base::Seed([7; 32]));
    for n in 0..2000 {
        let mut bytes = vec![0; usize::from(random.u8() & 63)];
        random.fill(&mut bytes);
        if let Some(first) = bytes.first_mut().filter(|_| n % 2 == 0) {
            // Version 1, so that more of it is read.
            *first = 0x40 | *first & 0x3f;
        }
        noise.send_to(&bytes, &address).unwrap();
        if n % 50 == 0 {
            // The socket's buffer is not what is tested.
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
    let client = station(&address, "calm");
    assert_eq!(text(&server.until("registered"), "endpoint"), "calm");
    client.until("registered");
    client.signal("TERM");
    assert_eq!(client.end().1, Some(0));
    server.signal("TERM");
    let (_, code, errors) = server.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
}

/// A server played by hand, to which the station is a stranger.
struct Hand {
    socket: UdpSocket,
    next: u16,
}

impl Hand {
    fn new() -> Hand {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        Hand { socket, next: 1 }
    }

    fn address(&self) -> String {
        self.socket.local_addr().unwrap().to_string()
    }

    /// Waits for a request and answers it, with the location of a registration if it is created.
    fn answer(&self, method: Code, code: Code) -> SocketAddr {
        loop {
            let mut buf = [0; 2000];
            let (len, from) = self.socket.recv_from(&mut buf).unwrap();
            let message = Message::parse(&buf[..len]).unwrap();
            if message.code != method {
                continue;
            }
            let mut space = [0; 64];
            let mut options = OptionWriter::new(&mut space);
            if code == Code::CREATED {
                for segment in ["rd", "7"] {
                    options.add(OptionNumber::LOCATION_PATH, segment.as_bytes()).unwrap();
                }
            }
            self.send(
                from,
                MessageType::Acknowledgement,
                code,
                message.id,
                message.token,
                &options,
                b"",
            );
            return from;
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of a message")]
    fn send(
        &self,
        to: SocketAddr,
        kind: MessageType,
        code: Code,
        id: u16,
        token: &[u8],
        options: &OptionWriter<'_>,
        payload: &[u8],
    ) {
        let mut writer = MessageWriter::new(Vec::new(), kind, code, id, token).unwrap();
        writer.options(options.options()).unwrap();
        let bytes = writer.finish(payload).unwrap();
        self.socket.send_to(&bytes, to).unwrap();
    }

    /// Asks the station for something; the code and payload of its answer.
    fn ask(
        &mut self,
        to: SocketAddr,
        code: Code,
        path: &str,
        format: Option<ContentFormat>,
        payload: &[u8],
    ) -> (Code, Vec<u8>) {
        self.next += 1;
        let token = self.next.to_be_bytes();
        let mut space = [0; 64];
        let mut options = OptionWriter::new(&mut space);
        options.path(path).unwrap();
        if let Some(format) = format {
            options.content_format(format).unwrap();
        }
        self.send(to, MessageType::Confirmable, code, self.next, &token, &options, payload);
        loop {
            let mut buf = [0; 2000];
            let (len, from) = self.socket.recv_from(&mut buf).unwrap();
            let message = Message::parse(&buf[..len]).unwrap();
            if message.code.is_response() && message.token == token {
                if message.message_type == MessageType::Confirmable {
                    let mut ack = [0; 4];
                    ack[0] = 0x60;
                    ack[2..].copy_from_slice(&message.id.to_be_bytes());
                    self.socket.send_to(&ack, from).unwrap();
                }
                return (message.code, message.payload.to_vec());
            }
        }
    }
}

#[test]
fn what_a_server_does_to_the_station_is_told() {
    let mut hand = Hand::new();
    let client = station(&hand.address(), "subject");
    let peer = hand.answer(Code::POST, Code::CREATED);
    client.until("registered");

    let text_format = Some(ContentFormat::TEXT);
    let (code, _) = hand.ask(peer, Code::PUT, "/3303/0/5750", text_format, b"cellar");
    assert_eq!(code, Code::CHANGED);
    let written = client.until("written");
    assert_eq!((text(&written, "path"), text(&written, "value")), ("/3303/0/5750", "cellar"));
    let (_, payload) = hand.ask(peer, Code::GET, "/3303/0/5750", None, b"");
    assert!(payload.windows(6).any(|w| w == b"cellar"), "{payload:?}");

    let (code, _) = hand.ask(peer, Code::POST, "/3303/0/5605", None, b"");
    assert_eq!(code, Code::CHANGED);
    let executed = client.until("executed");
    assert_eq!((text(&executed, "path"), &executed["done"]), ("/3303/0/5605", &true.into()));

    // Create /3303/5 with an Application Type, in TLV.
    let tlv = [0x08, 5, 4, 0xe1, 0x16, 0x76, b'x'];
    let (code, _) = hand.ask(peer, Code::POST, "/3303", Some(ContentFormat::LWM2M_TLV), &tlv);
    assert_eq!(code, Code::CREATED);
    assert_eq!(text(&client.until("created"), "path"), "/3303/5");
    // Its list of objects has changed, so it updates its registration.
    hand.answer(Code::POST, Code::CHANGED);
    client.until("updated");
    let (code, _) = hand.ask(peer, Code::DELETE, "/3303/5", None, b"");
    assert_eq!(code, Code::DELETED);
    assert_eq!(text(&client.until("deleted"), "path"), "/3303/5");
    hand.answer(Code::POST, Code::CHANGED);

    let (code, _) = hand.ask(peer, Code::POST, "/3/0/4", None, b"");
    assert_eq!(code, Code::CHANGED);
    assert_eq!(text(&client.until("executed"), "path"), "/3/0/4");
    client.until("rebooting");
    // It registers anew, with its values as they were when it was made.
    let peer = hand.answer(Code::POST, Code::CREATED);
    client.until("registered");
    let (_, payload) = hand.ask(peer, Code::GET, "/3303/0/5750", None, b"");
    assert!(!payload.windows(6).any(|w| w == b"cellar"), "{payload:?}");

    client.signal("TERM");
    hand.answer(Code::DELETE, Code::DELETED);
    let (rest, code, errors) = client.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(text(rest.last().unwrap(), "event"), "deregistered");
}

#[test]
fn a_refused_registration_is_told_and_tried_again() {
    let hand = Hand::new();
    let client = station(&hand.address(), "stranger");
    hand.answer(Code::POST, Code::FORBIDDEN);
    let failed = client.until("registration_failed");
    assert_eq!((text(&failed, "endpoint"), text(&failed, "code")), ("stranger", "4.03"));
    assert!(failed["retry_in"].as_u64().unwrap() > 0);
    client.signal("TERM");
    assert_eq!(client.end().1, Some(0));
}

#[test]
fn a_server_that_does_not_answer_the_farewell_does_not_hold_the_station() {
    let hand = Hand::new();
    let client = station(&hand.address(), "patient");
    hand.answer(Code::POST, Code::CREATED);
    client.until("registered");
    client.signal("TERM");
    let (rest, code, errors) = client.end();
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(text(rest.last().unwrap(), "reason"), "silent");
}
