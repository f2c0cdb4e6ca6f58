//! What a client tells, as one flat structure.

use lwm2m_core::Path;
#[cfg(feature = "downloads")]
use lwm2m_core::client::PackageId;
use lwm2m_core::client::{Event, Failure, Registration};

use m2m_base::Instant;

use crate::engine::{M2M_NEVER, millis};
use crate::path::m2m_path;

/// What happened.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_event_kind {
    /// Something that this header does not know. To be skipped.
    M2M_LWM2M_UNKNOWN_EVENT = 0,
    /// The server accepted the registration.
    M2M_LWM2M_REGISTERED = 1,
    /// The server accepted an update of the registration.
    M2M_LWM2M_UPDATED = 2,
    /// An attempt to register failed, or the registration was lost. reason and code say why; at_ms
    /// is when the next attempt comes, M2M_NEVER if none does.
    M2M_LWM2M_REGISTRATION_FAILED = 3,
    /// The client is no longer registered, because the application wanted so.
    M2M_LWM2M_DEREGISTERED = 4,
    /// The client is no longer registered, because the server disabled it. It registers again at
    /// at_ms.
    M2M_LWM2M_DISABLED = 5,
    /// The server wrote a value: read it with m2m_lwm2m_client_get_integer() and its like. path is
    /// a resource or resource instance, or an object instance or multiple resource that the server
    /// replaced as a whole, so that others of its values may have gone.
    M2M_LWM2M_WRITTEN = 6,
    /// The server created the object instance at path.
    M2M_LWM2M_CREATED = 7,
    /// The server deleted the object instance or resource instance at path.
    M2M_LWM2M_DELETED = 8,
    /// The server executes the resource at path: read arguments with m2m_lwm2m_client_arguments(),
    /// answer with m2m_lwm2m_client_answer_execute(). id names the execute until then. Without an
    /// answer the server gets 5.03 after a while.
    M2M_LWM2M_EXECUTED = 9,
    /// The client wants to talk to the server and has no connection with it. path is the instance
    /// of the Security object (/0/x) with the address and the credentials. Answer with
    /// m2m_lwm2m_client_set_peer() or m2m_lwm2m_client_connection_failed(). server is 0 for the
    /// bootstrap server. Servers that
    /// m2m_lwm2m_client_add_server() added have a connection from the beginning.
    M2M_LWM2M_CONNECT = 10,
    /// A bootstrap is done: the client registers with the servers that it has now.
    M2M_LWM2M_BOOTSTRAPPED = 11,
    /// A bootstrap failed, and everything is as it was before. reason and code say why; at_ms is
    /// when the next attempt comes, M2M_NEVER if none does.
    M2M_LWM2M_BOOTSTRAP_FAILED = 12,
    /// The server accepted what m2m_lwm2m_client_send() sent under this id.
    M2M_LWM2M_SENT = 13,
    /// What m2m_lwm2m_client_send() was to send under this id did not arrive and is given up. reason
    /// and code say why.
    M2M_LWM2M_SEND_FAILED = 14,
    /// Queue mode: the server does not expect the client to listen any more.
    M2M_LWM2M_ASLEEP = 15,
    /// A block of a package is here, path is /5/0 or /9/x: read it with
    /// m2m_lwm2m_client_package_block(), keep it at offset (at 0 an image begins; last is 1 if none
    /// follows), and say so with m2m_lwm2m_client_answer_package(). The next one comes after that.
    M2M_LWM2M_PACKAGE_BLOCK = 16,
    /// The client is to download a package: connect to the host of its URI, which is the string at
    /// /5/0/1 or /9/x/3, and give the number with m2m_lwm2m_client_connect_package(). It is asked
    /// again when the connection does not bring anything any more.
    M2M_LWM2M_PACKAGE_CONNECT = 17,
    /// The application is to download a package and to see whether it is right. Answer with
    /// m2m_lwm2m_client_answer_package().
    M2M_LWM2M_PACKAGE_DOWNLOAD = 18,
    /// A package is whole. Answer with m2m_lwm2m_client_answer_package() whether it is right.
    M2M_LWM2M_PACKAGE_VERIFY = 19,
    /// Something is to be done with a package: step says what. Answer with
    /// m2m_lwm2m_client_answer_package() how it ended. After a restart in between it is asked again.
    M2M_LWM2M_PACKAGE_APPLY = 20,
    /// What is kept of a package is of no use any more.
    M2M_LWM2M_PACKAGE_DISCARDED = 21,
    /// The record of a package is another: store what m2m_lwm2m_client_package_record() gives.
    M2M_LWM2M_PACKAGE_CHANGED = 22,
    /// Close the connection id, once all that is to be sent to it is sent, and say so with
    /// m2m_lwm2m_client_disconnected(). reason is one of enum m2m_stream_close.
    M2M_LWM2M_CLOSE = 23,
    /// A server reads the value at path, which is asked for, or its epmax is over: set it, then say so with
    /// m2m_lwm2m_client_answer_value(), within a minute.
    M2M_LWM2M_VALUE_WANTED = 24,
}

