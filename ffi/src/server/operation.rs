//! Operations on clients.

use alloc::vec::Vec;
use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use coap_core::ContentFormat;
use lwm2m_core::Path;
use lwm2m_core::format::Item;
use lwm2m_core::server::{
    Body, ObservationId, Operation, OperationId, Pending, PendingState, RegistrationId, Server,
    WriteMode,
};
use m2m_base::{Duration, Instant};

use super::m2m_lwm2m_server;
use crate::borrow::{Growing, Out, OutBytes, bytes, init, rows, sized, string};
use crate::engine::{checked, millis};
use crate::guard::caught;
use crate::handled::Handled;
use crate::memory::room;
use crate::path::m2m_path;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_OK, M2M_UNKNOWN_ID};
use crate::value::{items, m2m_lwm2m_item};

/// What to do with a client.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_operation_kind {
    /// Read path: an object, an instance, a resource or a resource instance.
    M2M_LWM2M_READ = 1,
    /// Write items to path; what is not among them is removed.
    M2M_LWM2M_REPLACE = 2,
    /// Write items to path, an instance or a multiple resource; what is not among them stays.
    M2M_LWM2M_UPDATE = 3,
    /// Execute the resource at path; text is its arguments (0='text',1).
    M2M_LWM2M_EXECUTE = 4,
    /// Create an instance of the object at path with items. Their paths have its ID.
    M2M_LWM2M_CREATE = 5,
    /// Delete the instance, or resource instance (1.2), at path.
    M2M_LWM2M_DELETE = 6,
    /// List what is below path, with its attributes.
    M2M_LWM2M_DISCOVER = 7,
    /// Set notification attributes of path: text is pmin=10&pmax=60; one without a value is unset.
    M2M_LWM2M_WRITE_ATTRIBUTES = 8,
    /// Read path and be notified of changes. text: attributes of this observation alone (1.2).
    M2M_LWM2M_OBSERVE = 9,
    /// Read paths (1.1).
    M2M_LWM2M_READ_COMPOSITE = 10,
    /// Write items anywhere, all or none (1.1).
    M2M_LWM2M_WRITE_COMPOSITE = 11,
    /// Read paths and be notified of changes (1.1). text: attributes of this observation alone.
    M2M_LWM2M_OBSERVE_COMPOSITE = 12,
    /// End observation by telling the client.
    M2M_LWM2M_CANCEL_OBSERVATION = 13,
    /// Only in m2m_lwm2m_pending: the server sets an observation up anew by itself.
    M2M_LWM2M_RENEW = 14,
    /// Only in m2m_lwm2m_pending: the server asks a gateway for its devices by itself.
    M2M_LWM2M_SURVEY = 15,
}

/// A content format, -1 for none.
pub(crate) fn content_format(number: i32) -> Result<Option<ContentFormat>, m2m_result> {
    match number {
        -1 => Ok(None),
        number => Ok(Some(ContentFormat(u16::try_from(number).map_err(|_| M2M_INVALID)?))),
    }
}

/// What is written: items, or in their place a payload of a format.
pub(crate) fn body<'a>(
    format: Option<ContentFormat>,
    items: &'a [Item<'a>],
    payload: &'a [u8],
) -> Result<Body<'a>, m2m_result> {
    match (format, payload.is_empty()) {
        (_, true) => Ok(Body::Items { format, items }),
        (Some(format), false) if items.is_empty() => Ok(Body::Encoded { format, payload }),
        _ => Err(M2M_INVALID),
    }
}

/// An operation. Fill it with m2m_lwm2m_operation_init(), then set kind and what that needs.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_operation {
    /// Size of this structure.
    pub struct_size: usize,
    /// One of enum m2m_lwm2m_operation_kind. Default: M2M_LWM2M_READ.
    pub kind: i32,
    /// Content format of what is asked for or written: one of enum m2m_lwm2m_format, -1 for one that
    /// the client has. Default: -1.
    pub format: i32,
    /// Where. Default: the root.
    pub path: m2m_path,
    /// Arguments or attributes; may be NULL.
    pub text: *const c_char,
    /// Of composite operations: the paths.
    pub paths: *const m2m_path,
    /// How many they are.
    pub paths_len: usize,
    /// What is written, in the order of the paths.
    pub items: *const m2m_lwm2m_item,
    /// How many they are.
    pub items_len: usize,
    /// In the place of items: what is written, encoded as format says.
    pub payload: *const u8,
    /// Its length.
    pub payload_len: usize,
    /// Of M2M_LWM2M_CANCEL_OBSERVATION: which.
    pub observation: u64,
    /// Of M2M_LWM2M_DISCOVER: how many levels (1.2), -1 for the standard's default. Default: -1.
    pub depth: i32,
    /// How long it may take, in milliseconds; 0 for as long as the configuration says.
    pub timeout_ms: u32,
}

const LEAST: usize = size_of::<m2m_lwm2m_operation>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_lwm2m_operation {}

