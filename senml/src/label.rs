//! The labels of fields, and which type each has (RFC 8428 section 4, tables 1 and 4).

use crate::error::{DecodeErrorKind as Kind, Failed};
#[cfg(not(feature = "small"))]
use crate::piece::Piece;
#[cfg(not(feature = "small"))]
use crate::{Data, record::Base};
use crate::{Number, Record, Text, Value};
use m2m_base::SMALL;

/// The label of a field, in the order in which writers have them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[cfg_attr(not(feature = "small"), allow(unreachable_pub, reason = "a small writer takes it"))]
pub enum Label {
    /// `bn`
    BaseName,
    /// `bt`
    BaseTime,
    /// `bu`
    BaseUnit,
    /// `bv`
    BaseValue,
    /// `bs`
    BaseSum,
    /// `bver`
    BaseVersion,
    /// `bct`
    BaseContentFormat,
    /// `n`
    Name,
    /// `u`
    Unit,
    /// `t`
    Time,
    /// `ut`
    UpdateTime,
    /// `ct`
    ContentFormat,
    /// `v`; where fields are written, any value, whose type tells its label.
    Value,
    /// `vs`
    TextValue,
    /// `vb`
    BooleanValue,
    /// `vd`
    DataValue,
    /// `vlo`
    ObjectLink,
    /// `s`
    Sum,
}

/// Label, JSON name, CBOR key, in the order of [`Label`]; those that came after RFC 8428 have no
/// number.
pub(crate) const LABELS: [(Label, &str, Option<i8>); 18] = [
    (Label::BaseName, "bn", Some(-2)),
    (Label::BaseTime, "bt", Some(-3)),
    (Label::BaseUnit, "bu", Some(-4)),
    (Label::BaseValue, "bv", Some(-5)),
    (Label::BaseSum, "bs", Some(-6)),
    (Label::BaseVersion, "bver", Some(-1)),
    (Label::BaseContentFormat, "bct", None),
    (Label::Name, "n", Some(0)),
    (Label::Unit, "u", Some(1)),
    (Label::Time, "t", Some(6)),
    (Label::UpdateTime, "ut", Some(7)),
    (Label::ContentFormat, "ct", None),
    (Label::Value, "v", Some(2)),
    (Label::TextValue, "vs", Some(3)),
    (Label::BooleanValue, "vb", Some(4)),
    (Label::DataValue, "vd", Some(8)),
    (Label::ObjectLink, "vlo", None),
    (Label::Sum, "s", Some(5)),
];

/// The labels by the heads of their keys in CBOR, and one bit for each head that is one. Tables and
/// not a match: they are asked for every field that is read.
const BY_HEAD: ([Label; 0x26], u64) = {
    let (mut labels, mut known) = ([Label::Name; 0x26], 0);
    let mut row = 0;
    while row < LABELS.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        if let (label, _, Some(key)) = LABELS[row] {
            let head = if key < 0 { 0x20 | !key.cast_unsigned() } else { key.cast_unsigned() };
            labels[head as usize] = label;
            known |= 1 << head;
        }
        row += 1;
    }
    (labels, known)
};

/// [`Label::excluded`] of each.
const EXCLUDED: [u32; LABELS.len()] = {
    let mut excluded = [0; LABELS.len()];
    let mut row = 0;
    while row < excluded.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            excluded[row] = LABELS[row].0.excluded();
        }
        row += 1;
    }
    excluded
};

/// The labels as they are numbered.
pub(crate) const ALL: [Label; LABELS.len()] = {
    let mut all = [Label::Name; LABELS.len()];
    let mut row = 0;
    while row < all.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            all[row] = LABELS[row].0;
        }
        row += 1;
    }
    all
};