use m2m_lwm2m_event_kind::*;

/// Why a registration or a Send failed.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_failure {
    /// It did not fail, or for something that this header does not know.
    M2M_LWM2M_NO_FAILURE = 0,
    /// The server refused it with the event's code.
    M2M_LWM2M_FAILED_RESPONSE = 1,
    /// The server did not answer.
    M2M_LWM2M_FAILED_TIMED_OUT = 2,
    /// The server rejected the message.
    M2M_LWM2M_FAILED_RESET = 3,
    /// The server's answer has no location, or one longer than location_size.
    M2M_LWM2M_FAILED_LOCATION = 4,
    /// The request is larger than the configuration allows, or the answer is.
    M2M_LWM2M_FAILED_TOO_LARGE = 5,
    /// No connection could be made.
    M2M_LWM2M_FAILED_CONNECTION = 6,
    /// The server does not want anything sent (/1/x/23).
    M2M_LWM2M_FAILED_MUTED = 7,
}

use m2m_lwm2m_failure::*;

/// An event. Every member is always set; those that the kind does not speak of are 0, at_ms is
/// M2M_NEVER.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_event {
    /// What happened: one of enum m2m_lwm2m_event_kind. A later library may have more of them.
    pub kind: i32,
    /// Why: one of enum m2m_lwm2m_failure.
    pub reason: i32,
    /// Short Server ID of the server that did it, or that it is about.
    pub server: u16,
    /// Where.
    pub path: m2m_path,
    /// CoAP response code, class in the upper 3 bits and detail in the lower 5: 0x84 is 4.04.
    pub code: u8,
    /// Names an execute until it is answered, what was sent, or a connection.
    pub id: u64,
    /// When something follows.
    pub at_ms: u64,
    /// Of a block of a package: where in the image its bytes belong.
    pub offset: u32,
    /// Of a block of a package: 1 if none follows.
    pub last: u8,
    /// What is to be done with a package: one of enum m2m_lwm2m_package_step.
    pub step: i32,
}

impl m2m_lwm2m_event {
    /// An event of which nothing is known.
    const UNKNOWN: Self = m2m_lwm2m_event {
        kind: M2M_LWM2M_UNKNOWN_EVENT as i32,
        reason: M2M_LWM2M_NO_FAILURE as i32,
        server: 0,
        path: m2m_path { len: 0, ids: [0; 4] },
        code: 0,
        id: 0,
        at_ms: M2M_NEVER,
        offset: 0,
        last: 0,
        step: 0,
    };

