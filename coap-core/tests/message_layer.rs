//! Datagrams in, datagrams out: the message layer of RFC 7252 section 4 and what each malformed
//! or unexpected message is answered with.
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;
use m2m_base::{Cause, Disposition, Duration};

#[test]
fn rfc7252_4_2_and_4_3_reaction_to_each_class_of_bad_message() {
    use Cause::*;
    use Disposition::*;
    for (name, datagram, disposition, answer) in [
        ("empty datagram", "", Ignored(Malformed), None),
        ("cut header, CON", "400112", Ignored(Malformed), None),
        ("version 0", "00011234", Ignored(Version), None),
        ("version 2 with garbage", "ff", Ignored(Version), None),
        ("CON with token length 15", "4f01123401", Refused(Malformed), Some("70001234")),
        ("NON with token length 15", "5f01123401", Ignored(Malformed), None),
        ("CON with cut token length", "4d011234", Refused(Malformed), Some("70001234")),
        ("CON with cut token", "4401123401", Refused(Malformed), Some("70001234")),
        ("CON with cut option", "40011234b5", Refused(Malformed), Some("70001234")),
        ("NON with cut option", "50011234b5", Ignored(Malformed), None),
        ("CON, marker without payload", "40011234ff", Refused(Malformed), Some("70001234")),
        ("ACK, marker without payload", "60451234ff", Ignored(Malformed), None),
        ("RST with content", "70451234", Ignored(Malformed), None),
        ("CON, reserved class 1", "40211234", Refused(Malformed), Some("70001234")),
        ("CON, signalling class 7", "40e11234", Refused(Malformed), Some("70001234")),
        ("CON, empty with token", "4100123401", Refused(Malformed), Some("70001234")),
        ("NON, empty", "50001234", Ignored(Malformed), None),
        ("ACK with a request", "60011234", Ignored(Malformed), None),
        ("ping", "40001234", Accepted, Some("70001234")),
        ("ACK of nothing", "60001234", Ignored(Unexpected), None),
        ("RST of nothing", "70001234", Ignored(Unexpected), None),
        ("CON response to nothing", "4145123420", Refused(Unexpected), Some("70001234")),
        ("NON response to nothing", "5145123420", Refused(Unexpected), Some("70001234")),
        ("ACK response to nothing", "6145123420", Ignored(Unexpected), None),
        (
            "CON, unknown critical option 9 (OSCORE)",
            "40011234 90",
            Refused(Unsupported),
            Some("60821234"),
        ),
        (
            "CON, unknown critical option 65001",
            "40011234 e0fcdc",
            Refused(Unsupported),
            Some("60821234"),
        ),
        ("NON, unknown critical option", "50011234 e0fcdc", Ignored(Unsupported), None),
        ("CON, second Accept", "40011234 d10400 00", Refused(Unsupported), Some("60821234")),
        ("CON, Uri-Host of length 0", "40011234 30", Refused(Unsupported), Some("60821234")),
        (
            "CON, Proxy-Uri",
            "40011234 dd1600 636f61703a2f2f782f79303132",
            Refused(Unsupported),
            Some("60a51234"),
        ),
        ("CON, method 0.08", "40081234", Refused(Unsupported), Some("60851234")),
        ("CON, Block2 with SZX 7", "40011234 d10a07", Refused(Malformed), Some("60801234")),
        (
            "CON, Block1 longer than it says",
            "40031234 d10e08 ff 00",
            Refused(Malformed),
            Some("60801234"),
        ),
        (
            "CON, Block1 out of nowhere",
            "40031234 d10e18 ff 30313233343536373839303132333435",
            Refused(Unexpected),
            Some("60881234"),
        ),
        (
            "CON, POST with Block2 number 1",
            "40021234 d10a10",
            Refused(Unexpected),
            Some("60881234"),
        ),
    ] {
        let mut e = endpoint(1);
        assert_eq!(e.handle_datagram(at(0), A, &hex(datagram)), disposition, "{name}");
        let sent: Vec<_> = drain(&mut e, at(0)).into_iter().map(|(_, b)| b).collect();
        let expected: Vec<_> = answer.into_iter().map(hex).collect();
        assert_eq!(sent, expected, "{name}");
        assert_eq!(e.poll_event(), None, "{name}");
        // The next good one works.
        e.handle_datagram(at(1), A, &hex("41010007aa b161"));
        let Some(Event::Request { id, .. }) = e.poll_event() else { panic!("{name}") };
        e.respond(at(1), id, &Response::new(Code::CONTENT)).unwrap();
        assert_eq!(one(&mut e, at(1)), hex("61450007aa"), "{name}");
    }
}

