//! Payloads of LwM2M by themselves, without an engine.

use core::ffi::c_char;
use core::mem::size_of;
use core::ptr;

use coap_core::ContentFormat;
use lwm2m_core::format::{
    Content, Item, ItemContent, PathReader, Reader, Target, encoded_len, write, write_paths,
};
use lwm2m_core::{DataType, DecodeError, DecodeErrorKind, Path, Value, WriteError, object};
use m2m_base::{Counter, SliceSink};

use crate::borrow::{Growing, Out, OutBytes, buffer, buffer_of, bytes, init, rows, sized, string};
use crate::guard::caught;
use crate::object::{data_type, m2m_object};
use crate::path::m2m_path;
use crate::placed::Placed;
use crate::result::m2m_result::{
    self, M2M_BUFFER_TOO_SMALL, M2M_INVALID, M2M_MALFORMED, M2M_NOTHING, M2M_OK, M2M_WRONG_TYPE,
};
use crate::result::{Outcome, code, kinds_of_errors};
use crate::standard::m2m_standard_object;
use crate::value::{m2m_lwm2m_item, m2m_lwm2m_value, put_content};

/// What a payload is and what it is about. Fill it with m2m_lwm2m_payload_init(), then set format and path.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct m2m_lwm2m_payload {
    /// Size of this structure.
    pub struct_size: usize,
    /// Its content format, one of enum m2m_lwm2m_format. Default: M2M_LWM2M_SENML_CBOR.
    pub format: i32,
    /// Not 0: it is that of a Create on the object that path names. Instances without an ID have 65535 in its
    /// place.
    pub create: i32,
    /// What the request that carries it, or that it answers, is about. Default: the root, for composite
    /// operations and Send.
    pub path: m2m_path,
    /// What stands before the object in names: the alternate path or a device behind a gateway, with its slash
    /// (/lwm2m). NULL for nothing. Only SenML has names.
    pub prefix: *const c_char,
    /// Registered objects whose types are known besides those of Security (0), Server (1) and Device (3):
    /// &m2m_object_3303 and so on. TLV and text do not tell types, and the others not all of them: what is known
    /// of no object has the type that it looks like.
    pub standard_objects: *const *const m2m_standard_object,
    /// How many they are.
    pub standard_objects_len: usize,
    /// Objects of the application's own whose types are known.
    pub objects: *const m2m_object,
    /// How many they are.
    pub objects_len: usize,
}

const LEAST: usize = size_of::<m2m_lwm2m_payload>();

// SAFETY: repr(C), the size comes first, and it holds integers and raw pointers only.
unsafe impl Growing for m2m_lwm2m_payload {}

impl m2m_lwm2m_payload {
    fn new(size: usize) -> Self {
        m2m_lwm2m_payload {
            struct_size: size,
            format: ContentFormat::SENML_CBOR.0.into(),
            create: 0,
            path: Path::ROOT.into(),
            prefix: ptr::null(),
            standard_objects: ptr::null(),
            standard_objects_len: 0,
            objects: ptr::null(),
            objects_len: 0,
        }
    }

    /// C's structure, its lists checked for `NULL`.
    ///
    /// # Safety
    /// `from` is `NULL` or points to a structure as long as it says, whose lists are as long as they say.
    unsafe fn read(from: *const Self) -> Result<Self, m2m_result> {
        // SAFETY: the same promise.
        unsafe {
            let payload = sized(from, LEAST, Self::new(LEAST))?;
            let _ = rows(payload.standard_objects, payload.standard_objects_len)?;
            let _ = rows(payload.objects, payload.objects_len)?;
            Ok(payload)
        }
    }

    fn format(&self) -> Result<ContentFormat, m2m_result> {
        content_format(self.format)
    }

