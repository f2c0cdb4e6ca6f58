//! Targets of `senml`.

use senml::{DecodeError, DecodeErrorKind as Kind, Format, Reader, Rules, Writer};

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

/// The whole pack: how many records, or the error.
fn count(format: Format, data: &[u8]) -> Result<usize, DecodeError> {
    let mut reader = Reader::new(format, data);
    let mut record = senml::Record::default();
    let mut count = 0;
    while reader.read(&mut record)? {
        count += 1;
    }
    Ok(count)
}

/// And serde_json agrees about what is JSON.
pub(crate) fn json(data: &[u8]) {
    format(Format::Json, data);
    let theirs = serde_json::from_slice::<serde_json::Value>(data);
    match count(Format::Json, data) {
        Ok(count) => {
            let theirs = theirs.expect("what is SenML is JSON");
            assert_eq!(theirs.as_array().map(Vec::len), Some(count));
        }
        // Not JSON, or an error of SenML before the place where it is none.
        Err(DecodeError { kind, .. }) => match kind {
            Kind::Malformed | Kind::UnexpectedEnd | Kind::TrailingBytes => {
                assert!(theirs.is_err(), "{kind}");
            }
            Kind::InvalidUtf8 | Kind::InvalidString | Kind::NumberRange => {
                assert!(theirs.is_err(), "{kind}");
            }
            _ => {}
        },
    }
}

/// And ciborium reads what is read here, unless it is in fields that are passed over.
pub(crate) fn cbor(data: &[u8]) {
    format(Format::Cbor, data);
    let mut reader = Reader::new(Format::Cbor, data);
    let mut count = 0;
    while let Some(record) = reader.next() {
        if record.is_err() {
            return;
        }
        count += 1;
    }
    if reader.has_unknown_field() {
        return;
    }
    let theirs: ciborium::Value = ciborium::from_reader(data).expect("what is SenML is CBOR");
    assert_eq!(theirs.as_array().map(Vec::len), Some(count));
}

/// Resolving never fails in another way than by an error.
pub(crate) fn resolved(data: &[u8]) {
    for format in [Format::Json, Format::Cbor] {
        for rules in [Rules::LWM2M, Rules::RFC8428] {
            let mut reader = Reader::resolved(format, data, rules);
            while let Ok(Some(record)) = reader.read() {
                assert_eq!(record.name.bytes().count(), record.name.len());
                assert!(record.value.is_some() || record.sum.is_some());
            }
            assert!(matches!(reader.read(), Ok(None)), "it ends once");
        }
    }
}
