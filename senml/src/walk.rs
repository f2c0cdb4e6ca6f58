//! The fields of a record, one after the other: for writers that are to be small.

use crate::error::WriteError;
use crate::label::Label;
use crate::record::{Record, Value};
use crate::{Number, Text};

/// Takes a field.
pub(crate) type Field<'f> = dyn FnMut(Label, &Value<'_>) -> Result<(), WriteError> + 'f;

/// Hands on the fields that are there, and what they hold, in the order in which all writers have
/// them.
#[inline(never)]
pub(crate) fn fields(record: &Record<'_>, field: &mut Field<'_>) -> Result<(), WriteError> {
    let mut walk = Walk { field, result: Ok(()) };
    if let Some(base) = &record.base {
        walk.text(Label::BaseName, &base.name);
        walk.number(Label::BaseTime, &base.time);
        walk.text(Label::BaseUnit, &base.unit);
        walk.number(Label::BaseValue, &base.value);
        walk.number(Label::BaseSum, &base.sum);
        walk.number(Label::BaseVersion, &base.version.map(Number::from));
        walk.text(Label::BaseContentFormat, &base.content_format);
    }
    walk.text(Label::Name, &record.name);
    walk.text(Label::Unit, &record.unit);
    walk.number(Label::Time, &record.time);
    walk.number(Label::UpdateTime, &record.update_time);
    walk.text(Label::ContentFormat, &record.content_format);
    walk.value(Label::Value, record.value.as_ref());
    walk.number(Label::Sum, &record.sum);
    walk.result
}

/// Hands on fields until one fails.
struct Walk<'w, 'f> {
    field: &'w mut Field<'f>,
    result: Result<(), WriteError>,
}

impl Walk<'_, '_> {
    #[inline(never)]
    fn text(&mut self, label: Label, text: &Option<Text<'_>>) {
        self.value(label, text.map(Value::Text).as_ref());
    }

    #[inline(never)]
    fn number(&mut self, label: Label, number: &Option<Number>) {
        self.value(label, number.map(Value::Number).as_ref());
    }

    #[inline(never)]
    fn value(&mut self, label: Label, value: Option<&Value<'_>>) {
        if let (Some(value), Ok(())) = (value, self.result) {
            self.result = (self.field)(label.of(value), value);
        }
    }
}
