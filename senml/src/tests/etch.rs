//! RFC 8790: its examples, its rules, and that the ways to apply a patch agree.

use super::*;
use crate::DecodeErrorKind as Kind;
use crate::etch::{EtchError, FetchPack, PatchPack, RecordError};
use proptest::prelude::*;

const EXAMPLE: &str = r#"[{"bn":"2001:db8::2/3311/0/","n":"5850","vb":true},{"n":"5851","v":42},
    {"n":"5750","vs":"Ceiling light"}]"#;

fn json(text: &str) -> Pack {
    Pack::decode(Format::Json, text.as_bytes()).unwrap()
}

/// What a pack means.
fn meaning(pack: &Pack) -> Vec<String> {
    pack.resolve(Rules::RFC8428).map(|record| show(&record.unwrap())).collect()
}

/// Fetches both ways, from both formats.
fn fetch(target: &str, fetch: &str) -> Vec<String> {
    let owned = json(target).fetch(&json(fetch), Rules::RFC8428).unwrap();
    let expected = meaning(&owned);
    for format in [Format::Json, Format::Cbor] {
        let (target, fetch) =
            (json(target).encode(format).unwrap(), json(fetch).encode(format).unwrap());
        let fetch = FetchPack::new(format, &fetch, Rules::RFC8428).unwrap();
        let found = fetch.select(Reader::resolved(format, &target, Rules::RFC8428));
        let found: Vec<_> = found.map(|record| show(&record.unwrap())).collect();
        assert_eq!(found, expected);
    }
    expected
}

/// Patches both ways, from both formats.
fn patch(target: &str, patch: &str) -> Vec<String> {
    let mut owned = json(target);
    owned.patch(&json(patch), Rules::RFC8428).unwrap();
    let expected = meaning(&owned);
    for format in [Format::Json, Format::Cbor] {
        let (target, patch) =
            (json(target).encode(format).unwrap(), json(patch).encode(format).unwrap());
        let patch = PatchPack::new(format, &patch, Rules::RFC8428).unwrap();
        let patched = patch.apply(Reader::resolved(format, &target, Rules::RFC8428)).unwrap();
        assert_eq!(patched.clone().map(|record| show(&record)).collect::<Vec<_>>(), expected);
        // Written as they come they say the same.
        let records: Vec<_> = patched.map(|record| Record::from(&record)).collect();
        let written = Pack::decode(format, &write(format, &records)).unwrap();
        assert_eq!(meaning(&written), expected);
        // Once more changes nothing (RFC 8790 section 3.2).
        let bytes = written.encode(format).unwrap();
        let again = patch.apply(Reader::resolved(format, &bytes, Rules::RFC8428)).unwrap();
        let mut again: Vec<_> = again.map(|record| show(&record)).collect();
        let mut once = expected.clone();
        again.sort();
        once.sort();
        assert_eq!(again, once);
    }
    expected
}

#[test]
fn rfc8790_section_3_1_fetch_by_name() {
    assert_eq!(
        fetch(EXAMPLE, r#"[{"bn":"2001:db8::2/3311/0/","n":"5850"},{"n":"5851"}]"#),
        ["2001:db8::2/3311/0/5850 Boolean(true)", "2001:db8::2/3311/0/5851 42"]
    );
}

#[test]
fn rfc8790_section_3_1_fetch_by_name_and_time() {
    let target = r#"[{"bn":"2001:db8::2/3311/0/","bt":1.27602009e9,"n":"5850","vb":true},
        {"n":"5850","t":1,"vb":false},{"n":"5850","t":2,"vb":true},{"n":"5851","t":1,"v":3}]"#;
    let wanted = r#"[{"bn":"2001:db8::2/3311/0/","n":"5850","t":1.276020091e+09}]"#;
    assert_eq!(fetch(target, wanted), ["2001:db8::2/3311/0/5850 Boolean(false) @1276020091"]);
    // Without a time all records of the name match.
    let all = r#"[{"bn":"2001:db8::2/3311/0/","n":"5850"}]"#;
    assert_eq!(fetch(target, all).len(), 3);
}

