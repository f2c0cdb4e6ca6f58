//! Addresses of resources and identifiers of originators by themselves (TS-0001 clause 7.2, TS-0004 clause 6.2).

use core::ffi::c_char;
use core::ptr;

use onem2m_core::address::{Address, AddressError, Form, Originator, Scope};

use super::put_written;
use super::time::of_text;
use crate::borrow::{OutBytes, string};
use crate::guard::caught;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_MALFORMED, M2M_NOTHING, M2M_NULL, M2M_OK};
use crate::result::{Outcome, code};

/// How much of the way to a resource an address spells out.
#[repr(C)]
pub enum m2m_onem2m_scope {
    /// base/ae: on the CSE that receives it.
    M2M_ONEM2M_CSE_RELATIVE = 0,
    /// /cse/...: on a CSE of the same service provider.
    M2M_ONEM2M_SP_RELATIVE = 1,
    /// //provider/cse/...: anywhere.
    M2M_ONEM2M_ABSOLUTE = 2,
}

use m2m_onem2m_scope::*;

/// How an address names the resource on its CSE (TS-0001 table 7.2-1).
#[repr(C)]
pub enum m2m_onem2m_form {
    /// The CSE itself.
    M2M_ONEM2M_FORM_CSE = 0,
    /// By names from the CSEBase on.
    M2M_ONEM2M_FORM_STRUCTURED = 1,
    /// By its resource identifier.
    M2M_ONEM2M_FORM_UNSTRUCTURED = 2,
    /// By the identifier of a resource above it, then names.
    M2M_ONEM2M_FORM_HYBRID = 3,
}

use m2m_onem2m_form::*;

/// A part of a text, without a NUL behind it. NULL if it is not there.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_part {
    /// Its first character.
    pub text: *const c_char,
    /// How long it is.
    pub len: usize,
}

impl From<Option<&'static str>> for m2m_onem2m_part {
    fn from(text: Option<&'static str>) -> Self {
        m2m_onem2m_part {
            text: text.map_or(ptr::null(), |text| text.as_ptr().cast()),
            len: text.map_or(0, str::len),
        }
    }
}

/// The parts of an address.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_address {
    /// One of enum m2m_onem2m_scope.
    pub scope: i32,
    /// The service provider, without its slashes; of an absolute address.
    pub provider: m2m_onem2m_part,
    /// The CSE-ID, without its slash; of one that is not relative to the CSE.
    pub cse: m2m_onem2m_part,
    /// The segments on the CSE, with slashes between them; of length 0 for the CSE itself.
    pub path: m2m_onem2m_part,
    /// The attribute behind a #.
    pub attribute: m2m_onem2m_part,
    /// The virtual resource that it ends with or goes through, such as la or fopt.
    pub virtual_resource: m2m_onem2m_part,
    /// The path of the resource that the virtual one belongs to.
    pub virtual_parent: m2m_onem2m_part,
    /// What follows a fan-out point, for each of the members.
    pub suffix: m2m_onem2m_part,
}

fn malformed(_: AddressError) -> m2m_result {
    M2M_MALFORMED
}

/// Scope, provider and CSE for C.
fn scoped(scope: Scope<'static>) -> (i32, Option<&'static str>, Option<&'static str>) {
    match scope {
        Scope::CseRelative => (M2M_ONEM2M_CSE_RELATIVE as i32, None, None),
        Scope::SpRelative { cse } => (M2M_ONEM2M_SP_RELATIVE as i32, None, Some(cse)),
        Scope::Absolute { sp, cse } => (M2M_ONEM2M_ABSOLUTE as i32, Some(sp), Some(cse)),
    }
}