/// The keys of the labels in CBOR, their last byte lowest.
pub(crate) const KEYS: [u32; LABELS.len()] = {
    let mut keys = [0; LABELS.len()];
    let mut row = 0;
    while row < keys.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        #[allow(clippy::cast_possible_truncation, reason = "at most three")]
        {
            keys[row] = match LABELS[row] {
                (_, _, Some(key)) if key < 0 => 0x20 | !key.cast_unsigned() as u32,
                (_, _, Some(key)) => key.cast_unsigned() as u32,
                (_, name, None) => text_key(BY_BYTES[row], name.len()),
            };
        }
        row += 1;
    }
    keys
};

/// A key of two or three bytes with its head in front.
#[allow(clippy::cast_possible_truncation, reason = "at most three")]
pub(crate) const fn text_key(name: u32, len: usize) -> u32 {
    (0x60 | len as u32) << (8 * len as u32) | name
}

/// A byte behind the last four bytes of a name, of which the last one is lowest; counts it.
#[inline]
pub(crate) fn push((end, len): &mut (u32, usize), byte: u8) {
    *end = *end << 8 | u32::from(byte);
    *len = len.wrapping_add(1);
}

impl Label {
    pub(crate) fn from_json(name: &[u8]) -> Option<Label> {
        match *name {
            [a] => Label::from_letter(a),
            [a, b] => Label::from_letters(a, b),
            [b'v', b'l', b'o'] => Some(Label::ObjectLink),
            [b'b', b'c', b't'] => Some(Label::BaseContentFormat),
            [b'b', b'v', b'e', b'r'] => Some(Label::BaseVersion),
            _ => None,
        }
    }

    /// A match and not a walk over the table: it is asked for every field that is read.
    #[inline]
    pub(crate) fn from_letter(letter: u8) -> Option<Label> {
        Some(match letter {
            b'n' => Label::Name,
            b'v' => Label::Value,
            b'u' => Label::Unit,
            b't' => Label::Time,
            b's' => Label::Sum,
            _ => return None,
        })
    }

    #[inline]
    pub(crate) fn from_letters(first: u8, second: u8) -> Option<Label> {
        Some(match (first, second) {
            (b'v', b's') => Label::TextValue,
            (b'v', b'b') => Label::BooleanValue,
            (b'v', b'd') => Label::DataValue,
            (b'u', b't') => Label::UpdateTime,
            (b'b', b'n') => Label::BaseName,
            (b'b', b't') => Label::BaseTime,
            (b'b', b'u') => Label::BaseUnit,
            (b'b', b'v') => Label::BaseValue,
            (b'b', b's') => Label::BaseSum,
            (b'c', b't') => Label::ContentFormat,
            _ => return None,
        })
    }

    /// By the head of its key in CBOR: 0 and up, and from 0x20 on −1 and down.
    #[inline]
    pub(crate) fn from_head(head: u8) -> Option<Label> {
        if head >= 0x26 || BY_HEAD.1 >> head & 1 == 0 {
            return None;
        }
        BY_HEAD.0.get(usize::from(head)).copied()
    }

    /// By its key in CBOR, as in [`KEYS`].
    pub(crate) fn from_key(key: u32) -> Option<Label> {
        ALL.get(KEYS.iter().position(|known| *known == key)?).copied()
    }

    /// That of a value goes by the value.
    #[inline]
    pub(crate) fn of(self, value: &Value<'_>) -> Label {
        if self == Label::Value { value.label() } else { self }
    }

    #[inline]
    const fn bit(self) -> u32 {
        1 << self as u8
    }

    /// Of which labels a record must have none when this one comes.
    #[inline]
    const fn excluded(self) -> u32 {
        if self.bit() & Seen::VALUE != 0 { Seen::VALUE } else { self.bit() }
    }

    #[inline]
    pub(crate) const fn is_base(self) -> bool {
        self as u8 <= Label::BaseContentFormat as u8
    }

    /// What the field may hold.
    const fn types(self) -> u8 {
        match self {
            _ if self.is_text() => types::TEXT,
            Label::Value => types::NUMBER | types::NULL,
            Label::BooleanValue => types::BOOLEAN,
            Label::DataValue => types::DATA,
            Label::BaseVersion => types::VERSION,
            _ => types::NUMBER,
        }
    }