    /// # Safety
    /// The prefix is `NULL` or a string that nobody writes during `'a`.
    unsafe fn target<'a>(&self) -> Result<Target<'a>, m2m_result> {
        // SAFETY: the same promise.
        let prefix = unsafe { string(self.prefix) }?;
        Ok(Target { prefix, path: self.path.get()?, create: self.create != 0 })
    }

    /// The type of the resource at or above a path, if one of the lists has its object.
    ///
    /// # Safety
    /// The lists are as long as they say.
    unsafe fn type_of(&self, path: Path) -> Option<DataType> {
        let (id, resource) = (path.object_id()?, path.resource_id()?);
        // SAFETY: the same promise; the elements are `NULL` or statics of this library.
        let standard = unsafe {
            rows(self.standard_objects, self.standard_objects_len)
                .ok()?
                .filter_map(|object| object.as_ref())
        };
        let always = [&object::SECURITY, &object::SERVER, &object::DEVICE];
        let mut known = always.into_iter().chain(standard.map(|object| &object.0));
        if let Some(object) = known.find(|object| object.id == id) {
            return Some(object.resource(resource)?.data_type);
        }
        // SAFETY: the same promise; every bit pattern is a valid row.
        let own = unsafe { rows(self.objects, self.objects_len) }.ok()?.find(|o| o.id == id)?;
        // SAFETY: the same promise.
        let mut resources = unsafe { rows(own.resources, own.resources_len) }.ok()?;
        data_type(resources.find(|row| row.id == resource)?.r#type).ok()
    }
}

fn content_format(number: i32) -> Result<ContentFormat, m2m_result> {
    u16::try_from(number).map(ContentFormat).map_err(|_| M2M_INVALID)
}

fn why(error: WriteError) -> m2m_result {
    match error {
        WriteError::Full => M2M_BUFFER_TOO_SMALL,
        _ => M2M_INVALID,
    }
}

/// Fills a payload: SenML CBOR about the root. Call it as m2m_lwm2m_payload_init(&payload, sizeof payload).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_payload_init(
    payload: *mut m2m_lwm2m_payload,
    struct_size: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure of that size.
        unsafe { init(payload, struct_size, LEAST, &m2m_lwm2m_payload::new(struct_size)) }?;
        Ok(M2M_OK)
    }))
}

/// Writes items as a payload into buf. They come in the order of their paths, at or below that of the payload; an
/// instance of a resource makes it a multiple one. len gets its length. With buf NULL and cap 0 only len is written.
///
/// Errors: M2M_INVALID for a format that the library does not write, or that cannot say this (two values as text),
/// and for items in another order or outside of the path; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means
/// nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_payload_write(
    payload: *const m2m_lwm2m_payload,
    items: *const m2m_lwm2m_item,
    items_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes structures as long as they say, and memory for the results.
        let (payload, rows, room, out) = unsafe {
            let payload = m2m_lwm2m_payload::read(payload)?;
            (payload, rows(items, items_len)?, buffer(buf, cap)?, Out::new(len)?)
        };
        // SAFETY: the caller passes a string.
        let (format, target) = (payload.format()?, unsafe { payload.target() }?);
        let mut last = Path::ROOT;
        for row in rows.clone() {
            // SAFETY: the caller passes data as long as it says.
            let path = unsafe { row.get() }?.path;
            if path < last {
                return Err(M2M_INVALID);
            }
            last = path;
        }
        // SAFETY: the caller passes data as long as it says.
        let items = rows.filter_map(|row| unsafe { row.get() }.ok());
        out.put(if buf.is_null() {
            encoded_len(format, target, items).map_err(why)?
        } else {
            let mut sink = SliceSink::new(room);
            write(format, target, items, &mut sink).map_err(why)?;
            sink.len()
        });
        Ok(M2M_OK)
    }))
}

/// Words of a m2m_lwm2m_payload_reader.
pub const M2M_LWM2M_PAYLOAD_READER_WORDS: usize = 160;

