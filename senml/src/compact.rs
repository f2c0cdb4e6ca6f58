//! Base fields chosen for a pack: what its records have in common is said once.

use crate::{Base, Number, Record, Text};
use core::cmp::Ordering;

/// Below this a time is relative to now, and which base time it has may matter.
const NOW_OR_THEN: i64 = 1 << 28;

/// What base fields the records of a pack can share.
#[derive(Clone, Copy, Default)]
struct Bases<'a> {
    name: &'a str,
    time: Option<Number>,
    unit: Option<Text<'a>>,
}

/// An iterator over the same records with base fields: see [`compact`].
#[derive(Clone)]
pub struct Compact<'a, I> {
    records: I,
    bases: Bases<'a>,
    first: bool,
}

/// The same records with base fields that make the pack shorter: the longest beginning that all
/// names have in common, the first time, the first whole one if there is any, and the unit that most
/// records have.
///
/// The records are walked a few times and none is kept, so this works without an allocator. It changes
/// how they are written and not what they mean: a base field is used only if every record allows
/// it (each must have a name, an absolute time, or a unit), if nothing is rounded, and for names
/// if it pays. Records that have base fields already are handed on as they are.
///
/// ```
/// use senml::{Record, compact};
///
/// let now = 1_700_000_000;
/// let record = |name, value: i64, time: i64| Record {
///     unit: Some("Cel".into()),
///     ..Record::named(name).with_value(value).with_time(time)
/// };
/// let records = [
///     record("urn:dev:mac:0024befffe804ff1:in", 20, now - 10),
///     record("urn:dev:mac:0024befffe804ff1:out", 7, now),
/// ];
/// let short: Vec<_> = compact(records.iter().copied()).collect();
/// assert_eq!(short[0].base.unwrap().name.unwrap(), "urn:dev:mac:0024befffe804ff1:");
/// assert_eq!(short[1].name.unwrap(), "out");
/// assert_eq!(short[1].time, Some(10.into()));
/// assert_eq!((short[0].base.unwrap().unit.unwrap(), short[1].unit), ("Cel".into(), None));
/// ```
pub fn compact<'a, I>(records: I) -> Compact<'a, I>
where
    I: Iterator<Item = Record<'a>> + Clone,
{
    let bases = choose(records.clone());
    Compact { records, bases, first: true }
}

fn choose<'a>(records: impl Iterator<Item = Record<'a>> + Clone) -> Bases<'a> {
    let mut count = 0usize;
    let mut common: Option<&str> = None;
    let mut names = true;
    let mut time = None;
    // The unit that most records have, if more than half do: each other one takes one away.
    let mut unit: Option<Text<'_>> = None;
    let mut lead = 0usize;
    let mut units = true;
    for record in records.clone() {
        if record.base.is_some() {
            return Bases::default();
        }
        count = count.saturating_add(1);
        match record.name.and_then(|name| name.as_str()) {
            Some(name) => common = Some(common.map_or(name, |common| beginning(common, name))),
            None => names = false,
        }
        // Beside a whole one, whole times stay whole.
        time = match (time, record.time) {
            (Some(found), Some(own)) if !is_whole(found) && is_whole(own) => Some(own),
            (None, own) => own,
            _ => time,
        };
        match record.unit {
            None => units = false,
            own if lead == 0 => (unit, lead) = (own, 1),
            own if own == unit => lead = lead.saturating_add(1),
            _ => lead = lead.saturating_sub(1),
        }
    }
    let mut bases = Bases::default();
    // The label of a base name takes up to eight bytes.
    let name = common.filter(|_| names).unwrap_or("");
    if name.len().saturating_mul(count.saturating_sub(1)) > 8 {
        bases.name = name;
    }
    if count > 1 && records.clone().all(|record| shift(record.time, time).is_some()) {
        bases.time = time;
    }
    if units && records.filter(|record| record.unit == unit).nth(1).is_some() {
        bases.unit = unit;
    }
    bases
}

fn is_whole(number: Number) -> bool {
    matches!(number, Number::Integer(_) | Number::Unsigned(_))
}

/// What two texts have in common at their beginnings.
fn beginning<'a>(a: &'a str, b: &str) -> &'a str {
    let mut len = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    loop {
        if let Some(common) = a.get(..len) {
            return common;
        }
        // Within a character.
        len = len.saturating_sub(1);
    }
}

/// The time to be written with this base time; `None` if there is none that means the same.
fn shift(time: Option<Number>, base: Option<Number>) -> Option<Number> {
    let (time, base) = (time?, base?);
    if time.compare(Number::Integer(NOW_OR_THEN)) == Some(Ordering::Less) {
        return None;
    }
    let shifted = time.checked_add(base.negated()?)?;
    (!matches!(shifted, Number::Float(_)) && base.checked_add(shifted) == Some(time))
        .then_some(shifted)
}

