//! Signalling and framing over connections, each rule with its reaction (RFC 8323 sections 3 to 5).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::stream::{SignalOption, Transport};
use coap_core::*;
use common::stream::*;
use common::{A, B, LIMITS, at, hex, with_path};
use m2m_base::{Cause, Disposition, Duration, Seed};

const TEXT: &[u8] = b"x";

fn respond(e: &mut Endpoint, id: IncomingId, payload: &[u8]) {
    e.respond(at(0), id, &Response { payload, ..Response::new(Code::CONTENT) }).unwrap();
}

fn requests(e: &mut Endpoint) -> Vec<IncomingId> {
    events(e)
        .into_iter()
        .filter_map(|event| match event {
            Event::Request { id, .. } => Some(id),
            _ => None,
        })
        .collect()
}

fn closed(e: &mut Endpoint) -> Option<CloseReason> {
    events(e).into_iter().find_map(|event| match event {
        Event::Close { peer, reason } => {
            assert_eq!(peer, A);
            Some(reason)
        }
        _ => None,
    })
}

fn get(e: &mut Endpoint) -> Result<RequestId, UsageError> {
    with_path("a", |options| e.request(at(0), A, &Request { options, ..Request::new(Code::GET) }))
}

#[test]
fn rfc8323_3_3_the_first_message_is_a_csm_and_requests_need_not_wait() {
    for transport in [Transport::Tcp, Transport::WebSocket] {
        let mut e = with(&STREAMS, 1);
        e.connected(at(0), A, transport).unwrap();
        get(&mut e).unwrap();
        let out = drain(&mut e, at(0));
        let csm = frame(&out[0].1, transport);
        assert_eq!((csm.code, csm.token), (Code::CSM, &[][..]));
        assert_eq!(csm.options.uint(SignalOption::MAX_MESSAGE_SIZE.number), Some(8448));
        assert_eq!(csm.options.first(SignalOption::BLOCK_WISE_TRANSFER.number), Some(&[][..]));
        // RFC 8974: tokens of an eighth of a datagram are kept.
        assert_eq!(csm.options.uint(SignalOption::EXTENDED_TOKEN_LENGTH.number), Some(144));
        let request = frame(&out[1].1, transport);
        assert_eq!((request.code, request.token.len()), (Code::GET, 8));
        assert_eq!(out.len(), 2);
    }
}

/// What an endpoint with an open connection answers, and why it wants the connection closed.
#[test]
fn rfc8323_5_reaction_to_each_signalling_message() {
    use CloseReason::*;
    let abort = |text: &str| {
        let len = text.len() + 1;
        let head = if len < 13 { format!("{len:x}0") } else { format!("d0{:02x}", len - 13) };
        let text: String = text.bytes().map(|b| format!("{b:02x}")).collect();
        format!("{head}e5ff{text}")
    };
    let not_understood = |number: u8| {
        let rest = b"option of the CSM not understood";
        let text: String = rest.iter().map(|b| format!("{b:02x}")).collect();
        format!("d0{:02x}e521{number:02x}ff{text}", rest.len() + 3 - 13)
    };
    for (name, bytes, answer, reason) in [
        ("3.4 an empty message is ignored", "0000", vec![], None),
        ("5.3 a CSM without options changes nothing", "00e1", vec![], None),
        ("5.2 an elective option that is unknown is ignored", "20e18101", vec![], None),
        ("5.2 a critical one in a CSM", "10e190", vec![not_understood(9)], Some(BadCsmOption(9))),
        (
            "5.2 one in a ping",
            "10e210",
            vec![abort("critical option not understood")],
            Some(BadOption),
        ),
        (
            "5.2 one in a pong",
            "10e390",
            vec![abort("critical option not understood")],
            Some(BadOption),
        ),
        (
            "5.2 one in a release",
            "10e430",
            vec![abort("critical option not understood")],
            Some(BadOption),
        ),
        ("5.2 one in an abort aborts as well", "10e530", vec![], Some(Aborted)),
        (
            "5.3.1 a size of 5 bytes",
            "60e1250000000001",
            vec![not_understood(2)],
            Some(BadCsmOption(2)),
        ),
        (
            "5.3.1 a size that no message fits",
            "20e12110",
            vec![not_understood(2)],
            Some(BadCsmOption(2)),
        ),
        (
            "5.3.2 a capability with a value",
            "20e14101",
            vec![not_understood(4)],
            Some(BadCsmOption(4)),
        ),
        ("5.3.1 of two sizes the first counts", "40e121400101", vec![], None),
        ("5.4 ping", "01e242", vec!["01e342".into()], None),
        ("5.4 ping without token", "00e2", vec!["00e3".into()], None),
        ("5.4 elective options of a ping are ignored", "21e2428100", vec!["01e342".into()], None),
        ("5.4.1 custody, and nothing is open", "11e24220", vec!["11e34220".into()], None),
        ("5.4.1 custody with a value is none", "21e2422100", vec!["01e342".into()], None),
        ("5.4 a pong to nothing is ignored", "01e342", vec![], None),
        ("5.5 release, and nothing is open", "00e4", vec![], Some(Released)),
        ("5.6 abort", "00e5", vec![], Some(Aborted)),
        (
            "5.1 a code that is not assigned",
            "00e6",
            vec![abort("unknown signalling code")],
            Some(UnknownSignal),
        ),
        ("5.1 7.00 too", "00e0", vec![abort("unknown signalling code")], Some(UnknownSignal)),
        ("7.2 a response to nothing is ignored", "014577", vec![], None),
    ] {
        let mut e = open(&STREAMS);
        feed(&mut e, &hex(bytes));
        assert_eq!(sent(&mut e, at(0)), answer, "{name}");
        assert_eq!(closed(&mut e), reason, "{name}");
        // Nothing is taken from one that is to be closed.
        feed(&mut e, &hex("01e242"));
        let lives = reason.is_none();
        assert_eq!(sent(&mut e, at(0)).len(), usize::from(lives), "{name}");
        assert_eq!(get(&mut e).is_ok(), lives, "{name}");
        e.disconnected(at(0), A);
        assert_eq!(e.signal(A).map(|c| c.code), None);
    }
}

