//! What clients are to be given: steps, and the rules that say who gets which.

use alloc::vec::Vec;
use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use coap_core::ContentFormat;
use lwm2m_core::Path;
use lwm2m_core::bootstrap_server::{BootstrapServer, Configuration, Operation, Rule, Step};
use lwm2m_core::format::Item;

use super::{m2m_lwm2m_bootstrap_account, m2m_lwm2m_bootstrap_server};
use crate::borrow::{Growing, Out, bytes, init, rows, sized, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::memory::room;
use crate::path::m2m_path;
use crate::result::m2m_result::{
    self, M2M_INVALID, M2M_NOTHING, M2M_NULL, M2M_OK, M2M_OUT_OF_MEMORY,
};
use crate::result::{Outcome, code};
use crate::server::{body, content_format};
use crate::value::{items, m2m_lwm2m_item};

/// What a step does.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_bootstrap_step_kind {
    /// Only in events: the client's request.
    M2M_LWM2M_STEP_REQUEST = 0,
    /// List what the client has (1.1). path: the root, or an object.
    M2M_LWM2M_STEP_DISCOVER = 1,
    /// Read path: the Server or Access Control object, or an instance of it (1.1).
    M2M_LWM2M_STEP_READ = 2,
    /// Write items at path, creating what is not there: an object with its instances, an instance, or a
    /// resource.
    M2M_LWM2M_STEP_WRITE = 3,
    /// Delete path: the root, an object or an instance. The client keeps its bootstrap account and its
    /// Device object.
    M2M_LWM2M_STEP_DELETE = 4,
    /// Say that all is written.
    M2M_LWM2M_STEP_FINISH = 5,
    /// Write account under instance. It becomes one Write for /0 and, unless it is a bootstrap account,
    /// one for /1; both count as steps.
    M2M_LWM2M_STEP_ACCOUNT = 6,
}

/// A step of a configuration. All zero, then kind and what that needs.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_bootstrap_step {
    /// One of enum m2m_lwm2m_bootstrap_step_kind.
    pub kind: i32,
    /// Not 0: if the client refuses, the session goes on.
    pub optional: u32,
    /// Where.
    pub path: m2m_path,
    /// Of M2M_LWM2M_STEP_ACCOUNT: the instance of Security and Server, 0 to 65534.
    pub instance: u16,
    /// Of M2M_LWM2M_STEP_ACCOUNT: what.
    pub account: *const m2m_lwm2m_bootstrap_account,
    /// Of M2M_LWM2M_STEP_WRITE: what, in any order. In which format it goes, the client's preference
    /// says.
    pub items: *const m2m_lwm2m_item,
    /// How many they are.
    pub items_len: usize,
    /// In the place of items: what is written, encoded as format says.
    pub payload: *const u8,
    /// Its length.
    pub payload_len: usize,
    /// Of payload, and of M2M_LWM2M_STEP_READ the one to ask for: one of enum m2m_lwm2m_format; 0 without
    /// a payload for one that the client prefers.
    pub format: i32,
}

/// What a client is given. Fill it with m2m_lwm2m_bootstrap_configuration_init(), then set steps. They are
/// counted from 0; what place_accounts and finish add counts too.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_bootstrap_configuration {
    /// Size of this structure.
    pub struct_size: usize,
    /// What is asked, one after the other.
    pub steps: *const m2m_lwm2m_bootstrap_step,
    /// How many they are, up to 65533.
    pub steps_len: usize,
    /// Not 0: find out by a Discover before the steps under which instance of the Security object the
    /// client keeps its account here, and write beside it. Default: 1.
    pub place_accounts: u32,
    /// Not 0: finish after the last step. Else the session stays open for
    /// m2m_lwm2m_bootstrap_server_push(). Default: 1.
    pub finish: u32,
    /// Not 0: answer Bootstrap-Pack-Request (1.2) with all that the steps write. Default: 1.
    pub pack: u32,
    /// Not 0: only for clients that m2m_lwm2m_bootstrap_server_identify() named: keys do not go to
    /// whoever asks. Default: 0.
    pub identified: u32,
}

const LEAST: usize = size_of::<m2m_lwm2m_bootstrap_configuration>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_lwm2m_bootstrap_configuration {}

