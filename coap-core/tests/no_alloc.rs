//! Nothing is allocated after construction (design: memory).
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;
use coap_core::*;
use common::*;

/// Requests, floods, block-wise bodies and notifications between two endpoints, on buffers made
/// beforehand.
#[test]
fn nothing_is_allocated_after_construction() {
    let mut made = None;
    let construction = allocation_counter::measure(|| made = Some((endpoint(1), endpoint(2))));
    let (mut a, mut b) = made.unwrap();
    let said = a.reserved_bytes() + b.reserved_bytes();
    assert_eq!(construction.bytes_current, i64::try_from(said).unwrap());
    let long = vec![7u8; 9000];
    let mut buf = vec![0u8; 2000];
    let mut options = [0u8; 64];
    let mut list = OptionWriter::new(&mut options);
    list.path("/a/resource").unwrap();
    let list = list.options();
    let mut now = at(0);
    let (mut done, mut notified, mut observer) = (0u32, 0u32, None);
    let allocations = allocation_counter::measure(|| {
        for round in 0..2000u32 {
            now += m2m_base::Duration::from_millis(500);
            let request = Request {
                confirmable: round % 3 != 0,
                options: list,
                payload: if round % 21 == 0 { &long } else { &[] },
                observe: round == 1,
                #[cfg(feature = "q-block")]
                q_block: round % 2 == 0,
                ..Request::new(if round % 7 == 0 { Code::PUT } else { Code::GET })
            };
            let _ = a.request(now, B, &request);
            // What nobody expects, too.
            let [x, y] = (round as u16).to_be_bytes();
            b.handle_datagram(
                now,
                m2m_base::PeerId(9 + u64::from(round)),
                &[0x40, 3, x, y, 0xb1, 0x61],
            );
            b.handle_datagram(now, A, &[0x70, 0, x, y]);
            loop {
                a.handle_timeout(now);
                b.handle_timeout(now);
                let mut quiet = true;
                while let Some(t) = a.poll_transmit(now, &mut buf).unwrap() {
                    quiet = false;
                    if round % 5 != 0 {
                        b.handle_datagram(now, A, &buf[..t.len]);
                    }
                }
                while let Some(event) = b.poll_event() {
                    quiet = false;
                    if let Event::Request { id, .. } = event {
                        let r = Response {
                            payload: if round % 10 == 0 { &long } else { b"short" },
                            observe: true,
                            ..Response::new(Code::CONTENT)
                        };
                        if let Ok(Some(id)) = b.respond(now, id, &r) {
                            observer = Some(id);
                        }
                    }
                }
                if let (Some(id), 0) = (observer, round % 4) {
                    let r = Response { payload: b"news", ..Response::new(Code::CONTENT) };
                    if quiet {
                        let _ = b.notify(now, id, &r);
                        observer = None;
                    }
                }
                while let Some(t) = b.poll_transmit(now, &mut buf).unwrap() {
                    quiet = false;
                    if t.peer == A {
                        a.handle_datagram(now, B, &buf[..t.len]);
                    }
                }
                while let Some(event) = a.poll_event() {
                    quiet = false;
                    match event {
                        Event::Done { id, .. } => {
                            done += 1;
                            a.release(id);
                        }
                        Event::Notification { .. } => notified += 1,
                        _ => {}
                    }
                }
                if quiet {
                    break;
                }
            }
        }
    });
    assert_eq!(allocations.count_total, 0, "allocations after construction");
    // How many come through depends on the features; enough must, for the count to say anything.
    assert!(done > 400, "{done}");
    assert!(notified > 0);
    assert!(a.counters().retransmitted > 0 && b.counters().evicted > 0);
}