#[test]
fn rfc8323_3_3_a_connection_that_begins_otherwise_is_aborted() {
    for (bytes, reason) in [
        ("01017f", CloseReason::NoCsm),
        ("014577", CloseReason::NoCsm),
        ("00e2", CloseReason::NoCsm),
        ("00e3", CloseReason::NoCsm),
        ("00e4", CloseReason::NoCsm),
        ("00e5", CloseReason::Aborted),
        ("00e6", CloseReason::NoCsm),
        ("160301020001000000", CloseReason::NoCsm),
        ("0f", CloseReason::Malformed(DecodeErrorKind::TokenLength)),
    ] {
        let mut e = with(&STREAMS, 1);
        e.connected(at(0), A, Transport::Tcp).unwrap();
        feed(&mut e, &hex("0000"));
        feed(&mut e, &hex(bytes));
        let out = drain(&mut e, at(0));
        let codes: Vec<_> = out.iter().map(|(_, b)| frame(b, Transport::Tcp).code).collect();
        let aborts = reason != CloseReason::Aborted;
        assert_eq!(codes, if aborts { vec![Code::CSM, Code::ABORT] } else { vec![Code::CSM] });
        assert_eq!(closed(&mut e), Some(reason), "{bytes}");
    }
}

#[test]
fn rfc8323_5_6_each_bad_frame_aborts() {
    use DecodeErrorKind::*;
    for (bytes, transport, kind) in [
        ("0f45", Transport::Tcp, TokenLength),
        ("09e2010203040506070809", Transport::Tcp, TokenLength),
        ("0e010000", Transport::Tcp, TokenLength),
        ("0100aa", Transport::Tcp, NotEmpty),
        ("1000b0", Transport::Tcp, NotEmpty),
        ("0021", Transport::Tcp, ReservedClass),
        ("00c5", Transport::Tcp, ReservedClass),
        ("1001ff", Transport::Tcp, EmptyPayload),
        ("1001f0", Transport::Tcp, ReservedNibble),
        ("1001b5", Transport::Tcp, Truncated),
        ("3001e0ffff", Transport::Tcp, OptionNumber),
        ("1001b0", Transport::WebSocket, Length),
        ("", Transport::WebSocket, Truncated),
        ("08", Transport::WebSocket, Truncated),
        ("0801aa", Transport::WebSocket, Truncated),
        ("0001ff", Transport::WebSocket, EmptyPayload),
    ] {
        let mut e = with(&STREAMS, 1);
        e.connected(at(0), A, transport).unwrap();
        feed(&mut e, CSM);
        drain(&mut e, at(0));
        let mut bytes_in = hex(bytes);
        if kind == TokenLength && bytes == "0e010000" {
            bytes_in.resize(4 + 269, 7);
        }
        feed(&mut e, &bytes_in);
        let out = drain(&mut e, at(0));
        assert_eq!(out.len(), 1, "{bytes}");
        let abort = frame(&out[0].1, transport);
        assert_eq!((abort.code, abort.payload), (Code::ABORT, kind.text().as_bytes()), "{bytes}");
        assert_eq!(closed(&mut e), Some(CloseReason::Malformed(kind)), "{bytes}");
        assert_eq!(e.counters().malformed, 1);
    }
}