    /// Why, and when it is tried again.
    fn fail(&mut self, reason: Failure, again: Option<Instant>) {
        let reason = match reason {
            Failure::Response(code) => {
                self.code = code.0;
                M2M_LWM2M_FAILED_RESPONSE
            }
            Failure::TimedOut => M2M_LWM2M_FAILED_TIMED_OUT,
            Failure::Reset => M2M_LWM2M_FAILED_RESET,
            Failure::Location => M2M_LWM2M_FAILED_LOCATION,
            Failure::Connection => M2M_LWM2M_FAILED_CONNECTION,
            Failure::TooLarge => M2M_LWM2M_FAILED_TOO_LARGE,
            Failure::Muted => M2M_LWM2M_FAILED_MUTED,
            _ => M2M_LWM2M_NO_FAILURE,
        };
        self.reason = reason as i32;
        self.at_ms = millis(again);
    }
}

/// An event about a package.
#[cfg(feature = "downloads")]
fn package_event(event: Event) -> m2m_lwm2m_event {
    let about = |kind: m2m_lwm2m_event_kind, path: Path, id: Option<PackageId>| m2m_lwm2m_event {
        kind: kind as i32,
        path: path.into(),
        id: id.map_or(0, PackageId::to_bits),
        ..m2m_lwm2m_event::UNKNOWN
    };
    match event {
        Event::PackageBlock { id, package, offset, last } => m2m_lwm2m_event {
            offset,
            last: last.into(),
            ..about(M2M_LWM2M_PACKAGE_BLOCK, package, Some(id))
        },
        Event::PackageConnect { id, package } => {
            about(M2M_LWM2M_PACKAGE_CONNECT, package, Some(id))
        }
        Event::PackageDownload { id, package } => {
            about(M2M_LWM2M_PACKAGE_DOWNLOAD, package, Some(id))
        }
        Event::PackageVerify { id, package } => about(M2M_LWM2M_PACKAGE_VERIFY, package, Some(id)),
        Event::PackageApply { id, package, step } => m2m_lwm2m_event {
            step: super::package::step(step) as i32,
            ..about(M2M_LWM2M_PACKAGE_APPLY, package, Some(id))
        },
        Event::PackageDiscarded { package } => about(M2M_LWM2M_PACKAGE_DISCARDED, package, None),
        Event::PackageChanged { package } => about(M2M_LWM2M_PACKAGE_CHANGED, package, None),
        _ => m2m_lwm2m_event::UNKNOWN,
    }
}

impl From<Event> for m2m_lwm2m_event {
    fn from(event: Event) -> Self {
        let mut flat = m2m_lwm2m_event::UNKNOWN;
        flat.tell(&event);
        flat
    }
}

impl m2m_lwm2m_event {
    /// Says what happened, in an event that says nothing yet.
    #[inline(never)]
    fn tell(&mut self, event: &Event) {
        let flat = self;
        let mut place = Path::ROOT;
        let (kind, server) = match *event {
            Event::Registered { server } => (M2M_LWM2M_REGISTERED, server),
            Event::Updated { server } => (M2M_LWM2M_UPDATED, server),
            Event::Deregistered { server } => (M2M_LWM2M_DEREGISTERED, server),
            Event::RegistrationFailed { server, reason, again } => {
                flat.fail(reason, again);
                (M2M_LWM2M_REGISTRATION_FAILED, server)
            }
            #[cfg(feature = "queue-mode")]
            Event::Asleep { server } => (M2M_LWM2M_ASLEEP, server),
            #[cfg(feature = "bootstrap")]
            Event::Bootstrapped => (M2M_LWM2M_BOOTSTRAPPED, 0),
            #[cfg(feature = "bootstrap")]
            Event::BootstrapFailed { reason, again } => {
                flat.fail(reason, again);
                (M2M_LWM2M_BOOTSTRAP_FAILED, 0)
            }
            #[cfg(feature = "send")]
            Event::Sent { server, id } => {
                flat.id = id.to_bits().into();
                (M2M_LWM2M_SENT, server)
            }
            #[cfg(feature = "send")]
            Event::SendFailed { server, id, reason } => {
                flat.fail(reason, None);
                flat.id = id.to_bits().into();
                (M2M_LWM2M_SEND_FAILED, server)
            }
            Event::Connect { server, security } => {
                place = Path::instance(0, security);
                (M2M_LWM2M_CONNECT, server)
            }
            #[cfg(feature = "stream")]
            Event::Close { peer, reason } => {
                flat.id = peer.0;
                flat.reason = crate::stream::close_reason(reason);
                (M2M_LWM2M_CLOSE, 0)
            }
            Event::Disabled { server, until } => {
                flat.at_ms = until.as_millis();
                (M2M_LWM2M_DISABLED, server)
            }
            Event::Written { server, path } => {
                place = path;
                (M2M_LWM2M_WRITTEN, server)
            }
            Event::Created { server, path } => {
                place = path;
                (M2M_LWM2M_CREATED, server)
            }
            Event::Deleted { server, path } => {
                place = path;
                (M2M_LWM2M_DELETED, server)
            }
            #[cfg(feature = "values-on-read")]
            Event::ValueWanted { path } => {
                place = path;
                (M2M_LWM2M_VALUE_WANTED, 0)
            }
            Event::Executed { id, server, path } => {
                place = path;
                flat.id = id.to_bits();
                (M2M_LWM2M_EXECUTED, server)
            }
            #[cfg(feature = "downloads")]
            other => {
                *flat = package_event(other);
                return;
            }
            #[cfg(not(feature = "downloads"))]
            _ => (M2M_LWM2M_UNKNOWN_EVENT, 0),
        };
        (flat.kind, flat.server) = (kind as i32, server);
        flat.path = place.into();
    }
}

