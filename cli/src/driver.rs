//! Drives any engine over the network: the only place where bytes meet it.

use crate::clock::Clock;
use crate::failure::Failure;
use crate::transport::{Arrival, Counts, Keyring, Notice, Proven, Scheme, Target, Transport};
use coap_core::Endpoint;
use coap_core::stream::Transport as Framing;
use m2m_base::{Engine, Instant, PeerId};
use std::fmt;
use std::net::SocketAddr;

/// No datagram is longer.
const LONGEST: usize = 65_535;

/// Which way a datagram went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Direction {
    /// To the peer.
    Out,
    /// From the peer.
    In,
}

/// Looks at every message that goes out or comes in, as it is without encryption. What comes over a
/// connection comes in pieces; how they are to be put together is told.
pub(crate) type Tap = Box<dyn FnMut(Direction, SocketAddr, Option<Framing>, &[u8])>;

/// What an engine does that also talks over connections.
pub(crate) struct StreamVerbs<E> {
    /// There is a connection. False if it cannot have another.
    pub(crate) connected: fn(&mut E, Instant, PeerId, Framing) -> bool,
    /// Takes bytes; says how many.
    pub(crate) handle: fn(&mut E, Instant, PeerId, &[u8]) -> usize,
    /// There is a connection no more.
    pub(crate) disconnected: fn(&mut E, Instant, PeerId),
}

impl<E> Clone for StreamVerbs<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for StreamVerbs<E> {}

/// Those of CoAP's own endpoint.
pub(crate) const ENDPOINT: StreamVerbs<Endpoint> = StreamVerbs {
    connected: |endpoint, now, peer, framing| endpoint.connected(now, peer, framing).is_ok(),
    handle: Endpoint::handle_stream,
    disconnected: Endpoint::disconnected,
};

/// Tells an engine who a peer showed to be. False if nobody knows it: its session ends.
pub(crate) type Secured<E> = fn(&mut E, PeerId, Proven<'_>) -> bool;

/// What went over the network.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Traffic {
    /// Messages sent.
    pub(crate) sent: u64,
    /// Messages received.
    pub(crate) received: u64,
    /// Bytes of both, without the headers of what is below CoAP.
    pub(crate) bytes: u64,
}

/// An engine, its sockets and its clock.
pub(crate) struct Driver<E> {
    /// The engine. What a command makes it want to send goes out with the next [`Driver::turn`].
    pub(crate) engine: E,
    /// The clock that the engine is told.
    pub(crate) clock: Clock,
    /// What went over the network so far.
    pub(crate) traffic: Traffic,
    /// The one peer of a connected socket says that nobody listens there.
    pub(crate) refused: bool,
    /// When its owner last asked.
    latest: Instant,
    transport: Transport,
    /// The one peer of a connected socket; else the first socket, as if it were one.
    peer: PeerId,
    output: Box<[u8]>,
    streams: Option<StreamVerbs<E>>,
    /// Tells the engine who a peer has proved to be.
    secured: Option<Secured<E>>,
    /// Connections that the engine had no room for, and sessions with strangers.
    refuse: Vec<PeerId>,
    tap: Option<Tap>,
}

impl<E> fmt::Debug for Driver<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("transport", &self.transport).finish_non_exhaustive()
    }
}

impl<E: Engine> Driver<E> {
    /// Drives `engine` over a transport.
    pub(crate) fn new(transport: Transport, clock: Clock, engine: E) -> Self {
        Driver {
            engine,
            clock,
            traffic: Traffic::default(),
            refused: false,
            latest: Instant::ZERO,
            transport,
            peer: PeerId(0),
            output: vec![0; LONGEST].into_boxed_slice(),
            streams: None,
            secured: None,
            refuse: Vec::new(),
            tap: None,
        }
    }

    /// Drives `engine` over a UDP socket bound to `local`.
    pub(crate) async fn bind(local: SocketAddr, clock: Clock, engine: E) -> Result<Self, Failure> {
        let mut transport = Transport::new();
        transport.listen(Scheme::Coap, local, &Keyring::default(), None).await?;
        Ok(Driver::new(transport, clock, engine))
    }

