//! Writes a compact pack as a device does: no heap, a small buffer, the length known beforehand.
//!
//! `cargo run -p senml --example device_pack`

#![allow(clippy::panic, reason = "an example")]

use m2m_base::{Counter, Sink, SliceSink};
use senml::{Number, Record, WriteError, cbor, compact};

/// What the device measured: seconds since 1970, tenths of a degree, percent.
const MEASURED: [(u32, i16, u8); 3] =
    [(1_700_000_000, 213, 41), (1_700_000_060, 214, 41), (1_700_000_120, 209, 43)];

/// Every record says everything itself; an iterator makes them when they are asked for.
fn records() -> impl Iterator<Item = Record<'static>> + Clone {
    MEASURED.into_iter().flat_map(|(time, tenths, percent)| {
        let temperature = Number::from_decimal(tenths.into(), -1).unwrap_or(Number::ZERO);
        [
            Record {
                unit: Some("Cel".into()),
                ..Record::named("urn:dev:mac:0024befffe804ff1:temp")
                    .with_value(temperature)
                    .with_time(time)
            },
            Record {
                unit: Some("%RH".into()),
                ..Record::named("urn:dev:mac:0024befffe804ff1:humid")
                    .with_value(percent)
                    .with_time(time)
            },
        ]
    })
}

/// Writes the pack to any sink.
fn write(sink: &mut dyn Sink) -> Result<(), WriteError> {
    let count = u64::try_from(records().count()).unwrap_or(0);
    let mut writer = cbor::Writer::new(sink, count)?.with_fractions(cbor::Fractions::Decimal);
    for record in compact(records()) {
        writer.record(&record)?;
    }
    writer.finish()
}

fn main() {
    let mut length = Counter::new();
    let mut buffer = [0; 160];
    let mut sink = SliceSink::new(&mut buffer);
    if let Err(error) = write(&mut length).and_then(|()| write(&mut sink)) {
        panic!("{error}");
    }
    assert_eq!(sink.len(), length.len());
    println!("{} records in {} bytes:", records().count(), sink.len());
    for byte in sink.written() {
        print!("{byte:02x}");
    }
    println!();
}
