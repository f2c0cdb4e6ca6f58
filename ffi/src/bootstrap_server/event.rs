//! What a bootstrap server tells, as one flat structure.

use lwm2m_core::bootstrap_server::{Event, Failure, OperationKind, Outcome};

use super::m2m_lwm2m_bootstrap_step_kind::{self, *};
use crate::path::m2m_path;

/// What happened.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_bootstrap_event_kind {
    /// Something that this header does not know. To be skipped.
    M2M_LWM2M_SESSION_UNKNOWN_EVENT = 0,
    /// A client that no rule is for asks for a bootstrap: answer with
    /// m2m_lwm2m_bootstrap_server_accept() or m2m_lwm2m_bootstrap_server_refuse(). Only with ask in the
    /// configuration.
    M2M_LWM2M_SESSION_REQUESTED = 1,
    /// A session began.
    M2M_LWM2M_SESSION_STARTED = 2,
    /// A client answered the given step with code. Of a Discover or Read,
    /// m2m_lwm2m_bootstrap_server_answer() has what it answered.
    M2M_LWM2M_SESSION_ANSWERED = 3,
    /// A session is over, as outcome says; exactly once for each that was told of. It can be looked at
    /// until the next event is polled.
    M2M_LWM2M_SESSION_ENDED = 4,
    /// Of no session: close the connection peer, once all that is to be sent to it is sent, and say so with
    /// m2m_lwm2m_bootstrap_server_disconnected(). reason is one of enum m2m_stream_close.
    M2M_LWM2M_SESSION_CLOSE = 5,
    /// Of no session: a record to keep for as long as the keys of the security context are, before the next
    /// datagram is sent: after a restart the newest up_to goes into m2m_coap_security.
    M2M_LWM2M_SESSION_SEQUENCE_RESERVED = 6,
}

use m2m_lwm2m_bootstrap_event_kind::*;

/// How a session ended.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_bootstrap_outcome {
    /// It did not end, or in a way that this header does not know.
    M2M_LWM2M_SESSION_OPEN = 0,
    /// The client confirmed Bootstrap-Finish: it has all that it needs.
    M2M_LWM2M_SESSION_FINISHED = 1,
    /// The client was given everything in one answer (Bootstrap-Pack, 1.2). Whether it could use it, it
    /// does not tell.
    M2M_LWM2M_SESSION_PACKED = 2,
    /// m2m_lwm2m_bootstrap_server_refuse()
    M2M_LWM2M_SESSION_DENIED = 3,
    /// The client asked anew: another session took its place.
    M2M_LWM2M_SESSION_REPLACED = 4,
    /// The given step failed, for the reason given. The client discards what was written.
    M2M_LWM2M_SESSION_FAILED = 5,
}

use m2m_lwm2m_bootstrap_outcome::*;

/// Why a step failed.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_bootstrap_failure {
    /// It did not, or for a reason that this header does not know.
    M2M_LWM2M_STEP_NO_FAILURE = 0,
    /// The client answered with code.
    M2M_LWM2M_STEP_REFUSED = 1,
    /// No answer came in time, of the client or of the application.
    M2M_LWM2M_STEP_TIMED_OUT = 2,
    /// The session took longer than session_timeout_s.
    M2M_LWM2M_STEP_EXPIRED = 3,
    /// The client rejected the step.
    M2M_LWM2M_STEP_RESET = 4,
    /// What is to be written, or the answer, is longer than the configuration allows.
    M2M_LWM2M_STEP_TOO_LARGE = 5,
    /// No format that the client takes can express what is to be written.
    M2M_LWM2M_STEP_FORMAT = 6,
    /// The client broke the rules of transfers in blocks.
    M2M_LWM2M_STEP_BROKEN = 7,
    /// The peer is gone.
    M2M_LWM2M_STEP_PEER_DOWN = 8,
    /// There was no room for the answer to the client's request.
    M2M_LWM2M_STEP_UNSENT = 9,
    /// m2m_lwm2m_bootstrap_server_abort()
    M2M_LWM2M_STEP_ABORTED = 10,
}

use m2m_lwm2m_bootstrap_failure::*;

/// An event of a bootstrap server. Members that the kind does not speak of are 0.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_bootstrap_event {
    /// What happened: one of enum m2m_lwm2m_bootstrap_event_kind. A later library may have more of them.
    pub kind: i32,
    /// How a session ended: one of enum m2m_lwm2m_bootstrap_outcome.
    pub outcome: i32,
    /// The session.
    pub session: u64,
    /// The connection.
    pub peer: u64,
    /// The number of the step: from 0, with the Discover of place_accounts and the Finish of finish.
    pub step: u32,
    /// What it was: one of enum m2m_lwm2m_bootstrap_step_kind.
    pub operation: i32,
    /// About what.
    pub path: m2m_path,
    /// CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x44 is 2.04.
    pub code: i32,
    /// Why a step failed: one of enum m2m_lwm2m_bootstrap_failure.
    pub reason: i32,
    /// Of M2M_LWM2M_SESSION_SEQUENCE_RESERVED: the security context.
    pub security: u64,
    /// And one above the last number that may be used.
    pub up_to: u64,
}

