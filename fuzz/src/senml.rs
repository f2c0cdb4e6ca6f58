//! Targets of `senml`.

use m2m_base::{Sink, SliceSink};
use senml::etch::PatchPack;
use senml::stream::{End, StreamReader};
use senml::{
    DecodeError, DecodeErrorKind as Kind, Format, OwnedRecord, Pack, Reader, Rules, WriteError,
    Writer,
};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt::Formatter;

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
    let write = |sink: &mut dyn Sink| -> Result<(), WriteError> {
        let mut writer = Writer::new(format, sink, Some(records.len() as u64))?;
        records.iter().try_for_each(|record| writer.record(record))?;
        writer.finish()
    };
    let mut out = Vec::new();
    // A CBOR float may be no number: that is read, but not written.
    write(&mut out).ok()?;
    let mut buf = vec![0; out.len()];
    let mut sink = SliceSink::new(&mut buf);
    assert_eq!(write(&mut sink), Ok(()));
    assert_eq!(sink.written(), out);
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

/// Any JSON, as serde_json reads it, without the name that its own `Value` takes for a raw value.
struct Any {
    elements: Option<usize>,
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Any, D::Error> {
        from.deserialize_any(Any { elements: None })
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = Any;

    fn expecting(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Any, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Any, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Any, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Any, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Any, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Any, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Any, A::Error> {
        let mut count = 0;
        while list.next_element::<Any>()?.is_some() {
            count += 1;
        }
        Ok(Any { elements: Some(count) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Any, A::Error> {
        while map.next_key::<String>()?.is_some() {
            map.next_value::<Any>()?;
        }
        Ok(self)
    }
}

/// And serde_json agrees about what is JSON.
pub(crate) fn json(data: &[u8]) {
    format(Format::Json, data);
    let theirs = serde_json::from_slice::<Any>(data);
    match count(Format::Json, data) {
        Ok(count) => {
            let theirs = theirs.expect("what is SenML is JSON");
            assert_eq!(theirs.elements, Some(count));
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
    for record in reader.by_ref() {
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

pub(crate) fn xml(data: &[u8]) {
    format(Format::Xml, data);
}

/// Chunks of any size are read as the whole: the same records, the same error at the same place.
/// The first byte tells the format, the second the size of the chunks.
pub(crate) fn stream(data: &[u8]) {
    let [format, size, bytes @ ..] = data else { return };
    let format = match format % 3 {
        0 => Format::Json,
        1 => Format::Cbor,
        _ => Format::Xml,
    };
    let mut whole = Vec::new();
    let mut wrong = None;
    for record in Reader::new(format, bytes) {
        match record {
            Ok(record) => whole.push(OwnedRecord::from(&record)),
            Err(error) => wrong = Some(error),
        }
    }
    let mut buffer = vec![0; bytes.len()];
    let mut reader = StreamReader::new(format, &mut buffer);
    let mut pieces = Vec::new();
    let mut found = None;
    'all: for mut chunk in bytes.chunks(usize::from(*size).max(1)) {
        while !chunk.is_empty() {
            match reader.read(&mut chunk) {
                Ok(record) => pieces.extend(record.map(|record| OwnedRecord::from(&record))),
                Err(error) => {
                    found = Some(error);
                    break 'all;
                }
            }
        }
    }
    // A number may be no number: then it is not the same as itself.
    assert_eq!(format!("{pieces:?}"), format!("{whole:?}"));
    match (reader.finish(), wrong) {
        (Ok(End::Closed), None) => {}
        (Ok(End::Open), Some(error)) => assert_eq!(error.kind, Kind::UnexpectedEnd),
        (Err(error), Some(wrong)) => {
            assert_eq!(error.offset, wrong.offset as u64);
            assert!(error.kind == wrong.kind || wrong.kind == Kind::InvalidUtf8);
        }
        other => panic!("{other:?} {found:?}"),
    }
}

/// A patch that a pack takes makes a pack that can be read, in which a second time finds every
/// record that it names, and changes nothing but the order. The two are in one input, parted by a
/// line.
pub(crate) fn patch(data: &[u8]) {
    let Some(middle) = data.iter().position(|byte| *byte == b'\n') else { return };
    let (target, patch) = data.split_at(middle);
    let rules = Rules::RFC8428;
    let Ok(changes) = PatchPack::new(Format::Json, &patch[1..], rules) else { return };
    let Ok(records) = changes.apply(Reader::resolved(Format::Json, target, rules)) else { return };
    let mut owned = Pack::decode(Format::Json, target).unwrap();
    let owned_changes = Pack::decode(Format::Json, &patch[1..]).unwrap();
    owned.patch(&owned_changes, rules).expect("both ways take it");
    let patched: Pack = records.map(|record| OwnedRecord::from(&record)).collect();
    assert_eq!(patched, owned);
    let mut again = owned.clone();
    again.patch(&owned_changes, rules).expect("it can be done again");
    assert_eq!(again.records.len(), owned.records.len());
}
