//! Notification attributes (Core 5.1.2): what a server attaches to a path with Write-Attributes,
//! and when a new value is worth a notification.

use core::cmp::Ordering;

use m2m_base::decimal::{Grammar, Number};
use m2m_base::{Duration, Full, Instant};

use crate::links;
use crate::real::{order, order_difference};
use crate::text;
use crate::{DataType, Version};

/// A notification attribute, in the order in which links show them. `epmin` and `epmax` came with
/// LwM2M 1.1, `edge`, `con` and `hqmax` with 1.2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Attribute {
    /// Minimum Period: seconds between two notifications at least.
    Pmin,
    /// Maximum Period: seconds between two notifications at most.
    Pmax,
    /// Greater Than: notify when this number is crossed.
    Gt,
    /// Less Than: notify when this number is crossed.
    Lt,
    /// Step: notify when the value differs by so much from the one notified last.
    St,
    /// Minimum Evaluation Period in seconds.
    Epmin,
    /// Maximum Evaluation Period in seconds.
    Epmax,
    /// Edge: notify when a Boolean becomes false (0) or true (1).
    Edge,
    /// Confirmable Notification: 1 if notifications are to be confirmed, 0 if not.
    Con,
    /// Maximum Historical Queue: how many notifications are kept while the server cannot be told.
    Hqmax,
}

/// Names of the attributes on the wire.
const NAMES: [(&str, Attribute); 10] = [
    ("pmin", Attribute::Pmin),
    ("pmax", Attribute::Pmax),
    ("gt", Attribute::Gt),
    ("lt", Attribute::Lt),
    ("st", Attribute::St),
    ("epmin", Attribute::Epmin),
    ("epmax", Attribute::Epmax),
    ("edge", Attribute::Edge),
    ("con", Attribute::Con),
    ("hqmax", Attribute::Hqmax),
];

/// Servers can attach those of 1.2. Otherwise there are none, and nothing is to be done for them.
const NEWEST: bool = cfg!(any(feature = "v1-2", test));

impl Attribute {
    /// The attribute of this name.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Attribute> {
        NAMES.iter().find(|row| row.0.as_bytes() == name).map(|row| row.1)
    }

    /// The attribute with this number.
    #[cfg(feature = "restore")]
    pub(super) fn from_index(index: u8) -> Option<Attribute> {
        NAMES.get(usize::from(index)).map(|row| row.1)
    }

    /// Its name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.get(self as usize).map_or("", |row| row.0)
    }

    /// The version of LwM2M that brought it.
    #[must_use]
    pub const fn since(self) -> Version {
        match self {
            Attribute::Epmin | Attribute::Epmax => Version::V1_1,
            Attribute::Edge | Attribute::Con | Attribute::Hqmax => Version::V1_2,
            _ => Version::V1_0,
        }
    }

    /// It speaks of a number: for numeric resources and resource instances only.
    #[must_use]
    pub const fn is_numeric(self) -> bool {
        matches!(self, Attribute::Gt | Attribute::Lt | Attribute::St)
    }
}

/// The value of an attribute.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Setting {
    /// Of `pmin`, `pmax`, `epmin`, `epmax` in seconds; of `edge`, `con`, `hqmax`.
    Whole(u32),
    /// Of `gt`, `lt`, `st`.
    Number(f64),
}

/// An attribute that a server sets, or unsets by naming it without a value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Change {
    /// Which one.
    pub attribute: Attribute,
    /// Its new value, `None` to unset it.
    pub value: Option<Setting>,
}

/// Why attributes are refused; the answer is 4.00 and nothing changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttributeError {
    /// No attribute of this name.
    Unknown,
    /// Not a value of the attribute.
    Value,
    /// `gt`, `lt`, `st` on what is no single number, `edge` on what is no single Boolean.
    Target,
    /// They contradict each other: `lt >= gt`, `lt + 2 st >= gt`, `epmin >= epmax`.
    Inconsistent,
}

