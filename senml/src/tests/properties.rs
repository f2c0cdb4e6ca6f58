//! What holds for every pack.

use super::generate::*;
use super::*;
use m2m_base::{Counter, Sink, SliceSink};
use proptest::prelude::*;
use std::vec;

const FORMATS: [Format; 2] = [Format::Json, Format::Cbor];

/// The pack with every number changed.
fn map_numbers(pack: &Pack, f: impl Fn(Number) -> Number) -> Pack {
    let mut pack = pack.clone();
    for record in &mut pack.records {
        for field in [
            &mut record.base_time,
            &mut record.base_value,
            &mut record.base_sum,
            &mut record.sum,
            &mut record.time,
            &mut record.update_time,
        ] {
            *field = field.map(&f);
        }
        if let Some(OwnedValue::Number(number)) = &mut record.value {
            *number = f(*number);
        }
    }
    pack
}

fn as_binary(pack: &Pack) -> Pack {
    map_numbers(pack, |number| match number {
        Number::Decimal(decimal) => Number::Float(decimal.to_f64()),
        other => other,
    })
}

proptest! {
    #[test]
    fn json_reads_what_it_wrote(pack in pack(canonical_number)) {
        let bytes = pack.encode(Format::Json).unwrap();
        prop_assert_eq!(Pack::decode(Format::Json, &bytes).unwrap(), pack);
    }

    #[test]
    fn cbor_reads_what_it_wrote(pack in pack(canonical_number)) {
        let bytes = pack.encode(Format::Cbor).unwrap();
        prop_assert_eq!(Pack::decode(Format::Cbor, &bytes).unwrap(), as_binary(&pack));

        let mut streamed = Vec::new();
        let mut writer = cbor::Writer::indefinite(&mut streamed)
            .unwrap()
            .with_fractions(cbor::Fractions::Decimal);
        pack.records.iter().for_each(|record| writer.record(&record.into()).unwrap());
        writer.finish().unwrap();
        prop_assert_eq!(Pack::decode(Format::Cbor, &streamed).unwrap(), pack);
    }

    #[test]
    fn records_in_one_piece_are_those_in_pieces(pack in pack(canonical_number), binary: bool) {
        use crate::cbor::{Fractions, pieces as cbor_pieces};
        use crate::json::pieces as json_pieces;

        let fractions = if binary { Fractions::Binary } else { Fractions::Decimal };
        let (mut in_cbor, mut in_json) = (vec![0x9f], vec![b'[']);
        for (at, record) in pack.records.iter().enumerate() {
            cbor_pieces::record(&mut in_cbor, fractions, &Record::from(record)).unwrap();
            json_pieces::record(&mut in_json, at > 0, &Record::from(record)).unwrap();
        }
        in_cbor.push(0xff);
        in_json.push(b']');
        let cbor = |sink: &mut dyn Sink| {
            let mut writer = cbor::Writer::indefinite(sink)?.with_fractions(fractions);
            pack.records.iter().try_for_each(|record| writer.record(&record.into()))?;
            writer.finish()
        };
        let json = |sink: &mut dyn Sink| {
            let mut writer = json::Writer::new(sink)?;
            pack.records.iter().try_for_each(|record| writer.record(&record.into()))?;
            writer.finish()
        };
        type Write<'a> = &'a dyn Fn(&mut dyn Sink) -> Result<(), WriteError>;
        for (pieces, write) in [(in_cbor, &cbor as Write<'_>), (in_json, &json)] {
            let mut out = Vec::new();
            prop_assert_eq!(write(&mut out), Ok(()));
            prop_assert_eq!(&out, &pieces);
            let mut counter = Counter::new();
            prop_assert_eq!(write(&mut counter), Ok(()));
            prop_assert_eq!(counter.len(), pieces.len());
            // Into room that is just enough, more than enough, and too little.
            for spare in [0, 1, 63, 64, 200] {
                let mut buf = vec![0; pieces.len() + spare];
                let mut sink = SliceSink::new(&mut buf);
                prop_assert_eq!(write(&mut sink), Ok(()));
                prop_assert_eq!(sink.written(), &pieces);
            }
            for len in 0..pieces.len() {
                let mut buf = vec![0; len];
                prop_assert_eq!(write(&mut SliceSink::new(&mut buf)), Err(WriteError::Full));
            }
        }
    }

    #[test]
    fn json_through_cbor_is_the_same_json(pack in pack(exact_number)) {
        let json = pack.encode(Format::Json).unwrap();
        let cbor = Pack::decode(Format::Json, &json).unwrap().encode(Format::Cbor).unwrap();
        let back = Pack::decode(Format::Cbor, &cbor).unwrap().encode(Format::Json).unwrap();
        prop_assert_eq!(String::from_utf8(back), String::from_utf8(json));
    }

    #[test]
    fn every_spelling_reads_alike(pack in pack(canonical_number), spelling in spelling()) {
        for (format, bytes) in [
            (Format::Json, spell_json(&pack, spelling)),
            (Format::Cbor, spell_cbor(&pack, spelling)),
        ] {
            let read: Result<Vec<_>, _> = Reader::new(format, &bytes).collect();
            let read = read.map_err(|e| TestCaseError::fail(format!("{e} {bytes:02x?}")))?;
            let owned: Pack = read.iter().map(OwnedRecord::from).collect();
            prop_assert_eq!(&owned, &pack);
            // Borrowed texts and data, however they lie, act as the owned ones.
            for (read, owned) in read.iter().zip(&pack.records) {
                prop_assert_eq!(*read, Record::from(owned));
                prop_assert_eq!(Record::from(owned), *read);
                for other in FORMATS {
                    prop_assert_eq!(write(other, &[*read]), write(other, &[owned.into()]));
                }
            }
        }
    }

    #[test]
    fn lengths_are_known_beforehand(pack in pack(canonical_number)) {
        for format in FORMATS {
            let mut counter = Counter::new();
            let count = Some(pack.records.len() as u64);
            let mut writer = Writer::new(format, &mut counter, count).unwrap();
            pack.records.iter().for_each(|record| writer.record(&record.into()).unwrap());
            writer.finish().unwrap();
            prop_assert_eq!(counter.len(), pack.encode(format).unwrap().len());
        }
    }

    #[test]
    fn what_is_cut_short_is_an_unexpected_end(pack in pack(exact_number), spelling in spelling()) {
        let json = spell_json(&pack, spelling);
        let json = json.trim_ascii_end();
        let cbor = spell_cbor(&pack, spelling);
        for (format, bytes) in [(Format::Json, json), (Format::Cbor, &cbor[..])] {
            for len in 0..bytes.len() {
                let error = read(format, &bytes[..len]).unwrap_err();
                // In the middle of a character, JSON is no UTF-8 any more.
                let kind = if error.kind == DecodeErrorKind::InvalidUtf8 && format == Format::Json {
                    core::str::from_utf8(&bytes[..len]).unwrap_err();
                    DecodeErrorKind::UnexpectedEnd
                } else {
                    error.kind
                };
                prop_assert_eq!(kind, DecodeErrorKind::UnexpectedEnd, "{} {:02x?}", len, bytes);
            }
        }
    }

    #[test]
    fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in FORMATS {
            let mut reader = Reader::new(format, &bytes);
            prop_assert!(reader.by_ref().count() <= bytes.len() + 1);
            prop_assert!(reader.next().is_none());
        }
    }

    #[test]
    fn changed_packs_are_refused_or_mean_something(
        pack in pack(exact_number),
        spelling in spelling(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for (format, mut bytes) in [
            (Format::Json, spell_json(&pack, spelling)),
            (Format::Cbor, spell_cbor(&pack, spelling)),
        ] {
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            for rules in [Rules::RFC8428, Rules::LWM2M.with_content(Content::Patch)] {
                let _ = Reader::resolved(format, &bytes, rules).count();
            }
            let Ok(read) = Pack::decode(format, &bytes) else { continue };
            // What was accepted can be written and then reads as the same.
            let again = read.encode(Format::Json).unwrap();
            let canonical = Pack::decode(Format::Json, &again).unwrap();
            prop_assert_eq!(canonical.encode(Format::Json).unwrap(), again);
            let cbor = read.encode(Format::Cbor).unwrap();
            prop_assert_eq!(Pack::decode(Format::Cbor, &cbor).unwrap(), as_binary(&read));
        }
    }

    #[test]
    fn texts_act_as_strings(text in any::<String>(), split in 1usize..4) {
        let pack = Pack {
            records: Vec::from([OwnedRecord { name: Some(text.clone()), ..OwnedRecord::default() }]),
        };
        for (order, split) in [(0, None), (0, Some(split))] {
            let spelling = Spelling { order, split, loose: false };
            for (format, bytes) in [
                (Format::Json, spell_json(&pack, spelling)),
                (Format::Cbor, spell_cbor(&pack, spelling)),
            ] {
                let name = read(format, &bytes).unwrap()[0].name.unwrap();
                prop_assert_eq!(name, text.as_str());
                prop_assert_eq!(name.len(), text.len());
                prop_assert_eq!(name.is_empty(), text.is_empty());
                prop_assert!(name.chars().eq(text.chars()));
                prop_assert!(name.bytes().eq(text.bytes()));
                prop_assert_eq!(name.to_string(), text.clone());
                let mut buf = std::vec![0; text.len()];
                prop_assert_eq!(name.copy_to(&mut buf), Ok(text.as_str()));
                if let Some(short) = buf.len().checked_sub(1) {
                    prop_assert!(name.copy_to(&mut buf[..short]).is_err());
                }
                let longer = text.clone() + "x";
                prop_assert_ne!(name, longer.as_str());
            }
        }
    }

    #[test]
    fn data_act_as_bytes(data in proptest::collection::vec(any::<u8>(), 0..150), split in 1usize..60) {
        let value = Some(OwnedValue::Data(data.clone()));
        let pack = Pack { records: Vec::from([OwnedRecord { value, ..OwnedRecord::default() }]) };
        for split in [None, Some(split)] {
            let spelling = Spelling { order: 0, split, loose: false };
            for (format, bytes) in [
                (Format::Json, spell_json(&pack, spelling)),
                (Format::Json, pack.encode(Format::Json).unwrap()),
                (Format::Cbor, spell_cbor(&pack, spelling)),
            ] {
                let Some(Value::Data(read)) = read(format, &bytes).unwrap()[0].value else {
                    panic!();
                };
                prop_assert_eq!(read.len(), data.len());
                prop_assert_eq!(read.is_empty(), data.is_empty());
                prop_assert!(read == data[..]);
                prop_assert!(read.bytes().eq(data.iter().copied()));
                let mut buf = std::vec![0; data.len()];
                prop_assert_eq!(read.copy_to(&mut buf), Ok(&data[..]));
                if let Some(short) = buf.len().checked_sub(1) {
                    prop_assert!(read.copy_to(&mut buf[..short]).is_err());
                }
            }
        }
    }

    #[test]
    fn names_act_as_their_parts_together(a in "[a-z/]{0,5}", b in "[a-z/]{0,5}", c in "[a-z/]{0,5}") {
        let name = Name::new(a.as_str().into(), b.as_str().into());
        let whole = format!("{a}{b}");
        prop_assert_eq!(name, whole.as_str());
        prop_assert_eq!(name.len(), whole.len());
        prop_assert_eq!(name.is_empty(), whole.is_empty());
        prop_assert_eq!(name.to_string(), whole.clone());
        prop_assert!(name.bytes().eq(whole.bytes()));
        prop_assert!(name.chars().eq(whole.chars()));
        prop_assert_eq!(name.as_str().is_some(), a.is_empty() || b.is_empty());
        let mut buf = [0; 10];
        prop_assert_eq!(name.copy_to(&mut buf), Ok(whole.as_str()));
        let other = Name::new(c.as_str().into(), a.as_str().into());
        prop_assert_eq!(name.cmp(&other), whole.cmp(&format!("{c}{a}")));
        prop_assert_eq!(name == other, whole == format!("{c}{a}"));
    }
}

/// Records end at every place of the room for one piece, and behind it.
#[test]
fn records_of_every_length_are_read_as_written() {
    let texts = "x".repeat(600);
    for len in 0..texts.len() {
        let record = Record::named("n").with_value(&texts[..len]);
        for format in [Format::Json, Format::Cbor] {
            let mut bytes = Vec::new();
            let mut writer = crate::Writer::new(format, &mut bytes, None).unwrap();
            for record in [record, Record::named("m"), record] {
                writer.record(&record).unwrap();
            }
            writer.finish().unwrap();
            let read = Pack::decode(format, &bytes).unwrap();
            assert_eq!(read.records[2], OwnedRecord::from(&record), "{format:?} {len}");
            assert_eq!(read.records.len(), 3);
        }
    }
}