#[test]
fn an_unknown_elective_option_is_ignored() {
    let mut e = endpoint(1);
    // Option 65000 and an ETag of nine bytes.
    let datagram = hex("40011234 49010203040506070809 e0fcd7");
    assert_eq!(e.handle_datagram(at(0), A, &datagram), Disposition::Accepted);
    assert!(matches!(e.poll_event(), Some(Event::Request { .. })));
}

#[test]
fn rfc7252_4_2_a_con_is_sent_five_times_with_growing_gaps_and_given_up_within_93_seconds() {
    let mut e = endpoint(3);
    let id = get("a")(&mut e, at(0), B);
    let mut times = vec![0];
    let first = one(&mut e, at(0));
    while let Some(deadline) = e.poll_timeout() {
        e.handle_timeout(deadline);
        for (_, bytes) in drain(&mut e, deadline) {
            assert_eq!(bytes, first);
            times.push(deadline.as_millis());
        }
    }
    assert_eq!(times.len(), 5);
    assert!((2000..=3000).contains(&times[1]), "{times:?}");
    for w in times.windows(3) {
        assert_eq!(w[2] - w[1], 2 * (w[1] - w[0]), "{times:?}");
    }
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::TimedOut }));
    assert_eq!(e.poll_event(), None);
    assert_eq!(e.counters().retransmitted, 4);
}

#[test]
fn rfc7252_5_2_1_a_response_in_the_ack_ends_the_request() {
    let mut e = endpoint(3);
    let id = get("a")(&mut e, at(0), B);
    let request = one(&mut e, at(0));
    let m = Message::parse(&request).unwrap();
    assert_eq!(m.token.len(), 8);
    let mut answer = vec![0x68, 0x45, request[2], request[3]];
    answer.extend_from_slice(m.token);
    answer.extend_from_slice(b"\xff22.3 C");
    // From somebody else, with another message ID, and without the token: nothing happens.
    assert_eq!(e.handle_datagram(at(5), A, &answer), Disposition::Ignored(Cause::Unexpected));
    let mut other = answer.clone();
    other[3] ^= 1;
    assert_eq!(e.handle_datagram(at(5), B, &other), Disposition::Ignored(Cause::Unexpected));
    let mut other = answer.clone();
    other[4] ^= 1;
    assert_eq!(e.handle_datagram(at(5), B, &other), Disposition::Ignored(Cause::Unexpected));
    assert_eq!(e.handle_datagram(at(6), B, &answer), Disposition::Accepted);
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
    let content = e.response(id).unwrap();
    assert_eq!((content.code, content.payload), (Code::CONTENT, &b"22.3 C"[..]));
    e.release(id);
    assert!(e.response(id).is_none());
    assert_eq!(e.poll_timeout(), None);
    // The duplicate of an ACK is ignored.
    assert_eq!(e.handle_datagram(at(7), B, &answer), Disposition::Ignored(Cause::Unexpected));
    assert!(drain(&mut e, at(7)).is_empty());
}

#[test]
fn rfc7252_5_2_2_a_separate_response_is_acknowledged_each_time_it_comes() {
    let mut e = endpoint(3);
    let id = get("a")(&mut e, at(0), B);
    let request = one(&mut e, at(0));
    let ack = [0x60, 0, request[2], request[3]];
    assert_eq!(e.handle_datagram(at(50), B, &ack), Disposition::Accepted);
    let mut response = vec![0x48, 0x45, 0x77, 0x01];
    response.extend_from_slice(Message::parse(&request).unwrap().token);
    response.extend_from_slice(b"\xffx");
    assert_eq!(e.handle_datagram(at(4000), B, &response), Disposition::Accepted);
    assert_eq!(one(&mut e, at(4000)), hex("60007701"));
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
    e.release(id);
    // Our acknowledgement was lost: the same again, not a RST.
    assert_eq!(e.handle_datagram(at(6000), B, &response), Disposition::Duplicate);
    assert_eq!(one(&mut e, at(6000)), hex("60007701"));
    assert_eq!(e.poll_event(), None);
}

