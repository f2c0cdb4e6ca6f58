//! A device in the hands of a test: it says what the test wants, and shows what it is asked.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_types,
    reason = "helpers of tests, each test file uses some of them"
)]

use super::LONG;
use coap_core::{Code, Message, MessageType, MessageWriter, OptionNumber, OptionWriter};
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// What a server answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) code: Code,
    /// The path of what was made, with its slashes.
    pub(crate) location: String,
}

/// What a server asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    pub(crate) code: Code,
    pub(crate) id: u16,
    pub(crate) token: Vec<u8>,
    pub(crate) path: String,
    pub(crate) observe: Option<u32>,
    pub(crate) payload: Vec<u8>,
}

pub(crate) struct Device {
    socket: UdpSocket,
    id: u16,
    asked: VecDeque<Asked>,
    heard: BTreeSet<u16>,
}

fn slashed<'a>(segments: impl Iterator<Item = &'a [u8]>) -> String {
    segments.fold(String::new(), |all, s| all + "/" + core::str::from_utf8(s).unwrap())
}

impl Device {
    pub(crate) fn new(server: SocketAddr) -> Device {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(server).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        // Another device may have had this port a moment ago: its message IDs are remembered.
        static NEXT: AtomicU16 = AtomicU16::new(0);
        let id = NEXT.fetch_add(64, Ordering::Relaxed);
        Device { socket, id, asked: VecDeque::new(), heard: BTreeSet::new() }
    }

    /// Sends a request and waits for its answer, or until the server is gone.
    pub(crate) fn ask(
        &mut self,
        code: Code,
        path: &str,
        query: &[&str],
        payload: &str,
    ) -> io::Result<Answer> {
        self.id = self.id.wrapping_add(1);
        let id = self.id;
        let (mut room, mut options) = ([0; 1152], [0; 512]);
        let mut options = OptionWriter::new(&mut options);
        options.path(path).unwrap();
        if !payload.is_empty() {
            options.add_uint(OptionNumber::CONTENT_FORMAT, 40).unwrap();
        }
        for part in query {
            options.query(part).unwrap();
        }
        let kind = MessageType::Confirmable;
        let token = id.to_be_bytes();
        let mut writer = MessageWriter::in_buffer(&mut room, kind, code, id, &token).unwrap();
        writer.options(options.options()).unwrap();
        let datagram = writer.finish(payload.as_bytes()).unwrap().written().to_vec();
        let until = Instant::now() + LONG;
        let mut sent = Instant::now();
        self.socket.send(&datagram)?;
        loop {
            if let Some(answer) = self.receive(Some(id))? {
                return Ok(answer);
            }
            assert!(Instant::now() < until, "no answer to {path}");
            if sent.elapsed() > Duration::from_secs(2) {
                self.socket.send(&datagram)?;
                sent = Instant::now();
            }
        }
    }

    /// Takes what comes within a moment: the answer to a request, or something that is asked.
    fn receive(&mut self, id: Option<u16>) -> io::Result<Option<Answer>> {
        let mut buf = [0; 2048];
        let len = match self.socket.recv(&mut buf) {
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        };
        let message = Message::parse(&buf[..len]).unwrap();
        if message.code.is_request() {
            // A server that waits for an answer repeats what it asks.
            if !self.heard.insert(message.id) {
                return Ok(None);
            }
            self.asked.push_back(Asked {
                code: message.code,
                id: message.id,
                token: message.token.to_vec(),
                path: slashed(message.options.path()),
                observe: message.options.uint(OptionNumber::OBSERVE),
                payload: message.payload.to_vec(),
            });
        } else if message.code.is_response() && Some(message.id) == id {
            let location = slashed(message.options.all(OptionNumber::LOCATION_PATH));
            return Ok(Some(Answer { code: message.code, location }));
        }
        Ok(None)
    }

    /// The next thing that the server asks.
    pub(crate) fn asked(&mut self) -> io::Result<Asked> {
        let until = Instant::now() + LONG;
        let mut pinged = Instant::now();
        loop {
            if let Some(asked) = self.asked.pop_front() {
                return Ok(asked);
            }
            assert!(Instant::now() < until, "nothing is asked");
            self.receive(None)?;
            if pinged.elapsed() > Duration::from_millis(200) {
                // RFC 7252 section 4.3: only who sends learns that nobody is there.
                pinged = Instant::now();
                self.id = self.id.wrapping_add(1);
                let [high, low] = self.id.to_be_bytes();
                self.socket.send(&[0x40, 0, high, low])?;
            }
        }
    }

    /// True if the server asks nothing for a while.
    pub(crate) fn is_left_alone(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.receive(None).unwrap();
        }
        self.asked.is_empty()
    }

    /// Answers with a text.
    pub(crate) fn answer(&mut self, asked: &Asked, code: Code, text: &str) {
        let mut room = [0; 512];
        let kind = MessageType::Acknowledgement;
        let mut writer =
            MessageWriter::in_buffer(&mut room, kind, code, asked.id, &asked.token).unwrap();
        if asked.observe == Some(0) {
            writer.option_uint(OptionNumber::OBSERVE, 1).unwrap();
        }
        if !text.is_empty() {
            writer.option_uint(OptionNumber::CONTENT_FORMAT, 0).unwrap();
        }
        let datagram = writer.finish(text.as_bytes()).unwrap().written().to_vec();
        self.socket.send(&datagram).unwrap();
    }

    /// Registers; gives the location.
    pub(crate) fn register(&mut self, endpoint: &str, more: &[&str]) -> io::Result<String> {
        let name = format!("ep={endpoint}");
        let mut query = vec![name.as_str(), "lt=86400", "lwm2m=1.1"];
        query.extend(more);
        let answer = self.ask(Code::POST, "/rd", &query, "</1/0>,</3/0>,</3303/0>")?;
        assert_eq!(answer.code, Code::CREATED, "{endpoint}");
        Ok(answer.location)
    }
}
