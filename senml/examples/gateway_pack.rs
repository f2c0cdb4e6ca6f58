//! Reads the pack of a gateway in JSON, prints each record resolved, and writes the pack in CBOR.
//!
//! `cargo run -p senml --example gateway_pack`

#![allow(clippy::panic, reason = "an example")]

use senml::{Format, Reader, Record, Rules, Value, WriteError, Writer};

const PACK: &[u8] = br#"[
  {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A",
   "n":"voltage","u":"V","v":120.10},
  {"n":"current","t":-5,"v":1.2},
  {"n":"current","v":1.3},
  {"n":"label","vs":"Machine \u2116 7"},
  {"n":"key","vd":"aGkgCg"}
]"#;

fn main() {
    let mut records = Reader::resolved(Format::Json, PACK, Rules::RFC8428);
    loop {
        // Each record is lent until the next one is read.
        let record = match records.read() {
            Ok(Some(record)) => record,
            Ok(None) => break,
            Err(error) => panic!("{error}"),
        };
        print!("{}", record.name);
        match record.value {
            Some(Value::Number(number)) => print!(" = {}", number.to_f64()),
            Some(Value::Text(text)) => print!(" = {text}"),
            Some(Value::Data(data)) => print!(" = {} bytes", data.len()),
            other => print!(" = {other:?}"),
        }
        match record.unit {
            Some(unit) => println!(" {unit}"),
            None => println!(),
        }
    }

    match to_cbor() {
        Ok(bytes) => println!("{} bytes of JSON are {} of CBOR", PACK.len(), bytes.len()),
        Err(error) => panic!("{error}"),
    }
}

/// The records as they are, base fields and all, in the other format.
fn to_cbor() -> Result<Vec<u8>, WriteError> {
    let records: Vec<Record<'_>> = Reader::new(Format::Json, PACK).flatten().collect();
    let mut bytes = Vec::new();
    let mut writer = Writer::new(Format::Cbor, &mut bytes, u64::try_from(records.len()).ok())?;
    for record in &records {
        writer.record(record)?;
    }
    writer.finish()?;
    Ok(bytes)
}