#[test]
fn rfc7252_5_2_2_a_response_acknowledges_the_request_when_the_ack_was_lost() {
    let mut e = endpoint(3);
    let id = get("a")(&mut e, at(0), B);
    let request = one(&mut e, at(0));
    let mut response = vec![0x58, 0x45, 0x77, 0x01];
    response.extend_from_slice(Message::parse(&request).unwrap().token);
    assert_eq!(e.handle_datagram(at(1500), B, &response), Disposition::Accepted);
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
    assert!(drain(&mut e, at(1500)).is_empty());
    assert_eq!(e.response(id).unwrap().payload, b"");
}

#[test]
fn a_rst_ends_the_request() {
    let mut e = endpoint(3);
    let id = get("a")(&mut e, at(0), B);
    let request = one(&mut e, at(0));
    assert_eq!(
        e.handle_datagram(at(9), B, &[0x70, 0, request[2], request[3]]),
        Disposition::Accepted
    );
    assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Reset }));
    assert_eq!(e.poll_timeout(), None);
}

#[test]
fn rfc7252_4_5_a_duplicate_request_gets_the_same_answer_and_is_not_done_again() {
    let mut e = endpoint(1);
    let request = hex("42031234abcd b161 ff 31");
    e.handle_datagram(at(0), A, &request);
    let Some(Event::Request { id, peer }) = e.poll_event() else { panic!() };
    assert_eq!(peer, A);
    // Not answered yet: no second event.
    assert_eq!(e.handle_datagram(at(1), A, &request), Disposition::Duplicate);
    let mut changed = Response::new(Code::CHANGED);
    changed.payload = b"ok";
    e.respond(at(2), id, &changed).unwrap();
    let first = one(&mut e, at(2));
    assert_eq!(first, hex("62441234abcd ff 6f6b"));
    for ms in [10, 3000, 246_000] {
        e.handle_timeout(at(ms));
        assert_eq!(e.handle_datagram(at(ms), A, &request), Disposition::Duplicate);
        assert_eq!(one(&mut e, at(ms)), first);
    }
    assert_eq!(e.poll_event(), None);
    // The same message ID from elsewhere is another request.
    assert_eq!(e.handle_datagram(at(11), B, &request), Disposition::Accepted);
    // After EXCHANGE_LIFETIME it is a new request.
    e.handle_timeout(at(247_000));
    assert_eq!(e.handle_datagram(at(247_001), A, &request), Disposition::Accepted);
}

#[test]
fn a_peer_that_rebooted_and_uses_a_message_id_again_under_another_token_is_served() {
    let mut e = endpoint(1);
    e.handle_datagram(at(0), A, &hex("42031234abcd b161 ff 31"));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    e.respond(at(0), id, &Response::new(Code::CHANGED)).unwrap();
    one(&mut e, at(0));
    assert_eq!(e.handle_datagram(at(9), A, &hex("4201123477ff b162")), Disposition::Accepted);
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    assert_eq!(e.incoming(id).unwrap().options.path().next(), Some(&b"b"[..]));
}

#[test]
fn rfc7252_5_2_2_no_answer_in_time_means_an_empty_ack_and_a_separate_response() {
    let mut e = endpoint(1);
    let request = hex("42011234abcd b161");
    e.handle_datagram(at(0), A, &request);
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    assert_eq!(e.poll_timeout(), Some(at(1000)));
    e.handle_timeout(at(999));
    assert!(drain(&mut e, at(999)).is_empty());
    e.handle_timeout(at(1000));
    assert_eq!(one(&mut e, at(1000)), hex("60001234"));
    // A retransmission that crossed it.
    assert_eq!(e.handle_datagram(at(2000), A, &request), Disposition::Duplicate);
    assert_eq!(one(&mut e, at(2000)), hex("60001234"));
    e.respond(at(5000), id, &Response::new(Code::CONTENT)).unwrap();
    let response = one(&mut e, at(5000));
    let m = Message::parse(&response).unwrap();
    assert_eq!((m.message_type, m.code), (MessageType::Confirmable, Code::CONTENT));
    assert_eq!(m.token, [0xab, 0xcd]);
    let again = e.poll_timeout().unwrap();
    assert!(again >= at(7000) && again <= at(8000));
    e.handle_timeout(again);
    assert_eq!(one(&mut e, again), response);
    let ack = [0x60, 0, response[2], response[3]];
    assert_eq!(e.handle_datagram(again, A, &ack), Disposition::Accepted);
    assert_eq!(e.poll_timeout(), Some(at(247_000)));
    assert_eq!(e.poll_event(), None);
}

