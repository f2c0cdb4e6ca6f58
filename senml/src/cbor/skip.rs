//! Passes over the values of unknown fields.

use super::token::{Items, Left};
use crate::error::{DecodeErrorKind as Kind, Failed};
use crate::label::Tokens;

/// Arrays, maps and tags inside one another in the value of an unknown field.
const MAX_DEPTH: usize = 16;

/// An array or map of indefinite length that is open: the items that are left are beyond any count.
const ARRAY: usize = usize::MAX;
/// A map that expects a key.
const MAP: usize = usize::MAX - 1;
/// A map that expects the value of a key.
const VALUE: usize = usize::MAX - 2;

/// Passes over any item.
#[inline(never)]
pub(super) fn skip(items: &mut Items<'_>) -> Result<(), Failed> {
    items.unknown = true;
    // How many items are left of what is open.
    let mut stack = [0usize; MAX_DEPTH];
    let mut depth = 0usize;
    loop {
        let at = items.position();
        let first = items.peek()?;
        let mut opened = None;
        match first >> 5 {
            0 | 1 => items.argument(first).map(drop)?,
            2 => items.data().map(drop)?,
            3 => items.text().map(drop)?,
            major @ (4 | 5) => {
                let Left(count) = items.open(major)?;
                let map = major == 5;
                opened = Some(match Left(count) {
                    Left::INDEFINITE => {
                        if map {
                            MAP
                        } else {
                            ARRAY
                        }
                    }
                    // There are not so many bytes.
                    _ => count.min(usize::MAX >> 2) << u32::from(map),
                });
            }
            6 => {
                items.argument(first)?;
                opened = Some(1);
            }
            _ => items.simple_or_float(first)?,
        }
        if let Some(left) = opened {
            let Some(slot) = stack.get_mut(depth) else {
                return Err(items.fail(Kind::TooDeep, at));
            };
            *slot = left;
            depth += 1;
        }
        // Close what is complete; a closed item counts in the one around it.
        let mut complete = opened.is_none();
        loop {
            let Some(left) = depth.checked_sub(1).and_then(|top| stack.get_mut(top)) else {
                return Ok(());
            };
            if complete {
                *left = match *left {
                    ARRAY => ARRAY,
                    MAP => VALUE,
                    VALUE => MAP,
                    count => count.saturating_sub(1),
                };
            }
            complete = match *left {
                ARRAY | MAP => items.end_of_indefinite()?,
                left => left == 0,
            };
            if !complete {
                break;
            }
            depth -= 1;
        }
    }
}
