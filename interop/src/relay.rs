//! A relay between a client and a server that spoils what it carries, the same way every time.

use crate::loopback;
use m2m_base::{Random, Seed};
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What to spoil. The datagrams of both directions are counted together, from 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// Every n-th is lost; 0: none.
    pub drop: u32,
    /// Every n-th goes twice.
    pub duplicate: u32,
    /// Every n-th waits until the next one in its direction has gone (or 200 ms have).
    pub swap: u32,
    /// Each is under way for up to so many milliseconds, at random from a fixed seed; 0: none is.
    pub delay: u32,
}

impl Rules {
    /// Every third datagram is lost.
    pub const THIRD_LOST: Rules = Rules { drop: 3, ..Rules::NONE };
    /// Duplicates and changes of order, no loss.
    pub const DISORDER: Rules = Rules { duplicate: 2, swap: 5, ..Rules::NONE };
    /// Up to 150 ms each way, so that later ones overtake.
    pub const LATE: Rules = Rules { delay: 150, ..Rules::NONE };
    /// Nothing.
    pub const NONE: Rules = Rules { drop: 0, duplicate: 0, swap: 0, delay: 0 };
}

/// What happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Datagrams that came in.
    pub seen: u32,
    /// Of those: lost.
    pub dropped: u32,
    /// Sent twice.
    pub duplicated: u32,
    /// Sent after the one behind them.
    pub swapped: u32,
    /// Sent some time later.
    pub delayed: u32,
}

fn every(n: u32, seen: u32) -> bool {
    n != 0 && seen.is_multiple_of(n)
}

impl Counts {
    /// Copies to send, and whether to hold the datagram back.
    fn decide(&mut self, rules: Rules) -> (u32, bool) {
        self.seen += 1;
        if every(rules.drop, self.seen) {
            self.dropped += 1;
            return (0, false);
        }
        let twice = every(rules.duplicate, self.seen);
        let hold = every(rules.swap, self.seen);
        self.duplicated += u32::from(twice);
        self.swapped += u32::from(hold);
        self.delayed += u32::from(rules.delay > 0);
        (1 + u32::from(twice), hold)
    }
}

/// A relay to one server. Each client gets a socket of its own towards the server, so the server
/// sees as many peers as there are.
pub struct Relay {
    address: SocketAddr,
    counts: Arc<Mutex<Counts>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

struct Lane {
    client: SocketAddr,
    back: UdpSocket,
    held: [Option<(Vec<u8>, std::time::Instant)>; 2],
    late: Vec<Late>,
}

/// A datagram under way: when it arrives, and whether at the server.
struct Late {
    at: std::time::Instant,
    to_server: bool,
    bytes: Vec<u8>,
}

const HOLD: Duration = Duration::from_millis(200);

impl Lane {
    fn send(&mut self, front: &UdpSocket, to_server: bool, bytes: &[u8], delay: Duration) {
        if delay > Duration::ZERO {
            let at = std::time::Instant::now() + delay;
            self.late.push(Late { at, to_server, bytes: bytes.to_vec() });
            return;
        }
        let _ = if to_server { self.back.send(bytes) } else { front.send_to(bytes, self.client) };
    }

    fn carry(
        &mut self,
        front: &UdpSocket,
        to_server: bool,
        bytes: &[u8],
        fate: (u32, bool),
        mut delay: impl FnMut() -> Duration,
    ) {
        let way = usize::from(to_server);
        if fate.1 && self.held[way].is_none() {
            self.held[way] = Some((bytes.to_vec(), std::time::Instant::now()));
            return;
        }
        for _ in 0..fate.0 {
            self.send(front, to_server, bytes, delay());
        }
        if let Some((held, _)) = self.held[way].take() {
            self.send(front, to_server, &held, delay());
        }
    }

