//! Vectors, what is refused, and properties.

use std::string::{String, ToString};
use std::vec::Vec;

use coap_core::ContentFormat;
use proptest::prelude::*;

use crate::error::{DecodeErrorKind, WriteError};
use crate::format::testing::*;
use crate::format::{Item, Target};
use crate::path::Path;
use crate::value::{DataType, ObjectLink, Value};

const FORMAT: ContentFormat = ContentFormat::LWM2M_CBOR;

fn entries(target: &str, bytes: &str) -> Result<Vec<String>, DecodeErrorKind> {
    read(FORMAT, path(target), &hex(bytes))
}

/// The Device object of the example in TLV.
const DEVICE: &str = "a1820300ad00744f70656e204d6f62696c6520416c6c69616e636501764c69676874776569676874204d324d20436c69656e7402693334353030303132330363312e3006a20001010507a200190ed80119138808a200187d011903840918640a0f0ba100000d1a5182428f0e662b30323a3030106155";

#[test]
fn core_7_5_6_ways_to_say_the_same() {
    for (target, bytes, expected) in [
        ("/", "a1830d181a01182a", &["/13/26/1 i42"][..]),
        ("/", "bf9f0d181a01ff182aff", &["/13/26/1 i42"]),
        ("/13", "a10da1181aa101182a", &["/13/26/1 i42"]),
        ("/13/26", "a1810da181181aa18101182a", &["/13/26/1 i42"]),
        ("/13/26/1", "bf9f0dffbf9f181affbf9f01ff182affffff", &["/13/26/1 i42"]),
        ("/", "bf830d181a01182aff", &["/13/26/1 i42"]),
        ("/", "a1820d181aa201182a0215", &["/13/26/1 i42", "/13/26/2 i21"]),
        ("/", "bf820d181abf01182a0215ffff", &["/13/26/1 i42", "/13/26/2 i21"]),
        ("/", "a2830d181a01182a830d181a0215", &["/13/26/1 i42", "/13/26/2 i21"]),
        ("/", "a2820d181aa101182a830d181a0215", &["/13/26/1 i42", "/13/26/2 i21"]),
        ("/", "a20da1181aa101010ea1181ba10202", &["/13/26/1 i1", "/14/27/2 i2"]),
        ("/3/0/0", "a1830300006161", &["/3/0/0 sa"]),
        ("/3/0/0", "a103a100a1006161", &["/3/0/0 sa"]),
        ("/3/0/6", "a183030006a200010105", &["/3/0/6/0 i1", "/3/0/6/1 i5"]),
        (
            "/",
            "a2820300a2006161091864830100011a00015180",
            &["/3/0/0 sa", "/3/0/9 i100", "/1/0/1 i86400"],
        ),
        ("/", "a0", &[]),
        ("/3", "bfff", &[]),
        ("/3", "a103a100a0", &["/3/0 -"]),
        ("/3/0/6", "a183030006bfff", &["/3/0/6 -"]),
    ] {
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(entries(target, bytes), Ok(expected), "{bytes}");
    }
}

#[test]
fn the_device_of_the_tlv_example_comes_and_goes() {
    let found = entries("/3/0", DEVICE).unwrap();
    assert_eq!(found.len(), 16);
    assert!(found.contains(&"/3/0/7/1 i5000".to_string()), "{found:?}");
    assert!(found.contains(&"/3/0/13 t1367491215".to_string()), "{found:?}");
    assert!(found.contains(&"/3/0/11/0 i0".to_string()), "{found:?}");
    let number = |path: Path, n| Item::value(path, Value::Integer(n));
    let text = |id, text| Item::value(Path::resource(3, 0, id), Value::string(text));
    let (one, many) =
        (|id| Path::resource(3, 0, id), |id, at| Path::resource_instance(3, 0, id, at));
    let device = [
        text(0, "Open Mobile Alliance"),
        text(1, "Lightweight M2M Client"),
        text(2, "345000123"),
        text(3, "1.0"),
        number(many(6, 0), 1),
        number(many(6, 1), 5),
        number(many(7, 0), 3800),
        number(many(7, 1), 5000),
        number(many(8, 0), 125),
        number(many(8, 1), 900),
        number(one(9), 100),
        number(one(10), 15),
        number(many(11, 0), 0),
        Item::value(one(13), Value::Time(1_367_491_215)),
        text(14, "+02:00"),
        text(16, "U"),
    ];
    // The example has maps that tell how long they are, and one for the one error code.
    let mut other = DEVICE.replace("0ba10000", "820b0000").replace("a1820300ad", "a1820300bf");
    for map in ["06a200010105", "07a200190ed801191388", "08a200187d01190384"] {
        other = other.replace(map, &(map.replace("a2", "bf") + "ff"));
    }
    assert_eq!(written(FORMAT, path("/3/0").into(), &device), Ok(hex(&(other + "ff"))));
}

