//! Notification attributes (Core 5.1.2): what a server attaches to a path with Write-Attributes,
//! and when a new value is worth a notification.

use m2m_base::decimal::{Grammar, Number};
use m2m_base::{Duration, Full, Instant};

use crate::links;
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
                if attribute == Attribute::St && number <= 0.0 {
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

/// A set of notification attributes.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct NotificationAttributes {
    /// Minimum Period in seconds.
    pub pmin: Option<u32>,
    /// Maximum Period in seconds.
    pub pmax: Option<u32>,
    /// Greater Than.
    pub gt: Option<f64>,
    /// Less Than.
    pub lt: Option<f64>,
    /// Step, above 0.
    pub st: Option<f64>,
    /// Minimum Evaluation Period in seconds.
    pub epmin: Option<u32>,
    /// Maximum Evaluation Period in seconds.
    pub epmax: Option<u32>,
    /// Edge: 0 for falling, 1 for rising.
    pub edge: Option<u32>,
    /// Confirmable Notification: 0 or 1.
    pub con: Option<u32>,
    /// Maximum Historical Queue, in notifications.
    pub hqmax: Option<u32>,
}

impl NotificationAttributes {
    /// Sets or unsets one.
    pub fn apply(&mut self, change: Change) {
        let whole = match change.value {
            Some(Setting::Whole(n)) => Some(n),
            _ => None,
        };
        let number = match change.value {
            Some(Setting::Number(n)) => Some(n),
            _ => None,
        };
        match change.attribute {
            Attribute::Pmin => self.pmin = whole,
            Attribute::Pmax => self.pmax = whole,
            Attribute::Gt => self.gt = number,
            Attribute::Lt => self.lt = number,
            Attribute::St => self.st = number,
            Attribute::Epmin => self.epmin = whole,
            Attribute::Epmax => self.epmax = whole,
            Attribute::Edge => self.edge = whole,
            Attribute::Con => self.con = whole,
            Attribute::Hqmax => self.hqmax = whole,
        }
    }

    /// The value of one.
    #[must_use]
    pub fn get(&self, attribute: Attribute) -> Option<Setting> {
        match attribute {
            Attribute::Pmin => self.pmin.map(Setting::Whole),
            Attribute::Pmax => self.pmax.map(Setting::Whole),
            Attribute::Gt => self.gt.map(Setting::Number),
            Attribute::Lt => self.lt.map(Setting::Number),
            Attribute::St => self.st.map(Setting::Number),
            Attribute::Epmin => self.epmin.map(Setting::Whole),
            Attribute::Epmax => self.epmax.map(Setting::Whole),
            Attribute::Edge => self.edge.map(Setting::Whole),
            Attribute::Con => self.con.map(Setting::Whole),
            Attribute::Hqmax => self.hqmax.map(Setting::Whole),
        }
    }

    /// How many are set.
    #[must_use]
    pub fn count(&self) -> usize {
        NAMES.iter().filter(|row| self.get(row.1).is_some()).count()
    }