    /// Whether the field holds a text.
    #[inline]
    pub(crate) const fn is_text(self) -> bool {
        matches!(
            self,
            Label::BaseName
                | Label::BaseUnit
                | Label::BaseContentFormat
                | Label::ContentFormat
                | Label::Name
                | Label::Unit
                | Label::TextValue
                | Label::ObjectLink
        )
    }
}

/// The labels as numbers: their bytes, the last one lowest.
pub(crate) const BY_BYTES: [u32; LABELS.len()] = {
    let mut numbers = [0; LABELS.len()];
    let mut row = 0;
    while row < LABELS.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            let name = LABELS[row].1.as_bytes();
            let mut at = 0;
            while at < name.len() {
                numbers[row] = numbers[row] << 8 | name[at] as u32;
                at += 1;
            }
        }
        row += 1;
    }
    numbers
};

/// The label of this name, or whether one that nobody knows may be passed over (RFC 8428 section
/// 4.4).
pub(crate) fn find(name: Text<'_>) -> Result<Label, bool> {
    if !SMALL
        && let Some(name) = name.as_bytes()
        && let Some(label) = Label::from_json(name)
    {
        return Ok(label);
    }
    let mut last = (0, 0);
    name.bytes().for_each(|byte| push(&mut last, byte));
    let (end, len) = last;
    let row = BY_BYTES.iter().position(|bytes| *bytes == end);
    match row.and_then(|row| ALL.get(row)) {
        // As many bytes as are not zero.
        Some(label) if len == end.to_be_bytes().iter().filter(|byte| **byte != 0).count() => {
            Ok(*label)
        }
        _ => Err(end & 0xff != u32::from(b'_')),
    }
}

/// Sets of types that values have, one bit each.
pub(crate) mod types {
    pub(crate) const TEXT: u8 = 1;
    pub(crate) const DATA: u8 = 1 << 1;
    pub(crate) const BOOLEAN: u8 = 1 << 2;
    pub(crate) const NULL: u8 = 1 << 3;
    pub(crate) const NUMBER: u8 = 1 << 4;
    /// A number that is an unsigned integer.
    pub(crate) const VERSION: u8 = 1 << 5;
    /// What no field that is known may hold.
    pub(crate) const OTHER: u8 = 1 << 6;
    /// Of a number, that it may be infinite or NaN.
    pub(crate) const INFINITE: u8 = 1 << 7;
    /// All that is neither an array nor an object.
    pub(crate) const SCALAR: u8 = TEXT | BOOLEAN | NULL | NUMBER;
}

/// What all formats can read. What most fields hold is read by the `short_` ones, which are
/// inlined and return in registers; `None` leaves anything else, errors too, to the full one.
pub(crate) trait Tokens<'a> {
    /// Notes what is wrong.
    fn fail(&mut self, kind: Kind, at: usize) -> Failed;
    fn short_text(&mut self) -> Option<Text<'a>>;
    /// A text that has only characters of names.
    fn short_name(&mut self) -> Option<Text<'a>>;
    fn short_number(&mut self) -> Option<Number>;
    /// Any text.
    fn text(&mut self) -> Result<Text<'a>, Failed>;
    /// A value of one of these [`types`], which is finite; that of `vlo` is [`Value::Text`].
    fn value(&mut self, types: u8) -> Result<Value<'a>, Failed>;
}

/// The version that a number is, which was read as one.
#[inline]
pub(crate) fn version(number: Number) -> Option<u64> {
    match number {
        Number::Integer(version) => Some(version.cast_unsigned()),
        Number::Unsigned(version) => Some(version),
        _ => None,
    }
}