impl Change {
    /// Reads one Uri-Query option: `pmin=10`, or `pmin` to unset it. A sign and an exponent are
    /// accepted, which the grammar of the standard does not have.
    ///
    /// # Errors
    /// [`AttributeError::Unknown`] and [`AttributeError::Value`].
    pub fn parse(query: &[u8]) -> Result<Change, AttributeError> {
        let equals = query.iter().position(|b| *b == b'=');
        let (name, rest) =
            query.split_at_checked(equals.unwrap_or(query.len())).unwrap_or_default();
        let attribute = Attribute::from_name(name).ok_or(AttributeError::Unknown)?;
        let value = match rest.strip_prefix(b"=") {
            None => None,
            Some(digits) if attribute.is_numeric() => {
                let number = number(digits).ok_or(AttributeError::Value)?;
                if attribute == Attribute::St && order(number, 0.0) != Ordering::Greater {
                    return Err(AttributeError::Value);
                }
                Some(Setting::Number(number))
            }
            Some(digits) => {
                let number = text::parse_u64(digits).map_err(|_| AttributeError::Value)?;
                if matches!(attribute, Attribute::Edge | Attribute::Con) && number > 1 {
                    return Err(AttributeError::Value);
                }
                Some(Setting::Whole(u32::try_from(number).unwrap_or(u32::MAX)))
            }
        };
        Ok(Change { attribute, value })
    }
}

fn number(digits: &[u8]) -> Option<f64> {
    Number::parse(digits, Grammar::Relaxed).ok().map(Number::to_f64).filter(|n| n.is_finite())
}

/// A resource of this type can be compared with `gt`, `lt`, `st`.
fn is_numeric(data_type: DataType) -> bool {
    matches!(data_type, DataType::Integer | DataType::Unsigned | DataType::Float | DataType::Time)
}

/// How many attributes servers can attach.
const KINDS: usize = if NEWEST { NAMES.len() } else { Attribute::Edge as usize };

/// A set of notification attributes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct NotificationAttributes {
    /// A bit for each of them that is set.
    set: u16,
    /// Whole numbers, and numbers as their bits, where [`Attribute`] has them; 0 for what is not set.
    values: [u64; KINDS],
}

impl core::fmt::Debug for NotificationAttributes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let all = self.all_bits().map(|(attribute, bits)| (attribute, attribute.setting(bits)));
        f.debug_map().entries(all).finish()
    }
}

impl Setting {
    /// As a table keeps it.
    pub(super) const fn to_bits(self) -> u64 {
        match self {
            Setting::Whole(n) => n as u64,
            Setting::Number(n) => n.to_bits(),
        }
    }
}

impl Attribute {
    /// The value that a table keeps as these bits.
    #[allow(clippy::cast_possible_truncation, reason = "it was one of 32 bits")]
    pub(super) const fn setting(self, bits: u64) -> Setting {
        if self.is_numeric() {
            Setting::Number(f64::from_bits(bits))
        } else {
            Setting::Whole(bits as u32)
        }
    }
}

impl NotificationAttributes {
    /// Sets or unsets one.
    pub fn apply(&mut self, change: Change) {
        self.unset(change.attribute);
        if let Some(setting) = change.value {
            self.inherit(change.attribute, setting.to_bits());
        }
    }

    /// Unsets one.
    fn unset(&mut self, attribute: Attribute) {
        if let Some(value) = self.values.get_mut(attribute as usize) {
            *value = 0;
            self.set &= !(1 << attribute as u16);
        }
    }

    /// Sets one, unless it is set.
    pub(super) fn inherit(&mut self, attribute: Attribute, bits: u64) {
        if self.set >> attribute as u16 & 1 == 0
            && let Some(value) = self.values.get_mut(attribute as usize)
        {
            *value = bits;
            self.set |= 1 << attribute as u16;
        }
    }

    /// The bits of one.
    fn bits(&self, attribute: Attribute) -> Option<u64> {
        let value = self.values.get(attribute as usize)?;
        (self.set >> attribute as u16 & 1 != 0).then_some(*value)
    }

    /// The value of one.
    #[must_use]
    pub fn get(&self, attribute: Attribute) -> Option<Setting> {
        self.bits(attribute).map(|bits| attribute.setting(bits))
    }

    /// The value of one that is a whole number.
    #[must_use]
    pub fn whole(&self, attribute: Attribute) -> Option<u32> {
        self.bits(attribute).and_then(|bits| u32::try_from(bits).ok())
    }

    /// The value of one that is a number: `gt`, `lt`, `st`.
    fn number(&self, attribute: Attribute) -> Option<f64> {
        self.bits(attribute).map(f64::from_bits)
    }

