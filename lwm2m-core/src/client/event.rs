//! What a client tells its application.

use coap_core::{Code, IncomingId};
use m2m_base::Instant;

use crate::Path;

/// Names an execute that waits for the application's answer. Once it is answered it names nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExecuteId(pub(crate) IncomingId);

impl ExecuteId {
    /// The id as a number that is never 0.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0.to_bits()
    }

    /// The id of a number from [`ExecuteId::to_bits`]; any other number names nothing.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        ExecuteId(IncomingId::from_bits(bits))
    }
}

/// Names a Send until the application has been told how it ended. Never 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SendId(
    #[cfg_attr(not(feature = "send"), allow(dead_code, reason = "nothing is sent"))] pub(crate) u32,
);

impl SendId {
    /// The id as a number that is never 0.
    #[must_use]
    pub const fn to_bits(self) -> u32 {
        self.0
    }
}

/// Why a registration, a bootstrap or a Send failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// No connection could be made, or the account has no OSCORE context though it wants one (object
    /// 21 is not complete, or `security_contexts` are used up).
    Connection,
    /// The server refused it with this code.
    Response(Code),
    /// The server did not answer.
    TimedOut,
    /// The server rejected the message, or the driver gave the peer up.
    Reset,
    /// The server does not want anything sent (/1/x/23).
    Muted,
    /// The server's answer has no location, or a longer one than the limits allow.
    Location,
    /// The request is larger than the limits allow (`scratch`, the pool of the endpoint), or the
    /// answer is.
    TooLarge,
}

