//! The CBOR writer.

use crate::error::WriteError;
use crate::label::Label;
use crate::record::{Record, Value};
use crate::{Data, Number, Text};
use m2m_base::decimal::Decimal;
use m2m_base::{Full, Sink};
use minicbor::Encoder;

/// How decimal fractions are written that are no floating-point numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Fractions {
    /// As the nearest binary64, or shorter where that is the same (RFC 8428 section 6). Every
    /// receiver reads these.
    #[default]
    Binary,
    /// As decimal fractions (tag 4): exact, and mostly shorter, but some receivers cannot read
    /// them.
    Decimal,
}

/// Writes records as a pack in CBOR, the fields always in the same order: `bn bt bu bv bs bver n u
/// t ut`, the value, `s`.
pub struct Writer<'a> {
    encoder: Encoder<Output<'a>>,
    /// Records still to come, if they were announced.
    left: Option<u64>,
    fractions: Fractions,
}

/// A sink for the encoder.
struct Output<'a>(&'a mut dyn Sink);

impl minicbor::encode::Write for Output<'_> {
    type Error = Full;

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.0.put(bytes)
    }
}

impl From<minicbor::encode::Error<Full>> for WriteError {
    fn from(_: minicbor::encode::Error<Full>) -> Self {
        WriteError::Full
    }
}

impl<'a> Writer<'a> {
    /// Begins a pack of `count` records.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn new(sink: &'a mut dyn Sink, count: u64) -> Result<Self, WriteError> {
        let mut encoder = Encoder::new(Output(sink));
        encoder.array(count)?;
        Ok(Writer { encoder, left: Some(count), fractions: Fractions::Binary })
    }

    /// Begins a pack whose length is not known (an array of indefinite length; some receivers
    /// cannot read these).
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn indefinite(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        let mut encoder = Encoder::new(Output(sink));
        encoder.begin_array()?;
        Ok(Writer { encoder, left: None, fractions: Fractions::Binary })
    }

    /// The writer, with another form of decimal fractions.
    #[must_use]
    pub fn with_fractions(self, fractions: Fractions) -> Self {
        Writer { fractions, ..self }
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
        let Record {
            base_name,
            base_time,
            base_unit,
            base_value,
            base_sum,
            base_version,
            name,
            unit,
            value,
            sum,
            time,
            update_time,
        } = record;
        let count = [base_name, base_unit, name, unit].iter().filter(|f| f.is_some()).count()
            + [base_time, base_value, base_sum, sum, time, update_time]
                .iter()
                .filter(|f| f.is_some())
                .count()
            + usize::from(base_version.is_some())
            + usize::from(value.is_some());
        self.encoder.map(u64::try_from(count).unwrap_or(0))?;
        self.text(Label::BaseName, *base_name)?;
        self.number(Label::BaseTime, *base_time)?;
        self.text(Label::BaseUnit, *base_unit)?;
        self.number(Label::BaseValue, *base_value)?;
        self.number(Label::BaseSum, *base_sum)?;
        self.number(Label::BaseVersion, base_version.map(Number::from))?;
        self.text(Label::Name, *name)?;
        self.text(Label::Unit, *unit)?;
        self.number(Label::Time, *time)?;
        self.number(Label::UpdateTime, *update_time)?;
        self.value(*value)?;
        self.number(Label::Sum, *sum)
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Count`] when there were fewer records than announced; [`WriteError::Full`].
    pub fn finish(mut self) -> Result<(), WriteError> {
        match self.left {
            None => self.encoder.end().map(drop)?,
            Some(0) => {}
            Some(_) => return Err(WriteError::Count),
        }
        Ok(())
    }

    fn label(&mut self, label: Label) -> Result<(), WriteError> {
        match label.cbor() {
            Some(key) => self.encoder.i8(key)?,
            None => self.encoder.str(label.json())?,
        };
        Ok(())
    }

    fn text(&mut self, label: Label, text: Option<Text<'_>>) -> Result<(), WriteError> {
        let Some(text) = text else { return Ok(()) };
        self.label(label)?;
        self.encoder.str_len(u64::try_from(text.len()).unwrap_or(u64::MAX))?;
        Ok(text.write(self.encoder.writer_mut().0)?)
    }

    fn number(&mut self, label: Label, number: Option<Number>) -> Result<(), WriteError> {
        let Some(number) = number else { return Ok(()) };
        self.label(label)?;
        match number {
            Number::Integer(value) => self.encoder.i64(value).map(drop)?,
            Number::Unsigned(value) => self.encoder.u64(value).map(drop)?,
            Number::Decimal(value) if self.fractions == Fractions::Decimal => {
                self.decimal(value)?;
            }
            Number::Decimal(value) => self.float(value.to_f64())?,
            Number::Float(value) => self.float(value)?,
        }
        Ok(())
    }

    fn decimal(&mut self, value: Decimal) -> Result<(), WriteError> {
        let tag = minicbor::data::IanaTag::Decimal;
        self.encoder.tag(tag)?.array(2)?.i16(value.exponent())?.i64(value.mantissa())?;
        Ok(())
    }

    /// In the shortest form that loses nothing.
    fn float(&mut self, value: f64) -> Result<(), WriteError> {
        if !value.is_finite() {
            return Err(WriteError::NotFinite);
        }
        #[allow(clippy::cast_possible_truncation, reason = "undone and compared")]
        let single = value as f32;
        if f64::from(single).to_bits() != value.to_bits() {
            self.encoder.f64(value)?;
        } else if let Some(half) = to_half(single) {
            let [high, low] = half.to_be_bytes();
            self.encoder.writer_mut().0.put(&[0xf9, high, low])?;
        } else {
            self.encoder.f32(single)?;
        }
        Ok(())
    }

    fn value(&mut self, value: Option<Value<'_>>) -> Result<(), WriteError> {
        match value {
            None => {}
            Some(Value::Number(number)) => self.number(Label::Value, Some(number))?,
            Some(Value::Text(text)) => self.text(Label::TextValue, Some(text))?,
            Some(Value::ObjectLink(link)) => self.text(Label::ObjectLink, Some(link))?,
            Some(Value::Boolean(value)) => {
                self.label(Label::BooleanValue)?;
                self.encoder.bool(value)?;
            }
            Some(Value::Data(data)) => self.data(data)?,
            Some(Value::Null) => {
                self.label(Label::Value)?;
                self.encoder.null()?;
            }
        }
        Ok(())
    }

    fn data(&mut self, data: Data<'_>) -> Result<(), WriteError> {
        self.label(Label::DataValue)?;
        self.encoder.bytes_len(u64::try_from(data.len()).unwrap_or(u64::MAX))?;
        Ok(data.write(self.encoder.writer_mut().0)?)
    }
}

/// The binary16 of the same value, if there is one.
fn to_half(value: f32) -> Option<u16> {
    let bits = value.to_bits();
    let fraction = bits & 0x7f_ffff;
    let exponent = bits >> 23 & 0xff;
    let magnitude = match exponent {
        0 if fraction == 0 => 0,
        113..=142 if fraction.trailing_zeros() >= 13 => (exponent - 112) << 10 | fraction >> 13,
        // Subnormal in binary16: the leading one becomes a digit.
        103..=112 => {
            let shift = 126 - exponent;
            let whole = fraction | 1 << 23;
            if whole.trailing_zeros() < shift {
                return None;
            }
            whole >> shift
        }
        _ => return None,
    };
    u16::try_from(bits >> 31 << 15 | magnitude).ok()
}
