//! Vectors of Core 7.5.4, of the enabler test specification and of peers; properties.

use std::string::String;
use std::vec::Vec;

use coap_core::ContentFormat;
use proptest::prelude::*;
use senml::{Number, Time};

use crate::error::{DecodeErrorKind, WriteError};
use crate::format::testing::*;
use crate::format::{Content, Item, PathReader, Reader, Target, write_paths};
use crate::path::Path;
use crate::value::{ObjectLink, Value};

const JSON: ContentFormat = ContentFormat::SENML_JSON;
const CBOR: ContentFormat = ContentFormat::SENML_CBOR;
const ETCH_JSON: ContentFormat = ContentFormat::SENML_ETCH_JSON;
const ETCH_CBOR: ContentFormat = ContentFormat::SENML_ETCH_CBOR;

const DEVICE_CBOR: &str = "90a321652f332f302f00613003744f70656e204d6f62696c6520416c6c69616e6365a200613103764c69676874776569676874204d324d20436c69656e74a20061320369333435303030313233a20061330363312e30a20063362f300201a20063362f310205a20063372f3002190ed8a20063372f3102191388a20063382f3002187da20063382f3102190384a2006139021864a200623130020fa2006431312f300200a200623133021a5182428fa20062313403662b30323a3030a200623136036155";

const DEVICE_JSON: &str = r#"[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"1","vs":"Lightweight M2M Client"},{"n":"2","vs":"345000123"},{"n":"3","vs":"1.0"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"7/0","v":3800},{"n":"7/1","v":5000},{"n":"8/0","v":125},{"n":"8/1","v":900},{"n":"9","v":100},{"n":"10","v":15},{"n":"11/0","v":0},{"n":"13","v":1367491215},{"n":"14","vs":"+02:00"},{"n":"16","vs":"U"}]"#;

const DEVICE_VALUES: [&str; 16] = [
    "/3/0/0 sOpen Mobile Alliance",
    "/3/0/1 sLightweight M2M Client",
    "/3/0/2 s345000123",
    "/3/0/3 s1.0",
    "/3/0/6/0 i1",
    "/3/0/6/1 i5",
    "/3/0/7/0 i3800",
    "/3/0/7/1 i5000",
    "/3/0/8/0 i125",
    "/3/0/8/1 i900",
    "/3/0/9 i100",
    "/3/0/10 i15",
    "/3/0/11/0 i0",
    "/3/0/13 t1367491215",
    "/3/0/14 s+02:00",
    "/3/0/16 sU",
];

fn device() -> Vec<Item<'static>> {
    let items: [(u16, Option<u16>, Value<'_>); 16] = [
        (0, None, Value::string("Open Mobile Alliance")),
        (1, None, Value::string("Lightweight M2M Client")),
        (2, None, Value::string("345000123")),
        (3, None, Value::string("1.0")),
        (6, Some(0), Value::Integer(1)),
        (6, Some(1), Value::Integer(5)),
        (7, Some(0), Value::Integer(3800)),
        (7, Some(1), Value::Integer(5000)),
        (8, Some(0), Value::Integer(125)),
        (8, Some(1), Value::Integer(900)),
        (9, None, Value::Integer(100)),
        (10, None, Value::Integer(15)),
        (11, Some(0), Value::Integer(0)),
        (13, None, Value::Time(1_367_491_215)),
        (14, None, Value::string("+02:00")),
        (16, None, Value::string("U")),
    ];
    let item = |(r, ri, value): (u16, Option<u16>, _)| {
        let path = Path::resource(3, 0, r);
        Item::value(ri.map_or(path, |ri| path.child(ri).unwrap()), value)
    };
    items.into_iter().map(item).collect()
}

