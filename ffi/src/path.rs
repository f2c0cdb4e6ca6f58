//! Paths, by value: C makes them from numbers or from text.

use core::ffi::c_char;
use lwm2m_core::{Level, Path};
use m2m_base::SliceSink;

use crate::borrow::{Out, OutBytes, string};
use crate::guard::caught;
use crate::result::code;
use crate::result::m2m_result::{self, M2M_INVALID, M2M_NULL, M2M_OK};

/// A place in the tree of objects, such as /3303/0/5700: the first len of ids are object, instance,
/// resource and resource instance. Passed by value. m2m_path_resource() and its like make one.
///
/// IDs are 0 to 65534. A path with a larger len or ID is not one, and every function that gets it
/// returns M2M_INVALID.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct m2m_path {
    /// How many IDs there are: 0 for the root "/", 1 to 4.
    pub len: u16,
    /// Object, instance, resource, resource instance.
    pub ids: [u16; 4],
}

impl From<Path> for m2m_path {
    fn from(path: Path) -> Self {
        let (mut ids, mut len) = ([0; 4], 0);
        for (to, from) in ids.iter_mut().zip(path.ids().iter()) {
            *to = *from;
            len += 1;
        }
        m2m_path { len, ids }
    }
}

impl m2m_path {
    /// What is not a path.
    pub(crate) const NONE: Self = m2m_path { len: u16::MAX, ids: [0; 4] };

    /// The path, checked.
    pub(crate) fn get(self) -> Result<Path, m2m_result> {
        let ids = self.ids.get(..usize::from(self.len)).ok_or(M2M_INVALID)?;
        let child = |path: Path, id: &u16| path.child(*id).filter(|_| *id != Path::UNASSIGNED);
        ids.iter().try_fold(Path::ROOT, child).ok_or(M2M_INVALID)
    }
}

/// The path of an object: m2m_path_object(3) is /3.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_path_object(object: u16) -> m2m_path {
    m2m_path { len: 1, ids: [object, 0, 0, 0] }
}

/// The path of an object instance: m2m_path_instance(3, 0) is /3/0.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_path_instance(object: u16, instance: u16) -> m2m_path {
    m2m_path { len: 2, ids: [object, instance, 0, 0] }
}

/// The path of a resource: m2m_path_resource(3, 0, 1) is /3/0/1.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_path_resource(object: u16, instance: u16, resource: u16) -> m2m_path {
    m2m_path { len: 3, ids: [object, instance, resource, 0] }
}

/// The path of an instance of a multiple resource: m2m_path_resource_instance(3, 0, 7, 1) is
/// /3/0/7/1.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_path_resource_instance(
    object: u16,
    instance: u16,
    resource: u16,
    resource_instance: u16,
) -> m2m_path {
    m2m_path { len: 4, ids: [object, instance, resource, resource_instance] }
}

/// The path that a string spells: m2m_path_from("/3303/0/5700"). If it spells none, the result is
/// no path either, and the function that it is passed to returns M2M_INVALID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_path_from(text: *const c_char) -> m2m_path {
    if text.is_null() {
        return m2m_path::NONE;
    }
    // SAFETY: the caller passes a NUL-terminated string.
    let text = unsafe { string(text) };
    text.ok().and_then(|t| Path::parse(t).ok()).map_or(m2m_path::NONE, m2m_path::from)
}

/// Reads a path from a string such as "/3303/0/5700" ("/" is the root), for text that comes from
/// outside. M2M_INVALID if it is not one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_path_parse(text: *const c_char, path: *mut m2m_path) -> i32 {
    code(caught(|| {
        if text.is_null() {
            return Err(M2M_NULL);
        }
        // SAFETY: the caller passes a NUL-terminated string, and memory for a path.
        let (text, out) = unsafe { (string(text)?, Out::new(path)?) };
        out.put(Path::parse(text).map_err(|_| M2M_INVALID)?.into());
        Ok(M2M_OK)
    }))
}

/// Writes a path as a string into buf, with a NUL at the end. len gets its length without the NUL.
/// A buffer of M2M_PATH_SIZE bytes is always enough. With buf NULL and cap 0 only len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_path_format(
    path: m2m_path,
    buf: *mut c_char,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes memory for `cap` bytes and for a number.
        let out = unsafe { OutBytes::new(buf.cast(), cap, len)? };
        let mut text = [0; Path::MAX_LEN];
        let mut sink = SliceSink::new(&mut text);
        path.get()?.write(&mut sink).map_err(|_| M2M_INVALID)?;
        out.put(sink.len(), sink.written().iter().copied(), b"\0")?;
        Ok(M2M_OK)
    }))
}

/// Bytes of the longest path as a string, its NUL counted: "/65534/65534/65534/65534".
pub const M2M_PATH_SIZE: usize = 25;

/// True if both are the same path. What is not a path equals nothing.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_path_equal(a: m2m_path, b: m2m_path) -> bool {
    matches!((a.get(), b.get()), (Ok(a), Ok(b)) if a == b)
}

/// True if path is ancestor or lies below it: /3/0/1 starts with /3/0, with /3 and with itself.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_path_starts_with(path: m2m_path, ancestor: m2m_path) -> bool {
    matches!((path.get(), ancestor.get()), (Ok(p), Ok(a)) if p.starts_with(a))
}

const _: () = assert!(M2M_PATH_SIZE == Path::MAX_LEN + 1);
const _: () = assert!(Level::ResourceInstance as u16 == 4);
