//! From items to LwM2M CBOR.

use m2m_base::{Full, Sink};
use senml::cbor::put_head;

use crate::error::WriteError;
use crate::format::cbor::{ARRAY, BREAK, MAP, UNSIGNED, write_bare};
use crate::format::source::Source;
use crate::format::{Item, ItemContent, Target};
use crate::path::Level;

/// The heads of a map without pairs, and of one that ends with a break.
const EMPTY: u8 = MAP << 5;
const OPEN: u8 = EMPTY | 31;

/// Writes a map from the root down, a map in it for each instance that has more than one value, and
/// one in that for each multiple resource that has more than one. All else is told by keys of
/// several IDs, which are arrays. Where the number of pairs is not known without looking ahead, a map
/// ends with a break. Times are left out.
#[inline(never)]
pub(in crate::format) fn write<'a>(
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    // How many IDs of the last path lead to a map that is open, and what that path has in common
    // with the next.
    let (mut level, mut common) = (0, 0);
    let outermost = (target.path.level() as usize).max(2);
    // What stands at the end: a map of nothing as long as nothing was written.
    let mut end = EMPTY;
    let mut next = items.take_next();
    while let Some(Item { path, content, .. }) = next {
        next = items.take_next();
        let before = common;
        common = next.map_or(0, |next| path.common(next.path));
        let ids = path.ids();
        let depth = ids.len();
        let is_value = matches!(content, ItemContent::Value(_));
        // What there is below a path comes with it; below a value there is nothing, and nothing
        // is there twice.
        let above = depth <= common.max(before);
        let least = if is_value { 3 } else { 1 };
        if !path.starts_with(target.path) || is_value && above || depth < least {
            return Err(WriteError::NotExpressible);
        }
        if !above {
            if end == EMPTY {
                // All of an instance has one key at the root.
                let is_one = next.is_none() || target.path.level() >= Level::Instance;
                end = if is_one { 0 } else { BREAK };
                put(sink, if is_one { EMPTY | 1 } else { OPEN })?;
            }
            let mut from = level;
            for to in [outermost, 3, depth] {
                if from >= to || common < to && to != depth {
                    continue;
                }
                let key = ids.get(from..to).unwrap_or(&[]);
                if key.len() > 1 {
                    put_head(sink, ARRAY, u64::try_from(key.len()).unwrap_or(0))?;
                }
                for id in key {
                    put_head(sink, UNSIGNED, (*id).into())?;
                }
                from = to;
                if to < depth {
                    put(sink, OPEN)?;
                    level = to;
                }
            }
            match &content {
                ItemContent::Value(value) => write_bare(value, sink)?,
                ItemContent::Empty => put(sink, EMPTY)?,
            }
        }
        while level > common {
            put(sink, BREAK)?;
            level = if level > outermost { outermost } else { 0 };
        }
    }
    if end != 0 {
        put(sink, end)?;
    }
    Ok(())
}

#[cfg_attr(feature = "small", inline(never))]
fn put(sink: &mut dyn Sink, byte: u8) -> Result<(), Full> {
    sink.put_u8(byte)
}
