//! The column "Range or Enumeration", which people write for people.

use lwm2m_core::{DataType, Range as Checked};

/// The ends of a range, both included: of a number, or of a length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Range {
    pub(super) length: bool,
    pub(super) low: i32,
    pub(super) high: i32,
}

/// Reads `0..255`, `-110..-48`, `1...15`, `0-65535`, `0.00..100.00`, `0..255 bytes`, `16,32,48`. Of
/// a list the least and the greatest count. `None` for other words, and for what is wider than a
/// table can hold: then the application checks.
pub(super) fn parse_range(text: &str, data_type: DataType) -> Option<Range> {
    let length = match data_type {
        DataType::String | DataType::Opaque | DataType::CoreLink => true,
        DataType::Integer | DataType::Unsigned | DataType::Float | DataType::Time => false,
        DataType::Boolean | DataType::ObjectLink | DataType::None => return None,
    };
    let text = text.trim();
    let text = ["bytes", "byte", "characters", "chars"]
        .iter()
        .find_map(|unit| text.strip_suffix(unit))
        .filter(|_| length)
        .unwrap_or(text);
    let mut ends: Option<(i32, i32)> = None;
    for part in text.split([',', ';']) {
        let (low, high) = part_of(part.trim(), data_type)?;
        ends = Some(ends.map_or((low, high), |(a, b)| (a.min(low), b.max(high))));
    }
    let (low, high) = ends?;
    let held = Checked::new(low, high).filter(|_| !length || low >= 0);
    held.map(|_| Range { length, low, high })
}

fn part_of(part: &str, data_type: DataType) -> Option<(i32, i32)> {
    let ends = ["...", ".."].iter().find_map(|dots| part.split_once(dots));
    // A hyphen is a sign at the start and behind another one.
    let hyphen = || {
        let at = part.get(1..)?.find('-')?.checked_add(1)?;
        Some((part.get(..at)?, part.get(at.checked_add(1)?..)?))
    };
    match ends.or_else(hyphen) {
        Some((low, high)) => Some((number(low)?, number(high)?)),
        // One length: of text the longest, of bytes the only one.
        None if data_type == DataType::String => Some((0, number(part)?)),
        None => number(part).map(|n| (n, n)),
    }
}

/// A whole number, also written with zeros behind a point.
fn number(text: &str) -> Option<i32> {
    let text = text.trim();
    let whole = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_registry_writes_them() {
        use DataType::{Boolean, Float, Integer, Opaque, String, Unsigned};
        for (text, data_type, expected) in [
            ("0..255", Integer, Some((0, 255))),
            ("-110..-48", Integer, Some((-110, -48))),
            ("1...15", Unsigned, Some((1, 15))),
            ("0-65535", Unsigned, Some((0, 65535))),
            ("-5-5", Integer, Some((-5, 5))),
            ("-10--5", Integer, Some((-10, -5))),
            ("0.00..100.00", Float, Some((0, 100))),
            ("0.5..1", Float, None),
            ("0..255 bytes", String, Some((0, 255))),
            ("32 bytes", String, Some((0, 32))),
            ("6", Opaque, Some((6, 6))),
            ("16,32,48", Opaque, Some((16, 48))),
            ("0,1,2, 7..9", Integer, Some((0, 9))),
            ("16-bit", Integer, None),
            ("1 bytes", Integer, None),
            ("0..100000", Integer, None),
            ("5..1", Integer, None),
            ("", Integer, None),
            ("whatever", String, None),
            ("0..1", Boolean, None),
            ("é-5", Integer, None),
        ] {
            let range = parse_range(text, data_type).map(|range| (range.low, range.high));
            assert_eq!(range, expected, "{text}");
        }
    }
}
