//! Paths of the object tree: `/object/instance/resource/resource-instance` (Core 7.2).

use core::cmp::Ordering;
use core::fmt;
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

impl Level {
    /// The level below.
    const fn below(self) -> Option<Level> {
        match self {
            Level::Root => Some(Level::Object),
            Level::Object => Some(Level::Instance),
            Level::Instance => Some(Level::Resource),
            Level::Resource => Some(Level::ResourceInstance),
            Level::ResourceInstance => None,
        }
    }
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
/// What is parsed never contains 65535, which the standard reserves. The constructors take it,
/// because as an instance ID it stands for an instance that has no ID yet
/// ([`Path::UNASSIGNED`]).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Path {
    // IDs past `level` are 0, so that their order and then that of the levels is the tree's.
    ids: [u16; 4],
    level: Level,
}

// Paths are compared all the time: as two words and a byte, not an ID at a time.
impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Path) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Path {
    #[inline]
    fn cmp(&self, other: &Path) -> Ordering {
        if self == other {
            Ordering::Equal
        } else if self.is_before(*other) {
            Ordering::Less
        } else {
            Ordering::Greater
        }
    }
}

impl Path {
    /// `/`
    pub const ROOT: Path = Path { ids: [0; 4], level: Level::Root };

    /// The reserved ID. As the instance ID of what is to be created it means that the client
    /// chooses one (Core 1.2.1, Create).
    pub const UNASSIGNED: u16 = u16::MAX;

    /// Bytes of the longest path, `/65534/65534/65534/65534`.
    pub const MAX_LEN: usize = 24;

    /// `/object`
    #[must_use]
    pub const fn object(object: u16) -> Path {
        Path { ids: [object, 0, 0, 0], level: Level::Object }
    }

    /// `/object/instance`
    #[must_use]
    pub const fn instance(object: u16, instance: u16) -> Path {
        Path { ids: [object, instance, 0, 0], level: Level::Instance }
    }

    /// The path of these IDs, from the object down; `None` for more than four.
    #[must_use]
    pub fn from_ids(ids: &[u16]) -> Option<Path> {
        let level = match ids.len() {
            0 => Level::Root,
            1 => Level::Object,
            2 => Level::Instance,
            3 => Level::Resource,
            4 => Level::ResourceInstance,
            _ => return None,
        };
        let mut path = Path { level, ..Path::ROOT };
        path.ids.iter_mut().zip(ids).for_each(|(to, from)| *to = *from);
        Some(path)
    }

    /// `/object/instance/resource`
    #[must_use]
    pub const fn resource(object: u16, instance: u16, resource: u16) -> Path {
        Path { ids: [object, instance, resource, 0], level: Level::Resource }
    }

    /// `/object/instance/resource/resource_instance`
    #[must_use]
    pub const fn resource_instance(
        object: u16,
        instance: u16,
        resource: u16,
        resource_instance: u16,
    ) -> Path {
        Path {
            ids: [object, instance, resource, resource_instance],
            level: Level::ResourceInstance,
        }
    }

    /// How deep the path is.
    #[must_use]
    pub const fn level(self) -> Level {
        self.level
    }

    /// The IDs that the path has, from the object down.
    #[must_use]
    pub fn ids(&self) -> &[u16] {
        self.ids.get(..self.level as usize).unwrap_or(&[])
    }

    #[inline(always)]
    fn at(&self, level: Level) -> Option<u16> {
        if m2m_base::SMALL { self.id(level) } else { self.id_inline(level) }
    }

    #[inline(never)]
    fn id(&self, level: Level) -> Option<u16> {
        self.ids().get((level as usize).wrapping_sub(1)).copied()
    }

    #[inline]
    const fn id_inline(&self, level: Level) -> Option<u16> {
        let [o, i, r, ri] = self.ids;
        if (self.level as u8) < level as u8 {
            return None;
        }
        match level {
            Level::Root => None,
            Level::Object => Some(o),
            Level::Instance => Some(i),
            Level::Resource => Some(r),
            Level::ResourceInstance => Some(ri),
        }
    }

    /// The object ID, `None` for the root.
    #[must_use]
    pub fn object_id(self) -> Option<u16> {
        self.at(Level::Object)
    }

    /// The object instance ID, if the path is that deep.
    #[must_use]
    pub fn instance_id(self) -> Option<u16> {
        self.at(Level::Instance)
    }

