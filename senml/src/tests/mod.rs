//! Tests of the crate as a whole: the standard's examples, strictness, properties.
#![cfg(feature = "alloc")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "test data are taken apart by casts"
)]

mod cbor_strictness;
mod content_format;
mod etch;
mod generate;
mod json_strictness;
mod malformed;
mod numbers;
mod properties;
#[cfg(feature = "serde")]
mod serde;
mod stream;
mod vectors;
#[cfg(feature = "xml")]
mod xml;

use crate::*;
use m2m_base::decimal::Style;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

/// Bytes from hex digits.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn number(number: Number) -> String {
    let mut out = Vec::new();
    number.write(&mut out, Style::Compact).unwrap();
    String::from_utf8(out).unwrap()
}

/// A resolved record as text: name, value, unit in brackets, time, sum, update time, version.
fn show(record: &Resolved<'_>) -> String {
    let mut out = record.name.to_string();
    match record.value {
        None => {}
        Some(Value::Number(value)) => out += &format!(" {}", number(value)),
        Some(other) => out += &format!(" {other:?}"),
    }
    if let Some(unit) = record.unit {
        out += &format!(" [{unit}]");
    }
    match record.time {
        None => {}
        Some(Time::Absolute(time)) => out += &format!(" @{}", number(time)),
        Some(Time::Relative(time)) => out += &format!(" now{}", number(time)),
    }
    if let Some(sum) = record.sum {
        out += &format!(" sum {}", number(sum));
    }
    if let Some(time) = record.update_time {
        out += &format!(" next {}", number(time));
    }
    if record.version != VERSION {
        out += &format!(" bver {}", record.version);
    }
    out
}

fn resolve(format: Format, bytes: &[u8], rules: Rules) -> Result<Vec<String>, DecodeError> {
    Reader::resolved(format, bytes, rules).map(|record| record.map(|r| show(&r))).collect()
}

fn read(format: Format, bytes: &[u8]) -> Result<Vec<Record<'_>>, DecodeError> {
    Reader::new(format, bytes).collect()
}

fn write(format: Format, records: &[Record<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(format, &mut out, Some(records.len() as u64)).unwrap();
    for record in records {
        writer.record(record).unwrap();
    }
    writer.finish().unwrap();
    out
}
