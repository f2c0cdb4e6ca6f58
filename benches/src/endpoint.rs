//! Exchanges between two endpoints in memory, no sockets.

use coap_core::{
    Code, Config, ContentFormat, Endpoint, Event, Limits, OptionWriter, Parameters, Request,
    Response,
};
use m2m_base::{Instant, PeerId, Seed};

/// Runs a million confirmable GETs, each answered in its acknowledgement.
pub(crate) fn run(json: bool) {
    let limits = Limits {
        message_size: 1152,
        body_size: 4096,
        exchanges: 64,
        requests: 1024,
        observers: 16,
        transfers: 4,
        peers: 64,
        security_contexts: 0,
        pool: 1 << 20,
    };
    let config = Config { limits, parameters: Parameters::default() };
    let mut client = Endpoint::new(&config, &Seed([1; 32])).unwrap();
    let mut server = Endpoint::new(&config, &Seed([2; 32])).unwrap();
    let mut room = [0; 64];
    let mut list = OptionWriter::new(&mut room);
    list.path("/3/0/9").unwrap().accept(ContentFormat::TEXT).unwrap();
    let request = Request { options: list.options(), ..Request::new(Code::GET) };
    let response = Response { payload: b"22.3 C", ..Response::new(Code::CONTENT) };
    let mut buf = [0; 1200];
    let (total, mut done) = (1_000_000u64, 0u64);
    let start = std::time::Instant::now();
    for n in 0..total {
        let now = Instant::from_millis(n / 100);
        if n % 64 == 0 {
            client.handle_timeout(now);
            server.handle_timeout(now);
        }
        client.request(now, PeerId(2), &request).unwrap();
        while let Some(t) = client.poll_transmit(now, &mut buf).unwrap() {
            server.handle_datagram(now, PeerId(1), &buf[..t.len]);
        }
        while let Some(event) = server.poll_event() {
            if let Event::Request { id, .. } = event {
                server.respond(now, id, &response).unwrap();
            }
        }
        while let Some(t) = server.poll_transmit(now, &mut buf).unwrap() {
            client.handle_datagram(now, PeerId(2), &buf[..t.len]);
        }
        while let Some(event) = client.poll_event() {
            if let Event::Done { id, .. } = event {
                done += 1;
                client.release(id);
            }
        }
    }
    assert_eq!(done, total);
    let seconds = start.elapsed().as_secs_f64();
    let rate = (total as f64 / seconds).round();
    if json {
        println!("{}", serde_json::json!({"job": "coap_exchanges", "per_second": rate}));
    } else {
        println!("{rate:.0} exchanges a second, both ends on one core");
    }
}
