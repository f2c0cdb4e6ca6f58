//! The labels of fields, and which type each has (RFC 8428 section 4, tables 1 and 4).

use crate::error::DecodeErrorKind as Kind;
use crate::{Data, DecodeError, Number, Record, Text, Value};

/// A field of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Label {
    BaseVersion,
    BaseName,
    BaseTime,
    BaseUnit,
    BaseValue,
    BaseSum,
    Name,
    Unit,
    Value,
    TextValue,
    BooleanValue,
    Sum,
    Time,
    UpdateTime,
    DataValue,
    ObjectLink,
}

/// Label, JSON name, CBOR key; `vlo` of LwM2M has no number.
pub(crate) const LABELS: [(Label, &str, Option<i8>); 16] = [
    (Label::BaseVersion, "bver", Some(-1)),
    (Label::BaseName, "bn", Some(-2)),
    (Label::BaseTime, "bt", Some(-3)),
    (Label::BaseUnit, "bu", Some(-4)),
    (Label::BaseValue, "bv", Some(-5)),
    (Label::BaseSum, "bs", Some(-6)),
    (Label::Name, "n", Some(0)),
    (Label::Unit, "u", Some(1)),
    (Label::Value, "v", Some(2)),
    (Label::TextValue, "vs", Some(3)),
    (Label::BooleanValue, "vb", Some(4)),
    (Label::Sum, "s", Some(5)),
    (Label::Time, "t", Some(6)),
    (Label::UpdateTime, "ut", Some(7)),
    (Label::DataValue, "vd", Some(8)),
    (Label::ObjectLink, "vlo", None),
];

impl Label {
    /// A match and not a walk over the table: it is asked for every field that is read.
    #[inline]
    pub(crate) fn from_json(name: &[u8]) -> Option<Label> {
        Some(match name {
            b"n" => Label::Name,
            b"v" => Label::Value,
            b"u" => Label::Unit,
            b"t" => Label::Time,
            b"s" => Label::Sum,
            b"vs" => Label::TextValue,
            b"vb" => Label::BooleanValue,
            b"vd" => Label::DataValue,
            b"ut" => Label::UpdateTime,
            b"bn" => Label::BaseName,
            b"bt" => Label::BaseTime,
            b"bu" => Label::BaseUnit,
            b"bv" => Label::BaseValue,
            b"bs" => Label::BaseSum,
            b"vlo" => Label::ObjectLink,
            b"bver" => Label::BaseVersion,
            _ => return None,
        })
    }

    #[inline]
    pub(crate) fn from_cbor(key: i64) -> Option<Label> {
        Some(match key {
            -6 => Label::BaseSum,
            -5 => Label::BaseValue,
            -4 => Label::BaseUnit,
            -3 => Label::BaseTime,
            -2 => Label::BaseName,
            -1 => Label::BaseVersion,
            0 => Label::Name,
            1 => Label::Unit,
            2 => Label::Value,
            3 => Label::TextValue,
            4 => Label::BooleanValue,
            5 => Label::Sum,
            6 => Label::Time,
            7 => Label::UpdateTime,
            8 => Label::DataValue,
            _ => return None,
        })
    }

    fn row(self) -> Option<&'static (Label, &'static str, Option<i8>)> {
        LABELS.iter().find(|row| row.0 == self)
    }

    pub(crate) fn json(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    pub(crate) fn cbor(self) -> Option<i8> {
        self.row().and_then(|row| row.2)
    }

    fn is_value(self) -> bool {
        matches!(
            self,
            Label::Value
                | Label::TextValue
                | Label::BooleanValue
                | Label::DataValue
                | Label::ObjectLink
        )
    }
}

/// Whether a label that nobody knows may be passed over (RFC 8428 section 4.4).
pub(crate) fn may_ignore(name: Text<'_>) -> bool {
    match name.as_str() {
        Some(name) => !name.ends_with('_'),
        None => name.bytes().last() != Some(b'_'),
    }
}

/// The label of this name.
pub(crate) fn find(name: Text<'_>) -> Option<Label> {
    match name.as_str() {
        Some(name) => Label::from_json(name.as_bytes()),
        None => Label::from_json(name.copy_to(&mut [0; 4]).ok()?.as_bytes()),
    }
}

/// What both formats can read.
pub(crate) trait Tokens<'a> {
    /// Where the next token begins, at the latest after [`Tokens::text`] and the like were called.
    fn offset(&mut self) -> usize;
    fn text(&mut self) -> Result<Text<'a>, DecodeError>;
    fn data(&mut self) -> Result<Data<'a>, DecodeError>;
    fn number(&mut self) -> Result<Number, DecodeError>;
    fn boolean(&mut self) -> Result<bool, DecodeError>;
    /// Passes over a null, if one comes next.
    fn null(&mut self) -> Result<bool, DecodeError>;
}

/// Which labels a record has had.
#[derive(Default)]
pub(crate) struct Seen(u32);

/// Reads the value of `label`, whose own offset is `at`, into its field.
pub(crate) fn read_field<'a>(
    tokens: &mut impl Tokens<'a>,
    record: &mut Record<'a>,
    seen: &mut Seen,
    label: Label,
    at: usize,
) -> Result<(), DecodeError> {
    let bit = 1u32 << (label as u8);
    if seen.0 & bit != 0 {
        return Err(Kind::DuplicateLabel.at(at));
    }
    seen.0 |= bit;
    if label.is_value() && record.value.is_some() {
        return Err(Kind::SeveralValues.at(at));
    }
    match label {
        Label::BaseName => record.base_name = Some(tokens.text()?),
        Label::BaseUnit => record.base_unit = Some(tokens.text()?),
        Label::Name => record.name = Some(tokens.text()?),
        Label::Unit => record.unit = Some(tokens.text()?),
        Label::BaseTime => record.base_time = Some(tokens.number()?),
        Label::BaseValue => record.base_value = Some(tokens.number()?),
        Label::BaseSum => record.base_sum = Some(tokens.number()?),
        Label::Sum => record.sum = Some(tokens.number()?),
        Label::Time => record.time = Some(tokens.number()?),
        Label::UpdateTime => record.update_time = Some(tokens.number()?),
        Label::BaseVersion => {
            let offset = tokens.offset();
            let version = tokens.number()?.to_u64().ok_or(Kind::WrongType.at(offset))?;
            record.base_version = Some(version);
        }
        Label::TextValue => record.value = Some(Value::Text(tokens.text()?)),
        Label::ObjectLink => record.value = Some(Value::ObjectLink(tokens.text()?)),
        Label::BooleanValue => record.value = Some(Value::Boolean(tokens.boolean()?)),
        Label::DataValue => record.value = Some(Value::Data(tokens.data()?)),
        Label::Value => {
            let null = tokens.null()?;
            record.value = Some(if null { Value::Null } else { Value::Number(tokens.number()?) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matches_are_the_table() {
        for (label, name, key) in LABELS {
            assert_eq!(Label::from_json(name.as_bytes()), Some(label));
            assert_eq!((label.json(), label.cbor()), (name, key));
            if let Some(key) = key {
                assert_eq!(Label::from_cbor(i64::from(key)), Some(label));
            }
        }
        assert_eq!(Label::from_json(b"ct"), None);
        assert!((-300..-6).chain(9..300).all(|key| Label::from_cbor(key).is_none()));
    }
}