    /// Drives `engine` over a socket that only talks to `remote`. The system then tells when
    /// nobody listens there ([`Driver::refused`]).
    #[cfg(test)]
    pub(crate) async fn connect(
        remote: SocketAddr,
        clock: Clock,
        engine: E,
    ) -> Result<Self, Failure> {
        Driver::connect_by(&Target::plain(remote), remote, clock, engine, None).await
    }

    /// The same for a server that is reached in whatever way.
    pub(crate) async fn connect_by(
        target: &Target,
        remote: SocketAddr,
        clock: Clock,
        engine: E,
        streams: Option<StreamVerbs<E>>,
    ) -> Result<Self, Failure> {
        let mut transport = Transport::new();
        let peer = transport.connect(target, remote).await?;
        let mut driver = Driver { peer, streams, ..Driver::new(transport, clock, engine) };
        driver.greet();
        Ok(driver)
    }

    /// Reaches out for one server of several; the socket of `old` is replaced, if there is one.
    /// Gives its number.
    pub(crate) async fn dial(
        &mut self,
        old: Option<PeerId>,
        target: &Target,
        remote: SocketAddr,
    ) -> Result<PeerId, Failure> {
        let socket = |peer: &PeerId| target.scheme.is_datagram() && Transport::is_socket(*peer);
        let peer = match old.filter(socket) {
            Some(peer) => self.transport.reconnect(peer, target, remote).await?,
            None => self.transport.connect(target, remote).await?,
        };
        let now = self.clock.now();
        if let (Some(framing), Some(verbs)) = (self.transport.framing(peer), self.streams) {
            (verbs.connected)(&mut self.engine, now, peer, framing);
        }
        Ok(peer)
    }

    /// Tells the transport of a peer that the engine knows from before a restart.
    pub(crate) fn recall(&mut self, peer: PeerId, endpoint: &str, location: String) {
        self.transport.recall(peer, endpoint, location);
    }

    /// The system says that nobody listens at the address of a peer.
    pub(crate) fn refuses(&self, peer: PeerId) -> bool {
        self.transport.refused(peer)
    }

    /// Serves connections too.
    pub(crate) fn with_streams(self, verbs: StreamVerbs<E>) -> Self {
        Driver { streams: Some(verbs), ..self }
    }

    /// Tells the engine who peers have proved to be.
    pub(crate) fn with_identities(self, secured: Secured<E>) -> Self {
        Driver { secured: Some(secured), ..self }
    }

    /// Talks to another address of the same peer from now on, from a new socket.
    #[cfg(test)]
    pub(crate) async fn reconnect(&mut self, remote: SocketAddr) -> Result<(), Failure> {
        self.reconnect_by(&Target::plain(remote), remote).await
    }

    /// The same for a server that is reached in whatever way.
    pub(crate) async fn reconnect_by(
        &mut self,
        target: &Target,
        remote: SocketAddr,
    ) -> Result<(), Failure> {
        self.peer = self.transport.reconnect(self.peer, target, remote).await?;
        self.refused = false;
        self.greet();
        Ok(())
    }

    /// Tells the engine of the connection that we asked for.
    fn greet(&mut self) {
        let now = self.clock.now();
        if let (Some(framing), Some(verbs)) = (self.transport.framing(self.peer), self.streams) {
            (verbs.connected)(&mut self.engine, now, self.peer, framing);
        }
    }

    /// Shows every message to `tap` from now on.
    pub(crate) fn set_tap(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// The address that the socket has.
    pub(crate) fn local(&self) -> SocketAddr {
        self.transport.local(self.peer).unwrap_or_else(|| ([0, 0, 0, 0], 0).into())
    }

    /// The time for the next command.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Looks at the clock for all that the engine is about to tell.
    pub(crate) fn look(&mut self) {
        self.latest = self.clock.now();
    }

    /// When [`Driver::look`] was called last: what one batch brings has one time.
    pub(crate) const fn latest(&self) -> Instant {
        self.latest
    }

    /// The number of the one peer of a connected socket, whatever its address.
    pub(crate) const fn only_peer(&self) -> PeerId {
        self.peer
    }

    /// The address of a peer.
    pub(crate) fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.transport.address(peer)
    }

    /// True if a peer is reached through a security session.
    pub(crate) fn is_secure(&self, peer: PeerId) -> bool {
        self.transport.is_secure(peer)
    }

