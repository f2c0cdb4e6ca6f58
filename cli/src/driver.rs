//! Drives any engine over a UDP socket: the only place where bytes meet the network.

use crate::clock::Clock;
use crate::failure::Failure;
use crate::peers::{Peers, for_socket, plain};
use m2m_base::{Engine, Instant, PeerId};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// No datagram is longer.
const LONGEST: usize = 65_535;
/// Datagrams taken from the socket before the engine's answers go out.
const BATCH: usize = 64;
/// IPv6 peers that are told apart at one time.
const MOST_PEERS: u32 = 1 << 16;

/// The number of the peer of a connected socket.
const ONLY_PEER: PeerId = PeerId(0);

/// Which way a datagram went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// To the peer.
    Out,
    /// From the peer.
    In,
}

/// Looks at every datagram that goes out or comes in.
pub(crate) type Tap = Box<dyn FnMut(Direction, SocketAddr, &[u8])>;

/// What went over the socket.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Traffic {
    /// Datagrams sent.
    pub(crate) sent: u64,
    /// Datagrams received.
    pub(crate) received: u64,
    /// Bytes of both, without the headers of UDP and IP.
    pub(crate) bytes: u64,
}

/// An engine, its socket and its clock.
pub(crate) struct Driver<E> {
    /// The engine. What a command makes it want to send goes out with the next [`Driver::turn`].
    pub(crate) engine: E,
    /// The clock that the engine is told.
    pub(crate) clock: Clock,
    /// What went over the socket so far.
    pub(crate) traffic: Traffic,
    /// The one peer of a connected socket says that nobody listens there.
    pub(crate) refused: bool,
    socket: UdpSocket,
    local: SocketAddr,
    /// The one peer of a connected socket.
    remote: Option<SocketAddr>,
    peers: Peers,
    input: Box<[u8]>,
    output: Box<[u8]>,
    /// A datagram at the start of `output` that the socket had no room for.
    stuck: Option<(SocketAddr, usize)>,
    tap: Option<Tap>,
}

impl<E> fmt::Debug for Driver<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("local", &self.local).finish_non_exhaustive()
    }
}

impl<E: Engine> Driver<E> {
    /// Drives `engine` over a socket bound to `local`.
    pub(crate) async fn bind(local: SocketAddr, clock: Clock, engine: E) -> Result<Self, Failure> {
        let fail = |error| Failure::io(format_args!("cannot listen on {local}"), &error);
        let socket = UdpSocket::bind(local).await.map_err(fail)?;
        let local = socket.local_addr().map_err(fail)?;
        Ok(Driver {
            engine,
            clock,
            traffic: Traffic::default(),
            refused: false,
            socket,
            local,
            remote: None,
            peers: Peers::new(MOST_PEERS),
            input: vec![0; LONGEST].into_boxed_slice(),
            output: vec![0; LONGEST].into_boxed_slice(),
            stuck: None,
            tap: None,
        })
    }

    /// Drives `engine` over a socket that only talks to `remote`. The system then tells when
    /// nobody listens there ([`Driver::refused`]).
    pub(crate) async fn connect(
        remote: SocketAddr,
        clock: Clock,
        engine: E,
    ) -> Result<Self, Failure> {
        let mut driver = Driver::bind(any_address(remote), clock, engine).await?;
        driver.reconnect(remote).await?;
        Ok(driver)
    }

    /// Talks to another address of the same peer from now on, from a new socket.
    pub(crate) async fn reconnect(&mut self, remote: SocketAddr) -> Result<(), Failure> {
        let fail = |error| Failure::io(format_args!("cannot reach {remote}"), &error);
        self.socket = UdpSocket::bind(any_address(remote)).await.map_err(fail)?;
        self.socket.connect(remote).await.map_err(fail)?;
        self.local = self.socket.local_addr().map_err(fail)?;
        self.remote = Some(remote);
        self.refused = false;
        Ok(())
    }

    /// Shows every datagram to `tap` from now on.
    pub(crate) fn set_tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// The address that the socket has.
    pub(crate) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// The time for the next command.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The number of the one peer of a connected socket, whatever its address.
    pub(crate) const fn only_peer(&self) -> PeerId {
        ONLY_PEER
    }

