//! Notification attributes (Core 5.1.2): what a server attaches to a path with Write-Attributes,
//! and when a new value is worth a notification.

use core::cmp::Ordering;

use coap_core::Code;
use m2m_base::Full;
use m2m_base::decimal::{Grammar, Number};

use crate::links;
use crate::real::{order, order_difference};
use crate::text;
use crate::{DataType, Version};

/// A notification attribute, by its place in the order in which links show them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Attribute(u8);

/// Names on the wire of the attributes that servers can attach. `epmin` and `epmax` came with LwM2M
/// 1.1, those behind them with 1.2.
const NAMES: &[&str] = &[
    "pmin",
    "pmax",
    "gt",
    "lt",
    "st",
    "epmin",
    "epmax",
    #[cfg(any(feature = "v1-2", test))]
    "edge",
    #[cfg(any(feature = "v1-2", test))]
    "con",
    #[cfg(any(feature = "v1-2", test))]
    "hqmax",
];

/// How many they are.
const KINDS: u8 = if NEWEST { 10 } else { 7 };

/// Servers can attach those of 1.2. Otherwise there are none, and nothing is to be done for them.
const NEWEST: bool = cfg!(any(feature = "v1-2", test));

/// The bits of an attribute that is not set. As a number they are none, and as a whole number they
/// are more than any.
pub(super) const UNSET: u64 = u64::MAX;

impl Attribute {
    /// Minimum Period: seconds between two notifications at least.
    pub(super) const PMIN: Attribute = Attribute(0);
    /// Maximum Period: seconds between two notifications at most.
    pub(super) const PMAX: Attribute = Attribute(1);
    /// Greater Than: notify when this number is crossed.
    const GT: Attribute = Attribute(2);
    /// Less Than: notify when this number is crossed.
    const LT: Attribute = Attribute(3);
    /// Step: notify when the value differs by so much from the one notified last.
    const ST: Attribute = Attribute(4);
    /// Minimum Evaluation Period in seconds.
    pub(super) const EPMIN: Attribute = Attribute(5);
    /// Maximum Evaluation Period in seconds.
    pub(super) const EPMAX: Attribute = Attribute(6);
    /// Edge: notify when a Boolean becomes false (0) or true (1).
    pub(super) const EDGE: Attribute = Attribute(7);
    /// Confirmable Notification: 1 if notifications are to be confirmed, 0 if not.
    pub(super) const CON: Attribute = Attribute(8);
    /// Maximum Historical Queue: how many notifications are kept while the server cannot be told.
    pub(super) const HQMAX: Attribute = Attribute(9);

    /// Those that servers can attach.
    pub(super) fn all() -> impl Iterator<Item = Attribute> {
        (0..KINDS).map(Attribute)
    }

    /// Its name on the wire.
    fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or_default()
    }

    /// The attribute with this number.
    #[cfg(feature = "restore")]
    pub(super) fn from_index(index: u8) -> Option<Attribute> {
        (index < KINDS).then_some(Attribute(index))
    }

    /// Its number.
    pub(super) const fn index(self) -> u8 {
        self.0
    }

    /// The version of LwM2M that brought it.
    const fn since(self) -> Version {
        match self.0 {
            0..5 => Version::V1_0,
            5..7 => Version::V1_1,
            _ => Version::V1_2,
        }
    }

    /// It speaks of a number: for numeric resources and resource instances only.
    const fn is_numeric(self) -> bool {
        matches!(self, Attribute::GT | Attribute::LT | Attribute::ST)
    }

    /// Adds it to the link written last, unless it is not set.
    pub(super) fn write(self, bits: u64, links: &mut links::Writer<'_>) -> Result<(), Full> {
        if bits == UNSET {
            return Ok(());
        }
        let name = self.name();
        if self.is_numeric() {
            links.number(name, f64::from_bits(bits))?;
        } else {
            links.uint(name, bits)?;
        }
        Ok(())
    }
}

