//! The JSON writer.

use crate::base64;
use crate::error::{Failed, WriteError};
use crate::label::{Fields, LABELS, Label, Simple};
use crate::plain::{first_special, is_plain, special_in_word};
use crate::record::Record;
use crate::stage::{Stage, copy_short, word};
use crate::{Data, Number, Text};
use m2m_base::decimal::{Style, few_digits, last_digits, short_digits, short_fraction};
use m2m_base::{Full, Sink};

/// Writes records as a pack in JSON, without white space, the fields always in the same order:
/// `bn bt bu bv bs bver bct n u t ut ct`, the value, `s`.
///
/// Some bytes are kept back until others follow: the pack is whole only after [`Writer::finish`].
#[repr(C)]
pub struct Writer<'a> {
    /// Here first, so that one pointer is enough for both.
    stage: Stage<'a>,
    /// One, if a comma must part the next record from others.
    comma: usize,
}

impl<'a> Writer<'a> {
    /// Begins a pack.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    #[inline]
    pub fn new(sink: &'a mut dyn Sink) -> Result<Self, WriteError> {
        let mut writer = Writer::resume(sink, true);
        writer.stage.put_u8(b'[')?;
        Ok(writer)
    }

    /// A writer in the middle of a pack.
    #[inline]
    pub(crate) fn resume(sink: &'a mut dyn Sink, first: bool) -> Self {
        Writer { stage: Stage::new(sink, false), comma: usize::from(!first) }
    }

    /// Writes one record.
    ///
    /// # Errors
    /// [`WriteError::Full`], [`WriteError::NotFinite`]; the pack is then cut short.
    pub fn record(&mut self, record: &Record<'_>) -> Result<(), WriteError> {
        let mut at = self.stage.begin()?;
        self.stage.set(at, b',');
        at = at.wrapping_add(core::mem::replace(&mut self.comma, 1));
        let Ok((Place { mut at, lead }, _)) = self.fields(Place { at, lead: b'{'.into() }, record)
        else {
            return Err(self.stage.fault());
        };
        if lead == u64::from(b'{') {
            at = self.stage.short(at, lead, 1)?;
        }
        at = self.stage.short(at, b'}'.into(), 1)?;
        self.stage.end(at);
        Ok(())
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
    /// [`WriteError::Full`].
    #[inline]
    pub fn finish(mut self) -> Result<(), WriteError> {
        self.end()
    }

    pub(crate) fn end(&mut self) -> Result<(), WriteError> {
        self.stage.put_u8(b']')?;
        self.flush()
    }
}

/// Where the next field goes.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    at: usize,
    /// What comes before its label: a brace, and a comma from then on.
    lead: u64,
}

impl Place {
    #[inline]
    fn after(at: usize) -> Place {
        Place { at, lead: b','.into() }
    }
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

/// What leads a label, and the label.
#[inline]
fn key(place: Place, label: Label) -> (u64, usize) {
    let (key, len) = KEYS.get(usize::from(label as u8)).copied().unwrap_or_default();
    (key | place.lead, len.into())
}

impl Writer<'_> {
    #[inline]
    fn label(&mut self, place: Place, label: Label) -> Result<usize, Full> {
        let (key, len) = key(place, label);
        self.stage.short(place.at, key, len)
    }

    /// A label and at most eight more bytes, if there is room for sixteen.
    #[inline(always)]
    fn both(&mut self, place: Place, label: Label, word: u64, len: usize) -> Option<usize> {
        let room = self.stage.room::<16>(place.at)?;
        let (key, key_len) = key(place, label);
        let (first, _) = room.split_first_chunk_mut()?;
        *first = key.to_le_bytes();
        *room.get_mut(key_len..)?.first_chunk_mut()? = word.to_le_bytes();
        Some(place.at.wrapping_add(key_len).wrapping_add(len))
    }

    #[inline(never)]
    fn long_text(&mut self, place: Place, label: Label, text: &Text<'_>) -> Result<usize, Failed> {
        let at = self.label(place, label)?;
        let at = match text.as_bytes() {
            Some(text) => write_special(&mut self.stage, at, text)?,
            None => self.pieces(at, text)?,
        };
        Ok(self.stage.short(at, b'"'.into(), 1)?)
    }

    #[cold]
    fn pieces(&mut self, mut at: usize, text: &Text<'_>) -> Result<usize, Full> {
        for piece in text.pieces() {
            at = piece.with_bytes(|text| write_special(&mut self.stage, at, text))?;
        }
        Ok(at)
    }

    /// An integer of at most sixteen digits, in one or two words.
    #[inline(never)]
    fn integer(&mut self, place: Place, label: Label, value: u64) -> Result<usize, Failed> {
        let at = self.label(place, label)?;
        let (high, low) = (value / 100_000_000, value % 100_000_000);
        let (digits, len) = short_digits(if high == 0 { low } else { high }).unwrap_or_default();
        let at = self.stage.short(at, u64::from_le_bytes(digits), len)?;
        if high == 0 {
            return Ok(at);
        }
        Ok(self.stage.short(at, u64::from_le_bytes(last_digits(low)), 8)?)
    }

