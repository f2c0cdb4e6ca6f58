//! Targets of `senml`.

use senml::{Format, Reader, Rules, Writer};

/// What is read can be written, is then read as the same values, and written the same again. (A
/// number with more digits than can be kept is the nearest `f64`; written shortest it has fewer,
/// and is kept as a decimal from then on. So bytes are compared, not representations.)
fn format(format: Format, data: &[u8]) {
    let Some(first) = rewrite(format, data) else { return };
    let second = rewrite(format, &first).expect("what was written can be read and written");
    assert_eq!(first, second);
}

fn rewrite(format: Format, data: &[u8]) -> Option<Vec<u8>> {
    let records = Reader::new(format, data).collect::<Result<Vec<_>, _>>().ok()?;
    let mut out = Vec::new();
    let mut writer = Writer::new(format, &mut out, Some(records.len() as u64)).unwrap();
    for record in &records {
        // A CBOR float may be no number: that is read, but not written.
        writer.record(record).ok()?;
    }
    writer.finish().unwrap();
    Some(out)
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
