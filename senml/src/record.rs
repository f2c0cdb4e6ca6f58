//! A SenML record as it was sent, before its base fields are applied.

use crate::{Data, Number, Text};

/// One record of a pack, its fields as they stand in it (RFC 8428 section 4).
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Record<'a> {
    /// `bn`: put in front of the names from here on.
    pub base_name: Option<Text<'a>>,
    /// `bt`: added to the times from here on, in seconds.
    pub base_time: Option<Number>,
    /// `bu`: the unit of the records from here on that have none.
    pub base_unit: Option<Text<'a>>,
    /// `bv`: added to the values from here on.
    pub base_value: Option<Number>,
    /// `bs`: added to the sums from here on.
    pub base_sum: Option<Number>,
    /// `bver`: the version of the format, 10 if absent.
    pub base_version: Option<u64>,
    /// `n`: the name, behind the base name.
    pub name: Option<Text<'a>>,
    /// `u`: the unit.
    pub unit: Option<Text<'a>>,
    /// `v`, `vs`, `vb`, `vd` or `vlo`.
    pub value: Option<Value<'a>>,
    /// `s`: the sum of the values over time.
    pub sum: Option<Number>,
    /// `t`: the time in seconds, added to the base time.
    pub time: Option<Number>,
    /// `ut`: seconds until the next record of this name comes, at most.
    pub update_time: Option<Number>,
}

impl<'a> Record<'a> {
    /// A record with only a name.
    #[must_use]
    pub fn named(name: impl Into<Text<'a>>) -> Self {
        Record { name: Some(name.into()), ..Record::default() }
    }

    /// The record with this value.
    #[must_use]
    pub fn with_value(self, value: impl Into<Value<'a>>) -> Self {
        Record { value: Some(value.into()), ..self }
    }

    /// The record with this base name.
    #[must_use]
    pub fn with_base_name(self, name: impl Into<Text<'a>>) -> Self {
        Record { base_name: Some(name.into()), ..self }
    }

    /// The record with this time.
    #[must_use]
    pub fn with_time(self, time: impl Into<Number>) -> Self {
        Record { time: Some(time.into()), ..self }
    }

    /// Empties the record in place: a whole new one would be made elsewhere and copied here.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.base_name = None;
        self.base_time = None;
        self.base_unit = None;
        self.base_value = None;
        self.base_sum = None;
        self.base_version = None;
        self.name = None;
        self.unit = None;
        self.value = None;
        self.sum = None;
        self.time = None;
        self.update_time = None;
    }

    /// True when there is nothing but base fields: such a record sets them and yields nothing
    /// (RFC 8428 section 5.1.7).
    #[must_use]
    pub fn is_base_only(&self) -> bool {
        let Record { name, unit, value, sum, time, update_time, .. } = self;
        name.is_none()
            && unit.is_none()
            && value.is_none()
            && sum.is_none()
            && time.is_none()
            && update_time.is_none()
    }
}

/// The value of a record.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'a> {
    /// `v`
    Number(Number),
    /// `vs`
    Text(Text<'a>),
    /// `vb`
    Boolean(bool),
    /// `vd`
    Data(Data<'a>),
    /// `vlo`: a link to an object instance, `66:0` (LwM2M).
    ObjectLink(Text<'a>),
    /// `v` with null: removes, in a patch (RFC 8790 section 3.2).
    Null,
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(text.into())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Value::Data(bytes.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Boolean(value)
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Value<'_> {
            fn from(value: $number) -> Self {
                Value::Number(value.into())
            }
        }
    )*};
}
from_numbers!(Number, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64);