#[test]
fn values_in_the_types_of_their_resources() {
    use DataType::*;
    let decode = |bytes: &str, data_type| {
        let bytes = hex(&std::format!("a1830d181a01{bytes}"));
        let mut reader = crate::format::Reader::new(FORMAT, path("/13/26/1"), &bytes).unwrap();
        let entry = reader.next().unwrap().map_err(|e| e.kind)?;
        assert!(reader.next().is_none());
        let value = entry.content.value().unwrap();
        value.decode(data_type).map(|v| show(&v)).map_err(|e| e.kind)
    };
    for (bytes, data_type, expected) in [
        ("f5", Boolean, "b1"),
        ("c48220182d", Float, "f4.5"),
        ("f94100", Float, "f2.5"),
        ("20", Integer, "i-1"),
        ("4411223344", Opaque, "x11223344"),
        ("5f41114122ff", Opaque, "x1122"),
        ("6531323a3334", ObjectLink, "l12:34"),
        ("7f61616162ff", String, "sab"),
        ("c11a5182428f", Time, "t1367491215"),
        ("1a5182428f", Time, "t1367491215"),
        ("f6", None, "none"),
    ] {
        assert_eq!(decode(bytes, data_type).as_deref(), Ok(expected), "{bytes}");
    }
    assert_eq!(decode("61ff", String), Err(DecodeErrorKind::Utf8));
    assert_eq!(decode("f5", Integer), Err(DecodeErrorKind::WrongType));
}

#[test]
fn what_is_written_is_short_and_counted_only_where_it_is_known() {
    let integer = |at: &str, n| Item::value(path(at), Value::Integer(n));
    for (target, items, expected) in [
        ("/3/0/0", &[Item::value(path("/3/0/0"), Value::string("a"))][..], "a1830300006161"),
        ("/3/0/6", &[integer("/3/0/6/0", 1), integer("/3/0/6/1", 5)], "a183030006bf00010105ff"),
        (
            "/2/5",
            &[
                integer("/2/5/0", 5),
                integer("/2/5/1", 0),
                integer("/2/5/2/102", 0),
                integer("/2/5/3", 101),
            ],
            "a1820205bf000501008202186600031865ff",
        ),
        (
            "/1",
            &[integer("/1/0/0", 101), integer("/1/0/1", 9), integer("/1/1/0", 102)],
            "bf820100bf0018650109ff830101001866ff",
        ),
        (
            "/",
            &[integer("/1/0/1", 86400), integer("/3/0/9", 100)],
            "bf830100011a00015180830300091864ff",
        ),
        ("/3", &[], "a0"),
        ("/", &[Item::empty(path("/3"))], "a103a0"),
        (
            "/",
            &[integer("/3/0/6/0", 1), integer("/3/0/6/1", 5), integer("/3/0/9", 1)],
            "bf820300bf06bf00010105ff0901ffff",
        ),
        ("/3", &[Item::empty(path("/3/0")), Item::empty(path("/3/1"))], "bf820300a0820301a0ff"),
        ("/3", &[Item::empty(path("/3/0")), integer("/3/0/9", 1)], "a18303000901"),
        ("/3/0/6", &[Item::empty(path("/3/0/6"))], "a183030006a0"),
    ] {
        let found = written(FORMAT, path(target).into(), items);
        assert_eq!(found, Ok(hex(expected)), "{target} {items:?}");
    }
    let link = Item::value(path("/2/0/2"), Value::ObjectLink(ObjectLink::new(66, 0)));
    assert_eq!(written(FORMAT, path("/2/0/2").into(), &[link]), Ok(hex("a1830200026436363a30")));
    for items in [
        &[integer("/4/0/0", 1)][..],
        &[Item::value(path("/3/0"), Value::Integer(1))],
        &[Item::empty(Path::ROOT)],
        &[integer("/3/0/1", 1), integer("/3/0/1", 2)],
        &[integer("/3/0/6/0", 1), integer("/3/0/6", 2)],
        &[integer("/3/0/6", 1), integer("/3/0/6/0", 2)],
    ] {
        let found = written(FORMAT, path("/3").into(), items);
        assert_eq!(found, Err(WriteError::NotExpressible), "{items:?}");
    }
}

#[test]
fn created_without_an_id() {
    let bytes = hex("a1820219ffffa4000501008202186600031865");
    let target = Target::create(2);
    let found = read(FORMAT, target, &bytes).unwrap();
    assert_eq!(found[0], "/2/65535/0 i5");
    assert_eq!(found.len(), 4);
    assert_eq!(read(FORMAT, path("/2"), &bytes), Err(DecodeErrorKind::ReservedId));
}

