//! What a request costs a server over loopback UDP, in CPU time of its process: `m2m coap serve`,
//! libcoap's example server, and a program that sends each datagram back. All three answer the same
//! load, in turns, so that what else happens on the machine hits them alike.

use coap_core::{Code, Message, MessageType, MessageWriter};
use rustix::net::{RecvFlags, recv};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Requests under way at one time.
const IN_FLIGHT: usize = 16;
/// Turns of each server, and how long one takes.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);
/// After so long without an answer the requests under way count as lost.
const PATIENCE: Duration = Duration::from_millis(200);
/// Bytes that the system keeps for the echo.
const RECEIVE_BUFFER: usize = 4 << 20;
/// Bytes of a token.
const TOKEN: usize = 4;
/// Ticks of /proc/PID/stat in a second: what Linux has told programs for decades.
const TICKS: f64 = 100.0;

/// A server as a process of its own. It ends with its owner.
struct Server {
    name: &'static str,
    process: Child,
    address: SocketAddr,
    /// It answers with what it was sent.
    echo: bool,
    requests: u64,
    lost: u64,
    /// CPU time per request of each turn, in microseconds.
    costs: Vec<f64>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.local_addr().expect("bound").port()
}

impl Server {
    fn new(name: &'static str, process: Child, port: u16) -> Server {
        let address = (Ipv4Addr::LOCALHOST, port).into();
        let echo = name == "echo";
        Server { name, process, address, echo, requests: 0, lost: 0, costs: Vec::new() }
    }

    /// User and system time so far, in seconds.
    fn cpu(&self) -> f64 {
        let mut text = String::new();
        let path = format!("/proc/{}/stat", self.process.id());
        let mut file = std::fs::File::open(path).expect("a running server, on Linux");
        file.read_to_string(&mut text).expect("readable");
        // Behind the name, which may hold anything: state is the first field, utime the twelfth.
        let (_, fields) = text.rsplit_once(')').expect("a name in parentheses");
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<f64>().expect("a number");
        (ticks(11) + ticks(12)) / TICKS
    }

    /// One turn.
    fn load(&mut self) {
        let before = self.cpu();
        let (answered, lost) = load(self.address, self.echo);
        let cpu = self.cpu() - before;
        self.requests += answered;
        self.lost += lost;
        #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
        self.costs.push(cpu * 1e6 / answered.max(1) as f64);
    }

    /// The turn in the middle.
    fn cost(&self) -> f64 {
        let mut costs = self.costs.clone();
        costs.sort_by(f64::total_cmp);
        costs[costs.len() / 2]
    }
}

/// Keeps requests under way for one turn: how many were answered, how many lost.
fn load(server: SocketAddr, echo: bool) -> (u64, u64) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.connect(server).expect("loopback");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut number: u32 = 0;
    let mut send = || {
        let mut buf = [0; 32];
        let id = u16::try_from(number & 0xffff).expect("16 bits");
        let token: [u8; TOKEN] = number.to_be_bytes();
        let (kind, code) = (MessageType::Confirmable, Code::GET);
        let writer = MessageWriter::in_buffer(&mut buf, kind, code, id, &token).expect("room");
        let len = writer.finish(&[]).expect("room").len();
        number += 1;
        let _ = socket.send(&buf[..len]);
    };
    for _ in 0..IN_FLIGHT {
        send();
    }
    let (mut answered, mut lost) = (0, 0);
    let end = Instant::now() + ROUND;
    let mut buf = [0; 2048];
    while Instant::now() < end {
        let mut got = 0;
        let mut flags = RecvFlags::empty();
        // The first is waited for, the others are taken as they lie there.
        while let Ok((len, _)) = recv(&socket, &mut buf[..], flags) {
            check(&buf[..len], echo);
            got += 1;
            flags = RecvFlags::DONTWAIT;
            if got == IN_FLIGHT {
                break;
            }
        }
        answered += got as u64;
        if got == 0 {
            lost += IN_FLIGHT as u64;
            got = IN_FLIGHT;
        }
        for _ in 0..got {
            send();
        }
    }
    (answered, lost)
}

fn check(datagram: &[u8], echo: bool) {
    let message = Message::parse(datagram).expect("CoAP");
    let wanted = if echo { Code::GET } else { Code::CONTENT };
    assert_eq!(message.code, wanted);
    assert_eq!(message.token.len(), TOKEN);
}

/// The program that is the floor: answers each datagram with itself. Prints its port.
pub(crate) fn echo() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    // As much as the servers that are compared with it ask for: one that loses does less.
    let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER);
    println!("{}", socket.local_addr().expect("bound").port());
    let mut buf = [0; 2048];
    loop {
        let (len, from) = socket.recv_from(&mut buf).expect("a datagram");
        let _ = socket.send_to(&buf[..len], from);
    }
}

/// Starts a program that prints where it listens in its first line.
fn started(name: &'static str, command: &mut Command) -> Server {
    let mut process = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut line = String::new();
    let mut out = BufReader::new(process.stdout.take().expect("piped"));
    out.read_line(&mut line).expect("a line");
    let digits: String = line.chars().rev().skip_while(|c| !c.is_ascii_digit()).collect();
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    let port = digits.chars().rev().collect::<String>().parse().expect("a port in the first line");
    Server::new(name, process, port)
}

/// The `m2m` command beside this program, built first.
pub(crate) fn m2m() -> std::path::PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "-p", "m2m"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml")])
        .status();
    assert!(built.is_ok_and(|status| status.success()), "the command does not build");
    let own = std::env::current_exe().expect("this program");
    own.with_file_name("m2m")
}

/// Measures and prints.
pub(crate) fn run(json: bool) {
    let port = free_port();
    let libcoap = Command::new("coap-server-notls")
        .args(["-A", "127.0.0.1", "-p", &port.to_string(), "-v", "3"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("coap-server-notls (package libcoap3-bin)");
    let own = std::env::current_exe().expect("this program");
    let mut servers = [
        started("m2m", Command::new(m2m()).args(["coap", "serve", "--bind", "127.0.0.1:0"])),
        Server::new("libcoap", libcoap, port),
        started("echo", Command::new(own).arg("echo")),
    ];
    std::thread::sleep(Duration::from_millis(500));
    for _ in 0..ROUNDS {
        for server in &mut servers {
            server.load();
        }
    }
    let [m2m, libcoap, echo] = &servers;
    let (to_libcoap, to_echo) = (m2m.cost() / libcoap.cost(), m2m.cost() / echo.cost());
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let per_second = |s: &Server| s.requests as f64 / (ROUND.as_secs_f64() * ROUNDS as f64);
    if json {
        for server in &servers {
            let line = serde_json::json!({
                "server": server.name, "cpu_us_per_request": server.cost(),
                "requests_per_second": per_second(server).round(), "lost": server.lost,
            });
            println!("{line}");
        }
        let line = serde_json::json!({"ratio_to_libcoap": to_libcoap, "ratio_to_echo": to_echo});
        println!("{line}");
        return;
    }
    for server in &servers {
        println!(
            "{:<8} {:>6.2} us CPU per request, {:>7.0} requests per second, {} lost",
            server.name,
            server.cost(),
            per_second(server),
            server.lost
        );
    }
    println!("m2m / libcoap {to_libcoap:.2} (at most 0.5), m2m / echo {to_echo:.2} (at most 1.6)");
}
