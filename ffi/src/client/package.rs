//! Firmware Update (object 5) and Software Management (object 9).

#[cfg(feature = "downloads")]
use lwm2m_core::client::{
    Client, Delivery, PackageError, PackageId, PackageStep, PackageSupport, Protocols,
};
#[cfg(feature = "downloads")]
use m2m_base::{Instant, PeerId};

use super::{m2m_lwm2m_client, with};
#[cfg(feature = "downloads")]
use crate::borrow::bytes;
use crate::borrow::{Out, OutBytes};
use crate::engine::checked;
use crate::path::m2m_path;
#[cfg(not(all(feature = "firmware-update", feature = "software-management")))]
use crate::result::m2m_result::M2M_NOT_ALLOWED;
use crate::result::m2m_result::M2M_NULL;
#[cfg(feature = "downloads")]
use crate::result::m2m_result::{
    self, M2M_INVALID, M2M_NOTHING, M2M_OK, M2M_UNKNOWN_ID, M2M_UNKNOWN_PATH,
};

/// How servers may deliver packages (/5/0/9).
#[repr(C)]
pub enum m2m_lwm2m_delivery {
    /// By a URI only.
    M2M_LWM2M_PULL = 0,
    /// By writing them only.
    M2M_LWM2M_PUSH = 1,
    /// Either way.
    M2M_LWM2M_PULL_AND_PUSH = 2,
}

/// What packages may be downloaded with (/5/0/8): bits of a set.
#[repr(C)]
pub enum m2m_lwm2m_protocols {
    /// coap://, downloaded by the client.
    M2M_LWM2M_BY_COAP = 1,
    /// coaps://, downloaded by the client.
    M2M_LWM2M_BY_COAPS = 2,
    /// http://, downloaded by the application.
    M2M_LWM2M_BY_HTTP = 4,
    /// https://, downloaded by the application.
    M2M_LWM2M_BY_HTTPS = 8,
    /// coap+tcp://, downloaded by the client.
    M2M_LWM2M_BY_COAP_TCP = 16,
    /// coaps+tcp://, downloaded by the client.
    M2M_LWM2M_BY_COAPS_TCP = 32,
    /// Any other scheme, downloaded by the application.
    M2M_LWM2M_BY_OTHER = 128,
}

/// Answers to what is asked about a package. Each error has a code of Update Result.
#[repr(C)]
pub enum m2m_lwm2m_package_answer {
    /// It is done, kept, right.
    M2M_LWM2M_PACKAGE_OK = 0,
    /// Not enough flash memory.
    M2M_LWM2M_PACKAGE_NO_SPACE = 1,
    /// Out of RAM.
    M2M_LWM2M_PACKAGE_OUT_OF_MEMORY = 2,
    /// The connection is lost, or cannot be had.
    M2M_LWM2M_PACKAGE_CONNECTION_LOST = 3,
    /// The integrity check failed.
    M2M_LWM2M_PACKAGE_INTEGRITY = 4,
    /// An unsupported type of package.
    M2M_LWM2M_PACKAGE_UNSUPPORTED_TYPE = 5,
    /// Invalid URI, or nothing is there.
    M2M_LWM2M_PACKAGE_INVALID_URI = 6,
    /// A protocol that the device does not have.
    M2M_LWM2M_PACKAGE_UNSUPPORTED_PROTOCOL = 7,
    /// The update, the installation or the uninstallation failed.
    M2M_LWM2M_PACKAGE_FAILED = 8,
    /// The user puts the update off; only for M2M_LWM2M_STEP_UPDATE.
    M2M_LWM2M_PACKAGE_DEFERRED = 9,
}

/// What is to be done with a package.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_package_step {
    /// The event is about something else.
    M2M_LWM2M_NO_STEP = 0,
    /// Update the firmware. The device may restart meanwhile: it is asked again, once
    /// m2m_lwm2m_client_add_firmware_update() gets the record back.
    M2M_LWM2M_STEP_UPDATE = 1,
    /// Install the software.
    M2M_LWM2M_STEP_INSTALL = 2,
    /// Remove the software.
    M2M_LWM2M_STEP_UNINSTALL = 3,
    /// Remove the software to make place for a newer one.
    M2M_LWM2M_STEP_UNINSTALL_FOR_UPDATE = 4,
    /// Start the software.
    M2M_LWM2M_STEP_ACTIVATE = 5,
    /// Stop the software.
    M2M_LWM2M_STEP_DEACTIVATE = 6,
}

/// Longest record of m2m_lwm2m_client_package_record() in bytes.
pub const M2M_LWM2M_PACKAGE_RECORD: usize = 280;

/// What a device can do with packages, and how far it was before it restarted.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_package_support {
    /// One of enum m2m_lwm2m_delivery.
    pub delivery: i32,
    /// Bits of enum m2m_lwm2m_protocols.
    pub protocols: u32,
    /// What m2m_lwm2m_client_package_record() gave before the restart; NULL at first.
    pub record: *const u8,
    /// How long it is.
    pub record_len: usize,
    /// How many bytes of an image the application has kept, from its start: a download that the
    /// restart has interrupted goes on from there.
    pub kept: u32,
}