#[test]
fn behind_a_gateway_the_prefix_must_be_the_devices() {
    let target = |prefix| Target::from(path("/3/0/9")).with_prefix(prefix);
    for bytes in ["a1846364303103000901", "a163643031a18303000901", "a18303000901"] {
        let found = read(FORMAT, target("/d01"), &hex(bytes));
        assert_eq!(found, Ok(std::vec!["/3/0/9 i1".to_string()]), "{bytes}");
    }
    let named = hex("a1846364303103000901");
    for prefix in ["", "/d02", "/d0", "/d011"] {
        let found = read(FORMAT, target(prefix), &named);
        assert_eq!(found, Err(DecodeErrorKind::OutsideTarget), "{prefix}");
    }
    assert_eq!(
        read(FORMAT, target("/d01"), &hex("a18403636430310009 01".replace(' ', "").as_str())),
        Err(DecodeErrorKind::Syntax)
    );
}

#[test]
fn each_rule_has_its_error() {
    use DecodeErrorKind::*;
    for (target, bytes, expected) in [
        ("/", "", Truncated),
        ("/", "80", Syntax),
        ("/", "f6", Syntax),
        ("/", "a1", Truncated),
        ("/", "bf", Truncated),
        ("/", "a18003", Syntax),
        ("/", "a19fff01", Syntax),
        ("/", "a1f9400001", Syntax),
        ("/", "a12001", Syntax),
        ("/", "a1826161016101", OutsideTarget),
        ("/", "a11a0001000001", ReservedId),
        ("/", "a119ffff01", ReservedId),
        ("/", "a1850102030405 01", Nesting),
        ("/", "a101a102a103a104a10501", Nesting),
        ("/", "a10101", Nesting),
        ("/", "a182010201", Nesting),
        ("/", "a1840102030 4a0", Nesting),
        ("/", "a1830102038101", WrongType),
        ("/", "a183010203d90123 01", WrongType),
        ("/", "a1830102031c", Syntax),
        ("/", "a183010203ff", Syntax),
        ("/", "a18301020301 00", TrailingBytes),
        ("/", "a0a0", TrailingBytes),
        ("/3/0", "a183030109 01", OutsideTarget),
        ("/3/0", "a104a0", OutsideTarget),
        ("/3/0/6/1", "a183030006 01", OutsideTarget),
        ("/", "a2830102030183010204", Truncated),
        ("/", "bb00ffffffffffffff830102030 1", Truncated),
    ] {
        let found = entries(target, &bytes.replace(' ', ""));
        assert_eq!(found, Err(expected), "{target} {bytes}");
    }
}

/// Maps that are entered and left quickly are counted as the others are.
#[test]
fn prefixes_within_one_another_are_too_deep() {
    let target = Target::from(Path::object(3)).with_prefix("/d");
    let deep = |prefixes: usize| hex(&("a16164".repeat(prefixes) + "a103a100a106a10005"));
    assert_eq!(read(FORMAT, target, &deep(1)), Ok(std::vec!["/3/0/6/0 i5".into()]));
    assert_eq!(read(FORMAT, target, &deep(2)), Err(DecodeErrorKind::Nesting));
}

proptest! {
    #[test]
    fn round_trip(tree in any_tree()) {
        let target = Target::from(Path::object(9000));
        let bytes = written(FORMAT, target, &items(&tree)).unwrap();
        prop_assert_eq!(read(FORMAT, target, &bytes), Ok(shown(&tree)));
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 64) {
            survive(FORMAT, target, &bytes[..end]);
            prop_assert!(error(FORMAT, target, &bytes[..end]).is_some());
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
        let bytes = written(FORMAT, target.into(), &items(&tree)).unwrap();
        prop_assert_eq!(read(FORMAT, target, &bytes), Ok(shown(&tree)));
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..80), target in 0usize..6) {
        let targets =
            ["/", "/3", "/3/0", "/3/0/6", "/3/0/6/1", "/9000"].map(|text| Target::from(path(text)));
        survive(FORMAT, targets[target], &bytes);
        survive(FORMAT, Target::create(3), &bytes);
    }

    /// Sound heads get deeper than random bytes.
    #[test]
    fn any_nesting(heads in proptest::collection::vec((0u8..8, 0u8..4), 0..40)) {
        let bytes: Vec<u8> = heads.iter().map(|(major, n)| major << 5 | n).collect();
        survive(FORMAT, Path::ROOT.into(), &bytes);
        let indefinite: Vec<u8> =
            heads.iter().map(|(major, n)| major << 5 | if *n == 3 { 31 } else { *n }).collect();
        survive(FORMAT, Path::ROOT.into(), &indefinite);
    }
}
