//! The examples in C, built as a reader would build them, and run.
#![allow(clippy::disallowed_types, reason = "a test with sockets")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use support::{build, repository, run, scratch};

/// Builds one file of examples/c, the first time it is asked for: tests run at once.
fn example(name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let program = built.entry(name.to_owned()).or_insert_with(|| {
        let program = scratch(&format!("example-{name}")).join(name);
        let source = repository().join("examples/c").join(format!("{name}.c"));
        build(&source, &program, &["-g"]);
        program
    });
    program.clone()
}

#[test]
fn senml_on_a_device() {
    let program = example("senml_device");
    let cbor = String::from_utf8(run(&mut Command::new(&program)).stdout).unwrap();
    let json = String::from_utf8(run(Command::new(&program).arg("json")).stdout).unwrap();
    let (bytes, cbor) = cbor.split_once('\n').unwrap();
    assert!(bytes.strip_suffix(" bytes").unwrap().parse::<u32>().unwrap() < 250, "{bytes}");
    assert_eq!(cbor.lines().count(), 10, "{cbor}");
    assert_eq!(
        cbor.lines().last(),
        Some("urn:dev:mac:0024befffe804ff1:temperature at 1700000540: 20.1 Cel")
    );
    let (_, json) = json.split_once('\n').unwrap();
    let (pack, json) = json.split_once('\n').unwrap();
    assert!(pack.starts_with("[{\"bn\":\"urn:dev:mac"), "{pack}");
    assert!(pack.ends_with("{\"t\":540,\"v\":20.1}]"), "{pack}");
    assert_eq!(cbor, json);
}

/// A program that runs until the test is over.
struct Running(Child, BufReader<ChildStdout>);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Starts it and waits for its first line.
    fn start(command: &mut Command, first: &str) -> Running {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut running = Running(child, output);
        assert_eq!(running.line(), first);
        running
    }

    /// The next line that it prints.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.1.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next line that begins so.
    fn line_with(&mut self, beginning: &str) -> String {
        for _ in 0..100 {
            let line = self.line();
            if line.starts_with(beginning) {
                return line;
            }
        }
        panic!("no line begins with {beginning:?}");
    }

    /// Tells it to end.
    fn interrupt(&self) {
        run(Command::new("kill").args(["-INT", &self.0.id().to_string()]));
    }
}

/// A port that was free a moment ago.
fn port() -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port().to_string()
}

fn lines(command: &mut Command) -> String {
    String::from_utf8(run(command).stdout).unwrap()
}

#[test]
fn coap_client_and_server() {
    let (server, client, port) = (example("coap_server"), example("coap_client"), port());
    let _server = Running::start(Command::new(server).args(["127.0.0.1", &port]), "listening");
    let ask = |arguments: &[&str]| {
        lines(Command::new(&client).args(["127.0.0.1", &port]).args(arguments))
    };
    assert_eq!(ask(&["get", ".well-known/core"]), "2.05 </time>;obs;ct=0,</store>;ct=42\n");
    let long = "0123456789".repeat(300);
    assert_eq!(ask(&["put", "store", &long]), "2.04 \n");
    assert_eq!(ask(&["get", "/store"]), format!("2.05 {long}\n"));
    let notified = ask(&["observe", "time", "3"]);
    let seconds: Vec<u32> =
        notified.lines().map(|l| l.strip_prefix("2.05 ").unwrap().parse().unwrap()).collect();
    assert!(seconds.len() == 4 && seconds.is_sorted() && seconds[0] < seconds[2], "{notified}");
    let none = Command::new(&client).args(["127.0.0.1", &port, "get", "none"]).output().unwrap();
    assert_eq!(String::from_utf8(none.stdout).unwrap(), "4.04 \n");
    assert_eq!(none.status.code(), Some(1));
}