/// Everything in a payload by the types of its labels.
fn inferred(
    format: ContentFormat,
    target: Target<'_>,
    bytes: &[u8],
) -> Result<Vec<String>, DecodeErrorKind> {
    Reader::new(format, target, bytes)
        .map_err(|e| e.kind)?
        .map(|entry| {
            let entry = entry.map_err(|e| e.kind)?;
            Ok(match entry.content {
                Content::Value(raw) => std::format!("{} {}", entry.path, show(&raw.infer())),
                Content::Empty => std::format!("{} -", entry.path),
                Content::Delete => std::format!("{} delete", entry.path),
            })
        })
        .collect()
}

#[test]
fn core_7_5_4_device() {
    for target in ["/3/0", "/3", "/"] {
        let target = path(target);
        assert_eq!(read(CBOR, target, &hex(DEVICE_CBOR)).unwrap(), DEVICE_VALUES);
        assert_eq!(read(JSON, target, DEVICE_JSON.as_bytes()).unwrap(), DEVICE_VALUES);
    }
    let target = path("/3/0").into();
    assert_eq!(written(CBOR, target, &device()), Ok(hex(DEVICE_CBOR)));
    let json = written(JSON, target, &device()).unwrap();
    assert_eq!(String::from_utf8(json).unwrap(), DEVICE_JSON);
}

#[test]
fn cbor_payloads_of_peers() {
    use DecodeErrorKind::{Name, NotUnderstood, Truncated, WrongType};
    for (target, bytes, expected) in [
        ("/0/0/3", "81a221662f302f302f330843abcdef", Ok(&["/0/0/3 xabcdef"][..])),
        ("/3442/0/130", "81a202f95cb0216b2f333434322f302f313330", Ok(&["/3442/0/130 f300"])),
        ("/3/0", "80", Ok(&[])),
        (
            "/",
            "83a321612f0065312f302f32021865a20065312f302f3604f5a20066332f302f31330200",
            Ok(&["/1/0/2 i101", "/1/0/6 b1", "/3/0/13 i0"]),
        ),
        (
            "/3/0/0",
            "81a221662f332f302f3003744f70656e204d6f62696c6520416c6c69616e6365",
            Ok(&["/3/0/0 sOpen Mobile Alliance"]),
        ),
        ("/34/0", "81a3200a00672f33342f302f320201", Ok(&["/34/0/2 i1"])),
        ("/34/0", "81a3200b00672f33342f302f320201", Err(NotUnderstood)),
        ("/34/0", "81a3647465737464676f6f6400672f33342f302f320201", Ok(&["/34/0/2 i1"])),
        ("/34/0", "81a421612f65746573745f646661696c006633342f302f320201", Err(NotUnderstood)),
        ("/34/0", "81a3240100672f33342f302f320201", Ok(&["/34/0/2 i2"])),
        ("/34/0/2", "81a221672f33342f302f320360", Ok(&["/34/0/2 s"])),
        ("/34/0/2", "81a221672f33342f302f320840", Ok(&["/34/0/2 x"])),
        ("/34/0/2", "9fa221672f33342f302f320360ff", Ok(&["/34/0/2 s"])),
        ("/34/0/2", "81bf21672f33342f302f320360ff", Ok(&["/34/0/2 s"])),
        ("/5/0", "81a321662f352f302f3100622f31036468747470", Ok(&["/5/0/1/1 shttp"])),
        (
            "/65/0",
            "83a321682f36352f3534332f00613003654c574d324da2021907df006131a20063322f3004f5",
            Err(DecodeErrorKind::OutsideTarget),
        ),
        (
            "/65/543",
            "84a321682f36352f3534332f00613003654c574d324da2021907df006131a20063322f3004f5a204f40063322f31",
            Ok(&["/65/543/0 sLWM2M", "/65/543/1 i2015", "/65/543/2/0 b1", "/65/543/2/1 b0"]),
        ),
        (
            "/65/0/0",
            "82a321612f006836352f302f302f3063766c6f6436363a30a2006836352f302f302f3163766c6f6436363a31",
            Ok(&["/65/0/0/0 l66:0", "/65/0/0/1 l66:1"]),
        ),
        ("/34/0/2", "a221672f33342f302f320360", Err(WrongType)),
        ("/34/0/2", "82a221672f33342f302f320360", Err(Truncated)),
        // A name without a slash in front is none of LwM2M.
        ("/34/0/2", "81a2006633342f302f320201", Err(Name)),
    ] {
        let bytes = hex(bytes);
        let found = inferred(CBOR, path(target).into(), &bytes);
        let expected = expected.map(|lines| lines.iter().map(|l| String::from(*l)).collect());
        assert_eq!(found, expected, "{target} {bytes:02x?}");
    }
}

