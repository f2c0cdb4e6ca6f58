//! Paths of the object tree: `/object/instance/resource/resource-instance` (Core 7.2).

#[cfg(test)]
mod tests;

use core::cmp::Ordering;
use core::fmt;
use core::num::NonZeroU32;
use core::ops::Deref;
use m2m_base::{Full, Sink};

/// Depth of a path in the object tree. Ordered from the root downwards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Level {
    /// `/`: the whole tree.
    Root = 0,
    /// `/3`
    Object = 1,
    /// `/3/0`
    Instance = 2,
    /// `/3/0/6`
    Resource = 3,
    /// `/3/0/6/1`
    ResourceInstance = 4,
}

/// Why text or segments are not a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PathError {
    /// A segment is not a decimal number of 0 to 65535 without leading zeros, or a slash is
    /// missing or left over.
    Syntax,
    /// More than four segments.
    TooDeep,
    /// The reserved ID 65535.
    ReservedId,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PathError::Syntax => "not a path of numbers",
            PathError::TooDeep => "more than four segments",
            PathError::ReservedId => "65535 is reserved",
        })
    }
}

impl core::error::Error for PathError {}

/// A place in the object tree: up to four IDs.
///
/// The order of paths is the order of the tree, parents before children:
/// `/` < `/3` < `/3/0` < `/3/0/0` < `/3/1` < `/4`.
///
/// What is parsed never contains 65535, which the standard reserves. The constructors take it for
/// objects and instances, because as an instance ID it stands for an instance that has no ID yet
/// ([`Path::UNASSIGNED`]); for a resource or a resource instance they take 65534 in its place.
//
// Two words, so that a device passes a path in two registers and compares two of them in two
// instructions.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path {
    /// Object and instance, 0 for what is not there.
    high: u32,
    /// `ROOT`, `OBJECT` or `INSTANCE`; or the resource ID plus 1, and below it, in the lower half, the
    /// resource instance ID plus 1 or 0.
    low: NonZeroU32,
}

const ROOT: u32 = 1;
const OBJECT: u32 = 2;
const INSTANCE: u32 = 3;
/// No resource has less.
const RESOURCE: u32 = 0x1_0000;

/// The IDs of a path, from the object down.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ids {
    ids: [u16; 4],
    len: u8,
}

impl Deref for Ids {
    type Target = [u16];
    #[inline]
    fn deref(&self) -> &[u16] {
        self.ids.get(..usize::from(self.len)).unwrap_or(&[])
    }
}

impl PartialOrd for Path {
    #[inline]
    fn partial_cmp(&self, other: &Path) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Path {
    #[inline]
    fn cmp(&self, other: &Path) -> Ordering {
        self.packed().cmp(&other.packed())
    }
}

impl Path {
    /// `/`
    pub const ROOT: Path = Path::of(0, ROOT);

    /// The reserved ID. As the instance ID of what is to be created it means that the client
    /// chooses one (Core 1.2.1, Create).
    pub const UNASSIGNED: u16 = u16::MAX;

    /// Bytes of the longest path, `/65534/65534/65534/65534`.
    pub const MAX_LEN: usize = 24;

    #[inline]
    const fn of(high: u32, low: u32) -> Path {
        match NonZeroU32::new(low) {
            Some(low) => Path { high, low },
            None => Path { high, low: NonZeroU32::MIN },
        }
    }

    /// The ID of a resource or a resource instance as it is kept.
    #[inline]
    const fn kept(id: u16) -> u32 {
        id.saturating_add(1) as u32
    }

    /// `/object`
    #[must_use]
    #[inline]
    pub const fn object(object: u16) -> Path {
        Path::of((object as u32) << 16, OBJECT)
    }

    /// `/object/instance`
    #[must_use]
    #[inline]
    pub const fn instance(object: u16, instance: u16) -> Path {
        Path::of((object as u32) << 16 | instance as u32, INSTANCE)
    }

    /// The path of these IDs, from the object down; `None` for more than four, and for 65535 below an
    /// instance.
    #[must_use]
    pub fn from_ids(ids: &[u16]) -> Option<Path> {
        ids.iter().try_fold(Path::ROOT, |path, id| path.child(*id))
    }

    /// `/object/instance/resource`
    #[must_use]
    #[inline]
    pub const fn resource(object: u16, instance: u16, resource: u16) -> Path {
        Path::instance(object, instance).with_resource(resource)
    }

