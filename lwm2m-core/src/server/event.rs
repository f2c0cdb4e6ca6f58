//! What a server tells, and the ids it tells it by.

use coap_core::Code;
#[cfg(feature = "stream")]
use m2m_base::PeerId;

m2m_base::handle_id! {
    /// Names one registration of a client. A client that registers again gets a new one.
    RegistrationId
    /// Names an operation that was asked for.
    OperationId
    /// Names an observation of one path of one client.
    ObservationId
    /// Names the content of one notification, or of one Send.
    NotificationId
}

/// What an Update changed. A set of bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Changes(u8);

impl Changes {
    /// Nothing: it only kept the registration alive.
    pub const NONE: Changes = Changes(0);
    /// The client came from another peer.
    pub const ADDRESS: Changes = Changes(1);
    /// The lifetime.
    pub const LIFETIME: Changes = Changes(2);
    /// The binding or queue mode.
    pub const BINDING: Changes = Changes(4);
    /// The objects and instances.
    pub const LINKS: Changes = Changes(8);
    /// Additional parameters (`sms` and those the standard does not know).
    pub const PARAMETERS: Changes = Changes(16);

    /// True if all of `other` changed.
    #[must_use]
    pub const fn contains(self, other: Changes) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set as a number.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Adds `other` if `changed`.
    pub(super) const fn set(&mut self, other: Changes, changed: bool) {
        if changed {
            self.0 |= other.0;
        }
    }
}

impl core::fmt::Debug for Changes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let names = [
            (Changes::ADDRESS, "address"),
            (Changes::LIFETIME, "lifetime"),
            (Changes::BINDING, "binding"),
            (Changes::LINKS, "links"),
            (Changes::PARAMETERS, "parameters"),
        ];
        f.debug_set()
            .entries(names.iter().filter(|(bit, _)| self.contains(*bit)).map(|(_, name)| name))
            .finish()
    }
}

/// Why a registration ended, other than by its lifetime.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EndReason {
    /// The client de-registered.
    Client,
    /// The client registered anew; its new registration follows.
    Replaced,
    /// [`super::Server::remove`].
    Removed,
    /// It was a device behind a gateway, which no longer has it or is gone itself.
    Gateway,
}

/// Why an operation has no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// It was sent, and no answer came in time. It may have been carried out.
    TimedOut,
    /// Its time passed before it could be sent: the client sleeps, or others were before it.
    Unsent,
    /// The client rejected it with a RST.
    Reset,
    /// The answer is longer than the limits allow, or there was no memory for it.
    TooLarge,
    /// The client broke the rules of block-wise transfer.
    Broken,
    /// The peer's security session is gone ([`super::Server::forget_peer`]).
    PeerDown,
    /// The registration ended.
    RegistrationEnded,
    /// The observation it was to cancel is no more.
    ObservationEnded,
    /// [`super::Server::abort`].
    Aborted,
}

/// Why an observation ended, other than by a command of the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ObservationEnd {
    /// The client answered with this code: what was observed is gone, or may not be read.
    Refused(Code),
    /// The client no longer has it, or it could not be set up again at the client's new address.
    Lost,
    /// The registration ended.
    RegistrationEnded,
}

/// What a server tells its application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A client registered.
    Registered {
        /// Its registration.
        id: RegistrationId,
    },
    /// A client updated its registration.
    Updated {
        /// Its registration.
        id: RegistrationId,
        /// What is different now.
        changes: Changes,
    },
    /// A registration ended. It can be read until the next event is polled.
    Deregistered {
        /// The registration.
        id: RegistrationId,
        /// Why.
        reason: EndReason,
    },
    /// A client did not update its registration in time. It can be read until the next event is
    /// polled.
    Expired {
        /// The registration.
        id: RegistrationId,
    },
    /// An operation was answered, with success or not: read the answer with
    /// [`super::Server::response`], then give it back with [`super::Server::release`].
    Response {
        /// The operation.
        id: OperationId,
        /// The registration it was for.
        registration: RegistrationId,
        /// The answer's code.
        code: Code,
        /// The observation that an Observe established.
        observation: Option<ObservationId>,
    },
    /// An operation has no answer. Its id names nothing any more.
    Failed {
        /// The operation.
        id: OperationId,
        /// The registration it was for.
        registration: RegistrationId,
        /// Why.
        reason: Failure,
    },
    /// A notification came: read it with [`super::Server::notification`], then give it back with
    /// [`super::Server::release_notification`].
    Notified {
        /// The notification.
        id: NotificationId,
        /// The registration of the client that sent it.
        registration: RegistrationId,
        /// The observation it belongs to.
        observation: ObservationId,
    },
    /// A client sent content by itself (Send, 1.1), and it was accepted: read and give it back as
    /// that of [`Event::Notified`]. Its items have the times that the client told.
    Sent {
        /// The content.
        id: NotificationId,
        /// The registration of the client.
        registration: RegistrationId,
    },
    /// The driver is to send what [`super::Server::poll_transmit`] gives, close the connection of
    /// this peer, and say so with [`super::Server::disconnected`].
    #[cfg(feature = "stream")]
    Close {
        /// The peer.
        peer: PeerId,
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
    /// An observation ended by itself. Its id names nothing any more.
    ObservationEnded {
        /// The observation.
        id: ObservationId,
        /// The registration of the client.
        registration: RegistrationId,
        /// Why.
        reason: ObservationEnd,
    },
}

/// What a server has counted since it was made. Each wraps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counters {
    /// Registrations accepted.
    pub registered: u32,
    /// Updates accepted.
    pub updated: u32,
    /// Registrations ended by their client.
    pub deregistered: u32,
    /// Registrations ended by their lifetime.
    pub expired: u32,
    /// Requests of peers that were refused.
    pub refused: u32,
    /// Operations asked for.
    pub operations: u32,
    /// Operations answered.
    pub responses: u32,
    /// Notifications received.
    pub notifications: u32,
    /// Contents that clients sent by themselves.
    pub sends: u32,
    /// Notifications and Sends that nobody read before they had to make room.
    pub notifications_dropped: u32,
}