#[test]
fn a_request_that_the_application_never_answers_is_forgotten() {
    let mut e = endpoint(1);
    e.handle_datagram(at(0), A, &hex("40011234"));
    e.handle_datagram(at(0), A, &hex("50011235"));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    while let Some(deadline) = e.poll_timeout() {
        e.handle_timeout(deadline);
        drain(&mut e, deadline);
    }
    let answer = Response::new(Code::CONTENT);
    assert_eq!(e.respond(at(300_000), id, &answer), Err(UsageError::UnknownId));
}

#[test]
fn rfc7252_4_7_nstart_holds_the_second_request_back() {
    let mut e = endpoint(1);
    let first = get("a")(&mut e, at(0), B);
    let second = get("b")(&mut e, at(0), B);
    let third = get("c")(&mut e, at(0), B);
    let elsewhere = get("d")(&mut e, at(0), A);
    let sent = drain(&mut e, at(0));
    assert_eq!(sent.iter().map(|s| s.0).collect::<Vec<_>>(), [B, A]);
    e.cancel(at(1), elsewhere, Cancel::Forget).unwrap();
    // Cancelling one in the line takes it out.
    e.cancel(at(1), second, Cancel::Forget).unwrap();
    assert!(drain(&mut e, at(1)).is_empty());
    // An empty ACK lets the next one go.
    e.handle_datagram(at(2), B, &[0x60, 0, sent[0].1[2], sent[0].1[3]]);
    let next = one(&mut e, at(2));
    let path = Message::parse(&next).unwrap();
    assert_eq!(path.options.path().next(), Some(&b"c"[..]));
    e.cancel(at(3), first, Cancel::Forget).unwrap();
    e.cancel(at(3), third, Cancel::Forget).unwrap();
    let mut done = Vec::new();
    while let Some(event) = e.poll_event() {
        done.push(event);
    }
    let outcome = Outcome::Cancelled;
    assert_eq!(done, [elsewhere, second, first, third].map(|id| Event::Done { id, outcome }));
}

#[test]
fn a_full_table_answers_5_03_and_loses_nothing() {
    let mut e = endpoint(1);
    let n = LIMITS.requests as u16;
    for mid in 0..n {
        let [a, b] = mid.to_be_bytes();
        assert_eq!(e.handle_datagram(at(0), A, &[0x40, 1, a, b]), Disposition::Accepted);
    }
    assert_eq!(e.handle_datagram(at(0), A, &hex("4001fff0")), Disposition::Refused(Cause::Full));
    assert_eq!(one(&mut e, at(0)), hex("60a3fff0 d10105"));
    for mid in 0..n {
        let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
        e.respond(at(1), id, &Response::new(Code::CONTENT)).unwrap();
        let [a, b] = mid.to_be_bytes();
        assert_eq!(one(&mut e, at(1)), [0x60, 0x45, a, b]);
    }
    // Answered ones make room, the oldest first.
    assert_eq!(e.handle_datagram(at(2), A, &hex("4001fff1")), Disposition::Accepted);
    assert_eq!(e.counters().evicted, 1);
}

#[test]
fn commands_beyond_the_limits_are_refused_and_harm_nothing() {
    let mut e = endpoint(1);
    let ids: Vec<_> = (0..LIMITS.exchanges).map(|_| get("a")(&mut e, at(0), B)).collect();
    with_path("b", |options| {
        let mut r = Request { options, ..Request::new(Code::GET) };
        assert_eq!(e.request(at(0), B, &r), Err(UsageError::Full));
        r.method = Code::CONTENT;
        assert_eq!(e.request(at(0), B, &r), Err(UsageError::Invalid));
        r.method = Code::PUT;
        r.observe = true;
        assert_eq!(e.request(at(0), B, &r), Err(UsageError::Invalid));
        r.observe = false;
        r.payload = &[0; 20_001];
        assert_eq!(e.request(at(0), B, &r), Err(UsageError::TooLong));
    });
    for id in ids {
        e.cancel(at(0), id, Cancel::Forget).unwrap();
        assert_eq!(e.cancel(at(0), id, Cancel::Forget), Err(UsageError::UnknownId));
        assert!(matches!(e.poll_event(), Some(Event::Done { outcome: Outcome::Cancelled, .. })));
        assert_eq!(e.peer_of(id), None);
    }
}

