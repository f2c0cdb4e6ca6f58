//! The fields of a record, one after the other: for writers that are to be small.

use crate::error::WriteError;
use crate::label::Label;
use crate::record::{Record, Value};
use crate::{Number, Text};

/// Takes a field.
pub(crate) type Field<'f> = dyn FnMut(Label, &Value<'_>) -> Result<(), WriteError> + 'f;

/// Hands on fields until that fails.
struct Walk<'f, 'g> {
    field: &'f mut Field<'g>,
    result: Result<(), WriteError>,
}

impl Walk<'_, '_> {
    #[inline(never)]
    fn field(&mut self, label: Label, value: &Value<'_>) {
        if self.result.is_ok() {
            self.result = (self.field)(label, value);
        }
    }

    #[inline(never)]
    fn text(&mut self, label: Label, text: &Option<Text<'_>>) {
        if let Some(text) = text {
            self.field(label, &Value::Text(*text));
        }
    }

    #[inline(never)]
    fn number(&mut self, label: Label, number: &Option<Number>) {
        if let Some(number) = number {
            self.field(label, &Value::Number(*number));
        }
    }
}

/// Hands on the fields that are there, and what they hold, in the order in which all writers have
/// them.
#[inline(never)]
pub(crate) fn fields(record: &Record<'_>, field: &mut Field<'_>) -> Result<(), WriteError> {
    let walk = &mut Walk { field, result: Ok(()) };
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
    if let Some(value) = &record.value {
        let label = match value {
            Value::Number(_) | Value::Null => Label::Value,
            Value::Text(_) => Label::TextValue,
            Value::Boolean(_) => Label::BooleanValue,
            Value::Data(_) => Label::DataValue,
            Value::ObjectLink(_) => Label::ObjectLink,
        };
        walk.field(label, value);
    }
    walk.number(Label::Sum, &record.sum);
    walk.result
}
