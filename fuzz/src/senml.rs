//! Targets of `senml`.

use senml::{Format, Reader, Rules, Writer};

/// What is read can be written, and is then read the same.
fn format(format: Format, data: &[u8]) {
    let mut records = Vec::new();
    for record in Reader::new(format, data) {
        let Ok(record) = record else { return };
        records.push(record);
    }
    let mut out = Vec::new();
    let mut writer = Writer::new(format, &mut out, Some(records.len() as u64)).unwrap();
    for record in &records {
        // A CBOR float may be no number, which JSON cannot say; then there is nothing to compare.
        if writer.record(record).is_err() {
            return;
        }
    }
    writer.finish().unwrap();
    let again: Vec<_> = Reader::new(format, &out).map(Result::unwrap).collect();
    assert_eq!(format!("{records:?}"), format!("{again:?}"));
}

pub(crate) fn json(data: &[u8]) {
    format(Format::Json, data);
}

pub(crate) fn cbor(data: &[u8]) {
    format(Format::Cbor, data);
}

/// Resolving never fails in another way than by an error.
pub(crate) fn resolved(data: &[u8]) {
    for format in [Format::Json, Format::Cbor] {
        for rules in [Rules::LWM2M, Rules::RFC8428] {
            for record in Reader::resolved(format, data, rules) {
                let Ok(record) = record else { break };
                assert!(record.name.bytes().count() == record.name.len());
            }
        }
    }
}
