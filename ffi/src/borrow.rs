//! From C's pointers to what Rust can use, and back. Every pointer of the API goes through here.

use core::ffi::{CStr, c_char};
use core::mem::{MaybeUninit, size_of};
use core::{ptr, slice};

use lwm2m_core::Text;
use m2m_base::Seed;

use crate::result::m2m_result::{self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_NOT_UTF8, M2M_NULL};

/// No object is larger than this (C has the same limit in `ptrdiff_t`).
const MAX: usize = isize::MAX.unsigned_abs();

/// The bytes at `data`. `NULL` is fine for no bytes.
///
/// # Safety
/// Unless it is `NULL`, `data` points to `len` readable bytes that nobody writes during `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize) -> Result<&'a [u8], m2m_result> {
    match (data.is_null(), len) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(M2M_NULL),
        (false, len) if len > MAX => Err(M2M_INVALID),
        // SAFETY: not NULL, and of a length that an object can have; the rest is what the caller
        // of this function promises. Bytes need no alignment.
        (false, len) => Ok(unsafe { slice::from_raw_parts(data, len) }),
    }
}

/// The seed that C passes: 32 bytes.
///
/// # Safety
/// Unless it is `NULL`, `seed` points to 32 bytes that nobody writes during `'a`.
pub(crate) unsafe fn seed<'a>(seed: *const u8) -> Result<&'a Seed, m2m_result> {
    // SAFETY: the same promise; a seed is 32 bytes and nothing else.
    unsafe { seed.cast::<Seed>().as_ref() }.ok_or(M2M_NULL)
}

/// The text at `text`, of a length in bytes. `NULL` is fine for no text.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(text: *const c_char, len: usize) -> Result<&'a str, m2m_result> {
    // SAFETY: the same promise.
    utf8(unsafe { bytes(text.cast(), len) }?)
}

/// The text that the bytes are, by the one check that a device has.
fn utf8(bytes: &[u8]) -> Result<&str, m2m_result> {
    match Text::from_utf8(bytes) {
        // SAFETY: they were just found to be UTF-8.
        Some(_) => Ok(unsafe { core::str::from_utf8_unchecked(bytes) }),
        None => Err(M2M_NOT_UTF8),
    }
}

