//! Events as calls of the application's functions.

use core::ffi::c_void;
use core::mem::size_of;
use portable_atomic::Ordering;

use super::m2m_lwm2m_event_kind::*;
use super::{
    m2m_lwm2m_client, m2m_lwm2m_client_answer_execute, m2m_lwm2m_client_answer_value,
    m2m_lwm2m_event,
};
use crate::borrow::{Growing, sized};
use crate::code::m2m_coap_code;
use crate::result::code;
use crate::result::m2m_result::{M2M_BUSY, M2M_NOTHING, M2M_NULL, M2M_OK};

/// A function of the application that gets an event. user is what was passed to
/// m2m_lwm2m_client_dispatch(). It may call any function with the client, except
/// m2m_lwm2m_client_free() and m2m_lwm2m_client_dispatch(), which return M2M_BUSY. It must return:
/// no longjmp(), no C++ exception.
pub type m2m_lwm2m_handler = Option<
    unsafe extern "C" fn(
        user: *mut c_void,
        client: *mut m2m_lwm2m_client,
        event: *const m2m_lwm2m_event,
    ),
>;

/// What to call for which event. NULL: the event is dropped, and an execute is answered with 4.05.
/// Set all to zero first, then struct_size to the size of this structure.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_client_handlers {
    /// Size of this structure.
    pub struct_size: usize,
    /// For M2M_LWM2M_REGISTERED.
    pub registered: m2m_lwm2m_handler,
    /// For M2M_LWM2M_UPDATED.
    pub updated: m2m_lwm2m_handler,
    /// For M2M_LWM2M_REGISTRATION_FAILED.
    pub registration_failed: m2m_lwm2m_handler,
    /// For M2M_LWM2M_DEREGISTERED.
    pub deregistered: m2m_lwm2m_handler,
    /// For M2M_LWM2M_DISABLED.
    pub disabled: m2m_lwm2m_handler,
    /// For M2M_LWM2M_WRITTEN.
    pub written: m2m_lwm2m_handler,
    /// For M2M_LWM2M_CREATED.
    pub created: m2m_lwm2m_handler,
    /// For M2M_LWM2M_DELETED.
    pub deleted: m2m_lwm2m_handler,
    /// For M2M_LWM2M_EXECUTED. It answers, or remembers the id of the event and answers later.
    pub executed: m2m_lwm2m_handler,
    /// For M2M_LWM2M_PACKAGE_BLOCK to M2M_LWM2M_PACKAGE_CHANGED.
    pub package: m2m_lwm2m_handler,
    /// For M2M_LWM2M_SENT.
    pub sent: m2m_lwm2m_handler,
    /// For M2M_LWM2M_SEND_FAILED.
    pub send_failed: m2m_lwm2m_handler,
    /// For M2M_LWM2M_CONNECT. Without it, servers that were not added with a connection are not reached.
    pub connect: m2m_lwm2m_handler,
    /// For M2M_LWM2M_CLOSE.
    pub close: m2m_lwm2m_handler,
    /// For M2M_LWM2M_BOOTSTRAPPED.
    pub bootstrapped: m2m_lwm2m_handler,
    /// For M2M_LWM2M_BOOTSTRAP_FAILED.
    pub bootstrap_failed: m2m_lwm2m_handler,
    /// For M2M_LWM2M_ASLEEP.
    pub asleep: m2m_lwm2m_handler,
    /// For M2M_LWM2M_VALUE_WANTED. Without it the value is the one that was set last.
    pub value_wanted: m2m_lwm2m_handler,
}

const LEAST: usize = size_of::<m2m_lwm2m_client_handlers>();

// SAFETY: repr(C), the size comes first. The others are function pointers, of which C can pass
// NULL or a function; anything else dangles.
unsafe impl Growing for m2m_lwm2m_client_handlers {}

impl m2m_lwm2m_client_handlers {
    const NONE: Self = m2m_lwm2m_client_handlers {
        struct_size: LEAST,
        registered: None,
        updated: None,
        registration_failed: None,
        deregistered: None,
        disabled: None,
        written: None,
        created: None,
        deleted: None,
        executed: None,
        package: None,
        sent: None,
        send_failed: None,
        connect: None,
        close: None,
        bootstrapped: None,
        bootstrap_failed: None,
        asleep: None,
        value_wanted: None,
    };

