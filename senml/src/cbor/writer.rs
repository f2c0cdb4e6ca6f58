//! The CBOR writer.
//!
//! Heads are made here and not by a library: each then goes to the sink without a call of its own.

use super::Fractions;
use super::major::{ARRAY, BYTES, MAP, NEGATIVE, TAG, TEXT, UNSIGNED};
use crate::error::{Failed, WriteError};
use crate::label::{Fields, LABELS, Label, Seen, Simple};
use crate::record::Record;
use crate::stage::{Stage, copy_short, word};
use crate::{Data, Number, Text};
use m2m_base::decimal::Decimal;
use m2m_base::float::{HALF, SINGLE};
use m2m_base::{Full, Sink};

/// Writes records as a pack in CBOR, the fields always in the same order: `bn bt bu bv bs bver bct n
/// u t ut ct`, the value, `s`.
///
/// Some bytes are kept back until others follow: the pack is whole only after [`Writer::finish`].
#[repr(C)]
pub struct Writer<'a> {
    /// Here first, so that one pointer is enough for both.
    stage: Stage<'a>,
    fractions: Fractions,
    /// Records still to come, if they were announced; else more than there ever will be.
    left: u64,
    announced: bool,
}

impl<'a> Writer<'a> {
    /// Begins a pack of `count` records.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    #[inline]
    pub fn new(sink: &'a mut dyn Sink, count: u64) -> Result<Self, WriteError> {
        let mut writer = Writer::resume(sink);
        let stage = &mut writer.stage;
        let at = match short_head(ARRAY, count) {
            Some((word, len)) => stage.short(0, word, len)?,
            _ => head(stage, 0, ARRAY, count)?,
        };
        stage.end(at);
        (writer.left, writer.announced) = (count, true);
        Ok(writer)
    }

    /// Begins a pack whose length is not known (an array of indefinite length; some receivers
    /// cannot read these).
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn indefinite(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        let mut writer = Writer::resume(sink);
        writer.stage.put_u8(ARRAY | 31)?;
        Ok(writer)
    }

    /// A writer in the middle of an array of indefinite length.
    #[inline]
    pub(crate) fn resume(sink: &'a mut dyn Sink) -> Self {
        Writer {
            stage: Stage::new(sink, true),
            fractions: Fractions::Binary,
            left: u64::MAX,
            announced: false,
        }
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
        let none;
        (self.left, none) = self.left.overflowing_sub(1);
        if none {
            self.left = 0;
            return Err(WriteError::Count);
        }
        let start = self.stage.begin()?;
        // How many fields there are is known behind them. At most twelve: the head is one byte.
        match self.fields(start.wrapping_add(1), record) {
            Ok((at, count)) => {
                self.stage.set(start, MAP | count);
                self.stage.end(at);
                Ok(())
            }
            Err(Failed) => self.long_record(start, record),
        }
    }

    /// A record that does not fit into the stage: its fields are counted first.
    #[cold]
    #[inline(never)]
    fn long_record(&mut self, start: usize, record: &Record<'_>) -> Result<(), WriteError> {
        let fault = self.stage.fault();
        if fault != WriteError::Full {
            return Err(fault);
        }
        let stage = &mut self.stage;
        stage.restart(start)?;
        stage.put_u8(MAP | Seen::of(record).count())?;
        let at = stage.at();
        let written = self.fields(at, record);
        self.stage.hold();
        match written {
            Ok((at, _)) => {
                self.stage.end(at);
                Ok(())
            }
            Err(Failed) => Err(self.stage.fault()),
        }
    }

