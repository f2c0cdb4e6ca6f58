//! Events as they wait to be taken: in 8 bytes each, to be completed from what they speak of, which
//! stays as long as they wait.

use super::{Endpoint, Event, IncomingId, ObserverId, RequestId};
use m2m_base::container::Handle;

/// What an event tells, at most 16 things.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum What {
    Request,
    Block,
    BlockWanted,
    Notification,
    Done,
    ObserverGone,
    #[cfg(feature = "multicast")]
    GroupResponse,
    #[cfg(feature = "oscore")]
    SequenceReserved,
    #[cfg(feature = "stream")]
    Pong,
    #[cfg(feature = "stream")]
    PongWithCustody,
    #[cfg(feature = "stream")]
    Released,
    #[cfg(feature = "stream")]
    Close,
}

#[cfg(any(not(feature = "small"), test))]
impl What {
    const ALL: &[What] = &[
        What::Request,
        What::Block,
        What::BlockWanted,
        What::Notification,
        What::Done,
        What::ObserverGone,
        #[cfg(feature = "multicast")]
        What::GroupResponse,
        #[cfg(feature = "oscore")]
        What::SequenceReserved,
        #[cfg(feature = "stream")]
        What::Pong,
        #[cfg(feature = "stream")]
        What::PongWithCustody,
        #[cfg(feature = "stream")]
        What::Released,
        #[cfg(feature = "stream")]
        What::Close,
    ];
}

/// An event that waits: what it tells, and the handle of what it speaks of.
#[cfg(feature = "small")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Told {
    of: Handle,
    what: What,
}

#[cfg(feature = "small")]
impl Told {
    pub(super) const fn new(what: What, of: Handle) -> Told {
        Told { of, what }
    }

    #[allow(clippy::unnecessary_wraps, reason = "as of one that is packed")]
    const fn what(self) -> Option<What> {
        Some(self.what)
    }

    const fn of(self) -> Handle {
        self.of
    }
}

/// The same in one number, where a handle has two words. Bits of a handle that no slot's number has,
/// since there are at most [`super::Limits::MOST`], tell what it is.
#[cfg(not(feature = "small"))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Told(u64);

#[cfg(not(feature = "small"))]
impl Told {
    const SHIFT: u32 = 28;
    const KINDS: u64 = 15 << Told::SHIFT;

    pub(super) fn new(what: What, of: Handle) -> Told {
        Told(of.to_bits() & !Told::KINDS | u64::from(what as u8) << Told::SHIFT)
    }

    fn what(self) -> Option<What> {
        What::ALL.get(usize::try_from((self.0 & Told::KINDS) >> Told::SHIFT).ok()?).copied()
    }

    fn of(self) -> Handle {
        Handle::from_bits(self.0 & !Told::KINDS)
    }
}

impl Endpoint {
    /// Queues an event. The queue has room for all that the units can have open.
    #[cfg_attr(feature = "small", inline(never))]
    pub(super) fn tell(&mut self, what: What, of: Handle) {
        let _ = self.events.push(Told::new(what, of));
    }

    /// An event of what it speaks of is not told any more.
    pub(super) fn untell(&mut self, what: What, of: Handle) {
        let told = Told::new(what, of);
        self.events.retain(|t| *t != told);
    }

    /// The event that was told, with what it brings about.
    pub(super) fn event_of(&mut self, told: Told) -> Option<Event> {
        let of = told.of();
        let (id, what) = (RequestId(of), told.what()?);
        Some(match what {
            What::Request => {
                let peer = self.requests.get(of)?.sending.peer.get();
                Event::Request { id: IncomingId(of), peer }
            }
            What::Block => Event::Block { id },
            What::BlockWanted => Event::BlockWanted { id },
            What::Notification => {
                self.notification_taken(id);
                Event::Notification { id }
            }
            What::Done => Event::Done { id, outcome: self.done_taken(id)? },
            What::ObserverGone => {
                let id = ObserverId(of);
                Event::ObserverGone { id, reason: self.observer_gone_taken(id) }
            }
            #[cfg(feature = "multicast")]
            What::GroupResponse => self.group_response_taken(of)?,
            #[cfg(feature = "oscore")]
            What::SequenceReserved => self.reserved_taken(of)?,
            #[cfg(feature = "stream")]
            What::Pong | What::PongWithCustody => {
                let custody = what == What::PongWithCustody;
                Event::Pong { peer: self.connections.peer(of)?, custody }
            }
            #[cfg(feature = "stream")]
            What::Released => Event::Released { peer: self.connections.peer(of)? },
            #[cfg(feature = "stream")]
            What::Close => self.connections.close(of)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_comes_back() {
        let most = if cfg!(feature = "small") { 0xffff_0000_ffff } else { 0xffff_ffff_0fff_ffff };
        let of = Handle::from_bits(most);
        assert_eq!(of.to_bits(), most);
        for (number, what) in What::ALL.iter().enumerate() {
            assert_eq!(*what as usize, number);
            let told = Told::new(*what, of);
            assert_eq!((told.what(), told.of()), (Some(*what), of));
        }
        assert_eq!(size_of::<Told>(), 8);
    }
}
