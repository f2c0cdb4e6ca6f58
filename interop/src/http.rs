//! As much of HTTP/1.1 as the small Leshan server needs: requests, and a stream of events.

use crate::PATIENCE;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// The head of a response: its status, and how the length of its body is told.
struct Head {
    status: u16,
    length: Option<usize>,
    chunked: bool,
}

fn head(from: &mut impl BufRead) -> Head {
    let mut line = String::new();
    from.read_line(&mut line).expect("a response");
    let status = line.split(' ').nth(1).and_then(|s| s.parse().ok());
    let status = status.unwrap_or_else(|| panic!("not HTTP: {line:?}"));
    let mut head = Head { status, length: None, chunked: false };
    loop {
        line.clear();
        from.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim_end().split_once(':') else { return head };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = value.trim().parse().ok(),
            "transfer-encoding" => head.chunked = value.trim() == "chunked",
            _ => {}
        }
    }
}

/// A body in chunks as a plain stream of bytes.
struct Chunked<R> {
    from: R,
    left: usize,
    first: bool,
}

impl<R: BufRead> Read for Chunked<R> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            let mut line = String::new();
            if !std::mem::take(&mut self.first) {
                self.from.read_line(&mut line)?;
                line.clear();
            }
            self.from.read_line(&mut line)?;
            self.left = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
            if self.left == 0 {
                return Ok(0);
            }
        }
        let room = buf.len().min(self.left);
        let count = self.from.read(&mut buf[..room])?;
        self.left -= count;
        Ok(count)
    }
}

/// Sends a request; gives the status and the body.
///
/// # Panics
/// If the server does not answer within [`PATIENCE`].
#[must_use]
pub fn request(
    server: SocketAddr,
    method: &str,
    target: &str,
    content_type: &str,
    body: &str,
) -> (u16, String) {
    let mut stream = TcpStream::connect(server).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    // In one piece: a server that has read enough may close on the rest.
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\
         Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).expect("sent");
    let mut from = BufReader::new(stream);
    let head = head(&mut from);
    let mut bytes = Vec::new();
    match head {
        Head { chunked: true, .. } => {
            Chunked { from, left: 0, first: true }.read_to_end(&mut bytes).expect("a body");
        }
        Head { length: Some(length), .. } => {
            bytes.resize(length, 0);
            from.read_exact(&mut bytes).expect("a body");
        }
        Head { .. } => {}
    }
    (head.status, String::from_utf8(bytes).expect("UTF-8"))
}

/// One event of a stream.
#[derive(Clone, Debug)]
pub struct StreamEvent {
    /// When it came.
    pub at: Instant,
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Value,
}

/// A stream of server-sent events, read in the background.
pub struct Events {
    stream: TcpStream,
    from: Receiver<StreamEvent>,
}

impl Events {
    /// Opens the stream; when this returns, nothing that happens is missed.
    ///
    /// # Panics
    /// If the server does not answer with a stream that begins with a comment or a `retry`.
    #[must_use]
    pub fn open(server: SocketAddr, target: &str) -> Events {
        let mut stream = TcpStream::connect(server).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        let request = format!("GET {target} HTTP/1.1\r\nHost: {server}\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut from = BufReader::new(stream.try_clone().expect("cloned"));
        let head = head(&mut from);
        assert!(head.status == 200 && head.chunked, "no stream: {}", head.status);
        let mut lines = BufReader::new(Chunked { from, left: 0, first: true }).lines();
        let first = lines.next().expect("a line").expect("readable");
        assert!(first.starts_with(':') || first.starts_with("retry:"), "no stream: {first:?}");
        let (to, from) = channel();
        std::thread::spawn(move || {
            let mut name = String::new();
            while let Some(Ok(line)) = lines.next() {
                if let Some(n) = line.strip_prefix("event: ") {
                    n.clone_into(&mut name);
                } else if let Some(data) = line.strip_prefix("data: ") {
                    let data = serde_json::from_str(data).expect("JSON");
                    let event = StreamEvent { at: Instant::now(), name: name.clone(), data };
                    if to.send(event).is_err() {
                        return;
                    }
                }
            }
        });
        Events { stream, from }
    }

    /// The next event that `pick` takes; those before it are gone. `None` after `wait` without.
    ///
    /// # Panics
    /// If the stream ended.
    pub fn next_within(
        &mut self,
        wait: Duration,
        mut pick: impl FnMut(&StreamEvent) -> bool,
    ) -> Option<StreamEvent> {
        let end = Instant::now() + wait;
        loop {
            match self.from.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(event) if pick(&event) => return Some(event),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => panic!("the stream ended"),
            }
        }
    }

    /// Waits for an event of this name.
    ///
    /// # Panics
    /// If none comes within [`PATIENCE`].
    pub fn wait(&mut self, name: &str) -> StreamEvent {
        self.next_within(PATIENCE, |e| e.name == name)
            .unwrap_or_else(|| panic!("no event {name} within {PATIENCE:?}"))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answer(with: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind(crate::loopback(0)).unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buf = [0; 4096];
            let _ = stream.read(&mut buf);
            stream.write_all(with).unwrap();
        });
        address
    }

    #[test]
    fn rfc9112_6_bodies_by_length_and_in_chunks() {
        for (with, status, body) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd"[..], 200, "abc"),
            (b"HTTP/1.1 404 x\r\ncontent-length: 0\r\n\r\n", 404, ""),
            (b"HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
                200,
                "abc0123456789",
            ),
        ] {
            assert_eq!(request(answer(with), "GET", "/", "text/plain", ""), (status, body.into()));
        }
    }

    #[test]
    fn events_come_with_name_and_data() {
        let server = answer(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
              6\r\n: hi\n\n\r\n1a\r\nevent: A\ndata: {\"x\":1}\n\nev\r\n16\r\nent: B\ndata: [true]\n\n\n\r\n",
        );
        let mut events = Events::open(server, "/api/event");
        let b = events.wait("B");
        assert_eq!(b.data, serde_json::json!([true]));
    }
}