/// A step with the values that it writes.
struct Given<'a> {
    kind: i32,
    optional: bool,
    path: Path,
    format: Option<ContentFormat>,
    items: Vec<Item<'a>>,
    payload: &'a [u8],
}

impl<'a> Given<'a> {
    fn write(path: Path, items: Vec<Item<'a>>, optional: bool) -> Given<'a> {
        Given { kind: 3, optional, path, format: None, items, payload: &[] }
    }

    /// Puts a step of C's behind others: an account is several.
    ///
    /// # Safety
    /// What the step points to is as long as it says, and nobody writes it during `'a`.
    unsafe fn add(
        row: &m2m_lwm2m_bootstrap_step,
        to: &mut Vec<Given<'a>>,
    ) -> Result<(), m2m_result> {
        to.try_reserve(2).map_err(|_| M2M_OUT_OF_MEMORY)?;
        let optional = row.optional != 0;
        if row.kind == m2m_lwm2m_bootstrap_step_kind::M2M_LWM2M_STEP_ACCOUNT as i32 {
            if row.instance == Path::UNASSIGNED {
                return Err(M2M_INVALID);
            }
            // SAFETY: the same promise.
            let (security, server) =
                unsafe { m2m_lwm2m_bootstrap_account::values(row.account, row.instance) }?;
            to.push(Given::write(Path::instance(0, row.instance), security, optional));
            let server = server.map(|items| (Path::instance(1, row.instance), items));
            to.extend(server.map(|(path, items)| Given::write(path, items, optional)));
            return Ok(());
        }
        // SAFETY: the same promise.
        let (items, payload) =
            unsafe { (items(row.items, row.items_len)?, bytes(row.payload, row.payload_len)?) };
        let format = match row.format {
            0 if payload.is_empty() => None,
            number => content_format(number)?,
        };
        let path = row.path.get()?;
        to.push(Given { kind: row.kind, optional, path, format, items, payload });
        Ok(())
    }

    fn step(&self) -> Result<Step<'_>, m2m_result> {
        let path = self.path;
        let operation = match self.kind {
            1 => Operation::Discover { path },
            2 => Operation::Read { path, format: self.format },
            3 => Operation::Write { path, body: body(self.format, &self.items, self.payload)? },
            4 => Operation::Delete { path },
            5 => Operation::Finish,
            _ => return Err(M2M_INVALID),
        };
        Ok(Step { operation, optional: self.optional })
    }
}

/// Lends the steps to `call`.
fn steps<R>(
    given: &[Given<'_>],
    call: impl FnOnce(&[Step<'_>]) -> Result<R, m2m_result>,
) -> Result<R, m2m_result> {
    let mut steps = room(given.len())?;
    for one in given {
        steps.push(one.step()?);
    }
    call(&steps)
}

/// A configuration as C says it.
pub(super) struct Asked<'a> {
    given: Vec<Given<'a>>,
    flags: m2m_lwm2m_bootstrap_configuration,
}

impl m2m_lwm2m_bootstrap_configuration {
    fn new(size: usize) -> Self {
        let defaults = Configuration::new(&[]);
        m2m_lwm2m_bootstrap_configuration {
            struct_size: size,
            steps: ptr::null(),
            steps_len: 0,
            place_accounts: defaults.place_accounts.into(),
            finish: defaults.finish.into(),
            pack: defaults.pack.into(),
            identified: defaults.identified.into(),
        }
    }

    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says, whose pointers are
    /// `NULL` or point to as much as it says. Nobody writes any of that during `'a`.
    pub(super) unsafe fn read<'a>(from: *const Self) -> Result<Asked<'a>, m2m_result> {
        // SAFETY: the same promise.
        let flags = unsafe { sized(from, LEAST, Self::new(LEAST)) }?;
        // SAFETY: the same promise; every bit pattern is a valid row.
        let rows = unsafe { rows(flags.steps, flags.steps_len) }?;
        let mut given = room(rows.len().min(1 << 16))?;
        for row in rows {
            // SAFETY: the same promise.
            unsafe { Given::add(&row, &mut given) }?;
        }
        Ok(Asked { given, flags })
    }
}

impl Asked<'_> {
    pub(super) fn with<R>(
        &self,
        call: impl FnOnce(&Configuration<'_>) -> Result<R, m2m_result>,
    ) -> Result<R, m2m_result> {
        steps(&self.given, |steps| {
            call(&Configuration {
                steps,
                place_accounts: self.flags.place_accounts != 0,
                finish: self.flags.finish != 0,
                pack: self.flags.pack != 0,
                identified: self.flags.identified != 0,
            })
        })
    }
}

/// Runs `call` with each of the steps that one of C's is.
///
/// # Safety
/// `step` is `NULL` or points to a step, and what that points to is as long as it says.
pub(super) unsafe fn each(
    step: *const m2m_lwm2m_bootstrap_step,
    mut call: impl FnMut(&Step<'_>) -> Result<(), m2m_result>,
) -> Outcome {
    if step.is_null() {
        return Err(M2M_NULL);
    }
    let mut given = Vec::new();
    // SAFETY: the same promise; it need not be aligned.
    unsafe { Given::add(&step.read_unaligned(), &mut given) }?;
    steps(&given, |steps| steps.iter().try_for_each(&mut call))?;
    Ok(M2M_OK)
}

/// Fills a configuration with the defaults, and no steps. Call it as
/// m2m_lwm2m_bootstrap_configuration_init(&configuration, sizeof configuration).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_configuration_init(
    configuration: *mut m2m_lwm2m_bootstrap_configuration,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        let defaults = m2m_lwm2m_bootstrap_configuration::new(struct_size);
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(configuration, struct_size, LEAST, &defaults) }?;
        Ok(M2M_OK)
    }))
}

