//! What a network does to datagrams by chance.

use m2m_base::{Duration, Random};

/// How often something happens: a part of a million.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Chance(u32);

impl Chance {
    /// It never happens.
    pub const NEVER: Chance = Chance(0);
    /// It always happens.
    pub const ALWAYS: Chance = Chance(1_000_000);

    /// `n` times in a hundred; more than 100 is always.
    #[must_use]
    pub const fn percent(n: u32) -> Chance {
        Chance::per_million(n.saturating_mul(10_000))
    }

    /// `n` times in a million; more than that is always.
    #[must_use]
    pub const fn per_million(n: u32) -> Chance {
        if n < 1_000_000 { Chance(n) } else { Chance::ALWAYS }
    }

    /// Draws.
    pub fn happens(self, random: &mut Random) -> bool {
        // Nothing is drawn for what is certain, so that a perfect link costs no randomness.
        match self {
            Chance::NEVER => false,
            Chance::ALWAYS => true,
            Chance(n) => random.up_to(999_999) < n,
        }
    }
}

/// One direction of a connection. Fields left out come from [`Link::PERFECT`]:
///
/// ```
/// use m2m_base::Duration;
/// use m2m_sim::{Chance, Link};
///
/// let nb_iot = Link {
///     latency: (Duration::from_millis(300), Duration::from_secs(4)),
///     loss: Chance::percent(5),
///     bytes_per_second: Some(2_500),
///     ..Link::PERFECT
/// };
/// assert!(nb_iot.loss > Link::LOSSY.duplicate && nb_iot.mtu.is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// Least and greatest time under way. A range lets datagrams overtake each other.
    pub latency: (Duration, Duration),
    /// A datagram gets lost.
    pub loss: Chance,
    /// After a datagram was lost, the next one gets lost too: losses come in bursts.
    pub loss_goes_on: Chance,
    /// A datagram arrives twice.
    pub duplicate: Chance,
    /// A datagram is late by up to `late_by`, on top of the latency.
    pub late: Chance,
    /// See `late`.
    pub late_by: Duration,
    /// One bit arrives wrong. (UDP has a checksum, so this is for what lies above no such thing,
    /// and for hostile networks.)
    pub corrupt: Chance,
    /// The end of a datagram is cut off.
    pub truncate: Chance,
    /// Nothing overtakes: as a stream, or a network with one path.
    pub in_order: bool,
    /// It arrives in two or more pieces, as what a stream carries does. Goes with `in_order`.
    pub split: Chance,
    /// Longer datagrams are lost.
    pub mtu: Option<usize>,
    /// Datagrams queue up for a line of this speed.
    pub bytes_per_second: Option<u32>,
}

impl Link {
    /// 10 ms, and nothing ever happens.
    pub const PERFECT: Link = Link {
        latency: (Duration::from_millis(10), Duration::from_millis(10)),
        loss: Chance::NEVER,
        loss_goes_on: Chance::NEVER,
        duplicate: Chance::NEVER,
        late: Chance::NEVER,
        late_by: Duration::ZERO,
        corrupt: Chance::NEVER,
        truncate: Chance::NEVER,
        in_order: false,
        split: Chance::NEVER,
        mtu: None,
        bytes_per_second: None,
    };

    /// 20 to 200 ms, a tenth lost, some late by seconds, some twice.
    pub const LOSSY: Link = Link {
        latency: (Duration::from_millis(20), Duration::from_millis(200)),
        loss: Chance::percent(10),
        loss_goes_on: Chance::percent(30),
        duplicate: Chance::percent(3),
        late: Chance::percent(3),
        late_by: Duration::from_secs(8),
        ..Link::PERFECT
    };

    /// [`Link::LOSSY`], and bits and tails go wrong.
    pub const HOSTILE: Link =
        Link { corrupt: Chance::percent(5), truncate: Chance::percent(3), ..Link::LOSSY };

    /// What a TCP connection makes of what is written to it: nothing lost, all in order, in pieces
    /// that are not those that were written.
    pub const STREAM: Link = Link {
        latency: (Duration::from_millis(10), Duration::from_millis(300)),
        in_order: true,
        split: Chance::percent(40),
        ..Link::PERFECT
    };

    /// A fixed latency, otherwise perfect.
    #[must_use]
    pub const fn with_latency(latency: Duration) -> Link {
        Link { latency: (latency, latency), ..Link::PERFECT }
    }

    /// Perfect but for a loss of `percent` in a hundred.
    #[must_use]
    pub const fn with_loss(percent: u32) -> Link {
        Link { loss: Chance::percent(percent), ..Link::PERFECT }
    }
}

impl Default for Link {
    fn default() -> Self {
        Link::PERFECT
    }
}

/// A time between the two, both included.
pub(crate) fn between((least, most): (Duration, Duration), random: &mut Random) -> Duration {
    let span = most.as_millis().saturating_sub(least.as_millis());
    if span == 0 {
        return least;
    }
    let span = u32::try_from(span).unwrap_or(u32::MAX);
    least + Duration::from_millis(u64::from(random.up_to(span)))
}