#[test]
fn a_message_longer_than_was_said_aborts_before_it_is_there() {
    for (bytes, transport) in
        [(hex("e0200045"), Transport::Tcp), (vec![0; 8449], Transport::WebSocket)]
    {
        let mut e = with(&STREAMS, 1);
        e.connected(at(0), A, transport).unwrap();
        feed(&mut e, CSM);
        drain(&mut e, at(0));
        feed(&mut e, &bytes);
        assert_eq!(drain(&mut e, at(0)).len(), 1);
        assert_eq!(closed(&mut e), Some(CloseReason::TooLong));
    }
    // One of exactly that length is taken.
    let mut e = open(&STREAMS);
    let message = tcp(Code::PUT, &[1], &[], &[7; 8448 - 6]);
    let len = message.len();
    assert_eq!(len, 8448);
    for piece in message.chunks(1000) {
        feed(&mut e, piece);
    }
    let id = requests(&mut e)[0];
    assert_eq!(e.incoming(id).unwrap().payload.len(), 8442);
}

#[test]
fn rfc8323_5_4_1_a_ping_with_custody_waits_for_what_came_before_it() {
    let mut e = open(&STREAMS);
    feed(&mut e, &hex("010101 010102 11e24220 010103"));
    let ids = requests(&mut e);
    assert_eq!(ids.len(), 3);
    assert_eq!(sent(&mut e, at(0)), [""; 0]);
    respond(&mut e, ids[2], TEXT);
    respond(&mut e, ids[0], TEXT);
    assert_eq!(sent(&mut e, at(0)), ["214503ff78", "214501ff78"]);
    // An answer that is queued is not sent: the pong comes after it.
    respond(&mut e, ids[1], TEXT);
    assert_eq!(sent(&mut e, at(0)), ["214502ff78", "11e34220"]);
    // Of two that wait the first is answered without the claim.
    feed(&mut e, &hex("010104 11e24320 11e24420"));
    let id = requests(&mut e)[0];
    assert_eq!(sent(&mut e, at(0)), ["01e343"]);
    e.ignore(at(0), id);
    assert_eq!(sent(&mut e, at(0)), ["11e34420"]);
}

#[test]
fn rfc8323_5_4_our_ping() {
    let mut e = open(&STREAMS);
    for (custody, ping, pong) in [(false, "01e201", "01e301"), (true, "11e20220", "11e30220")] {
        e.ping(at(0), A, custody).unwrap();
        assert_eq!(sent(&mut e, at(0)), [ping]);
        feed(&mut e, &hex("01e37f"));
        assert_eq!(events(&mut e), []);
        feed(&mut e, &hex(pong));
        assert_eq!(events(&mut e), [Event::Pong { peer: A, custody }]);
        // Twice is once too often.
        feed(&mut e, &hex(pong));
        assert_eq!(events(&mut e), []);
        assert_eq!(e.poll_timeout(), None);
    }
    assert_eq!(e.ping(at(0), B, false), Err(UsageError::UnknownId));
}

#[test]
fn a_pong_without_token_counts_since_libcoap_leaves_it_out() {
    let mut e = open(&STREAMS);
    feed(&mut e, &hex("00e3"));
    assert_eq!(events(&mut e), []);
    e.ping(at(0), A, false).unwrap();
    drain(&mut e, at(0));
    feed(&mut e, &hex("10e320"));
    assert_eq!(events(&mut e), [Event::Pong { peer: A, custody: true }]);
}

