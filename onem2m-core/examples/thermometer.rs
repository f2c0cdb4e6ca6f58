//! An application that registers, makes a container and stores readings, over plain HTTP:
//! `cargo run -p onem2m-core --features ae --example thermometer [ADDR:PORT]`, with a CSE such as
//! that of `m2m onem2m cse --http 127.0.0.1:8080`. The state machine has no sockets: this program
//! carries its requests.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a program beside the state machine"
)]

use m2m_base::{Instant, Seed, UnixTime};
use onem2m_core::ResourceType;
use onem2m_core::ae::{Ae, Command, Config, Event, Outcome, Outgoing, RequestId, Resource};
use onem2m_core::binding::http;
use onem2m_core::primitive::Response;
use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

/// How often a reading is taken, and how many in all.
const PERIOD: Duration = Duration::from_secs(1);
const READINGS: usize = 5;

struct Application {
    ae: Ae,
    server: String,
    started: std::time::Instant,
}

impl Application {
    fn now(&self) -> Instant {
        let passed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        Instant::ZERO + m2m_base::Duration::from_millis(passed)
    }

    /// Sends what waits, and gives the next event.
    fn next(&mut self) -> Event {
        loop {
            let now = self.now();
            self.ae.handle_timeout(now);
            while let Some(outgoing) = self.ae.poll_outgoing(now) {
                match exchange(&self.server, &outgoing) {
                    Ok(response) => {
                        let _ = self.ae.handle_response(self.now(), outgoing.id, response);
                    }
                    Err(reason) => {
                        eprintln!("{}: {reason}", self.server);
                        self.ae.outgoing_failed(self.now(), outgoing.id);
                    }
                }
            }
            if let Some(event) = self.ae.poll_event() {
                return event;
            }
            let wait = self.ae.poll_timeout().map_or(0, |at| at.since(self.now()).as_millis());
            std::thread::sleep(Duration::from_millis(wait.clamp(1, 1000)));
        }
    }

    /// Carries a request out; true if it succeeded.
    fn done(&mut self, command: Command) -> Result<bool, Box<dyn Error>> {
        let id: RequestId = self.ae.request(self.now(), command)?;
        loop {
            match self.next() {
                Event::Done { id: own, outcome } if own == id => {
                    let _ = self.ae.release(self.now(), id);
                    println!("{outcome:?}");
                    return Ok(matches!(outcome, Outcome::Response(status) if status.is_success()));
                }
                other => println!("{other:?}"),
            }
        }
    }
}

/// One request over a connection of its own.
fn exchange(server: &str, outgoing: &Outgoing) -> Result<Response, Box<dyn Error>> {
    let sent = http::write_request(&outgoing.request, &http::Options::default())?;
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\nContent-Length: {}\r\n",
        sent.method,
        sent.target,
        sent.body.len()
    );
    for (name, value) in &sent.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut stream = TcpStream::connect(server)?;
    stream.write_all(&[head.as_bytes(), b"\r\n", &sent.body].concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no HTTP")?;
    let (head, body) = answer.split_at(end);
    let head = core::str::from_utf8(head)?;
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).ok_or("no status")?;
    let headers: Vec<(&str, &[u8])> =
        lines.filter_map(|l| l.split_once(": ")).map(|(n, v)| (n, v.as_bytes())).collect();
    let body = body.get(4..).unwrap_or_default();
    let message = http::IncomingResponse { status: status.parse()?, headers: &headers, body };
    Ok(http::read_response(&message)?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let mut config = Config::new("cse-in", "Cthermometer", "Nthermometer");
    config.name = Some("thermometer".into());
    // A device takes 32 random bytes; here the time of day has to do.
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let mut seed = [0; 32];
    for (to, from) in seed.iter_mut().zip(since.as_nanos().to_le_bytes()) {
        *to = from;
    }
    let ae = Ae::new(config, &Seed(seed))?;
    let mut application = Application { ae, server, started: std::time::Instant::now() };
    let now = application.now();
    let millis = i64::try_from(since.as_millis())?;
    application.ae.set_wall_clock(now, UnixTime::from_millis(millis));
    application.ae.register(now)?;
    loop {
        match application.next() {
            Event::Registered { known } => {
                println!("registered{}", if known { ", as before" } else { "" });
                break;
            }
            Event::RegistrationFailed { status, again: false } => {
                return Err(format!("the CSE refused the registration: {status:?}").into());
            }
            other => println!("{other:?}"),
        }
    }
    // It is there already if the program ran before.
    let readings = Resource::new(ResourceType::Container).name("readings").number("mni", 100);
    application.done(Command::create("cse-in/thermometer", readings))?;
    for n in 0..READINGS {
        let reading = Resource::new(ResourceType::ContentInstance).text("con", &format!("2{n}.5"));
        if !application.done(Command::create("cse-in/thermometer/readings", reading))? {
            return Err("a reading was not stored".into());
        }
        std::thread::sleep(PERIOD);
    }
    Ok(())
}
