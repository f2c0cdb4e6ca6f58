//! What a CSE is told of originators besides their requests (TS-0003 annex F).

use alloc::string::String;
use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use m2m_base::Instant;
use onem2m_core::cse::{CountryCode, Position, Surroundings};

use super::m2m_onem2m_cse;
use crate::borrow::{Growing, init, sized, string};
use crate::engine::checked;
use crate::guard::caught;
use crate::handled::Handled;
use crate::onem2m::put_list;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NULL, M2M_OK};

/// What is known of an originator that its requests do not say: the application learns it from the network below, or
/// knows it. Fill it with m2m_onem2m_surroundings_init(), then change members.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_onem2m_surroundings {
    /// Size of this structure.
    pub struct_size: usize,
    /// Not 0: latitude and longitude tell where it is. Default: 0.
    pub has_position: i32,
    /// Always 0.
    pub reserved: u32,
    /// In degrees, -90 to 90, positive to the north.
    pub latitude: f64,
    /// In degrees, -180 to 180, positive to the east.
    pub longitude: f64,
    /// The country that it is in, two capital letters; NULL: not known. That of a m2m_onem2m_session goes first.
    pub country: *const c_char,
    /// The M2M Service Users that it may name in its requests.
    pub users: *const *const c_char,
    /// How many they are.
    pub users_len: usize,
}

const LEAST: usize = size_of::<m2m_onem2m_surroundings>();

// SAFETY: repr(C), the size comes first, and it holds numbers and raw pointers only.
unsafe impl Growing for m2m_onem2m_surroundings {}

impl m2m_onem2m_surroundings {
    const fn new(size: usize) -> Self {
        m2m_onem2m_surroundings {
            struct_size: size,
            has_position: 0,
            reserved: 0,
            latitude: 0.0,
            longitude: 0.0,
            country: ptr::null(),
            users: ptr::null(),
            users_len: 0,
        }
    }

    /// The same for the engine; nothing is known if there is no structure.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as its first member says, with what it points to.
    unsafe fn read(from: *const Self) -> Result<Surroundings, m2m_result> {
        if from.is_null() {
            return Ok(Surroundings::default());
        }
        // SAFETY: the same promise.
        let (given, country) = unsafe {
            let given = sized(from, LEAST, Self::new(LEAST))?;
            (given, string(given.country)?)
        };
        let mut made = Surroundings::default();
        if given.has_position != 0 {
            let position = Position::new(given.latitude, given.longitude);
            made.position = Some(position.ok_or(M2M_INVALID)?);
        }
        if !country.is_empty() {
            made.country = Some(CountryCode::parse(country).ok_or(M2M_INVALID)?);
        }
        // SAFETY: the same promise.
        unsafe { put_list(&mut made.users, given.users, given.users_len) }?;
        Ok(made)
    }
}

/// Fills surroundings: nothing is known. Call it as
/// m2m_onem2m_surroundings_init(&surroundings, sizeof surroundings).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_surroundings_init(
    surroundings: *mut m2m_onem2m_surroundings,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        let filled = m2m_onem2m_surroundings::new(struct_size);
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(surroundings, struct_size, LEAST, &filled) }?;
        Ok(M2M_OK)
    }))
}

/// Tells the CSE where an originator is, an AE-ID or a CSE-ID with its slash, and for whom it may speak. It replaces
/// what was told before; NULL: nothing is known any more. It is in no journal: tell it again after a restart.
///
/// Rules of access that depend on it (accessControlLocationRegion, accessControlUserIDs) do not apply to originators
/// of which it is not known.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_onem2m_cse_set_surroundings(
    cse: *mut m2m_onem2m_cse,
    now_ms: u64,
    originator: *const c_char,
    surroundings: *const m2m_onem2m_surroundings,
) -> i32 {
    // SAFETY: the caller passes a string, and NULL or a structure as long as it says with what it points to.
    let pointers = || unsafe {
        if originator.is_null() {
            return Err(M2M_NULL);
        }
        let name: String = string(originator)?.into();
        Ok((name, m2m_onem2m_surroundings::read(surroundings)?))
    };
    // SAFETY: the caller passes NULL or a handle that was not freed.
    checked(caught(pointers), |(name, surroundings)| unsafe {
        m2m_onem2m_cse::with(cse, |inside| {
            inside.cse.set_surroundings(Instant::from_millis(now_ms), &name, surroundings);
            Ok(M2M_OK)
        })
    })
}
