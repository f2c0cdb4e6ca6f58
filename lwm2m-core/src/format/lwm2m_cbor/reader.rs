//! From LwM2M CBOR to entries.

use crate::error::{DecodeError, DecodeErrorKind as Kind};
#[cfg(not(feature = "small"))]
use crate::format::Item;
use crate::format::cbor::{self, ARRAY, Items, Left, MAP, TEXT, UNSIGNED};
#[cfg(not(feature = "small"))]
use crate::format::cbor::{BREAK, short_integer, short_map, short_text, short_value};
use crate::format::{Content, Entry, RawValue, Target};
use crate::path::{Level, Path};
#[cfg(not(feature = "small"))]
use crate::value::{DataType, Value};

/// A map that is open.
#[derive(Clone, Copy, Debug)]
struct Map {
    /// Pairs still to come.
    left: Left,
    /// Where its keys begin: the ancestor of the path at this level.
    level: Level,
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
    /// Of what was read last.
    path: Path,
    maps: [Map; MAX_DEPTH],
    depth: usize,
    begun: bool,
}

impl<'a> LwM2mCborReader<'a> {
    pub(in crate::format) fn new(target: Target<'a>, bytes: &'a [u8]) -> Self {
        let map = Map {
            left: Left(0),
            level: Level::Root,
            empty: true,
            #[cfg(not(feature = "small"))]
            within: false,
        };
        #[allow(unused_mut, reason = "it is begun here only where it is read quickly")]
        let mut reader = LwM2mCborReader {
            items: Items::new(bytes),
            target,
            path: Path::ROOT,
            maps: [map; MAX_DEPTH],
            depth: 0,
            begun: false,
        };
        #[cfg(not(feature = "small"))]
        if let Some(left) = short_map(bytes)
            && let [first, ..] = &mut reader.maps
        {
            *first = Map { left, within: target.path == Path::ROOT, ..map };
            reader.items.pass(1);
            (reader.depth, reader.begun) = (1, true);
        }
        reader
    }

    /// Enters the map that comes next, at the path.
    #[inline(never)]
    fn open(&mut self) -> Result<(), Kind> {
        if self.items.head()? != MAP {
            return Err(Kind::Syntax);
        }
        *self.maps.get_mut(self.depth).ok_or(Kind::Nesting)? = Map {
            left: self.items.left(),
            level: self.path.level(),
            empty: true,
            #[cfg(not(feature = "small"))]
            within: self.path.starts_with(self.target.path),
        };
        self.depth = self.depth.wrapping_add(1);
        Ok(())
    }