/// Reads a payload value by value. It lies wherever the program puts it, needs no memory beside and is not freed.
/// m2m_lwm2m_payload_reader_init() makes it ready.
///
/// The payload, the prefix and the tables of objects are not copied: they must stay where they are, as they are, as
/// long as the reader is used.
#[repr(C)]
pub struct m2m_lwm2m_payload_reader {
    /// The library's business.
    pub state: [u64; M2M_LWM2M_PAYLOAD_READER_WORDS],
}

/// What is in a reader.
pub(crate) struct Inside {
    reader: Result<Reader<'static>, DecodeError>,
    about: m2m_lwm2m_payload,
    item: Option<Item<'static>>,
    failed: Option<DecodeError>,
}

// SAFETY: what it points to is read only, and stays as long as the reader is used.
unsafe impl Send for Inside {}

// SAFETY: repr(C), and words only.
unsafe impl Placed for m2m_lwm2m_payload_reader {
    type Inside = Inside;
    const MARK: u64 = 0x6d32_6d5f_7061_7972;
}

/// What is wrong with a payload.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum m2m_lwm2m_payload_error {
    /// Nothing, or something that this header does not know.
    M2M_LWM2M_PAYLOAD_NO_ERROR = 0,
    /// A format that the library does not read: answered with 4.15.
    M2M_LWM2M_PAYLOAD_FORMAT = 1,
    /// A format that cannot carry what the path names, such as an instance as text: answered with 4.15.
    M2M_LWM2M_PAYLOAD_LEVEL = 2,
    /// The bytes end within a field.
    M2M_LWM2M_PAYLOAD_TRUNCATED = 3,
    /// Bytes that the format does not allow.
    M2M_LWM2M_PAYLOAD_SYNTAX = 4,
    /// Bytes behind the end.
    M2M_LWM2M_PAYLOAD_TRAILING_BYTES = 5,
    /// Text that is not UTF-8.
    M2M_LWM2M_PAYLOAD_NOT_UTF8 = 6,
    /// Text that is not base64.
    M2M_LWM2M_PAYLOAD_BASE64 = 7,
    /// A value of another type than its resource.
    M2M_LWM2M_PAYLOAD_TYPE = 8,
    /// A number that the type of its resource does not hold.
    M2M_LWM2M_PAYLOAD_RANGE = 9,
    /// A path that is neither that of the payload nor below it.
    M2M_LWM2M_PAYLOAD_OUTSIDE = 10,
    /// ID 65535, or one above it.
    M2M_LWM2M_PAYLOAD_RESERVED_ID = 11,
    /// Not nested as instances, resources and resource instances are.
    M2M_LWM2M_PAYLOAD_NESTING = 12,
    /// A name that is not a path.
    M2M_LWM2M_PAYLOAD_NAME = 13,
    /// Something that must be understood and is not.
    M2M_LWM2M_PAYLOAD_NOT_UNDERSTOOD = 14,
}

kinds_of_errors! {
    DecodeErrorKind to m2m_lwm2m_payload_error, or M2M_LWM2M_PAYLOAD_NO_ERROR:
    UnsupportedFormat = M2M_LWM2M_PAYLOAD_FORMAT,
    FormatLevel = M2M_LWM2M_PAYLOAD_LEVEL,
    Truncated = M2M_LWM2M_PAYLOAD_TRUNCATED,
    Syntax = M2M_LWM2M_PAYLOAD_SYNTAX,
    TrailingBytes = M2M_LWM2M_PAYLOAD_TRAILING_BYTES,
    Utf8 = M2M_LWM2M_PAYLOAD_NOT_UTF8,
    Base64 = M2M_LWM2M_PAYLOAD_BASE64,
    WrongType = M2M_LWM2M_PAYLOAD_TYPE,
    OutOfRange = M2M_LWM2M_PAYLOAD_RANGE,
    OutsideTarget = M2M_LWM2M_PAYLOAD_OUTSIDE,
    ReservedId = M2M_LWM2M_PAYLOAD_RESERVED_ID,
    Nesting = M2M_LWM2M_PAYLOAD_NESTING,
    Name = M2M_LWM2M_PAYLOAD_NAME,
    NotUnderstood = M2M_LWM2M_PAYLOAD_NOT_UNDERSTOOD,
}

