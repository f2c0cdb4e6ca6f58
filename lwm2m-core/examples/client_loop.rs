//! A thermometer that registers with a server and serves it, over UDP.
//!
//! `cargo run -p lwm2m-core --example client_loop -- 127.0.0.1:5683 my-thermometer`
//!
//! What a driver has to bring is all here: a socket, a clock, 32 random bytes, and the loop.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "sockets and clocks are the driver's business"
)]

use lwm2m_core::client::{Client, Config, Event, ServerAccount};
use lwm2m_core::{Path, Value, object};
use m2m_base::{Instant, PeerId, Seed};
use std::error::Error;
use std::io::{ErrorKind, Read};
use std::net::UdpSocket;
use std::time::Duration;

const SERVER: PeerId = PeerId(1);
const TEMPERATURE: Path = Path::resource(3303, 0, 5700);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:5683".into());
    let name = arguments.next().unwrap_or_else(|| "thermometer".into());

    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.connect(&address)?;
    let start = std::time::Instant::now();
    let clock = || Instant::from_millis(start.elapsed().as_millis().try_into().unwrap_or(u64::MAX));
    let mut seed = Seed([0; 32]);
    std::fs::File::open("/dev/urandom")?.read_exact(&mut seed.0)?;

    let config = Config { objects: &[&object::TEMPERATURE], ..Config::new(&name) };
    let mut client = Client::new(&config, &seed)?;
    let uri = format!("coap://{address}");
    let account = ServerAccount { lifetime: 300, ..ServerAccount::new(123, SERVER, &uri) };
    client.add_server(clock(), &account)?;
    client.set(clock(), Path::resource(3, 0, 0), Value::string("Example Devices"))?;
    client.add_instance(clock(), Path::instance(3303, 0))?;
    client.set(clock(), Path::resource(3303, 0, 5701), Value::string("Cel"))?;
    client.set(clock(), TEMPERATURE, Value::Float(20.0))?;
    client.start(clock());

    let mut buffer = [0; 2048];
    let mut measured = 0;
    loop {
        // Send and tell until there is nothing left.
        while let Some(transmit) = client.poll_transmit(clock(), &mut buffer)? {
            // A datagram that cannot be sent is lost; the engine repeats what matters.
            if let Err(error) = socket.send(buffer.get(..transmit.len).unwrap_or_default()) {
                eprintln!("not sent: {error}");
            }
        }
        while let Some(event) = client.poll_event() {
            println!("{event:?}");
            if let Event::Executed { id, .. } = event {
                client.answer_execute(clock(), id, Ok(()))?;
            }
        }
        // Sleep until a datagram comes, a deadline does, or it is time to measure.
        let due = client.poll_timeout().map_or(u64::MAX, |at| (at - clock()).as_millis());
        socket.set_read_timeout(Some(Duration::from_millis(due.clamp(1, 5000))))?;
        match socket.recv(&mut buffer) {
            Ok(len) => {
                let datagram = buffer.get(..len).unwrap_or_default();
                client.handle_datagram(clock(), SERVER, datagram);
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut => {}
                // Nobody listens over there yet.
                ErrorKind::ConnectionRefused => eprintln!("{error}"),
                _ => return Err(error.into()),
            },
        }
        client.handle_timeout(clock());
        if start.elapsed().as_secs() / 5 > measured {
            measured = start.elapsed().as_secs() / 5;
            let swing = f64::from(u32::try_from(measured % 12).unwrap_or(0)) / 4.0;
            client.set(clock(), TEMPERATURE, Value::Float(20.0 + swing))?;
        }
    }
}