/// What a client tells. Events are states rather than a log: for each server the latest about its
/// registration, for each path what a server last did there. So none is lost however late one
/// asks, and none pile up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The client wants to talk to a server and has no connection with it. The driver makes one to
    /// the URI in /0/`security`/0 with the credentials in 2 to 5 (`get` reads them; no server can),
    /// and answers with `set_peer`, or with `connection_failed`.
    Connect {
        /// Short Server ID, 0 of the bootstrap server.
        server: u16,
        /// Instance of object 0.
        security: u16,
    },
    /// The driver is to close a connection, once all datagrams to it are sent, and to say so with
    /// `disconnected`.
    #[cfg(feature = "stream")]
    Close {
        /// The number of the connection.
        peer: m2m_base::PeerId,
        /// Why.
        reason: coap_core::CloseReason,
    },
    /// A bootstrap is done: accounts are what they are now, and the client registers with them.
    #[cfg(feature = "bootstrap")]
    Bootstrapped,
    /// A bootstrap failed, and everything is as it was before.
    #[cfg(feature = "bootstrap")]
    BootstrapFailed {
        /// Why.
        reason: Failure,
        /// When the next attempt comes; `None` if none does, because the client has a server.
        again: Option<Instant>,
    },
    /// The server accepted the registration.
    Registered {
        /// Short Server ID.
        server: u16,
    },
    /// The server accepted an update of the registration.
    Updated {
        /// Short Server ID.
        server: u16,
    },
    /// Queue mode: the server does not expect the client to listen any more. Once all do not
    /// (`is_awake` is false), the radio may be off until `poll_timeout`.
    #[cfg(feature = "queue-mode")]
    Asleep {
        /// Short Server ID.
        server: u16,
    },
    /// An attempt to register failed, or the registration was lost and could not be renewed.
    RegistrationFailed {
        /// Short Server ID.
        server: u16,
        /// Why.
        reason: Failure,
        /// When the next attempt comes; `None` if none does.
        again: Option<Instant>,
    },
    /// The client is no longer registered, because the application wanted so.
    Deregistered {
        /// Short Server ID.
        server: u16,
    },
    /// The client is no longer registered, because the server disabled it (/1/x/4).
    Disabled {
        /// Short Server ID.
        server: u16,
        /// When it registers again.
        until: Instant,
    },
    /// A server wrote a value: read it with `get`. After a Replace, the instance or the multiple
    /// resource that was replaced is told as well, because others of its values may have gone.
    Written {
        /// Short Server ID.
        server: u16,
        /// Of a resource, of a resource instance, or of what was replaced.
        path: Path,
    },
    /// A server created an object instance.
    Created {
        /// Short Server ID.
        server: u16,
        /// Of the instance.
        path: Path,
    },
    /// A server deleted an object instance or a resource instance.
    Deleted {
        /// Short Server ID.
        server: u16,
        /// Of what was deleted.
        path: Path,
    },
    /// The server accepted what was sent.
    Sent {
        /// Short Server ID.
        server: u16,
        /// Of [`super::Client::send`].
        id: SendId,
    },
    /// What was to be sent did not arrive, and is given up.
    SendFailed {
        /// Short Server ID.
        server: u16,
        /// Of [`super::Client::send`].
        id: SendId,
        /// Why.
        reason: Failure,
    },
    /// A server executes a resource: read its arguments with `arguments`, answer with
    /// `answer_execute`.
    Executed {
        /// Names it until it is answered.
        id: ExecuteId,
        /// Short Server ID.
        server: u16,
        /// Of the resource.
        path: Path,
    },
    /// A server reads a value that is asked for: tell it with `answer_value`, within a minute.
    #[cfg(feature = "values-on-read")]
    ValueWanted {
        /// Of the resource or resource instance.
        path: Path,
    },
    /// A block of a package is here: read it with `package_block`, keep it, and say so with
    /// `answer_package`. The next one comes after that.
    #[cfg(feature = "packages")]
    PackageBlock {
        /// Names it until it is answered.
        id: super::PackageId,
        /// Of the instance: `/5/0`, `/9/x`.
        package: Path,
        /// Where in the image its bytes belong. At 0 an image begins.
        offset: u32,
        /// None follows.
        last: bool,
    },
    /// The client is to download a package: connect to the host of its URI, which is the value of
    /// `/5/0/1` or `/9/x/3`, and give the number with `connect_package`. It is asked again when the
    /// connection does not bring anything any more.
    #[cfg(feature = "packages")]
    PackageConnect {
        /// Names the question until it is answered.
        id: super::PackageId,
        /// Of the instance.
        package: Path,
    },
    /// The application is to download a package and to see whether it is right: say how that ended
    /// with `answer_package`.
    #[cfg(feature = "packages")]
    PackageDownload {
        /// Names the question until it is answered.
        id: super::PackageId,
        /// Of the instance.
        package: Path,
    },
    /// A package is whole: say with `answer_package` whether it is right.
    #[cfg(feature = "packages")]
    PackageVerify {
        /// Names the question until it is answered.
        id: super::PackageId,
        /// Of the instance.
        package: Path,
    },
    /// Something is to be done with a package: say with `answer_package` how it ended. After a
    /// restart in between it is asked again.
    #[cfg(feature = "packages")]
    PackageApply {
        /// Names the question until it is answered.
        id: super::PackageId,
        /// Of the instance.
        package: Path,
        /// What.
        step: super::PackageStep,
    },
    /// What is kept of a package is of no use any more.
    #[cfg(feature = "packages")]
    PackageDiscarded {
        /// Of the instance.
        package: Path,
    },
    /// The record of a package is another: store what `package_record` gives.
    #[cfg(feature = "packages")]
    PackageChanged {
        /// Of the instance.
        package: Path,
    },
}

/// How far a registration is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Registration {
    /// Not registered, and not about to.
    Off,
    /// It waits for the servers before it in the order (/1/x/13).
    Queued,
    /// The next attempt comes then.
    Waiting {
        /// When.
        until: Instant,
    },
    /// The driver is to make a connection.
    Connecting,
    /// A Register is under way.
    Registering,
    /// Registered; an Update may be under way.
    Registered,
    /// A De-register is under way.
    Deregistering,
    /// The server disabled the client.
    Disabled {
        /// When it registers again.
        until: Instant,
    },
    /// All attempts failed.
    Failed,
}