    /// `/object/instance/resource/resource_instance`
    #[must_use]
    #[inline]
    pub const fn resource_instance(
        object: u16,
        instance: u16,
        resource: u16,
        resource_instance: u16,
    ) -> Path {
        Path::resource(object, instance, resource).with_resource_instance(resource_instance)
    }

    /// How deep the path is.
    #[must_use]
    #[inline]
    pub const fn level(self) -> Level {
        // So that a comparison with one of them is one of the words.
        match self.low.get() {
            low if low & 0xffff == 0 => Level::Resource,
            RESOURCE.. => Level::ResourceInstance,
            ROOT => Level::Root,
            OBJECT => Level::Object,
            _ => Level::Instance,
        }
    }

    /// How many IDs the path has.
    #[cfg(feature = "client")]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) const fn depth(self) -> u8 {
        self.level() as u8
    }

    /// The IDs that the path has, from the object down.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    #[allow(clippy::cast_possible_truncation, reason = "the halves of the words")]
    pub const fn ids(self) -> Ids {
        let low = self.low.get();
        let ids = [
            (self.high >> 16) as u16,
            self.high as u16,
            ((low >> 16) as u16).wrapping_sub(1),
            (low as u16).wrapping_sub(1),
        ];
        Ids { ids, len: self.level() as u8 }
    }

