//! Vectors of Core 7.5.5, of the enabler test specification and of peers; properties.

use std::vec::Vec;

use coap_core::ContentFormat;
use proptest::prelude::*;

use crate::error::{DecodeErrorKind, WriteError};
use crate::format::testing::*;
use crate::format::{Item, Target};
use crate::path::Path;
use crate::value::{DataType, Value};

const TLV: ContentFormat = ContentFormat::LWM2M_TLV;

const DEVICE: &str = "c800144f70656e204d6f62696c6520416c6c69616e6365c801164c69676874776569676874204d324d20436c69656e74c80209333435303030313233c303312e30860641000141010588070842000ed842011388870841007d42010384c10964c10a0f830b410000c40d5182428fc60e2b30323a3030c11055";

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

fn table() -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    std::vec![
        ("/3/0", DEVICE, DEVICE_VALUES.into()),
        (
            "/2",
            "08000ec10001c101008302417f07c1037f080212c10003c101008702417f0761013601c1037f",
            std::vec![
                "/2/0/0 i1",
                "/2/0/1 i0",
                "/2/0/2/127 i7",
                "/2/0/3 i127",
                "/2/2/0 i3",
                "/2/2/1 i0",
                "/2/2/2/127 i7",
                "/2/2/2/310 i1",
                "/2/2/3 i127",
            ],
        ),
        (
            "/1",
            "08000fc10001c40100015180c10601c10755",
            std::vec!["/1/0/0 i1", "/1/0/1 i86400", "/1/0/6 b1", "/1/0/7 sU"],
        ),
        (
            "/1/0",
            "c10265c20303f2c20507d0c10601c10755",
            std::vec!["/1/0/2 i101", "/1/0/3 i1010", "/1/0/5 i2000", "/1/0/6 b1", "/1/0/7 sU"],
        ),
        (
            "/3/0",
            "c40d5182428fc60e2b30323a3030c80f0c4575726f70652f5061726973",
            std::vec!["/3/0/13 t1367491215", "/3/0/14 s+02:00", "/3/0/15 sEurope/Paris"],
        ),
        (
            "/16",
            "08012e88002b480011486f737420446576696365204944202332480114486f737420446576696365204d6f64656c202332",
            std::vec!["/16/1/0/0 sHost Device ID #2", "/16/1/0/1 sHost Device Model #2"],
        ),
        ("/10/0", "c10e02", std::vec!["/10/0/14 u2"]),
        (
            "/515",
            "28020309c1010ac1020ac1030a",
            std::vec!["/515/515/1 i10", "/515/515/2 i10", "/515/515/3 i10"]
        ),
        ("/3/4", "8005", std::vec!["/3/4/5 -"]),
        ("/7000", "00010002", std::vec!["/7000/1 -", "/7000/2 -"]),
        ("/7000/0", "8005", std::vec!["/7000/0/5 -"]),
        (
            "/7000",
            "030ac10114030bc10115030cc10116",
            std::vec!["/7000/10/1 i20", "/7000/11/1 i21", "/7000/12/1 i22",]
        ),
        (
            "/7000/4",
            "c1010ac1020ac1030a",
            std::vec!["/7000/4/1 i10", "/7000/4/2 i10", "/7000/4/3 i10"]
        ),
        ("/7000/4", "0604c1010ac1020a", std::vec!["/7000/4/1 i10", "/7000/4/2 i10"]),
        (
            "/7000/4/6",
            "41010a41020a41030a",
            std::vec!["/7000/4/6/1 i10", "/7000/4/6/2 i10", "/7000/4/6/3 i10",]
        ),
        ("/3", "0005", std::vec!["/3/5 -"]),
        ("/3/0", "", std::vec![]),
        ("/3/0/0", "c70031323334353637", std::vec!["/3/0/0 s1234567"]),
        ("/3/0/11/310", "61013601", std::vec!["/3/0/11/310 i1"]),
    ]
}

fn decoded(bytes: &[u8], data_type: DataType) -> Result<Value<'_>, DecodeErrorKind> {
    let mut value = Value::None;
    super::decode(bytes, data_type, &mut value).map(|()| value)
}

#[test]
fn core_7_5_5_examples() {
    for (target, bytes, values) in table() {
        assert_eq!(read(TLV, path(target), &hex(bytes)).unwrap(), values, "{target}");
    }
}