/// The text at `text`, up to a NUL. `NULL` is fine for no text.
///
/// # Safety
/// Unless it is `NULL`, `text` points to a NUL-terminated string that nobody writes during `'a`.
pub(crate) unsafe fn string<'a>(text: *const c_char) -> Result<&'a str, m2m_result> {
    if text.is_null() {
        return Ok("");
    }
    // SAFETY: not NULL; the rest is what the caller of this function promises.
    utf8(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// The buffer at `buf`. `NULL` is fine for an empty one.
///
/// # Safety
/// Unless it is `NULL`, `buf` points to `cap` writable bytes that nobody else uses during `'a`.
pub(crate) unsafe fn buffer<'a>(buf: *mut u8, cap: usize) -> Result<&'a mut [u8], m2m_result> {
    match (buf.is_null(), cap) {
        (_, 0) => Ok(&mut []),
        (true, _) => Err(M2M_NULL),
        (false, cap) if cap > MAX => Err(M2M_INVALID),
        // SAFETY: not NULL, and of a length that an object can have; the rest is what the caller
        // of this function promises. Bytes need no alignment.
        (false, cap) => Ok(unsafe { slice::from_raw_parts_mut(buf, cap) }),
    }
}

/// The elements at `rows`, one copy after the other: they need not be aligned.
///
/// # Safety
/// Unless it is `NULL`, `rows` points to `len` elements that nobody writes while the iterator
/// lives, and of which every bit pattern is a valid `T`.
pub(crate) unsafe fn rows<T: Copy>(
    rows: *const T,
    len: usize,
) -> Result<impl ExactSizeIterator<Item = T> + Clone, m2m_result> {
    if rows.is_null() && len != 0 {
        return Err(M2M_NULL);
    }
    if len > MAX / size_of::<T>().max(1) {
        return Err(M2M_INVALID);
    }
    // SAFETY: `at` is below `len`, so the element lies in what the caller promises.
    Ok((0..len).map(move |at| unsafe { rows.add(at).read_unaligned() }))
}

/// A structure whose first member says how long it is, so that it can grow by members at its end.
///
/// # Safety
/// The structure is `repr(C)`, its first member is the `usize` that holds its size, and every bit
/// pattern is a valid one.
pub(crate) unsafe trait Growing: Copy {}

/// Copies a structure that C made over `defaults`, which hold for members that C's version of it
/// does not have yet. Members that only C's version has must be zero: what they ask for is not
/// known here.
///
/// # Safety
/// Unless it is `NULL`, `from` points to a structure as long as its first member says.
pub(crate) unsafe fn sized<T: Growing>(
    from: *const T,
    least: usize,
    defaults: T,
) -> Result<T, m2m_result> {
    let mut to = MaybeUninit::uninit();
    if least < size_of::<T>() {
        to.write(defaults);
    }
    // SAFETY: the same promise; a local variable does not overlap what C passed, and every bit pattern is
    // a valid `T`. Without defaults all of it is copied.
    unsafe {
        copy(from.cast(), to.as_mut_ptr().cast(), size_of::<T>(), least)?;
        Ok(to.assume_init())
    }
}

/// Copies of a structure that C made as much as there is of it, but not more than `len` bytes.
///
/// # Safety
/// As for [`sized`]; and `to` has room for `len` bytes.
#[inline(never)]
unsafe fn copy(from: *const u8, to: *mut u8, len: usize, least: usize) -> Result<(), m2m_result> {
    if from.is_null() {
        return Err(M2M_NULL);
    }
    // SAFETY: not NULL, and the first member is there in every version.
    let size = unsafe { from.cast::<usize>().read_unaligned() };
    if size < least || size > MAX {
        return Err(M2M_INVALID);
    }
    let known = size.min(len);
    // SAFETY: the caller promises `size` bytes, and `known` is not more.
    let extra = unsafe { bytes(from.add(known), size - known) }?;
    if extra.iter().any(|b| *b != 0) {
        return Err(M2M_INVALID);
    }
    // SAFETY: both are at least `known` bytes long, and one is C's, the other Rust's.
    unsafe { ptr::copy_nonoverlapping(from, to, known) };
    Ok(())
}

/// Fills a structure of C's, `size` bytes long, with `defaults`; its first member says how long it is.
/// What C's version has in addition becomes zero.
///
/// # Safety
/// Unless it is `NULL`, `to` points to `size` writable bytes.
pub(crate) unsafe fn init<T: Growing>(
    to: *mut T,
    size: usize,
    least: usize,
    defaults: &T,
) -> Result<(), m2m_result> {
    let defaults = (&raw const *defaults).cast();
    // SAFETY: the same promise, and the defaults are as long as they are; `usize` comes first in them.
    unsafe { fill(to.cast(), size, least, slice::from_raw_parts(defaults, size_of::<T>())) }
}

/// # Safety
/// As for [`init`].
#[inline(never)]
unsafe fn fill(
    to: *mut u8,
    size: usize,
    least: usize,
    defaults: &[MaybeUninit<u8>],
) -> Result<(), m2m_result> {
    if to.is_null() {
        return Err(M2M_NULL);
    }
    if size < least || size > MAX {
        return Err(M2M_INVALID);
    }
    let known = size.min(defaults.len());
    // SAFETY: not NULL, and both are at least `known` bytes long; one is C's, the other Rust's. The first
    // member is there in every version.
    unsafe {
        ptr::write_bytes(to, 0, size);
        ptr::copy_nonoverlapping(defaults.as_ptr().cast(), to, known);
        to.cast::<usize>().write_unaligned(size);
    }
    Ok(())
}

/// An out-parameter: checked before anything is done, written once all is done.
pub(crate) struct Out<T>(*mut T);

impl<T: Copy> Out<T> {
    /// # Safety
    /// Unless it is `NULL`, `to` points to memory for a `T` that stays writable until `put`.
    pub(crate) unsafe fn new(to: *mut T) -> Result<Self, m2m_result> {
        if to.is_null() { Err(M2M_NULL) } else { Ok(Out(to)) }
    }

    pub(crate) fn put(self, value: T) {
        // SAFETY: not NULL, and what the caller of `new` promised; alignment is not needed.
        unsafe { self.0.write_unaligned(value) }
    }

    /// What was found; without it M2M_NOTHING.
    #[cfg(any(feature = "server", feature = "senml", feature = "coap", feature = "onem2m"))]
    pub(crate) fn put_found(self, found: Option<T>) -> Result<m2m_result, m2m_result> {
        Ok(match found {
            Some(value) => {
                self.put(value);
                m2m_result::M2M_OK
            }
            None => m2m_result::M2M_NOTHING,
        })
    }
}

/// A buffer of C's and the out-parameter for the length of what is put there. A buffer that is
/// `NULL` and has no capacity asks for the length alone.
pub(crate) struct OutBytes<'a> {
    buf: Option<&'a mut [u8]>,
    len: Out<usize>,
}

impl<'a> OutBytes<'a> {
    /// # Safety
    /// As for [`buffer`] and [`Out::new`].
    pub(crate) unsafe fn new(
        buf: *mut u8,
        cap: usize,
        len: *mut usize,
    ) -> Result<Self, m2m_result> {
        // SAFETY: the same promises.
        let (bytes, len) = unsafe { (buffer(buf, cap)?, Out::new(len)?) };
        Ok(OutBytes { buf: (!buf.is_null()).then_some(bytes), len })
    }

    /// The buffer, unless only the length is asked for, and where that goes.
    #[cfg(feature = "coap")]
    pub(crate) fn parts(self) -> (Option<&'a mut [u8]>, Out<usize>) {
        (self.buf, self.len)
    }

    /// Copies bytes.
    #[allow(dead_code, reason = "few features have bytes to copy")]
    pub(crate) fn copy(self, bytes: &[u8]) -> Result<(), m2m_result> {
        if let Some(buf) = self.buf {
            let room = buf.get_mut(..bytes.len()).ok_or(M2M_BUFFER_TOO_SMALL)?;
            room.copy_from_slice(bytes);
        }
        self.len.put(bytes.len());
        Ok(())
    }

    /// Copies `len` bytes, and `end` behind them that do not count.
    pub(crate) fn put(
        self,
        len: usize,
        bytes: impl Iterator<Item = u8>,
        end: &[u8],
    ) -> Result<(), m2m_result> {
        if let Some(buf) = self.buf {
            let needed = len.checked_add(end.len()).ok_or(M2M_BUFFER_TOO_SMALL)?;
            let room = buf.get_mut(..needed).ok_or(M2M_BUFFER_TOO_SMALL)?;
            let from = bytes.take(len).chain(end.iter().copied());
            room.iter_mut().zip(from).for_each(|(to, from)| *to = from);
        }
        self.len.put(len);
        Ok(())
    }

    /// Copies a text that was found, and a NUL behind it; without one M2M_NOTHING.
    #[cfg(any(feature = "server", feature = "coap", feature = "onem2m"))]
    pub(crate) fn put_text(self, found: Option<&str>) -> Result<m2m_result, m2m_result> {
        let Some(text) = found else { return Ok(m2m_result::M2M_NOTHING) };
        self.put(text.len(), text.bytes(), b"\0")?;
        Ok(m2m_result::M2M_OK)
    }
}

/// An array of C's that is written element by element: it need not be aligned.
#[cfg_attr(
    not(any(feature = "server", feature = "payloads")),
    allow(dead_code, reason = "servers and payloads have lists")
)]
pub(crate) struct OutRows<T> {
    to: *mut T,
    cap: usize,
}