    /// The address of a peer.
    pub(crate) fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.remote.or_else(|| self.peers.address(peer))
    }

    /// Sends what the engine has to send, waits until a datagram comes, the engine's deadline or
    /// `until` passes, and hands that to the engine. The caller then polls the engine's events.
    ///
    /// Dropping the future while it waits loses nothing.
    pub(crate) async fn turn(&mut self, until: Option<Instant>) -> Result<(), Failure> {
        self.flush()?;
        let deadline = earlier(self.engine.poll_timeout(), until);
        let at = deadline.and_then(|at| self.clock.when(at));
        let stuck = self.stuck.is_some();
        tokio::select! {
            ready = self.socket.ready(Interest::READABLE | Interest::ERROR) => {
                if ready.map_err(broken)?.is_error() {
                    self.take_error()?;
                }
                self.receive()?;
            }
            ready = self.socket.writable(), if stuck => ready.map_err(broken)?,
            () = sleep_until(at) => {}
        }
        let now = self.now();
        if self.engine.poll_timeout().is_some_and(|at| at <= now) {
            self.engine.handle_timeout(now);
        }
        self.flush()
    }

    /// Takes what the system reports of a datagram that could not be delivered.
    fn take_error(&mut self) -> Result<(), Failure> {
        if let Some(error) = self.socket.take_error().map_err(broken)? {
            self.lost(&error)?;
        }
        // Tells the runtime that the error is dealt with: it would go on reporting it.
        let _ = self.socket.try_io(Interest::ERROR, || Err::<(), _>(ErrorKind::WouldBlock.into()));
        Ok(())
    }

    /// Takes what lies in the socket, up to a batch.
    fn receive(&mut self) -> Result<(), Failure> {
        for _ in 0..BATCH {
            let (len, from) = match self.socket.try_recv_from(&mut self.input) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => {
                    self.lost(&error)?;
                    continue;
                }
            };
            self.refused = false;
            let from = plain(from);
            let datagram = self.input.get(..len).unwrap_or_default();
            self.traffic.received += 1;
            self.traffic.bytes += u64::try_from(len).unwrap_or(0);
            if let Some(tap) = &mut self.tap {
                tap(Direction::In, from, datagram);
            }
            let peer = match self.remote {
                Some(_) => ONLY_PEER,
                None => self.peers.id(from),
            };
            self.engine.handle_datagram(self.clock.now(), peer, datagram);
        }
        Ok(())
    }

    /// Sends until the engine has nothing more or the socket is full.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        loop {
            let (to, len) = match self.stuck.take() {
                Some(stuck) => stuck,
                None => match self.engine.poll_transmit(self.clock.now(), &mut self.output) {
                    Ok(Some(transmit)) => match self.address(transmit.peer) {
                        Some(to) => (to, transmit.len),
                        // Nobody was heard from there for so long that the address is forgotten.
                        None => continue,
                    },
                    Ok(None) => return Ok(()),
                    Err(error) => return Err(Failure::new(error.to_string())),
                },
            };
            let datagram = self.output.get(..len).unwrap_or_default();
            let send = || match self.remote {
                Some(_) => self.socket.try_send(datagram),
                None => self.socket.try_send_to(datagram, for_socket(to, self.local.is_ipv6())),
            };
            let sent = match send() {
                // That was about an earlier datagram: this one has not been sent yet.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    self.refused = self.remote.is_some();
                    send()
                }
                sent => sent,
            };
            match sent {
                Ok(_) => {
                    self.traffic.sent += 1;
                    self.traffic.bytes += u64::try_from(len).unwrap_or(0);
                    if let Some(tap) = &mut self.tap {
                        tap(Direction::Out, to, datagram);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.stuck = Some((to, len));
                    return Ok(());
                }
                // As good as lost on the way: the engine sends again what has to arrive.
                Err(error) => self.lost(&error)?,
            }
        }
    }

    /// A datagram could not be sent, or the system reports that an earlier one could not be
    /// delivered. Neither is the end: networks come back.
    fn lost(&mut self, error: &io::Error) -> Result<(), Failure> {
        match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset => {
                self.refused = self.remote.is_some();
                Ok(())
            }
            ErrorKind::NotConnected | ErrorKind::InvalidInput | ErrorKind::BrokenPipe => {
                Err(Failure::io("the socket does not work", error))
            }
            _ => Ok(()),
        }
    }
}

