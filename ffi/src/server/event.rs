//! What a server tells, as one flat structure.

use lwm2m_core::server::{EndReason, Event, Failure, ObservationEnd};

/// What happened.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_server_event_kind {
    /// Something that this header does not know. To be skipped.
    M2M_LWM2M_SERVER_UNKNOWN_EVENT = 0,
    /// A client registered.
    M2M_LWM2M_SERVER_REGISTERED = 1,
    /// A client updated its registration. changes says what is different.
    M2M_LWM2M_SERVER_UPDATED = 2,
    /// A registration ended, reason is one of enum m2m_lwm2m_end_reason. It can be looked at until the
    /// next event is polled.
    M2M_LWM2M_SERVER_DEREGISTERED = 3,
    /// A client did not update its registration in time. It can be looked at until the next event is
    /// polled.
    M2M_LWM2M_SERVER_EXPIRED = 4,
    /// The operation id was answered with code: look at it with m2m_lwm2m_server_content(), then
    /// m2m_lwm2m_server_release() it.
    M2M_LWM2M_SERVER_RESPONSE = 5,
    /// The operation id has no answer, reason is one of enum m2m_lwm2m_operation_failure.
    M2M_LWM2M_SERVER_FAILED = 6,
    /// The notification id came: look at it with m2m_lwm2m_server_content(), then
    /// m2m_lwm2m_server_release() it.
    M2M_LWM2M_SERVER_NOTIFIED = 7,
    /// A client sent content by itself (Send): id is looked at and released as a notification.
    M2M_LWM2M_SERVER_SENT = 8,
    /// An observation ended by itself. code is what the client answered, 0 if it did not.
    M2M_LWM2M_SERVER_OBSERVATION_ENDED = 9,
    /// Close the connection id, once all that is to be sent to it is sent, and say so with
    /// m2m_lwm2m_server_disconnected(). reason is one of enum m2m_stream_close.
    M2M_LWM2M_SERVER_CLOSE = 10,
    /// A record to keep for as long as the keys of the security context id are, before the next datagram is
    /// sent: after a restart the newest up_to goes into m2m_coap_security.
    M2M_LWM2M_SERVER_SEQUENCE_RESERVED = 11,
}

use m2m_lwm2m_server_event_kind::*;

/// Why a registration ended, other than by its lifetime.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_end_reason {
    /// For a reason that this header does not know.
    M2M_LWM2M_END_OTHER = 0,
    /// The client de-registered.
    M2M_LWM2M_END_CLIENT = 1,
    /// The client registered anew; its new registration follows.
    M2M_LWM2M_END_REPLACED = 2,
    /// m2m_lwm2m_server_remove()
    M2M_LWM2M_END_REMOVED = 3,
    /// It was a device behind a gateway, which no longer has it or is gone itself.
    M2M_LWM2M_END_GATEWAY = 4,
}

/// Why an operation has no answer.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_operation_failure {
    /// For a reason that this header does not know.
    M2M_LWM2M_NO_ANSWER = 0,
    /// It was sent, and no answer came in time. It may have been carried out.
    M2M_LWM2M_NO_ANSWER_TIMED_OUT = 1,
    /// Its time passed before it could be sent.
    M2M_LWM2M_NO_ANSWER_UNSENT = 2,
    /// The client rejected it.
    M2M_LWM2M_NO_ANSWER_RESET = 3,
    /// The answer is longer than the configuration allows.
    M2M_LWM2M_NO_ANSWER_TOO_LARGE = 4,
    /// The client broke the rules of transfers in blocks.
    M2M_LWM2M_NO_ANSWER_BROKEN = 5,
    /// The peer is gone.
    M2M_LWM2M_NO_ANSWER_PEER_DOWN = 6,
    /// The registration ended.
    M2M_LWM2M_NO_ANSWER_REGISTRATION_ENDED = 7,
    /// The observation that it was to cancel is no more.
    M2M_LWM2M_NO_ANSWER_OBSERVATION_ENDED = 8,
    /// m2m_lwm2m_server_abort()
    M2M_LWM2M_NO_ANSWER_ABORTED = 9,
}

/// What an Update changed: a set of bits.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_changes {
    /// The client came from another peer.
    M2M_LWM2M_CHANGED_ADDRESS = 1,
    /// The lifetime.
    M2M_LWM2M_CHANGED_LIFETIME = 2,
    /// The binding or queue mode.
    M2M_LWM2M_CHANGED_BINDING = 4,
    /// The objects and instances.
    M2M_LWM2M_CHANGED_LINKS = 8,
    /// Additional parameters.
    M2M_LWM2M_CHANGED_PARAMETERS = 16,
}

use m2m_lwm2m_end_reason::*;
use m2m_lwm2m_operation_failure::*;