    /// The resource ID, if the path is that deep.
    #[must_use]
    pub fn resource_id(self) -> Option<u16> {
        self.at(Level::Resource)
    }

    /// The resource instance ID, if the path is that deep.
    #[must_use]
    pub fn resource_instance_id(self) -> Option<u16> {
        self.at(Level::ResourceInstance)
    }

    /// The deepest ID, `None` for the root.
    #[must_use]
    pub fn last(self) -> Option<u16> {
        self.at(self.level)
    }

    /// The path one level deeper; `None` below a resource instance.
    #[must_use]
    pub const fn child(self, id: u16) -> Option<Path> {
        let [o, i, r, _] = self.ids;
        Some(match self.level {
            Level::Root => Path::object(id),
            Level::Object => Path::instance(o, id),
            Level::Instance => Path::resource(o, i, id),
            Level::Resource => Path::resource_instance(o, i, r, id),
            Level::ResourceInstance => return None,
        })
    }

    /// Makes this the child of its ancestor at `level`, and tells whether it has both.
    #[inline(never)]
    pub(crate) fn descend(&mut self, level: Level, id: u16) -> bool {
        let Some(below) = level.below().filter(|_| level <= self.level) else { return false };
        self.level = below;
        let mut id = id;
        for slot in self.ids.iter_mut().skip(level as usize) {
            *slot = core::mem::take(&mut id);
        }
        true
    }

    /// Makes this its ancestor at `level`, unless it is none deeper.
    #[cfg(feature = "lwm2m-cbor")]
    #[inline(never)]
    pub(crate) fn cut(&mut self, level: Level) {
        if level < self.level {
            self.level = level;
            for slot in self.ids.iter_mut().skip(level as usize) {
                *slot = 0;
            }
        }
    }

    /// The same path below another object; the root stays.
    #[cfg(feature = "gateway")]
    pub(crate) const fn with_object(self, object: u16) -> Path {
        let [o, i, r, ri] = self.ids;
        let object = if self.level as u8 >= Level::Object as u8 { object } else { o };
        Path { ids: [object, i, r, ri], level: self.level }
    }

    /// The resource of the instance that the path is or lies in.
    #[inline]
    pub(crate) const fn with_resource(self, id: u16) -> Path {
        let [o, i, ..] = self.ids;
        Path::resource(o, i, id)
    }

    /// The instance of the resource that the path is or lies in.
    #[inline]
    pub(crate) const fn with_resource_instance(self, id: u16) -> Path {
        let [o, i, r, _] = self.ids;
        Path::resource_instance(o, i, r, id)
    }

    /// The path one level up; `None` for the root.
    #[must_use]
    pub const fn parent(self) -> Option<Path> {
        Some(match self.level {
            Level::Root => return None,
            Level::Object => Path::ROOT,
            Level::Instance => self.truncate(Level::Object),
            Level::Resource => self.truncate(Level::Instance),
            Level::ResourceInstance => self.truncate(Level::Resource),
        })
    }

    /// The ancestor at `level`; the path itself if it is not deeper.
    #[must_use]
    #[cfg_attr(feature = "small", inline(never))]
    pub const fn truncate(self, level: Level) -> Path {
        let [o, i, r, _] = self.ids;
        if self.level as u8 <= level as u8 {
            return self;
        }
        match level {
            Level::Root => Path::ROOT,
            Level::Object => Path::object(o),
            Level::Instance => Path::instance(o, i),
            Level::Resource | Level::ResourceInstance => Path::resource(o, i, r),
        }
    }

    /// The same path in another instance; unchanged above the instance level.
    #[must_use]
    pub const fn with_instance(self, instance: u16) -> Path {
        let [o, i, r, ri] = self.ids;
        let instance = if self.level as u8 >= Level::Instance as u8 { instance } else { i };
        Path { ids: [o, instance, r, ri], level: self.level }
    }

    /// All IDs side by side, the first lowest: two comparisons in one.
    #[inline]
    const fn packed(self) -> u64 {
        let [o, i, r, ri] = self.ids;
        o as u64 | (i as u64) << 16 | (r as u64) << 32 | (ri as u64) << 48
    }