    fn of(&self, kind: i32) -> m2m_lwm2m_handler {
        let table = [
            (M2M_LWM2M_REGISTERED, self.registered),
            (M2M_LWM2M_UPDATED, self.updated),
            (M2M_LWM2M_REGISTRATION_FAILED, self.registration_failed),
            (M2M_LWM2M_DEREGISTERED, self.deregistered),
            (M2M_LWM2M_DISABLED, self.disabled),
            (M2M_LWM2M_WRITTEN, self.written),
            (M2M_LWM2M_CREATED, self.created),
            (M2M_LWM2M_DELETED, self.deleted),
            (M2M_LWM2M_EXECUTED, self.executed),
            (M2M_LWM2M_SENT, self.sent),
            (M2M_LWM2M_SEND_FAILED, self.send_failed),
            (M2M_LWM2M_CONNECT, self.connect),
            (M2M_LWM2M_CLOSE, self.close),
            (M2M_LWM2M_BOOTSTRAPPED, self.bootstrapped),
            (M2M_LWM2M_BOOTSTRAP_FAILED, self.bootstrap_failed),
            (M2M_LWM2M_ASLEEP, self.asleep),
            (M2M_LWM2M_VALUE_WANTED, self.value_wanted),
        ];
        let packages = M2M_LWM2M_PACKAGE_BLOCK as i32..=M2M_LWM2M_PACKAGE_CHANGED as i32;
        if packages.contains(&kind) {
            return self.package;
        }
        table.into_iter().find(|(k, _)| *k as i32 == kind).and_then(|(_, handler)| handler)
    }
}

/// Polls all events and calls the function that handlers has for each, with user as its first
/// argument. The client is not inside a call while the function runs. M2M_NOTHING if there was no
/// event.
///
/// An alternative to m2m_lwm2m_client_poll_event() for those who like their events that way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_dispatch(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    handlers: *const m2m_lwm2m_client_handlers,
    user: *mut c_void,
) -> i32 {
    // SAFETY: the caller passes NULL or a structure as long as it says.
    let handlers = match unsafe { sized(handlers, LEAST, m2m_lwm2m_client_handlers::NONE) } {
        Ok(handlers) => handlers,
        Err(error) => return error.code(),
    };
    // SAFETY: the caller passes NULL or a handle that was not freed; m2m_lwm2m_client_free refuses
    // to free it while `dispatching` is set.
    let Some(handle) = (unsafe { client.as_ref() }) else {
        return M2M_NULL.code();
    };
    if handle.0.dispatching.swap(true, Ordering::AcqRel) {
        return M2M_BUSY.code();
    }
    let mut told = M2M_NOTHING;
    let end = loop {
        let next = handle.0.guarded.with(|inside| Ok(inside.client.poll_event()));
        let event = match next {
            Ok(Some(event)) => m2m_lwm2m_event::from(event),
            Ok(None) => break Ok(told),
            Err(error) => break Err(error),
        };
        told = M2M_OK;
        match handlers.of(event.kind) {
            // SAFETY: the caller passes functions of this type; the handle is not inside a call.
            Some(handler) => unsafe { handler(user, client, &raw const event) },
            None if event.kind == M2M_LWM2M_EXECUTED as i32 => {
                let answer = m2m_coap_code::M2M_COAP_METHOD_NOT_ALLOWED as i32;
                // SAFETY: the handle was not freed.
                unsafe { m2m_lwm2m_client_answer_execute(client, now_ms, event.id, answer) };
            }
            None if event.kind == M2M_LWM2M_VALUE_WANTED as i32 => {
                let answer = m2m_coap_code::M2M_COAP_CONTENT as i32;
                // SAFETY: the handle was not freed.
                unsafe { m2m_lwm2m_client_answer_value(client, now_ms, event.path, answer) };
            }
            None => {}
        }
    };
    handle.0.dispatching.store(false, Ordering::Release);
    code(end)
}