/// The meaning of one of enum m2m_lwm2m_payload_error in English: a string that is never NULL and lives for ever.
#[unsafe(no_mangle)]
pub extern "C" fn m2m_lwm2m_payload_error_text(error: i32) -> *const c_char {
    m2m_lwm2m_payload_error::text(error).as_ptr()
}

/// Makes a reader of the payload of len bytes at data. Whatever the structure held before is forgotten. What is
/// wrong with the bytes, m2m_lwm2m_payload_reader_next() tells.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_payload_reader_init(
    reader: *mut m2m_lwm2m_payload_reader,
    payload: *const m2m_lwm2m_payload,
    data: *const u8,
    len: usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a structure as long as it says, and what stays as long as the reader is used.
        let (about, data): (_, &'static [u8]) =
            unsafe { (m2m_lwm2m_payload::read(payload)?, bytes(data, len)?) };
        // SAFETY: the same.
        let (format, target) = (about.format()?, unsafe { about.target() }?);
        let read = Reader::new(format, target, data);
        let inside = Inside { reader: read, about, item: None, failed: None };
        // SAFETY: the caller passes memory for a reader.
        unsafe { m2m_lwm2m_payload_reader::put(reader, inside) }?;
        Ok(M2M_OK)
    }))
}

impl Inside {
    fn advance(&mut self) -> Result<Option<Item<'static>>, DecodeError> {
        let Inside { reader, about, .. } = self;
        let reader = reader.as_mut().map_err(|error| *error)?;
        let Some(entry) = reader.next().transpose()? else { return Ok(None) };
        // SAFETY: the lists stay as long as the reader is used.
        let data_type = unsafe { about.type_of(entry.path) };
        let content = match (entry.content, data_type) {
            (Content::Value(raw), Some(data_type)) => ItemContent::Value(raw.decode(data_type)?),
            (Content::Value(raw), None) => ItemContent::Value(raw.infer()),
            (Content::Empty, _) => ItemContent::Empty,
            (Content::Delete, _) => ItemContent::Value(Value::None),
        };
        Ok(Some(Item { path: entry.path, content, time: entry.time }))
    }

    fn next(&mut self, out: Out<m2m_lwm2m_value>) -> Outcome {
        self.item = None;
        if self.failed.is_some() {
            return Err(M2M_MALFORMED);
        }
        match self.advance() {
            Ok(None) => Ok(M2M_NOTHING),
            Ok(Some(item)) => {
                out.put(m2m_lwm2m_value::new(&item));
                self.item = Some(item);
                Ok(M2M_OK)
            }
            Err(error) => {
                self.failed = Some(error);
                Err(M2M_MALFORMED)
            }
        }
    }
}

/// Reads the next value. M2M_NOTHING at the end. M2M_MALFORMED if what comes is not what it should be, or the format
/// not one that is read: m2m_lwm2m_payload_reader_error() says more, and the reader is at its end. Values before that
/// were good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_payload_reader_next(
    reader: *mut m2m_lwm2m_payload_reader,
    value: *mut m2m_lwm2m_value,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = Out::new(value)?;
            m2m_lwm2m_payload_reader::with(reader, |inside| inside.next(out))
        }
    })())
}

/// Copies the value that was read last into buf: of M2M_STRING and M2M_CORELNK with a NUL behind it, of M2M_OPAQUE
/// without. len gets its length. M2M_WRONG_TYPE for another type, and if none was read. With buf NULL and cap 0 only
/// len is written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_payload_reader_bytes(
    reader: *const m2m_lwm2m_payload_reader,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for the result, and NULL or a reader.
        unsafe {
            let out = OutBytes::new(buf, cap, len)?;
            m2m_lwm2m_payload_reader::with(reader, |inside| {
                put_content(inside.item.as_ref().ok_or(M2M_WRONG_TYPE)?, out)
            })
        }
    })())
}