#[cfg(feature = "downloads")]
pub(super) fn step(step: PackageStep) -> m2m_lwm2m_package_step {
    use m2m_lwm2m_package_step::*;
    match step {
        PackageStep::Update => M2M_LWM2M_STEP_UPDATE,
        PackageStep::Install => M2M_LWM2M_STEP_INSTALL,
        PackageStep::Uninstall => M2M_LWM2M_STEP_UNINSTALL,
        PackageStep::UninstallForUpdate => M2M_LWM2M_STEP_UNINSTALL_FOR_UPDATE,
        PackageStep::Activate => M2M_LWM2M_STEP_ACTIVATE,
        PackageStep::Deactivate => M2M_LWM2M_STEP_DEACTIVATE,
    }
}

#[cfg(feature = "downloads")]
fn answer(number: i32) -> Result<Result<(), PackageError>, m2m_result> {
    use PackageError as E;
    const ERRORS: [PackageError; 9] = [
        E::NoSpace,
        E::OutOfMemory,
        E::ConnectionLost,
        E::Integrity,
        E::UnsupportedType,
        E::InvalidUri,
        E::UnsupportedProtocol,
        E::Failed,
        E::Deferred,
    ];
    match usize::try_from(number).map_err(|_| M2M_INVALID)? {
        0 => Ok(Ok(())),
        n => ERRORS.get(n - 1).map(|error| Err(*error)).ok_or(M2M_INVALID),
    }
}

impl m2m_lwm2m_package_support {
    /// # Safety
    /// The record is `NULL` or points to as many bytes as its length says, for as long as the
    /// answer is used.
    #[cfg(feature = "downloads")]
    unsafe fn get<'a>(self) -> Result<PackageSupport<'a>, m2m_result> {
        let delivery = match self.delivery {
            0 => Delivery::Pull,
            1 => Delivery::Push,
            2 => Delivery::Both,
            _ => return Err(M2M_INVALID),
        };
        let protocols = u8::try_from(self.protocols).map_err(|_| M2M_INVALID)?;
        // SAFETY: the same promise.
        let record = unsafe { bytes(self.record, self.record_len) }?;
        let (protocols, kept) = (Protocols::from_bits(protocols), self.kept);
        Ok(PackageSupport { delivery, protocols, record, kept })
    }
}

/// Adds one of the two objects: 5 without an instance, or an instance of 9.
///
/// # Safety
/// As the functions that call it.
unsafe fn add(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    instance: Option<u16>,
    support: *const m2m_lwm2m_package_support,
) -> i32 {
    // SAFETY: the caller passes NULL or a structure.
    let support = unsafe { support.as_ref() }.copied().ok_or(M2M_NULL);
    #[cfg(feature = "downloads")]
    // SAFETY: the caller passes a record as long as it says.
    let support = support.and_then(|support| unsafe { support.get() });
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(support, |support| unsafe {
        with(client, |c| {
            #[cfg(feature = "downloads")]
            return {
                let now = Instant::from_millis(now_ms);
                match instance {
                    #[cfg(feature = "firmware-update")]
                    None => c.add_firmware_update(now, &support)?,
                    #[cfg(feature = "software-management")]
                    Some(instance) => c.add_software(now, instance, &support)?,
                    #[cfg(not(all(feature = "firmware-update", feature = "software-management")))]
                    _ => return Err(M2M_NOT_ALLOWED),
                }
                Ok(M2M_OK)
            };
            #[cfg(not(feature = "downloads"))]
            {
                let _ = (c, now_ms, instance, support);
                Err(M2M_NOT_ALLOWED)
            }
        })
    })
}

/// Adds the Firmware Update object (/5/0) and runs its state machine: events of the kinds
/// M2M_LWM2M_PACKAGE_BLOCK to M2M_LWM2M_PACKAGE_CHANGED follow. m2m_object_5 has to be among the
/// client's objects, and packages of its configuration at least 1. M2M_INVALID for a record that the
/// library did not make; M2M_NOT_ALLOWED in a library without packages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_add_firmware_update(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    support: *const m2m_lwm2m_package_support,
) -> i32 {
    // SAFETY: what the caller promises.
    unsafe { add(client, now_ms, None, support) }
}

/// Runs the state machine of an instance of the Software Management object (/9/x), which is added
/// if no server has created it. Else as m2m_lwm2m_client_add_firmware_update(), with m2m_object_9.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_add_software(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    instance: u16,
    support: *const m2m_lwm2m_package_support,
) -> i32 {
    // SAFETY: what the caller promises.
    unsafe { add(client, now_ms, Some(instance), support) }
}