/// A set of notification attributes: whole numbers of 32 bits, and numbers as their bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Attributes(pub(super) [u64; KINDS as usize]);

impl Attributes {
    pub(super) const NONE: Attributes = Attributes([UNSET; KINDS as usize]);

    pub(super) fn get(&self, attribute: Attribute) -> u64 {
        self.0.get(usize::from(attribute.0)).copied().unwrap_or(UNSET)
    }

    pub(super) fn set(&mut self, attribute: Attribute, bits: u64) {
        if let Some(value) = self.0.get_mut(usize::from(attribute.0)) {
            *value = bits;
        }
    }

    /// Reads one Uri-Query option of a server of this version, and does what it says: `pmin=10`, or
    /// `pmin` to unset it. A sign and an exponent are accepted, which the grammar of the standard does
    /// not have. The target holds single values of a type, or `None` if it is more.
    ///
    /// # Errors
    /// 4.00: there is no such attribute, not with this value, or not for such a target.
    pub(super) fn apply(
        &mut self,
        query: &[u8],
        target: Option<DataType>,
        version: Version,
    ) -> Result<(), Code> {
        for attribute in Attribute::all() {
            let bits = match query.strip_prefix(attribute.name().as_bytes()) {
                Some([]) => UNSET,
                Some([b'=', digits @ ..]) => {
                    value(attribute, digits, target).ok_or(Code::BAD_REQUEST)?
                }
                _ => continue,
            };
            if attribute.since() <= version {
                self.set(attribute, bits);
                return Ok(());
            }
        }
        Err(Code::BAD_REQUEST)
    }

    /// Checks the set as a whole. A `pmax` below `pmin` is no error: it is ignored.
    ///
    /// # Errors
    /// 4.00: they contradict each other.
    pub(super) fn check(&self) -> Result<(), Code> {
        let number = |attribute| f64::from_bits(self.get(attribute));
        // lt + 2 st < gt
        let step = if self.get(Attribute::ST) == UNSET { 0.0 } else { number(Attribute::ST) };
        let ordered = self.get(Attribute::LT) == UNSET
            || self.get(Attribute::GT) == UNSET
            || order_difference(number(Attribute::GT), number(Attribute::LT), step, 1)
                == Ordering::Greater;
        let (least, most) = (self.get(Attribute::EPMIN), self.get(Attribute::EPMAX));
        // None is more than any.
        let evaluated = least == UNSET || least < most;
        if ordered && evaluated { Ok(()) } else { Err(Code::BAD_REQUEST) }
    }
}

/// The value of an attribute in a query, if it is one.
fn value(attribute: Attribute, digits: &[u8], target: Option<DataType>) -> Option<u64> {
    if attribute.is_numeric() {
        if !matches!(
            target?,
            DataType::Integer | DataType::Unsigned | DataType::Float | DataType::Time
        ) {
            return None;
        }
        let number = Number::parse_f64(digits, Grammar::Relaxed).ok()?;
        let proper = attribute != Attribute::ST || order(number, 0.0) == Ordering::Greater;
        return (proper && number.is_finite()).then_some(number.to_bits());
    }
    let number = text::parse_u64(digits).ok()?.min(u32::MAX.into());
    let proper = match attribute {
        Attribute::EDGE => number <= 1 && target == Some(DataType::Boolean),
        Attribute::CON => number <= 1,
        _ => true,
    };
    proper.then_some(number)
}