    /// How many are set.
    #[must_use]
    pub fn count(&self) -> usize {
        self.set.count_ones() as usize
    }

    /// Those that are set, as a table keeps them.
    pub(super) fn all_bits(&self) -> impl Iterator<Item = (Attribute, u64)> {
        NAMES.iter().filter_map(|row| Some((row.1, self.bits(row.1)?)))
    }

    /// These, and what they do not have from `above`: the attributes of the path one level up, or
    /// the defaults of the server (Core 5.1.2: resource instance before resource before object
    /// instance before object).
    #[must_use]
    pub fn inheriting(mut self, above: &NotificationAttributes) -> NotificationAttributes {
        for (attribute, bits) in above.all_bits() {
            self.inherit(attribute, bits);
        }
        self
    }

    /// One of `gt`, `lt`, `st` is set.
    const fn is_numeric(&self) -> bool {
        const NUMERIC: u16 =
            1 << Attribute::Gt as u16 | 1 << Attribute::Lt as u16 | 1 << Attribute::St as u16;
        self.set & NUMERIC != 0
    }

    /// The edge, if there is one and it counts.
    fn edge(&self) -> Option<u32> {
        if NEWEST { self.whole(Attribute::Edge) } else { None }
    }

    /// Checks the set as a whole, for a target that holds single values of a type, or `None` for one
    /// that is more. A `pmax` below `pmin` is no error: it is ignored.
    ///
    /// # Errors
    /// [`AttributeError::Target`] and [`AttributeError::Inconsistent`].
    pub fn check(&self, target: Option<DataType>) -> Result<(), AttributeError> {
        if self.is_numeric() && !target.is_some_and(is_numeric)
            || self.edge().is_some() && target != Some(DataType::Boolean)
        {
            return Err(AttributeError::Target);
        }
        let ordered = match (self.number(Attribute::Lt), self.number(Attribute::Gt)) {
            // lt + 2 st < gt
            (Some(lt), Some(gt)) => {
                let st = self.number(Attribute::St).unwrap_or(0.0);
                order_difference(gt, lt, st, 1) == Ordering::Greater
            }
            _ => true,
        };
        let evaluation = match (self.whole(Attribute::Epmin), self.whole(Attribute::Epmax)) {
            (Some(least), Some(most)) => least < most,
            _ => true,
        };
        if ordered && evaluation { Ok(()) } else { Err(AttributeError::Inconsistent) }
    }

    /// These without the conditions that do not go with single values of a type, or with what is
    /// more than a single value: they were attached above it.
    #[must_use]
    pub fn fitting(mut self, target: Option<DataType>) -> NotificationAttributes {
        let numeric = target.is_some_and(is_numeric);
        for attribute in [Attribute::Gt, Attribute::Lt, Attribute::St] {
            if !numeric {
                self.unset(attribute);
            }
        }
        if NEWEST && target != Some(DataType::Boolean) {
            self.unset(Attribute::Edge);
        }
        self
    }

    /// One of `gt`, `lt`, `st`, `edge` is set: not every change is worth a notification.
    #[must_use]
    pub fn has_conditions(&self) -> bool {
        self.is_numeric() || self.edge().is_some()
    }

    /// True if a number that became `new` is worth a notification, when `sent` was notified last:
    /// it crossed `gt` or `lt` in either direction or moved by `st`, whichever of them are set. With
    /// none set, any other value is. The same value never is. A Boolean is 0 or 1, and crosses
    /// `edge` in one direction.
    #[must_use]
    pub fn is_triggered(&self, sent: f64, new: f64) -> bool {
        let moved = order(new, sent);
        if moved == Ordering::Equal {
            return false;
        }
        if !self.has_conditions() {
            return true;
        }
        // From the limit or one side of it to the other side.
        let crossed = |attribute| {
            self.number(attribute).is_some_and(|limit| {
                let side = order(new, limit);
                side != Ordering::Equal && side != order(sent, limit)
            })
        };
        let (least, most) = if moved == Ordering::Greater { (sent, new) } else { (new, sent) };
        let stepped = self
            .number(Attribute::St)
            .is_some_and(|step| order_difference(most, least, step, 0) != Ordering::Less);
        let edge = self.edge().is_some_and(|rising| (rising == 1) == (moved == Ordering::Greater));
        crossed(Attribute::Gt) || crossed(Attribute::Lt) || stepped || edge
    }