/// Where the fields of a record go that is read.
pub(crate) trait Target<'a> {
    /// A text, `vs` and `vlo` among them.
    fn text(&mut self, label: Label, text: Text<'a>);
    /// A number, `v` and `bver` among them.
    fn number(&mut self, label: Label, number: Number);
    fn value(&mut self, value: Value<'a>);
}

impl<'a> Target<'a> for Record<'a> {
    #[inline]
    fn text(&mut self, label: Label, text: Text<'a>) {
        let slot = if label.is_base() {
            let base = self.base_mut();
            match label {
                Label::BaseName => &mut base.name,
                Label::BaseUnit => &mut base.unit,
                _ => &mut base.content_format,
            }
        } else {
            match label {
                Label::ContentFormat => &mut self.content_format,
                Label::Name => &mut self.name,
                Label::Unit => &mut self.unit,
                Label::TextValue => return self.value = Some(Value::Text(text)),
                _ => return self.value = Some(Value::ObjectLink(text)),
            }
        };
        *slot = Some(text);
    }

    #[inline]
    fn number(&mut self, label: Label, number: Number) {
        let slot = if label.is_base() {
            let base = self.base_mut();
            match label {
                Label::BaseTime => &mut base.time,
                Label::BaseValue => &mut base.value,
                Label::BaseSum => &mut base.sum,
                _ => return base.version = version(number),
            }
        } else {
            match label {
                Label::Sum => &mut self.sum,
                Label::Time => &mut self.time,
                Label::UpdateTime => &mut self.update_time,
                _ => return self.value = Some(Value::Number(number)),
            }
        };
        *slot = Some(number);
    }

    #[inline]
    fn value(&mut self, value: Value<'a>) {
        self.value = Some(value);
    }
}

/// Which labels a record has, one bit each, and what was seen of its names.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen(u32);

impl Seen {
    /// The labels of which a record may have only one.
    pub(crate) const VALUE: u32 = Label::Value.bit()
        | Label::TextValue.bit()
        | Label::BooleanValue.bit()
        | Label::DataValue.bit()
        | Label::ObjectLink.bit();
    pub(crate) const BASE_NAME: u32 = Label::BaseName.bit();
    pub(crate) const BASE_VERSION: u32 = Label::BaseVersion.bit();
    pub(crate) const NAME: u32 = Label::Name.bit();
    pub(crate) const UNIT: u32 = Label::Unit.bit();
    pub(crate) const TIME: u32 = Label::Time.bit();
    pub(crate) const SUM: u32 = Label::Sum.bit();
    pub(crate) const UPDATE_TIME: u32 = Label::UpdateTime.bit();
    /// All that are fields of the record itself.
    pub(crate) const OWN: u32 = Seen::VALUE
        | Seen::NAME
        | Seen::UNIT
        | Seen::TIME
        | Seen::SUM
        | Seen::UPDATE_TIME
        | Label::ContentFormat.bit();
    /// The name has only characters of names.
    pub(crate) const GOOD_NAME: u32 = 1 << 31;

    /// Whether one of these is there.
    #[inline]
    pub(crate) const fn has(self, labels: u32) -> bool {
        self.0 & labels != 0
    }

    /// What a record has that was made in another way.
    #[inline(never)]
    pub(crate) fn of(record: &Record<'_>) -> Seen {
        let mut seen = 0;
        let mut note = |there: bool, label: Label| seen |= u32::from(there) << label as u8;
        if let Some(base) = &record.base {
            note(base.name.is_some(), Label::BaseName);
            note(base.time.is_some(), Label::BaseTime);
            note(base.unit.is_some(), Label::BaseUnit);
            note(base.value.is_some(), Label::BaseValue);
            note(base.sum.is_some(), Label::BaseSum);
            note(base.version.is_some(), Label::BaseVersion);
            note(base.content_format.is_some(), Label::BaseContentFormat);
        }
        note(record.name.is_some(), Label::Name);
        note(record.unit.is_some(), Label::Unit);
        note(record.time.is_some(), Label::Time);
        note(record.update_time.is_some(), Label::UpdateTime);
        note(record.content_format.is_some(), Label::ContentFormat);
        note(record.value.is_some(), Label::Value);
        note(record.sum.is_some(), Label::Sum);
        Seen(seen)
    }
}

