//! Values in CBOR (RFC 8949; Core 7.5.3 and appendix C): the format 60 is one of them.

use m2m_base::decimal::Number;
use m2m_base::{Counter, Full, Sink};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use super::senml::object_link;
use super::tlv::lossless_f32;
use super::{number, rfc3339};
use crate::error::{DecodeError, DecodeErrorKind, WriteError};
use crate::value::{Data, DataType, Text, Value};

/// A decoded item.
#[derive(Clone, Copy)]
enum Item<'a> {
    Null,
    Boolean(bool),
    Number(Number),
    Text(Text<'a>),
    Data(Data<'a>),
    /// Under tag 0 or 1.
    Time(i64),
}

fn kind(error: &minicbor::decode::Error) -> DecodeErrorKind {
    if error.is_end_of_input() { DecodeErrorKind::Truncated } else { DecodeErrorKind::Syntax }
}

/// A decoder of the items that values are. Everything else (arrays, maps, other tags) is of the
/// wrong type.
struct Cursor<'a> {
    decoder: Decoder<'a>,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a [u8] {
        self.decoder.input().get(self.decoder.position()..).unwrap_or(&[])
    }

    fn integer(&mut self) -> Result<Number, DecodeErrorKind> {
        let n = i128::from(self.decoder.int().map_err(|e| kind(&e))?);
        if let Ok(n) = i64::try_from(n) {
            return Ok(Number::Integer(n));
        }
        u64::try_from(n).map(Number::Unsigned).map_err(|_| DecodeErrorKind::OutOfRange)
    }

    fn i64(&mut self) -> Result<i64, DecodeErrorKind> {
        self.integer()?.to_i64().ok_or(DecodeErrorKind::OutOfRange)
    }

    fn half(&mut self) -> Result<Item<'a>, DecodeErrorKind> {
        match self.rest() {
            [_, a, b, ..] => {
                let number = half(u16::from_be_bytes([*a, *b]));
                self.decoder.set_position(self.decoder.position().saturating_add(3));
                Ok(Item::Number(Number::Float(number)))
            }
            _ => Err(DecodeErrorKind::Truncated),
        }
    }

    fn text(&mut self) -> Result<Item<'a>, DecodeErrorKind> {
        let item = self.rest();
        let start = self.decoder.position();
        for chunk in self.decoder.str_iter().map_err(|e| kind(&e))? {
            chunk.map_err(|e| kind(&e))?;
        }
        let len = self.decoder.position().saturating_sub(start);
        let text = item.get(..len).and_then(Text::from_cbor);
        text.map(Item::Text).ok_or(DecodeErrorKind::Syntax)
    }

    fn data(&mut self) -> Result<Item<'a>, DecodeErrorKind> {
        let item = self.rest();
        let start = self.decoder.position();
        for chunk in self.decoder.bytes_iter().map_err(|e| kind(&e))? {
            chunk.map_err(|e| kind(&e))?;
        }
        let len = self.decoder.position().saturating_sub(start);
        let data = item.get(..len).and_then(Data::from_cbor);
        data.map(Item::Data).ok_or(DecodeErrorKind::Syntax)
    }

    fn tagged(&mut self) -> Result<Item<'a>, DecodeErrorKind> {
        let tag = self.decoder.tag().map_err(|e| kind(&e))?;
        match tag.as_u64() {
            0 => match self.untagged()? {
                Item::Text(text) => {
                    rfc3339::seconds(text.chars()).map(Item::Time).ok_or(DecodeErrorKind::Syntax)
                }
                _ => Err(DecodeErrorKind::Syntax),
            },
            1 => match self.untagged()? {
                Item::Number(n) => seconds(n).map(Item::Time),
                _ => Err(DecodeErrorKind::Syntax),
            },
            4 => match self.decoder.array().map_err(|e| kind(&e))? {
                Some(2) => {
                    let exponent = self.i64()?;
                    let number = Number::from_decimal(self.i64()?, exponent);
                    number.map(Item::Number).ok_or(DecodeErrorKind::OutOfRange)
                }
                _ => Err(DecodeErrorKind::Syntax),
            },
            _ => Err(DecodeErrorKind::WrongType),
        }
    }

    fn untagged(&mut self) -> Result<Item<'a>, DecodeErrorKind> {
        match self.decoder.datatype().map_err(|e| kind(&e))? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => self.integer().map(Item::Number),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
                self.integer().map(Item::Number)
            }
            Type::F16 => self.half(),
            Type::F32 => {
                self.decoder.f32().map(|n| Item::Number(Number::from(n))).map_err(|e| kind(&e))
            }
            Type::F64 => {
                self.decoder.f64().map(|n| Item::Number(Number::Float(n))).map_err(|e| kind(&e))
            }
            Type::Bool => self.decoder.bool().map(Item::Boolean).map_err(|e| kind(&e)),
            Type::Null => self.decoder.null().map(|()| Item::Null).map_err(|e| kind(&e)),
            Type::String | Type::StringIndef => self.text(),
            Type::Bytes | Type::BytesIndef => self.data(),
            _ => Err(DecodeErrorKind::WrongType),
        }
    }

    fn item(&mut self) -> Result<Item<'a>, DecodeErrorKind> {
        match self.decoder.datatype().map_err(|e| kind(&e))? {
            Type::Tag => self.tagged(),
            _ => self.untagged(),
        }
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let magnitude = f64::from(bits & 0x3ff);
    let number = match bits >> 10 & 0x1f {
        0 => magnitude / 16_777_216.0,
        0x1f if bits & 0x3ff == 0 => f64::INFINITY,
        0x1f => f64::NAN,
        // 2^(e-15) from its exponent bits.
        e => (1.0 + magnitude / 1024.0) * f64::from_bits((u64::from(e) + 1008) << 52),
    };
    if bits & 0x8000 == 0 { number } else { -number }
}

