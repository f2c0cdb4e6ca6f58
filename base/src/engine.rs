//! The verbs every engine of the family has.

use crate::{Instant, PeerId};

/// One datagram that an engine wants sent; its bytes are in the buffer given to `poll_transmit`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transmit {
    /// Where to.
    pub peer: PeerId,
    /// How many bytes at the start of the caller's buffer are the datagram.
    pub len: usize,
}

/// The buffer given to `poll_transmit` cannot hold the next datagram. Nothing is lost: the next
/// call with a larger buffer gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BufferTooSmall {
    /// Bytes the datagram needs.
    pub needed: usize,
}

impl core::fmt::Display for BufferTooSmall {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "the next datagram needs a buffer of {} bytes", self.needed)
    }
}

impl core::error::Error for BufferTooSmall {}

/// What became of a datagram. Never an error: a bad peer cannot break the caller's loop. Counters
/// of the engine say the same in sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Disposition {
    /// It was valid and had its effect.
    Accepted,
    /// It had been received before; the same answer goes out again where there is one.
    Duplicate,
    /// It was answered with a reset or an error.
    Refused(Cause),
    /// It was dropped without an answer.
    Ignored(Cause),
}

/// Why a datagram had no effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The bytes are not a well-formed message.
    Malformed,
    /// Well-formed, but of another protocol version.
    Version,
    /// A response or acknowledgement that nothing here waits for.
    Unexpected,
    /// A critical option or parameter that is not understood.
    Unsupported,
    /// A table is full (see the engine's `Limits`).
    Full,
    /// Its protection cannot be verified: a forgery, a replay, or keys that are not known here.
    Insecure,
}

/// The shape of every state machine of the family: bytes and time in, bytes, events and the next
/// deadline out.
///
/// Each engine has these as inherent methods too; the trait is for drivers and test benches that
/// serve any of them. After every call with `&mut self`, the answers of the three `poll_` methods
/// may have changed.
pub trait Engine {
    /// What the engine tells the application: small, owned, free of borrows.
    type Event: core::fmt::Debug;

    /// Takes a datagram that arrived from `peer`.
    fn handle_datagram(&mut self, now: Instant, peer: PeerId, datagram: &[u8]) -> Disposition;

    /// Tells the engine that a peer's address or security session is gone and its number may be
    /// given to another. What was under way with it ends. Does nothing unless the engine says so.
    fn forget_peer(&mut self, now: Instant, peer: PeerId) {
        let _ = (now, peer);
    }

    /// Tells the engine that time has passed. Early or repeated calls are harmless.
    fn handle_timeout(&mut self, now: Instant);

    /// Writes the next datagram to send into `buf`, `None` when there is none.
    ///
    /// # Errors
    /// [`BufferTooSmall`] if `buf` cannot hold it; nothing is lost.
    fn poll_transmit(
        &mut self,
        now: Instant,
        buf: &mut [u8],
    ) -> Result<Option<Transmit>, BufferTooSmall>;

    /// The next thing the application should know.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// When `handle_timeout` should be called next; `None` when the engine waits for nothing.
    fn poll_timeout(&self) -> Option<Instant>;
}