    /// The next value, if it lies as most do: a resource of an instance that is addressed, or an
    /// instance of one. For all else, and for what is wrong, there is [`LwM2mCborReader::next`].
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(in crate::format) fn quick(&mut self) -> Option<Entry<'a>> {
        let (path, item, start) = self.quick_value()?;
        Some(Entry { path, content: Content::Value(RawValue::cbor_item(item, start)), time: None })
    }

    /// The same: the path, the item, and where it lies.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    fn quick_value(&mut self) -> Option<(Path, &'a [u8], usize)> {
        loop {
            let map = self.maps.get_mut(self.depth.wrapping_sub(1))?;
            let rest = self.items.rest()?;
            let (id, used) = match rest {
                _ if map.left == Left(0) => (0, 0),
                [id @ 0..24, ..] => (*id, 1),
                [24, id, ..] => (*id, 2),
                [BREAK, ..] if map.left == Left::INDEFINITE => (0, 0),
                _ => return None,
            };
            if used == 0 {
                // The map is over, with its break or without one.
                if map.empty {
                    return None;
                }
                self.items.pass(usize::from(map.left == Left::INDEFINITE));
                self.depth = self.depth.wrapping_sub(1);
                continue;
            }
            let rest = rest.get(used..)?;
            let id = u16::from(id);
            if rest.first()? >> 5 == MAP {
                self.enter(id, used)?;
                continue;
            }
            let path = match map.level {
                Level::Instance if map.within => self.path.with_resource(id),
                Level::Resource if map.within => self.path.with_resource_instance(id),
                _ => return None,
            };
            let item = short_value(rest)?;
            let start = self.items.position().wrapping_add(used);
            self.items.pass(used.wrapping_add(item.len()));
            if map.left != Left::INDEFINITE {
                map.left.0 = map.left.0.wrapping_sub(1);
            }
            map.empty = false;
            self.path = path;
            return Some((path, item, start));
        }
    }

    /// Hands over all that is left, values in their types.
    #[cfg(not(feature = "small"))]
    #[inline(always)]
    pub(in crate::format) fn read<E: From<DecodeError>>(
        mut self,
        data_type: &impl Fn(Path) -> Option<DataType>,
        take: &mut impl FnMut(Item<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            while let Some((path, item, start)) = self.quick_value() {
                // Values that most are go to the caller each from its place.
                let data_type = data_type(path);
                if data_type == Some(DataType::Integer)
                    && let Some(n) = short_integer(item)
                {
                    take(Item::value(path, Value::Integer(n)))?;
                } else if data_type == Some(DataType::String)
                    && let Some(text) = short_text(item)
                {
                    take(Item::value(path, Value::String(text)))?;
                } else {
                    take(Item::value(path, RawValue::cbor_item(item, start).typed(data_type)?))?;
                }
            }
            match self.next() {
                Some(entry) => take(entry?.into_item(data_type)?)?,
                None => return Ok(()),
            }
        }
    }

    /// Enters the map behind the key of so many bytes that is `id`.
    #[cfg(not(feature = "small"))]
    #[inline(never)]
    fn enter(&mut self, id: u16, used: usize) -> Option<()> {
        let map = self.maps.get_mut(self.depth.wrapping_sub(1))?;
        let to_come = short_map(self.items.rest()?.get(used..)?)?;
        let target = self.target.path;
        let path = match map.level {
            Level::Root => Path::object(id),
            Level::Object => self.path.truncate(Level::Object).child(id)?,
            Level::Instance => self.path.with_resource(id),
            Level::Resource | Level::ResourceInstance => return None,
        };
        let within = path.starts_with(target);
        if self.depth >= MAX_DEPTH || !(within || path.contains(target)) {
            return None;
        }
        if map.left != Left::INDEFINITE {
            map.left.0 = map.left.0.wrapping_sub(1);
        }
        map.empty = false;
        let level = path.level();
        *self.maps.get_mut(self.depth)? = Map { left: to_come, level, empty: true, within };
        self.path = path;
        self.items.pass(used.wrapping_add(1));
        self.depth = self.depth.wrapping_add(1);
        Some(())
    }

    /// The IDs of a key: to the path they are added.
    fn key(&mut self) -> Result<(), Kind> {
        let mut major = self.items.head()?;
        let is_array = major == ARRAY;
        let mut left = if is_array { self.items.left() } else { Left(1) };
        let mut first = true;
        while !self.items.is_over(&mut left)? {
            if is_array {
                major = self.items.head()?;
            }
            match major {
                UNSIGNED => self.child()?,
                // A gateway may write the prefix as a key of its own, or in front of an array.
                TEXT if first => self.prefix()?,
                _ => return Err(Kind::Syntax),
            }
            first = false;
        }
        // An empty array leads nowhere.
        if first { Err(Kind::Syntax) } else { Ok(()) }
    }

    /// Adds to the path the ID whose head was read.
    fn child(&mut self) -> Result<(), Kind> {
        let id = u16::try_from(self.items.argument()).map_err(|_| Kind::ReservedId)?;
        let level = self.path.level();
        let unassigned = level == Level::Object && self.target.allows_unassigned();
        if id == Path::UNASSIGNED && !unassigned {
            return Err(Kind::ReservedId);
        }
        if self.path.descend(level, id) { Ok(()) } else { Err(Kind::Nesting) }
    }

    /// Text in front of the object: the device behind a gateway, the last segment of the target's
    /// prefix.
    #[inline(never)]
    fn prefix(&mut self) -> Result<(), Kind> {
        let text = self.items.content()?;
        let prefix = self.target.prefix.as_bytes();
        let wanted = prefix.rsplit(|byte| *byte == b'/').next().unwrap_or(&[]);
        if self.path.level() != Level::Root {
            Err(Kind::Syntax)
        } else if wanted.is_empty() || wanted != text {
            Err(Kind::OutsideTarget)
        } else {
            Ok(())
        }
    }

    /// The next value, or what holds none; `None` at the end.
    fn entry(&mut self) -> Result<Option<Entry<'a>>, Kind> {
        if !self.begun {
            self.begun = true;
            self.open()?;
        }
        loop {
            let Some(map) = self.depth.checked_sub(1).and_then(|top| self.maps.get_mut(top)) else {
                return if self.items.is_at_end() { Ok(None) } else { Err(Kind::TrailingBytes) };
            };
            self.path.cut(map.level);
            let content = if self.items.is_over(&mut map.left)? {
                self.depth = self.depth.wrapping_sub(1);
                // An object without instances is told by nothing at all.
                if !map.empty || !matches!(map.level, Level::Instance | Level::Resource) {
                    continue;
                }
                Content::Empty
            } else {
                map.empty = false;
                match self.pair_or_map()? {
                    Some(value) => Content::Value(value),
                    None => continue,
                }
            };
            return Ok(Some(Entry { path: self.path, content, time: None }));
        }
    }

    /// Reads a key, and the value behind it; `None` for a map, which is entered.
    fn pair_or_map(&mut self) -> Result<Option<RawValue<'a>>, Kind> {
        self.key()?;
        let (path, target) = (&self.path, &self.target.path);
        let within = path.starts_with(*target);
        if !within && !path.contains(*target) {
            return Err(Kind::OutsideTarget);
        }
        if self.items.peek()? >> 5 == MAP {
            if self.path.level() == Level::ResourceInstance {
                return Err(Kind::Nesting);
            }
            self.open()?;
            return Ok(None);
        }
        let start = self.items.position();
        let (value, len) = match cbor::read(self.items.rest().unwrap_or(&[]), start) {
            Ok(read) => read,
            Err(error) => {
                self.items.pass(error.offset.wrapping_sub(start));
                return Err(error.kind);
            }
        };
        self.items.pass(len);
        if self.path.level() < Level::Resource {
            return Err(Kind::Nesting);
        }
        if !within {
            return Err(Kind::OutsideTarget);
        }
        Ok(Some(value))
    }

    pub(in crate::format) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        let result = self.entry();
        let at = self.items.position();
        result.map_err(|kind| DecodeError::new(kind, at)).transpose()
    }
}