#[test]
fn a_short_buffer_loses_nothing() {
    let mut e = endpoint(1);
    get("abc")(&mut e, at(0), B);
    e.handle_datagram(at(0), A, &hex("40001234"));
    for len in 0..4 {
        let error = e.poll_transmit(at(0), &mut vec![0; len]).unwrap_err();
        assert_eq!(error.needed, 4);
    }
    assert_eq!(e.poll_transmit(at(0), &mut [0; 4]).unwrap().unwrap().len, 4);
    for len in 0..16 {
        let error = e.poll_transmit(at(0), &mut vec![0; len]).unwrap_err();
        assert_eq!(error.needed, 16);
    }
    assert_eq!(e.poll_transmit(at(0), &mut [0; 16]).unwrap().unwrap().len, 16);
}

#[test]
fn forgetting_a_peer_ends_all_with_it_and_nothing_else() {
    let mut e = endpoint(1);
    let gone = get("a")(&mut e, at(0), B);
    let stays = get("a")(&mut e, at(0), A);
    drain(&mut e, at(0));
    e.handle_datagram(at(0), B, &hex("40011234"));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    e.handle_datagram(at(0), B, &hex("40011235"));
    e.forget_peer(at(1), B);
    assert_eq!(e.poll_event(), Some(Event::Done { id: gone, outcome: Outcome::PeerDown }));
    assert_eq!(e.poll_event(), None);
    assert!(e.incoming(id).is_none());
    assert_eq!(e.peer_of(stays), Some(A));
    assert!(e.poll_timeout().unwrap() < at(1) + Duration::from_secs(4));
}

#[test]
fn rfc7252_4_3_a_ping_is_answered_with_a_rst() {
    let (mut a, mut b) = (endpoint(1), endpoint(2));
    let id = a.ping_peer(at(0), B).unwrap();
    let ping = one(&mut a, at(0));
    assert_eq!((ping[0], ping[1], ping.len()), (0x40, 0, 4));
    assert_eq!(b.handle_datagram(at(5), A, &ping), Disposition::Accepted);
    let pong = one(&mut b, at(5));
    assert_eq!(a.handle_datagram(at(9), B, &pong), Disposition::Accepted);
    assert_eq!(a.poll_event(), Some(Event::Done { id, outcome: Outcome::Pong }));
    assert_eq!(a.peer_of(id), None);
    // One that nobody answers is repeated and times out; one may be cancelled.
    let id = a.ping_peer(at(10), B).unwrap();
    let mut sent = drain(&mut a, at(10)).len();
    while let Some(t) = a.poll_timeout() {
        a.handle_timeout(t);
        sent += drain(&mut a, t).len();
    }
    assert_eq!(sent, 5);
    assert_eq!(a.poll_event(), Some(Event::Done { id, outcome: Outcome::TimedOut }));
    let id = a.ping_peer(at(10), B).unwrap();
    a.cancel(at(11), id, Cancel::Forget).unwrap();
    assert_eq!(a.poll_event(), Some(Event::Done { id, outcome: Outcome::Cancelled }));
}

#[test]
fn rfc7252_4_2_retransmission_can_be_stopped_and_the_answer_still_counts() {
    for in_ack in [true, false] {
        let mut e = endpoint(1);
        let id = get("a")(&mut e, at(0), B);
        let sent = one(&mut e, at(0));
        e.stop_retransmission(at(100), id).unwrap();
        assert_eq!(e.stop_retransmission(at(100), id), Err(UsageError::UnknownId));
        assert_eq!(e.poll_timeout(), Some(at(93_100)));
        let mut answer = vec![if in_ack { 0x68 } else { 0x58 }, 0x45, sent[2], sent[3]];
        answer.extend_from_slice(Message::parse(&sent).unwrap().token);
        assert_eq!(e.handle_datagram(at(50_000), B, &answer), Disposition::Accepted);
        assert_eq!(e.poll_event(), Some(Event::Done { id, outcome: Outcome::Response }));
    }
}