    /// Hands everything on to the sink.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.stage.flush()?)
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Count`] when there were fewer records than announced; [`WriteError::Full`].
    #[inline]
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<(), WriteError> {
        match (self.announced, self.left) {
            (false, _) => {
                self.stage.begin()?;
                self.stage.put_u8(0xff)?;
            }
            (true, 0) => {}
            (true, _) => return Err(WriteError::Count),
        }
        self.flush()
    }
}

/// A head with the shortest argument, as the lowest bytes of a word, and how many they are; `None`
/// for one of nine bytes.
#[inline]
fn short_head(major: u8, argument: u64) -> Option<(u64, usize)> {
    let argument = u32::try_from(argument).ok()?;
    let (info, len) = match argument {
        0..24 => return Some((u64::from(major) | u64::from(argument), 1)),
        24..=0xff => (24 | argument << 8, 2),
        0x100..=0xffff => (25 | argument.swap_bytes() >> 16 << 8, 3),
        _ => {
            let argument = u64::from(argument.swap_bytes());
            return Some((u64::from(major | 26) | argument << 8, 5));
        }
    };
    Some((u64::from(major) | u64::from(info), len))
}

/// Writes a head.
#[inline(never)]
fn head(stage: &mut Stage<'_>, at: usize, major: u8, argument: u64) -> Result<usize, Full> {
    if let Some((word, len)) = short_head(major, argument) {
        return stage.short(at, word, len);
    }
    let at = stage.short(at, u64::from(major | 27), 1)?;
    stage.short(at, argument.swap_bytes(), 8)
}

/// Major type and argument of an integer.
#[inline]
fn parts(value: i64) -> (u8, u64) {
    let major = if value < 0 { NEGATIVE } else { UNSIGNED };
    (major, (value ^ value >> 63).cast_unsigned())
}

/// The labels, as the lowest bytes of a word, and how many they are: numbers are heads of one byte,
/// texts have at most three letters.
const KEYS: [(u32, u8); LABELS.len()] = {
    let mut keys = [(0, 1); LABELS.len()];
    let mut row = 0;
    while row < keys.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        #[allow(clippy::cast_possible_truncation, reason = "at most three")]
        match LABELS[row] {
            (_, _, Some(key)) => {
                let head =
                    if key < 0 { NEGATIVE | !key.cast_unsigned() } else { key.cast_unsigned() };
                keys[row].0 = head as u32;
            }
            (_, name, None) => {
                let (name, mut key, mut at) = (name.as_bytes(), [0; 4], 0);
                key[0] = TEXT | name.len() as u8;
                while at < name.len() {
                    key[at + 1] = name[at];
                    at += 1;
                }
                keys[row] = (u32::from_le_bytes(key), name.len() as u8 + 1);
            }
        }
        row += 1;
    }
    keys
};

#[inline]
fn key(label: Label) -> (u64, usize) {
    let (key, len) = KEYS.get(usize::from(label as u8)).copied().unwrap_or_default();
    (key.into(), len.into())
}

impl Writer<'_> {
    /// A label and the head of its value.
    fn head(&mut self, at: usize, label: Label, major: u8, argument: u64) -> Result<usize, Full> {
        let at = self.label(at, label)?;
        head(&mut self.stage, at, major, argument)
    }

    #[inline]
    fn label(&mut self, at: usize, label: Label) -> Result<usize, Full> {
        let (key, len) = key(label);
        self.stage.short(at, key, len)
    }

    #[inline(never)]
    fn decimal(&mut self, at: usize, label: Label, value: Decimal) -> Result<usize, Full> {
        let mut at = self.label(at, label)?;
        at = self.stage.short(at, u64::from(TAG | 4) | u64::from(ARRAY | 2) << 8, 2)?;
        for part in [value.exponent().into(), value.mantissa()] {
            let (major, argument) = parts(part);
            at = head(&mut self.stage, at, major, argument)?;
        }
        Ok(at)
    }

    /// In the shortest form that loses nothing.
    #[inline(never)]
    fn float(&mut self, at: usize, label: Label, value: f64) -> Result<usize, Failed> {
        let at = self.label(at, label)?;
        if !value.is_finite() {
            return Err(self.stage.fail(WriteError::NotFinite));
        }
        let (word, len) = if let Some(half) = HALF.narrow(value) {
            (0xf9 | u64::from(half.swap_bytes() >> 16) << 8, 3)
        } else if let Some(single) = SINGLE.narrow(value) {
            (0xfa | u64::from(single.swap_bytes()) << 8, 5)
        } else {
            let at = self.stage.short(at, 0xfb, 1)?;
            return Ok(self.stage.short(at, value.to_bits().swap_bytes(), 8)?);
        };
        Ok(self.stage.short(at, word, len)?)
    }

    #[inline(never)]
    fn other_number(&mut self, at: usize, label: Label, number: Number) -> Result<usize, Failed> {
        let value = match number {
            Number::Integer(value) => {
                let (major, argument) = parts(value);
                return Ok(self.head(at, label, major, argument)?);
            }
            Number::Unsigned(value) => return Ok(self.head(at, label, UNSIGNED, value)?),
            Number::Decimal(value) if self.fractions == Fractions::Decimal => {
                return Ok(self.decimal(at, label, value)?);
            }
            Number::Decimal(value) => value.to_f64(),
            Number::Float(value) => value,
        };
        self.float(at, label, value)
    }

    #[inline(never)]
    fn long_text(&mut self, at: usize, label: Label, bytes: &[u8]) -> Result<usize, Failed> {
        let at = self.label(at, label)?;
        let len = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let at = match short_head(TEXT, len) {
            Some((word, len)) => self.stage.short(at, word, len)?,
            _ => head(&mut self.stage, at, TEXT, len)?,
        };
        Ok(self.stage.long(at, bytes)?)
    }

    #[cold]
    #[inline(never)]
    fn pieces(&mut self, at: usize, label: Label, text: &Text<'_>) -> Result<usize, Failed> {
        let at = self.head(at, label, TEXT, u64::try_from(text.len()).unwrap_or(u64::MAX))?;
        self.stage.sink(at).put_text(text)?;
        Ok(self.stage.at())
    }
}

impl Fields for Writer<'_> {
    type At = usize;

    #[inline(always)]
    fn text(&mut self, at: usize, label: Label, text: &Text<'_>) -> Result<usize, Failed> {
        let Some(bytes) = text.as_bytes() else { return self.pieces(at, label, text) };
        // Label, head and content in one word, or nearly so.
        let (key, key_len) = key(label);
        let (len, heads) = (bytes.len(), key_len.wrapping_add(1));
        let shift = |bytes: usize| u32::try_from(bytes.wrapping_mul(8)).unwrap_or(0);
        let head = u64::from(TEXT) | u64::try_from(len).unwrap_or(0);
        let start = key | head << shift(key_len);
        let end = heads.wrapping_add(len);
        if end <= 8 {
            let word = start | word(bytes).wrapping_shl(shift(heads));
            return Ok(self.stage.short(at, word, end)?);
        }
        if (8..24).contains(&len)
            && let Some(room) = self.stage.room::<32>(at)
        {
            let (first, _) = room.split_at_mut(8);
            first.copy_from_slice(&start.to_le_bytes());
            if copy_short(room, heads, bytes).is_some() {
                return Ok(at.wrapping_add(end));
            }
        }
        self.long_text(at, label, bytes)
    }

    fn data(&mut self, at: usize, data: &Data<'_>) -> Result<usize, Failed> {
        let len = u64::try_from(data.len()).unwrap_or(u64::MAX);
        let at = self.head(at, Label::DataValue, BYTES, len)?;
        data.write(self.stage.sink(at))?;
        Ok(self.stage.at())
    }

    #[inline(always)]
    fn number(&mut self, at: usize, label: Label, number: &Number) -> Result<usize, Failed> {
        if let Number::Integer(value) = *number
            && let Ok(value) = u64::try_from(value)
            && let Some((word, len)) = short_head(UNSIGNED, value)
        {
            // All numbers of RFC 8428 have labels of one byte.
            return Ok(self.stage.short(at, key(label).0 | word << 8, len.wrapping_add(1))?);
        }
        self.other_number(at, label, *number)
    }

    #[inline(always)]
    fn simple(&mut self, at: usize, label: Label, value: Simple) -> Result<usize, Failed> {
        let value = match value {
            Simple::False => 0xf4,
            Simple::True => 0xf5,
            Simple::Null => 0xf6,
        };
        Ok(self.stage.short(at, key(label).0 | value << 8, 2)?)
    }
}
