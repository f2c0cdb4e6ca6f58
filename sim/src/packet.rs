//! What was seen on the network.

use core::fmt;

use m2m_base::{Disposition, Instant, PeerId};

/// Why a datagram, or one copy of it, did not arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// By chance ([`Link::loss`](crate::Link::loss)).
    Chance,
    /// The script said so.
    Script,
    /// The connection is cut.
    Cut,
    /// Longer than [`Link::mtu`](crate::Link::mtu).
    TooLong,
    /// Nobody has that address, or no longer.
    NobodyThere,
    /// The receiver is stopped.
    Stopped,
}

/// What the network did to a datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It, or a copy, did not arrive.
    Lost(Loss),
    /// A second copy is under way.
    Duplicated,
    /// It takes that many milliseconds longer than the latency.
    Delayed(u64),
    /// This bit is wrong.
    Corrupted(usize),
    /// Only so many bytes are left.
    Truncated(usize),
}

/// One arrival of a datagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// When.
    pub at: Instant,
    /// What arrived.
    pub bytes: Vec<u8>,
    /// What the engine said to it; `None` at an outsider, who has no engine.
    pub disposition: Option<Disposition>,
}

/// A datagram that somebody sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// When it was sent.
    pub sent: Instant,
    /// The sender's address at that time.
    pub from: PeerId,
    /// Where to.
    pub to: PeerId,
    /// What was sent.
    pub bytes: Vec<u8>,
    /// What the network did to it.
    pub effects: Vec<Effect>,
    /// Its arrivals: none, one or more.
    pub arrivals: Vec<Arrival>,
}

impl Packet {
    /// True if no copy of it arrived and none is under way.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        let lost = self.effects.iter().filter(|e| matches!(e, Effect::Lost(_))).count();
        let copies = 1 + self.effects.iter().filter(|e| **e == Effect::Duplicated).count();
        lost >= copies
    }
}

/// The IPv4 address and port that a [`PeerId`] stands for in a world.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "the fields of the number")]
pub fn address(peer: PeerId) -> ([u8; 4], u16) {
    (((peer.0 >> 16) as u32).to_be_bytes(), peer.0 as u16)
}

/// The [`PeerId`] for an IPv4 address and port.
#[must_use]
pub fn peer_id(ip: [u8; 4], port: u16) -> PeerId {
    PeerId(u64::from(u32::from_be_bytes(ip)) << 16 | u64::from(port))
}

/// A packet as a line of text, with names for addresses.
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) packet: &'a Packet,
    pub(crate) start: Instant,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    pub(crate) text: String,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |at: Instant| at.since(self.start).as_millis();
        let Line { number, packet, from, to, text, .. } = self;
        write!(f, "#{number:<3} {:>8} {from} -> {to}: {text}", ms(packet.sent))?;
        for e in &packet.effects {
            write!(f, " [{e:?}]")?;
        }
        for a in &packet.arrivals {
            write!(f, " [at {}", ms(a.at))?;
            match a.disposition {
                Some(d) => write!(f, ": {d:?}]")?,
                None => f.write_str("]")?,
            }
        }
        Ok(())
    }
}