    fn overdue(&mut self, front: &UdpSocket) {
        for way in [0, 1] {
            if self.held[way].as_ref().is_some_and(|(_, since)| since.elapsed() > HOLD)
                && let Some((held, _)) = self.held[way].take()
            {
                self.send(front, way == 1, &held, Duration::ZERO);
            }
        }
        let now = std::time::Instant::now();
        let all = std::mem::take(&mut self.late).into_iter();
        let (due, late): (Vec<_>, Vec<_>) = all.partition(|late| late.at <= now);
        self.late = late;
        for late in due {
            self.send(front, late.to_server, &late.bytes, Duration::ZERO);
        }
    }
}

impl Relay {
    /// Starts a relay to `server`.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn start(server: SocketAddr, rules: Rules) -> Relay {
        let front = UdpSocket::bind(loopback(0)).expect("a free port");
        front.set_nonblocking(true).expect("set");
        let address = front.local_addr().expect("bound");
        let counts = Arc::new(Mutex::new(Counts::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (c, s) = (Arc::clone(&counts), Arc::clone(&stop));
        let thread = std::thread::spawn(move || serve(&front, server, rules, &c, &s));
        Relay { address, counts, stop, thread: Some(thread) }
    }

    /// Where clients send to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What happened so far.
    ///
    /// # Panics
    /// If its thread failed.
    #[must_use]
    pub fn counts(&self) -> Counts {
        *self.counts.lock().unwrap()
    }
}

fn serve(
    front: &UdpSocket,
    server: SocketAddr,
    rules: Rules,
    counts: &Mutex<Counts>,
    stop: &AtomicBool,
) {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut buf = [0; 65536];
    let mut random = Random::new(&Seed([7; 32]));
    let mut delay = move || Duration::from_millis(random.up_to(rules.delay).into());
    while !stop.load(Ordering::Relaxed) {
        let mut idle = true;
        match front.recv_from(&mut buf) {
            Ok((len, client)) => {
                idle = false;
                let at = lanes.iter().position(|l| l.client == client).unwrap_or_else(|| {
                    let back = UdpSocket::bind(loopback(0)).expect("a free port");
                    back.connect(server).expect("loopback");
                    back.set_nonblocking(true).expect("set");
                    lanes.push(Lane { client, back, held: [None, None], late: Vec::new() });
                    lanes.len() - 1
                });
                let fate = counts.lock().unwrap().decide(rules);
                lanes[at].carry(front, true, &buf[..len], fate, &mut delay);
            }
            // A client that has gone shows as ConnectionRefused; the others are still there.
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionRefused) => {}
            Err(e) => panic!("relay: {e}"),
        }
        for lane in &mut lanes {
            if let Ok(len) = lane.back.recv(&mut buf) {
                idle = false;
                let fate = counts.lock().unwrap().decide(rules);
                lane.carry(front, false, &buf[..len], fate, &mut delay);
            }
            lane.overdue(front);
        }
        if idle {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        if std::thread::panicking() {
            eprintln!("--- relay {}: {:?}", self.address, self.counts());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(rules: Rules, count: u8) -> (Vec<u8>, Counts) {
        let server = UdpSocket::bind(loopback(0)).unwrap();
        let relay = Relay::start(server.local_addr().unwrap(), rules);
        let client = UdpSocket::bind(loopback(0)).unwrap();
        for s in [&client, &server] {
            s.set_read_timeout(Some(Duration::from_millis(400))).unwrap();
        }
        for n in 1..=count {
            client.send_to(&[n], relay.address()).unwrap();
        }
        let mut got = Vec::new();
        let mut buf = [0; 8];
        while let Ok((1, _)) = server.recv_from(&mut buf) {
            got.push(buf[0]);
        }
        (got, relay.counts())
    }

    #[test]
    fn the_same_datagrams_are_spoilt_every_time() {
        for (rules, got) in [
            (Rules::default(), vec![1, 2, 3, 4, 5, 6, 7]),
            (Rules::THIRD_LOST, vec![1, 2, 4, 5, 7]),
            (Rules { duplicate: 4, ..Rules::default() }, vec![1, 2, 3, 4, 4, 5, 6, 7]),
            (Rules { swap: 5, ..Rules::default() }, vec![1, 2, 3, 4, 6, 5, 7]),
            // The last one is not held for ever.
            (Rules { swap: 7, ..Rules::default() }, vec![1, 2, 3, 4, 5, 6, 7]),
        ] {
            let (seen, counts) = echo(rules, 7);
            assert_eq!(seen, got, "{rules:?}");
            assert_eq!(counts.seen, 7);
        }
    }

    #[test]
    fn all_arrive_late_and_later_ones_overtake() {
        let (mut seen, counts) = echo(Rules::LATE, 30);
        assert!(!seen.is_sorted(), "{seen:?}");
        seen.sort_unstable();
        assert_eq!((seen, counts.delayed), ((1..=30).collect(), 30));
    }
}