/// True if a number that became `new` is worth a notification, when `sent` was notified last: it
/// crossed `gt` or `lt` in either direction or moved by `st`, whichever of them are set. With none set,
/// any other value is. The same value never is. A Boolean is 0 or 1, and crosses `edge` in one
/// direction.
pub(super) fn is_triggered(sent: f64, new: f64, bits: impl Fn(Attribute) -> u64) -> bool {
    let moved = order(new, sent);
    if moved == Ordering::Equal {
        return false;
    }
    let mut free = true;
    for attribute in [Attribute::GT, Attribute::LT] {
        let limit = bits(attribute);
        if limit != UNSET {
            free = false;
            // From the limit or one side of it to the other side.
            let limit = f64::from_bits(limit);
            let side = order(new, limit);
            if side != Ordering::Equal && side != order(sent, limit) {
                return true;
            }
        }
    }
    let step = bits(Attribute::ST);
    if step != UNSET {
        free = false;
        let (least, most) = if moved == Ordering::Greater { (sent, new) } else { (new, sent) };
        if order_difference(most, least, f64::from_bits(step), 0) != Ordering::Less {
            return true;
        }
    }
    if NEWEST {
        let edge = bits(Attribute::EDGE);
        if edge != UNSET {
            return (edge == 1) == (moved == Ordering::Greater);
        }
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NUMBER: Option<DataType> = Some(DataType::Float);
    const OTHER: Option<DataType> = Some(DataType::String);
    const BOOLEAN: Option<DataType> = Some(DataType::Boolean);

    fn set(queries: &[&str], target: Option<DataType>) -> Result<Attributes, Code> {
        let mut attributes = Attributes::NONE;
        for query in queries {
            attributes.apply(query.as_bytes(), target, Version::V1_2)?;
        }
        attributes.check().map(|()| attributes)
    }

    #[test]
    fn core_5_1_2_names_and_values() {
        let boolean = BOOLEAN;
        for (query, target, attribute, bits) in [
            ("pmin=10", None, Attribute::PMIN, 10),
            ("pmax=0", None, Attribute::PMAX, 0),
            ("pmax=99999999999", None, Attribute::PMAX, u32::MAX.into()),
            ("gt=45.5", NUMBER, Attribute::GT, 45.5f64.to_bits()),
            ("lt=-12.5", NUMBER, Attribute::LT, (-12.5f64).to_bits()),
            ("st=1e3", NUMBER, Attribute::ST, 1000f64.to_bits()),
            ("epmin=1", None, Attribute::EPMIN, 1),
            ("epmax=2", None, Attribute::EPMAX, 2),
            ("edge=1", boolean, Attribute::EDGE, 1),
            ("edge", None, Attribute::EDGE, UNSET),
            ("con=0", None, Attribute::CON, 0),
            ("hqmax=50", None, Attribute::HQMAX, 50),
            ("pmin", None, Attribute::PMIN, UNSET),
            ("gt", None, Attribute::GT, UNSET),
        ] {
            let mut attributes = Attributes([7; 10]);
            assert_eq!(attributes.apply(query.as_bytes(), target, Version::V1_2), Ok(()));
            assert_eq!(attributes.get(attribute), bits, "{query}");
            attributes.set(attribute, 7);
            assert_eq!(attributes, Attributes([7; 10]), "{query}");
        }
        for query in [
            "", "pmim=1", "pminn=1", "Pmin=1", "dim=1", "=1", "pmin=", "pmin=-1", "pmin=1.5",
            "pmin=x", "gt=", "gt=abc", "st=0", "st=-1", "gt=1e999", "edge=2", "con=true", "con=2",
            "hqmax=-1",
        ] {
            for target in [NUMBER, boolean] {
                assert_eq!(set(&[query], target), Err(Code::BAD_REQUEST), "{query}");
            }
        }
    }

    #[test]
    fn a_version_has_its_attributes() {
        for (query, since) in [
            ("pmax=1", Version::V1_0),
            ("epmin=1", Version::V1_1),
            ("epmax", Version::V1_1),
            ("con=1", Version::V1_2),
            ("hqmax", Version::V1_2),
        ] {
            for version in [Version::V1_0, Version::V1_1, Version::V1_2] {
                let known = { Attributes::NONE }.apply(query.as_bytes(), None, version).is_ok();
                assert_eq!(known, version >= since, "{query} {version:?}");
            }
        }
    }

    #[test]
    fn core_5_1_2_consistency() {
        for (queries, target, expected) in [
            (&["lt=20", "gt=85", "st=10"][..], NUMBER, true),
            (&["lt=20", "gt=85", "st=32.5"], NUMBER, false),
            (&["lt=20", "gt=20"], NUMBER, false),
            (&["lt=21", "gt=20"], NUMBER, false),
            (&["lt=20", "st=1000"], NUMBER, true),
            (&["epmin=1", "epmax=1"], NUMBER, false),
            (&["epmin=1", "epmax=2"], OTHER, true),
            (&["epmax=2"], OTHER, true),
            (&["epmin=2"], OTHER, true),
            (&["pmin=10", "pmax=5"], OTHER, true),
            (&["gt=1"], OTHER, false),
            (&["lt=20", "gt=10", "lt"], NUMBER, true),
            (&["gt=1"], None, false),
            (&["edge=1"], BOOLEAN, true),
            (&["edge=1"], NUMBER, false),
            (&["edge=1"], None, false),
            (&["gt=1"], BOOLEAN, false),
            (&["con=1", "hqmax=3"], None, true),
        ] {
            assert_eq!(set(queries, target).is_ok(), expected, "{queries:?}");
        }
    }

    #[test]
    fn core_5_1_2_what_is_worth_a_notification() {
        let (a, b) = (&["gt=45", "st=10"][..], &["lt=20", "gt=85", "st=10"][..]);
        for (queries, target, sent, new, expected) in [
            (a, NUMBER, 20.0, 35.0, true),
            (a, NUMBER, 45.0, 50.0, true),
            (a, NUMBER, 50.0, 40.0, true),
            (a, NUMBER, 40.0, 50.0, true),
            (a, NUMBER, 35.0, 20.0, true),
            (a, NUMBER, 48.0, 55.0, false),
            (b, NUMBER, 17.0, 24.0, true),
            (b, NUMBER, 75.0, 90.0, true),
            (b, NUMBER, 50.0, 10.0, true),
            (b, NUMBER, 87.0, 99.0, true),
            (b, NUMBER, 87.0, 96.0, false),
            (&["lt=20"], NUMBER, 20.0, 19.0, true),
            (&["lt=20"], NUMBER, 20.0, 21.0, true),
            (&["lt=20"], NUMBER, 21.0, 20.0, false),
            (&["gt=20"], NUMBER, 20.0, 20.0, false),
            (&["gt=-5"], NUMBER, -6.0, -4.0, true),
            (&["st=0.5"], NUMBER, 1.0, 1.5, true),
            (&["st=0.5"], NUMBER, 1.0, 1.25, false),
            (&["st=0.5"], NUMBER, 1.0, 0.5, true),
            (&[], NUMBER, 1.0, 1.000_001, true),
            (&[], NUMBER, 1.0, 1.0, false),
            (&["edge=1"], BOOLEAN, 0.0, 1.0, true),
            (&["edge=1"], BOOLEAN, 1.0, 0.0, false),
            (&["edge=1"], BOOLEAN, 1.0, 1.0, false),
            (&["edge=0"], BOOLEAN, 1.0, 0.0, true),
            (&["edge=0"], BOOLEAN, 0.0, 1.0, false),
        ] {
            let attributes = set(queries, target).unwrap();
            let triggered = is_triggered(sent, new, |attribute| attributes.get(attribute));
            assert_eq!(triggered, expected, "{queries:?} {sent} {new}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read_or_refused(query: std::vec::Vec<u8>) {
            let _ = { Attributes::NONE }.apply(&query, NUMBER, Version::V1_2);
        }

        #[test]
        fn the_same_value_is_never_worth_a_notification(v: f64, gt: f64, lt: f64, st in 0.001f64..9.0) {
            let mut attributes = Attributes::NONE;
            for (attribute, n) in [(Attribute::GT, gt), (Attribute::LT, lt), (Attribute::ST, st)] {
                attributes.set(attribute, n.to_bits());
            }
            prop_assert!(!is_triggered(v, v, |attribute| attributes.get(attribute)));
        }
    }
}