#[test]
fn three_bytes_are_opaque() {
    let bytes = hex("c337010203");
    let mut reader = crate::format::Reader::new(TLV, Path::instance(7000, 0), &bytes).unwrap();
    let entry = reader.next().unwrap().unwrap();
    assert_eq!(entry.path, Path::resource(7000, 0, 55));
    let raw = entry.content.value().unwrap();
    assert_eq!(raw.decode(crate::DataType::Opaque), Ok(Value::opaque(&[1, 2, 3])));
    let error = raw.decode(crate::DataType::Integer).unwrap_err();
    assert_eq!((error.kind, error.offset), (DecodeErrorKind::WrongType, 2));
}

#[test]
fn core_7_5_5_examples_with_instance_wrappers() {
    let mut bytes = hex("080079");
    bytes.extend(hex(DEVICE));
    assert_eq!(read(TLV, path("/3"), &bytes).unwrap(), DEVICE_VALUES);
    assert_eq!(read(TLV, path("/3/0"), &bytes).unwrap(), DEVICE_VALUES);
}

#[test]
fn what_objects_without_a_model_hold() {
    // Object links and text of objects that no table knows: read in the types of the example.
    let bytes = hex("88000c440000420000440100420001c8010d38363133383030373535353030c40212345678");
    let target = Path::instance(65, 0);
    let found: Vec<_> = crate::format::Reader::new(TLV, target, &bytes)
        .unwrap()
        .map(|entry| entry.unwrap())
        .zip([7, 7, 0, 1])
        .map(|(entry, n)| {
            let value = entry.content.value().unwrap().decode(TYPES[n]).unwrap();
            std::format!("{} {}", entry.path, show(&value))
        })
        .collect();
    let expected =
        ["/65/0/0/0 l66:0", "/65/0/0/1 l66:1", "/65/0/1 s8613800755500", "/65/0/2 i305419896"];
    assert_eq!(found, expected);

    let bytes = hex(
        "080026c8000b6d79536572766963652031c8010f496e7465726e65742e31352e323334c40200430000080126c8000b6d79536572766963652032c8010f496e7465726e65742e31352e323335c402ffffffff",
    );
    let found: Vec<_> = crate::format::Reader::new(TLV, Path::object(66), &bytes)
        .unwrap()
        .map(|entry| entry.unwrap())
        .zip([0, 0, 7, 0, 0, 7])
        .map(|(entry, n)| {
            let value = entry.content.value().unwrap().decode(TYPES[n]).unwrap();
            std::format!("{} {}", entry.path, show(&value))
        })
        .collect();
    let expected = [
        "/66/0/0 smyService 1",
        "/66/0/1 sInternet.15.234",
        "/66/0/2 l67:0",
        "/66/1/0 smyService 2",
        "/66/1/1 sInternet.15.235",
        "/66/1/2 l65535:65535",
    ];
    assert_eq!(found, expected);
}

#[test]
fn wrappers_may_be_there_or_not() {
    let instance = ["/9000/4/1 i10", "/9000/4/10 i10", "/9000/4/19 i10"];
    let resource = ["/9000/4/100/1 i10", "/9000/4/100/2 i10", "/9000/4/100/3 i10"];
    for (target, bytes, values) in [
        ("/9000/4", "c1010ac10a0ac1130a", instance),
        ("/9000/4", "080409c1010ac10a0ac1130a", instance),
        ("/9000", "080409c1010ac10a0ac1130a", instance),
        ("/9000/4/100", "41010a41020a41030a", resource),
        ("/9000/4/100", "88640941010a41020a41030a", resource),
        ("/9000/4/100", "08040c88640941010a41020a41030a", resource),
    ] {
        assert_eq!(read(TLV, path(target), &hex(bytes)).unwrap(), values, "{target} {bytes}");
    }
    let found = read(TLV, path("/9000/4"), &hex("0605c1010ac10a0a"));
    assert_eq!(found, Err(DecodeErrorKind::OutsideTarget));
    let found = read(TLV, path("/9000/4"), &hex("0604c1010ac10a0a"));
    assert_eq!(found.unwrap(), ["/9000/4/1 i10", "/9000/4/10 i10"]);
}