    /// The object ID, `None` for the root.
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "half of the word")]
    pub const fn object_id(self) -> Option<u16> {
        if self.low.get() < OBJECT { None } else { Some((self.high >> 16) as u16) }
    }

    /// The object instance ID, if the path is that deep.
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "half of the word")]
    pub const fn instance_id(self) -> Option<u16> {
        if self.low.get() < INSTANCE { None } else { Some(self.high as u16) }
    }

    /// The resource ID, if the path is that deep.
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "half of the word")]
    pub const fn resource_id(self) -> Option<u16> {
        ((self.low.get() >> 16) as u16).checked_sub(1)
    }

    /// The resource instance ID, if the path is that deep.
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "half of the word")]
    pub const fn resource_instance_id(self) -> Option<u16> {
        if self.low.get() < RESOURCE { None } else { (self.low.get() as u16).checked_sub(1) }
    }

    /// The deepest ID, `None` for the root.
    #[must_use]
    #[inline]
    pub const fn last(self) -> Option<u16> {
        match self.level() {
            Level::Root => None,
            Level::Object => self.object_id(),
            Level::Instance => self.instance_id(),
            Level::Resource => self.resource_id(),
            Level::ResourceInstance => self.resource_instance_id(),
        }
    }

    /// The path one level deeper; `None` below a resource instance, and for 65535 below an instance.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub const fn child(self, id: u16) -> Option<Path> {
        Some(match self.level() {
            Level::Root => Path::object(id),
            Level::Object => Path::of(self.high | id as u32, INSTANCE),
            Level::ResourceInstance => return None,
            _ if id == Path::UNASSIGNED => return None,
            Level::Instance => self.with_resource(id),
            Level::Resource => self.with_resource_instance(id),
        })
    }

    /// Makes this the child of its ancestor at `level`, and tells whether it has both.
    #[inline(never)]
    pub(crate) fn descend(&mut self, level: Level, id: u16) -> bool {
        if level > self.level() {
            return false;
        }
        match self.truncate(level).child(id) {
            Some(child) => {
                *self = child;
                true
            }
            None => false,
        }
    }

    /// Makes this its ancestor at `level`, unless it is none deeper.
    #[cfg(feature = "lwm2m-cbor")]
    pub(crate) fn cut(&mut self, level: Level) {
        *self = self.truncate(level);
    }

    /// The same path below another object; the root stays.
    #[cfg(feature = "gateway")]
    pub(crate) const fn with_object(self, object: u16) -> Path {
        if self.low.get() < OBJECT {
            return self;
        }
        Path { high: (object as u32) << 16 | self.high & 0xffff, low: self.low }
    }

    /// The resource of the instance that the path is or lies in.
    #[inline]
    pub(crate) const fn with_resource(self, id: u16) -> Path {
        Path::of(self.high, Path::kept(id) << 16)
    }

    /// The instance of the resource that the path is or lies in.
    #[inline]
    pub(crate) const fn with_resource_instance(self, id: u16) -> Path {
        Path::of(self.high, self.low.get() & 0xffff_0000 | Path::kept(id))
    }

    /// The object and the instance in one number.
    #[cfg(any(feature = "tlv", feature = "lwm2m-cbor"))]
    #[inline(always)]
    pub(crate) const fn high(self) -> u32 {
        self.high
    }

    /// The IDs of the resource and of the resource instance, each raised by one; zero for what is not
    /// there. `None` above an instance.
    #[cfg(feature = "tlv")]
    #[inline(always)]
    pub(crate) const fn below_instance(self) -> Option<(u32, u32)> {
        match self.low.get() {
            INSTANCE => Some((0, 0)),
            low @ RESOURCE.. => Some((low >> 16, low & 0xffff)),
            _ => None,
        }
    }

    /// Of a value: the number of its instance, and its ID shifted up by 16 bits and raised by one, if
    /// its resource is a single one.
    #[cfg(all(any(feature = "tlv", feature = "lwm2m-cbor"), not(feature = "small")))]
    #[inline(always)]
    pub(crate) const fn single(self) -> Option<(u64, u32)> {
        // It is not zero: an ID is in the upper half then.
        let low = self.low.get();
        if low & 0xffff == 0 { Some((self.high as u64, low)) } else { None }
    }

    /// Of a value whose resource is a multiple one: the number of that, and its own ID raised by one.
    /// Of all that is not as deep as a resource the number is of none.
    #[cfg(all(any(feature = "tlv", feature = "lwm2m-cbor"), not(feature = "small")))]
    #[inline(always)]
    pub(crate) const fn of_multiple(self) -> (u64, u32) {
        (self.packed() >> 16, self.low.get() & 0xffff)
    }

    /// The path one level up; `None` for the root.
    #[must_use]
    #[inline]
    pub const fn parent(self) -> Option<Path> {
        Some(match self.level() {
            Level::Root => return None,
            Level::Object => Path::ROOT,
            Level::Instance => self.truncate(Level::Object),
            Level::Resource => self.truncate(Level::Instance),
            Level::ResourceInstance => self.truncate(Level::Resource),
        })
    }

    /// The ancestor at `level`; the path itself if it is not deeper.
    #[must_use]
    #[inline]
    pub const fn truncate(self, level: Level) -> Path {
        let Path { high, low } = self;
        let low = low.get();
        match level {
            Level::Root => Path::ROOT,
            Level::Object if low > OBJECT => Path::of(high & 0xffff_0000, OBJECT),
            Level::Instance if low > INSTANCE => Path::of(high, INSTANCE),
            Level::Resource if low > RESOURCE => Path::of(high, low & 0xffff_0000),
            _ => self,
        }
    }

    /// The same path in another instance; unchanged above the instance level.
    #[must_use]
    #[inline]
    pub const fn with_instance(self, instance: u16) -> Path {
        if self.low.get() < INSTANCE {
            return self;
        }
        Path { high: self.high & 0xffff_0000 | instance as u32, low: self.low }
    }

    /// What paths are ordered by.
    #[inline(always)]
    const fn packed(self) -> u64 {
        (self.high as u64) << 32 | self.low.get() as u64
    }

    /// The path in eight bytes, as [`Path::from_bytes`] takes it.
    #[cfg(any(feature = "storing", feature = "send", feature = "restore"))]
    pub(crate) const fn to_bytes(self) -> [u8; 8] {
        self.packed().to_be_bytes()
    }

    #[cfg(any(feature = "storing", feature = "send", feature = "restore"))]
    pub(crate) const fn from_bytes(bytes: [u8; 8]) -> Option<Path> {
        let [a, b, c, d, low @ ..] = bytes;
        match NonZeroU32::new(u32::from_be_bytes(low)) {
            Some(low) => Some(Path { high: u32::from_be_bytes([a, b, c, d]), low }),
            None => None,
        }
    }

    /// How many IDs from the object down both paths have.
    #[cfg(feature = "lwm2m-cbor")]
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) const fn common(self, other: Path) -> usize {
        // What is kept in place of IDs that are not there may be the same.
        let same = (self.packed() ^ other.packed()).leading_zeros() as usize / 16;
        let (own, others) = (self.level() as usize, other.level() as usize);
        let least = if own < others { own } else { others };
        if same < least { same } else { least }
    }

    /// `self < other`, for searches that a device makes for each request.
    #[inline(always)]
    pub(crate) const fn is_before(self, other: Path) -> bool {
        self.packed() < other.packed()
    }

    /// Nothing below this path is behind this, and what lies between them is below the path.
    #[cfg_attr(feature = "small", inline(never))]
    pub(crate) const fn end(self) -> Path {
        let low = self.low.get();
        let high = match low {
            ROOT => u32::MAX,
            OBJECT => self.high | 0xffff,
            _ => self.high,
        };
        Path::of(
            high,
            match low {
                ..RESOURCE => u32::MAX,
                low if low & 0xffff == 0 => low | 0xffff,
                low => low,
            },
        )
    }

    /// True if `ancestor` is this path or above it. Every path starts with itself and with the
    /// root.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    #[cfg_attr(not(feature = "small"), inline)]
    pub const fn starts_with(self, ancestor: Path) -> bool {
        let (low, above) = (self.low.get(), ancestor.low.get());
        let (high_differs, low_differs) = (self.high ^ ancestor.high, low ^ above);
        match above {
            ROOT => true,
            OBJECT => high_differs <= 0xffff && low >= OBJECT,
            INSTANCE => high_differs == 0 && low >= INSTANCE,
            _ if above & 0xffff == 0 => high_differs == 0 && low_differs <= 0xffff,
            _ => high_differs | low_differs == 0,
        }
    }

    /// True if `other` is this path or below it.
    #[must_use]
    #[inline]
    pub const fn contains(self, other: Path) -> bool {
        other.starts_with(self)
    }

    /// Reads `/3/0/1`; `/` is the root.
    ///
    /// # Errors
    /// [`PathError`] for anything but slashes and decimal IDs of 0 to 65534 without leading
    /// zeros.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        if text.is_empty() {
            return Err(PathError::Syntax);
        }
        let mut parser = PathParser::new(false);
        parser.feed(text.as_bytes())?;
        parser.finish()
    }

    /// Reads a path as peers write it: [`Path::parse`], also with one trailing slash, without
    /// the leading slash, or empty for the root.
    ///
    /// # Errors
    /// As [`Path::parse`].
    pub fn parse_lenient(text: &str) -> Result<Path, PathError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let mut parser = PathParser::new(false);
        if !text.is_empty() && !text.starts_with('/') {
            parser.byte(b'/')?;
        }
        parser.feed(text.as_bytes())?;
        parser.finish()
    }

    /// Reads the segments of a path, as CoAP's Uri-Path options hold them. A single empty
    /// segment at the end (the trailing slash of a URI) is left out.
    ///
    /// # Errors
    /// As [`Path::parse`].
    pub fn from_segments<I>(segments: I) -> Result<Path, PathError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        let mut parser = SegmentParser::START;
        segments.into_iter().try_for_each(|segment| parser.segment(segment.as_ref()))?;
        Ok(parser.path)
    }

    /// The path one level deeper, if the ID may stand there in what is parsed.
    fn push(self, id: u16, unassigned: bool) -> Result<Path, PathError> {
        if id == Path::UNASSIGNED && !(unassigned && self.level() == Level::Object) {
            return Err(PathError::ReservedId);
        }
        self.child(id).ok_or(PathError::TooDeep)
    }

    /// Writes `/3/0/1`; the root is `/`.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(self, sink: &mut dyn Sink) -> Result<(), Full> {
        let mut text = PathText::default();
        text.put_below(self, Level::Root);
        if self == Path::ROOT {
            text.push(b'/');
        }
        sink.put(text.as_bytes())
    }
}

