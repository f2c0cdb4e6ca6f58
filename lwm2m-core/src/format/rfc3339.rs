//! Date and time as text (RFC 3339), as CBOR's tag 0 has them.

/// Days from 0000-03-01 of the Gregorian calendar, four hundred years earlier, to the first of a
/// month, 1 to 12.
#[cfg_attr(feature = "small", inline(never))]
fn days(year: u32, month: u32) -> u32 {
    // Years begin in March, so that the leap day is their last.
    let (year, month) = if month <= 2 { (year + 399, month + 9) } else { (year + 400, month - 3) };
    year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5
}

/// Reads the at most six numbers of a text like `pattern`: a digit for each 9, else the very byte.
#[inline(never)]
fn numbers(text: &mut dyn Iterator<Item = u8>, pattern: &[u8]) -> Option<[u32; 6]> {
    let mut numbers = [0; 6];
    let mut places = numbers.iter_mut();
    let mut number = places.next()?;
    for wanted in pattern {
        match (*wanted, text.next()?) {
            (b'9', digit @ b'0'..=b'9') => *number = *number * 10 + u32::from(digit & 0xf),
            (b'T', b'T' | b't' | b' ') => number = places.next()?,
            (wanted, byte) if wanted == byte && wanted != b'9' => number = places.next()?,
            _ => return None,
        }
    }
    Some(numbers)
}

/// Whole seconds since 1970-01-01T00:00:00Z; fractions are cut off. `None` for what is not a date
/// and time.
#[inline(never)]
pub(super) fn seconds(text: &mut dyn Iterator<Item = u8>) -> Option<i64> {
    let [year, month, day, hour, minute, second] = numbers(text, b"9999-99-99T99:99:99")?;
    let mut next = text.next()?;
    if next == b'.' {
        next = text.next().filter(u8::is_ascii_digit)?;
        while next.is_ascii_digit() {
            next = text.next()?;
        }
    }
    let [hours, minutes, ..] = match next {
        b'Z' | b'z' => [0; 6],
        b'+' | b'-' => numbers(text, b"99:99")?,
        _ => return None,
    };
    if !(1..=12).contains(&month) {
        return None;
    }
    let first = days(year, month);
    let length = if month < 12 { days(year, month + 1) - first } else { 31 };
    // 60 is a leap second.
    let valid = (1..=length).contains(&day)
        && hour.max(hours) <= 23
        && minute.max(minutes) <= 59
        && second <= 60
        && text.next().is_none();
    let today = (first + day).cast_signed() - EPOCH;
    let seconds = |hour: u32, minute: u32| (hour * 3600 + minute * 60).cast_signed();
    let offset = seconds(hours, minutes);
    let offset = if next == b'-' { offset } else { -offset };
    let of_day = seconds(hour, minute) + second.cast_signed() + offset;
    valid.then(|| i64::from(today) * 86_400 + i64::from(of_day))
}

/// The day before 1970-01-02, as [`days`] counts.
const EPOCH: i32 = 865_566;

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn known_instants() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2013-05-02T10:40:15Z", 1_367_491_215),
            ("2013-05-02T12:40:15.75+02:00", 1_367_491_215),
            ("2013-05-02t05:10:15-05:30", 1_367_491_215),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T00:00:00Z", 951_782_400),
            ("0000-01-01T00:00:00Z", -62_167_219_200),
            ("9999-12-31T23:59:60Z", 253_402_300_800),
        ] {
            assert_eq!(seconds(&mut text.bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn not_instants() {
        for text in [
            "",
            "2013-05-02",
            "2013-05-02T10:40:15",
            "2013-02-29T00:00:00Z",
            "2013-13-01T00:00:00Z",
            "2013-00-01T00:00:00Z",
            "2013-05-02T24:00:00Z",
            "2013-05-02T10:60:00Z",
            "2013-05-02T10:40:61Z",
            "2013-05-02T10:40:15.Z",
            "2013-05-02T10:40:15Zx",
            "2013-05-02T10:40:15+24:00",
            "-013-05-02T10:40:15Z",
        ] {
            assert_eq!(seconds(&mut text.bytes()), None, "{text}");
        }
    }
}