impl m2m_lwm2m_operation {
    fn new(size: usize) -> Self {
        m2m_lwm2m_operation {
            struct_size: size,
            kind: m2m_lwm2m_operation_kind::M2M_LWM2M_READ as i32,
            format: -1,
            path: Path::ROOT.into(),
            text: ptr::null(),
            paths: ptr::null(),
            paths_len: 0,
            items: ptr::null(),
            items_len: 0,
            payload: ptr::null(),
            payload_len: 0,
            observation: 0,
            depth: -1,
            timeout_ms: 0,
        }
    }

    /// # Safety
    /// What the structure points to is as long as it says.
    unsafe fn give(
        &self,
        server: &mut Server,
        now: Instant,
        registration: RegistrationId,
    ) -> Result<OperationId, m2m_result> {
        let path = self.path.get()?;
        let format = content_format(self.format)?;
        // SAFETY: the same promise.
        let (attributes, payload) =
            unsafe { (string(self.text)?, bytes(self.payload, self.payload_len)?) };
        // SAFETY: the same promise; every bit pattern is a valid row.
        let (path_rows, items) =
            unsafe { (rows(self.paths, self.paths_len)?, items(self.items, self.items_len)?) };
        let mut paths: Vec<Path> = room(path_rows.len())?;
        for path in path_rows {
            paths.push(path.get()?);
        }
        let body = body(format, &items, payload)?;
        let depth = match self.depth {
            -1 => None,
            levels => Some(u8::try_from(levels).map_err(|_| M2M_INVALID)?),
        };
        let paths = &paths;
        let operation = match self.kind {
            1 => Operation::Read { path, format },
            2 => Operation::Write { path, mode: WriteMode::Replace, body },
            3 => Operation::Write { path, mode: WriteMode::Update, body },
            4 => Operation::Execute { path, arguments: attributes },
            5 => match *path.ids() {
                [object] => Operation::Create { object, body },
                _ => return Err(M2M_INVALID),
            },
            6 => Operation::Delete { path },
            7 => Operation::Discover { path, depth },
            8 => Operation::WriteAttributes { path, attributes },
            9 => Operation::Observe { path, format, attributes },
            10 => Operation::ReadComposite { paths, format },
            11 => Operation::WriteComposite { body },
            12 => Operation::ObserveComposite { paths, format, attributes },
            13 => Operation::CancelObservation {
                observation: ObservationId::from_bits(self.observation),
            },
            _ => return Err(M2M_INVALID),
        };
        let timeout = (self.timeout_ms != 0).then(|| Duration::from_millis(self.timeout_ms.into()));
        Ok(server.request(now, registration, &operation, timeout)?)
    }
}

/// Fills an operation: a Read. Call it as m2m_lwm2m_operation_init(&operation, sizeof operation).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_operation_init(
    operation: *mut m2m_lwm2m_operation,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(operation, struct_size, LEAST, &m2m_lwm2m_operation::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}

/// Asks something of a client. *id names the operation from now on; exactly one
/// M2M_LWM2M_SERVER_RESPONSE or M2M_LWM2M_SERVER_FAILED tells how it ended. For a client in queue mode
/// that sleeps, it waits.
///
/// Errors: M2M_UNKNOWN_ID for a registration or observation that is no more; M2M_INVALID for what cannot
/// be asked so, with this path or in this format; M2M_TOO_LONG; M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_request(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    registration: u64,
    operation: *const m2m_lwm2m_operation,
    id: *mut u64,
) -> i32 {
    // SAFETY: the caller passes memory for a number and a structure as long as it says.
    let pointers = unsafe {
        Out::new(id)
            .and_then(|out| Ok((out, sized(operation, LEAST, m2m_lwm2m_operation::new(LEAST))?)))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed, and what the operation points to is
    // as long as it says.
    checked(pointers, |(out, operation)| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let now = Instant::from_millis(now_ms);
            let registration = RegistrationId::from_bits(registration);
            out.put(operation.give(&mut inside.server, now, registration)?.to_bits());
            Ok(M2M_OK)
        })
    })
}

/// Reads a path of a client, in a format that it has: the short form of M2M_LWM2M_READ.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_read(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    registration: u64,
    path: m2m_path,
    id: *mut u64,
) -> i32 {
    let operation = m2m_lwm2m_operation { path, ..m2m_lwm2m_operation::new(LEAST) };
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    unsafe { m2m_lwm2m_server_request(server, now_ms, registration, &raw const operation, id) }
}

/// Gives an operation up. M2M_LWM2M_SERVER_FAILED follows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_abort(
    server: *mut m2m_lwm2m_server,
    now_ms: u64,
    id: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            inside.server.abort(Instant::from_millis(now_ms), OperationId::from_bits(id))?;
            Ok(M2M_OK)
        })
    }
}

/// Where an operation is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_pending_state {
    /// It waits for its turn, or for the client to wake up.
    M2M_LWM2M_HELD = 0,
    /// It was sent, and its answer is awaited.
    M2M_LWM2M_IN_FLIGHT = 1,
    /// It was answered.
    M2M_LWM2M_ANSWERED = 2,
}

