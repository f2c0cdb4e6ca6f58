//! Date and time as text (RFC 3339), as CBOR's tag 0 has them.

/// Days from 1970-01-01 to a day of the Gregorian calendar. `month` is 1 to 12.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is their last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Whole seconds since 1970-01-01T00:00:00Z; fractions are cut off. `None` for what is not a date
/// and time.
pub(super) fn seconds(text: impl Iterator<Item = char>) -> Option<i64> {
    let mut text = text.peekable();
    let number = |text: &mut dyn Iterator<Item = char>, digits: usize| {
        (0..digits).try_fold(0, |n, _| Some(n * 10 + i64::from(text.next()?.to_digit(10)?)))
    };
    let year = number(&mut text, 4)?;
    (text.next()? == '-').then_some(())?;
    let month = number(&mut text, 2)?;
    (text.next()? == '-').then_some(())?;
    let day = number(&mut text, 2)?;
    matches!(text.next()?, 'T' | 't' | ' ').then_some(())?;
    let hour = number(&mut text, 2)?;
    (text.next()? == ':').then_some(())?;
    let minute = number(&mut text, 2)?;
    (text.next()? == ':').then_some(())?;
    let second = number(&mut text, 2)?;
    if text.next_if_eq(&'.').is_some() {
        text.next_if(char::is_ascii_digit)?;
        while text.next_if(char::is_ascii_digit).is_some() {}
    }
    let offset = match text.next()? {
        'Z' | 'z' => 0,
        sign @ ('+' | '-') => {
            let hours = number(&mut text, 2)?;
            (text.next()? == ':').then_some(())?;
            let minutes = number(&mut text, 2)?;
            (hours <= 23 && minutes <= 59).then_some(())?;
            let offset = hours * 3600 + minutes * 60;
            if sign == '-' { -offset } else { offset }
        }
        _ => return None,
    };
    // 60 is a leap second.
    let valid = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 60
        && text.next().is_none();
    valid.then(|| days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset)
}

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
            assert_eq!(seconds(text.chars()), Some(expected), "{text}");
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
            assert_eq!(seconds(text.chars()), None, "{text}");
        }
    }
}
