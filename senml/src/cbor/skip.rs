//! Passes over the values of unknown fields.

use super::token::{Items, Left};
use crate::error::{DecodeErrorKind as Kind, Failed};
use crate::label::Tokens;

/// Arrays, maps and tags inside one another in the value of an unknown field.
const MAX_DEPTH: usize = 16;

/// An array or map that is open: how many items are left, or of an indefinite one whether it is a
/// map and whether a key has been without its value.
#[derive(Clone, Copy)]
enum Open {
    Items(usize),
    Array,
    Map { odd: bool },
}

/// Passes over any item.
#[inline(never)]
pub(super) fn skip(items: &mut Items<'_>) -> Result<(), Failed> {
    items.unknown = true;
    let mut stack = [Open::Items(0); MAX_DEPTH];
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
                opened = Some(match (items.open(major)?, major) {
                    (Left::INDEFINITE, 4) => Open::Array,
                    (Left::INDEFINITE, _) => Open::Map { odd: false },
                    (Left(count), 4) => Open::Items(count),
                    (Left(count), _) => Open::Items(count.saturating_mul(2)),
                });
            }
            6 => {
                items.argument(first)?;
                opened = Some(Open::Items(1));
            }
            _ => items.simple_or_float(first)?,
        }
        if let Some(open) = opened {
            let Some(slot) = stack.get_mut(depth) else {
                return Err(items.fail(Kind::TooDeep, at));
            };
            *slot = open;
            depth += 1;
        }
        // Close what is complete; a closed item counts in the one around it.
        let mut complete = opened.is_none();
        loop {
            let Some(open) = depth.checked_sub(1).and_then(|top| stack.get_mut(top)) else {
                return Ok(());
            };
            if complete {
                match open {
                    Open::Items(left) => *left = left.saturating_sub(1),
                    Open::Map { odd } => *odd = !*odd,
                    Open::Array => {}
                }
            }
            complete = match open {
                Open::Items(left) => *left == 0,
                Open::Array | Open::Map { odd: false } => items.end_of_indefinite()?,
                Open::Map { odd: true } => false,
            };
            if !complete {
                break;
            }
            depth -= 1;
        }
    }
}