/// Why a record may not have this label as well.
#[cold]
#[inline(never)]
fn clash<'a>(tokens: &mut impl Tokens<'a>, seen: Seen, label: Label, at: usize) -> Failed {
    let twice = seen.has(label.bit());
    tokens.fail(if twice { Kind::DuplicateLabel } else { Kind::SeveralValues }, at)
}

/// Reads the value of `label`, whose own offset is `at`, into its field.
///
/// Goes by type first and by label then: each way of reading is there once.
#[cfg_attr(feature = "small", inline(never))]
#[cfg_attr(not(feature = "small"), inline)]
pub(crate) fn read_field<'a>(
    tokens: &mut impl Tokens<'a>,
    target: &mut impl Target<'a>,
    seen: &mut Seen,
    label: Label,
    at: usize,
) -> Result<(), Failed> {
    let excluded = if SMALL {
        // The table takes more.
        label.excluded()
    } else {
        EXCLUDED.get(usize::from(label as u8)).copied().unwrap_or(0)
    };
    if seen.has(excluded) {
        return Err(clash(tokens, *seen, label, at));
    }
    seen.0 |= label.bit();
    if !SMALL {
        match label {
            Label::Name => {
                if let Some(name) = tokens.short_name() {
                    target.text(Label::Name, name);
                    seen.0 |= Seen::GOOD_NAME;
                    return Ok(());
                }
                return text(tokens, target, label);
            }
            Label::BooleanValue | Label::DataValue | Label::BaseVersion => {}
            _ if label.is_text() => {
                if let Some(text) = tokens.short_text() {
                    target.text(label, text);
                    return Ok(());
                }
                return text(tokens, target, label);
            }
            _ => {
                if let Some(number) = tokens.short_number() {
                    target.number(label, number);
                    return Ok(());
                }
            }
        }
    }
    any(tokens, target, label)
}

#[inline(never)]
fn text<'a>(
    tokens: &mut impl Tokens<'a>,
    target: &mut impl Target<'a>,
    label: Label,
) -> Result<(), Failed> {
    let text = tokens.text()?;
    target.text(label, text);
    Ok(())
}

/// Reads any value that the label may have.
#[cfg_attr(not(feature = "small"), inline(never))]
fn any<'a>(
    tokens: &mut impl Tokens<'a>,
    target: &mut impl Target<'a>,
    label: Label,
) -> Result<(), Failed> {
    match tokens.value(label.types())? {
        Value::Text(text) => target.text(label, text),
        Value::Number(number) => target.number(label, number),
        other => target.value(other),
    }
    Ok(())
}