#[test]
fn json_payloads_of_peers() {
    use DecodeErrorKind::{Name, Nesting, OutsideTarget, ReservedId, Syntax, WrongType};
    for (target, text, expected) in [
        ("/3/0", "[]", Ok(&[][..])),
        (
            "/3/0",
            r#"[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"6/0","v":1},{"n":"13","v":1367491215}]"#,
            Ok(&["/3/0/0 sOpen Mobile Alliance", "/3/0/6/0 i1", "/3/0/13 i1367491215"]),
        ),
        (
            "/65/0",
            r#"[{"bn":"/65/0/","n":"0/0","vlo":"66:0"},{"n":"0/1","vlo":"66:1"}]"#,
            Ok(&["/65/0/0/0 l66:0", "/65/0/0/1 l66:1"]),
        ),
        ("/34/0/2", r#"[{"bn":"/34/0/2","vd":"AQIDBAU"}]"#, Ok(&["/34/0/2 x0102030405"])),
        ("/34/0/2", r#"[{"bn":"/34/0/2","vd":"AQIDBAU="}]"#, Ok(&["/34/0/2 x0102030405"])),
        // Base name and name meet within a number.
        ("/34", r#"[{"bn":"/3","n":"4/0/1","v":-5}]"#, Ok(&["/34/0/1 i-5"])),
        (
            "/1",
            r#"[{"n":"/1/0/1","v":18446744073709551615}]"#,
            Ok(&["/1/0/1 u18446744073709551615"]),
        ),
        ("/1", r#"[{"n":"/1/0/1","v":42.5}]"#, Ok(&["/1/0/1 f42.5"])),
        ("/1", r#"[{"n":"\/1\/0\/7","vs":"\u0055\n"}]"#, Ok(&["/1/0/7 sU\n"])),
        ("/3", r#"[{"n":"/34/0/1","v":1}]"#, Err(OutsideTarget)),
        ("/3/0", r#"[{"n":"/3/1/1","v":1}]"#, Err(OutsideTarget)),
        ("/3/0", r#"[{"n":"/3/0","v":1}]"#, Err(Nesting)),
        ("/3/0", r#"[{"n":"/3/0/1/2/3","v":1}]"#, Err(Nesting)),
        ("/3/0", r#"[{"n":"/3/0/65535","v":1}]"#, Err(ReservedId)),
        ("/3/0", r#"[{"n":"/3/0/65536","v":1}]"#, Err(Name)),
        ("/3/0", r#"[{"n":"/3/0/01","v":1}]"#, Err(Name)),
        ("/3/0", r#"[{"n":"/3/0/1/","v":1}]"#, Err(Name)),
        ("/3/0", r#"[{"n":"/3/0/x","v":1}]"#, Err(Name)),
        ("/3/0", r#"[{"n":"3/0/1","v":1}]"#, Err(Name)),
        ("/3/0", r#"[{"n":"/3/0/1","v":null}]"#, Err(Syntax)),
        ("/3/0", r#"[{"n":"/3/0/1"}]"#, Err(Syntax)),
        ("/3/0", r#"[{"n":"/3/0/1","v":1,"vs":"a"}]"#, Err(Syntax)),
        ("/3/0", r#"{"n":"/3/0/1","v":1}"#, Err(WrongType)),
    ] {
        let found = inferred(JSON, path(target).into(), text.as_bytes());
        let expected = expected.map(|lines| lines.iter().map(|l| String::from(*l)).collect());
        assert_eq!(found, expected, "{target} {text}");
    }
}

#[test]
fn types_of_labels_are_checked() {
    for (text, wrong) in [
        (r#"[{"n":"/9000/0/0","v":1}]"#, true),
        (r#"[{"n":"/9000/0/1","vs":"1"}]"#, true),
        (r#"[{"n":"/9000/0/1","v":1.5}]"#, true),
        (r#"[{"n":"/9000/0/1","v":15e-1}]"#, true),
        (r#"[{"n":"/9000/0/1","v":150e-1}]"#, false),
        (r#"[{"n":"/9000/0/2","v":-1}]"#, true),
        (r#"[{"n":"/9000/0/4","v":1}]"#, true),
        (r#"[{"n":"/9000/0/5","vs":"AQ"}]"#, true),
        (r#"[{"n":"/9000/0/5","vd":"A"}]"#, true),
        // Not by the letter, but as Leshan writes it.
        (r#"[{"n":"/9000/0/7","vs":"1:2"}]"#, false),
        (r#"[{"n":"/9000/0/7","vs":"1-2"}]"#, true),
        (r#"[{"n":"/9000/0/7","vlo":"1:2:3"}]"#, true),
        (r#"[{"n":"/9000/0/7","vlo":"1:2"}]"#, false),
        (r#"[{"n":"/9000/0/8","vs":"</1>"}]"#, false),
    ] {
        let found = read(JSON, path("/9000/0"), text.as_bytes());
        assert_eq!(found.is_err(), wrong, "{text} {found:?}");
    }
}

#[test]
fn core_6_4_1_alternate_path_and_gateway_prefix() {
    let target = Target::from(path("/3/0")).with_prefix("/lwm2m");
    let text = r#"[{"n":"/lwm2m/3/0/0","vs":"x"}]"#;
    assert_eq!(read(JSON, target, text.as_bytes()).unwrap(), ["/3/0/0 sx"]);
    for text in [r#"[{"n":"/3/0/0","vs":"x"}]"#, r#"[{"n":"/lwm2/3/0/0","vs":"x"}]"#] {
        let found = read(JSON, target, text.as_bytes());
        assert_eq!(found, Err(DecodeErrorKind::OutsideTarget));
    }
    let found = read(JSON, target, br#"[{"n":"/lwm2mm/3/0/0","vs":"x"}]"#);
    assert_eq!(found, Err(DecodeErrorKind::Name));
    let item = Item::value(path("/3/0/9"), Value::Integer(100));
    for (target, expected) in [
        (target, r#"[{"bn":"/lwm2m/3/0/","n":"9","v":100}]"#),
        (Target::from(Path::ROOT).with_prefix("/d01"), r#"[{"bn":"/d01/","n":"3/0/9","v":100}]"#),
        (Target::from(Path::ROOT), r#"[{"n":"/3/0/9","v":100}]"#),
        (Target::from(path("/3/0/9")), r#"[{"bn":"/3/0/9","v":100}]"#),
    ] {
        let bytes = written(JSON, target, &[item]).unwrap();
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
        assert_eq!(read(JSON, target, &bytes).unwrap(), ["/3/0/9 i100"]);
    }
    let long = "/x".repeat(60);
    let target = Target::from(Path::ROOT).with_prefix(&long);
    assert_eq!(written(JSON, target, &[item]), Err(WriteError::NotExpressible));
}

#[test]
fn create_without_an_instance_id() {
    let text = br#"[{"bn":"/9000/65535/","n":"1","v":10}]"#;
    let found = read(JSON, Target::create(9000), text).unwrap();
    assert_eq!(found, ["/9000/65535/1 i10"]);
    assert_eq!(read(JSON, path("/9000"), text), Err(DecodeErrorKind::ReservedId));
}

#[test]
fn history() {
    let bytes = hex(
        "83a521642f37322f221a0184876a0063312f3202fb40366666666666660624a30063312f3202fb4036e6666666666606381da30063312f3202fb403819999999999a063831",
    );
    let found: Vec<_> = Reader::new(CBOR, Path::object(72), &bytes)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|e| (std::format!("{} {}", e.path, show(&e.content.value().unwrap().infer())), e.time))
        .collect();
    let at = |n| Some(Time::Absolute(Number::Integer(n)));
    assert_eq!(
        found,
        [
            ("/72/1/2 f22.4".into(), at(25_462_629)),
            ("/72/1/2 f22.9".into(), at(25_462_604)),
            ("/72/1/2 f24.1".into(), at(25_462_584)),
        ]
    );
    let path = path("/9000/0/1");
    let items = [1_700_000_000, 1_700_000_060]
        .map(|time| Item::value(path, Value::Integer(1)).at(Time::Absolute(Number::Integer(time))));
    let bytes = written(JSON, path.into(), &items).unwrap();
    let expected = r#"[{"bn":"/9000/0/1","t":1700000000,"v":1},{"t":1700000060,"v":1}]"#;
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    let times: Vec<_> = Reader::new(JSON, path, &bytes).unwrap().map(|e| e.unwrap().time).collect();
    assert_eq!(times, [at(1_700_000_000), at(1_700_000_060)]);
}

#[test]
fn rfc_8790_patches() {
    let text = br#"[{"n":"/3/0/6/1","v":null},{"n":"/1/0/1","v":60}]"#;
    let found = read(ETCH_JSON, Path::ROOT, text).unwrap();
    assert_eq!(found, ["/3/0/6/1 delete", "/1/0/1 i60"]);
    let found = read(ETCH_CBOR, Path::ROOT, &hex("81a200682f332f302f362f3102f6")).unwrap();
    assert_eq!(found, ["/3/0/6/1 delete"]);
}

fn paths(format: ContentFormat, prefix: &str, bytes: &[u8]) -> Result<Vec<Path>, DecodeErrorKind> {
    let reader = PathReader::new(format, prefix, bytes).map_err(|e| e.kind)?;
    reader.map(|path| path.map_err(|e| e.kind)).collect()
}

#[test]
fn core_6_3_8_lists_of_paths() {
    let expected = [path("/3/0/0"), path("/3/0/9"), path("/1/0/1")];
    let text = br#"[{"n":"/3/0/0"},{"n":"/3/0/9"},{"n":"/1/0/1"}]"#;
    let bytes = hex("83a100662f332f302f30a100662f332f302f39a100662f312f302f31");
    for (format, bytes) in [
        (JSON, text.to_vec()),
        (ETCH_JSON, text.to_vec()),
        (CBOR, bytes.clone()),
        (ETCH_CBOR, bytes),
    ] {
        assert_eq!(paths(format, "", &bytes).unwrap(), expected);
        let mut out = Vec::new();
        write_paths(format, "", expected, &mut out).unwrap();
        assert_eq!(out, bytes);
    }
    for (text, expected) in [
        (r#"[{"bn":"/3/0/9"}]"#, Ok(&["/3/0/9"][..])),
        (
            r#"[{"bn":"/3/0/","n":"0"},{"n":"9"},{"bn":"/1","n":""}]"#,
            Ok(&["/3/0/0", "/3/0/9", "/1"]),
        ),
        (r#"[{"n":"/"}]"#, Ok(&["/"])),
        (r#"[{"n":"/3/0/6/1"},{"n":"/3"}]"#, Ok(&["/3/0/6/1", "/3"])),
        ("[]", Ok(&[])),
        (r#"[{"n":"/3/0/9","v":1}]"#, Err(DecodeErrorKind::Syntax)),
        (r#"[{"n":"3/0/9"}]"#, Err(DecodeErrorKind::Name)),
        (r#"[{"n":"/3/65535"}]"#, Err(DecodeErrorKind::ReservedId)),
        (r#"[{"n":"/1/2/3/4/5"}]"#, Err(DecodeErrorKind::Nesting)),
    ] {
        let found = paths(JSON, "", text.as_bytes());
        let expected = expected.map(|list| list.iter().map(|t| path(t)).collect::<Vec<_>>());
        assert_eq!(found, expected, "{text}");
    }
    let mut out = Vec::new();
    write_paths(JSON, "/lwm2m", [path("/3")], &mut out).unwrap();
    assert_eq!(out, br#"[{"n":"/lwm2m/3"}]"#);
    assert_eq!(paths(JSON, "/lwm2m", &out).unwrap(), [path("/3")]);
    assert_eq!(paths(ContentFormat::LWM2M_TLV, "", b""), Err(DecodeErrorKind::UnsupportedFormat));
    let result = write_paths(ContentFormat::LWM2M_TLV, "", [], &mut out);
    assert_eq!(result, Err(WriteError::UnsupportedFormat));
}

#[test]
fn what_is_left_out_and_what_cannot_be_written() {
    let target = Target::from(Path::object(9000));
    let empty = [Item::empty(path("/9000/1")), Item::empty(path("/9000/2/20"))];
    assert_eq!(written(JSON, target, &empty), Ok(b"[]".to_vec()));
    assert_eq!(written(CBOR, target, &empty), Ok(std::vec![0x80]));
    for item in [
        Item::value(path("/9000/0/3"), Value::Float(f64::NAN)),
        Item::value(path("/9000/0/3"), Value::None),
        Item::value(path("/9000/0"), Value::Integer(1)),
        Item::value(path("/9001/0/1"), Value::Integer(1)),
    ] {
        assert_eq!(written(JSON, target, &[item]), Err(WriteError::NotExpressible));
        assert_eq!(written(CBOR, target, &[item]), Err(WriteError::NotExpressible));
    }
    let link = Item::value(path("/9000/0/7"), Value::ObjectLink(ObjectLink::NULL));
    let bytes = written(JSON, path("/9000/0/7").into(), &[link]).unwrap();
    assert_eq!(bytes, br#"[{"bn":"/9000/0/7","vlo":"65535:65535"}]"#);
}

proptest! {
    #[test]
    fn round_trip(tree in any_tree(), root: bool) {
        let target = Target::from(if root { Path::ROOT } else { Path::object(9000) });
        for format in [JSON, CBOR] {
            let bytes = written(format, target, &items(&tree)).unwrap();
            prop_assert_eq!(read(format, target, &bytes), Ok(shown(&tree)));
            for end in 0..bytes.len().min(300) {
                survive(format, target, &bytes[..end]);
                prop_assert!(error(format, target, &bytes[..end]).is_some());
            }
        }
    }

    #[test]
    fn paths_round_trip(list in proptest::collection::vec(
        proptest::collection::vec(0u16..65535, 0..=4), 0..6,
    )) {
        let list: Vec<Path> = list
            .into_iter()
            .map(|ids| ids.into_iter().fold(Path::ROOT, |path, id| path.child(id).unwrap()))
            .collect();
        for format in [JSON, CBOR] {
            let mut out = Vec::new();
            write_paths(format, "/p", list.iter().copied(), &mut out).unwrap();
            // The root behind a prefix is the prefix alone.
            prop_assert_eq!(paths(format, "/p", &out), Ok(list.clone()));
        }
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        for format in [JSON, CBOR, ETCH_JSON, ETCH_CBOR] {
            survive(format, Path::ROOT.into(), &bytes);
            let _ = paths(format, "", &bytes);
        }
    }

    #[test]
    fn any_json(text in r#"[\[\]{}"bnv:/0-9,. ]{0,60}"#) {
        survive(JSON, Path::ROOT.into(), text.as_bytes());
    }
}