#[test]
fn oscore() {
    let output = lines(&mut Command::new(example("oscore")));
    let said: Vec<_> = output.lines().filter(|l| !l.starts_with("to the ")).collect();
    assert_eq!(
        said,
        [
            "client: store 128",
            "server: /temperature protected",
            "client: 2.05 21.5",
            "server: /temperature in the clear",
            "client: 4.01 ",
        ]
    );
    // The path and the value, in hexadecimal digits: seen in the clear only.
    let (path, value) = ("74656d7065726174757265", "32312e35");
    assert_eq!(output.matches(path).count(), 1, "{output}");
    assert_eq!(output.matches(value).count(), 0, "{output}");
}

#[test]
fn lwm2m_server_and_client() {
    let (server, client, port) = (example("lwm2m_server"), example("posix_client"), port());
    let mut server = Running::start(Command::new(server).args(["127.0.0.1", &port]), "listening");
    let mut client =
        Running::start(Command::new(client).args(["127.0.0.1", &port, "weather"]), "registered");
    assert_eq!(server.line(), "weather registered for 300 s: /1/0 /3/0 /3303 /3303/0");
    assert_eq!(server.line(), "weather answered 2.05");
    assert_eq!(server.line_with("  /3/0/0 "), "  /3/0/0 = Example Instruments");
    assert!(server.line_with("  /3303/0/5700 = ").len() > 18);
    server.line_with("weather notified");
    assert!(server.line_with("  /3303/0/5700 = ").len() > 18);
    client.interrupt();
    assert_eq!(client.line_with("de-reg"), "de-registered");
    assert_eq!(server.line_with("weather is"), "weather is gone");
    server.interrupt();
    assert!(server.0.wait().unwrap().success());
}

#[test]
fn lwm2m_server_and_client_under_oscore() {
    let (server, client, port) = (example("lwm2m_server"), example("posix_client"), port());
    let start = |name: &str, secret: &str| {
        let arguments = ["127.0.0.1", &port, name, secret];
        Running::start(Command::new(&server).args(arguments), "listening")
    };
    let mut server = start("weather", "0123456789abcdef");
    let mut client = Command::new(&client);
    // Without the keys nobody registers under the name.
    let mut plain = Command::new(client.get_program());
    let plain = Running::start(
        plain.args(["127.0.0.1", &port, "weather"]),
        "registration failed, reason 1, code 4.01",
    );
    let arguments = ["127.0.0.1", &port, "weather", "0123456789abcdef"];
    let mut client = Running::start(client.args(arguments), "registered");
    assert_eq!(server.line(), "weather registered for 300 s: /1/0 /3/0 /3303 /3303/0");
    assert_eq!(server.line_with("weather answered"), "weather answered 2.05");
    server.line_with("weather notified");
    plain.interrupt();
    client.interrupt();
    assert_eq!(client.line_with("de-reg"), "de-registered");
    assert_eq!(server.line_with("weather is"), "weather is gone");
    server.interrupt();
    assert!(server.0.wait().unwrap().success());
}