#[test]
fn rfc8790_section_3_1_unit_and_time_narrow_and_each_record_comes_once() {
    let target = r#"[{"n":"a","u":"V","v":1},{"n":"a","u":"A","v":2},{"n":"a","u":"V","t":-5,"v":3},
        {"n":"b","v":4}]"#;
    for (wanted, expected) in [
        (r#"[{"n":"a","u":"V"}]"#, &["a 1 [V]", "a 3 [V] now-5"][..]),
        (r#"[{"n":"a","u":"V","t":-5}]"#, &["a 3 [V] now-5"]),
        (r#"[{"n":"a","u":"A","t":-5}]"#, &[]),
        (r#"[{"bn":"a","bu":"A"},{"bn":"","n":"b"}]"#, &["a 2 [A]"]),
        (r#"[{"n":"b"},{"bn":"b"},{"n":""},{"n":"","u":"V"}]"#, &["b 4"]),
        (r#"[{"n":"c"}]"#, &[]),
        // No time and a time of 0 are both now.
        (r#"[{"n":"b","t":0}]"#, &["b 4"]),
    ] {
        assert_eq!(fetch(target, wanted), expected, "{wanted}");
    }
}

#[test]
fn rfc8790_section_3_2_patch_changes_values() {
    assert_eq!(
        patch(
            EXAMPLE,
            r#"[{"bn":"2001:db8::2/3311/0/","n":"5850","vb":false},{"n":"5851","v":10}]"#
        ),
        [
            "2001:db8::2/3311/0/5850 Boolean(false)",
            "2001:db8::2/3311/0/5851 10",
            "2001:db8::2/3311/0/5750 Text(\"Ceiling light\")"
        ]
    );
}

#[test]
fn rfc8790_section_3_2_patch_removes_by_null() {
    let nulls = r#"[{"bn":"2001:db8::2/3311/0/","n":"5850","v":null},{"n":"5851","v":null}]"#;
    assert_eq!(patch(EXAMPLE, nulls), ["2001:db8::2/3311/0/5750 Text(\"Ceiling light\")"]);
    // Null never adds.
    assert_eq!(patch(r#"[{"n":"a","v":1}]"#, r#"[{"n":"b","v":null}]"#), ["a 1"]);
}

#[test]
fn rfc8790_section_3_2_patch_adds_what_does_not_match_and_goes_in_sequence() {
    let target = r#"[{"n":"a","u":"V","v":1},{"n":"b","t":-1,"v":2}]"#;
    for (changes, expected) in [
        (r#"[{"n":"a","v":9}]"#, &["a 1 [V]", "b 2 now-1", "a 9"][..]),
        (r#"[{"n":"a","u":"V","v":9,"ut":5}]"#, &["a 9 [V] next 5", "b 2 now-1"]),
        (r#"[{"n":"b","v":9},{"n":"b","t":-1,"v":8}]"#, &["a 1 [V]", "b 8 now-1", "b 9"]),
        (
            r#"[{"n":"c","v":1},{"n":"d","v":2},{"n":"c","v":3}]"#,
            &["a 1 [V]", "b 2 now-1", "c 3", "d 2"],
        ),
        (
            r#"[{"n":"a","u":"V","v":null},{"n":"c","v":0},{"n":"a","u":"V","v":5}]"#,
            &["b 2 now-1", "c 0", "a 5 [V]"],
        ),
        (r#"[{"n":"c","v":1},{"n":"c","v":null}]"#, &["a 1 [V]", "b 2 now-1"]),
        (r#"[{"n":"c","s":1}]"#, &["a 1 [V]", "b 2 now-1", "c sum 1"]),
    ] {
        assert_eq!(patch(target, changes), expected, "{changes}");
    }
    assert_eq!(patch("[]", r#"[{"n":"c","v":1}]"#), ["c 1"]);
}

#[test]
fn rfc8790_invalid_packs_are_refused_and_change_nothing() {
    let target = r#"[{"n":"a","v":1},{"n":"a","v":2},{"n":"b","v":3}]"#;
    let bytes = |text: &'static str| PatchPack::new(Format::Json, text.as_bytes(), Rules::RFC8428);
    for (changes, kind, offset) in [
        (r#"[{"n":"b","v":1},{"n":"c"}]"#, Kind::MissingValue, 17),
        (r#"[]"#, Kind::EmptyPack, 0),
        (r#"[{"bn":"b"}]"#, Kind::EmptyPack, 0),
        (r#"[{"n":"c","v":1,"x_":2}]"#, Kind::UnsupportedField, 16),
    ] {
        assert_eq!(bytes(changes).map(drop), Err(DecodeError { kind, offset }), "{changes}");
        let Ok(changes) = Pack::decode(Format::Json, changes.as_bytes()) else { continue };
        let mut owned = json(target);
        let error = owned.patch(&changes, Rules::RFC8428).unwrap_err();
        assert!(matches!(error, EtchError::Pack(error) if error.kind == kind), "{error}");
        assert_eq!(owned, json(target));
    }
    let ambiguous = r#"[{"n":"b","v":1},{"n":"a","v":1}]"#;
    let mut owned = json(target);
    let error = owned.patch(&json(ambiguous), Rules::RFC8428);
    assert_eq!(error, Err(EtchError::Ambiguous { record: 2 }));
    assert_eq!(owned, json(target));
    let reader = || Reader::resolved(Format::Json, target.as_bytes(), Rules::RFC8428);
    let error = bytes(ambiguous).unwrap().apply(reader()).map(drop);
    assert_eq!(error, Err(EtchError::Ambiguous { record: 2 }));
    let bad = Reader::resolved(Format::Json, br#"[{"n":"b"}]"#, Rules::RFC8428);
    let error = bytes(r#"[{"n":"b","v":1}]"#).unwrap().apply(bad).map(drop);
    assert_eq!(error, Err(EtchError::Target(DecodeError { kind: Kind::MissingValue, offset: 1 })));

    for wanted in [
        r#"[{"n":"a","v":1}]"#,
        r#"[{"n":"a","vs":""}]"#,
        r#"[{"n":"a","v":null}]"#,
        r#"[{"n":"a","s":1}]"#,
        r#"[{"n":"a","ut":1}]"#,
        r#"[{"n":"a","bv":1}]"#,
        r#"[{"n":"a","bs":1}]"#,
        r#"[{"n":"a","bver":10}]"#,
    ] {
        let error = FetchPack::new(Format::Json, wanted.as_bytes(), Rules::RFC8428).map(drop);
        let kind = Kind::UnexpectedValue;
        assert_eq!(error, Err(DecodeError { kind, offset: 1 }), "{wanted}");
        let error = json(target).fetch(&json(wanted), Rules::RFC8428);
        assert_eq!(error, Err(EtchError::Pack(RecordError { record: 1, kind })));
    }
    let table = [
        (&br#"[{"n":"a"},{"n":"b","x":1}]"#[..], Format::Json, Kind::UnexpectedValue, 11),
        (b"\x81\xa2\x00\x61a\x61x\x01", Format::Cbor, Kind::UnexpectedValue, 1),
        (b"[]", Format::Json, Kind::EmptyPack, 0),
    ];
    for (wanted, format, kind, offset) in table {
        let error = FetchPack::new(format, wanted, Rules::RFC8428).map(drop);
        assert_eq!(error, Err(DecodeError { kind, offset }));
    }
}

#[test]
fn versions_of_target_and_patch_become_one() {
    let secondary = Rules { version: 26, ..Rules::RFC8428 };
    let (new, old) = (r#"[{"bver":26,"n":"a","v":1}]"#, r#"[{"n":"b","v":2}]"#);
    for (target, changes) in [(new, old), (old, new), (new, new)] {
        let mut pack = json(target);
        pack.patch(&json(changes), secondary).unwrap();
        let versions: Vec<_> =
            pack.resolve(secondary).map(|record| record.unwrap().version).collect();
        assert!(versions.iter().all(|version| *version == 26) && !versions.is_empty());
    }
    let error = json(r#"[{"bver":5,"n":"a","v":1}]"#).patch(&json(new), secondary).unwrap_err();
    assert_eq!(error, EtchError::Pack(RecordError { record: 0, kind: Kind::VersionMismatch }));
}

fn small_pack(null: bool) -> impl Strategy<Value = Pack> {
    let value = prop_oneof![
        (0..5i64).prop_map(|n| OwnedValue::Number(n.into())),
        Just(if null { OwnedValue::Null } else { OwnedValue::Boolean(true) }),
    ];
    let record = ("[a-c]", proptest::option::of("[VA]"), proptest::option::of(-2..2i64), value);
    let record = record.prop_map(|(name, unit, time, value)| OwnedRecord {
        name: Some(name),
        unit,
        time: time.map(Number::from),
        value: Some(value),
        ..OwnedRecord::default()
    });
    proptest::collection::vec(record, 1..8).prop_map(|records| Pack { records })
}

/// Applies a patch the plain way: record by record, in sequence.
fn in_sequence(target: &Pack, patch: &Pack) -> Option<Pack> {
    let mut records = target.records.clone();
    let key = |r: &OwnedRecord| (r.name.clone(), r.unit.clone(), r.time.map(number));
    for change in &patch.records {
        let found: Vec<_> =
            (0..records.len()).filter(|at| key(&records[*at]) == key(change)).collect();
        match (&found[..], &change.value) {
            ([], Some(OwnedValue::Null)) => {}
            ([], _) => records.push(change.clone()),
            ([at], Some(OwnedValue::Null)) => drop(records.remove(*at)),
            ([at], _) => records[*at] = change.clone(),
            _ => return None,
        }
    }
    Some(Pack { records })
}

proptest! {
    #[test]
    fn a_patch_is_its_records_in_sequence(target in small_pack(false), patch in small_pack(true)) {
        let mut patched = target.clone();
        let result = patched.patch(&patch, Rules::RFC8428);
        match in_sequence(&target, &patch) {
            Some(expected) => prop_assert_eq!(&patched, &expected),
            None => {
                prop_assert!(matches!(result, Err(EtchError::Ambiguous { .. })), "{:?}", result);
                prop_assert_eq!(&patched, &target);
            }
        }
        let format = Format::Cbor;
        let (bytes, changes) = (target.encode(format).unwrap(), patch.encode(format).unwrap());
        let changes = PatchPack::new(format, &changes, Rules::RFC8428).unwrap();
        match changes.apply(Reader::resolved(format, &bytes, Rules::RFC8428)) {
            Ok(records) => {
                let records: Pack = records.map(|record| OwnedRecord::from(&record)).collect();
                prop_assert_eq!(records, patched);
            }
            Err(_) => prop_assert!(result.is_err()),
        }
    }

    #[test]
    fn what_was_patched_can_be_fetched(target in small_pack(false), patch in small_pack(true)) {
        let mut patched = target.clone();
        prop_assume!(patched.patch(&patch, Rules::RFC8428).is_ok());
        for (at, change) in patch.records.iter().enumerate() {
            let same = |other: &&OwnedRecord| {
                (&other.name, &other.unit, other.time) == (&change.name, &change.unit, change.time)
            };
            // Only the last of those for one record counts.
            if patch.records[at + 1..].iter().any(|other| same(&other)) {
                continue;
            }
            let wanted = Pack { records: Vec::from([OwnedRecord { value: None, ..change.clone() }]) };
            let fetched = patched.fetch(&wanted, Rules::RFC8428).unwrap();
            let found: Vec<_> = fetched.records.iter().filter(same).collect();
            if change.value == Some(OwnedValue::Null) {
                prop_assert!(found.is_empty());
            } else {
                prop_assert_eq!(found, [change]);
            }
        }
    }
}
