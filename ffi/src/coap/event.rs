//! What an endpoint tells, as one flat structure.

use coap_core::{Event, ObserverEnd, Outcome};

/// What happened.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_coap_event_kind {
    /// Something that this header does not know. To be skipped.
    M2M_COAP_UNKNOWN_EVENT = 0,
    /// A peer asks for something: look at it with m2m_coap_endpoint_incoming(), answer it with
    /// m2m_coap_endpoint_respond().
    M2M_COAP_REQUEST = 1,
    /// A block of the response to a request with stream is here, and more follow: look at it with
    /// m2m_coap_endpoint_response(), go on with m2m_coap_endpoint_next_block().
    M2M_COAP_BLOCK = 2,
    /// A block of the body of a request with upload_len is wanted: m2m_coap_endpoint_wanted() says
    /// which, m2m_coap_endpoint_supply() takes it.
    M2M_COAP_BLOCK_WANTED = 3,
    /// The observed state is here: look at it with m2m_coap_endpoint_response(), then
    /// m2m_coap_endpoint_release() it. A newer one replaces one that was not looked at.
    M2M_COAP_NOTIFICATION = 4,
    /// A request is over, as outcome says. Comes exactly once for each.
    M2M_COAP_DONE = 5,
    /// An observer is no more, for the reason given.
    M2M_COAP_OBSERVER_GONE = 6,
    /// A record to keep for as long as the keys of a security context are, before the next datagram
    /// is sent: after a restart the newest up_to goes into m2m_coap_security. id is the context.
    M2M_COAP_SEQUENCE_RESERVED = 7,
    /// The peer answered m2m_coap_endpoint_ping_connection(). custody is 1 if it has processed all
    /// that went before.
    M2M_COAP_CONNECTION_PONG = 8,
    /// The peer wants its connection closed: m2m_coap_endpoint_signal() has what it said of it. What is under
    /// way is finished, then M2M_COAP_CONNECTION_CLOSE follows.
    M2M_COAP_CONNECTION_RELEASED = 9,
    /// Close the connection peer, once all that is to be sent to it is sent, and say so with
    /// m2m_coap_endpoint_disconnected(). reason is one of enum m2m_stream_close.
    M2M_COAP_CONNECTION_CLOSE = 10,
    /// One of a group has answered request: look at its response with
    /// m2m_coap_endpoint_response() and release it, both with id. peer is whose it is.
    M2M_COAP_GROUP_RESPONSE = 11,
}

use m2m_coap_event_kind::*;

/// How a request ended.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_coap_outcome {
    /// It did not end, or in a way that this header does not know.
    M2M_COAP_NO_OUTCOME = 0,
    /// A response came, of whatever code: look at it with m2m_coap_endpoint_response(), then
    /// m2m_coap_endpoint_release() it.
    M2M_COAP_RESPONSE = 1,
    /// Nothing came in time.
    M2M_COAP_TIMED_OUT = 2,
    /// The peer rejected the message.
    M2M_COAP_RESET = 3,
    /// The peer answered a ping.
    M2M_COAP_PONG = 4,
    /// No response came to a request whose No-Response option asked for none.
    M2M_COAP_NO_RESPONSE_WANTED = 5,
    /// m2m_coap_endpoint_cancel() ended it.
    M2M_COAP_CANCELLED = 6,
    /// The response is longer than the configuration allows.
    M2M_COAP_TOO_LARGE = 7,
    /// The peer broke the rules of transfers in blocks, or its resource changed with every block.
    M2M_COAP_BROKEN = 8,
    /// m2m_coap_endpoint_forget_peer() ended it, or the end of its security context.
    M2M_COAP_PEER_DOWN = 9,
    /// A protected request got an error that is not protected. Anybody may have made it. To be
    /// looked at and released as M2M_COAP_RESPONSE.
    M2M_COAP_UNPROTECTED = 10,
    /// The time for responses to a request to a group is over.
    M2M_COAP_COLLECTED = 11,
}

use m2m_coap_outcome::*;

/// Why an observer is no more.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_coap_observer_end {
    /// For a reason that this header does not know.
    M2M_COAP_OBSERVER_END_OTHER = 0,
    /// It asked to be removed.
    M2M_COAP_OBSERVER_DEREGISTERED = 1,
    /// It asked again under the same token.
    M2M_COAP_OBSERVER_REPLACED = 2,
    /// It rejected a notification.
    M2M_COAP_OBSERVER_REJECTED = 3,
    /// It did not acknowledge a notification.
    M2M_COAP_OBSERVER_TIMED_OUT = 4,
    /// It was told an error, which is the last notification, or one was longer than it takes.
    M2M_COAP_OBSERVER_REFUSED = 5,
    /// As M2M_COAP_PEER_DOWN.
    M2M_COAP_OBSERVER_PEER_DOWN = 6,
}

use m2m_coap_observer_end::*;