#[test]
fn create_takes_resources_without_an_instance() {
    let bytes = hex("c1010ac10a0a");
    let found = read(TLV, Target::create(9000), &bytes).unwrap();
    assert_eq!(found, ["/9000/65535/1 i10", "/9000/65535/10 i10"]);
    assert_eq!(read(TLV, path("/9000"), &bytes), Err(DecodeErrorKind::OutsideTarget));
    let found = read(TLV, Target::create(9000), &hex("0305c1010a"));
    assert_eq!(found.unwrap(), ["/9000/5/1 i10"]);
    assert_eq!(read(TLV, Target::create(9000), &hex("0005")).unwrap(), ["/9000/5 -"]);
    // And writes them so.
    let item = Item::value(Path::resource(9000, Path::UNASSIGNED, 1), Value::Integer(10));
    assert_eq!(written(TLV, Target::create(9000), &[item]), Ok(hex("c1010a")));
}

#[test]
fn what_is_malformed() {
    use DecodeErrorKind::*;
    for (target, bytes, kind) in [
        ("/3/4", "0305c1010a", OutsideTarget),
        ("/3", "23ffffc1010a", ReservedId),
        ("/3/0/6", "61ffff0a", ReservedId),
        ("/3/0", "e1ffff0a", ReservedId),
        ("/3/0", "e7", Truncated),
        ("/3/0", "f801020186", Truncated),
        ("/3/0", "0011223344556677889900", OutsideTarget),
        ("/3", "0011223344556677889900", Truncated),
        ("/", "c1010a", FormatLevel),
        ("/3", "c1010a", OutsideTarget),
        ("/3/0/1", "c1020a", OutsideTarget),
        ("/3/0/6", "41010ac1020a", OutsideTarget),
        ("/3/0/6/1", "41020a", OutsideTarget),
        ("/3/0/6/1", "c1060a", Nesting),
        // An instance in an instance, a resource in a multiple resource, an array in an array.
        ("/3", "020001", Truncated),
        ("/3", "02000000", Nesting),
        ("/3/0", "8306c1010a", Nesting),
        ("/3/0", "82068000", Nesting),
        ("/3/0", "41010a", Nesting),
        // A value that ends behind its container.
        ("/3/0", "82064101", Truncated),
    ] {
        let found = crate::format::testing::error(TLV, path(target).into(), &hex(bytes));
        assert_eq!(found.map(|e| e.kind), Some(kind), "{target} {bytes}");
    }
}

#[test]
fn appendix_c_widths() {
    let wrong = [
        (1, "0001020304050607ff"),
        (1, "000102"),
        (1, ""),
        (2, "000102"),
        (3, "00"),
        (3, "0001"),
        (4, "02"),
        (4, ""),
        (4, "0001"),
        (6, "000000"),
        (7, "000000"),
        (7, "0000000000000000"),
    ];
    for (data_type, bytes) in wrong {
        let bytes = hex(bytes);
        let found = decoded(&bytes, TYPES[data_type]);
        assert_eq!(found, Err(DecodeErrorKind::WrongType), "{data_type} {bytes:?}");
    }
    for (data_type, bytes, value) in [
        (1, "ff", "i-1"),
        (1, "00ff", "i255"),
        (1, "000000ff", "i255"),
        (1, "8000000000000000", "i-9223372036854775808"),
        (2, "ff", "u255"),
        (2, "ffff", "u65535"),
        (2, "ffffffff", "u4294967295"),
        (2, "ffffffffffffffff", "u18446744073709551615"),
        (3, "3f800000", "f1"),
        (3, "3ff8000000000000", "f1.5"),
        (4, "01", "b1"),
        (5, "", "x"),
        (6, "ff", "t-1"),
        (7, "0042ffff", "l66:65535"),
    ] {
        let bytes = hex(bytes);
        assert_eq!(show(&decoded(&bytes, TYPES[data_type]).unwrap()), value);
    }
    assert_eq!(decoded(b"\xff", TYPES[0]), Err(DecodeErrorKind::Utf8));
}

#[test]
fn a_guess_without_a_model() {
    for (bytes, value) in
        [("55", "sU"), ("", "s"), ("00", "i0"), ("ffff", "i-1"), ("000102", "x000102")]
    {
        assert_eq!(show(&super::infer(&hex(bytes))), value);
    }
}

