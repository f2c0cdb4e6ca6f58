//! Clients that lie, flood, or stop half-way: each has its answer, is counted, and costs nobody
//! else anything.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod server_common;

use coap_core::{Code, ContentFormat, MessageType, OptionNumber};
use lwm2m_core::Path;
use lwm2m_core::server::{AddressChange, Config, Event, Limits};
use m2m_base::{Duration, PeerId};
use server_common::{Ask, Bench, OTHER, PEER, config, message};

const URI: &str = "/rd?ep=a&lt=600&lwm2m=1.1";

/// Registrations that lie. What is refused leaves nothing behind.
#[test]
fn registrations_that_are_refused() {
    // An option has at most 255 bytes (RFC 7252 section 5.10), `ep=` among them.
    let long = "x".repeat(252);
    let (longer, longest) = ("x".repeat(253), "x".repeat(65_000));
    let list = |n: usize| (0..n).map(|i| format!("</3303/{i}>")).collect::<Vec<_>>().join(",");
    let (many, most) = (list(5000), list(700));
    let attributes = "&x=1".repeat(2000);
    let bad = Code::BAD_REQUEST;
    let rows: Vec<(String, &str, Code)> = vec![
        (format!("/rd?ep={long}&lt=60&lwm2m=1.1"), "</3/0>", Code::CREATED),
        (format!("/rd?ep={longer}&lt=60&lwm2m=1.1"), "</3/0>", Code::BAD_OPTION),
        (format!("/rd?ep={longest}&lt=60&lwm2m=1.1"), "</3/0>", Code::BAD_OPTION),
        ("/rd?lt=60&lwm2m=1.1".into(), "</3/0>", bad),
        ("/rd?ep=&lt=60&lwm2m=1.1".into(), "</3/0>", bad),
        ("/rd?ep=a&ep=b&lt=60&lwm2m=1.1".into(), "</3/0>", bad),
        ("/rd?ep=a&lwm2m=1.1".into(), "</3/0>", bad),
        ("/rd?ep=a&lt=60".into(), "</3/0>", bad),
        ("/rd?ep=a&lt=99999999999&lwm2m=1.1".into(), "</3/0>", bad),
        ("/rd?ep=a&lt=60&lwm2m=9.9".into(), "</3/0>", Code::PRECONDITION_FAILED),
        ("/rd?ep=a&lt=60&lwm2m=1.1&b=X".into(), "</3/0>", bad),
        (URI.into(), "", bad),
        (URI.into(), "</3/0", bad),
        (URI.into(), "</7>;rt=\"oma.lwm2m\",</7/3/0>", bad),
        (URI.into(), &many, Code::REQUEST_ENTITY_TOO_LARGE),
        (URI.into(), &most, Code::CREATED),
        (format!("{URI}{attributes}"), "</3/0>", Code::REQUEST_ENTITY_TOO_LARGE),
        ("/rd/".into(), "</3/0>", bad),
        ("/rd/00000000/0".into(), "</3/0>", Code::NOT_FOUND),
        ("/rdx?ep=a&lt=60&lwm2m=1.1".into(), "</3/0>", Code::NOT_FOUND),
    ];
    for (uri, links, code) in &rows {
        let mut bench = Bench::new();
        let shown = &uri[..uri.len().min(60)];
        assert_eq!(ask_in_blocks(&mut bench, uri, links), *code, "{shown} {}", links.len());
        let accepted = u32::from(code.is_success());
        let server = bench.engine();
        assert_eq!(server.registration_count(), accepted, "{shown}");
        let refused = server.counters().refused + server.coap_counters().unsupported;
        assert_eq!(refused, 1 - accepted, "{shown}");
        assert_eq!(server.counters().registered, accepted, "{shown}");
    }
}

/// A registration whose list goes in blocks of 1024 bytes if it has to.
fn ask_in_blocks(bench: &mut Bench, uri: &str, links: &str) -> Code {
    if links.len() <= 1024 && uri.len() <= 600 {
        return bench.ask(PEER, Ask::post(uri, links)).code;
    }
    let (path, query) = uri.split_once('?').unwrap();
    let blocks: Vec<&[u8]> = links.as_bytes().chunks(1024).collect();
    for (number, block) in blocks.iter().enumerate() {
        let more = number + 1 < blocks.len();
        let block1 = u32::try_from(number << 4 | usize::from(more) << 3 | 6).unwrap();
        let block1 = coap_core::Uint::new(block1);
        let format = coap_core::Uint::new(40);
        let mut options: Vec<(OptionNumber, &[u8])> =
            vec![(OptionNumber::URI_PATH, path.trim_start_matches('/').as_bytes())];
        options.extend(query.split('&').map(|q| (OptionNumber::URI_QUERY, q.as_bytes())));
        options.push((OptionNumber::CONTENT_FORMAT, format.as_bytes()));
        if blocks.len() > 1 {
            options.push((OptionNumber::BLOCK1, block1.as_bytes()));
        }
        let id = 0x7000 + u16::try_from(number).unwrap();
        let con = MessageType::Confirmable;
        bench.datagram(PEER, &message(con, Code::POST, id, b"t", &options, block));
        let at = bench.sent.iter().position(|(_, m)| m.id == id).unwrap();
        let answer = bench.sent.remove(at).1;
        if answer.code != Code::CONTINUE {
            return answer.code;
        }
    }
    panic!("no answer to the last block");
}