/// What writes the fields of records into pieces: where the next one goes. It is handed from one to
/// the other, so that it may stay in a register.
#[cfg(not(feature = "small"))]
pub(crate) trait Fields: Copy {
    fn text(self, piece: &mut Piece, label: Label, text: &Text<'_>) -> Result<Self, Failed>;
    fn data(self, piece: &mut Piece, data: &Data<'_>) -> Result<Self, Failed>;
    fn number(self, piece: &mut Piece, label: Label, number: &Number) -> Result<Self, Failed>;
    fn simple(self, piece: &mut Piece, label: Label, value: Simple) -> Result<Self, Failed>;

    /// As [`Fields::text`], for what few records have: where speed counts more than size that is
    /// not there again for each of them.
    #[inline(never)]
    fn rare_text(self, piece: &mut Piece, label: Label, text: &Text<'_>) -> Result<Self, Failed> {
        self.text(piece, label, text)
    }

    /// As [`Fields::number`], in the same way.
    #[inline(never)]
    fn rare_number(self, piece: &mut Piece, label: Label, number: &Number) -> Result<Self, Failed> {
        self.number(piece, label, number)
    }

    /// Writes the base fields that are there; returns where they end and how many they are.
    #[cold]
    #[cfg_attr(not(feature = "small"), inline(never))]
    fn base(self, piece: &mut Piece, base: &Base<'_>) -> Result<(Self, u8), Failed> {
        let (mut at, mut count) = (self, 0);
        if let Some(text) = &base.name {
            at = at.text(piece, Label::BaseName, text)?;
            count += 1;
        }
        if let Some(number) = &base.time {
            at = at.rare_number(piece, Label::BaseTime, number)?;
            count += 1;
        }
        if let Some(text) = &base.unit {
            at = at.rare_text(piece, Label::BaseUnit, text)?;
            count += 1;
        }
        if let Some(number) = &base.value {
            at = at.rare_number(piece, Label::BaseValue, number)?;
            count += 1;
        }
        if let Some(number) = &base.sum {
            at = at.rare_number(piece, Label::BaseSum, number)?;
            count += 1;
        }
        if let Some(version) = base.version {
            at = at.rare_number(piece, Label::BaseVersion, &version.into())?;
            count += 1;
        }
        if let Some(text) = &base.content_format {
            at = at.rare_text(piece, Label::BaseContentFormat, text)?;
            count += 1;
        }
        Ok((at, count))
    }

    /// Writes the fields that are there; returns where they end and how many they are.
    #[inline(always)]
    fn fields(self, piece: &mut Piece, record: &Record<'_>) -> Result<(Self, u8), Failed> {
        let (mut at, mut count) = (self, 0);
        if let Some(base) = &record.base {
            (at, count) = at.base(piece, base)?;
        }
        if let Some(text) = &record.name {
            at = at.text(piece, Label::Name, text)?;
            count += 1;
        }
        if let Some(text) = &record.unit {
            at = at.text(piece, Label::Unit, text)?;
            count += 1;
        }
        if let Some(number) = &record.time {
            at = at.number(piece, Label::Time, number)?;
            count += 1;
        }
        if let Some(number) = &record.update_time {
            at = at.rare_number(piece, Label::UpdateTime, number)?;
            count += 1;
        }
        if let Some(text) = &record.content_format {
            at = at.rare_text(piece, Label::ContentFormat, text)?;
            count += 1;
        }
        if let Some(value) = &record.value {
            at = match value {
                Value::Number(number) => at.number(piece, Label::Value, number)?,
                Value::Text(text) => at.text(piece, Label::TextValue, text)?,
                Value::ObjectLink(link) => at.rare_text(piece, Label::ObjectLink, link)?,
                Value::Data(data) => at.data(piece, data)?,
                Value::Boolean(false) => at.simple(piece, Label::BooleanValue, Simple::False)?,
                Value::Boolean(true) => at.simple(piece, Label::BooleanValue, Simple::True)?,
                Value::Null => at.simple(piece, Label::Value, Simple::Null)?,
            };
            count += 1;
        }
        if let Some(number) = &record.sum {
            at = at.rare_number(piece, Label::Sum, number)?;
            count += 1;
        }
        Ok((at, count))
    }
}

/// A value of one byte in CBOR and a word in JSON.
#[cfg(not(feature = "small"))]
#[derive(Clone, Copy)]
pub(crate) enum Simple {
    False,
    True,
    Null,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matches_are_the_table() {
        for (label, name, key) in LABELS {
            assert_eq!(Label::from_json(name.as_bytes()), Some(label));
            assert_eq!(LABELS[usize::from(label as u8)].0, label);
            if let Some(key) = key {
                let head = if key < 0 { 0x20 | !key.cast_unsigned() } else { key.cast_unsigned() };
                assert_eq!(Label::from_head(head), Some(label));
            }
        }
        assert_eq!(Label::from_json(b"cn"), None);
        assert_eq!((0..=255).filter(|head| Label::from_head(*head).is_some()).count(), 15);
    }
}