fn operation_number(kind: OperationKind) -> m2m_lwm2m_bootstrap_step_kind {
    match kind {
        OperationKind::Discover => M2M_LWM2M_STEP_DISCOVER,
        OperationKind::Read => M2M_LWM2M_STEP_READ,
        OperationKind::Write => M2M_LWM2M_STEP_WRITE,
        OperationKind::Delete => M2M_LWM2M_STEP_DELETE,
        OperationKind::Finish => M2M_LWM2M_STEP_FINISH,
        _ => M2M_LWM2M_STEP_REQUEST,
    }
}

fn failure(reason: Failure) -> (m2m_lwm2m_bootstrap_failure, i32) {
    let kind = match reason {
        Failure::Refused(code) => return (M2M_LWM2M_STEP_REFUSED, code.0.into()),
        Failure::TimedOut => M2M_LWM2M_STEP_TIMED_OUT,
        Failure::Expired => M2M_LWM2M_STEP_EXPIRED,
        Failure::Reset => M2M_LWM2M_STEP_RESET,
        Failure::TooLarge => M2M_LWM2M_STEP_TOO_LARGE,
        Failure::Format => M2M_LWM2M_STEP_FORMAT,
        Failure::Broken => M2M_LWM2M_STEP_BROKEN,
        Failure::PeerDown => M2M_LWM2M_STEP_PEER_DOWN,
        Failure::Unsent => M2M_LWM2M_STEP_UNSENT,
        Failure::Aborted => M2M_LWM2M_STEP_ABORTED,
        _ => M2M_LWM2M_STEP_NO_FAILURE,
    };
    (kind, 0)
}

impl From<Event> for m2m_lwm2m_bootstrap_event {
    fn from(event: Event) -> Self {
        let of = |kind: m2m_lwm2m_bootstrap_event_kind, session| m2m_lwm2m_bootstrap_event {
            kind: kind as i32,
            outcome: 0,
            session,
            peer: 0,
            step: 0,
            operation: 0,
            path: lwm2m_core::Path::ROOT.into(),
            code: 0,
            reason: 0,
            security: 0,
            up_to: 0,
        };
        match event {
            Event::Requested { id } => of(M2M_LWM2M_SESSION_REQUESTED, id.to_bits()),
            Event::Started { id } => of(M2M_LWM2M_SESSION_STARTED, id.to_bits()),
            Event::Answered { id, step, operation, path, code } => m2m_lwm2m_bootstrap_event {
                step: step.into(),
                operation: operation_number(operation) as i32,
                path: path.into(),
                code: code.0.into(),
                ..of(M2M_LWM2M_SESSION_ANSWERED, id.to_bits())
            },
            Event::Ended { id, outcome } => {
                let ended = |outcome: m2m_lwm2m_bootstrap_outcome| m2m_lwm2m_bootstrap_event {
                    outcome: outcome as i32,
                    ..of(M2M_LWM2M_SESSION_ENDED, id.to_bits())
                };
                match outcome {
                    Outcome::Finished => ended(M2M_LWM2M_SESSION_FINISHED),
                    Outcome::Packed => ended(M2M_LWM2M_SESSION_PACKED),
                    Outcome::Denied => ended(M2M_LWM2M_SESSION_DENIED),
                    Outcome::Replaced => ended(M2M_LWM2M_SESSION_REPLACED),
                    Outcome::Failed { step, operation, path, reason } => {
                        let (reason, code) = failure(reason);
                        m2m_lwm2m_bootstrap_event {
                            step: step.into(),
                            operation: operation_number(operation) as i32,
                            path: path.into(),
                            code,
                            reason: reason as i32,
                            ..ended(M2M_LWM2M_SESSION_FAILED)
                        }
                    }
                    _ => ended(M2M_LWM2M_SESSION_OPEN),
                }
            }
            #[cfg(feature = "stream")]
            Event::Close { peer, reason } => m2m_lwm2m_bootstrap_event {
                peer: peer.0,
                reason: crate::stream::close_reason(reason),
                ..of(M2M_LWM2M_SESSION_CLOSE, 0)
            },
            #[cfg(feature = "oscore")]
            Event::SequenceReserved { id, up_to } => m2m_lwm2m_bootstrap_event {
                security: id.to_bits(),
                up_to,
                ..of(M2M_LWM2M_SESSION_SEQUENCE_RESERVED, 0)
            },
            _ => of(M2M_LWM2M_SESSION_UNKNOWN_EVENT, 0),
        }
    }
}