/// Reads an address in any of its forms. What the result points to lies in text, but for virtual_resource, which lives
/// for ever. M2M_MALFORMED for what is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_address_read(
    text: *const c_char,
    address: *mut m2m_onem2m_address,
) -> i32 {
    // SAFETY: the caller passes a string, and memory for the result.
    unsafe {
        of_text(text, address, |text, out| {
            let address = Address::parse(text).map_err(malformed)?;
            let (scope, provider, cse) = scoped(address.scope());
            let found = address.virtual_target();
            out.put(m2m_onem2m_address {
                scope,
                provider: provider.into(),
                cse: cse.into(),
                path: Some(address.path()).into(),
                attribute: address.attribute().into(),
                virtual_resource: found.map(|found| found.resource.name()).into(),
                virtual_parent: found.map(|found| found.parent.path()).into(),
                suffix: found.map(|found| found.suffix).filter(|s| !s.is_empty()).into(),
            });
            Ok(M2M_OK)
        })
    }
}

/// How an address names its resource, on a CSE whose CSEBase has the name cse_base: *form gets one of enum
/// m2m_onem2m_form. M2M_MALFORMED for what is no address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_address_form(
    text: *const c_char,
    cse_base: *const c_char,
    form: *mut i32,
) -> i32 {
    // SAFETY: the caller passes strings, and memory for a number.
    unsafe {
        of_text(text, form, |text, out| {
            let form = match Address::parse(text).map_err(malformed)?.form(string(cse_base)?) {
                Form::Cse => M2M_ONEM2M_FORM_CSE,
                Form::Structured => M2M_ONEM2M_FORM_STRUCTURED,
                Form::Unstructured => M2M_ONEM2M_FORM_UNSTRUCTURED,
                Form::Hybrid => M2M_ONEM2M_FORM_HYBRID,
            };
            out.put(form as i32);
            Ok(M2M_OK)
        })
    }
}

/// Writes what `change` makes of a text, with a provider and a CSE, into a buffer of C's.
///
/// # Safety
/// The texts are `NULL` or strings, the rest is as for `OutBytes::new`.
unsafe fn rewritten(
    [text, provider, cse]: [*const c_char; 3],
    (buf, cap, len): (*mut c_char, usize, *mut usize),
    change: impl FnOnce(&'static str, &'static str, &'static str, OutBytes<'_>) -> Outcome,
) -> i32 {
    code(caught(|| {
        if text.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the same promises.
        unsafe {
            let out = OutBytes::new(buf.cast(), cap, len)?;
            change(string(text)?, string(provider)?, string(cse)?, out)
        }
    }))
}

/// Writes the shortest address of the same resource, as seen from the CSE cse of the service provider, into buf, and a
/// NUL behind it: a receiver finds so what is meant for itself. Provider and CSE-ID are without slashes. len gets its
/// length without the NUL. With buf NULL and cap 0 only len is written. M2M_MALFORMED for what is no address.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_address_relative(
    text: *const c_char,
    provider: *const c_char,
    cse: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes strings, and memory for the results.
    unsafe {
        rewritten([text, provider, cse], (buf, cap, len), |text, provider, cse, out| {
            let address = Address::parse(text).map_err(malformed)?.relative_to(provider, cse);
            put_written(out, |sink| address.write(sink))
        })
    }
}

/// Writes the address of the same resource in another of enum m2m_onem2m_scope into buf, of one that was meant at the
/// CSE cse of the service provider: M2M_ONEM2M_ABSOLUTE, or M2M_ONEM2M_SP_RELATIVE, in which an absolute one stays what
/// it is. Otherwise as m2m_onem2m_address_relative(), which makes the shortest. M2M_INVALID for another scope, and if
/// provider or cse are needed and are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_address_in_scope(
    text: *const c_char,
    scope: i32,
    provider: *const c_char,
    cse: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes strings, and memory for the results.
    unsafe {
        rewritten([text, provider, cse], (buf, cap, len), |text, provider, cse, out| {
            let address = Address::parse(text).map_err(malformed)?;
            let made = match scope {
                1 => address.to_sp_relative(cse),
                2 => address.to_absolute(provider, cse),
                _ => return Err(M2M_INVALID),
            };
            let made = made.map_err(|_| M2M_INVALID)?;
            put_written(out, |sink| made.write(sink))
        })
    }
}

