//! The CBOR writer.
//!
//! Heads are made here and not by a library: each then goes to the sink without a call of its own.

use crate::error::WriteError;
use crate::label::{Fields, LABELS, Label, Seen, Simple};
use crate::record::Record;
use crate::stage::{Stage, word};
use crate::{Data, Number, Text};
use m2m_base::decimal::Decimal;
use m2m_base::float::{HALF, SINGLE};
use m2m_base::{Full, Sink};

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
///
/// Some bytes are kept back until others follow: the pack is whole only after [`Writer::finish`].
pub struct Writer<'a> {
    map: Map<'a>,
    /// Records still to come, if they were announced.
    left: Option<u64>,
}

impl<'a> Writer<'a> {
    /// Begins a pack of `count` records.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn new(sink: &'a mut dyn Sink, count: u64) -> Result<Self, WriteError> {
        let mut writer = Writer::resume(sink);
        head(&mut writer.map.stage, None, ARRAY, count)?;
        writer.left = Some(count);
        Ok(writer)
    }

    /// Begins a pack whose length is not known (an array of indefinite length; some receivers
    /// cannot read these).
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn indefinite(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        let mut writer = Writer::resume(sink);
        writer.map.stage.put_u8(ARRAY | 31)?;
        Ok(writer)
    }

    /// A writer in the middle of an array of indefinite length.
    #[inline]
    pub(crate) fn resume(sink: &'a mut dyn Sink) -> Self {
        Writer {
            map: Map { stage: Stage::new(sink), fractions: Fractions::Binary, counted: 0 },
            left: None,
        }
    }

    /// The writer, with another form of decimal fractions.
    #[must_use]
    pub fn with_fractions(mut self, fractions: Fractions) -> Self {
        self.map.fractions = fractions;
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
        match self.map.record(record) {
            Err(WriteError::Full) if self.map.stage.is_held() => self.long_record(record),
            result => result,
        }
    }

    /// A record that does not fit into the stage: its fields are counted first.
    #[cold]
    #[inline(never)]
    fn long_record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        self.map.stage.restart()?;
        self.map.counted = Seen::of(record).count();
        let written = self.map.record(record);
        self.map.counted = 0;
        written
    }

    /// Hands everything on to the sink.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.map.stage.flush()?)
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Count`] when there were fewer records than announced; [`WriteError::Full`].
    pub fn finish(mut self) -> Result<(), WriteError> {
        match self.left {
            None => self.map.stage.put_u8(0xff)?,
            Some(0) => {}
            Some(_) => return Err(WriteError::Count),
        }
        self.flush()
    }
}

// The major types (RFC 8949 section 3.1).
const UNSIGNED: u8 = 0 << 5;
const NEGATIVE: u8 = 1 << 5;
const BYTES: u8 = 2 << 5;
const TEXT: u8 = 3 << 5;
const ARRAY: u8 = 4 << 5;
const MAP: u8 = 5 << 5;
const TAG: u8 = 6 << 5;

/// Writes a head with the shortest argument, behind another byte if there is one.
#[inline(never)]
fn head(stage: &mut Stage<'_>, before: Option<u8>, major: u8, argument: u64) -> Result<(), Full> {
    let skip = usize::from(before.is_none());
    let (info, bytes) = match u32::try_from(argument) {
        Ok(argument @ 0..24) => {
            let [argument, ..] = argument.to_le_bytes();
            (argument, 0)
        }
        Ok(24..=0xff) => (24, 1),
        Ok(0x100..=0xffff) => (25, 2),
        Ok(_) => (26, 4),
        Err(_) => {
            let heads = [before.unwrap_or(0), major | 27].map(u64::from);
            let [before, head] = heads;
            stage.short(((before | head << 8) >> (skip * 8)).to_le_bytes(), 2 - skip)?;
            return stage.short(argument.to_be_bytes(), 8);
        }
    };
    let argument = argument.swap_bytes().checked_shr(64 - bytes * 8).unwrap_or(0);
    let head = u64::from(before.unwrap_or(0)) | u64::from(major | info) << 8 | argument << 16;
    let len = usize::try_from(bytes).unwrap_or(0).wrapping_add(2 - skip);
    stage.short((head >> (skip * 8)).to_le_bytes(), len)
}

/// Major type and argument of an integer.
#[inline]
fn parts(value: i64) -> (u8, u64) {
    let major = if value < 0 { NEGATIVE } else { UNSIGNED };
    (major, (value ^ value >> 63).cast_unsigned())
}

/// The heads that are labels: these are all small.
const KEYS: [u8; LABELS.len()] = {
    let mut keys = [0; LABELS.len()];
    let mut row = 0;
    while row < keys.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        if let Some(key) = LABELS[row].2 {
            keys[row] = if key < 0 { NEGATIVE | !key.cast_unsigned() } else { key.cast_unsigned() };
        }
        row += 1;
    }
    keys
};

#[inline]
fn key(label: Label) -> u8 {
    KEYS.get(usize::from(label as u8)).copied().unwrap_or(0)
}

/// The fields of a record.
struct Map<'s> {
    stage: Stage<'s>,
    fractions: Fractions,
    /// The number of fields, if it must be known before they are written.
    counted: u8,
}

impl Map<'_> {
    /// How many fields there are is known behind them: the head waits in the stage, or where it
    /// cannot the fields were counted.
    #[inline(never)]
    fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        // At most twelve fields: the head is one byte.
        let counted = self.counted;
        if counted == 0 {
            self.stage.hold()?;
        } else {
            self.stage.put_u8(MAP | counted)?;
        }
        let count = self.fields(record)?;
        if counted == 0 {
            self.stage.release(MAP | count);
        }
        Ok(())
    }

    /// A label and the head of its value.
    fn head(&mut self, label: Label, major: u8, argument: u64) -> Result<(), Full> {
        let mut before = Some(key(label));
        if label == Label::ObjectLink {
            self.label(label)?;
            before = None;
        }
        head(&mut self.stage, before, major, argument)
    }

    fn label(&mut self, label: Label) -> Result<(), Full> {
        if label == Label::ObjectLink {
            return self.stage.short([TEXT | 3, b'v', b'l', b'o', 0, 0, 0, 0], 4);
        }
        self.stage.put_u8(key(label))
    }

    #[inline]
    fn integer(&mut self, label: Label, value: i64) -> Result<(), Full> {
        let (major, argument) = parts(value);
        self.head(label, major, argument)
    }

    #[inline(never)]
    fn decimal(&mut self, label: Label, value: Decimal) -> Result<(), Full> {
        self.label(label)?;
        self.stage.short([TAG | 4, ARRAY | 2, 0, 0, 0, 0, 0, 0], 2)?;
        for part in [value.exponent().into(), value.mantissa()] {
            let (major, argument) = parts(part);
            head(&mut self.stage, None, major, argument)?;
        }
        Ok(())
    }

    /// In the shortest form that loses nothing.
    #[inline(never)]
    fn float(&mut self, label: Label, value: f64) -> Result<(), WriteError> {
        self.label(label)?;
        if !value.is_finite() {
            return Err(WriteError::NotFinite);
        }
        if let Some(half) = HALF.narrow(value) {
            let [.., high, low] = half.to_be_bytes();
            self.stage.short([0xf9, high, low, 0, 0, 0, 0, 0], 3)?;
        } else if let Some(single) = SINGLE.narrow(value) {
            let [a, b, c, d] = single.to_be_bytes();
            self.stage.short([0xfa, a, b, c, d, 0, 0, 0], 5)?;
        } else {
            self.stage.put_u8(0xfb)?;
            self.stage.short(value.to_be_bytes(), 8)?;
        }
        Ok(())
    }
}

impl Fields for Map<'_> {
    #[inline(never)]
    fn text(&mut self, label: Label, text: &Text<'_>) -> Result<(), WriteError> {
        let Some(bytes) = text.as_bytes() else { return self.pieces(label, text) };
        let len = bytes.len();
        if len > 6 || label == Label::ObjectLink {
            return self.long_text(label, bytes);
        }
        // Label, head and content in one word.
        let heads = [key(label), TEXT, 0, 0, 0, 0, 0, 0];
        let heads = u64::from_le_bytes(heads) | u64::try_from(len).unwrap_or(0) << 8;
        let word = heads | word(bytes) << 16;
        Ok(self.stage.short(word.to_le_bytes(), len.wrapping_add(2))?)
    }

    fn data(&mut self, data: &Data<'_>) -> Result<(), WriteError> {
        self.head(Label::DataValue, BYTES, u64::try_from(data.len()).unwrap_or(u64::MAX))?;
        Ok(data.write(&mut self.stage)?)
    }

    #[inline(never)]
    fn number(&mut self, label: Label, number: &Number) -> Result<(), WriteError> {
        if let Number::Integer(value @ 0..24) = *number {
            let [value, ..] = value.to_le_bytes();
            return Ok(self.stage.short([key(label), value, 0, 0, 0, 0, 0, 0], 2)?);
        }
        self.other_number(label, *number)
    }

    fn simple(&mut self, label: Label, value: Simple) -> Result<(), WriteError> {
        let value = match value {
            Simple::False => 0xf4,
            Simple::True => 0xf5,
            Simple::Null => 0xf6,
        };
        Ok(self.stage.short([key(label), value, 0, 0, 0, 0, 0, 0], 2)?)
    }
}

impl Map<'_> {
    #[inline(never)]
    fn other_number(&mut self, label: Label, number: Number) -> Result<(), WriteError> {
        let value = match number {
            Number::Integer(value) => return Ok(self.integer(label, value)?),
            Number::Unsigned(value) => return Ok(self.head(label, UNSIGNED, value)?),
            Number::Decimal(value) if self.fractions == Fractions::Decimal => {
                return Ok(self.decimal(label, value)?);
            }
            Number::Decimal(value) => value.to_f64(),
            Number::Float(value) => value,
        };
        self.float(label, value)
    }

    #[inline(never)]
    fn long_text(&mut self, label: Label, bytes: &[u8]) -> Result<(), WriteError> {
        self.head(label, TEXT, u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
        Ok(self.stage.put(bytes)?)
    }

    #[cold]
    #[inline(never)]
    fn pieces(&mut self, label: Label, text: &Text<'_>) -> Result<(), WriteError> {
        self.head(label, TEXT, u64::try_from(text.len()).unwrap_or(u64::MAX))?;
        Ok(self.stage.put_text(text)?)
    }
}