impl From<Path> for PathText {
    fn from(path: Path) -> Self {
        let mut text = PathText::default();
        text.put_below(path, Level::Root);
        if path == Path::ROOT {
            text.push(b'/');
        }
        text
    }
}

/// Reads the segments of a path one by one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SegmentParser {
    /// What they were so far.
    pub(crate) path: Path,
    ended: bool,
}

impl SegmentParser {
    pub(crate) const START: SegmentParser = SegmentParser { path: Path::ROOT, ended: false };

    pub(crate) fn segment(&mut self, segment: &[u8]) -> Result<(), PathError> {
        if self.ended {
            return Err(PathError::Syntax);
        }
        if segment.is_empty() {
            self.ended = true;
        } else {
            self.path = self.path.push(parse_id(segment)?, false)?;
        }
        Ok(())
    }
}

/// Where the parser of text is.
#[derive(Clone, Copy, Debug)]
enum Segment {
    Start,
    Slash,
    Id(u16),
}

/// Reads `/3/0/1` in pieces of any size; nothing at all is the root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathParser {
    path: Path,
    segment: Segment,
    unassigned: bool,
}

impl PathParser {
    /// A parser at the start. With `unassigned`, the instance ID 65535 is let through.
    pub(crate) const fn new(unassigned: bool) -> Self {
        PathParser { path: Path::ROOT, segment: Segment::Start, unassigned }
    }

