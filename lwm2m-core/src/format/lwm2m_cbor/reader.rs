//! From LwM2M CBOR to entries.

use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::format::cbor::{ARRAY, Head, Items, MAP, TEXT, UNSIGNED};
use crate::format::{Content, Entry, RawValue, Target};
use crate::path::{Level, Path};

/// A map that is open.
#[derive(Clone, Copy, Debug)]
struct Map {
    /// Pairs still to come; `None` until a break.
    left: Option<u64>,
    /// Where its keys begin.
    path: Path,
    /// No pair was met yet.
    empty: bool,
    /// All of it is in the target.
    #[cfg(not(feature = "small"))]
    within: bool,
}

/// Maps within one another: each key is at least an ID, or the prefix.
const MAX_DEPTH: usize = 5;

/// Pulls the values out of the maps.
#[derive(Clone, Debug)]
pub(in crate::format) struct LwM2mCborReader<'a> {
    items: Items<'a>,
    target: Target<'a>,
    maps: [Map; MAX_DEPTH],
    depth: usize,
    begun: bool,
}

impl<'a> LwM2mCborReader<'a> {
    pub(in crate::format) fn new(target: Target<'a>, bytes: &'a [u8]) -> Self {
        let map = Map {
            left: Some(0),
            path: Path::ROOT,
            empty: true,
            #[cfg(not(feature = "small"))]
            within: false,
        };
        LwM2mCborReader {
            items: Items::new(bytes),
            target,
            maps: [map; MAX_DEPTH],
            depth: 0,
            begun: false,
        }
    }

    fn open(&mut self, path: Path) -> Result<(), Kind> {
        let head = self.items.head()?;
        if head.major != MAP {
            return Err(Kind::Syntax);
        }
        let left = (!head.is_indefinite()).then_some(head.argument);
        *self.maps.get_mut(self.depth).ok_or(Kind::Nesting)? = Map {
            left,
            path,
            empty: true,
            #[cfg(not(feature = "small"))]
            within: path.starts_with(self.target.path),
        };
        self.depth = self.depth.wrapping_add(1);
        Ok(())
    }