    /// When the next notification is due after one at `sent`: at the end of the minimum period if
    /// a change waits (`triggered`), at the end of the maximum period in any case. A maximum of 0
    /// or below the minimum is none.
    #[must_use]
    pub fn due(&self, sent: Instant, triggered: bool) -> Option<Instant> {
        let pmin = self.whole(Attribute::Pmin).unwrap_or(0);
        let pmax = self.whole(Attribute::Pmax).filter(|pmax| *pmax > 0 && *pmax >= pmin);
        let wait = if triggered { pmin } else { pmax? };
        Some(sent + Duration::from_secs(wait.into()))
    }

    /// Adds them to the link written last.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(&self, links: &mut links::Writer<'_>) -> Result<(), Full> {
        for (name, attribute) in &NAMES {
            match self.get(*attribute) {
                Some(Setting::Whole(n)) => {
                    links.uint(name, n.into())?;
                }
                Some(Setting::Number(n)) => {
                    links.number(name, n)?;
                }
                None => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(queries: &[&str]) -> NotificationAttributes {
        let mut attributes = NotificationAttributes::default();
        for query in queries {
            attributes.apply(Change::parse(query.as_bytes()).unwrap());
        }
        attributes
    }

    #[test]
    fn core_5_1_2_names_and_values() {
        use AttributeError::{Unknown, Value};
        use Setting::{Number, Whole};
        for (query, attribute, value) in [
            ("pmin=10", Attribute::Pmin, Some(Whole(10))),
            ("pmax=0", Attribute::Pmax, Some(Whole(0))),
            ("pmax=99999999999", Attribute::Pmax, Some(Whole(u32::MAX))),
            ("gt=45.5", Attribute::Gt, Some(Number(45.5))),
            ("lt=-12.5", Attribute::Lt, Some(Number(-12.5))),
            ("st=1e3", Attribute::St, Some(Number(1000.0))),
            ("epmin=1", Attribute::Epmin, Some(Whole(1))),
            ("epmax=2", Attribute::Epmax, Some(Whole(2))),
            ("edge=1", Attribute::Edge, Some(Whole(1))),
            ("edge", Attribute::Edge, None),
            ("con=0", Attribute::Con, Some(Whole(0))),
            ("hqmax=50", Attribute::Hqmax, Some(Whole(50))),
            ("pmin", Attribute::Pmin, None),
            ("gt", Attribute::Gt, None),
        ] {
            assert_eq!(Change::parse(query.as_bytes()), Ok(Change { attribute, value }), "{query}");
        }
        for (query, error) in [
            ("", Unknown),
            ("pmim=1", Unknown),
            ("Pmin=1", Unknown),
            ("dim=1", Unknown),
            ("=1", Unknown),
            ("pmin=", Value),
            ("pmin=-1", Value),
            ("pmin=1.5", Value),
            ("pmin=x", Value),
            ("gt=", Value),
            ("gt=abc", Value),
            ("st=0", Value),
            ("st=-1", Value),
            ("gt=1e999", Value),
            ("edge=2", Value),
            ("con=true", Value),
            ("con=2", Value),
            ("hqmax=-1", Value),
        ] {
            assert_eq!(Change::parse(query.as_bytes()), Err(error), "{query}");
        }
    }

    #[test]
    fn core_5_1_2_consistency() {
        use AttributeError::{Inconsistent, Target};
        let (number, other) = (Some(DataType::Float), Some(DataType::String));
        for (queries, target, expected) in [
            (&["lt=20", "gt=85", "st=10"][..], number, Ok(())),
            (&["lt=20", "gt=85", "st=32.5"], number, Err(Inconsistent)),
            (&["lt=20", "gt=20"], number, Err(Inconsistent)),
            (&["lt=21", "gt=20"], number, Err(Inconsistent)),
            (&["lt=20", "st=1000"], number, Ok(())),
            (&["epmin=1", "epmax=1"], number, Err(Inconsistent)),
            (&["epmin=1", "epmax=2"], other, Ok(())),
            (&["pmin=10", "pmax=5"], other, Ok(())),
            (&["gt=1"], other, Err(Target)),
            (&["lt=20", "gt=10", "lt"], number, Ok(())),
            (&["gt=1"], None, Err(Target)),
            (&["edge=1"], Some(DataType::Boolean), Ok(())),
            (&["edge=1"], number, Err(Target)),
            (&["edge=1"], None, Err(Target)),
            (&["gt=1"], Some(DataType::Boolean), Err(Target)),
            (&["con=1", "hqmax=3"], None, Ok(())),
        ] {
            assert_eq!(set(queries).check(target), expected, "{queries:?}");
        }
    }

    #[test]
    fn the_nearest_level_wins_attribute_by_attribute() {
        let resource = set(&["pmax=200", "gt=6"]);
        let instance = set(&["pmin=10", "pmax=60"]);
        let object = set(&["pmin=1", "pmax=5", "epmin=3"]);
        let effective = resource.inheriting(&instance.inheriting(&object));
        assert_eq!(effective, set(&["pmin=10", "pmax=200", "gt=6", "epmin=3"]));
    }

    #[test]
    fn core_5_1_2_what_is_worth_a_notification() {
        let (a, b) = (&["gt=45", "st=10"][..], &["lt=20", "gt=85", "st=10"][..]);
        for (queries, sent, new, expected) in [
            (a, 20.0, 35.0, true),
            (a, 45.0, 50.0, true),
            (a, 50.0, 40.0, true),
            (a, 40.0, 50.0, true),
            (a, 35.0, 20.0, true),
            (a, 48.0, 55.0, false),
            (b, 17.0, 24.0, true),
            (b, 75.0, 90.0, true),
            (b, 50.0, 10.0, true),
            (b, 87.0, 99.0, true),
            (b, 87.0, 96.0, false),
            (&["lt=20"], 20.0, 19.0, true),
            (&["lt=20"], 20.0, 21.0, true),
            (&["lt=20"], 21.0, 20.0, false),
            (&["gt=20"], 20.0, 20.0, false),
            (&["gt=-5"], -6.0, -4.0, true),
            (&["st=0.5"], 1.0, 1.5, true),
            (&["st=0.5"], 1.0, 1.25, false),
            (&["st=0.5"], 1.0, 0.5, true),
            (&[], 1.0, 1.000_001, true),
            (&[], 1.0, 1.0, false),
            (&["gt=1"], f64::NAN, 2.0, false),
            (&["edge=1"], 0.0, 1.0, true),
            (&["edge=1"], 1.0, 0.0, false),
            (&["edge=1"], 1.0, 1.0, false),
            (&["edge=0"], 1.0, 0.0, true),
            (&["edge=0"], 0.0, 1.0, false),
        ] {
            assert_eq!(set(queries).is_triggered(sent, new), expected, "{queries:?} {sent} {new}");
        }
    }

    #[test]
    fn core_5_1_2_periods() {
        let at = |s: u64| Instant::from_millis(s * 1000);
        for (queries, triggered, expected) in [
            (&[][..], false, None),
            (&[], true, Some(at(100))),
            (&["pmin=5"], true, Some(at(105))),
            (&["pmin=5"], false, None),
            (&["pmin=1", "pmax=10"], false, Some(at(110))),
            (&["pmin=1", "pmax=10"], true, Some(at(101))),
            (&["pmin=10", "pmax=5"], false, None),
            (&["pmin=10", "pmax=5"], true, Some(at(110))),
            (&["pmin=10", "pmax=10"], false, Some(at(110))),
            (&["pmax=0"], false, None),
        ] {
            assert_eq!(set(queries).due(at(100), triggered), expected, "{queries:?} {triggered}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query: std::vec::Vec<u8>) {
            let _ = Change::parse(&query);
        }

        #[test]
        fn the_same_value_is_never_worth_a_notification(v: f64, gt: f64, lt: f64, st in 0.001f64..9.0) {
            let mut attributes = NotificationAttributes::default();
            for (attribute, n) in [(Attribute::Gt, gt), (Attribute::Lt, lt), (Attribute::St, st)] {
                attributes.apply(Change { attribute, value: Some(Setting::Number(n)) });
            }
            prop_assert!(!attributes.is_triggered(v, v) || v.is_nan());
        }
    }
}