#[test]
fn a_ping_that_nothing_follows_ends_the_connection() {
    let mut e = open(&STREAMS);
    let request = get(&mut e).unwrap();
    e.ping(at(0), A, false).unwrap();
    drain(&mut e, at(0));
    assert_eq!(e.poll_timeout(), Some(at(20_000)));
    e.handle_timeout(at(20_000));
    let gone = Event::Close { peer: A, reason: CloseReason::Unresponsive };
    assert_eq!(events(&mut e), [Event::Done { id: request, outcome: Outcome::PeerDown }, gone]);
    assert_eq!(e.poll_timeout(), None);
}

#[test]
fn a_silent_connection_is_pinged_when_keepalive_is_asked_for() {
    let streams = Streams { keepalive: Some(Duration::from_secs(60)), ..STREAMS };
    let mut e = open(&streams);
    assert_eq!(e.poll_timeout(), Some(at(60_000)));
    assert_eq!(e.handle_stream(at(50_000), A, &hex("0000")), 2);
    e.handle_timeout(at(60_000));
    assert_eq!(e.poll_timeout(), Some(at(110_000)));
    e.handle_timeout(at(110_000));
    assert_eq!(sent(&mut e, at(110_000)), ["01e201"]);
    // Any sign of life will do.
    assert_eq!(e.handle_stream(at(120_000), A, &hex("0000")), 2);
    e.handle_timeout(at(130_000));
    assert_eq!(events(&mut e), []);
    assert_eq!(e.poll_timeout(), Some(at(180_000)));
    e.handle_timeout(at(180_000));
    assert_eq!(sent(&mut e, at(180_000)), ["01e202"]);
    assert_eq!(e.handle_stream(at(180_001), A, &hex("01e302")), 3);
    // The application did not ask.
    assert_eq!(events(&mut e), []);
    e.handle_timeout(at(240_001));
    assert_eq!(sent(&mut e, at(240_001)), ["01e203"]);
    e.handle_timeout(at(260_001));
    assert_eq!(closed(&mut e), Some(CloseReason::Unresponsive));
}

#[test]
fn a_peer_that_never_tells_its_capabilities_is_given_up() {
    let mut e = with(&STREAMS, 1);
    e.connected(at(0), A, Transport::Tcp).unwrap();
    drain(&mut e, at(0));
    assert_eq!(e.poll_timeout(), Some(at(30_000)));
    e.handle_timeout(at(29_999));
    assert!(drain(&mut e, at(29_999)).is_empty());
    e.handle_timeout(at(30_000));
    assert_eq!(drain(&mut e, at(30_000)).len(), 1);
    assert_eq!(closed(&mut e), Some(CloseReason::NoCsm));
}

#[test]
fn rfc8323_5_5_release_of_the_peer_lets_what_is_under_way_finish() {
    let mut e = open(&STREAMS);
    feed(&mut e, &hex("010101"));
    let asked = requests(&mut e)[0];
    let own = get(&mut e).unwrap();
    let request = drain(&mut e, at(0)).remove(0).1;
    let token = frame(&request, Transport::Tcp).token.to_vec();
    let release = tcp(Code::RELEASE, &[], &[(2, b"[::1]:9"), (2, b"b"), (4, &[60])], b"bye");
    feed(&mut e, &release);
    feed(&mut e, &hex("00e4"));
    assert_eq!(events(&mut e), [Event::Released { peer: A }]);
    feed(&mut e, &release);
    let said = e.signal(A).unwrap();
    assert_eq!((said.code, said.payload), (Code::RELEASE, &b"bye"[..]));
    assert_eq!(said.options.uint(SignalOption::HOLD_OFF.number), Some(60));
    assert_eq!(said.options.all(SignalOption::ALTERNATIVE_ADDRESS.number).count(), 2);
    assert_eq!(get(&mut e), Err(UsageError::Closing));
    // It may still ask, and is answered.
    feed(&mut e, &hex("010102"));
    let late = requests(&mut e)[0];
    respond(&mut e, asked, TEXT);
    feed(&mut e, &tcp(Code::CONTENT, &token, &[], TEXT));
    assert_eq!(events(&mut e), [Event::Done { id: own, outcome: Outcome::Response }]);
    respond(&mut e, late, TEXT);
    assert_eq!(closed(&mut e), None);
    assert_eq!(sent(&mut e, at(0)), ["214501ff78", "214502ff78"]);
    assert_eq!(closed(&mut e), Some(CloseReason::Released));
}