/// The array at `to`. `NULL` is fine for an empty one.
///
/// # Safety
/// Unless it is `NULL`, `to` points to memory for `cap` elements that nobody else uses as long as the
/// result lives.
#[cfg_attr(
    not(any(feature = "server", feature = "payloads")),
    allow(dead_code, reason = "servers and payloads have lists")
)]
pub(crate) unsafe fn buffer_of<T: Copy>(to: *mut T, cap: usize) -> Result<OutRows<T>, m2m_result> {
    if to.is_null() && cap != 0 {
        return Err(M2M_NULL);
    }
    if cap > MAX / size_of::<T>().max(1) {
        return Err(M2M_INVALID);
    }
    Ok(OutRows { to, cap })
}

#[cfg_attr(
    not(any(feature = "server", feature = "payloads")),
    allow(dead_code, reason = "servers and payloads have lists")
)]
impl<T: Copy> OutRows<T> {
    pub(crate) const fn len(&self) -> usize {
        self.cap
    }

    /// Writes one element; nothing beyond the end.
    pub(crate) fn put(&mut self, at: usize, value: T) {
        if at < self.cap {
            // SAFETY: within what the caller of `buffer_of` promised; alignment is not needed.
            unsafe { self.to.add(at).write_unaligned(value) };
        }
    }
}