    /// The number of the peer at an address, if the first socket reaches it.
    pub(crate) fn peer_at(&mut self, address: SocketAddr) -> Option<PeerId> {
        self.transport.peer_at(address)
    }

    /// What is there of sessions and connections, and what was turned away.
    pub(crate) fn counts(&self) -> Counts {
        self.transport.counts()
    }

    /// What happened to sessions and connections, one after the other.
    pub(crate) fn notice(&mut self) -> Option<Notice> {
        self.transport.notice()
    }

    /// Ends the session or connection with a peer properly.
    pub(crate) fn close(&mut self, peer: PeerId) -> Result<(), Failure> {
        self.flush()?;
        let connection = self.transport.framing(peer).is_some();
        self.transport.close(peer);
        if let (true, Some(verbs)) = (connection, self.streams) {
            let now = self.clock.now();
            (verbs.disconnected)(&mut self.engine, now, peer);
        }
        self.transport.flush()
    }

    /// Sends what the engine has to send, waits until something comes, the engine's deadline or
    /// `until` passes, and hands that to the engine. The caller then polls the engine's events.
    ///
    /// Dropping the future while it waits loses nothing.
    pub(crate) async fn turn(&mut self, until: Option<Instant>) -> Result<(), Failure> {
        self.flush()?;
        // While much comes there is no need to ask whether something does.
        if !self.receive()? && !self.transport.pending() {
            let deadline = earlier(self.engine.poll_timeout(), until);
            let own = self.transport.poll_timeout();
            let at = earlier(deadline.and_then(|at| self.clock.when(at)), own);
            tokio::select! {
                ready = self.transport.ready() => ready?,
                () = sleep_until(at) => {}
            }
            self.receive()?;
        }
        self.wake();
        let now = self.now();
        if self.engine.poll_timeout().is_some_and(|at| at <= now) {
            self.engine.handle_timeout(now);
        }
        self.flush()
    }

    /// Takes what came, up to a batch of each socket. True if there was something.
    fn receive(&mut self) -> Result<bool, Failure> {
        let now = self.clock.now();
        let (transport, mut hands) = self.hands();
        let some = transport.receive(&mut |arrival| hands.take(now, arrival))?;
        for peer in std::mem::take(&mut self.refuse) {
            self.close(peer)?;
        }
        self.refused = self.transport.refused(self.peer);
        Ok(some)
    }

    /// Does what is due below the engine.
    fn wake(&mut self) {
        let at = tokio::time::Instant::now();
        let now = self.clock.now();
        let (transport, mut hands) = self.hands();
        if transport.poll_timeout().is_some_and(|due| due <= at) {
            transport.handle_timeout(at, &mut |arrival| hands.take(now, arrival));
        }
    }

    fn hands(&mut self) -> (&mut Transport, Hands<'_, E>) {
        let Driver { engine, transport, traffic, tap, streams, secured, refuse, .. } = self;
        let (streams, secured) = (*streams, *secured);
        (transport, Hands { engine, traffic, tap, streams, secured, refuse })
    }

    /// Sends until the engine has nothing more or the sockets are full.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let now = self.clock.now();
        loop {
            while !self.transport.full() {
                let transmit = match self.engine.poll_transmit(now, &mut self.output) {
                    Ok(Some(transmit)) => transmit,
                    Ok(None) => return self.end_flush(),
                    Err(error) => return Err(Failure::new(error.to_string())),
                };
                let datagram = self.output.get(..transmit.len).unwrap_or_default();
                self.traffic.sent += 1;
                self.traffic.bytes += u64::try_from(transmit.len).unwrap_or(0);
                if let Some(tap) = &mut self.tap
                    && let Some(to) = self.transport.address(transmit.peer)
                {
                    tap(Direction::Out, to, self.transport.framing(transmit.peer), datagram);
                }
                self.transport.send(transmit.peer, datagram);
            }
            self.end_flush()?;
            if self.transport.full() {
                return Ok(());
            }
        }
    }

    fn end_flush(&mut self) -> Result<(), Failure> {
        self.transport.flush()?;
        self.refused |= self.transport.refused(self.peer);
        Ok(())
    }

    /// Forgets that the peer refused.
    #[cfg(test)]
    pub(crate) fn clear_refused(&mut self) {
        self.refused = false;
        self.transport.clear_refused(self.peer);
    }
}

