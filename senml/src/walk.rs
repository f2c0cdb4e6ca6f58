//! The fields of a record, one after the other: for writers that are to be small.

use crate::label::{LABELS, Label};
use crate::record::{Record, Value};

/// The fields that are there, and what they hold, in the order in which all writers have them.
pub(crate) fn fields<'a>(record: &Record<'a>) -> impl Iterator<Item = (Label, Value<'a>)> {
    LABELS.iter().filter_map(|(label, ..)| Some((*label, field(record, *label)?)))
}

#[inline(never)]
fn field<'a>(record: &Record<'a>, label: Label) -> Option<Value<'a>> {
    let (text, number) = match label {
        Label::BaseName
        | Label::BaseTime
        | Label::BaseUnit
        | Label::BaseValue
        | Label::BaseSum
        | Label::BaseVersion
        | Label::BaseContentFormat => {
            let base = record.base.as_ref()?;
            match label {
                Label::BaseName => (&base.name, &None),
                Label::BaseUnit => (&base.unit, &None),
                Label::BaseContentFormat => (&base.content_format, &None),
                Label::BaseTime => (&None, &base.time),
                Label::BaseValue => (&None, &base.value),
                Label::BaseSum => (&None, &base.sum),
                _ => return Some(Value::Number(base.version?.into())),
            }
        }
        Label::Name => (&record.name, &None),
        Label::Unit => (&record.unit, &None),
        Label::ContentFormat => (&record.content_format, &None),
        Label::Time => (&None, &record.time),
        Label::UpdateTime => (&None, &record.update_time),
        Label::Sum => (&None, &record.sum),
        _ => {
            let value = record.value?;
            let own = match value {
                Value::Number(_) | Value::Null => Label::Value,
                Value::Text(_) => Label::TextValue,
                Value::Boolean(_) => Label::BooleanValue,
                Value::Data(_) => Label::DataValue,
                Value::ObjectLink(_) => Label::ObjectLink,
            };
            return (label == own).then_some(value);
        }
    };
    text.map(Value::Text).or(number.map(Value::Number))
}