/// What is wrong, after M2M_MALFORMED: one of enum m2m_lwm2m_payload_error, and where, in bytes from the start of the
/// payload. M2M_NOTHING if nothing was wrong so far.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_payload_reader_error(
    reader: *const m2m_lwm2m_payload_reader,
    error: *mut i32,
    offset: *mut usize,
) -> i32 {
    code((|| {
        // SAFETY: the caller passes memory for two numbers, and NULL or a reader.
        unsafe {
            let (error, offset) = (Out::new(error)?, Out::new(offset)?);
            m2m_lwm2m_payload_reader::with(reader, |inside| {
                let Some(found) = inside.failed else { return Ok(M2M_NOTHING) };
                error.put(m2m_lwm2m_payload_error::from(found.kind) as i32);
                offset.put(found.offset);
                Ok(M2M_OK)
            })
        }
    })())
}

/// Writes paths as the payload of a Read-Composite or Observe-Composite into buf, in M2M_LWM2M_SENML_JSON or
/// M2M_LWM2M_SENML_CBOR. prefix is as in m2m_lwm2m_payload. len gets its length. With buf NULL and cap 0 only len is
/// written. M2M_INVALID for another format; M2M_BUFFER_TOO_SMALL. After an error, what is in buf means nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_paths_write(
    format: i32,
    prefix: *const c_char,
    paths: *const m2m_path,
    paths_len: usize,
    buf: *mut u8,
    cap: usize,
    len: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a string, as many paths, and memory for the results.
        let (prefix, rows, room, out) = unsafe {
            (string(prefix)?, rows(paths, paths_len)?, buffer(buf, cap)?, Out::new(len)?)
        };
        let format = content_format(format)?;
        for path in rows.clone() {
            path.get()?;
        }
        let paths = rows.filter_map(|path| path.get().ok());
        out.put(if buf.is_null() {
            let mut counter = Counter::new();
            write_paths(format, prefix, paths, &mut counter).map_err(why)?;
            counter.len()
        } else {
            let mut sink = SliceSink::new(room);
            write_paths(format, prefix, paths, &mut sink).map_err(why)?;
            sink.len()
        });
        Ok(M2M_OK)
    }))
}

/// Reads the payload of a Read-Composite or Observe-Composite: the paths, from the one at index first on, into paths,
/// which has room for cap of them. count gets how many there were. M2M_NOTHING if there is none at first.
/// M2M_MALFORMED for what is not well formed, be it at the end, or of another format than SenML.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn m2m_lwm2m_paths_read(
    format: i32,
    prefix: *const c_char,
    data: *const u8,
    len: usize,
    first: usize,
    paths: *mut m2m_path,
    cap: usize,
    count: *mut usize,
) -> i32 {
    code(caught(|| {
        // SAFETY: the caller passes a string, as many bytes, and memory for the results.
        let (prefix, data, mut rows, out) = unsafe {
            (string(prefix)?, bytes(data, len)?, buffer_of(paths, cap)?, Out::new(count)?)
        };
        let format = content_format(format)?;
        let read = || PathReader::new(format, prefix, data).map_err(|_| M2M_MALFORMED);
        let mut there = 0;
        for path in read()? {
            path.map_err(|_| M2M_MALFORMED)?;
            there += 1;
        }
        if there <= first {
            return Ok(M2M_NOTHING);
        }
        let found = read()?.flatten().skip(first).take(rows.len());
        let written = found.enumerate().map(|(at, path)| rows.put(at, path.into())).count();
        out.put(written);
        Ok(M2M_OK)
    }))
}
