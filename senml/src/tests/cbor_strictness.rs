//! The CBOR reader takes nothing that another library does not take for CBOR, and reads the same.

use super::generate::*;
use super::*;
use ciborium::Value as Cbor;
use m2m_base::decimal::Grammar;
use proptest::prelude::*;

/// What a value is to both.
fn same(ours: &Value<'_>, theirs: &Cbor) {
    match (ours, theirs) {
        (Value::Text(ours) | Value::ObjectLink(ours), Cbor::Text(theirs)) => {
            assert_eq!(ours, &theirs.as_str());
        }
        (Value::Data(ours), Cbor::Bytes(theirs)) => assert_eq!(*ours, **theirs),
        (Value::Boolean(ours), Cbor::Bool(theirs)) => assert_eq!(ours, theirs),
        (Value::Null, Cbor::Null) => {}
        (Value::Number(ours), theirs) => same_number(*ours, theirs),
        other => panic!("{other:?}"),
    }
}

fn same_number(ours: Number, theirs: &Cbor) {
    match theirs {
        Cbor::Integer(theirs) => {
            let theirs = i128::from(*theirs);
            match ours {
                Number::Integer(ours) => assert_eq!(i128::from(ours), theirs),
                Number::Unsigned(ours) => assert_eq!(i128::from(ours), theirs),
                other => assert_eq!(other.to_f64(), theirs as f64),
            }
        }
        Cbor::Float(theirs) => assert_eq!(ours.to_f64().to_bits(), theirs.to_bits()),
        Cbor::Tag(4, parts) => {
            let parts = parts.as_array().unwrap();
            let part = |at: usize| i128::from(parts[at].as_integer().unwrap());
            let text = format!("{}e{}", part(1), part(0));
            assert_eq!(ours.to_f64(), text.parse::<f64>().unwrap(), "{text}");
        }
        other => panic!("{ours:?} {other:?}"),
    }
}

fn agrees(bytes: &[u8]) {
    let mut reader = cbor::Reader::new(bytes);
    let mut records = Vec::new();
    for record in reader.by_ref() {
        let Ok(record) = record else { return };
        records.push(record);
    }
    // ciborium keeps only the simple values that it knows.
    if reader.has_unknown_field() {
        return;
    }
    let theirs: Cbor = ciborium::from_reader(bytes).unwrap();
    let theirs = theirs.as_array().unwrap();
    assert_eq!(records.len(), theirs.len());
    for (ours, theirs) in records.iter().zip(theirs) {
        let mut fields = 0;
        for (key, value) in theirs.as_map().unwrap() {
            fields += 1;
            let Some(key) = key.as_integer().map(i128::from) else {
                match key.as_text().unwrap() {
                    "vlo" => same(&ours.value.unwrap(), value),
                    "ct" => same(&Value::Text(ours.content_format.unwrap()), value),
                    "bct" => {
                        same(&Value::Text(ours.base.unwrap().content_format.unwrap()), value);
                    }
                    other => panic!("{other}"),
                }
                continue;
            };
            let text = |ours: Option<Text<'_>>| same(&Value::Text(ours.unwrap()), value);
            let number = |ours: Option<Number>| same_number(ours.unwrap(), value);
            let base = ours.base.unwrap_or_default();
            match key {
                -6 => number(base.sum),
                -5 => number(base.value),
                -4 => text(base.unit),
                -3 => number(base.time),
                -2 => text(base.name),
                -1 => number(base.version.map(Number::from)),
                0 => text(ours.name),
                1 => text(ours.unit),
                2 | 3 | 4 | 8 => same(&ours.value.unwrap(), value),
                5 => number(ours.sum),
                6 => number(ours.time),
                7 => number(ours.update_time),
                other => panic!("{other}"),
            }
        }
        let mut count = 0;
        let counted = crate::walk::fields(ours, &mut |_, _| {
            count += 1;
            Ok(())
        });
        assert_eq!((counted, count), (Ok(()), fields));
    }
}

/// A zero byte before the name of a label is part of another name.
#[test]
fn zeros_before_a_label_make_it_another() {
    for name in [&b"\0ct"[..], b"\0\0ct", b"\x01ct", b"\0bct", b"\x01bct", b"\x01vlo", b"t", b""] {
        let mut bytes = std::vec![0x81, 0xa2, 0x02, 0x05, 0x60 | u8::try_from(name.len()).unwrap()];
        bytes.extend(name);
        bytes.extend(b"\x6260");
        let mut reader = cbor::Reader::new(&bytes);
        let record = reader.next().unwrap().unwrap();
        assert_eq!((record.content_format, record.base), (None, None), "{name:x?}");
        assert!(reader.has_unknown_field(), "{name:x?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn packs_are_read_as_ciborium_reads_them(
        pack in pack(canonical_number),
        spelling in spelling(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..3),
    ) {
        for mut bytes in [
            spell_cbor(&pack, Spelling { loose: false, ..spelling }),
            pack.encode(Format::Cbor).unwrap(),
        ] {
            agrees(&bytes);
            for (at, byte) in &changes {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            agrees(&bytes);
        }
    }

    /// Read and written by bits and not by arithmetic.
    #[test]
    fn integers_below_those_of_i64_are_those_of_the_same_text(value in any::<u64>()) {
        let value = value | 1 << 63;
        let mut bytes = Vec::from([0x81, 0xa1, 0x02, 0x3b]);
        bytes.extend_from_slice(&value.to_be_bytes());
        let records = read(Format::Cbor, &bytes).unwrap();
        let expected = -1 - i128::from(value);
        let Some(Value::Number(number)) = records[0].value else { panic!("no number") };
        prop_assert_eq!(number.to_f64(), expected as f64);
        let text = format!("{expected}");
        prop_assert_eq!(Ok(number), Number::parse(text.as_bytes(), Grammar::Json));
    }
}