    #[inline(never)]
    fn other_number(
        &mut self,
        place: Place,
        label: Label,
        number: &Number,
    ) -> Result<usize, Failed> {
        let short = match *number {
            Number::Integer(value @ 0..10_000) => Some(few_digits(value.cast_unsigned())),
            Number::Integer(value @ 10_000..10_000_000_000_000_000) => {
                return self.integer(place, label, value.cast_unsigned());
            }
            Number::Decimal(value) => short_fraction(value),
            _ => None,
        };
        if let Some((text, len)) = short
            && let Some(at) = self.both(place, label, u64::from_le_bytes(text), len)
        {
            return Ok(at);
        }
        let at = self.label(place, label)?;
        match number.write(self.stage.sink(at), Style::Compact) {
            Ok(()) => Ok(self.stage.at()),
            Err(error) => Err(self.stage.fail(error.into())),
        }
    }
}

impl Fields for Writer<'_> {
    type At = Place;

    #[inline(always)]
    fn text(&mut self, place: Place, label: Label, text: &Text<'_>) -> Result<Place, Failed> {
        if let Some(bytes) = text.as_bytes()
            && bytes.len() < 8
        {
            // In one word, with the quote behind it; spaces above are nothing special.
            let bits = u32::try_from(bytes.len().wrapping_mul(8)).unwrap_or(0);
            let behind = u64::from_le_bytes(*b"\"       ").wrapping_shl(bits);
            let quoted = word(bytes) | behind;
            if special_in_word(quoted.to_le_bytes()) == Some(bytes.len())
                && let Some(at) = self.both(place, label, quoted, bytes.len().wrapping_add(1))
            {
                return Ok(Place::after(at));
            }
        }
        if let Some(bytes) = text.as_bytes()
            && (8..24).contains(&bytes.len())
            && is_plain(bytes)
            && let Some(room) = self.stage.room::<32>(place.at)
        {
            let (key, key_len) = key(place, label);
            let (first, _) = room.split_at_mut(8);
            first.copy_from_slice(&key.to_le_bytes());
            let end = key_len.wrapping_add(bytes.len());
            if copy_short(room, key_len, bytes).is_some()
                && let Some(slot) = room.get_mut(end)
            {
                *slot = b'"';
                return Ok(Place::after(place.at.wrapping_add(end).wrapping_add(1)));
            }
        }
        Ok(Place::after(self.long_text(place, label, text)?))
    }

    fn data(&mut self, place: Place, data: &Data<'_>) -> Result<Place, Failed> {
        let at = self.label(place, Label::DataValue)?;
        let sink = self.stage.sink(at);
        sink.put_u8(b'"')?;
        base64::write(sink, data.bytes(), base64::Variant::Url)?;
        sink.put_u8(b'"')?;
        Ok(Place::after(self.stage.at()))
    }

    #[inline(always)]
    fn number(&mut self, place: Place, label: Label, number: &Number) -> Result<Place, Failed> {
        if let Number::Integer(value @ 0..10) = *number
            && let Some(at) = self.both(place, label, value.cast_unsigned() | 0x30, 1)
        {
            return Ok(Place::after(at));
        }
        Ok(Place::after(self.other_number(place, label, number)?))
    }

    fn simple(&mut self, place: Place, label: Label, value: Simple) -> Result<Place, Failed> {
        let at = self.label(place, label)?;
        let (word, len) = match value {
            Simple::False => (*b"false\0\0\0", 5),
            Simple::True => (*b"true\0\0\0\0", 4),
            Simple::Null => (*b"null\0\0\0\0", 4),
        };
        Ok(Place::after(self.stage.short(at, u64::from_le_bytes(word), len)?))
    }
}

/// Writes a text that may need escapes.
#[inline(never)]
fn write_special(stage: &mut Stage<'_>, mut at: usize, mut text: &[u8]) -> Result<usize, Full> {
    loop {
        let plain = first_special(text).unwrap_or(text.len());
        let (run, rest) = text.split_at_checked(plain).unwrap_or_default();
        at = stage.long(at, run)?;
        let Some((special, rest)) = rest.split_first() else { return Ok(at) };
        text = rest;
        let short = match special {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            other => *other,
        };
        at = if short >= 0x20 {
            stage.short(at, u64::from(b'\\') | u64::from(short) << 8, 2)?
        } else {
            let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            let text = [b'\\', b'u', b'0', b'0', digit(short >> 4), digit(short & 15), 0, 0];
            stage.short(at, u64::from_le_bytes(text), 6)?
        };
    }
}