    /// What paths are ordered by, before their levels.
    #[inline(always)]
    const fn in_order(&self) -> (u32, u32) {
        let [o, i, r, ri] = self.ids;
        ((o as u32) << 16 | i as u32, (r as u32) << 16 | ri as u32)
    }

    /// `self < other`, for searches that a device makes for each request.
    #[inline(always)]
    pub(crate) const fn is_before(&self, other: Path) -> bool {
        let ((high, low), (other_high, other_low)) = (self.in_order(), other.in_order());
        if high != other_high {
            return high < other_high;
        }
        if low != other_low { low < other_low } else { (self.level as u8) < other.level as u8 }
    }

    /// True if `ancestor` is this path or above it. Every path starts with itself and with the
    /// root.
    #[must_use]
    #[inline(always)]
    pub fn starts_with(self, ancestor: Path) -> bool {
        if m2m_base::SMALL { self.lies_in(&ancestor) } else { self.is_masked(ancestor) }
    }

    /// [`Path::starts_with`] in few instructions of code, which leaves paths where they are.
    #[inline(never)]
    fn lies_in(&self, ancestor: &Path) -> bool {
        self.level >= ancestor.level && self.ids.iter().zip(ancestor.ids()).all(|(id, of)| id == of)
    }

    /// [`Path::starts_with`] in few instructions of time.
    #[inline]
    const fn is_masked(self, ancestor: Path) -> bool {
        let mask = match ancestor.level {
            Level::Root => 0,
            Level::Object => 0xffff,
            Level::Instance => 0xffff_ffff,
            Level::Resource => 0xffff_ffff_ffff,
            Level::ResourceInstance => u64::MAX,
        };
        self.level as u8 >= ancestor.level as u8 && (self.packed() ^ ancestor.packed()) & mask == 0
    }

    /// True if `other` is this path or below it.
    #[must_use]
    #[inline]
    pub fn contains(self, other: Path) -> bool {
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
        let mut path = Path::ROOT;
        let mut ended = false;
        for segment in segments {
            if ended {
                return Err(PathError::Syntax);
            }
            if segment.as_ref().is_empty() {
                ended = true;
            } else {
                path = path.push(parse_id(segment.as_ref())?, false)?;
            }
        }
        Ok(path)
    }

    /// The path one level deeper, if the ID may stand there in what is parsed.
    fn push(self, id: u16, unassigned: bool) -> Result<Path, PathError> {
        if id == Path::UNASSIGNED && !(unassigned && self.level == Level::Object) {
            return Err(PathError::ReservedId);
        }
        self.child(id).ok_or(PathError::TooDeep)
    }

    /// Writes `/3/0/1`; the root is `/`.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(self, sink: &mut dyn Sink) -> Result<(), Full> {
        if self.level == Level::Root {
            return sink.put_u8(b'/');
        }
        let mut text = PathText::default();
        text.push_below(self, Level::Root);
        sink.put(text.as_bytes())
    }
}

impl From<Path> for PathText {
    fn from(path: Path) -> Self {
        let mut text = PathText::default();
        if path.level == Level::Root {
            text.push(b'/');
        }
        text.push_below(path, Level::Root);
        text
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
            Segment::Slash if self.path.level == Level::Root => Ok(self.path),
            Segment::Slash => Err(PathError::Syntax),
        }
    }
}

/// A path as text, on the stack.
#[derive(Clone, Copy, Default)]
pub struct PathText {
    bytes: [u8; Path::MAX_LEN],
    len: u8,
}

