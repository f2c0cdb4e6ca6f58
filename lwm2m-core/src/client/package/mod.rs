//! Firmware and software packages: how they come (pushed in blocks, fetched by the client, or
//! downloaded by the application), and the state machines of objects 5 and 9 around it
//! (Core E.6; LwM2M Software Management object).
//!
//! The image never lies here as a whole. Each block is told by an event, its bytes are read until
//! the event is answered, and the next one is asked for after that: who is slow slows the server
//! down.

mod answer;
mod frame;
mod guard;
mod kind;
mod pull;
mod push;
mod record;
mod run;
mod uri;

pub use kind::{Delivery, PackageError, PackageStep, PackageSupport, Protocols};

use alloc::vec::Vec;
use coap_core::{IncomingId, RequestId};
use kind::Kind;
use m2m_base::container::Reserve;
use m2m_base::{Instant, PeerId};

use super::event::Event;
use crate::Path;

/// Names what the client asks of the application about a package. Once it is answered, or no longer
/// wanted, it names nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PackageId(u32);

impl PackageId {
    /// The id as a number that is never 0.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        (self.0 as u64) << 1 | 1
    }

    /// The id of a number from [`PackageId::to_bits`]; any other number names nothing.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "a number above that names nothing")]
    pub const fn from_bits(bits: u64) -> Self {
        PackageId((bits >> 1) as u32)
    }
}

/// How far a package is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Idle,
    /// A server pushes it.
    Push,
    /// The application is asked for a connection to the URI.
    Connect,
    /// The next attempt to fetch it comes at `due`.
    Pause,
    /// It is being fetched.
    Fetch,
    /// The application downloads it.
    Handed,
    /// It is whole; the application looks whether it is right.
    Verify,
    /// It can be applied; or it is installed.
    Ready,
    /// The application does something with it.
    Apply(PackageStep),
}

/// A block that waits for the application.
#[derive(Clone, Copy, Debug)]
enum Held {
    /// In a request of a server.
    Pushed { id: IncomingId, skip: u16, last: bool },
    /// In a response to the client.
    Fetched { id: RequestId, skip: u16, last: bool },
}

/// One package: the instance of object 5, or one of object 9.
#[derive(Debug)]
struct Package {
    kind: Kind,
    instance: u16,
    phase: Phase,
    /// Of what is asked of the application: no two are the same.
    turn: u32,
    /// The application knows what is asked of it.
    told: bool,
    /// The application is to be told that what it keeps is of no use.
    discard: bool,
    /// The application is to be told that the record is another.
    changed: bool,
    protocols: Protocols,
    delivery: Delivery,
    /// Account of the server that pushes.
    account: u8,
    /// Bytes of the image that the application has.
    have: u32,
    /// Bytes of the image as far as was told, and if that is more than an estimate.
    total: Option<u32>,
    exact: bool,
    /// Bytes before the image in what is pushed.
    frame: u8,
    held: Option<Held>,
    /// When something is due that does not depend on the application.
    due: Instant,
    /// What it is fetched from.
    peer: PeerId,
    request: Option<RequestId>,
    /// Where the block begins that is being fetched, and its size exponent.
    from: u32,
    szx: u8,
    etag: [u8; 8],
    etag_len: u8,
    /// The connection is new: the block in which the last byte lies that is there comes again, and
    /// tells whether more follow.
    resuming: bool,
    tries: u8,
    restarts: u8,
    /// Software that is installed.
    installed: bool,
}

impl Package {
    fn new(kind: Kind, instance: u16, support: &PackageSupport<'_>, szx: u8) -> Package {
        Package {
            kind,
            instance,
            phase: Phase::Idle,
            turn: 0,
            told: false,
            discard: false,
            changed: false,
            protocols: support.protocols,
            delivery: support.delivery,
            account: 0,
            have: 0,
            total: None,
            exact: false,
            frame: 0,
            held: None,
            due: Instant::FAR,
            peer: PeerId(0),
            request: None,
            from: 0,
            szx,
            etag: [0; 8],
            etag_len: 0,
            resuming: false,
            tries: 0,
            restarts: 0,
            installed: false,
        }
    }

    fn path(&self) -> Path {
        Path::instance(self.kind.object(), self.instance)
    }

    fn resource(&self, id: u16) -> Path {
        Path::resource(self.kind.object(), self.instance, id)
    }

    /// It is software, and installed.
    const fn is_installed(&self) -> bool {
        cfg!(feature = "software-management") && self.installed
    }

    fn is_under_way(&self) -> bool {
        matches!(
            self.phase,
            Phase::Push | Phase::Connect | Phase::Pause | Phase::Fetch | Phase::Handed
        )
    }
}

/// All packages of a client.
#[derive(Debug)]
pub(super) struct Packages {
    list: Vec<Package>,
    most: u8,
    turn: u32,
}

impl Packages {
    #[inline(always)]
    pub(super) const fn empty() -> Packages {
        Packages { list: Vec::new(), most: 0, turn: 0 }
    }

    pub(super) fn reserve(&mut self, most: u8, reservation: &mut impl Reserve) {
        self.most = most;
        reservation.room(&mut self.list, most.into());
    }

    /// When something is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.list.iter().map(|p| p.due).min()
    }

    /// The number of the package that `path` is of.
    fn find(&self, path: Path) -> Option<usize> {
        self.list.iter().position(|p| path.starts_with(p.path()))
    }

    /// The package that an id names what is asked about.
    fn named(&self, id: PackageId) -> Option<usize> {
        self.list.iter().position(|p| p.turn == id.0 && p.told)
    }

    /// Has the application asked for something else than before.
    #[cfg_attr(feature = "small", inline(never))]
    fn ask(&mut self, n: usize) {
        self.turn = self.turn.wrapping_add(1);
        if let Some(package) = self.list.get_mut(n) {
            (package.turn, package.told) = (self.turn, false);
        }
    }

    /// The next thing that the application is to be told.
    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.list.iter_mut().find_map(|p| {
            let package = p.path();
            if core::mem::take(&mut p.changed) {
                return Some(Event::PackageChanged { package });
            }
            if core::mem::take(&mut p.discard) {
                return Some(Event::PackageDiscarded { package });
            }
            if p.told {
                return None;
            }
            let id = PackageId(p.turn);
            let event = match p.phase {
                Phase::Push | Phase::Fetch => {
                    let (Held::Pushed { last, .. } | Held::Fetched { last, .. }) = p.held?;
                    Event::PackageBlock { id, package, offset: p.have, last }
                }
                Phase::Connect => Event::PackageConnect { id, package },
                Phase::Handed => Event::PackageDownload { id, package },
                Phase::Verify => Event::PackageVerify { id, package },
                Phase::Apply(step) => Event::PackageApply { id, package, step },
                _ => return None,
            };
            p.told = true;
            Some(event)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `packages` of the C configuration tells how much one takes.
    #[test]
    fn a_package_takes_at_most_160_bytes() {
        assert!(size_of::<Package>() <= 160, "{}", size_of::<Package>());
    }
}
