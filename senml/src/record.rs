//! A SenML record as it was sent, before its base fields are applied.

use crate::label::Label;
use crate::{Data, Number, Text};

/// One record of a pack, its fields as they stand in it (RFC 8428 section 4).
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Record<'a> {
    /// The base fields. `None` if there are none, as in most records.
    pub base: Option<Base<'a>>,
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
    /// `ct`: what the data are (RFC 9193); see
    /// [`ContentFormat::parse`](crate::content_format::ContentFormat::parse).
    pub content_format: Option<Text<'a>>,
}

/// The base fields of a record: they are in effect from here on until another record has the same.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Base<'a> {
    /// `bn`: put in front of the names.
    pub name: Option<Text<'a>>,
    /// `bt`: added to the times, in seconds.
    pub time: Option<Number>,
    /// `bu`: the unit of the records that have none.
    pub unit: Option<Text<'a>>,
    /// `bv`: added to the values.
    pub value: Option<Number>,
    /// `bs`: added to the sums.
    pub sum: Option<Number>,
    /// `bver`: the version of the format, 10 if absent.
    pub version: Option<u64>,
    /// `bct`: what the data are that do not say it themselves (RFC 9193).
    pub content_format: Option<Text<'a>>,
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
        let base = Base { name: Some(name.into()), ..self.base.unwrap_or_default() };
        Record { base: Some(base), ..self }
    }

    /// The record with this time.
    #[must_use]
    pub fn with_time(self, time: impl Into<Number>) -> Self {
        Record { time: Some(time.into()), ..self }
    }

    /// Empties the record in place: a whole new one would be made elsewhere and copied here.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.base = None;
        self.name = None;
        self.unit = None;
        self.value = None;
        self.sum = None;
        self.time = None;
        self.update_time = None;
        self.content_format = None;
    }

    /// The base fields, to be set.
    #[cold]
    #[inline(never)]
    pub(crate) fn base_mut(&mut self) -> &mut Base<'a> {
        self.base.get_or_insert_default()
    }

    /// True when there is nothing but base fields: such a record sets them and yields nothing
    /// (RFC 8428 section 5.1.7).
    #[must_use]
    pub fn is_base_only(&self) -> bool {
        let Record { base: _, name, unit, value, sum, time, update_time, content_format } = self;
        name.is_none()
            && unit.is_none()
            && value.is_none()
            && sum.is_none()
            && time.is_none()
            && update_time.is_none()
            && content_format.is_none()
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

impl Value<'_> {
    /// The label of a field that has this value.
    #[inline]
    pub(crate) fn label(&self) -> Label {
        match self {
            Value::Number(_) | Value::Null => Label::Value,
            Value::Text(_) => Label::TextValue,
            Value::Boolean(_) => Label::BooleanValue,
            Value::Data(_) => Label::DataValue,
            Value::ObjectLink(_) => Label::ObjectLink,
        }
    }
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
