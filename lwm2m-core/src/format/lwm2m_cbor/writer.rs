//! From items to LwM2M CBOR.

use m2m_base::{Full, Sink};

#[cfg(not(feature = "small"))]
use super::fast;
use crate::error::WriteError;
use crate::format::cbor::{ARRAY, MAP, UNSIGNED, put_head, write_bare};
#[cfg(not(feature = "small"))]
use crate::format::fill::Fill;
use crate::format::{Item, ItemContent, Target};
use crate::path::{Level, Path};

/// Writes a map from the root down. What several items have in common is one key; a key of more
/// than one ID is an array. Times are left out.
pub(in crate::format) fn write<'a, I>(
    target: &Target<'_>,
    items: I,
    sink: &mut dyn Sink,
) -> Result<(), WriteError>
where
    I: Iterator<Item = Item<'a>> + Clone,
{
    #[cfg(not(feature = "small"))]
    if let Some(room) = sink.room() {
        let mut fill = Fill::new(room);
        if fast::write(target, items.clone(), &mut fill).is_some() {
            fill.finish();
            return Ok(());
        }
    }
    if items.clone().any(|item| !item.path.starts_with(target.path)) {
        return Err(WriteError::NotExpressible);
    }
    let mut items = items;
    map(items.next(), items, Path::ROOT, sink)
}

/// Writes what of the items is below `at`: `first` and those that follow it. It calls itself for
/// what is at least one level deeper.
fn map<'a, I>(
    first: Option<Item<'a>>,
    rest: I,
    at: Path,
    sink: &mut dyn Sink,
) -> Result<(), WriteError>
where
    I: Iterator<Item = Item<'a>> + Clone,
{
    let mut count = 0;
    let mut last = at;
    let mut path = first.map(|item| item.path);
    let mut ahead = rest.clone();
    while let Some(found) = path.filter(|path| path.starts_with(at)) {
        let child = below(found, at);
        count += u64::from(child != last);
        last = child;
        path = ahead.next().map(|item| item.path);
    }
    put_head(sink, MAP, count)?;

    let (mut next, mut rest) = (first, rest);
    let mut written = at;
    while let Some(item) = next {
        if !item.path.starts_with(at) {
            break;
        }
        let child = below(item.path, at);
        // What was left comes again: the items are not in order.
        if child == written && child != at {
            return Err(WriteError::NotExpressible);
        }
        written = child;
        if let (ItemContent::Value(value), true) = (&item.content, item.path == child) {
            if item.path.level() < Level::Resource || child == at {
                return Err(WriteError::NotExpressible);
            }
            key(child, at.level(), sink)?;
            write_bare(value, sink)?;
            next = rest.next();
            continue;
        }
        let group = rest.clone();
        next = rest.next();
        if child == at {
            // That there is nothing in it was said too early.
            continue;
        }
        let mut common = item.path;
        let mut alone = true;
        while let Some(more) = &next {
            if !more.path.starts_with(child) {
                break;
            }
            common = common_ancestor(common, more.path);
            alone = false;
            next = rest.next();
        }
        key(common, at.level(), sink)?;
        match &item.content {
            _ if !alone => map(Some(item), group, common, sink)?,
            ItemContent::Value(value) if common.level() >= Level::Resource => {
                write_bare(value, sink)?;
            }
            ItemContent::Value(_) => return Err(WriteError::NotExpressible),
            ItemContent::Empty => put_head(sink, MAP, 0)?,
        }
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
