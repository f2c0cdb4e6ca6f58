//! Vectors of Core 1.0, of the enabler test specification and of peers; properties.

use std::string::String;
use std::vec::Vec;

use coap_core::ContentFormat;
use m2m_base::decimal::Number;
use proptest::prelude::*;

use crate::error::{DecodeErrorKind as Kind, WriteError};
use crate::format::testing::*;
use crate::format::{Content, Item, Reader, Target, Timestamp};
use crate::path::Path;
use crate::value::Value;

const FORMAT: ContentFormat = ContentFormat::LWM2M_JSON;

const DEVICE: &str = r#"{"bn":"/3/0/","e":[{"n":"0","sv":"Open Mobile Alliance"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"9","v":100},{"n":"13","v":1367491215},{"n":"16","sv":"U"}]}"#;

#[test]
fn core_1_0_6_4_4_vectors() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "/3/0",
            DEVICE,
            &[
                "/3/0/0 sOpen Mobile Alliance",
                "/3/0/6/0 i1",
                "/3/0/6/1 i5",
                "/3/0/9 i100",
                "/3/0/13 t1367491215",
                "/3/0/16 sU",
            ],
        ),
        (
            "/1/0",
            r#"{"bn":"/","e":[{"n":"1/0/2","v":101},{"n":"1/0/6","bv":true},{"n":"1/0/7","sv":"U"}]}"#,
            &["/1/0/2 i101", "/1/0/6 b1", "/1/0/7 sU"],
        ),
        // Of no object that is known: links are asked for as such below.
        ("/3/0", r#"{"e":[{"n":"9","v":100}]}"#, &["/3/0/9 i100"]),
        ("/3/0/9", r#"{"bn":"/3/0/9","e":[{"n":"","v":100}]}"#, &["/3/0/9 i100"]),
        ("/3/0/9", r#"{"bn":"/3/0/9/","e":[{"v":100}]}"#, &["/3/0/9 i100"]),
        ("/3/0/9", r#"{"e":[{"v":100}]}"#, &["/3/0/9 i100"]),
        ("/3/0/9", r#"{"e":[{"n":"/3/0/9","v":100}]}"#, &["/3/0/9 i100"]),
        ("/3", r#"{"bn":"","e":[{"n":"0/9","v":100}]}"#, &["/3/0/9 i100"]),
        ("/", r#"{"e":[{"n":"3/0/9","v":100}]}"#, &["/3/0/9 i100"]),
        // The base name ends anywhere, without a slash in front, and stands behind.
        ("/3/0", r#"{"e":[{"n":"1/0","v":1}],"bn":"3/0/1"}"#, &["/3/0/11/0 i1"]),
        (
            "/3/0",
            " { \"x\" : [ { } , null ] , \"e\" : [ { \"v\" : 5.0 , \"y\" : [ ] , \"n\" : \"\\u0039\" } ] } ",
            &["/3/0/9 i5"],
        ),
        ("/3/0", r#"{"bn":"/3/0/","e":[]}"#, &[]),
        ("/5/0/0", r#"{"bn":"/5/0/0","e":[{"sv":"AQIDBAU="}]}"#, &["/5/0/0 x0102030405"]),
    ];
    for (target, payload, entries) in table {
        let entries = entries.iter().map(|entry| String::from(*entry)).collect::<Vec<_>>();
        assert_eq!(read(FORMAT, path(target), payload.as_bytes()), Ok(entries), "{payload}");
    }
}

#[test]
fn object_links_have_a_label_of_their_own() {
    let payload = r#"{"bn":"/","e":[{"n":"65/0/0/0","ov":"66:0"},{"n":"65/0/0/1","ov":"66:1"},{"n":"65/0/1","sv":"8613800755500"},{"n":"65/0/2","v":1}]}"#;
    let values: Vec<String> = Reader::new(FORMAT, Path::object(65), payload.as_bytes())
        .unwrap()
        .map(|entry| {
            let Content::Value(raw) = entry.unwrap().content else { panic!() };
            show(&raw.infer())
        })
        .collect();
    assert_eq!(values, ["l66:0", "l66:1", "s8613800755500", "i1"]);
}

#[test]
fn a_history_has_times() {
    let payload = r#"{"e":[{"n":"1/2","v":22.4,"t":-5},{"n":"1/2","v":22.9,"t":-30},{"n":"1/2","v":24.1}],"bt":25462634,"bn":"/72/"}"#;
    let times = |payload: &str| -> Vec<Option<Timestamp>> {
        let reader = Reader::new(FORMAT, Path::object(72), payload.as_bytes()).unwrap();
        reader.map(|entry| entry.unwrap().time).collect()
    };
    let absolute = |n: i64| Some(Timestamp::Absolute(Number::Integer(n)));
    assert_eq!(times(payload), [absolute(25_462_629), absolute(25_462_604), absolute(25_462_634)]);
    let payload = r#"{"e":[{"n":"1/2","v":22.4,"t":-5},{"n":"1/2","v":22.9,"t":1367491215},{"n":"1/2","v":24}],"bn":"/72/"}"#;
    let relative = Some(Timestamp::Relative(Number::Integer(-5)));
    assert_eq!(times(payload), [relative, absolute(1_367_491_215), None]);
}

#[test]
fn each_rule_has_its_error() {
    let table: &[(&str, &str, Kind)] = &[
        ("/3/0", "{}", Kind::Syntax),
        ("/3/0", "[]", Kind::WrongType),
        ("/3/0", r#"{"bn":"/3/0/"}"#, Kind::Syntax),
        ("/3/0", r#"{"e":{}}"#, Kind::WrongType),
        ("/3/0", r#"{"e":[{"n":"0","sv":"a","v":0}]}"#, Kind::Syntax),
        ("/3/0", r#"{"e":[{"n":"0","n":"1","v":0}]}"#, Kind::Syntax),
        ("/3/0", r#"{"e":[],"e":[]}"#, Kind::Syntax),
        ("/3/0", r#"{"bn":"/3/","bn":"/3/","e":[]}"#, Kind::Syntax),
        ("/3/0", r#"{"e":[{"n":"9"}]}"#, Kind::Syntax),
        ("/3/0", r#"{"e":[{"n":"9","v":0101}]}"#, Kind::Syntax),
        ("/3/0", r#"{"e":[{"n":"9","v":"1"}]}"#, Kind::WrongType),
        ("/3/0", r#"{"e":[{"n":"9","bv":1}]}"#, Kind::WrongType),
        ("/3/0", r#"{"e":[{"n":"9","v":1}]}x"#, Kind::TrailingBytes),
        ("/3/0", r#"{"e":[{"n":"9","v":1}]"#, Kind::Truncated),
        ("/3/0", r#"{"e":[{"n":"x","v":1}]}"#, Kind::Name),
        ("/3/0", r#"{"e":[{"n":"1/2/3","v":1}]}"#, Kind::Nesting),
        ("/3", r#"{"e":[{"n":"0","v":1}]}"#, Kind::Nesting),
        ("/3/0", r#"{"bn":"/4/0/","e":[{"n":"9","v":1}]}"#, Kind::OutsideTarget),
        ("/3/0", r#"{"e":[{"n":"65535","v":1}]}"#, Kind::ReservedId),
        ("/3/0", r#"{"e":[{"n":"00000000000000000000000000","v":1}]}"#, Kind::Name),
        ("/5/0/0", r#"{"e":[{"sv":"A"}]}"#, Kind::Base64),
    ];
    for (target, payload, kind) in table {
        assert_eq!(read(FORMAT, path(target), payload.as_bytes()), Err(*kind), "{payload}");
    }
}

#[test]
fn what_is_written() {
    let items = [
        Item::value(Path::resource(3, 0, 0), Value::string("Open Mobile Alliance")),
        Item::value(Path::resource_instance(3, 0, 6, 0), Value::Integer(1)),
        Item::value(Path::resource_instance(3, 0, 6, 1), Value::Integer(5)),
        Item::value(Path::resource(3, 0, 9), Value::Integer(100)),
        Item::value(Path::resource(3, 0, 13), Value::Time(1_367_491_215)),
        Item::value(Path::resource(3, 0, 16), Value::string("U")),
    ];
    let device = written(FORMAT, Path::instance(3, 0).into(), &items).unwrap();
    assert_eq!(String::from_utf8(device).unwrap(), DEVICE);
    let single = written(FORMAT, Path::resource(3, 0, 9).into(), &items[3..4]).unwrap();
    assert_eq!(single, br#"{"bn":"/3/0/9","e":[{"n":"","v":100}]}"#);
    let multiple = written(FORMAT, Path::resource(3, 0, 6).into(), &items[1..3]).unwrap();
    assert_eq!(multiple, br#"{"bn":"/3/0/6/","e":[{"n":"0","v":1},{"n":"1","v":5}]}"#);
    let empty = written(FORMAT, Path::instance(3, 0).into(), &[]).unwrap();
    assert_eq!(empty, br#"{"bn":"/3/0","e":[]}"#);
    let root = written(FORMAT, Path::ROOT.into(), &items[..1]).unwrap();
    assert_eq!(root, br#"{"bn":"/","e":[{"n":"3/0/0","sv":"Open Mobile Alliance"}]}"#);

    let outside = written(FORMAT, Path::instance(4, 0).into(), &items);
    assert_eq!(outside, Err(WriteError::NotExpressible));
    let infinite = [Item::value(Path::resource(3, 0, 9), Value::Float(f64::INFINITY))];
    let infinite = written(FORMAT, Path::instance(3, 0).into(), &infinite);
    assert_eq!(infinite, Err(WriteError::NotExpressible));
}

proptest! {
    #[test]
    fn round_trip(tree in any_tree()) {
        let target = Target::from(Path::object(9000));
        // What is no number in JSON is not written.
        let tree: Vec<_> = tree
            .into_iter()
            .filter(|(_, value)| !matches!(value, Owned::Float(n) if !n.is_finite()))
            .collect();
        let bytes = written(FORMAT, target, &items(&tree)).unwrap();
        prop_assert_eq!(read(FORMAT, target, &bytes), Ok(shown(&tree)));
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
            prop_assert!(read(FORMAT, target, &bytes[..end]).is_err());
        }
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        survive(FORMAT, Path::instance(3, 0).into(), &bytes);
    }

    #[test]
    fn any_changed_bytes(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..4)) {
        let mut bytes = DEVICE.as_bytes().to_vec();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        for target in [Path::ROOT, Path::instance(3, 0), Path::resource(3, 0, 6)] {
            survive(FORMAT, target.into(), &bytes);
        }
        survive(FORMAT, Target::create(3), &bytes);
    }
}

/// Not as an instance 65535, which nobody can create.
#[test]
fn an_instance_without_an_id_cannot_be_said() {
    let item = Item::value(Path::resource(3, Path::UNASSIGNED, 0), Value::Integer(1));
    let mut out = Vec::new();
    let done = crate::format::write(FORMAT, Target::create(3), [item], &mut out);
    assert_eq!(done, Err(crate::error::WriteError::NotExpressible));
}