    /// All of them, those that are not set as a change that unsets them.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Change> {
        NAMES.iter().map(|row| Change { attribute: row.1, value: self.get(row.1) })
    }

    /// These, and what they do not have from `above`: the attributes of the path one level up, or
    /// the defaults of the server (Core 5.1.2: resource instance before resource before object
    /// instance before object).
    #[must_use]
    pub fn inheriting(&self, above: &NotificationAttributes) -> NotificationAttributes {
        let newest = |own: Option<u32>, above| if NEWEST { own.or(above) } else { own };
        NotificationAttributes {
            pmin: self.pmin.or(above.pmin),
            pmax: self.pmax.or(above.pmax),
            gt: self.gt.or(above.gt),
            lt: self.lt.or(above.lt),
            st: self.st.or(above.st),
            epmin: self.epmin.or(above.epmin),
            epmax: self.epmax.or(above.epmax),
            edge: newest(self.edge, above.edge),
            con: newest(self.con, above.con),
            hqmax: newest(self.hqmax, above.hqmax),
        }
    }

    /// Checks the set as a whole, for a target that holds single values of a type, or `None` for one
    /// that is more. A `pmax` below `pmin` is no error: it is ignored.
    ///
    /// # Errors
    /// [`AttributeError::Target`] and [`AttributeError::Inconsistent`].
    pub fn check(&self, target: Option<DataType>) -> Result<(), AttributeError> {
        let numeric = self.gt.is_some() || self.lt.is_some() || self.st.is_some();
        if numeric && !target.is_some_and(is_numeric)
            || NEWEST && self.edge.is_some() && target != Some(DataType::Boolean)
        {
            return Err(AttributeError::Target);
        }
        let ordered = match (self.lt, self.gt) {
            (Some(lt), Some(gt)) => lt + 2.0 * self.st.unwrap_or(0.0) < gt,
            _ => true,
        };
        let evaluation = match (self.epmin, self.epmax) {
            (Some(least), Some(most)) => least < most,
            _ => true,
        };
        if ordered && evaluation { Ok(()) } else { Err(AttributeError::Inconsistent) }
    }

    /// These without the conditions that do not go with single values of a type, or with what is
    /// more than a single value: they were attached above it.
    #[must_use]
    pub fn fitting(&self, target: Option<DataType>) -> NotificationAttributes {
        let mut fitting = *self;
        if !target.is_some_and(is_numeric) {
            (fitting.gt, fitting.lt, fitting.st) = (None, None, None);
        }
        if NEWEST && target != Some(DataType::Boolean) {
            fitting.edge = None;
        }
        fitting
    }

    /// One of `gt`, `lt`, `st`, `edge` is set: not every change is worth a notification.
    #[must_use]
    pub const fn has_conditions(&self) -> bool {
        let edge = NEWEST && self.edge.is_some();
        self.gt.is_some() || self.lt.is_some() || self.st.is_some() || edge
    }

    /// True if a number that became `new` is worth a notification, when `sent` was notified last:
    /// it crossed `gt` or `lt` in either direction or moved by `st`, whichever of them are set. With
    /// none set, any other value is. The same value never is. A Boolean is 0 or 1, and crosses
    /// `edge` in one direction.
    #[must_use]
    pub fn is_triggered(&self, sent: f64, new: f64) -> bool {
        #[allow(clippy::float_cmp, reason = "the same value, to the bit, is no change")]
        if sent == new {
            return false;
        }
        let crossed = |limit: Option<f64>| {
            limit.is_some_and(|t| (sent <= t && new > t) || (sent >= t && new < t))
        };
        let stepped = self.st.is_some_and(|step| (new - sent).abs() >= step);
        let edge = NEWEST && self.edge.is_some_and(|rising| (rising == 1) == (new > sent));
        !self.has_conditions() || crossed(self.gt) || crossed(self.lt) || stepped || edge
    }

    /// When the next notification is due after one at `sent`: at the end of the minimum period if
    /// a change waits (`triggered`), at the end of the maximum period in any case. A maximum of 0
    /// or below the minimum is none.
    #[must_use]
    pub fn due(&self, sent: Instant, triggered: bool) -> Option<Instant> {
        let pmin = self.pmin.unwrap_or(0);
        let earliest = sent + Duration::from_secs(pmin.into());
        if triggered {
            return Some(earliest);
        }
        let pmax = self.pmax.filter(|pmax| *pmax > 0 && *pmax >= pmin)?;
        Some(sent + Duration::from_secs(pmax.into()))
    }

    /// Adds them to the link written last.
    ///
    /// # Errors
    /// [`Full`] if the sink is.
    pub fn write(&self, links: &mut links::Writer<'_>) -> Result<(), Full> {
        for (name, attribute) in NAMES {
            match self.get(attribute) {
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
            let attributes =
                NotificationAttributes { gt: Some(gt), lt: Some(lt), st: Some(st), ..Default::default() };
            prop_assert!(!attributes.is_triggered(v, v) || v.is_nan());
        }
    }
}
