//! Passes over the values of unknown fields.

use super::token::{ANY, Items, Left};
use crate::error::{DecodeErrorKind as Kind, Failed};
use crate::label::Tokens;

/// Arrays, maps and tags inside one another in the value of an unknown field.
const MAX_DEPTH: usize = 16;

// What is left of what is open: so many items, or if negative what a break ends. The lowest bit of
// that tells that no break may come here; with the third one it changes with each item.
const ARRAY: isize = -8;
const MAP_AT_VALUE: isize = -3;

/// Passes over any item.
#[inline(never)]
pub(super) fn skip(items: &mut Items<'_>) -> Result<(), Failed> {
    items.unknown = true;
    let mut stack = [ARRAY; MAX_DEPTH];
    let mut depth = 0usize;
    loop {
        let at = items.position();
        items.head(ANY)?;
        let first = items.first();
        // Of an array, map or tag: what is in it, and its head.
        let opened = match first >> 5 {
            2 | 3 => {
                items.pass_string(at)?;
                0
            }
            6 => 2,
            major @ (4 | 5) => match (items.left(), major) {
                (Left::INDEFINITE, 4) => ARRAY,
                (Left::INDEFINITE, _) => MAP_AT_VALUE,
                (Left(count), _) => (count << (major & 1)).cast_signed().saturating_add(1),
            },
            // Simple values below 32 have no such form (RFC 8949 section 3.3).
            _ if first == 0xf8 && items.argument() < 32 => {
                return Err(items.fail(Kind::Malformed, at));
            }
            _ => 0,
        };
        if opened != 0 {
            let Some(slot) = stack.get_mut(depth) else {
                return Err(items.fail(Kind::TooDeep, at));
            };
            *slot = opened;
            depth += 1;
        }
        // Close what is complete; a closed item counts in the one around it, and so does a head.
        loop {
            let Some(left) = depth.checked_sub(1).and_then(|top| stack.get_mut(top)) else {
                return Ok(());
            };
            *left = if *left > 0 { *left - 1 } else { *left ^ (*left >> 2 & 1) };
            let left = *left;
            let complete =
                if left < 0 { left & 1 == 0 && items.end_of_indefinite()? } else { left == 0 };
            if !complete {
                break;
            }
            depth -= 1;
        }
    }
}
