//! A CSE over HTTP with connections that are kept: `m2m onem2m cse` with its crash-safe store, the
//! same in memory, and ACME, all in one run under the same load.

use crate::serve::m2m;
use m2m_interop::acme::Acme;
use m2m_interop::process::Scratch;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Connections, each with one request under way.
const CONNECTIONS: usize = 16;
/// How long one measurement takes.
const ROUND: Duration = Duration::from_secs(5);
const CONTENT: &str = r#"{"m2m:cin":{"cnf":"text/plain:0","con":"21.5 C, 47 %"}}"#;

/// A connection and what was read ahead on it.
struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    fn new(server: SocketAddr) -> Connection {
        let stream = TcpStream::connect(server).expect("it listens");
        stream.set_nodelay(true).expect("set");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("set");
        Connection { stream: BufReader::new(stream), line: String::new(), body: Vec::new() }
    }

    fn send(&mut self, request: &str) {
        self.stream.get_mut().write_all(request.as_bytes()).expect("an open connection");
    }

    /// Reads a response; gives its status.
    fn receive(&mut self) -> u16 {
        let mut status = 0;
        let mut length = 0;
        loop {
            self.line.clear();
            self.stream.read_line(&mut self.line).expect("an open connection");
            let line = self.line.trim_end();
            if status == 0 {
                let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
                status = code.unwrap_or_else(|| panic!("no status in {line:?}"));
            } else if line.is_empty() {
                break;
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().expect("a length");
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).expect("the body");
        status
    }
}

fn request(method: &str, target: &str, from: &str, ty: Option<u32>, body: &str) -> String {
    let mut text = format!(
        "{method} {target} HTTP/1.1\r\nHost: cse\r\nX-M2M-Origin: {from}\r\nX-M2M-RI: 1\r\n\
         X-M2M-RVI: 3\r\n"
    );
    if let Some(ty) = ty {
        let length = body.len();
        text += &format!("Content-Type: application/json;ty={ty}\r\nContent-Length: {length}\r\n");
    }
    text + "\r\n" + body
}

