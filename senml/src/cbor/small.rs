//! The CBOR writer where flash matters more than time (feature `small`): the same bytes, put into
//! the sink piece by piece.

use super::Fractions;
use super::major::{ARRAY, BYTES, MAP, NEGATIVE, SIMPLE, TAG, TEXT, UNSIGNED};
use crate::error::WriteError;
use crate::label::{LABELS, Label};
use crate::record::{Record, Value};
use crate::walk::fields;
use crate::{Number, Text};
use m2m_base::float::{HALF, SINGLE};
use m2m_base::{Full, Sink};

/// Writes records as a pack in CBOR, the fields always in the same order: `bn bt bu bv bs bver bct n
/// u t ut ct`, the value, `s`.
///
/// The pack is whole only after [`Writer::finish`].
pub struct Writer<'a> {
    sink: &'a mut dyn Sink,
    fractions: Fractions,
    /// Records still to come, if they were announced.
    left: Option<u64>,
}

impl<'a> Writer<'a> {
    /// Begins a pack of `count` records.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn new(sink: &'a mut dyn Sink, count: u64) -> Result<Self, WriteError> {
        head(sink, ARRAY, count)?;
        Ok(Writer { left: Some(count), ..Writer::resume(sink) })
    }

    /// Begins a pack whose length is not known (an array of indefinite length; some receivers
    /// cannot read these).
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn indefinite(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        sink.put_u8(ARRAY | 31)?;
        Ok(Writer::resume(sink))
    }

    /// A writer in the middle of an array of indefinite length.
    pub(crate) fn resume(sink: &'a mut dyn Sink) -> Self {
        Writer { sink, fractions: Fractions::Binary, left: None }
    }

    /// The writer, with another form of decimal fractions.
    #[must_use]
    pub fn with_fractions(mut self, fractions: Fractions) -> Self {
        self.fractions = fractions;
        self
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`WriteError::Count`] when there are more than announced (nothing is written then);
    /// [`WriteError::Full`], [`WriteError::NotFinite`]; the pack is then cut short.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(1).ok_or(WriteError::Count)?;
        }
        // At most fourteen fields: the head is one byte.
        let mut count = MAP;
        fields(record).for_each(|_| count += 1);
        self.sink.put_u8(count)?;
        fields(record).try_for_each(|(label, value)| self.field(label, &value))
    }

    #[inline(never)]
    fn field(&mut self, label: Label, value: &Value<'_>) -> Result<(), WriteError> {
        match LABELS.get(usize::from(label as u8)) {
            Some((_, _, Some(key))) => integer(self.sink, (*key).into())?,
            row => text(self.sink, &row.map_or("", |row| row.1).into())?,
        }
        let simple = match value {
            Value::Number(number) => return self.number(*number),
            Value::Text(content) | Value::ObjectLink(content) => {
                return Ok(text(self.sink, content)?);
            }
            Value::Data(data) => {
                head(self.sink, BYTES, u64::try_from(data.len()).unwrap_or(u64::MAX))?;
                return Ok(data.write(self.sink)?);
            }
            Value::Boolean(value) => 0xf4 | u8::from(*value),
            Value::Null => 0xf6,
        };
        Ok(self.sink.put_u8(simple)?)
    }

    fn number(&mut self, number: Number) -> Result<(), WriteError> {
        let value = match number {
            Number::Integer(value) => return Ok(integer(self.sink, value)?),
            Number::Unsigned(value) => return Ok(head(self.sink, UNSIGNED, value)?),
            Number::Decimal(value) if self.fractions == Fractions::Decimal => {
                self.sink.put(&[TAG | 4, ARRAY | 2])?;
                integer(self.sink, value.exponent().into())?;
                return Ok(integer(self.sink, value.mantissa())?);
            }
            Number::Decimal(value) => value.to_f64(),
            Number::Float(value) => value,
        };
        if !value.is_finite() {
            return Err(WriteError::NotFinite);
        }
        // In the shortest form that loses nothing.
        let (info, bits) = match (HALF.narrow(value), SINGLE.narrow(value)) {
            (Some(half), _) => (25, half.into()),
            (None, Some(single)) => (26, single.into()),
            (None, None) => (27, value.to_bits()),
        };
        Ok(argument(self.sink, SIMPLE, info, bits)?)
    }

    /// Hands everything on to the sink.
    ///
    /// # Errors
    /// None; the faster writer has some.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(())
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Count`] when there were fewer records than announced; [`WriteError::Full`].
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<(), WriteError> {
        match self.left {
            None => Ok(self.sink.put_u8(0xff)?),
            Some(0) => Ok(()),
            Some(_) => Err(WriteError::Count),
        }
    }
}

/// Writes a head with the shortest argument.
#[inline(never)]
fn head(sink: &mut dyn Sink, major: u8, value: u64) -> Result<(), Full> {
    let info = match value {
        0..24 => {
            let [value, ..] = value.to_le_bytes();
            return sink.put_u8(major | value);
        }
        24..=0xff => 24,
        0x100..=0xffff => 25,
        0x1_0000..=0xffff_ffff => 26,
        _ => 27,
    };
    argument(sink, major, info, value)
}

/// Writes a head with an argument of 1, 2, 4 or 8 bytes, for 24 to 27.
#[inline(never)]
fn argument(sink: &mut dyn Sink, major: u8, info: u8, value: u64) -> Result<(), Full> {
    sink.put_u8(major | info)?;
    let bytes = value.to_be_bytes();
    sink.put(bytes.get(8usize.wrapping_sub(1 << (info & 3))..).unwrap_or(&[]))
}

#[inline(never)]
fn integer(sink: &mut dyn Sink, value: i64) -> Result<(), Full> {
    let major = if value < 0 { NEGATIVE } else { UNSIGNED };
    head(sink, major, (value ^ value >> 63).cast_unsigned())
}

#[inline(never)]
fn text(sink: &mut dyn Sink, text: &Text<'_>) -> Result<(), Full> {
    head(sink, TEXT, u64::try_from(text.len()).unwrap_or(u64::MAX))?;
    text.write(sink)
}