/// A client that knows a bootstrap server only, on a socket, until it is registered.
fn bootstrapped_client(name: &str, bootstrap: &str) {
    use lwm2m_core::client::{BootstrapAccount, Client, Config, Event};
    use lwm2m_core::{Path, Value};
    use m2m_base::{Instant, PeerId, Seed};

    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(std::time::Duration::from_millis(20))).unwrap();
    let mut client = Client::new(&Config::new(name), &Seed([3; 32])).unwrap();
    let start = std::time::Instant::now();
    let now = || Instant::from_millis(u64::try_from(start.elapsed().as_millis()).unwrap());
    let account = BootstrapAccount {
        peer: None,
        uri: &format!("coap://{bootstrap}"),
        hold_off: 0,
        timeout: 0,
    };
    client.add_bootstrap_server(now(), &account).unwrap();
    client.start(now());
    // Peers are ports.
    let mut buf = [0; 2048];
    while start.elapsed() < std::time::Duration::from_secs(120) {
        while let Some(event) = client.poll_event() {
            match event {
                Event::Connect { server, security } => {
                    let uri = client.get(Path::resource(0, security, 0)).unwrap();
                    let Value::String(uri) = uri else { panic!("{uri:?}") };
                    let uri: String = uri.chars().collect();
                    let (_, port) = uri.rsplit_once(':').unwrap();
                    client.set_peer(now(), server, PeerId(port.parse().unwrap())).unwrap();
                }
                Event::Registered { .. } => return,
                _ => {}
            }
        }
        while let Some(sent) = client.poll_transmit(now(), &mut buf).unwrap() {
            let port = u16::try_from(sent.peer.0).unwrap();
            socket.send_to(&buf[..sent.len], ("127.0.0.1", port)).unwrap();
        }
        if let Ok((len, from)) = socket.recv_from(&mut buf) {
            client.handle_datagram(now(), PeerId(from.port().into()), &buf[..len]);
        }
        client.handle_timeout(now());
    }
    panic!("{name} is not registered");
}

#[test]
fn bootstrap_server_and_lwm2m_server() {
    let (bootstrap, server) = (example("bootstrap_server"), example("lwm2m_server"));
    let (bootstrap_port, server_port) = (port(), port());
    let uri = format!("coap://127.0.0.1:{server_port}");
    let mut server =
        Running::start(Command::new(server).args(["127.0.0.1", &server_port]), "listening");
    let mut bootstrap = Running::start(
        Command::new(bootstrap).args(["127.0.0.1", &bootstrap_port, &uri]),
        "listening",
    );
    bootstrapped_client("blank", &format!("127.0.0.1:{bootstrap_port}"));
    assert_eq!(bootstrap.line(), "blank asks");
    assert_eq!(bootstrap.line(), "blank answered step 0 (/) with 2.05");
    assert_eq!(bootstrap.line(), "blank answered step 1 (/) with 2.02");
    assert_eq!(bootstrap.line_with("blank is"), "blank is done");
    assert_eq!(server.line_with("blank reg"), "blank registered for 300 s: /1/0 /3/0");
    bootstrap.interrupt();
    assert!(bootstrap.0.wait().unwrap().success());
}

/// What a whole exchange over a connection of its own brings.
fn http(port: &str, method: &str, target: &str, more: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let message = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-M2M-Origin: CAdmin\r\n\
         X-M2M-RI: 1\r\nX-M2M-RVI: 3\r\n{more}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(message.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn onem2m_cse_and_ae() {
    let (cse, ae) = (example("cse"), example("ae"));
    let (cse_port, ae_port) = (port(), port());
    let mut cse = Running::start(Command::new(cse).args(["127.0.0.1", &cse_port]), "listening");
    let arguments = ["127.0.0.1", &cse_port, "thermo", "127.0.0.1", &ae_port];
    let mut ae = Running::start(Command::new(ae).args(arguments), "registered");
    // CSEBase, AE, two containers, a subscription, a reading.
    assert_eq!(cse.line_with("6 "), "6 resources");
    let answer = http(&cse_port, "GET", "/cse-in/thermo/data/la", "", "");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"con\":\""), "{answer}");
    let typed = "Content-Type: application/json;ty=4\r\n";
    let command = "{\"m2m:cin\":{\"con\":\"on\"}}";
    let answer = http(&cse_port, "POST", "/cse-in/thermo/commands", typed, command);
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let notified = ae.line();
    assert!(notified.starts_with("notified: {\"m2m:sgn\""), "{notified}");
    assert!(notified.contains("\"con\":\"on\""), "{notified}");
    ae.interrupt();
    assert_eq!(ae.line_with("del"), "deleted");
    assert!(ae.0.wait().unwrap().success());
    assert_eq!(cse.line_with("1 "), "1 resources");
    cse.interrupt();
    assert!(cse.0.wait().unwrap().success());
}