/// Locations are nobody else's, made up, or of before.
#[test]
fn locations_that_are_not_the_senders() {
    for address_change in [AddressChange::Follow, AddressChange::Refuse] {
        let mut bench = Bench::with(Config { address_change, ..config() });
        let location = bench.register(PEER, URI, "</3/0>");
        let other = bench.register(OTHER, "/rd?ep=b&lt=600&lwm2m=1.1", "</3/0>");
        let tag = &location[4..12];
        let forged = [
            "/rd/0".into(),
            "/rd/000000000".into(),
            format!("/rd/{tag}"),
            format!("/rd/{tag}1"),
            format!("/rd/{tag}00"),
            format!("/rd/{tag}ffffffff"),
            format!("/rd/{tag}fffffffff"),
            format!("/rd/{tag}0/0"),
            format!("/rd/{}", tag.to_uppercase() + "g"),
            format!("/rd/{}0", &other[4..12]),
            "/rd/%00".into(),
        ];
        for forged in &forged {
            // Leading zeros name the same slot; its tag was known.
            if *forged == format!("/rd/{tag}00") {
                continue;
            }
            for ask in [Ask::post(forged, ""), Ask::delete(forged)] {
                assert_eq!(bench.ask(PEER, ask).code, Code::NOT_FOUND, "{forged}");
            }
        }
        assert_eq!(bench.engine().registration_count(), 2);
        // Another's location from another peer: with a security session never.
        let follows = address_change == AddressChange::Follow;
        let code = bench.ask(OTHER, Ask::post(&location, "")).code;
        assert_eq!(code == Code::CHANGED, follows);
        bench.command(|s, _| s.identify(PEER, Some("c"))).unwrap();
        let secure = bench.register(PEER, "/rd?ep=c&lt=600&lwm2m=1.1", "</3/0>");
        for peer in [OTHER, PeerId(99)] {
            assert_eq!(bench.ask(peer, Ask::post(&secure, "")).code, Code::NOT_FOUND);
            assert_eq!(bench.ask(peer, Ask::delete(&secure)).code, Code::NOT_FOUND);
            let steal = Ask::post("/rd?ep=c&lt=1&lwm2m=1.1", "</3/0>");
            assert_eq!(bench.ask(peer, steal).code, Code::FORBIDDEN);
        }
        assert_eq!(bench.ask(PEER, Ask::delete(&secure)).code, Code::DELETED);
        assert_eq!(bench.ask(PEER, Ask::delete(&secure)).code, Code::NOT_FOUND);
    }
}

/// More endpoints than there is room for: those that are there stay, and when some go others come.
#[test]
fn a_flood_of_endpoints() {
    let limits = Limits { registrations: 50, ..Limits::SMALL };
    let mut bench = Bench::with(Config { limits, ..config() });
    let mut refused = 0;
    for n in 0..300u64 {
        let uri = format!("/rd?ep=e{n}&lt=60&lwm2m=1.1");
        let code = bench.ask(PeerId(n), Ask::post(&uri, "</3/0>")).code;
        refused += u32::from(code == Code::SERVICE_UNAVAILABLE);
        bench.events();
    }
    assert_eq!((bench.engine().registration_count(), refused), (50, 250));
    assert_eq!(bench.engine().counters().refused, 250);
    assert!(bench.engine().find("e0").is_some());
    // One of those that are there may register again.
    bench.register(PeerId(7), "/rd?ep=e7&lt=600&lwm2m=1.1", "</3/0>");
    bench.pass(Duration::from_secs(80));
    assert_eq!(bench.engine().registration_count(), 1);
    bench.register(PeerId(299), "/rd?ep=e299&lt=60&lwm2m=1.1", "</3/0>");
    bench.finish();
}

/// Nobody polls events while clients keep coming: they wait, and none is lost.
#[test]
fn events_that_nobody_polls_hold_clients_back() {
    let limits = Limits { events: 8, ..Limits::SMALL };
    let mut server = server_common::new_server(&Config { limits, ..config() });
    let now = m2m_base::Instant::from_millis(1);
    let mut buf = [0; 1500];
    let mut answers = 0;
    for n in 0..40u16 {
        let uri = format!("/rd?ep=e{n}&lt=60&lwm2m=1.1");
        server.handle_datagram(now, PeerId(n.into()), &Ask::post(&uri, "</3/0>").datagram(n, &[]));
        while server.poll_transmit(now, &mut buf).unwrap().is_some() {
            answers += 1;
        }
    }
    assert!(answers < 20, "{answers}");
    let mut registered = 0;
    while let Some(event) = server.poll_event() {
        registered += u32::from(matches!(event, Event::Registered { .. }));
        while server.poll_transmit(now, &mut buf).unwrap().is_some() {
            answers += 1;
        }
    }
    assert_eq!((registered, answers, server.registration_count()), (40, 40, 40));
}

