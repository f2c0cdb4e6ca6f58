//! The fields of a record, one after the other: for writers that are to be small.

use crate::error::WriteError;
use crate::label::{ALL, Label};
use crate::record::{Record, Value};

/// Takes a field.
pub(crate) type Field<'f> = dyn FnMut(Label, &Value<'_>) -> Result<(), WriteError> + 'f;

/// Hands on the fields that are there, and what they hold, in the order in which all writers have
/// them.
#[inline(never)]
pub(crate) fn fields(record: &Record<'_>, field: &mut Field<'_>) -> Result<(), WriteError> {
    for label in &ALL {
        if let Some(value) = &held(record, *label) {
            field(if *label == Label::Value { value.label() } else { *label }, value)?;
        }
    }
    Ok(())
}

/// What the record has of this label; of `v` and those that exclude it, whichever is there.
#[inline(never)]
fn held<'a>(record: &Record<'a>, label: Label) -> Option<Value<'a>> {
    let slot = if label.is_base() {
        let base = record.base.as_ref()?;
        match label {
            Label::BaseName => Ok(&base.name),
            Label::BaseUnit => Ok(&base.unit),
            Label::BaseContentFormat => Ok(&base.content_format),
            Label::BaseTime => Err(&base.time),
            Label::BaseValue => Err(&base.value),
            Label::BaseSum => Err(&base.sum),
            _ => return base.version.map(Value::from),
        }
    } else {
        match label {
            Label::Name => Ok(&record.name),
            Label::Unit => Ok(&record.unit),
            Label::ContentFormat => Ok(&record.content_format),
            Label::Time => Err(&record.time),
            Label::UpdateTime => Err(&record.update_time),
            Label::Sum => Err(&record.sum),
            Label::Value => return record.value,
            _ => return None,
        }
    };
    match slot {
        Ok(text) => text.map(Value::Text),
        Err(number) => number.map(Value::Number),
    }
}
