//! From items to LwM2M CBOR.

use m2m_base::{Full, Sink};

use crate::error::WriteError;
use crate::format::cbor::{ARRAY, MAP, UNSIGNED, put_head, write_bare};
use crate::format::source::Source;
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};

/// Writes a map from the root down. What several items have in common is one key; a key of more
/// than one ID is an array. Times are left out.
#[inline(never)]
pub(in crate::format) fn write<'a>(
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let mut outside = false;
    items.ahead(&mut |items| {
        while let Some(item) = items.take_next() {
            outside |= !item.path.starts_with(target.path);
        }
    });
    if outside {
        return Err(WriteError::NotExpressible);
    }
    let mut first = items.take_next();
    map(&mut first, items, Path::ROOT, sink)
}

/// Shows the paths of the items that come next and are at or below `at`.
fn each<'a>(items: &dyn Source<'a>, at: Path, look: &mut dyn FnMut(Path)) {
    items.ahead(&mut |items| {
        while let Some(item) = items.take_next()
            && item.path.starts_with(at)
        {
            look(item.path);
        }
    });
}

/// Writes what of the items is below `at`: `next`, which is there, and those behind it. It calls
/// itself for what is at least one level deeper.
fn map<'a>(
    next: &mut Option<Item<'a>>,
    items: &mut dyn Source<'a>,
    at: Path,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let mut count = 0;
    let mut last = at;
    let mut tell = |path| {
        let child = below(path, at);
        count += u64::from(child != last);
        last = child;
    };
    if let Some(item) = next {
        tell(item.path);
        each(items, at, &mut tell);
    }
    put_head(sink, MAP, count)?;

    let mut written = at;
    while let Some(item) = next
        && item.path.starts_with(at)
    {
        let child = below(item.path, at);
        let is_value = matches!(item.content, ItemContent::Value(_));
        if child == at {
            if is_value {
                return Err(WriteError::NotExpressible);
            }
            // That there is nothing in it was said too early.
            *next = items.take_next();
            continue;
        }
        // What was left comes again: the items are not in order.
        if child == written {
            return Err(WriteError::NotExpressible);
        }
        written = child;
        let mut common = item.path;
        let mut alone = true;
        // Below a value there is nothing.
        if !is_value || common != child {
            each(items, child, &mut |path| {
                common = common_ancestor(common, path);
                alone = false;
            });
        }
        key(common, at.level(), sink)?;
        if !alone {
            map(next, items, common, sink)?;
            continue;
        }
        match &item.content {
            ItemContent::Value(_) if common.level() < Level::Resource => {
                return Err(WriteError::NotExpressible);
            }
            ItemContent::Value(value) => write_bare(value, sink)?,
            ItemContent::Empty => put_head(sink, MAP, 0)?,
        }
        *next = items.take_next();
    }
    Ok(())
}

/// The path one level below `at`, on the way to `path`; `at` itself if that is all of it.
fn below(path: Path, at: Path) -> Path {
    path.truncate(match at.level() {
        Level::Root => Level::Object,
        Level::Object => Level::Instance,
        Level::Instance => Level::Resource,
        Level::Resource | Level::ResourceInstance => Level::ResourceInstance,
    })
}

fn common_ancestor(a: Path, b: Path) -> Path {
    let mut common = a;
    while !b.starts_with(common) {
        match common.parent() {
            Some(parent) => common = parent,
            None => break,
        }
    }
    common
}

/// The IDs of `path` behind the level `above`.
fn key(path: Path, above: Level, sink: &mut dyn Sink) -> Result<(), Full> {
    let ids = path.ids().get(above as usize..).unwrap_or(&[]);
    if ids.len() > 1 {
        put_head(sink, ARRAY, u64::try_from(ids.len()).unwrap_or(0))?;
    }
    ids.iter().try_for_each(|id| put_head(sink, UNSIGNED, u64::from(*id)))
}