/// Writes the address of the resource one segment up into buf, as m2m_onem2m_address_relative() does. M2M_NOTHING for a
/// single segment, whose parent only the CSE knows, and for the CSE itself.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_address_parent(
    text: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    let none = ptr::null();
    // SAFETY: the caller passes a string, and memory for the results.
    unsafe {
        rewritten([text, none, none], (buf, cap, len), |text, _, _, out| {
            let address = Address::parse(text).map_err(malformed)?;
            let Some(parent) = address.parent() else { return Ok(M2M_NOTHING) };
            put_written(out, |sink| parent.write(sink))
        })
    }
}

/// Writes the path that an address has in HTTP (TS-0009), such as /~/cse/base, into buf, as
/// m2m_onem2m_address_relative() does; one segment of it for each Uri-Path in CoAP. The attribute is not part of it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_address_to_path(
    text: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    let none = ptr::null();
    // SAFETY: the caller passes a string, and memory for the results.
    unsafe {
        rewritten([text, none, none], (buf, cap, len), |text, _, _, out| {
            let address = Address::parse(text).map_err(malformed)?;
            put_written(out, |sink| address.write_http_path(sink))
        })
    }
}

/// Writes the address that a path of HTTP names into buf, as m2m_onem2m_address_relative() does: the path without the
/// query, and without what a server has in front of its CSE. M2M_MALFORMED if it names none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_address_from_path(
    path: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    let none = ptr::null();
    // SAFETY: the caller passes a string, and memory for the results.
    unsafe {
        rewritten([path, none, none], (buf, cap, len), |path, _, _, out| {
            let address = Address::from_http_path(path).map_err(malformed)?;
            put_written(out, |sink| address.write(sink))
        })
    }
}

/// Who an originator is.
#[repr(C)]
pub enum m2m_onem2m_originator_kind {
    /// An AE that registers and wants an identifier: C, S or nothing.
    M2M_ONEM2M_REGISTERING = 0,
    /// An AE.
    M2M_ONEM2M_OF_AE = 1,
    /// A CSE, or an AE with an identifier of the service provider's (S...).
    M2M_ONEM2M_OF_ENTITY = 2,
}

use m2m_onem2m_originator_kind::*;

/// The parts of an originator (fr).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_originator {
    /// One of enum m2m_onem2m_originator_kind.
    pub kind: i32,
    /// The service provider, without its slashes.
    pub provider: m2m_onem2m_part,
    /// Of an AE: the CSE-ID of its registrar, without its slash.
    pub cse: m2m_onem2m_part,
    /// The stem of an AE-ID, with its letter; the identifier of an entity, without its slash; what one that registers
    /// asks for.
    pub id: m2m_onem2m_part,
}

/// Reads an originator. What the result points to lies in text. M2M_MALFORMED for what is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_originator_read(
    text: *const c_char,
    originator: *mut m2m_onem2m_originator,
) -> i32 {
    // SAFETY: the caller passes a string, and memory for the result.
    unsafe {
        of_text(text, originator, |text, out| {
            let (kind, provider, cse, id) = match Originator::parse(text).map_err(malformed)? {
                Originator::Registering(_) => (M2M_ONEM2M_REGISTERING, None, None, text),
                Originator::Ae(ae) => {
                    let (_, provider, cse) = scoped(ae.scope());
                    (M2M_ONEM2M_OF_AE, provider, cse, ae.stem())
                }
                Originator::Entity(entity) => {
                    (M2M_ONEM2M_OF_ENTITY, entity.sp(), None, entity.id())
                }
            };
            let (kind, id) = (kind as i32, Some(id).into());
            out.put(m2m_onem2m_originator { kind, provider: provider.into(), cse: cse.into(), id });
            Ok(M2M_OK)
        })
    }
}

/// Writes the shortest identifier of the same entity, as seen from the CSE cse of the service provider, into buf, as
/// m2m_onem2m_address_relative() does, so that two originators can be compared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_originator_relative(
    text: *const c_char,
    provider: *const c_char,
    cse: *const c_char,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    // SAFETY: the caller passes strings, and memory for the results.
    unsafe {
        rewritten([text, provider, cse], (buf, cap, len), |text, provider, cse, out| {
            let originator = Originator::parse(text).map_err(malformed)?;
            put_written(out, |sink| originator.relative_to(provider, cse).write(sink))
        })
    }
}