#[test]
fn written_as_the_example() {
    let items = [
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
    ]
    .map(|(r, ri, value)| {
        let path = Path::resource(3, 0, r);
        Item::value(ri.map_or(path, |ri| path.child(ri).unwrap()), value)
    });
    assert_eq!(written(TLV, path("/3/0").into(), &items), Ok(hex(DEVICE)));
    let mut wrapped = hex("080079");
    wrapped.extend(hex(DEVICE));
    assert_eq!(written(TLV, path("/3").into(), &items), Ok(wrapped));
    assert_eq!(written(TLV, path("/3/0/6").into(), &items[4..6]), Ok(hex("8606410001410105")));
    assert_eq!(written(TLV, path("/3/0/6/1").into(), &items[5..6]), Ok(hex("410105")));
    assert_eq!(written(TLV, path("/3/0/9").into(), &items[10..11]), Ok(hex("c10964")));
    assert_eq!(written(TLV, path("/3/0/9").into(), &items), Err(WriteError::NotExpressible));
    assert_eq!(written(TLV, Path::ROOT.into(), &items), Err(WriteError::NotExpressible));
}

#[test]
fn empty_containers_are_written() {
    let items = [
        Item::empty(Path::instance(7000, 1)),
        Item::empty(Path::resource(7000, 2, 5)),
        Item::value(Path::resource_instance(7000, 2, 6, 0), Value::Integer(1)),
        Item::empty(Path::resource(7000, 2, 7)),
        Item::empty(Path::instance(7000, 300)),
    ];
    let bytes = written(TLV, Path::object(7000).into(), &items).unwrap();
    assert_eq!(bytes, hex("000108020980058306410001800720012c"));
    let found = read(TLV, Path::object(7000), &bytes).unwrap();
    assert_eq!(found, ["/7000/1 -", "/7000/2/5 -", "/7000/2/6/0 i1", "/7000/2/7 -", "/7000/300 -"]);
}

/// The writer called itself without end.
#[test]
fn an_object_is_not_an_item() {
    for content in [Item::empty(Path::object(3)), Item::value(Path::object(3), Value::Integer(1))] {
        let found = written(TLV, Path::object(3).into(), &[content]);
        assert_eq!(found, Err(WriteError::NotExpressible));
    }
}

#[test]
fn lengths_of_16_and_24_bits() {
    let long = "x".repeat(70_000);
    for (len, header) in
        [(0xff, "c800ff"), (0x100, "d0000100"), (0xffff, "d000ffff"), (0x1_0000, "d800010000")]
    {
        let item = Item::value(Path::resource(9000, 0, 0), Value::string(&long[..len]));
        let bytes = written(TLV, Path::instance(9000, 0).into(), &[item]).unwrap();
        assert!(bytes.starts_with(&hex(header)));
        let found = read(TLV, Path::instance(9000, 0), &bytes).unwrap();
        assert_eq!(found[0].len(), len + "/9000/0/0 s".len());
    }
}

proptest! {
    #[test]
    fn round_trip(tree in any_tree()) {
        let target = Target::from(Path::object(9000));
        let bytes = written(TLV, target, &items(&tree)).unwrap();
        prop_assert_eq!(read(TLV, target, &bytes), Ok(shown(&tree)));
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
            survive(TLV, target, &bytes[..end]);
        }
    }

    /// As [`round_trip`], of one instance.
    #[test]
    fn round_trip_of_an_instance(tree in any_tree()) {
        let Some(instance) = tree.first().and_then(|(path, _)| path.instance_id()) else {
            return Ok(());
        };
        let target = Path::instance(9000, instance);
        let tree: Vec<_> = tree.into_iter().filter(|(path, _)| path.starts_with(target)).collect();
        let bytes = written(TLV, target.into(), &items(&tree)).unwrap();
        prop_assert_eq!(read(TLV, target, &bytes), Ok(shown(&tree)));
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80), target in 0usize..6) {
        let targets =
            ["/", "/3", "/3/0", "/3/0/6", "/3/0/6/1", "/9000"].map(|text| Target::from(path(text)));
        survive(TLV, targets[target], &bytes);
        survive(TLV, Target::create(3), &bytes);
    }

    /// Bytes with sound headers get deeper than random ones.
    #[test]
    fn any_nesting(heads in proptest::collection::vec((0u8..4, 0u8..4, 0u8..8), 0..30)) {
        let bytes: Vec<u8> = heads.iter().flat_map(|(k, id, len)| [k << 6 | len, *id]).collect();
        for text in ["/1", "/1/0", "/1/0/2", "/1/0/2/3"] {
            survive(TLV, path(text).into(), &bytes);
        }
    }
}
