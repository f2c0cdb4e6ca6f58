//! The example in C against a server: it registers, is read, written, executed and observed over
//! loopback, and de-registers when it is told to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::disallowed_types, reason = "a test with a socket and the clock of the system")]

mod support;

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time;

use coap_core::Code;
use lwm2m_core::format::{Item, ItemContent};
use lwm2m_core::server::{
    Config, EndReason, Event, Limits, OperationId, RegistrationId, Server, UsageError,
};
use lwm2m_core::{Path, Value};
use m2m_base::{Instant, PeerId, Seed};

use support::{build, repository, run, scratch};

/// Longest wait for anything.
const PATIENCE: time::Duration = time::Duration::from_secs(120);

const TEMPERATURE: Path = Path::resource(3303, 0, 5700);

/// A server on a socket.
struct Driver {
    server: Server,
    socket: UdpSocket,
    peers: Vec<SocketAddr>,
    start: time::Instant,
}

impl Driver {
    fn new() -> Driver {
        let config = Config { limits: Limits::SMALL, ..Config::default() };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(time::Duration::from_millis(10))).unwrap();
        Driver {
            server: Server::new(&config, &Seed([9; 32])).unwrap(),
            socket,
            peers: Vec::new(),
            start: time::Instant::now(),
        }
    }

    fn now(&self) -> Instant {
        Instant::from_millis(u64::try_from(self.start.elapsed().as_millis()).unwrap())
    }

    /// The next event, whatever it takes.
    fn event(&mut self) -> Event {
        let mut buf = [0; 2048];
        let until = time::Instant::now() + PATIENCE;
        while time::Instant::now() < until {
            let now = self.now();
            while let Some(sent) = self.server.poll_transmit(now, &mut buf).unwrap() {
                let to = self.peers[usize::try_from(sent.peer.0).unwrap()];
                self.socket.send_to(&buf[..sent.len], to).unwrap();
            }
            if let Some(event) = self.server.poll_event() {
                return event;
            }
            if let Ok((len, from)) = self.socket.recv_from(&mut buf) {
                let at = self.peers.iter().position(|p| *p == from).unwrap_or_else(|| {
                    self.peers.push(from);
                    self.peers.len() - 1
                });
                let peer = PeerId(u64::try_from(at).unwrap());
                self.server.handle_datagram(self.now(), peer, &buf[..len]);
            }
            self.server.handle_timeout(self.now());
        }
        panic!("no event within {PATIENCE:?}");
    }

    /// Asks for something, and returns the code and the values of the answer.
    fn ask(
        &mut self,
        operation: impl FnOnce(&mut Server, Instant) -> Result<OperationId, UsageError>,
    ) -> (Code, Vec<(Path, Owned)>) {
        let now = self.now();
        let id = operation(&mut self.server, now).unwrap();
        loop {
            match self.event() {
                Event::Response { id: of, code, .. } if of == id => {
                    let values = values(&self.server.response(id).unwrap().items());
                    self.server.release(id);
                    return (code, values);
                }
                Event::Notified { id, .. } => self.server.release_notification(id),
                Event::Updated { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Values that outlive the answer.
#[derive(PartialEq, Debug)]
enum Owned {
    Text(String),
    Number(f64),
    Other,
}

fn values(
    items: &Result<lwm2m_core::server::Items<'_>, lwm2m_core::DecodeError>,
) -> Vec<(Path, Owned)> {
    let Ok(items) = items else { return Vec::new() };
    items
        .clone()
        .filter_map(Result::ok)
        .map(|item| {
            let value = match item.content {
                ItemContent::Value(Value::String(text)) => Owned::Text(text.chars().collect()),
                ItemContent::Value(Value::Float(number)) => Owned::Number(number),
                _ => Owned::Other,
            };
            (item.path, value)
        })
        .collect()
}

/// The program under test, killed if the test fails.
struct Station {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Station {
    fn start(port: u16, name: &str) -> Station {
        let program = scratch("posix-client").join("posix_client");
        build(&repository().join("examples/c/posix_client.c"), &program, &[]);
        let mut command = Command::new(program);
        command.args(["127.0.0.1", &port.to_string(), name]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Station { child, lines }
    }

    /// The next line that it prints.
    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn registered(driver: &mut Driver) -> RegistrationId {
    match driver.event() {
        Event::Registered { id } => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn registers_obeys_and_ends_in_order() {
    let mut driver = Driver::new();
    let mut station = Station::start(driver.socket.local_addr().unwrap().port(), "roof-7");

    let id = registered(&mut driver);
    let registration = driver.server.registration(id).unwrap();
    assert_eq!(registration.endpoint(), "roof-7");
    assert_eq!(registration.lifetime(), 300);
    let links: Vec<Path> = registration.links().map(|l| l.path).collect();
    for path in [Path::instance(1, 0), Path::instance(3, 0), Path::instance(3303, 0)] {
        assert!(links.contains(&path), "{links:?}");
    }
    assert_eq!(station.line(), "registered");

    // Read: one value, and an instance with all of them.
    let (code, read) = driver.ask(|s, now| s.read(now, id, TEMPERATURE));
    assert_eq!(code, Code::CONTENT);
    assert!(
        matches!(read[..], [(TEMPERATURE, Owned::Number(t))] if (18.0..=24.0).contains(&t)),
        "{read:?}"
    );
    let (code, read) = driver.ask(|s, now| s.read(now, id, Path::instance(3303, 0)));
    assert_eq!(code, Code::CONTENT);
    let unit = (Path::resource(3303, 0, 5701), Owned::Text("Cel".into()));
    assert!(read.contains(&unit), "{read:?}");

    // Write, and read it back.
    let place = Path::resource(3303, 0, 5750);
    let item = [Item::value(place, Value::string("garden"))];
    assert_eq!(driver.ask(|s, now| s.write(now, id, place, &item)).0, Code::CHANGED);
    assert_eq!(station.line(), "/3303/0/5750 is garden");
    let (_, read) = driver.ask(|s, now| s.read(now, id, place));
    assert_eq!(read, [(place, Owned::Text("garden".into()))]);
    // What is only read is not written.
    let item = [Item::value(TEMPERATURE, Value::Float(99.0))];
    let (code, _) = driver.ask(|s, now| s.write(now, id, TEMPERATURE, &item));
    assert_eq!(code, Code::METHOD_NOT_ALLOWED);

    // Execute.
    let reboot = Path::resource(3, 0, 4);
    assert_eq!(driver.ask(|s, now| s.execute(now, id, reboot, "0='now'")).0, Code::CHANGED);
    assert_eq!(station.line(), "reboot(0='now')");

    // Observe: the temperature moves every second.
    assert_eq!(driver.ask(|s, now| s.observe(now, id, TEMPERATURE)).0, Code::CONTENT);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        if let Event::Notified { id, .. } = driver.event() {
            let notified = values(&driver.server.notification(id).unwrap().items());
            driver.server.release_notification(id);
            match notified[..] {
                [(TEMPERATURE, Owned::Number(t))] => seen.push(t),
                _ => panic!("{notified:?}"),
            }
        }
    }
    assert!(seen.windows(2).all(|w| w[0] != w[1]), "{seen:?}");

    // SIGTERM: it de-registers, says so, and ends well.
    run(Command::new("kill").args(["-TERM", &station.child.id().to_string()]));
    loop {
        match driver.event() {
            Event::Deregistered { id: of, reason } => {
                assert_eq!((of, reason), (id, EndReason::Client));
                break;
            }
            Event::Notified { id, .. } => driver.server.release_notification(id),
            Event::ObservationEnded { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    // The answer to its De-register goes out with the next look for events, if not yet.
    let mut buf = [0; 2048];
    let now = driver.now();
    while let Some(sent) = driver.server.poll_transmit(now, &mut buf).unwrap() {
        let to = driver.peers[usize::try_from(sent.peer.0).unwrap()];
        driver.socket.send_to(&buf[..sent.len], to).unwrap();
    }
    assert_eq!(station.line(), "de-registered");
    assert!(station.child.wait().unwrap().success());
    assert_eq!(driver.server.registration_count(), 0);
}

#[test]
fn wrong_arguments_end_it() {
    let program = scratch("posix-client-usage").join("posix_client");
    build(&repository().join("examples/c/posix_client.c"), &program, &[]);
    let output = Command::new(&program).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage"));
    let name = "n".repeat(300);
    let output = Command::new(program).args(["127.0.0.1", "9", &name]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "client: an argument is out of range\n");
}