/// The address to bind for talking to `remote`.
fn any_address(remote: SocketAddr) -> SocketAddr {
    match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

fn broken(error: io::Error) -> Failure {
    Failure::io("the socket does not work", &error)
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use m2m_base::{BufferTooSmall, Disposition, Duration, Transmit};
    use std::cell::RefCell;
    use std::rc::Rc;

    /// Sends back what it gets, three times each, and has one deadline.
    #[derive(Default)]
    struct Echo {
        outbox: Vec<(PeerId, Vec<u8>)>,
        heard: Vec<Vec<u8>>,
        deadline: Option<Instant>,
        woken: Vec<Instant>,
    }

    impl Engine for Echo {
        type Event = ();

        fn handle_datagram(&mut self, _: Instant, peer: PeerId, datagram: &[u8]) -> Disposition {
            self.heard.push(datagram.to_vec());
            self.outbox.extend((0..3).map(|_| (peer, datagram.to_vec())));
            Disposition::Accepted
        }

        fn handle_timeout(&mut self, now: Instant) {
            self.woken.push(now);
            self.deadline = self.deadline.filter(|at| *at > now);
        }

        fn poll_transmit(
            &mut self,
            _: Instant,
            buf: &mut [u8],
        ) -> Result<Option<Transmit>, BufferTooSmall> {
            let Some((peer, bytes)) = self.outbox.pop() else { return Ok(None) };
            buf[..bytes.len()].copy_from_slice(&bytes);
            Ok(Some(Transmit { peer, len: bytes.len() }))
        }

        fn poll_event(&mut self) -> Option<()> {
            None
        }

        fn poll_timeout(&self) -> Option<Instant> {
            self.deadline
        }
    }

    fn local() -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 0).into()
    }

    fn later(ms: u64) -> Option<Instant> {
        Some(Instant::from_millis(ms))
    }

    #[tokio::test(flavor = "current_thread")]
    async fn datagrams_reach_the_engine_and_its_answers_the_peer() {
        let clock = Clock::start();
        let mut driver = Driver::bind(local(), clock, Echo::default()).await.unwrap();
        let seen = Rc::new(RefCell::new(Vec::new()));
        let tapped = seen.clone();
        driver.set_tap(Box::new(move |way, _, bytes| tapped.borrow_mut().push((way, bytes.len()))));
        let peer = UdpSocket::bind(local()).await.unwrap();
        for len in [1, 500, 9000] {
            peer.send_to(&vec![7; len], driver.local()).await.unwrap();
            while driver.engine.heard.is_empty() {
                driver.turn(None).await.unwrap();
            }
            assert_eq!(driver.engine.heard.pop(), Some(vec![7; len]));
            for _ in 0..3 {
                let mut buf = [0; 10_000];
                assert_eq!(peer.recv_from(&mut buf).await.unwrap(), (len, driver.local()));
            }
        }
        assert_eq!((driver.traffic.received, driver.traffic.sent), (3, 9));
        assert_eq!(driver.traffic.bytes, 4 * 9501);
        assert_eq!(seen.borrow().first(), Some(&(Direction::In, 1)));
        assert_eq!(seen.borrow().len(), 12);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn it_sleeps_until_the_deadline_and_not_before() {
        let clock = Clock::start();
        let mut driver = Driver::bind(local(), clock, Echo::default()).await.unwrap();
        driver.engine.deadline = later(60);
        driver.turn(later(20)).await.unwrap();
        assert!(driver.engine.woken.is_empty(), "the caller's time is not the engine's");
        driver.turn(later(10_000)).await.unwrap();
        let woken = driver.engine.woken.clone();
        assert_eq!(woken.len(), 1);
        assert!(woken[0] >= Instant::from_millis(60));
        assert!(woken[0].since(Instant::from_millis(60)) < Duration::from_millis(500));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_connected_socket_tells_that_nobody_listens_and_goes_on() {
        let clock = Clock::start();
        let nobody = UdpSocket::bind(local()).await.unwrap().local_addr().unwrap();
        let mut driver = Driver::connect(nobody, clock, Echo::default()).await.unwrap();
        driver.engine.outbox.push((driver.only_peer(), vec![1]));
        while !driver.refused {
            driver.turn(later(5000)).await.unwrap();
            assert!(clock.now() < Instant::from_millis(5000), "no refusal");
        }
        // The error is told once: the next turn sleeps.
        driver.refused = false;
        let until = clock.now() + Duration::from_millis(50);
        driver.turn(Some(until)).await.unwrap();
        assert!(clock.now() >= until && !driver.refused);
        // Somebody listens now, at another address: what is sent arrives, answers come back.
        let peer = UdpSocket::bind(local()).await.unwrap();
        driver.reconnect(peer.local_addr().unwrap()).await.unwrap();
        driver.engine.outbox.push((driver.only_peer(), vec![2]));
        let mut buf = [0; 10];
        let (len, from) = loop {
            tokio::select! {
                turned = driver.turn(later(9000)) => turned.unwrap(),
                received = peer.recv_from(&mut buf) => break received.unwrap(),
            }
        };
        assert_eq!((&buf[..len], from.port()), (&[2][..], driver.local().port()));
        peer.send_to(&[3], from).await.unwrap();
        while driver.engine.heard.is_empty() {
            driver.turn(later(9000)).await.unwrap();
        }
        assert_eq!(driver.engine.heard, [[3]]);
    }
}
