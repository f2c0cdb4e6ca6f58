//! The JSON reader accepts what RFC 8259 allows and nothing else: compared with another parser.

use super::generate::*;
use super::*;
use crate::DecodeErrorKind as Kind;
use proptest::prelude::*;
use serde_json::Value as Json;

/// True for errors of SenML, about which a JSON parser has no opinion.
fn beyond_json(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::InvalidBase64
            | Kind::WrongType
            | Kind::DuplicateLabel
            | Kind::SeveralValues
            | Kind::UnsupportedField
            | Kind::TooDeep
    )
}

fn agrees(bytes: &[u8]) {
    let theirs: Result<Json, _> = serde_json::from_slice(bytes);
    let shown = String::from_utf8_lossy(bytes);
    match read(Format::Json, bytes) {
        Ok(records) => {
            let theirs = theirs.unwrap_or_else(|error| panic!("{error}: {shown}"));
            let theirs = theirs.as_array().unwrap();
            assert_eq!(records.len(), theirs.len());
            for (ours, theirs) in records.iter().zip(theirs) {
                same_record(ours, theirs);
            }
        }
        Err(error) if beyond_json(error.kind) => {}
        Err(error) => assert!(theirs.is_err(), "{error}: {shown}"),
    }
}

fn same_record(ours: &Record<'_>, theirs: &Json) {
    let text = |label: &str, ours: Option<Text<'_>>| {
        assert_eq!(
            theirs.get(label).map(|t| t.as_str().unwrap()),
            ours.map(|o| o.to_string()).as_deref()
        );
    };
    let number = |label: &str, ours: Option<Number>| {
        let theirs = theirs.get(label).filter(|value| !value.is_null());
        assert_eq!(theirs.is_some(), ours.is_some());
        let (Some(theirs), Some(ours)) = (theirs, ours) else { return };
        if let Some(theirs) = theirs.as_u64() {
            assert_eq!(ours.to_u64(), Some(theirs));
        } else if let Some(theirs) = theirs.as_i64() {
            assert_eq!(ours.to_i64(), Some(theirs));
        } else {
            let theirs = theirs.as_f64().unwrap();
            assert_eq!(ours.to_f64().to_bits(), theirs.to_bits(), "{ours:?} {theirs}");
        }
    };
    let base = ours.base.unwrap_or_default();
    text("bn", base.name);
    text("bu", base.unit);
    text("bct", base.content_format);
    text("ct", ours.content_format);
    text("n", ours.name);
    text("u", ours.unit);
    number("bt", base.time);
    number("bv", base.value);
    number("bs", base.sum);
    number("s", ours.sum);
    number("t", ours.time);
    number("ut", ours.update_time);
    match ours.value {
        None => assert!(["v", "vs", "vb", "vd", "vlo"].iter().all(|l| theirs.get(l).is_none())),
        Some(Value::Number(value)) => number("v", Some(value)),
        Some(Value::Text(value)) => text("vs", Some(value)),
        Some(Value::ObjectLink(value)) => text("vlo", Some(value)),
        Some(Value::Boolean(value)) => assert_eq!(theirs["vb"], Json::Bool(value)),
        Some(Value::Data(_)) => assert!(theirs["vd"].is_string()),
        Some(Value::Null) => assert!(theirs["v"].is_null()),
    }
}

/// JSON texts of every kind, right and wrong, as one value.
#[test]
fn single_values() {
    let texts: &[&[u8]] = &[
        b"0",
        b"-0",
        b"-",
        b"00",
        b"01",
        b"-01",
        b"1.",
        b".1",
        b"1.0",
        b"1e1",
        b"1e",
        b"1E+",
        b"1e+1",
        b"1e-999",
        b"1e999",
        b"-1e999",
        b"0x1",
        b"1_0",
        b"+1",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"true",
        b"false",
        b"null",
        b"True",
        b"nul",
        b"nulll",
        b"truefalse",
        b"\"\"",
        b"\"",
        b"'a'",
        b"\"\\\"\"",
        b"\"\\\\\"",
        b"\"\\/\"",
        b"\"\\b\\f\\n\\r\\t\"",
        b"\"\\a\"",
        b"\"\\'\"",
        b"\"\\v\"",
        b"\"\\u0000\"",
        b"\"\\u000g\"",
        b"\"\\u00\"",
        b"\"\\U0000\"",
        b"\"\\ud83d\\ude00\"",
        b"\"\\ud83d\"",
        b"\"\\ude00\"",
        b"\"\\ud83d\\ud83d\"",
        b"\"\\ud83d\\n\"",
        b"\"\x7f\"",
        b"\"\x1f\"",
        b"\"\x00\"",
        b"\"\t\"",
        b"\"\xc2\x80\"",
        b"\"\xc0\x80\"",
        b"\"\xf4\x90\x80\x80\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xff\"",
        b"\"\xe2\x82\"",
        b"\"\xef\xbf\xbf\"",
        b"[]",
        b"[1,]",
        b"[,1]",
        b"[1 2]",
        b"[1,2",
        b"[",
        b"]",
        b"{}",
        b"{\"a\":1,}",
        b"{,}",
        b"{\"a\"}",
        b"{\"a\":}",
        b"{\"a\" 1}",
        b"{a:1}",
        b"{\"a\":1 \"b\":2}",
        b"{\"a\":1,\"a\":2}",
        b"{1:1}",
        b"{\"a\":1]",
        b"[1}",
        b"{",
        b"}",
        b"//\n1",
        b"/**/1",
        b"1 // c",
        b"\x0c1",
        b"\xc2\xa01",
        b"\x0b1",
        b" \t\r\n1 \t\r\n",
        b"",
        b" ",
        b"[[[[[[[[]]]]]]]]",
        b"[{\"a\":[{\"b\":[]}]}]",
        b"1,\"w\":2",
        b"1}",
        b"1},{\"v\":1",
        b"123456789012345678901234567890",
        b"-9223372036854775809",
        b"0.1e-7",
    ];
    for value in texts {
        for label in ["x", "v", "vs", "vb", "n", "t"] {
            agrees(&[b"[{\"", label.as_bytes(), b"\":", value, b"}]"].concat());
        }
        agrees(value);
        agrees(&[b"[", *value, b"]"].concat());
        agrees(&[b"[{}]", *value].concat());
        agrees(&[b"[{\"n\":\"a\"}", *value, b"]"].concat());
    }
}

fn json(depth: u32) -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(depth, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            proptest::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
    .boxed()
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for (at, change, byte) in changes {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match change {
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            2 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

type Change = (proptest::sample::Index, u8, u8);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let telling = proptest::sample::select(&b"\"\\,:[]{} \n0-1.eEntfu/_\x00\x1f\x80\xc3\xff"[..]);
    let change = (any::<proptest::sample::Index>(), 0u8..4, telling);
    proptest::collection::vec(change, 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn changed_packs_are_accepted_alike(
        pack in pack(canonical_number), spelling in spelling(), changes in changes(),
    ) {
        agrees(&changed(spell_json(&pack, spelling), &changes));
        agrees(&changed(pack.encode(Format::Json).unwrap(), &changes));
    }

    #[test]
    fn changed_values_of_unknown_fields_are_accepted_alike(
        value in json(5), changes in changes(), pretty in any::<bool>(),
    ) {
        let value = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
        let value = changed(value.unwrap(), &changes);
        agrees(&[b"[{\"x\":", &value[..], b",\"v\":1}]"].concat());
    }
}