/// How far a registration is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_registration_state {
    /// Not registered, and not about to be.
    M2M_LWM2M_STATE_OFF = 0,
    /// It waits for the servers that come before it (/1/x/13).
    M2M_LWM2M_STATE_QUEUED = 1,
    /// The next attempt comes at at_ms.
    M2M_LWM2M_STATE_WAITING = 2,
    /// A Register is under way.
    M2M_LWM2M_STATE_REGISTERING = 3,
    /// Registered.
    M2M_LWM2M_STATE_REGISTERED = 4,
    /// A De-register is under way.
    M2M_LWM2M_STATE_DEREGISTERING = 5,
    /// The server disabled the client until at_ms.
    M2M_LWM2M_STATE_DISABLED = 6,
    /// All attempts failed.
    M2M_LWM2M_STATE_FAILED = 7,
    /// Something that this header does not know.
    M2M_LWM2M_STATE_OTHER = 8,
    /// The application is to make a connection.
    M2M_LWM2M_STATE_CONNECTING = 9,
}

use m2m_lwm2m_registration_state::*;

/// How far the registration to one server is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_registration {
    /// One of enum m2m_lwm2m_registration_state.
    pub state: i32,
    /// When it goes on, if the state says so, else M2M_NEVER.
    pub at_ms: u64,
}

impl From<Registration> for m2m_lwm2m_registration {
    fn from(registration: Registration) -> Self {
        let (state, at) = match registration {
            Registration::Off => (M2M_LWM2M_STATE_OFF, None),
            Registration::Queued => (M2M_LWM2M_STATE_QUEUED, None),
            Registration::Waiting { until } => (M2M_LWM2M_STATE_WAITING, Some(until)),
            Registration::Connecting => (M2M_LWM2M_STATE_CONNECTING, None),
            Registration::Registering => (M2M_LWM2M_STATE_REGISTERING, None),
            Registration::Registered => (M2M_LWM2M_STATE_REGISTERED, None),
            Registration::Deregistering => (M2M_LWM2M_STATE_DEREGISTERING, None),
            Registration::Disabled { until } => (M2M_LWM2M_STATE_DISABLED, Some(until)),
            Registration::Failed => (M2M_LWM2M_STATE_FAILED, None),
            _ => (M2M_LWM2M_STATE_OTHER, None),
        };
        m2m_lwm2m_registration { state: state as i32, at_ms: millis(at) }
    }
}