/// The whole seconds of a time that may have been sent with a fraction, which is cut off.
#[allow(clippy::cast_possible_truncation, reason = "cut on purpose, and in range")]
fn seconds(n: Number) -> Result<i64, DecodeErrorKind> {
    let cut = || Some(n.to_f64()).filter(|n| n.abs() < 9.0e18).map(|n| n as i64);
    n.to_i64().or_else(cut).ok_or(DecodeErrorKind::OutOfRange)
}

fn parse(bytes: &[u8]) -> Result<(Item<'_>, usize), DecodeErrorKind> {
    let mut cursor = Cursor { decoder: Decoder::new(bytes) };
    let item = cursor.item()?;
    Ok((item, cursor.decoder.position()))
}

/// The bytes of the one item that `bytes` are.
pub(super) fn item(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    let (_, len) = parse(bytes).map_err(|kind| DecodeError::new(kind, 0))?;
    if len == bytes.len() {
        Ok(bytes)
    } else {
        Err(DecodeError::new(DecodeErrorKind::TrailingBytes, len))
    }
}

pub(super) fn decode(bytes: &[u8], data_type: DataType) -> Result<Value<'_>, DecodeErrorKind> {
    let (item, _) = parse(bytes)?;
    Ok(match (data_type, item) {
        (DataType::String, Item::Text(text)) => Value::String(text),
        (DataType::CoreLink, Item::Text(text)) => Value::CoreLink(text),
        (DataType::ObjectLink, Item::Text(text)) => {
            Value::ObjectLink(object_link(&text).ok_or(DecodeErrorKind::WrongType)?)
        }
        (DataType::Opaque, Item::Data(data)) => Value::Opaque(data),
        (DataType::Boolean, Item::Boolean(b)) => Value::Boolean(b),
        (DataType::Time, Item::Time(n)) => Value::Time(n),
        (_, Item::Number(n)) => number::decode(n, data_type)?,
        (DataType::None, Item::Null) => Value::None,
        _ => return Err(DecodeErrorKind::WrongType),
    })
}

pub(super) fn infer(bytes: &[u8]) -> Value<'_> {
    let Ok((item, _)) = parse(bytes) else { return Value::opaque(bytes) };
    match item {
        Item::Null => Value::None,
        Item::Boolean(b) => Value::Boolean(b),
        Item::Number(n) => number::infer(n),
        Item::Text(text) => object_link(&text).map_or(Value::String(text), Value::ObjectLink),
        Item::Data(data) => Value::Opaque(data),
        Item::Time(n) => Value::Time(n),
    }
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

fn len(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

pub(super) fn write(value: &Value<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
    let mut encoder = Encoder::new(Output(sink));
    match value {
        Value::String(text) | Value::CoreLink(text) => {
            encoder.str_len(len(text.len()))?;
            text.write(encoder.writer_mut().0)?;
        }
        Value::Opaque(data) => {
            encoder.bytes_len(len(data.len()))?;
            data.write(encoder.writer_mut().0)?;
        }
        Value::Integer(n) => encoder.i64(*n).map(drop)?,
        // Core 1.1 knows only the forms of RFC 8949 section 3.4, and there are servers that insist
        // on the tag; 1.2 allows a bare integer too.
        Value::Time(n) => encoder.tag(minicbor::data::Tag::new(1))?.i64(*n).map(drop)?,
        Value::Unsigned(n) => encoder.u64(*n).map(drop)?,
        Value::Float(n) => match lossless_f32(*n) {
            Some(n) => encoder.f32(n).map(drop)?,
            None => encoder.f64(*n).map(drop)?,
        },
        Value::Boolean(b) => encoder.bool(*b).map(drop)?,
        Value::ObjectLink(link) => {
            let mut counter = Counter::new();
            link.write(&mut counter)?;
            encoder.str_len(len(counter.len()))?;
            link.write(encoder.writer_mut().0)?;
        }
        Value::None => encoder.null().map(drop)?,
    }
    Ok(())
}