/// The AE, and a container for each connection.
fn prepare(server: SocketAddr) {
    let mut one = Connection::new(server);
    let mut create = |target: &str, ty, body: &str| {
        one.send(&request("POST", target, "Cbench", Some(ty), body));
        assert_eq!(one.receive(), 201, "{}", String::from_utf8_lossy(&one.body));
    };
    create("/cse-in", 2, r#"{"m2m:ae":{"rn":"bench","api":"Nbench","rr":false,"srv":["3"]}}"#);
    for n in 0..CONNECTIONS {
        let body = format!(r#"{{"m2m:cnt":{{"rn":"c{n}","mni":100000}}}}"#);
        create("/cse-in/bench", 3, &body);
    }
}

/// What a measurement gave.
#[derive(Clone, Copy)]
struct Rate {
    per_second: f64,
    /// Milliseconds within which half, and 99 of 100, were answered.
    median: f64,
    slow: f64,
}

/// Keeps one request under way on each connection.
fn load(server: SocketAddr, requests: &[String], wanted: u16) -> Rate {
    let mut all: Vec<Connection> = requests.iter().map(|_| Connection::new(server)).collect();
    let mut sent = Vec::new();
    for (connection, request) in all.iter_mut().zip(requests) {
        connection.send(request);
        sent.push(Instant::now());
    }
    let mut times = Vec::new();
    let begun = Instant::now();
    while begun.elapsed() < ROUND {
        for (at, connection) in all.iter_mut().enumerate() {
            let status = connection.receive();
            assert_eq!(status, wanted, "{}", String::from_utf8_lossy(&connection.body));
            times.push(sent[at].elapsed().as_secs_f64() * 1e3);
            connection.send(&requests[at]);
            sent[at] = Instant::now();
        }
    }
    let took = begun.elapsed().as_secs_f64();
    for connection in &mut all {
        connection.receive();
    }
    times.sort_by(f64::total_cmp);
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let per_second = times.len() as f64 / took;
    Rate { per_second, median: times[times.len() / 2], slow: times[times.len() * 99 / 100] }
}

/// Creates, then retrieves of the latest.
fn measure(server: SocketAddr) -> [Rate; 2] {
    prepare(server);
    let of = |method: &str, tail: &str, ty, body| {
        let one = |n| request(method, &format!("/cse-in/bench/c{n}{tail}"), "Cbench", ty, body);
        (0..CONNECTIONS).map(one).collect::<Vec<_>>()
    };
    let creates = load(server, &of("POST", "", Some(4), CONTENT), 201);
    let retrieves = load(server, &of("GET", "/la", None, ""), 200);
    [creates, retrieves]
}

/// `m2m onem2m cse` as a process of its own.
struct Cse {
    process: Child,
    http: SocketAddr,
}

impl Drop for Cse {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Cse {
    fn start(store: &str) -> Cse {
        let mut process = Command::new(m2m())
            .args(["onem2m", "cse", "--http", "127.0.0.1:0", "--json", "--store", store])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command");
        let mut lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut next = || {
            let line = lines.next().expect("a line").expect("text");
            serde_json::from_str::<serde_json::Value>(&line).expect("JSON")
        };
        let listening = next();
        let uri = listening["uri"].as_str().expect("where it listens");
        let http = uri.trim_start_matches("http://").parse().expect("an address");
        assert_eq!(next()["event"], "ready");
        Cse { process, http }
    }

    /// Resident memory in MiB.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("a running process, on Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.expect("VmRSS").trim().trim_end_matches(" kB").parse::<f64>();
        kib.expect("a number") / 1024.0
    }
}

/// How often a second the disk under `folder` takes 4 KiB for sure.
fn syncs(folder: &Scratch) -> f64 {
    let mut file = File::create(folder.file("sync")).expect("a file");
    let begun = Instant::now();
    let mut count = 0.0;
    while begun.elapsed() < Duration::from_secs(1) {
        file.write_all(&[0; 4096]).expect("written");
        file.sync_data().expect("synced");
        count += 1.0;
    }
    count / begun.elapsed().as_secs_f64()
}

/// Measures and prints.
pub(crate) fn run(json: bool) {
    let folder = Scratch::new();
    let syncs = syncs(&folder);
    let cse = Cse::start(&folder.file("cse.redb"));
    let memory = cse.memory();
    let ours = measure(cse.http);
    let later = cse.memory();
    drop(cse);
    let in_memory = measure(Cse::start("memory").http);
    let acme = measure(Acme::start().http);
    let rows = [("m2m, store", ours), ("m2m, memory", in_memory), ("ACME, memory", acme)];
    for (name, [creates, retrieves]) in rows {
        for (what, rate) in [("CREATE contentInstance", creates), ("RETRIEVE latest", retrieves)] {
            let Rate { per_second, median, slow } = rate;
            if json {
                let line = serde_json::json!({
                    "server": name, "what": what, "per_second": per_second.round(),
                    "median_ms": median, "p99_ms": slow,
                });
                println!("{line}");
            } else {
                println!(
                    "{name:<13} {what:<23} {per_second:>8.0} a second, \
                     half within {median:.2} ms, 99 of 100 within {slow:.2} ms"
                );
            }
        }
    }
    let ratio = |at: usize| ours[at].per_second / acme[at].per_second;
    let (creates, retrieves) = (ratio(0), ratio(1));
    if json {
        let line = serde_json::json!({
            "create_ratio": creates, "retrieve_ratio": retrieves, "syncs_per_second": syncs.round(),
            "start_mib": memory, "end_mib": later,
        });
        println!("{line}");
        return;
    }
    println!(
        "m2m with its store / ACME: {creates:.0} times the creates, {retrieves:.0} times the retrieves \
         (at least 50)"
    );
    println!(
        "the disk syncs {syncs:.0} times a second; memory of m2m at start {memory:.1} MiB \
         (at most 15), at the end {later:.1} MiB"
    );
}