/// What takes what the network brings, apart from the network.
struct Hands<'d, E> {
    engine: &'d mut E,
    traffic: &'d mut Traffic,
    tap: &'d mut Option<Tap>,
    streams: Option<StreamVerbs<E>>,
    secured: Option<Secured<E>>,
    refuse: &'d mut Vec<PeerId>,
}

impl<E: Engine> Hands<'_, E> {
    fn take(&mut self, now: Instant, arrival: Arrival<'_>) -> usize {
        if let Arrival::Datagram(peer, ..) | Arrival::Bytes(peer, ..) = arrival
            && self.refuse.contains(&peer)
        {
            // It is about to be shut out.
            return usize::MAX;
        }
        match (arrival, self.streams) {
            (Arrival::Datagram(peer, from, datagram), _) => {
                self.note(from, None, datagram);
                self.engine.handle_datagram(now, peer, datagram);
                datagram.len()
            }
            (Arrival::Secured(peer, proven), _) => {
                if let Some(secured) = self.secured
                    && !secured(self.engine, peer, proven)
                {
                    self.refuse.push(peer);
                }
                0
            }
            (Arrival::Connected(peer, framing), Some(verbs)) => {
                if !(verbs.connected)(self.engine, now, peer, framing) {
                    self.refuse.push(peer);
                }
                0
            }
            (Arrival::Bytes(peer, from, framing, bytes), Some(verbs)) => {
                let took = (verbs.handle)(self.engine, now, peer, bytes).min(bytes.len());
                self.note(from, Some(framing), bytes.get(..took).unwrap_or_default());
                took
            }
            (Arrival::Disconnected(peer), Some(verbs)) => {
                (verbs.disconnected)(self.engine, now, peer);
                0
            }
            // An engine that knows no connections has none.
            (_, None) => usize::MAX,
        }
    }

    fn note(&mut self, from: SocketAddr, framing: Option<Framing>, bytes: &[u8]) {
        if bytes.is_empty() && framing.is_some() {
            return;
        }
        self.traffic.received += 1;
        self.traffic.bytes += u64::try_from(bytes.len()).unwrap_or(0);
        if let Some(tap) = self.tap {
            tap(Direction::In, from, framing, bytes);
        }
    }
}

fn earlier<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Sleeps until then, or for ever.
pub(crate) async fn sleep_until(at: Option<tokio::time::Instant>) {
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
    use std::net::Ipv4Addr;
    use std::rc::Rc;
    use tokio::net::UdpSocket;

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
        driver.set_tap(Box::new(move |way, _, _, bytes| {
            tapped.borrow_mut().push((way, bytes.len()))
        }));
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
        driver.engine.deadline = later(1000);
        driver.turn(later(20)).await.unwrap();
        assert!(driver.engine.woken.is_empty(), "the caller's time is not the engine's");
        driver.turn(later(10_000)).await.unwrap();
        let woken = driver.engine.woken.clone();
        assert_eq!(woken.len(), 1);
        let deadline = Instant::from_millis(1000);
        assert!(woken[0] >= deadline && woken[0].since(deadline) < Duration::from_secs(5));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_connected_socket_tells_that_nobody_listens_and_goes_on() {
        let clock = Clock::start();
        let nobody = UdpSocket::bind(local()).await.unwrap().local_addr().unwrap();
        let mut driver = Driver::connect(nobody, clock, Echo::default()).await.unwrap();
        driver.engine.outbox.push((driver.only_peer(), vec![1]));
        while !driver.refused {
            driver.turn(later(60_000)).await.unwrap();
            assert!(clock.now() < Instant::from_millis(60_000), "no refusal");
        }
        // The error is told once: the next turn sleeps.
        driver.clear_refused();
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
                turned = driver.turn(later(90_000)) => turned.unwrap(),
                received = peer.recv_from(&mut buf) => break received.unwrap(),
            }
        };
        assert_eq!((&buf[..len], from.port()), (&[2][..], driver.local().port()));
        peer.send_to(&[3], from).await.unwrap();
        while driver.engine.heard.is_empty() {
            driver.turn(later(90_000)).await.unwrap();
        }
        assert_eq!(driver.engine.heard, [[3]]);
    }
}