#[test]
fn rfc8323_5_5_our_release_goes_behind_the_requests_and_gives_the_peer_time() {
    let mut e = open(&STREAMS);
    let own = get(&mut e).unwrap();
    let mut room = [0; 32];
    let mut options = OptionWriter::new(&mut room);
    options.add_uint(SignalOption::HOLD_OFF.number, 5).unwrap();
    e.release_connection(at(0), A, options.options(), "bye").unwrap();
    assert_eq!(get(&mut e), Err(UsageError::Closing));
    let again = e.release_connection(at(0), A, Options::EMPTY, "");
    assert_eq!(again, Err(UsageError::UnknownId));
    let out = drain(&mut e, at(0));
    let codes: Vec<_> = out.iter().map(|(_, b)| frame(b, Transport::Tcp).code).collect();
    assert_eq!(codes, [Code::GET, Code::RELEASE]);
    assert_eq!(out[1].1, hex("60e44105ff627965"));
    // The answer still counts.
    let token = frame(&out[0].1, Transport::Tcp).token.to_vec();
    feed(&mut e, &tcp(Code::CONTENT, &token, &[], TEXT));
    assert_eq!(events(&mut e), [Event::Done { id: own, outcome: Outcome::Response }]);
    e.handle_timeout(at(60_000));
    assert_eq!(closed(&mut e), Some(CloseReason::Unresponsive));
}

#[test]
fn a_release_with_options_of_something_else_is_refused() {
    let mut e = open(&STREAMS);
    for (number, value) in [(3, &b""[..]), (2, b""), (4, &[1, 2, 3, 4]), (6, b"")] {
        let mut room = [0; 32];
        let mut options = OptionWriter::new(&mut room);
        options.add(OptionNumber(number), value).unwrap();
        let refused = e.release_connection(at(0), A, options.options(), "");
        assert_eq!(refused, Err(UsageError::Invalid));
    }
    let long = "x".repeat(1152);
    let refused = e.release_connection(at(0), A, Options::EMPTY, &long);
    assert_eq!(refused, Err(UsageError::TooLong));
    assert!(get(&mut e).is_ok());
}

#[test]
fn rfc8323_5_6_abort_by_command_and_by_the_peer_end_everything_at_once() {
    for own in [true, false] {
        let mut e = open(&STREAMS);
        let id = get(&mut e).unwrap();
        feed(&mut e, &hex("010101"));
        let asked = requests(&mut e)[0];
        if own {
            e.abort(at(0), A, "enough").unwrap();
            assert_eq!(events(&mut e), [Event::Done { id, outcome: Outcome::PeerDown }]);
            assert_eq!(sent(&mut e, at(0)), ["70e5ff656e6f756768"]);
            assert_eq!(closed(&mut e), Some(CloseReason::Command));
        } else {
            feed(&mut e, &tcp(Code::ABORT, &[], &[(2, &[7])], b"no"));
            let gone = Event::Close { peer: A, reason: CloseReason::Aborted };
            assert_eq!(events(&mut e), [Event::Done { id, outcome: Outcome::PeerDown }, gone]);
            let said = e.signal(A).unwrap();
            assert_eq!((said.code, said.payload), (Code::ABORT, &b"no"[..]));
            assert_eq!(said.options.uint(SignalOption::BAD_CSM_OPTION.number), Some(7));
        }
        let late = e.respond(at(0), asked, &Response::new(Code::CONTENT));
        assert_eq!(late, Err(UsageError::UnknownId));
        assert_eq!(e.abort(at(0), A, ""), Err(UsageError::UnknownId));
        assert!(drain(&mut e, at(0)).is_empty());
    }
}

