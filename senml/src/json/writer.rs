//! The JSON writer.

use crate::base64;
use crate::error::WriteError;
use crate::label::{Fields, LABELS, Label, Simple};
use crate::plain::{first_special, special_in_word};
use crate::record::Record;
use crate::stage::{Stage, word};
use crate::{Data, Number, Text};
use m2m_base::decimal::{Style, short_digits};
use m2m_base::{Full, Sink};

/// Writes records as a pack in JSON, without white space, the fields always in the same order:
/// `bn bt bu bv bs bver n u t ut`, the value, `s`.
///
/// Some bytes are kept back until others follow: the pack is whole only after [`Writer::finish`].
pub struct Writer<'a> {
    object: Object<'a>,
    first: bool,
}

impl<'a> Writer<'a> {
    /// Begins a pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn new(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        let mut writer = Writer::resume(sink, true);
        writer.object.stage.put_u8(b'[')?;
        Ok(writer)
    }

    /// A writer in the middle of a pack.
    #[inline]
    pub(crate) fn resume(sink: &'a mut dyn Sink, first: bool) -> Self {
        Writer { object: Object { stage: Stage::new(sink), lead: b'{' }, first }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`WriteError::Full`], [`WriteError::NotFinite`]; the pack is then cut short.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        let object = &mut self.object;
        if !core::mem::take(&mut self.first) {
            object.stage.put_u8(b',')?;
        }
        object.lead = b'{';
        if object.fields(record)? == 0 {
            object.stage.put_u8(b'{')?;
        }
        Ok(object.stage.put_u8(b'}')?)
    }

    /// Hands everything on to the sink.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn flush(&mut self) -> Result<(), WriteError> {
        Ok(self.object.stage.flush()?)
    }

    /// Ends the pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.object.stage.put_u8(b']')?;
        self.flush()
    }
}

/// The fields of a record.
struct Object<'s> {
    stage: Stage<'s>,
    /// What comes before the next label: a brace, and a comma from then on.
    lead: u8,
}

/// Room for what leads a label, the label of one to four letters in quotes, its colon, for texts
/// their opening quote; and the length of all that.
const KEYS: [(u64, u8); LABELS.len()] = {
    let mut keys = [(0, 0); LABELS.len()];
    let mut row = 0;
    while row < LABELS.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            let name = LABELS[row].1.as_bytes();
            let mut key = [0; 8];
            key[1] = b'"';
            let mut at = 2;
            while at - 2 < name.len() {
                key[at] = name[at - 2];
                at += 1;
            }
            key[at] = b'"';
            key[at + 1] = b':';
            at += 2;
            if LABELS[row].0.is_text() {
                key[at] = b'"';
                at += 1;
            }
            #[allow(clippy::cast_possible_truncation, reason = "at most eight")]
            {
                keys[row] = (u64::from_le_bytes(key), at as u8);
            }
        }
        row += 1;
    }
    keys
};

impl Object<'_> {
    #[inline]
    fn label(&mut self, label: Label) -> Result<(), Full> {
        let (key, len) = KEYS.get(usize::from(label as u8)).copied().unwrap_or_default();
        let lead = core::mem::replace(&mut self.lead, b',');
        self.stage.short((key | u64::from(lead)).to_le_bytes(), usize::from(len))
    }

    #[cold]
    fn pieces(&mut self, text: &Text<'_>) -> Result<(), Full> {
        for piece in text.pieces() {
            piece.with_str(|text| write_special(&mut self.stage, text.as_bytes()))?;
        }
        self.stage.put_u8(b'"')
    }

    #[inline(never)]
    fn long_text(&mut self, text: &[u8]) -> Result<(), Full> {
        write_special(&mut self.stage, text)?;
        self.stage.put_u8(b'"')
    }
}

impl Fields for Object<'_> {
    #[inline(never)]
    fn text(&mut self, label: Label, text: &Text<'_>) -> Result<(), WriteError> {
        self.label(label)?;
        match text.as_bytes() {
            Some(text) => {
                if text.len() < 8 {
                    // In one word, with the quote behind it; spaces above are nothing special.
                    let bits = u32::try_from(text.len().wrapping_mul(8)).unwrap_or(0);
                    let spaces = u64::from_le_bytes([b' '; 8]).wrapping_shl(bits);
                    let word = word(text);
                    if special_in_word((word | spaces).to_le_bytes()).is_none() {
                        let quoted = word | u64::from(b'"').wrapping_shl(bits);
                        let len = text.len().wrapping_add(1);
                        return Ok(self.stage.short(quoted.to_le_bytes(), len)?);
                    }
                }
                Ok(self.long_text(text)?)
            }
            None => Ok(self.pieces(text)?),
        }
    }

    fn data(&mut self, data: &Data<'_>) -> Result<(), WriteError> {
        self.label(Label::DataValue)?;
        self.stage.put_u8(b'"')?;
        base64::write(&mut self.stage, data.bytes(), base64::Variant::Url)?;
        Ok(self.stage.put_u8(b'"')?)
    }

    fn number(&mut self, label: Label, number: &Number) -> Result<(), WriteError> {
        self.label(label)?;
        if let Number::Integer(value @ 0..10) = *number {
            let [digit, ..] = value.to_le_bytes();
            return Ok(self.stage.put_u8(b'0' + digit)?);
        }
        if let Number::Integer(value) = *number
            && let Some((digits, len)) = short_digits(value.unsigned_abs())
        {
            if value < 0 {
                self.stage.put_u8(b'-')?;
            }
            return Ok(self.stage.short(digits, len)?);
        }
        Ok(number.write(&mut self.stage, Style::Compact)?)
    }

    fn simple(&mut self, label: Label, value: Simple) -> Result<(), WriteError> {
        self.label(label)?;
        let (word, len) = match value {
            Simple::False => (*b"false\0\0\0", 5),
            Simple::True => (*b"true\0\0\0\0", 4),
            Simple::Null => (*b"null\0\0\0\0", 4),
        };
        Ok(self.stage.short(word, len)?)
    }
}

/// Writes a text that may need escapes.
#[inline(never)]
fn write_special(sink: &mut Stage<'_>, mut text: &[u8]) -> Result<(), Full> {
    loop {
        let plain = first_special(text).unwrap_or(text.len());
        let (run, rest) = text.split_at_checked(plain).unwrap_or_default();
        sink.put(run)?;
        let Some((special, rest)) = rest.split_first() else { return Ok(()) };
        text = rest;
        let short = match special {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            other => *other,
        };
        if short >= 0x20 {
            sink.short([b'\\', short, 0, 0, 0, 0, 0, 0], 2)?;
        } else {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            let (high, low) = (digit(short >> 4), digit(short & 15));
            sink.short([b'\\', b'u', b'0', b'0', high, low, 0, 0], 6)?;
        }
    }
}