/// 8 bytes of a generator that nobody sees the seed of, and first message IDs that differ.
#[test]
fn rfc7252_5_3_1_tokens_cannot_be_guessed() {
    let mut seen = std::collections::BTreeSet::new();
    let mut bits = [0u32; 64];
    for seed in 0..40 {
        let mut c = config();
        c.limits.exchanges = 50;
        c.parameters.nstart = 50;
        let mut e = Endpoint::new(&c, &m2m_base::Seed([seed; 32])).unwrap();
        for _ in 0..50 {
            get("a")(&mut e, at(0), B);
        }
        for (_, datagram) in drain(&mut e, at(0)) {
            let token = Message::parse(&datagram).unwrap().token.try_into().unwrap();
            let token = u64::from_be_bytes(token);
            assert!(seen.insert(token));
            for (n, count) in (0..).zip(&mut bits) {
                *count += (token >> n & 1) as u32;
            }
        }
    }
    // 2000 tokens: each bit is set in about half of them.
    assert!(bits.iter().all(|n| (850..1150).contains(n)), "{bits:?}");
}

#[test]
fn rfc7252_4_8_1_a_peer_may_have_parameters_of_its_own() {
    let mut e = endpoint(3);
    let slow = PeerParameters {
        ack_timeout: Duration::from_secs(60),
        ack_random_percent: 100,
        max_retransmit: 1,
        nstart: 2,
    };
    e.set_parameters(B, Some(slow)).unwrap();
    for bad in [
        PeerParameters { ack_timeout: Duration::from_millis(999), ..slow },
        PeerParameters { ack_random_percent: 99, ..slow },
        PeerParameters { max_retransmit: 21, ..slow },
        PeerParameters { nstart: 0, ..slow },
    ] {
        assert_eq!(e.set_parameters(B, Some(bad)), Err(UsageError::Invalid));
    }
    let times = |e: &mut Endpoint, peer| {
        get("a")(e, at(0), peer);
        let mut times = vec![0];
        drain(e, at(0));
        while let Some(t) = e.poll_timeout() {
            e.handle_timeout(t);
            times.extend(drain(e, t).iter().map(|_| t.as_millis()));
        }
        assert!(matches!(e.poll_event(), Some(Event::Done { outcome: Outcome::TimedOut, .. })));
        times
    };
    assert_eq!(times(&mut e, B), [0, 60_000]);
    assert_eq!(times(&mut e, A).len(), 5);
    // Two at a time, and others do not push it out of its place.
    for peer in 10..100 {
        get("a")(&mut e, at(0), m2m_base::PeerId(peer));
        drain(&mut e, at(0));
        e.forget_peer(at(0), m2m_base::PeerId(peer));
        e.poll_event();
    }
    for _ in 0..3 {
        get("a")(&mut e, at(0), B);
    }
    assert_eq!(drain(&mut e, at(0)).len(), 2);
    e.forget_peer(at(0), B);
    while e.poll_event().is_some() {}
    assert_eq!(times(&mut e, B).len(), 5);
    // Each takes a place that is not given to others.
    for peer in 0..u64::from(LIMITS.peers) {
        e.set_parameters(m2m_base::PeerId(1000 + peer), Some(slow)).unwrap();
    }
    assert_eq!(e.set_parameters(B, Some(slow)), Err(UsageError::Full));
    e.set_parameters(m2m_base::PeerId(1000), None).unwrap();
    e.set_parameters(B, Some(slow)).unwrap();
}

/// Found by noise: the deadline was one that had passed.
#[test]
fn an_answer_after_the_parameters_of_its_peer_became_shorter() {
    let mut c = config();
    c.parameters.max_retransmit = 10;
    let mut e = Endpoint::new(&c, &m2m_base::Seed([1; 32])).unwrap();
    e.handle_datagram(at(0), A, &hex("50010001"));
    let Some(Event::Request { id, .. }) = e.poll_event() else { panic!() };
    let short = PeerParameters { max_retransmit: 0, ..c.parameters.of_peer() };
    e.set_parameters(A, Some(short)).unwrap();
    let now = at(1_000_000);
    e.respond(now, id, &Response::new(Code::CONTENT)).unwrap();
    one(&mut e, now);
    let due = e.poll_timeout().unwrap();
    assert!(due > now);
    e.handle_timeout(due);
    assert_eq!(e.poll_timeout(), None);
}
