//! The smallest LwM2M server: one UDP socket, one thread, no security.
//!
//! `cargo run -p lwm2m-core --example server_loop -- 127.0.0.1:5683` prints what clients do, reads
//! the Device object of whoever registers, and observes `/3303/0/5700` where it is.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a driver has the socket and the clock that the engine has not"
)]

use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::time::{Duration as Span, Instant as Clock, SystemTime};

use lwm2m_core::Path;
use lwm2m_core::format::ItemContent;
use lwm2m_core::server::{Config, Content, Event, Limits, Server};
use m2m_base::{Instant, PeerId, Seed};

/// Without security a peer is its address: it fits into the number, and no table is needed.
fn peer(address: SocketAddrV4) -> PeerId {
    PeerId(u64::from(address.ip().to_bits()) << 16 | u64::from(address.port()))
}

fn address(peer: PeerId) -> SocketAddrV4 {
    let [_, _, a, b, c, d, e, f] = peer.0.to_be_bytes();
    SocketAddrV4::new([a, b, c, d].into(), u16::from_be_bytes([e, f]))
}

fn show(content: Option<Content<'_>>) {
    let Some(content) = content else { return };
    match content.items() {
        Ok(items) => {
            for item in items.flatten() {
                match item.content {
                    ItemContent::Value(value) => println!("    {} = {value:?}", item.path),
                    ItemContent::Empty => println!("    {} is empty", item.path),
                }
            }
        }
        Err(error) => println!("    {} bytes: {error}", content.payload().len()),
    }
}

fn handle(server: &mut Server, now: Instant, event: Event) {
    println!("{event:?}");
    match event {
        Event::Registered { id } => {
            let Some(client) = server.registration(id) else { return };
            println!("    {} from {}", client.endpoint(), address(client.peer()));
            let temperature = client.links().any(|l| l.path == Path::instance(3303, 0));
            // Commands only fail for want of room, or because the client left again.
            let _ = server.read(now, id, Path::object(3));
            if temperature {
                let _ = server.observe(now, id, Path::resource(3303, 0, 5700));
            }
        }
        Event::Deregistered { id, .. } | Event::Expired { id } => {
            println!("    {}", server.registration(id).map_or("", |r| r.endpoint()));
        }
        Event::Response { id, .. } => {
            show(server.response(id));
            server.release(id);
        }
        Event::Notified { id, .. } => {
            show(server.notification(id));
            server.release_notification(id);
        }
        _ => {}
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:5683".into());
    let socket = UdpSocket::bind(&listen)?;
    println!("listening on {}", socket.local_addr()?);
    // Good enough to try things. A server that counts takes 32 bytes from its system's generator.
    let mut seed = [0; 32];
    let entropy = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos();
    for (byte, from) in seed.iter_mut().zip(entropy.to_le_bytes()) {
        *byte = from;
    }
    let config = Config { limits: Limits::SMALL, ..Config::default() };
    let mut server = Server::new(&config, &Seed(seed))?;
    let start = Clock::now();
    let clock = || Instant::from_millis(u64::try_from(start.elapsed().as_millis()).unwrap_or(0));
    let mut buf = [0; 65_536];
    loop {
        let now = clock();
        server.handle_timeout(now);
        while let Some(event) = server.poll_event() {
            handle(&mut server, now, event);
        }
        while let Some(transmit) = server.poll_transmit(now, &mut buf)? {
            let datagram = buf.get(..transmit.len).unwrap_or(&[]);
            // What the network does not take is lost like any datagram: it is sent again.
            let _ = socket.send_to(datagram, address(transmit.peer));
        }
        let wait = server.poll_timeout().map_or(60_000, |at| at.since(clock()).as_millis());
        socket.set_read_timeout(Some(Span::from_millis(wait.clamp(1, 60_000))))?;
        if let Ok((len, SocketAddr::V4(from))) = socket.recv_from(&mut buf) {
            let datagram = buf.get(..len).unwrap_or(&[]);
            server.handle_datagram(clock(), peer(from), datagram);
        }
    }
}
