//! What goes wrong around a CSE: command lines, stores, and what comes over its sockets.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests of a program run on real sockets"
)]

mod common;

use common::cse::{Cse, Folder, Http, must};
use common::run;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;

/// The sentence of a command that fails with this code.
fn sentence(arguments: &[&str], code: i32) -> String {
    let output = run(&[&["onem2m"], arguments].concat());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert!(errors.starts_with("m2m: ") && errors.lines().count() == 1, "{errors}");
    for jargon in ["panicked", "Err(", "Some(", "Os {", "os error", "RUST_BACKTRACE"] {
        assert!(!errors.contains(jargon), "{errors}");
    }
    errors
}

const ANY: &str = "127.0.0.1:0";

#[test]
fn command_lines_that_make_no_sense() {
    let cse = ["cse", "--store", "memory", "--http", ANY];
    for (more, words) in [
        (&["--cse-id", "id-in"][..], "--cse-id"),
        (&["--cse-id", "/a b"], "/id-in"),
        (&["--cse-name", "a/b"], "--cse-name"),
        (&["--sp-id", "a b"], "--sp-id"),
        (&["--cse-type", "XN"], "IN"),
        (&["--mqtt", "127.0.0.1:1883"], "mqtt://127.0.0.1:1883"),
        (&["--coap", "5683"], "127.0.0.1:8080"),
        (&["--max-body", "0"], "--max-body"),
        (&["--registrar", "127.0.0.1:1"], "--registrar"),
        (&["--registrar-id", "/id-in"], "--registrar"),
        (&["--registrar", "http://127.0.0.1:1", "--registrar-id", "id"], "--registrar-id"),
    ] {
        let told = sentence(&[&cse[..], more].concat(), 2);
        assert!(told.contains(words), "{told}");
    }
    assert!(sentence(&["cse"], 2).contains("--http"));
    for (arguments, words) in [
        (&["get"][..], "TARGET"),
        (&["get", "a b"], "address"),
        (&["get", "ftp://host/cse-in"], "ftp"),
        (&["get", "cse-in", "--rcn", "13"], "0 to 12"),
        (&["create", "cse-in"], "--type"),
        (&["create", "cse-in", "--type", "xyz"], "xyz"),
        (&["create", "cse-in", "--type", "cnt", "-a", "mni"], "mni=10"),
        (&["create", "cse-in", "--type", "cnt", "-a", "mni=x"], "mni"),
        (&["create", "cse-in", "--type", "cnt", "-c", "{"], "JSON"),
        (&["discover", "cse-in", "--filter", "sza=x"], "sza"),
        (&["discover", "cse-in", "--filter", "nope=1"], "nope"),
        (&["subscribe", "cse-in", "--listen", "0.0.0.0:0"], "--notify"),
    ] {
        let told = sentence(arguments, 2);
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn what_cannot_be_opened() {
    let taken = TcpListener::bind(ANY).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for binding in ["--http", "--ws", "--metrics"] {
        let line = ["cse", "--store", "memory", "--http", ANY, binding, &address];
        let line = if binding == "--http" { &line[..3] } else { &line[..5] };
        let told = sentence(&[line, &[binding, &address]].concat(), 1);
        assert!(told.contains(&address) && told.contains("already uses this port"), "{told}");
    }
    let taken = UdpSocket::bind(ANY).unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let told = sentence(&["cse", "--store", "memory", "--coap", &address], 1);
    assert!(told.contains(&address) && told.contains("already uses this port"), "{told}");
    let told = sentence(&["cse", "--config", "/nowhere/cse.toml"], 1);
    assert!(told.contains("/nowhere/cse.toml"), "{told}");
    let folder = Folder::new("broken");
    let file = folder.file("cse.toml");
    std::fs::write(&file, "http = \"127.0.0.1:0\"\ncolour = \"red\"\n").unwrap();
    let told = sentence(&["cse", "--config", &file], 2);
    assert!(told.contains("line 2") && told.contains("colour"), "{told}");
}

#[test]
fn stores_that_are_broken_taken_or_another_ones() {
    let folder = Folder::new("stores");
    let start = |store: &str, code| sentence(&["cse", "--http", ANY, "--store", store], code);
    let garbage = folder.file("garbage");
    std::fs::write(&garbage, vec![0x5a; 100_000]).unwrap();
    let told = start(&garbage, 1);
    assert!(told.contains("cannot open the store") && told.contains(&garbage), "{told}");
    assert_eq!(std::fs::read(&garbage).unwrap(), vec![0x5a; 100_000], "it is left as it was");
    let told = start(&folder.0.display().to_string(), 1);
    assert!(told.contains("cannot open the store"), "{told}");
    let told = start("/proc/nowhere/cse.redb", 1);
    assert!(told.contains("/proc/nowhere"), "{told}");
    let good = folder.file("good");
    let cse = Cse::start_http(&good);
    let told = start(&good, 1);
    assert!(told.contains("another process uses it"), "{told}");
    cse.stop();
    let line = ["cse", "--http", ANY, "--store", &good, "--cse-id", "/id-other"];
    let told = sentence(&line, 1);
    assert!(told.contains("CSE-ID is /id-in"), "{told}");
    // Cut in the middle.
    let bytes = std::fs::read(&good).unwrap();
    std::fs::write(&good, &bytes[..bytes.len() / 3]).unwrap();
    let told = start(&good, 1);
    assert!(told.contains("store"), "{told}");
}

#[test]
fn nobody_there() {
    let free = TcpListener::bind(ANY).unwrap().local_addr().unwrap();
    for scheme in ["http", "ws", "mqtt", "coap"] {
        let uri = format!("{scheme}://{free}");
        let told = sentence(&["get", "cse-in", "--cse", &uri, "--timeout", "2"], 3);
        assert!(told.contains(&uri), "{told}");
    }
}

/// Requests that are none, over HTTP: status, and a part of the debug text.
const BAD: &[(&str, u16, &str)] = &[
    ("BREW /cse-in HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method"),
    ("GET / HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: C\r\nX-M2M-RI: 1\r\n\r\n", 400, "to"),
    ("GET /cse-in HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: C\r\n\r\n", 400, "rqi"),
    ("GET /cse-in?rcn=x HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: C\r\nX-M2M-RI: 1\r\n\r\n", 400, "rcn"),
    (
        "POST /cse-in HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: C\r\nX-M2M-RI: 1\r\n\
         Content-Type: application/json;ty=3\r\nContent-Length: 9\r\n\r\n{\"m2m:cnt",
        400,
        "pc",
    ),
    (
        "POST /cse-in HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: C\r\nX-M2M-RI: 1\r\n\
         Content-Type: text/html;ty=3\r\nContent-Length: 2\r\n\r\n{}",
        415,
        "Content-Type",
    ),
    (
        "POST /cse-in HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: C\r\nX-M2M-RI: 1\r\n\
         Content-Type: application/json;ty=3\r\nContent-Length: 100000000\r\n\r\n{",
        413,
        "too large",
    ),
    ("\0\0\0\0\r\n\r\n", 400, ""),
    ("GET /cse-in HTTP/9.9\r\n\r\n", 505, ""),
];

#[test]
fn bad_input_over_http_disturbs_nobody() {
    let cse = Cse::start("memory", &["--max-body", "2000"]);
    let mut good = Http::connect(cse.http());
    let mut alive = || assert_eq!(good.ask("GET", "/cse-in", None, "").unwrap().0, 200);
    for (request, status, words) in BAD {
        let mut http = Http::connect(cse.http());
        http.send(request.as_bytes()).unwrap();
        match http.receive() {
            Ok((found, _, body)) => {
                let body = String::from_utf8_lossy(&body).into_owned();
                assert_eq!(found, *status, "{request}: {body}");
                assert!(body.contains(words), "{request}: {body}");
            }
            // What is no HTTP at all may be cut off.
            Err(_) => assert!(words.is_empty(), "{request}"),
        }
        alive();
    }
    // Chunks that never end, up to the limit.
    let mut http = Http::connect(cse.http());
    let head = "POST /cse-in HTTP/1.1\r\nHost: x\r\nX-M2M-Origin: C\r\nX-M2M-RI: 1\r\n\
        Content-Type: application/json;ty=3\r\nTransfer-Encoding: chunked\r\n\r\n";
    http.send(head.as_bytes()).unwrap();
    for _ in 0..100 {
        if http.send(format!("64\r\n{}\r\n", "x".repeat(100)).as_bytes()).is_err() {
            break;
        }
    }
    if let Ok((status, _, _)) = http.receive() {
        assert_eq!(status, 413);
    }
    // Half requests and slow ones stay open; others are served meanwhile.
    let half: Vec<TcpStream> = (0..45)
        .map(|n| {
            let mut stream = TcpStream::connect(cse.http()).unwrap();
            let text = "POST /cse-in HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{";
            stream.write_all(&text.as_bytes()[..10 + n]).unwrap();
            stream
        })
        .collect();
    for _ in 0..20 {
        alive();
    }
    drop(half);
    alive();
    cse.stop();
}

#[test]
fn bad_input_over_coap_and_websocket_disturbs_nobody() {
    let cse = Cse::start("memory", &["--max-body", "2000"]);
    let coap = cse.uri("coap");
    let socket = UdpSocket::bind(ANY).unwrap();
    socket.connect(coap.trim_start_matches("coap://")).unwrap();
    let mut seed = 1u32;
    for length in 0..600u32 {
        let bytes: Vec<u8> = (0..length % 97)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed.to_be_bytes()[0]
            })
            .collect();
        let _ = socket.send(&bytes);
        // Also what begins as a request does.
        let _ = socket.send(&[&[0x40, 1, 0, seed.to_be_bytes()[1]][..], &bytes].concat());
    }
    let ws = cse.uri("ws");
    let address = ws.trim_start_matches("ws://");
    for handshake in [
        "GET / HTTP/1.1\r\n\r\n",
        "garbage",
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        stream.write_all(handshake.as_bytes()).unwrap();
        let mut answer = [0; 64];
        let read = stream.read(&mut answer).unwrap_or(0);
        let answer = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(!answer.contains(" 101 "), "{handshake}: {answer}");
    }
    let mut stream = TcpStream::connect(address).unwrap();
    let opening = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: chat, oneM2M.json\r\n\r\n";
    stream.write_all(opening.as_bytes()).unwrap();
    let mut answer = [0; 512];
    let read = stream.read(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).to_ascii_lowercase();
    assert!(answer.contains(" 101 ") && answer.contains("onem2m.json"), "{answer}");
    // A frame that says it is longer than anything may be.
    let _ = stream.write_all(&[0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    for scheme in ["coap", "ws", "http"] {
        must(&cse.uri(scheme), "get", &["cse-in"]);
    }
    cse.stop();
}