/// Notifications that nobody asked for are rejected, and change nothing.
#[test]
fn notifications_that_nobody_asked_for() {
    let mut bench = Bench::new();
    bench.register(PEER, URI, "</3/0>,</3303/0>");
    let id = bench.engine().find("a").unwrap();
    bench.command(move |s, now| s.observe(now, id, Path::resource(3, 0, 9))).unwrap();
    let request = bench.request(PEER);
    let observe = [(OptionNumber::OBSERVE, &[9u8][..])];
    bench.answer(PEER, &request, Code::CONTENT, &observe, b"\x01");
    bench.events();
    let mut right = request.token.clone();
    right[0] ^= 1;
    let con = MessageType::Confirmable;
    let cases: [(PeerId, &[u8], MessageType); 4] = [
        (PEER, b"\x01\x02", con),
        (PEER, &right, MessageType::NonConfirmable),
        (OTHER, &request.token, con),
        (PEER, b"", con),
    ];
    for (n, (peer, token, kind)) in (0..).zip(cases) {
        let notification = message(kind, Code::CONTENT, 0x5000 + n, token, &observe, b"\x02");
        for _ in 0..20 {
            bench.datagram(peer, &notification);
        }
        let replies: Vec<_> = bench.sent.drain(..).map(|(to, m)| (to, m.message_type)).collect();
        assert!(replies.iter().all(|r| *r == (peer, MessageType::Reset)), "{replies:?}");
        assert!(!replies.is_empty());
    }
    assert!(bench.events().is_empty());
    assert!(bench.engine().coap_counters().unexpected >= 4);
    assert_eq!(bench.engine().counters().notifications, 0);
    // The true one still counts.
    let observe = [(OptionNumber::OBSERVE, &[10u8][..])];
    let true_one = message(con, Code::CONTENT, 0x6000, &request.token, &observe, b"\x02");
    bench.datagram(PEER, &true_one);
    assert_eq!(bench.engine().counters().notifications, 1);
}

/// Block transfers that stop half-way are forgotten, and do not keep others out for ever.
#[test]
fn half_block_transfers() {
    let limits =
        Limits { coap: coap_core::Limits { transfers: 4, ..Limits::SMALL.coap }, ..Limits::SMALL };
    let mut bench = Bench::with(Config { limits, ..config() });
    let format = coap_core::Uint::new(ContentFormat::LINK_FORMAT.0.into());
    let half = [b','; 64];
    for n in 0..40u16 {
        let name = format!("ep=e{n}");
        let options = [
            (OptionNumber::URI_PATH, &b"rd"[..]),
            (OptionNumber::URI_QUERY, name.as_bytes()),
            (OptionNumber::URI_QUERY, b"lt=60"),
            (OptionNumber::URI_QUERY, b"lwm2m=1.1"),
            (OptionNumber::CONTENT_FORMAT, format.as_bytes()),
            // Block 0 of 64 bytes, and more to come.
            (OptionNumber::BLOCK1, &[0x0a]),
        ];
        let con = MessageType::Confirmable;
        let datagram = message(con, Code::POST, n, b"h", &options, &half);
        bench.datagram(PeerId(u64::from(n)), &datagram);
    }
    let codes: Vec<Code> = bench.sent.drain(..).map(|(_, m)| m.code).collect();
    assert_eq!(codes.len(), 40);
    assert!(codes.iter().all(|c| *c == Code::CONTINUE || !c.is_success()), "{codes:?}");
    assert_eq!(bench.engine().registration_count(), 0);
    assert!(bench.events().is_empty());
    // Others are served meanwhile, and afterwards with blocks too.
    bench.register(PEER, URI, "</3/0>");
    bench.pass(Duration::from_secs(300));
    let list = (0..200).map(|i| format!("</3303/{i}>")).collect::<Vec<_>>().join(",");
    assert_eq!(ask_in_blocks(&mut bench, "/rd?ep=z&lt=60&lwm2m=1.1", &list), Code::CREATED);
    // A block in the middle without those before it.
    let block = [
        (OptionNumber::URI_PATH, &b"rd"[..]),
        (OptionNumber::URI_QUERY, b"ep=y"),
        (OptionNumber::BLOCK1, &[0x3a]),
    ];
    bench.datagram(OTHER, &message(MessageType::Confirmable, Code::POST, 9, b"m", &block, &half));
    assert_eq!(bench.sent.pop().unwrap().1.code, Code::REQUEST_ENTITY_INCOMPLETE);
}
