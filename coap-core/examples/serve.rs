//! A CoAP server on UDP in one loop: `/` says hello, `/time` counts seconds and can be observed.
//!
//! cargo run -p coap-core --example serve -- 127.0.0.1:5683
//! (Port 0 asks for a free one; the first line tells the address.)
#![allow(clippy::disallowed_types, reason = "the driver has the socket and the clock")]

use coap_core::{Code, Config, Endpoint, Event, Limits, ObserverId, Parameters, Response};
use m2m_base::{Instant, PeerId, Seed};
use std::net::{SocketAddr, UdpSocket};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:5683".to_owned());
    let socket = UdpSocket::bind(&address)?;
    println!("listening on {}", socket.local_addr()?);
    let config = Config { limits: Limits::SERVER, parameters: Parameters::default() };
    // A real program takes the seed from the operating system.
    let mut endpoint = Endpoint::new(&config, &Seed([7; 32]))?;
    let mut peers: Vec<SocketAddr> = Vec::new();
    let mut observers: Vec<ObserverId> = Vec::new();
    let start = std::time::Instant::now();
    let clock = || Instant::ZERO + m2m_base::Duration::from(start.elapsed());
    let (mut buf, mut seconds) = ([0; 1500], 0);
    loop {
        // 1. What the engine wants sent.
        while let Some(t) = endpoint.poll_transmit(clock(), &mut buf)? {
            let to = usize::try_from(t.peer.0).ok().and_then(|n| peers.get(n));
            if let (Some(to), Some(datagram)) = (to, buf.get(..t.len)) {
                socket.send_to(datagram, to)?;
            }
        }
        // 2. What it has to tell.
        while let Some(event) = endpoint.poll_event() {
            match event {
                Event::Request { id, .. } => {
                    let Some(request) = endpoint.incoming(id) else { continue };
                    let path: Vec<&[u8]> = request.options.path().collect();
                    let text = format!("{seconds} s");
                    let mut response = match (request.code, path.as_slice()) {
                        (Code::GET, []) => Response::new(Code::CONTENT),
                        (Code::GET, [b"time"]) => Response::new(Code::CONTENT),
                        (_, [] | [b"time"]) => Response::new(Code::METHOD_NOT_ALLOWED),
                        _ => Response::new(Code::NOT_FOUND),
                    };
                    response.payload = match path.first() {
                        None => b"hello",
                        Some(_) => text.as_bytes(),
                    };
                    response.observe = path == [b"time"];
                    observers.extend(endpoint.respond(clock(), id, &response)?);
                }
                Event::ObserverGone { id, .. } => observers.retain(|o| *o != id),
                _ => {}
            }
        }
        // 3. Wait for a datagram, the engine's next deadline or the next second.
        let next = Instant::from_millis((seconds + 1) * 1000);
        let wake = endpoint.poll_timeout().map_or(next, |t| t.min(next));
        let wait = (wake - clock()).as_millis().max(1);
        socket.set_read_timeout(Some(std::time::Duration::from_millis(wait)))?;
        if let Ok((len, from)) = socket.recv_from(&mut buf) {
            let known = peers.iter().position(|p| *p == from);
            let peer = known.unwrap_or_else(|| {
                peers.push(from);
                peers.len() - 1
            });
            endpoint.handle_datagram(clock(), PeerId(peer as u64), buf.get(..len).unwrap_or(&[]));
        }
        endpoint.handle_timeout(clock());
        // 4. The application's own doings.
        while clock().as_millis() >= (seconds + 1) * 1000 {
            seconds += 1;
            let text = format!("{seconds} s");
            let state = Response { payload: text.as_bytes(), ..Response::new(Code::CONTENT) };
            observers.retain(|id| endpoint.notify(clock(), *id, &state).is_ok());
        }
    }
}
