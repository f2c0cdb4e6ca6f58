//! What a bootstrap server tells.

use crate::path::Path;
use coap_core::Code;

m2m_base::handle_id! {
    /// Names one bootstrap of one client.
    SessionId
}

/// What a step is, without what it carries.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum OperationKind {
    /// The request of the client that began the session.
    Request,
    /// Bootstrap-Discover.
    Discover,
    /// Bootstrap-Read.
    Read,
    /// Bootstrap-Write.
    Write,
    /// Bootstrap-Delete.
    Delete,
    /// Bootstrap-Finish.
    Finish,
}

impl OperationKind {
    /// `discover`, `write`: for a log.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            OperationKind::Request => "request",
            OperationKind::Discover => "discover",
            OperationKind::Read => "read",
            OperationKind::Write => "write",
            OperationKind::Delete => "delete",
            OperationKind::Finish => "finish",
        }
    }
}

/// Why a session failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The client answered the step with this code.
    Refused(Code),
    /// No answer came in time; or none of the application, to what it was asked.
    TimedOut,
    /// The session took longer than [`super::Config::session_timeout`].
    Expired,
    /// The client rejected the step with a RST.
    Reset,
    /// What is to be written does not fit the limits, or the answer does not.
    TooLarge,
    /// No format that the client takes can express what is to be written.
    Format,
    /// The client broke the rules of block-wise transfer.
    Broken,
    /// The peer's security session is gone ([`super::BootstrapServer::forget_peer`]).
    PeerDown,
    /// There was no room for the answer to the client's request.
    Unsent,
    /// [`super::BootstrapServer::abort`].
    Aborted,
}

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The client confirmed Bootstrap-Finish: its configuration is complete and consistent.
    Finished,
    /// The client was given a Bootstrap-Pack (1.2). Whether it could use it, it does not tell: it
    /// registers, or asks for a bootstrap by steps.
    Packed,
    /// The application said no ([`super::BootstrapServer::refuse`]).
    Denied,
    /// The client asked anew: another session took its place.
    Replaced,
    /// It went wrong at a step. What was written until then the client discards.
    Failed {
        /// Which, from 0; see [`super::Configuration`] for what is counted.
        step: u16,
        /// What it was.
        operation: OperationKind,
        /// About which path.
        path: Path,
        /// What went wrong.
        reason: Failure,
    },
}

/// What a bootstrap server tells its application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A client that no rule is for wants to be bootstrapped: answer with
    /// [`super::BootstrapServer::accept`] or [`super::BootstrapServer::refuse`] within
    /// [`super::Config::step_timeout`].
    Requested {
        /// The session.
        id: SessionId,
    },
    /// A session began.
    Started {
        /// The session.
        id: SessionId,
    },
    /// A client answered a step. What a Discover or Read gave can be read with
    /// [`super::BootstrapServer::answer`].
    Answered {
        /// The session.
        id: SessionId,
        /// Which step, from 0.
        step: u16,
        /// What it was.
        operation: OperationKind,
        /// About which path.
        path: Path,
        /// The client's answer.
        code: Code,
    },
    /// A session is over; comes exactly once for each that [`Event::Requested`] or
    /// [`Event::Started`] told of. It can be read until the next event is polled.
    Ended {
        /// The session.
        id: SessionId,
        /// How.
        outcome: Outcome,
    },
    /// The endpoint below gives up a connection: close it when what is still to be sent has been
    /// sent to this peer, and say so with [`super::BootstrapServer::disconnected`].
    #[cfg(feature = "stream")]
    Close {
        /// The peer.
        peer: m2m_base::PeerId,
        /// Why.
        reason: coap_core::CloseReason,
    },
    /// A record to keep for as long as the keys of a security context are: sequence numbers below
    /// `up_to` may be used from now on ([`coap_core::Event::SequenceReserved`]). Nothing is sent
    /// before it was polled.
    #[cfg(feature = "oscore")]
    SequenceReserved {
        /// The security context.
        id: coap_core::SecurityId,
        /// One above the last number that may be used.
        up_to: u64,
    },
}

/// What a bootstrap server has counted since it was made. Each wraps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Sessions that began.
    pub started: u32,
    /// Sessions that ended with Bootstrap-Finish.
    pub finished: u32,
    /// Bootstrap-Packs given.
    pub packed: u32,
    /// Sessions that failed, or whose client asked anew.
    pub failed: u32,
    /// Requests of peers that were refused.
    pub refused: u32,
}
