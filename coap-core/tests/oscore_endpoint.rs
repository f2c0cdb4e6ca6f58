//! OSCORE in the endpoint (RFC 8613): observations, bodies, several contexts, connections.
#![cfg(feature = "oscore")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::oscore::SecurityParameters;
use coap_core::*;
use common::oscore::*;
use common::*;
use m2m_base::{Cause, Disposition, PeerId, Seed};

#[test]
fn rfc8613_4_1_3_5_2_notifications_have_their_own_partial_iv_and_its_order() {
    let (mut a, request, mut b, observer) = observed();
    let mut sent = Vec::new();
    for n in 2..6u8 {
        b.notify(at(n.into()), observer, &content(&[n])).unwrap();
        sent.push(one(&mut b, at(n.into())));
    }
    assert_eq!(sent.iter().map(|w| piv_of(w).unwrap()).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert!(sent.iter().all(|w| Message::parse(w).unwrap().code == Code::CONTENT));
    // The second comes first: the first is old then, and so is whatever comes again.
    for (n, told) in [(1, true), (0, false), (1, false), (3, true), (2, false), (3, false)] {
        let wire = with_mid(&sent[n], 900 + n as u16);
        let got = a.handle_datagram(at(100_000), B, &wire);
        assert_eq!(got == Disposition::Accepted, told, "{n}: {got:?}");
        let payload = told.then(|| vec![n as u8 + 2]);
        assert_eq!(notified(&mut a, request), payload);
    }
    // Not even after 128 seconds.
    let got = a.handle_datagram(at(900_000), B, &with_mid(&sent[0], 7));
    assert_eq!((got, a.poll_event()), (Disposition::Duplicate, None));
}

#[test]
fn the_first_notification_is_taken_once() {
    let (mut a, _, mut b, _) = pair();
    let request = with_path("/o", |options| {
        let request = Request { options, observe: true, ..Request::new(Code::GET) };
        a.request(at(0), B, &request).unwrap()
    });
    b.handle_datagram(at(0), A, &one(&mut a, at(0)));
    let id = incoming(&mut b);
    b.respond(at(0), id, &Response { observe: true, ..content(b"one") }).unwrap();
    let first = one(&mut b, at(0));
    a.handle_datagram(at(0), B, &first);
    assert_eq!(notified(&mut a, request).as_deref(), Some(&b"one"[..]));
    // Not in an acknowledgement but by itself, as if it were another one.
    let mut replay = with_mid(&first, 77);
    replay[0] = 0x50 | replay[0] & 15;
    assert_eq!(a.handle_datagram(at(1), B, &replay), Disposition::Duplicate);
    assert_eq!(a.poll_event(), None);
}

/// The challenge of a server that was restarted has a Partial IV, the answer to the registration
/// that is repeated then need not have one.
#[test]
fn an_observation_begins_after_an_echo() {
    let (mut a, ours) = secure(1, &CLIENT, History::New);
    a.bind_security(B, Some(ours)).unwrap();
    let (mut b, _) = secure(2, &SERVER, History::Stored { next: 128 });
    let request = with_path("/o", |options| {
        let request = Request { options, observe: true, ..Request::new(Code::GET) };
        a.request(at(0), B, &request).unwrap()
    });
    b.handle_datagram(at(0), A, &one(&mut a, at(0)));
    let challenge = one(&mut b, at(0));
    assert_eq!(piv_of(&challenge), Some(128));
    a.handle_datagram(at(0), B, &challenge);
    b.handle_datagram(at(1), A, &one(&mut a, at(1)));
    let id = incoming(&mut b);
    b.respond(at(1), id, &Response { observe: true, ..content(b"one") }).unwrap();
    let first = one(&mut b, at(1));
    assert_eq!(piv_of(&first), None);
    assert_eq!(a.handle_datagram(at(1), B, &first), Disposition::Accepted);
    assert_eq!(notified(&mut a, request).as_deref(), Some(&b"one"[..]));
}

#[test]
fn a_notification_that_changes_while_it_is_repeated_gets_another_nonce() {
    let (_, _, mut b, observer) = observed();
    let confirmable = |payload| Response { confirmable: true, ..content(payload) };
    b.notify(at(1), observer, &confirmable(b"old")).unwrap();
    let first = one(&mut b, at(1));
    // Queued for its retransmission, but not written, when the state changes.
    let later = b.poll_timeout().unwrap();
    b.handle_timeout(later);
    b.notify(later, observer, &confirmable(b"new")).unwrap();
    let second = one(&mut b, later);
    assert_ne!(piv_of(&first), piv_of(&second));
    // In flight when the state changes.
    b.notify(later, observer, &confirmable(b"newer")).unwrap();
    assert_eq!(drain(&mut b, later).len(), 0);
    let last = b.poll_timeout().unwrap();
    b.handle_timeout(last);
    let third = one(&mut b, last);
    assert!(piv_of(&third) > piv_of(&second) && piv_of(&second) > piv_of(&first));
    // And without a change it is the same message.
    let last = b.poll_timeout().unwrap();
    b.handle_timeout(last);
    assert_eq!(one(&mut b, last), third);
}

#[test]
fn an_unprotected_message_neither_ends_an_observation_nor_reads_its_state() {
    let (mut a, request, mut b, observer) = observed();
    b.notify(at(1), observer, &content(b"two")).unwrap();
    let wire = one(&mut b, at(1));
    let token = Message::parse(&wire).unwrap().token.to_vec();
    // An unprotected GET with Observe 1 under the same token is another client's business.
    let mut leave = vec![0x48, 1, 9, 9];
    leave.extend(&token);
    leave.extend(hex("61 01 51 6f"));
    b.handle_datagram(at(2), A, &leave);
    let id = incoming(&mut b);
    assert_eq!(b.incoming(id).unwrap().security, None);
    b.respond(at(2), id, &Response::new(Code::UNAUTHORIZED)).unwrap();
    drain(&mut b, at(2));
    b.notify(at(3), observer, &content(b"three")).unwrap();
    // An unprotected error or notification to the client, too.
    for code in [0x84, 0x45] {
        let mut forged = vec![0x58, code, 9, 9];
        forged.extend(&token);
        forged.extend(hex("61 09"));
        let got = a.handle_datagram(at(3), B, &forged);
        assert_eq!(got, Disposition::Ignored(Cause::Insecure));
    }
    a.handle_datagram(at(4), B, &one(&mut b, at(4)));
    assert_eq!(notified(&mut a, request).as_deref(), Some(&b"three"[..]));
}

#[test]
fn rfc8613_4_1_3_5_1_an_observation_is_given_up_under_a_new_partial_iv() {
    let (mut a, request, mut b, observer) = observed();
    a.cancel(at(1), request, Cancel::Deregister).unwrap();
    let wire = one(&mut a, at(1));
    assert_eq!(piv_of(&wire), Some(1));
    b.handle_datagram(at(1), A, &wire);
    assert_eq!(
        b.poll_event(),
        Some(Event::ObserverGone { id: observer, reason: ObserverEnd::Deregistered })
    );
    let id = incoming(&mut b);
    b.respond(at(1), id, &content(b"last")).unwrap();
    a.handle_datagram(at(1), B, &one(&mut b, at(1)));
    assert_eq!(done(&mut a), (request, Outcome::Response));
}

#[test]
fn the_last_notification_may_be_an_error() {
    let (mut a, request, mut b, observer) = observed();
    b.notify(at(1), observer, &Response::new(Code::NOT_FOUND)).unwrap();
    let wire = one(&mut b, at(1));
    assert_eq!(a.handle_datagram(at(1), B, &wire), Disposition::Accepted);
    assert_eq!(done(&mut a), (request, Outcome::Response));
    assert_eq!(a.response(request).unwrap().code, Code::NOT_FOUND);
}

#[test]
fn rfc8613_4_1_3_4_1_bodies_go_in_blocks_that_are_each_protected() {
    let (a, _, b, theirs) = pair();
    let mut pair = Pair::new(a, b);
    let body: Vec<u8> = (0..9000u32).map(|n| n as u8).collect();
    let request = with_path("/large", |options| {
        let request = Request { options, payload: &body, ..Request::new(Code::POST) };
        pair.a.request(pair.now, B, &request).unwrap()
    });
    let mut over = false;
    pair.run(|pair, of_a, event| {
        match event {
            Event::Request { id, .. } => {
                assert!(!of_a);
                let got = pair.b.incoming(id).unwrap();
                assert_eq!((got.payload, got.security), (&body[..], Some(theirs)));
                pair.b.respond(pair.now, id, &content(&body)).unwrap();
            }
            Event::Done { id, outcome } => {
                assert_eq!((id, outcome), (request, Outcome::Response));
                assert_eq!(pair.a.response(id).unwrap().payload, body);
                over = true;
            }
            _ => {}
        }
        over
    });
    assert!(over);
    for (_, wire) in &pair.trace {
        let outer = Message::parse(wire).unwrap();
        assert!(wire.len() <= 1152);
        if outer.code != Code::EMPTY {
            let numbers: Vec<_> = outer.options.iter().map(|o| o.number).collect();
            assert_eq!(numbers, [OptionNumber::OSCORE]);
        }
    }
}

#[test]
fn a_body_in_blocks_is_served_only_under_its_context() {
    let (mut a, _, mut b, _) = pair();
    let (_, _, id) = asked(&mut a, &mut b, at(0));
    b.respond(at(0), id, &content(&[b'x'; 5000])).unwrap();
    a.handle_datagram(at(0), B, &one(&mut b, at(0)));
    drain(&mut a, at(0));
    // GET /a, Block2 1/0/1024, unprotected, from the same address.
    b.handle_datagram(at(1), A, &hex("4101 1234 aa b1 61 c1 16"));
    let answer = drain(&mut b, at(1));
    assert!(answer.iter().all(|(_, w)| hides(w, b"xxxx")));
    let id = incoming(&mut b);
    assert_eq!(b.incoming(id).unwrap().security, None);
}

#[test]
fn errors_of_the_endpoint_itself_are_protected_too() {
    let (mut a, _, mut b, _) = pair();
    let mut room = [0; 40];
    let mut w = OptionWriter::new(&mut room);
    w.add(OptionNumber(2051), b"?").unwrap();
    let request = Request { options: w.options(), ..Request::new(Code::GET) };
    let request = a.request(at(0), B, &request).unwrap();
    let wire = one(&mut a, at(0));
    assert_eq!(b.handle_datagram(at(0), A, &wire), Disposition::Refused(Cause::Unsupported));
    let answer = one(&mut b, at(0));
    assert_eq!(Message::parse(&answer).unwrap().code, Code::CHANGED);
    // It is kept for the duplicate, which cannot be a new request.
    assert_eq!(b.handle_datagram(at(1), A, &wire), Disposition::Duplicate);
    assert_eq!(one(&mut b, at(1)), answer);
    a.handle_datagram(at(1), B, &answer);
    assert_eq!(done(&mut a), (request, Outcome::Response));
    assert_eq!(a.response(request).unwrap().code, Code::BAD_OPTION);
}

#[test]
fn a_kid_that_several_contexts_have_means_the_one_whose_key_fits() {
    let mut b = Endpoint::new(&SECURE, &Seed([2; 32])).unwrap();
    let mut ids = Vec::new();
    let secrets: [&[u8]; 3] = [&[1; 16], &[2; 16], &[3; 16]];
    for master_secret in secrets {
        let parameters = SecurityParameters { master_secret, ..SERVER };
        ids.push(b.add_security_context(&parameters, History::New).unwrap());
    }
    take_records(&mut b);
    assert_eq!(b.add_security_context(&SERVER, History::New), Err(UsageError::Full));
    for (master_secret, theirs) in secrets.into_iter().zip(&ids).rev() {
        let parameters = SecurityParameters { master_secret, ..CLIENT };
        let (mut a, ours) = secure(1, &parameters, History::New);
        a.bind_security(B, Some(ours)).unwrap();
        let (_, _, id) = asked(&mut a, &mut b, at(0));
        assert_eq!(b.incoming(id).unwrap().security, Some(*theirs));
        b.forget_peer(at(0), A);
    }
}

#[test]
fn a_replay_is_told_even_if_another_context_has_the_kid() {
    for first in [None, Some(&[9, 9][..])] {
        let mut b = Endpoint::new(&SECURE, &Seed([2; 32])).unwrap();
        let second = if first.is_none() { Some(&[9, 9][..]) } else { None };
        for id_context in [first, second] {
            let parameters = SecurityParameters { id_context, ..SERVER };
            b.add_security_context(&parameters, History::New).unwrap();
        }
        take_records(&mut b);
        let (mut a, ours) = secure(1, &CLIENT, History::New);
        a.bind_security(B, Some(ours)).unwrap();
        let (_, wire, _) = asked(&mut a, &mut b, at(0));
        let (code, text) = refused(&mut b, at(1), &with_mid(&wire, 77));
        assert_eq!((code, &text[..]), (Code::UNAUTHORIZED, &b"Replay detected"[..]));
    }
}

/// With 5.03 for want of room, nothing was done: the request that is sent again is no replay.
#[test]
fn what_there_was_no_room_for_may_come_again() {
    let (mut a, ..) = pair();
    let limits = Limits { requests: 1, ..SECURE.limits };
    let mut b = Endpoint::new(&Config { limits, ..SECURE }, &Seed([2; 32])).unwrap();
    b.add_security_context(&SERVER, History::New).unwrap();
    take_records(&mut b);
    b.handle_datagram(at(0), PeerId(99), &hex("4001 0001"));
    let other = incoming(&mut b);
    let request = get("/a")(&mut a, at(0), B);
    let wire = one(&mut a, at(0));
    assert_eq!(b.handle_datagram(at(0), A, &wire), Disposition::Refused(Cause::Full));
    let busy = one(&mut b, at(0));
    assert_eq!(Message::parse(&busy).unwrap().code, Code::SERVICE_UNAVAILABLE);
    b.respond(at(1), other, &Response::new(Code::CONTENT)).unwrap();
    drain(&mut b, at(1));
    assert_eq!(b.handle_datagram(at(2), A, &wire), Disposition::Accepted);
    let id = incoming(&mut b);
    b.respond(at(2), id, &content(b"x")).unwrap();
    a.handle_datagram(at(2), B, &one(&mut b, at(2)));
    assert_eq!(done(&mut a), (request, Outcome::Response));
}

#[test]
fn what_is_under_way_ends_with_its_context() {
    let (mut a, ours, mut b, theirs) = pair();
    let (request, observer) = observe(&mut a, &mut b);
    a.remove_security_context(at(1), ours);
    assert_eq!(done(&mut a), (request, Outcome::PeerDown));
    assert!(a.security_context(ours).is_none());
    let gone = with_path("/a", |options| {
        let request = Request { options, ..Request::new(Code::GET) };
        a.request_under(at(1), B, ours, &request)
    });
    assert_eq!(gone, Err(UsageError::UnknownId));
    // Not bound to it any more, the peer is asked without protection.
    get("/a")(&mut a, at(1), B);
    assert_eq!(Message::parse(&one(&mut a, at(1))).unwrap().code, Code::GET);

    b.notify(at(1), observer, &content(b"x")).unwrap();
    b.remove_security_context(at(1), theirs);
    assert_eq!(
        b.poll_event(),
        Some(Event::ObserverGone { id: observer, reason: ObserverEnd::PeerDown })
    );
    assert_eq!(drain(&mut b, at(1)).len(), 0);
}

#[test]
fn a_short_buffer_loses_nothing_and_tells_what_is_needed() {
    let (mut a, ours, ..) = pair();
    get("/a/long/path")(&mut a, at(0), B);
    let mut buf = [0; 200];
    let needed = a.poll_transmit(at(0), &mut []).unwrap_err().needed;
    for short in [1, needed / 2, needed - 1] {
        let got = a.poll_transmit(at(0), &mut buf[..short]).unwrap_err();
        assert_eq!(got.needed, needed);
    }
    assert_eq!(a.security_context(ours).unwrap().next_sequence(), 0);
    assert_eq!(a.poll_transmit(at(0), &mut buf[..needed]).unwrap().unwrap().len, needed);
}

#[test]
fn nothing_is_allocated_under_a_context() {
    let mut made = None;
    let construction = allocation_counter::measure(|| {
        made = Some((
            Endpoint::new(&SECURE, &Seed([1; 32])).unwrap(),
            Endpoint::new(&SECURE, &Seed([2; 32])).unwrap(),
        ));
    });
    let (mut a, mut b) = made.unwrap();
    let said = a.reserved_bytes() + b.reserved_bytes();
    assert_eq!(construction.bytes_current, i64::try_from(said).unwrap());
    let mut buf = [0; 1200];
    let body = [7; 3000];
    let mut answered = 0;
    let used = allocation_counter::measure(|| {
        let ours = a.add_security_context(&CLIENT, History::New).unwrap();
        a.bind_security(B, Some(ours)).unwrap();
        b.add_security_context(&SERVER, History::Stored { next: 0 }).unwrap();
        for round in 0..200u64 {
            let now = at(round * 1000);
            let mut room = [0; 40];
            let mut list = OptionWriter::new(&mut room);
            list.path("/a").unwrap();
            let request = Request {
                options: list.options(),
                payload: if round % 3 == 0 { &body } else { &[] },
                ..Request::new(Code::POST)
            };
            let _ = a.request(now, B, &request);
            for _ in 0..40 {
                while let Some(event) = a.poll_event() {
                    if let Event::Done { id, .. } = event {
                        answered += 1;
                        a.release(id);
                    }
                }
                while let Some(event) = b.poll_event() {
                    if let Event::Request { id, .. } = event {
                        let _ = b.respond(now, id, &content(&body));
                    }
                }
                while let Some(t) = a.poll_transmit(now, &mut buf).unwrap() {
                    b.handle_datagram(now, A, &buf[..t.len]);
                    // A forgery of it, too.
                    buf[t.len - 1] ^= 1;
                    b.handle_datagram(now, A, &buf[..t.len]);
                }
                while let Some(t) = b.poll_transmit(now, &mut buf).unwrap() {
                    a.handle_datagram(now, B, &buf[..t.len]);
                }
            }
        }
    });
    assert_eq!(used.count_total, 0);
    assert!(answered > 100, "{answered}");
}

/// Over a connection (RFC 8323) messages are protected in the same way.
#[cfg(feature = "stream")]
#[test]
fn rfc8613_4_2_over_a_connection() {
    use coap_core::stream::{Progress, Transport, read};
    for transport in [Transport::Tcp, Transport::WebSocket] {
        let streams = common::stream::STREAMS;
        let mut a = Endpoint::with_streams(&SECURE, &streams, &Seed([1; 32])).unwrap();
        let mut b = Endpoint::with_streams(&SECURE, &streams, &Seed([2; 32])).unwrap();
        let ours = a.add_security_context(&CLIENT, History::New).unwrap();
        let theirs = b.add_security_context(&SERVER, History::New).unwrap();
        a.bind_security(B, Some(ours)).unwrap();
        a.connected(at(0), B, transport).unwrap();
        b.connected(at(0), A, transport).unwrap();
        let body = [b'x'; 9000];
        let (request, put) = with_path("/secret", |options| {
            let observe = Request { options, observe: true, ..Request::new(Code::GET) };
            let put = Request { options, payload: &body, ..Request::new(Code::PUT) };
            (a.request(at(0), B, &observe).unwrap(), a.request(at(0), B, &put).unwrap())
        });
        let (mut states, mut observer, mut ended) = (Vec::new(), None, false);
        let mut buf = [0; 10_000];
        for round in 0..60 {
            let now = at(round);
            while let Some(event) = a.poll_event() {
                if let Event::Notification { id } = event {
                    assert_eq!(id, request);
                    let got = a.response(id).unwrap();
                    assert_eq!(got.security, Some(ours));
                    states.push(got.payload.to_vec());
                    a.release(id);
                } else if let Event::Done { id, outcome } = event {
                    assert_eq!((id, outcome), (put, Outcome::Response));
                    ended = true;
                }
            }
            while let Some(event) = b.poll_event() {
                if let Event::Request { id, .. } = event {
                    let got = b.incoming(id).unwrap();
                    assert_eq!(got.security, Some(theirs));
                    assert!(got.code == Code::GET || got.payload == body);
                    let first = Response { observe: true, ..content(b"one") };
                    let granted = b.respond(now, id, &first).unwrap();
                    observer = observer.or(granted);
                }
            }
            if let (Some(observer), 40) = (observer, round) {
                b.notify(now, observer, &content(&body)).unwrap();
            }
            for to_b in [true, false] {
                let (from, to, peer) = if to_b { (&mut a, &mut b, A) } else { (&mut b, &mut a, B) };
                while let Some(t) = from.poll_transmit(now, &mut buf).unwrap() {
                    let Ok(Progress::Complete { frame, len }) = read(&buf[..t.len], transport)
                    else {
                        panic!("no frame")
                    };
                    assert_eq!(len, t.len);
                    let plain = frame.code.is_signal();
                    assert!(plain || frame.options.first(OptionNumber::OSCORE).is_some());
                    assert!(hides(&buf[..t.len], b"xxxx") && hides(&buf[..t.len], b"secret"));
                    assert_eq!(to.handle_stream(now, peer, &buf[..t.len]), t.len);
                }
            }
        }
        assert!(ended);
        assert_eq!(states.len(), 2);
        assert_eq!(states[0], b"one");
        assert!(states[1] == body);
        assert_eq!(a.counters().insecure + b.counters().insecure, 0);
    }
}

/// A device that cuts its bodies itself goes by `block_size`, under a context too.
#[test]
fn bodies_that_the_application_cuts_fit_under_a_context() {
    let (a, _, b, _) = pair();
    let mut pair = Pair::new(a, b);
    let body: Vec<u8> = (0..5000u32).map(|n| n as u8).collect();
    let request = get("/large")(&mut pair.a, at(1000), B);
    let mut over = false;
    pair.run(|pair, _, event| {
        match event {
            Event::Request { id, .. } => {
                let size = pair.b.block_size();
                let first = Block { number: 0, more: false, szx: Block::szx_for(size) };
                let block = pair.b.incoming(id).unwrap().block2.unwrap_or(first);
                let to = (block.offset() + block.size()).min(body.len());
                let piece = Piece { total: body.len(), etag: 7 };
                let response =
                    Response { piece: Some(piece), ..content(&body[block.offset()..to]) };
                pair.b.respond(pair.now, id, &response).unwrap();
            }
            Event::Done { id, outcome } => {
                assert_eq!((id, outcome), (request, Outcome::Response));
                assert!(pair.a.response(id).unwrap().payload == body);
                over = true;
            }
            _ => {}
        }
        over
    });
    assert!(over && pair.trace.iter().all(|(_, wire)| wire.len() <= 1152));
}

/// Bodies that no endpoint holds, each block under its own number, while datagrams are lost.
#[test]
fn bodies_are_streamed_under_a_context() {
    let body: Vec<u8> = (0..5003u32).map(|n| n as u8).collect();
    let (a, ..) = pair();
    let parameters = Parameters { stream_uploads: true, ..SECURE.parameters };
    let mut b = Endpoint::new(&Config { parameters, ..SECURE }, &Seed([2; 32])).unwrap();
    b.add_security_context(&SERVER, History::New).unwrap();
    let mut pair = Pair::new(a, b);
    pair.lost = vec![0, 3, 8, 9, 14];
    let (put, get) = with_path("/large", |options| {
        let upload = Some(body.len() as u32);
        let put = Request { options, upload, ..Request::new(Code::PUT) };
        let get = Request { options, stream: true, ..Request::new(Code::GET) };
        let now = pair.now;
        (pair.a.request(now, B, &put).unwrap(), pair.a.request(now, B, &get).unwrap())
    });
    let (mut up, mut down, mut ended) = (Vec::<u8>::new(), Vec::<u8>::new(), 0);
    pair.run(|pair, _, event| {
        let now = pair.now;
        match event {
            Event::BlockWanted { .. } => {
                let range = pair.a.wanted(put).unwrap();
                let bytes = &body[range.start as usize..range.end as usize];
                pair.a.supply(now, put, bytes).unwrap();
            }
            Event::Request { id, .. } => {
                let incoming = pair.b.incoming(id).unwrap();
                assert!(incoming.security.is_some());
                if let Some(block) = incoming.block1 {
                    up.extend(incoming.payload);
                    let code = if block.more { Code::CONTINUE } else { Code::CHANGED };
                    pair.b.respond(now, id, &Response::new(code)).unwrap();
                } else {
                    pair.b.respond(now, id, &content(&body)).unwrap();
                }
            }
            Event::Block { id } | Event::Done { id, outcome: Outcome::Response } => {
                if id == get {
                    down.extend(pair.a.response(id).unwrap().payload);
                }
                if matches!(event, Event::Done { .. }) {
                    ended += 1;
                    pair.a.release(id);
                } else {
                    pair.a.next_block(now, id).unwrap();
                }
            }
            Event::SequenceReserved { .. } => {}
            other => panic!("{other:?}"),
        }
        ended == 2
    });
    assert!(ended == 2 && up == body && down == body);
    for (_, wire) in &pair.trace {
        let outer = Message::parse(wire).unwrap();
        assert!(outer.code == Code::EMPTY || outer.option(OptionNumber::OSCORE).is_some());
    }
}