impl PathText {
    #[inline]
    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(usize::from(self.len)) {
            *slot = byte;
            self.len = self.len.wrapping_add(1);
        }
    }

    /// Appends the IDs of `path` that are deeper than `above`, each after a slash.
    fn push_below(&mut self, path: Path, above: Level) {
        for id in path.ids().iter().skip(above as usize) {
            self.push(b'/');
            self.push_id(*id);
        }
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "one digit")]
    fn push_id(&mut self, id: u16) {
        let mut weight = match id {
            0..=9 => return self.push(b'0' | id as u8),
            10..=99 => 10,
            100..=999 => 100,
            1000..=9999 => 1000,
            _ => 10000,
        };
        let mut left = id;
        while weight > 0 {
            self.push(b'0' | (left / weight) as u8);
            left %= weight;
            weight /= 10;
        }
    }

    /// The IDs of `path` below `above`, with slashes between them and none in front.
    pub(crate) fn relative(path: Path, above: Level) -> PathText {
        let mut text = PathText::default();
        for (n, id) in path.ids().iter().skip(above as usize).enumerate() {
            if n > 0 {
                text.push(b'/');
            }
            text.push_id(*id);
        }
        text
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or(&[])
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;
    use std::vec::Vec;

    pub(crate) fn any_path() -> impl Strategy<Value = Path> {
        proptest::collection::vec(0u16..65535, 0..=4)
            .prop_map(|ids| ids.into_iter().fold(Path::ROOT, |path, id| path.child(id).unwrap()))
    }

    #[test]
    fn text_forms() {
        for (text, path) in [
            ("/", Path::ROOT),
            ("/3", Path::object(3)),
            ("/3/0", Path::instance(3, 0)),
            ("/3/0/10", Path::resource(3, 0, 10)),
            ("/65534/100/6/1", Path::resource_instance(65534, 100, 6, 1)),
        ] {
            assert_eq!(Path::parse(text), Ok(path));
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_a_path() {
        for (text, error) in [
            ("", PathError::Syntax),
            ("3/0", PathError::Syntax),
            ("/3/", PathError::Syntax),
            ("//3", PathError::Syntax),
            ("/3//0", PathError::Syntax),
            ("/03", PathError::Syntax),
            ("/+3", PathError::Syntax),
            ("/-1", PathError::Syntax),
            ("/a", PathError::Syntax),
            ("/65536", PathError::Syntax),
            ("/99999999999999999999", PathError::Syntax),
            ("/65535", PathError::ReservedId),
            ("/1/65535", PathError::ReservedId),
            ("/1/0/0/65535", PathError::ReservedId),
            ("/1/2/3/4/5", PathError::TooDeep),
        ] {
            assert_eq!(Path::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn peers_leave_slashes_out_or_add_one() {
        for text in ["/3/0/", "3/0", "3/0/", "/3/0"] {
            assert_eq!(Path::parse_lenient(text), Ok(Path::instance(3, 0)), "{text}");
        }
        for text in ["", "/"] {
            assert_eq!(Path::parse_lenient(text), Ok(Path::ROOT));
        }
        for text in ["/3/0//", "//3"] {
            assert_eq!(Path::parse_lenient(text), Err(PathError::Syntax), "{text}");
        }
    }

    #[test]
    fn uri_path_segments() {
        assert_eq!(Path::from_segments(["3", "0", "1"]), Ok(Path::resource(3, 0, 1)));
        assert_eq!(Path::from_segments([b"3".as_slice(), b""]), Ok(Path::object(3)));
        assert_eq!(Path::from_segments(["3", "", "0"]), Err(PathError::Syntax));
        assert_eq!(Path::from_segments(["rd", "0"]), Err(PathError::Syntax));
        assert_eq!(Path::from_segments([""; 0]), Ok(Path::ROOT));
    }

    #[test]
    fn the_order_is_the_tree() {
        let sorted: Vec<Path> =
            ["/", "/0", "/3", "/3/0", "/3/0/0", "/3/0/0/0", "/3/0/0/1", "/3/0/1", "/3/1", "/4"]
                .map(|t| Path::parse(t).unwrap())
                .into();
        let mut shuffled = sorted.clone();
        shuffled.reverse();
        shuffled.sort();
        assert_eq!(shuffled, sorted);
    }

    proptest! {
        #[test]
        fn text_and_back(path in any_path()) {
            prop_assert_eq!(Path::parse(&path.to_string()), Ok(path));
            let mut out = Vec::new();
            path.write(&mut out).unwrap();
            prop_assert_eq!(out, path.to_string().into_bytes());
        }

        #[test]
        fn a_child_is_below_its_parent(path in any_path(), id in 0u16..65535) {
            prop_assert!(path.starts_with(path) && path.starts_with(Path::ROOT));
            if let Some(child) = path.child(id) {
                prop_assert!(child.starts_with(path) && !path.starts_with(child));
                prop_assert!(path < child);
                prop_assert_eq!(child.parent(), Some(path));
                prop_assert_eq!(child.last(), Some(id));
                prop_assert_eq!(child.truncate(path.level()), path);
            }
        }

        #[test]
        fn any_text_is_a_path_or_an_error(text in "[/0-9a]{0,30}") {
            if let Ok(path) = Path::parse(&text) {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
