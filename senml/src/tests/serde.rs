//! What serde reads and writes is what the crate's own reader and writer do.

use super::generate::*;
use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn through_serde_json_and_back(pack in pack(exact_number)) {
        let text = serde_json::to_string(&pack).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Pack>(&text).unwrap(), &pack);
        // The crate's own reader and writer understand the same.
        prop_assert_eq!(&Pack::decode(Format::Json, text.as_bytes()).unwrap(), &pack);
        let own = pack.encode(Format::Json).unwrap();
        prop_assert_eq!(&serde_json::from_slice::<Pack>(&own).unwrap(), &pack);
        for record in &pack.records {
            let value = serde_json::to_value(record).unwrap();
            prop_assert_eq!(&serde_json::from_value::<OwnedRecord>(value).unwrap(), record);
        }
    }

    #[test]
    fn through_a_format_that_is_not_for_people(pack in pack(exact_number)) {
        let mut bytes = Vec::new();
        ciborium::into_writer(&pack, &mut bytes).unwrap();
        prop_assert_eq!(&ciborium::from_reader::<Pack, _>(&bytes[..]).unwrap(), &pack);
    }

    #[test]
    fn integers_are_exact(a in any::<i64>(), b in any::<u64>()) {
        let text = format!(r#"{{"v":{a},"s":{b}}}"#);
        let record: OwnedRecord = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(record.value, Some(OwnedValue::Number(a.into())));
        prop_assert_eq!(record.sum, Some(b.into()));
    }
}

#[test]
fn rfc8428_section_5_labels_and_order() {
    let text = r#"[{"bn":"a","bt":1.5,"bu":"V","bv":2,"bs":3,"bver":10,"n":"b","u":"A","t":-1,"ut":4,"v":20.1,"s":5},{"vs":"x"},{"vb":false},{"vd":"aGkgCg"},{"vlo":"66:0"},{"v":null}]"#;
    let pack: Pack = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&pack).unwrap(), text);
    assert_eq!(
        pack.records[0].value,
        Some(OwnedValue::Number(Number::from_decimal(201, -1).unwrap()))
    );
    assert_eq!(pack.records[3].value, Some(OwnedValue::Data(b"hi \n".to_vec())));
    assert_eq!(
        serde_json::from_str::<Pack>(r#"[{"v":20.10}]"#).unwrap().records[0].value,
        pack.records[0].value
    );
}

#[test]
fn what_the_reader_refuses_serde_refuses() {
    for (text, words) in [
        (r#"{"v":1,"v":2}"#, "several values"),
        (r#"{"v":1,"vs":"a"}"#, "several values"),
        (r#"{"n":"a","n":"b"}"#, "duplicate field"),
        (r#"{"n":"a","must_":1}"#, "mandatory"),
        (r#"{"vd":"a"}"#, "base64"),
        (r#"{"bver":1.5}"#, "invalid type"),
        (r#"{"n":1}"#, "invalid type"),
        (r#"{"v":"1"}"#, "invalid type"),
    ] {
        let error = serde_json::from_str::<OwnedRecord>(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
        assert!(Pack::decode(Format::Json, format!("[{text}]").as_bytes()).is_err());
    }
    let unknown: OwnedRecord = serde_json::from_str(r#"{"n":"a","x":[{}]}"#).unwrap();
    assert_eq!(unknown, OwnedRecord { name: Some("a".into()), ..OwnedRecord::default() });
    let nan = OwnedRecord { sum: Some(Number::Float(f64::NAN)), ..OwnedRecord::default() };
    assert!(serde_json::to_string(&nan).is_err());
}