/// Copies the bytes of a block that M2M_LWM2M_PACKAGE_BLOCK told into buf. len gets how many they
/// are: at most 1024, and no more than body_size of the configuration. With buf NULL and cap 0 only
/// len is written. M2M_UNKNOWN_ID once it was answered or is no longer wanted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_package_block(
    client: *const m2m_lwm2m_client,
    id: u64,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for `cap` bytes and for a number.
    let out = unsafe { OutBytes::new(buf, cap, len) };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(out, |out| unsafe {
        with(client, |c| {
            #[cfg(feature = "downloads")]
            return {
                let block = c.package_block(PackageId::from_bits(id)).ok_or(M2M_UNKNOWN_ID)?;
                out.copy(block)?;
                Ok(M2M_OK)
            };
            #[cfg(not(feature = "downloads"))]
            {
                let _ = (c, id, out);
                Err(M2M_NOT_ALLOWED)
            }
        })
    })
}

/// How many bytes the image has that is being transferred. M2M_NOTHING if nobody has told.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_package_size(
    client: *const m2m_lwm2m_client,
    package: m2m_path,
    size: *mut u32,
) -> i32 {
    // SAFETY: the caller passes memory for a number.
    let out = unsafe { Out::new(size) };
    let pointers = out.and_then(|out| Ok((out, package.get()?)));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, path)| unsafe {
        with(client, |c| {
            #[cfg(feature = "downloads")]
            return {
                let Some(size) = c.package_size(path) else { return Ok(M2M_NOTHING) };
                out.put(size);
                Ok(M2M_OK)
            };
            #[cfg(not(feature = "downloads"))]
            {
                let _ = (c, path, out);
                Err(M2M_NOT_ALLOWED)
            }
        })
    })
}

/// Answers M2M_LWM2M_PACKAGE_CONNECT: the host of the URI is reached under this number from now on.
/// It may be that of a server.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_connect_package(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    id: u64,
    peer: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            #[cfg(feature = "downloads")]
            return {
                let now = Instant::from_millis(now_ms);
                c.connect_package(now, PackageId::from_bits(id), PeerId(peer))?;
                Ok(M2M_OK)
            };
            #[cfg(not(feature = "downloads"))]
            {
                let _ = (c, now_ms, id, peer);
                Err(M2M_NOT_ALLOWED)
            }
        })
    }
}

/// Answers what was asked about a package with one of enum m2m_lwm2m_package_answer.
/// M2M_UNKNOWN_ID if it is not asked any more: then it does not matter.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_answer_package(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
    id: u64,
    answer: i32,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            #[cfg(feature = "downloads")]
            return answered(c, now_ms, id, answer);
            #[cfg(not(feature = "downloads"))]
            {
                let _ = (c, now_ms, id, answer);
                Err(M2M_NOT_ALLOWED)
            }
        })
    }
}

#[cfg(feature = "downloads")]
fn answered(c: &mut Client, now_ms: u64, id: u64, number: i32) -> crate::result::Outcome {
    let (id, result) = (PackageId::from_bits(id), answer(number)?);
    c.answer_package(Instant::from_millis(now_ms), id, result)?;
    Ok(M2M_OK)
}

/// Updates the firmware with the package that is downloaded, without a server's asking: the user
/// who put it off agrees now. M2M_NOT_ALLOWED if none is downloaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_apply_firmware(
    client: *mut m2m_lwm2m_client,
    now_ms: u64,
) -> i32 {
    // SAFETY: the caller passes NULL or a handle that was not freed.
    unsafe {
        with(client, |c| {
            #[cfg(feature = "firmware-update")]
            return {
                c.apply_firmware(Instant::from_millis(now_ms))?;
                Ok(M2M_OK)
            };
            #[cfg(not(feature = "firmware-update"))]
            {
                let _ = (c, now_ms);
                Err(M2M_NOT_ALLOWED)
            }
        })
    }
}

/// Copies the record of a package into buf, for m2m_lwm2m_package_support after a restart. It is
/// another after each M2M_LWM2M_PACKAGE_CHANGED, and is to be stored before the next datagram is
/// sent. A buffer of M2M_LWM2M_PACKAGE_RECORD bytes is large enough. M2M_UNKNOWN_PATH if there is no
/// such package.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_client_package_record(
    client: *const m2m_lwm2m_client,
    package: m2m_path,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes memory for `cap` bytes and for a number.
    let out = unsafe { OutBytes::new(buf, cap, len) };
    let pointers = out.and_then(|out| Ok((out, package.get()?)));
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(pointers, |(out, path)| unsafe {
        with(client, |c| {
            #[cfg(feature = "downloads")]
            return {
                let mut record = [0; Client::PACKAGE_RECORD];
                let len = c.package_record(path, &mut record).ok_or(M2M_UNKNOWN_PATH)?;
                out.copy(record.get(..len).unwrap_or(&[]))?;
                Ok(M2M_OK)
            };
            #[cfg(not(feature = "downloads"))]
            {
                let _ = (c, path, out);
                Err(M2M_NOT_ALLOWED)
            }
        })
    })
}