/// The same over connections: bodies in BERT blocks, notifications, pings, floods, bad messages,
/// connections that come and go in the middle of anything.
#[cfg(feature = "stream")]
#[test]
fn nothing_is_allocated_for_connections() {
    use coap_core::stream::Transport;
    use common::stream::STREAMS;
    let mut made = None;
    let construction = allocation_counter::measure(|| {
        made = Some((common::stream::with(&STREAMS, 1), common::stream::with(&STREAMS, 2)));
    });
    let (mut a, mut b) = made.unwrap();
    let said = a.reserved_bytes() + b.reserved_bytes();
    assert_eq!(construction.bytes_current, i64::try_from(said).unwrap());
    let long = vec![7u8; 19_000];
    let mut buf = vec![0u8; 9000];
    let mut options = [0u8; 64];
    let mut list = OptionWriter::new(&mut options);
    list.path("/a/resource").unwrap();
    let list = list.options();
    let mut now = at(0);
    let (mut done, mut notified, mut closed, mut observer) = (0u32, 0u32, 0u32, None);
    let mut connected = false;
    let allocations = allocation_counter::measure(|| {
        for round in 0..2000u32 {
            now += m2m_base::Duration::from_millis(500);
            if !connected {
                a.connected(now, B, Transport::Tcp).unwrap();
                b.connected(now, A, Transport::Tcp).unwrap();
                connected = true;
            }
            let request = Request {
                payload: if round % 3 == 0 { &long } else { &[] },
                observe: round % 11 == 1,
                options: list,
                ..Request::new(if round % 3 == 0 { Code::PUT } else { Code::GET })
            };
            let _ = a.request(now, B, &request);
            match round % 40 {
                5 => drop(a.ping(now, B, true)),
                // What no peer should send, in the middle of what it sends otherwise.
                17 => drop(b.handle_stream(now, A, &[0x0f])),
                31 => drop(a.abort(now, B, "enough")),
                _ => {}
            }
            for step in 0u32.. {
                a.handle_timeout(now);
                b.handle_timeout(now);
                let mut quiet = true;
                while let Some(t) = a.poll_transmit(now, &mut buf).unwrap() {
                    quiet = false;
                    for piece in buf[..t.len].chunks(700) {
                        let _ = b.handle_stream(now, A, piece);
                    }
                }
                while let Some(event) = b.poll_event() {
                    quiet = false;
                    match event {
                        Event::Request { id, .. } => {
                            let r = Response {
                                payload: if round % 2 == 0 { &long } else { b"short" },
                                observe: true,
                                ..Response::new(Code::CONTENT)
                            };
                            if let Ok(Some(id)) = b.respond(now, id, &r) {
                                observer = Some(id);
                            }
                        }
                        Event::Close { .. } => closed += 1,
                        _ => {}
                    }
                }
                if let (Some(id), true) = (observer, quiet) {
                    let r = Response { payload: b"news", ..Response::new(Code::CONTENT) };
                    let _ = b.notify(now, id, &r);
                    observer = None;
                }
                while let Some(t) = b.poll_transmit(now, &mut buf).unwrap() {
                    quiet = false;
                    let _ = a.handle_stream(now, B, &buf[..t.len]);
                }
                while let Some(event) = a.poll_event() {
                    quiet = false;
                    match event {
                        Event::Done { id, .. } => {
                            done += 1;
                            a.release(id);
                        }
                        Event::Notification { id } => {
                            notified += 1;
                            a.release(id);
                        }
                        Event::Close { .. } => closed += 1,
                        _ => {}
                    }
                }
                if quiet {
                    break;
                }
                if closed > 0 || (round % 13 == 0 && step == 2) {
                    closed = 0;
                    connected = false;
                    a.disconnected(now, B);
                    b.disconnected(now, A);
                    break;
                }
            }
        }
    });
    assert_eq!(allocations.count_total, 0, "allocations after construction");
    assert!(done > 500, "{done}");
    assert!(notified > 10, "{notified}");
}

#[cfg(not(any(feature = "oscore", feature = "stream", feature = "multicast")))]
/// What one more of something reserves, its share of every table counted, without its bytes in the
/// pool.
fn cost(change: impl Fn(&mut Limits)) -> usize {
    let reserved = |limits| {
        let c = Config { limits, parameters: Parameters::DEFAULT };
        Endpoint::new(&c, &m2m_base::Seed([1; 32])).unwrap().reserved_bytes()
    };
    let mut more = LIMITS;
    for _ in 0..4096 {
        change(&mut more);
    }
    (reserved(more) - reserved(LIMITS)) / 4096
}

/// With protection of OSCORE and connections it is more.
#[cfg(not(any(feature = "oscore", feature = "stream", feature = "multicast")))]
#[test]
fn what_a_place_costs_beside_the_bytes_of_its_messages() {
    let exchange = cost(|l| l.exchanges += 1);
    let request = cost(|l| l.requests += 1);
    let observer = cost(|l| l.observers += 1);
    // In a table as large as this the deadlines stand in a line as well.
    let line = 24;
    for (name, cost, most) in
        [("exchange", exchange, 192), ("request", request, 176), ("observer", observer, 136)]
    {
        assert!(cost <= most + line, "{name}: {cost}");
    }
}