impl<'a, I: Iterator<Item = Record<'a>>> Iterator for Compact<'a, I> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let mut record = self.records.next()?;
        let Bases { name, time, unit } = self.bases;
        if !name.is_empty() {
            let own = record.name.and_then(|own| own.as_str()?.get(name.len()..));
            record.name = own.filter(|own| !own.is_empty()).map(Text::from);
        }
        if time.is_some() {
            record.time = shift(record.time, time).filter(|own| *own != Number::ZERO);
        }
        if unit.is_some() && record.unit == unit {
            record.unit = None;
        }
        let base = Base {
            name: Some(name).filter(|name| !name.is_empty()).map(Text::from),
            time,
            unit,
            ..Base::default()
        };
        if core::mem::take(&mut self.first) && base != Base::default() {
            record.base = Some(base);
        }
        Some(record)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.records.size_hint()
    }
}

#[cfg(test)]
#[cfg(feature = "alloc")]
mod tests {
    use super::*;
    use crate::{Format, Reader, Rules, Writer};
    use proptest::prelude::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    fn packs<'a>(format: Format, records: impl Iterator<Item = Record<'a>>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(format, &mut bytes, None).unwrap();
        records.for_each(|record| writer.record(&record).unwrap());
        writer.finish().unwrap();
        bytes
    }

    fn meaning(bytes: &[u8]) -> Vec<String> {
        let resolved = Reader::resolved(Format::Json, bytes, Rules::RFC8428);
        resolved.map(|record| std::format!("{:?}", Plain::from(record.unwrap()))).collect()
    }

    /// What of a resolved record has a meaning: not where its name is parted.
    #[derive(Debug)]
    #[allow(dead_code, reason = "compared as text")]
    struct Plain {
        name: String,
        unit: Option<String>,
        rest: String,
    }

    impl From<crate::Resolved<'_>> for Plain {
        fn from(r: crate::Resolved<'_>) -> Self {
            Plain {
                name: r.name.to_string(),
                unit: r.unit.map(|unit| unit.to_string()),
                rest: std::format!("{:?} {:?} {:?} {:?}", r.time, r.value, r.sum, r.update_time),
            }
        }
    }

    #[test]
    fn what_cannot_be_shared_stays() {
        let timed = |name, time: i64| Record::named(name).with_value(1).with_time(time);
        for records in [
            // Now and a time; relative times.
            [timed("abcdefghij1", 1_700_000_000), Record::named("abcdefghij2").with_value(1)],
            [timed("abcdefghij1", -5), timed("abcdefghij2", -4)],
        ] {
            let short: Vec<_> = compact(records.into_iter()).collect();
            let base = short[0].base.unwrap();
            assert_eq!((base.time, base.name), (None, Some("abcdefghij".into())));
        }
        let based = [timed("a", 5).with_base_name("b"), timed("c", 5)];
        assert_eq!(compact(based.into_iter()).collect::<Vec<_>>(), based);
        assert_eq!(compact([timed("a", 1 << 40)].into_iter()).next(), Some(timed("a", 1 << 40)));
        // A name that is the beginning of the other.
        let nested = [timed("abcdefghij", 5), timed("abcdefghij/x", 5)];
        let short: Vec<_> = compact(nested.into_iter()).collect();
        assert_eq!((short[0].name, short[1].name), (None, Some("/x".into())));
    }

    #[test]
    fn a_name_is_not_parted_within_a_character() {
        assert_eq!(beginning("aä", "aö"), "a");
        assert_eq!(beginning("ä", "ä1"), "ä");
    }

    #[test]
    fn whole_times_stay_whole_beside_a_fraction() {
        let tenths = Number::from_decimal(17_000_000_001, -1).unwrap();
        let first = Record { time: Some(tenths), ..Record::named("a").with_value(1) };
        let whole = Record::named("b").with_value(1).with_time(1_700_000_000);
        let short: Vec<_> = compact([first, whole, whole].into_iter()).collect();
        assert_eq!(short[0].base.unwrap().time, Some(1_700_000_000.into()));
        assert_eq!((short[0].time, short[1].time), (Number::from_decimal(1, -1), None));
    }

    proptest! {
        #[test]
        fn compact_packs_mean_the_same_and_are_not_longer(
            rows in proptest::collection::vec(
                (
                    "(urn:dev:|urn:dev:1/)?[a-z0-9]{1,3}",
                    proptest::option::of("(Cel|V)"),
                    prop_oneof![
                        3 => (1_700_000_000i64..1_700_000_100, 0i64..3).prop_map(|(s, digits)| {
                            Number::from_decimal(s * [1, 10, 100][usize::try_from(digits).unwrap()] + digits, -digits)
                        }),
                        1 => Just(None),
                        1 => any::<i32>().prop_map(|time| Some(time.into())),
                        1 => (1e9f64..1e10).prop_map(|time| Some(time.into())),
                    ],
                    any::<i16>(),
                ),
                0..6,
            ),
        ) {
            let records = rows.iter().map(|(name, unit, time, value)| Record {
                unit: unit.as_deref().map(Text::from),
                time: *time,
                ..Record::named(name.as_str()).with_value(*value)
            });
            let long = packs(Format::Json, records.clone());
            let short = packs(Format::Json, compact(records.clone()));
            prop_assert_eq!(meaning(&short), meaning(&long));
            // A base unit or time of two records may cost a byte or two more than it saves.
            prop_assert!(short.len() <= long.len() + 16, "{} {}", short.len(), long.len());
            if rows.len() > 3 {
                prop_assert!(packs(Format::Cbor, compact(records.clone())).len()
                    <= packs(Format::Cbor, records).len() + 8);
            }
        }
    }
}
