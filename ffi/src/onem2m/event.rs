//! What an AE tells, as one flat structure.

use onem2m_core::ResponseStatusCode;
use onem2m_core::ae::{Event, Outcome};

/// What happened.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_onem2m_event_kind {
    /// Something that this header does not know. To be skipped.
    M2M_ONEM2M_UNKNOWN_EVENT = 0,
    /// The AE is registered. again is 1 if the CSE had it already.
    M2M_ONEM2M_REGISTERED = 1,
    /// Registration did not succeed; status is the answer. again is 1 if it is tried again by itself.
    M2M_ONEM2M_REGISTRATION_FAILED = 2,
    /// The CSE no longer has the AE, nor anything below it. It registers anew.
    M2M_ONEM2M_REGISTRATION_LOST = 3,
    /// The AE is deleted.
    M2M_ONEM2M_DEREGISTERED = 4,
    /// A request is over, as outcome and status say. Comes exactly once for each. A response is
    /// looked at with m2m_onem2m_ae_content(), then released.
    M2M_ONEM2M_DONE = 5,
    /// A notification came: look at it with m2m_onem2m_ae_notification(), answer it with
    /// m2m_onem2m_ae_answer().
    M2M_ONEM2M_NOTIFIED = 6,
}

use m2m_onem2m_event_kind::*;

/// How a request ended.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_onem2m_outcome {
    /// It did not end.
    M2M_ONEM2M_NO_OUTCOME = 0,
    /// With a response, which may be a refusal: see status.
    M2M_ONEM2M_RESPONSE = 1,
    /// No answer came in time. A CREATE may have been done.
    M2M_ONEM2M_TIMED_OUT = 2,
    /// It could not be delivered.
    M2M_ONEM2M_UNDELIVERABLE = 3,
    /// The application gave it up, or the registration was lost before it was sent.
    M2M_ONEM2M_CANCELLED = 4,
}

use m2m_onem2m_outcome::*;

/// An event of an AE. Members that the kind does not speak of are 0.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_onem2m_event {
    /// What happened: one of enum m2m_onem2m_event_kind. A later library may have more of them.
    pub kind: i32,
    /// How a request ended: one of enum m2m_onem2m_outcome.
    pub outcome: i32,
    /// The request or the notification.
    pub id: u64,
    /// Response status code (TS-0004 clause 6.6): 2000 is OK, 2001 CREATED, 4004 NOT_FOUND.
    pub status: u32,
    /// See the kinds.
    pub again: i32,
}

impl From<Event> for m2m_onem2m_event {
    fn from(event: Event) -> Self {
        let of = |kind: m2m_onem2m_event_kind| m2m_onem2m_event {
            kind: kind as i32,
            outcome: M2M_ONEM2M_NO_OUTCOME as i32,
            id: 0,
            status: 0,
            again: 0,
        };
        match event {
            Event::Registered { known } => {
                m2m_onem2m_event { again: known.into(), ..of(M2M_ONEM2M_REGISTERED) }
            }
            Event::RegistrationFailed { status, again } => m2m_onem2m_event {
                again: again.into(),
                status: status.map_or(0, ResponseStatusCode::number),
                ..of(M2M_ONEM2M_REGISTRATION_FAILED)
            },
            Event::RegistrationLost => of(M2M_ONEM2M_REGISTRATION_LOST),
            Event::Deregistered => of(M2M_ONEM2M_DEREGISTERED),
            Event::Done { id, outcome } => {
                let (outcome, status) = match outcome {
                    Outcome::Response(status) => (M2M_ONEM2M_RESPONSE, status.number()),
                    Outcome::TimedOut => (M2M_ONEM2M_TIMED_OUT, 0),
                    Outcome::Undeliverable => (M2M_ONEM2M_UNDELIVERABLE, 0),
                    Outcome::Cancelled => (M2M_ONEM2M_CANCELLED, 0),
                };
                m2m_onem2m_event {
                    id: id.to_bits(),
                    outcome: outcome as i32,
                    status,
                    ..of(M2M_ONEM2M_DONE)
                }
            }
            Event::Notified { id } => {
                m2m_onem2m_event { id: id.to_bits(), ..of(M2M_ONEM2M_NOTIFIED) }
            }
        }
    }
}