/// Whom a configuration is for.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_bootstrap_rule {
    /// The endpoint of this name.
    M2M_LWM2M_RULE_ENDPOINT = 1,
    /// Every endpoint whose name matches, where * stands for any characters. A rule for the endpoint
    /// itself goes before patterns, a pattern with more other characters before those with fewer.
    M2M_LWM2M_RULE_PATTERN = 2,
}

/// # Safety
/// `name` is `NULL` or a string that nobody writes during `'a`.
unsafe fn rule<'a>(kind: i32, name: *const c_char) -> Result<Rule<'a>, m2m_result> {
    if name.is_null() {
        return Err(M2M_NULL);
    }
    // SAFETY: the same promise.
    let name = unsafe { string(name) }?;
    match kind {
        1 => Ok(Rule::Endpoint(name)),
        2 => Ok(Rule::Pattern(name)),
        _ => Err(M2M_INVALID),
    }
}

/// Sets what the clients of a rule are given, in place of what they were: kind is one of enum
/// m2m_lwm2m_bootstrap_rule. Sessions that are under way go on with what they began with.
///
/// Errors: M2M_INVALID for an empty name or one of more than 255 bytes, and for steps that cannot be;
/// M2M_TOO_LONG; M2M_FULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_set_configuration(
    server: *mut m2m_lwm2m_bootstrap_server,
    kind: i32,
    name: *const c_char,
    configuration: *const m2m_lwm2m_bootstrap_configuration,
) -> i32 {
    // SAFETY: the caller passes a string, and a structure as long as it says.
    let read = || unsafe {
        Ok((rule(kind, name)?, m2m_lwm2m_bootstrap_configuration::read(configuration)?))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(read), |(rule, asked)| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            asked.with(|c| Ok(inside.set_configuration(rule, c)?))?;
            Ok(M2M_OK)
        })
    })
}

/// Removes a rule. M2M_NOTHING if there is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_remove_configuration(
    server: *mut m2m_lwm2m_bootstrap_server,
    kind: i32,
    name: *const c_char,
) -> i32 {
    // SAFETY: the caller passes a string, and NULL or a handle that was not freed.
    checked(unsafe { rule(kind, name) }, |rule| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            Ok(if inside.remove_configuration(rule) { M2M_OK } else { M2M_NOTHING })
        })
    })
}

/// How many rules there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_bootstrap_server_configuration_count(
    server: *const m2m_lwm2m_bootstrap_server,
    count: *mut u32,
) -> i32 {
    // SAFETY: the caller passes memory for a number, and NULL or a handle that was not freed.
    checked(unsafe { Out::new(count) }, |out| unsafe {
        m2m_lwm2m_bootstrap_server::with(server, |inside| {
            out.put(BootstrapServer::configuration_count(inside));
            Ok(M2M_OK)
        })
    })
}