/// An operation that is not over, or whose answer was not released.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_lwm2m_pending {
    /// Its id.
    pub id: u64,
    /// By which it is known before and after a restart.
    pub number: u64,
    /// When it fails unless it is answered, M2M_NEVER once it is.
    pub deadline_ms: u64,
    /// One of enum m2m_lwm2m_operation_kind.
    pub kind: i32,
    /// One of enum m2m_lwm2m_pending_state.
    pub state: i32,
    /// What it is about; the root for several paths.
    pub path: m2m_path,
}

fn kind_number(kind: lwm2m_core::server::OperationKind) -> m2m_lwm2m_operation_kind {
    use lwm2m_core::server::OperationKind;
    use m2m_lwm2m_operation_kind::*;
    match kind {
        OperationKind::Replace => M2M_LWM2M_REPLACE,
        OperationKind::Update => M2M_LWM2M_UPDATE,
        OperationKind::Execute => M2M_LWM2M_EXECUTE,
        OperationKind::Create => M2M_LWM2M_CREATE,
        OperationKind::Delete => M2M_LWM2M_DELETE,
        OperationKind::Discover => M2M_LWM2M_DISCOVER,
        OperationKind::WriteAttributes => M2M_LWM2M_WRITE_ATTRIBUTES,
        OperationKind::Observe => M2M_LWM2M_OBSERVE,
        OperationKind::ReadComposite => M2M_LWM2M_READ_COMPOSITE,
        OperationKind::WriteComposite => M2M_LWM2M_WRITE_COMPOSITE,
        OperationKind::ObserveComposite => M2M_LWM2M_OBSERVE_COMPOSITE,
        OperationKind::CancelObservation => M2M_LWM2M_CANCEL_OBSERVATION,
        OperationKind::Renew => M2M_LWM2M_RENEW,
        OperationKind::Survey => M2M_LWM2M_SURVEY,
        _ => M2M_LWM2M_READ,
    }
}

impl From<Pending<'_>> for m2m_lwm2m_pending {
    fn from(found: Pending<'_>) -> Self {
        m2m_lwm2m_pending {
            id: found.id().to_bits(),
            number: found.number(),
            deadline_ms: millis(found.deadline()),
            kind: kind_number(found.kind()) as i32,
            state: match found.state() {
                PendingState::Held => 0,
                PendingState::InFlight => 1,
                PendingState::Answered => 2,
            },
            path: found.path().into(),
        }
    }
}

/// The operation at index, from 0, of those for a registration, in the order in which they were asked
/// for. M2M_UNKNOWN_ID if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_pending_at(
    server: *const m2m_lwm2m_server,
    registration: u64,
    index: usize,
    pending: *mut m2m_lwm2m_pending,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(pending) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let registration = RegistrationId::from_bits(registration);
            let found = inside.server.operations(registration).nth(index).ok_or(M2M_UNKNOWN_ID)?;
            out.put(found.into());
            Ok(M2M_OK)
        })
    })
}

/// The operation that id names, as long as it is not over, or its answer was not released.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_pending(
    server: *const m2m_lwm2m_server,
    id: u64,
    pending: *mut m2m_lwm2m_pending,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(pending) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let id = OperationId::from_bits(id);
            out.put(inside.server.operation(id).ok_or(M2M_UNKNOWN_ID)?.into());
            Ok(M2M_OK)
        })
    })
}

/// The path at index, from 0, of those that an operation is about. M2M_NOTHING if there are not as many.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_pending_path(
    server: *const m2m_lwm2m_server,
    id: u64,
    index: usize,
    path: *mut m2m_path,
) -> i32 {
    // SAFETY: the caller passes memory for the result, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(path) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let found = inside.server.operation(OperationId::from_bits(id));
            let mut paths = found.ok_or(M2M_UNKNOWN_ID)?.paths();
            out.put_found(paths.nth(index).map(m2m_path::from))
        })
    })
}

/// Copies the attributes of an operation (Write-Attributes, Observe), such as pmin=1&gt=20, into buf, and a NUL
/// behind them. len gets their length without the NUL, 0 for none. M2M_BUFFER_TOO_SMALL if cap is not above it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_pending_attributes(
    server: *const m2m_lwm2m_server,
    id: u64,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for the results, and NULL or a handle that was not freed.
    checked(unsafe { OutBytes::new(buf.cast(), cap, len) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            let found = inside.server.operation(OperationId::from_bits(id));
            let text = found.ok_or(M2M_UNKNOWN_ID)?.attributes();
            out.put_text(Some(text))
        })
    })
}

/// How many operations wait or are under way, of all clients.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_server_open_operations(
    server: *const m2m_lwm2m_server,
    count: *mut u32,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(count) }, |out| unsafe {
        m2m_lwm2m_server::with(server, |inside| {
            out.put(inside.server.open_operations());
            Ok(M2M_OK)
        })
    })
}