/// An event of a server. Members that the kind does not speak of are 0.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_server_event {
    /// What happened: one of enum m2m_lwm2m_server_event_kind. A later library may have more of them.
    pub kind: i32,
    /// Why.
    pub reason: i32,
    /// The registration that it is about.
    pub registration: u64,
    /// The operation, the content of a notification or of a Send, the connection, or the security context.
    pub id: u64,
    /// The observation that was established, that was notified, or that ended.
    pub observation: u64,
    /// CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x45 is 2.05.
    pub code: i32,
    /// Bits of enum m2m_lwm2m_changes.
    pub changes: u32,
    /// Of M2M_LWM2M_SERVER_SEQUENCE_RESERVED: one above the last number that may be used.
    pub up_to: u64,
}

impl m2m_lwm2m_server_event {
    fn new(kind: m2m_lwm2m_server_event_kind, registration: u64) -> Self {
        m2m_lwm2m_server_event {
            kind: kind as i32,
            reason: 0,
            registration,
            id: 0,
            observation: 0,
            code: 0,
            changes: 0,
            up_to: 0,
        }
    }
}

fn end_reason(reason: EndReason) -> m2m_lwm2m_end_reason {
    match reason {
        EndReason::Client => M2M_LWM2M_END_CLIENT,
        EndReason::Replaced => M2M_LWM2M_END_REPLACED,
        EndReason::Removed => M2M_LWM2M_END_REMOVED,
        EndReason::Gateway => M2M_LWM2M_END_GATEWAY,
        _ => M2M_LWM2M_END_OTHER,
    }
}

fn failure(reason: Failure) -> m2m_lwm2m_operation_failure {
    match reason {
        Failure::TimedOut => M2M_LWM2M_NO_ANSWER_TIMED_OUT,
        Failure::Unsent => M2M_LWM2M_NO_ANSWER_UNSENT,
        Failure::Reset => M2M_LWM2M_NO_ANSWER_RESET,
        Failure::TooLarge => M2M_LWM2M_NO_ANSWER_TOO_LARGE,
        Failure::Broken => M2M_LWM2M_NO_ANSWER_BROKEN,
        Failure::PeerDown => M2M_LWM2M_NO_ANSWER_PEER_DOWN,
        Failure::RegistrationEnded => M2M_LWM2M_NO_ANSWER_REGISTRATION_ENDED,
        Failure::ObservationEnded => M2M_LWM2M_NO_ANSWER_OBSERVATION_ENDED,
        Failure::Aborted => M2M_LWM2M_NO_ANSWER_ABORTED,
        _ => M2M_LWM2M_NO_ANSWER,
    }
}

impl From<Event> for m2m_lwm2m_server_event {
    fn from(event: Event) -> Self {
        let new = m2m_lwm2m_server_event::new;
        match event {
            Event::Registered { id } => new(M2M_LWM2M_SERVER_REGISTERED, id.to_bits()),
            Event::Updated { id, changes } => m2m_lwm2m_server_event {
                changes: changes.bits().into(),
                ..new(M2M_LWM2M_SERVER_UPDATED, id.to_bits())
            },
            Event::Deregistered { id, reason } => m2m_lwm2m_server_event {
                reason: end_reason(reason) as i32,
                ..new(M2M_LWM2M_SERVER_DEREGISTERED, id.to_bits())
            },
            Event::Expired { id } => new(M2M_LWM2M_SERVER_EXPIRED, id.to_bits()),
            Event::Response { id, registration, code, observation } => m2m_lwm2m_server_event {
                id: id.to_bits(),
                code: code.0.into(),
                observation: observation.map_or(0, lwm2m_core::server::ObservationId::to_bits),
                ..new(M2M_LWM2M_SERVER_RESPONSE, registration.to_bits())
            },
            Event::Failed { id, registration, reason } => m2m_lwm2m_server_event {
                id: id.to_bits(),
                reason: failure(reason) as i32,
                ..new(M2M_LWM2M_SERVER_FAILED, registration.to_bits())
            },
            Event::Notified { id, registration, observation } => m2m_lwm2m_server_event {
                id: id.to_bits(),
                observation: observation.to_bits(),
                ..new(M2M_LWM2M_SERVER_NOTIFIED, registration.to_bits())
            },
            Event::Sent { id, registration } => m2m_lwm2m_server_event {
                id: id.to_bits(),
                ..new(M2M_LWM2M_SERVER_SENT, registration.to_bits())
            },
            Event::ObservationEnded { id, registration, reason } => m2m_lwm2m_server_event {
                observation: id.to_bits(),
                code: match reason {
                    ObservationEnd::Refused(code) => code.0.into(),
                    _ => 0,
                },
                ..new(M2M_LWM2M_SERVER_OBSERVATION_ENDED, registration.to_bits())
            },
            #[cfg(feature = "stream")]
            Event::Close { peer, reason } => m2m_lwm2m_server_event {
                id: peer.0,
                reason: crate::stream::close_reason(reason),
                ..new(M2M_LWM2M_SERVER_CLOSE, 0)
            },
            #[cfg(feature = "oscore")]
            Event::SequenceReserved { id, up_to } => m2m_lwm2m_server_event {
                id: id.to_bits(),
                up_to,
                ..new(M2M_LWM2M_SERVER_SEQUENCE_RESERVED, 0)
            },
            _ => new(M2M_LWM2M_SERVER_UNKNOWN_EVENT, 0),
        }
    }
}