    #[inline]
    pub(crate) fn byte(&mut self, byte: u8) -> Result<(), PathError> {
        self.segment = match (self.segment, byte) {
            (Segment::Start, b'/') => Segment::Slash,
            (Segment::Slash, b'0'..=b'9') => Segment::Id(u16::from(byte & 0xf)),
            // No zero in front of other digits.
            (Segment::Id(id @ 1..), b'0'..=b'9') => Segment::Id(
                id.checked_mul(10)
                    .and_then(|id| id.checked_add(u16::from(byte & 0xf)))
                    .ok_or(PathError::Syntax)?,
            ),
            (Segment::Id(id), b'/') => {
                self.path = self.path.push(id, self.unassigned)?;
                Segment::Slash
            }
            _ => return Err(PathError::Syntax),
        };
        Ok(())
    }

    pub(crate) fn feed(&mut self, text: &[u8]) -> Result<(), PathError> {
        text.iter().try_for_each(|byte| self.byte(*byte))
    }

    pub(crate) fn finish(self) -> Result<Path, PathError> {
        match self.segment {
            Segment::Id(id) => self.path.push(id, self.unassigned),
            Segment::Start => Ok(self.path),
            Segment::Slash if self.path == Path::ROOT => Ok(self.path),
            Segment::Slash => Err(PathError::Syntax),
        }
    }
}

/// A path as text, on the stack.
#[derive(Clone, Copy, Default)]
pub struct PathText {
    /// At the end of them, since digits come from the last one on.
    bytes: [u8; Path::MAX_LEN],
    len: usize,
}

impl PathText {
    #[inline]
    fn push(&mut self, byte: u8) {
        self.len = self.len.wrapping_add(1);
        if let Some(slot) = self.bytes.get_mut(Path::MAX_LEN.wrapping_sub(self.len)) {
            *slot = byte;
        }
    }

    /// The IDs of `path` that are deeper than `above`, each after a slash.
    #[inline]
    fn put_below(&mut self, path: Path, above: Level) {
        for id in path.ids().iter().skip(above as usize).rev() {
            let mut left = *id;
            loop {
                #[allow(clippy::cast_possible_truncation, reason = "one digit")]
                self.push(b'0' | (left % 10) as u8);
                left /= 10;
                if left == 0 {
                    break;
                }
            }
            self.push(b'/');
        }
    }

    /// The IDs of `path` below `above`, each after a slash.
    #[inline(always)]
    pub(crate) fn below(path: Path, above: Level) -> PathText {
        let mut text = PathText::default();
        text.put_below(path, above);
        text
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(Path::MAX_LEN.wrapping_sub(self.len)..).unwrap_or(&[])
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or("")
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PathText::from(*self).as_str())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl core::str::FromStr for Path {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Path, PathError> {
        Path::parse(text)
    }
}

/// Reads one decimal ID without leading zeros.
pub(crate) fn parse_id(digits: &[u8]) -> Result<u16, PathError> {
    let (&first, rest) = digits.split_first().ok_or(PathError::Syntax)?;
    if !first.is_ascii_digit() || (first == b'0' && !rest.is_empty()) {
        return Err(PathError::Syntax);
    }
    let mut id = u16::from(first & 0xf);
    for digit in rest {
        if !digit.is_ascii_digit() {
            return Err(PathError::Syntax);
        }
        id = id
            .checked_mul(10)
            .and_then(|id| id.checked_add(u16::from(digit & 0xf)))
            .ok_or(PathError::Syntax)?;
    }
    Ok(id)
}