    /// The next value, if it lies as most do. For all else, and for what is wrong, there is
    /// [`LwM2mCborReader::next`].
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(in crate::format) fn quick(&mut self) -> Option<Entry<'a>> {
        loop {
            if let Some(entry) = self.pair() {
                return Some(entry);
            }
            self.step()?;
        }
    }

    /// A resource of an instance that is addressed, or an instance of one.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    fn pair(&mut self) -> Option<Entry<'a>> {
        let map = self.maps.get_mut(self.depth.checked_sub(1)?)?;
        let left = match map.left {
            None => None,
            Some(left) => Some(left.checked_sub(1)?),
        };
        let mut items = self.items;
        let id = items.short_key()?;
        let path = match map.path.level() {
            Level::Instance if map.within => map.path.with_resource(id),
            Level::Resource if map.within => map.path.with_resource_instance(id),
            _ => return None,
        };
        let start = items.position();
        let item = items.short_value()?;
        self.items = items;
        (map.left, map.empty) = (left, false);
        let content = Content::Value(RawValue::cbor(item, start));
        Some(Entry { path, content, time: None })
    }

    /// Leaves a map that is over, or enters the next one. `None` if neither is what comes.
    #[cfg(not(feature = "small"))]
    #[inline(never)]
    fn step(&mut self) -> Option<()> {
        let mut items = self.items;
        let room = self.depth < MAX_DEPTH;
        if !self.begun {
            let left = items.short_map()?;
            self.begun = true;
            return self.enter(left, Path::ROOT, items);
        }
        let map = self.maps.get_mut(self.depth.checked_sub(1)?)?;
        let over = match map.left {
            None => items.end_of_indefinite().ok()?,
            Some(left) => left == 0,
        };
        if over {
            if map.empty {
                return None;
            }
            self.items = items;
            self.depth = self.depth.wrapping_sub(1);
            return Some(());
        }
        let id = items.short_key().filter(|_| room)?;
        let path = map.path.child(id).filter(|path| path.level() < Level::ResourceInstance)?;
        let left = items.short_map()?;
        if !path.starts_with(self.target.path) && !path.contains(self.target.path) {
            return None;
        }
        map.left = map.left.map(|left| left.wrapping_sub(1));
        map.empty = false;
        self.enter(left, path, items)
    }

    #[cfg(not(feature = "small"))]
    #[inline]
    fn enter(&mut self, left: Option<u64>, path: Path, items: Items<'a>) -> Option<()> {
        let within = path.starts_with(self.target.path);
        *self.maps.get_mut(self.depth)? = Map { left, path, empty: true, within };
        self.items = items;
        self.depth = self.depth.wrapping_add(1);
        Some(())
    }

    /// The path with the IDs of a key behind it.
    #[inline]
    fn key(&mut self, base: Path) -> Result<Path, Kind> {
        let head = self.items.head()?;
        match head.major {
            UNSIGNED => self.child(base, head.argument),
            ARRAY => self.ids(base, (!head.is_indefinite()).then_some(head.argument)),
            // A gateway may write the prefix as a key of its own, or in front of an array.
            TEXT => {
                self.prefix(base, head)?;
                Ok(base)
            }
            _ => Err(Kind::Syntax),
        }
    }

    #[inline(never)]
    fn ids(&mut self, base: Path, mut left: Option<u64>) -> Result<Path, Kind> {
        let mut path = base;
        let mut first = true;
        loop {
            match &mut left {
                None if self.items.end_of_indefinite()? => break,
                None => {}
                Some(0) => break,
                Some(left) => *left = left.wrapping_sub(1),
            }
            let head = self.items.head()?;
            match head.major {
                UNSIGNED => path = self.child(path, head.argument)?,
                TEXT if first => self.prefix(base, head)?,
                _ => return Err(Kind::Syntax),
            }
            first = false;
        }
        // An empty array leads nowhere.
        if first { Err(Kind::Syntax) } else { Ok(path) }
    }

    #[inline]
    fn child(&self, path: Path, id: u64) -> Result<Path, Kind> {
        let id = u16::try_from(id).map_err(|_| Kind::ReservedId)?;
        let unassigned = path.level() == Level::Object && self.target.allows_unassigned();
        if id == Path::UNASSIGNED && !unassigned {
            return Err(Kind::ReservedId);
        }
        path.child(id).ok_or(Kind::Nesting)
    }

    /// Text in front of the object: the device behind a gateway, the last segment of the target's
    /// prefix.
    fn prefix(&mut self, base: Path, head: Head) -> Result<(), Kind> {
        let text = self.items.string(head)?;
        let prefix = self.target.prefix.as_bytes();
        let wanted = prefix.rsplit(|byte| *byte == b'/').next().unwrap_or(&[]);
        if base != Path::ROOT || head.is_indefinite() {
            Err(Kind::Syntax)
        } else if wanted.is_empty() || wanted != text {
            Err(Kind::OutsideTarget)
        } else {
            Ok(())
        }
    }

    /// The next value, or what holds none; `None` at the end.
    #[inline]
    fn entry(&mut self) -> Result<Option<Entry<'a>>, Kind> {
        if !self.begun {
            self.begun = true;
            self.open(Path::ROOT)?;
        }
        loop {
            let Some(map) = self.depth.checked_sub(1).and_then(|top| self.maps.get_mut(top)) else {
                return if self.items.is_at_end() { Ok(None) } else { Err(Kind::TrailingBytes) };
            };
            let over = match &mut map.left {
                None => self.items.end_of_indefinite()?,
                Some(0) => true,
                Some(left) => {
                    *left = left.wrapping_sub(1);
                    false
                }
            };
            let (base, empty) = (map.path, map.empty);
            if over {
                self.depth = self.depth.wrapping_sub(1);
                // An object without instances is told by nothing at all.
                if empty && matches!(base.level(), Level::Instance | Level::Resource) {
                    return Ok(Some(Entry { path: base, content: Content::Empty, time: None }));
                }
                continue;
            }
            map.empty = false;
            let path = self.key(base)?;
            if !path.contains(self.target.path) && !path.starts_with(self.target.path) {
                return Err(Kind::OutsideTarget);
            }
            if self.items.peek()? >> 5 == MAP {
                if path.level() == Level::ResourceInstance {
                    return Err(Kind::Nesting);
                }
                self.open(path)?;
                continue;
            }
            let start = self.items.position();
            self.items.skip_value()?;
            if path.level() < Level::Resource {
                return Err(Kind::Nesting);
            }
            if !path.starts_with(self.target.path) {
                return Err(Kind::OutsideTarget);
            }
            let value = RawValue::cbor(self.items.since(start), start);
            return Ok(Some(Entry { path, content: Content::Value(value), time: None }));
        }
    }

    pub(in crate::format) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        let result = self.entry();
        let at = self.items.position();
        result.map_err(|kind| DecodeError::new(kind, at)).transpose()
    }
}