#[test]
fn a_full_table_of_connections_is_told_and_a_place_is_free_again() {
    let mut e = with(&STREAMS, 1);
    for n in 1..=2 {
        e.connected(at(0), m2m_base::PeerId(n), Transport::Tcp).unwrap();
    }
    let third = m2m_base::PeerId(3);
    assert_eq!(e.connected(at(0), A, Transport::Tcp), Err(UsageError::Invalid));
    assert_eq!(e.connected(at(0), third, Transport::Tcp), Err(UsageError::Full));
    e.forget_peer(at(0), A);
    e.connected(at(0), third, Transport::Tcp).unwrap();
    let mut plain = Endpoint::new(&common::config(), &Seed([1; 32])).unwrap();
    assert_eq!(plain.connected(at(0), A, Transport::Tcp), Err(UsageError::Full));
    // Bytes of nobody are dropped, a datagram of a connection is ignored.
    assert_eq!(plain.handle_stream(at(0), A, b"abc"), 3);
    let datagram = e.handle_datagram(at(0), third, &hex("40011234"));
    assert_eq!(datagram, Disposition::Ignored(Cause::Unexpected));
}

#[test]
fn limits_that_no_connection_can_live_with_are_refused() {
    let make = |s: &Streams| Endpoint::with_streams(&common::config(), s, &Seed([1; 32])).err();
    for (streams, error) in [
        (Streams { message_size: 63, ..STREAMS }, ConfigError::Limit),
        (Streams { message_size: LIMITS.pool + 1, ..STREAMS }, ConfigError::Limit),
        (Streams { message_size: (1 << 24) + 1, ..STREAMS }, ConfigError::Limit),
        (Streams { pong_timeout: Duration::from_millis(0), ..STREAMS }, ConfigError::Parameter),
        (Streams { keepalive: Some(Duration::from_millis(0)), ..STREAMS }, ConfigError::Parameter),
    ] {
        assert_eq!(make(&streams), Some(error));
    }
    assert_eq!(make(&STREAMS), None);
}

/// A peer that sends without reading makes us stop taking, not answering.
#[test]
fn a_flood_waits_for_the_answers_to_go_out_and_loses_none() {
    for transport in [Transport::Tcp, Transport::WebSocket] {
        let mut e = with(&STREAMS, 1);
        e.connected(at(0), A, transport).unwrap();
        feed(&mut e, CSM);
        drain(&mut e, at(0));
        // Requests with a method that does not exist, and pings.
        let (mut given, mut answers) = (0usize, 0);
        for n in 0..=255u8 {
            let message = if n % 2 == 0 { [0x01, 0x1f, n] } else { [0x01, 0xe2, n] };
            let mut taken = e.handle_stream(at(0), A, &message);
            if taken == 0 {
                let out = drain(&mut e, at(0));
                assert_eq!(out.len(), 8);
                answers += out.len();
                taken = e.handle_stream(at(0), A, &message);
            }
            given += taken;
        }
        answers += drain(&mut e, at(0)).len();
        assert_eq!((given, answers), (768, 256));
        assert_eq!(e.counters().full, 0);
    }
}

#[test]
fn a_flood_on_one_connection_leaves_the_other_served() {
    let mut e = open(&STREAMS);
    e.connected(at(0), B, Transport::Tcp).unwrap();
    assert_eq!(e.handle_stream(at(0), B, CSM), 2);
    drain(&mut e, at(0));
    // Starts of bodies, observations, requests that nobody answers, and half a message.
    let mut flood = Vec::new();
    for n in 0..200u8 {
        flood.extend(tcp(Code::PUT, &[n], &[(11, &[n]), (27, &[0x08])], &[n; 16]));
        flood.extend(tcp(Code::GET, &[n], &[(6, b""), (11, b"o")], b""));
    }
    flood.extend(hex("e0100001"));
    let mut rest = &flood[..];
    let mut refused = 0;
    while !rest.is_empty() {
        let taken = e.handle_stream(at(0), A, rest);
        rest = &rest[taken..];
        refused += drain(&mut e, at(0))
            .iter()
            .filter(|(_, b)| frame(b, Transport::Tcp).code == Code::SERVICE_UNAVAILABLE)
            .count();
        // The well-behaved one pings between.
        assert_eq!(e.handle_stream(at(0), B, &hex("01e242")), 3);
        assert_eq!(sent(&mut e, at(0)), ["01e342"]);
    }
    assert!(refused > 100, "{refused}");
    e.disconnected(at(0), A);
    let gone = events(&mut e);
    assert_eq!(gone, []);
    assert_eq!(e.handle_stream(at(0), B, &hex("010101")), 3);
    let id = requests(&mut e)[0];
    respond(&mut e, id, TEXT);
    assert_eq!(sent(&mut e, at(0)), ["214501ff78"]);
}