fn observer_end(reason: ObserverEnd) -> m2m_coap_observer_end {
    match reason {
        ObserverEnd::Deregistered => M2M_COAP_OBSERVER_DEREGISTERED,
        ObserverEnd::Replaced => M2M_COAP_OBSERVER_REPLACED,
        ObserverEnd::Rejected => M2M_COAP_OBSERVER_REJECTED,
        ObserverEnd::TimedOut => M2M_COAP_OBSERVER_TIMED_OUT,
        ObserverEnd::Refused => M2M_COAP_OBSERVER_REFUSED,
        ObserverEnd::PeerDown => M2M_COAP_OBSERVER_PEER_DOWN,
        _ => M2M_COAP_OBSERVER_END_OTHER,
    }
}

/// An event. Members that the kind does not speak of are 0.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_coap_event {
    /// What happened: one of enum m2m_coap_event_kind. A later library may have more of them.
    pub kind: i32,
    /// How a request ended: one of enum m2m_coap_outcome.
    pub outcome: i32,
    /// Why an observer is no more: one of enum m2m_coap_observer_end; why a connection is to be closed.
    pub reason: i32,
    /// Of M2M_COAP_CONNECTION_PONG: 1 if the peer has processed all that went before the ping.
    pub custody: i32,
    /// The request, the peer's request, the observer or the security context.
    pub id: u64,
    /// Of a peer's request: who asks; of a connection: its number.
    pub peer: u64,
    /// Of M2M_COAP_SEQUENCE_RESERVED: one above the last number that may be used.
    pub up_to: u64,
    /// Of M2M_COAP_GROUP_RESPONSE: the request of m2m_coap_endpoint_request_group().
    pub request: u64,
}

impl m2m_coap_event {
    fn new(kind: m2m_coap_event_kind, id: u64) -> Self {
        let outcome = M2M_COAP_NO_OUTCOME as i32;
        m2m_coap_event {
            kind: kind as i32,
            outcome,
            reason: 0,
            custody: 0,
            id,
            peer: 0,
            up_to: 0,
            request: 0,
        }
    }
}

fn number(outcome: Outcome) -> m2m_coap_outcome {
    match outcome {
        Outcome::Response => M2M_COAP_RESPONSE,
        Outcome::TimedOut => M2M_COAP_TIMED_OUT,
        Outcome::Reset => M2M_COAP_RESET,
        Outcome::Pong => M2M_COAP_PONG,
        Outcome::NoResponse => M2M_COAP_NO_RESPONSE_WANTED,
        Outcome::Cancelled => M2M_COAP_CANCELLED,
        Outcome::TooLarge => M2M_COAP_TOO_LARGE,
        Outcome::Broken => M2M_COAP_BROKEN,
        Outcome::PeerDown => M2M_COAP_PEER_DOWN,
        Outcome::Unprotected => M2M_COAP_UNPROTECTED,
        #[cfg(feature = "multicast")]
        Outcome::Collected => M2M_COAP_COLLECTED,
        _ => M2M_COAP_NO_OUTCOME,
    }
}

impl From<Event> for m2m_coap_event {
    fn from(event: Event) -> Self {
        let new = m2m_coap_event::new;
        match event {
            Event::Request { id, peer } => {
                m2m_coap_event { peer: peer.0, ..new(M2M_COAP_REQUEST, id.to_bits()) }
            }
            Event::Block { id } => new(M2M_COAP_BLOCK, id.to_bits()),
            Event::BlockWanted { id } => new(M2M_COAP_BLOCK_WANTED, id.to_bits()),
            Event::Notification { id } => new(M2M_COAP_NOTIFICATION, id.to_bits()),
            Event::Done { id, outcome } => m2m_coap_event {
                outcome: number(outcome) as i32,
                ..new(M2M_COAP_DONE, id.to_bits())
            },
            Event::ObserverGone { id, reason } => m2m_coap_event {
                reason: observer_end(reason) as i32,
                ..new(M2M_COAP_OBSERVER_GONE, id.to_bits())
            },
            Event::SequenceReserved { id, up_to } => {
                m2m_coap_event { up_to, ..new(M2M_COAP_SEQUENCE_RESERVED, id.to_bits()) }
            }
            #[cfg(feature = "stream")]
            Event::Pong { peer, custody } => m2m_coap_event {
                peer: peer.0,
                custody: custody.into(),
                ..new(M2M_COAP_CONNECTION_PONG, 0)
            },
            #[cfg(feature = "stream")]
            Event::Released { peer } => {
                m2m_coap_event { peer: peer.0, ..new(M2M_COAP_CONNECTION_RELEASED, 0) }
            }
            #[cfg(feature = "stream")]
            Event::Close { peer, reason } => m2m_coap_event {
                peer: peer.0,
                reason: crate::stream::close_reason(reason),
                ..new(M2M_COAP_CONNECTION_CLOSE, 0)
            },
            #[cfg(feature = "multicast")]
            Event::GroupResponse { request, response, peer } => m2m_coap_event {
                peer: peer.0,
                request: request.to_bits(),
                ..new(M2M_COAP_GROUP_RESPONSE, response.to_bits())
            },
            _ => new(M2M_COAP_UNKNOWN_EVENT, 0),
        }
    }
}
