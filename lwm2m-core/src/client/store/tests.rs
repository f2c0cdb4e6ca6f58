//! Each operation, done right and done wrong in each way (Core 6.3; Transport 6.4).

use super::*;
use crate::object::{ObjectVersion, Operations};
use crate::{Range, ResourceDefinition as Row};
use coap_core::ContentFormat as F;
use std::string::String;
use std::vec::Vec;

const PERCENT: Range = Range::new(0, 100).unwrap();

/// An object with a resource of each sort.
static THING: ObjectDefinition<'static> = ObjectDefinition {
    id: 32769,
    version: ObjectVersion::DEFAULT,
    multiple: true,
    mandatory: false,
    resources: &[
        Row::new(0, Operations::RW, DataType::Integer).mandatory(),
        Row::new(1, Operations::RW, DataType::Integer).within(PERCENT),
        Row::new(2, Operations::R, DataType::String),
        Row::new(3, Operations::W, DataType::String),
        Row::new(4, Operations::E, DataType::None),
        Row::new(5, Operations::RW, DataType::String).multiple(),
        Row::new(6, Operations::R, DataType::Integer).multiple(),
        Row::new(7, Operations::RW, DataType::ObjectLink),
        Row::new(8, Operations::RW, DataType::Opaque),
    ],
};
const T: u16 = THING.id;

fn path(text: &str) -> Path {
    Path::parse(&text.replace("/t", "/32769")).unwrap()
}

fn limits(values: u16, text: u32) -> Limits {
    Limits { values, text, ..Limits::SMALL }
}

/// /t/0 with everything, /t/1 with what is mandatory; a Server, a Device.
fn store_with(limits: &Limits) -> Store {
    let mut s = Store::empty();
    s.open(limits, &[&THING], &mut m2m_base::container::Reservation::new());
    for instance in ["/0/0", "/1/0", "/3/0", "/t/0", "/t/1"] {
        s.add_instance(path(instance)).unwrap();
    }
    for (at, value) in [
        ("/1/0/0", Value::Integer(101)),
        ("/1/0/1", Value::Integer(86400)),
        ("/t/0/0", Value::Integer(-5)),
        ("/t/0/1", Value::Integer(50)),
        ("/t/0/2", Value::string("read only")),
        ("/t/0/3", Value::string("secret")),
        ("/t/0/5/0", Value::string("null")),
        ("/t/0/5/3", Value::string("three, and more than seven")),
        ("/t/0/6/1", Value::Integer(1)),
        ("/t/1/0", Value::Integer(1)),
    ] {
        s.set(path(at), &value).unwrap();
    }
    s.add_resource(path("/t/0/4")).unwrap();
    s
}

fn store() -> Store {
    store_with(&limits(60, 200))
}

/// Everything that is there, as text.
fn picture(s: &Store) -> Vec<String> {
    let node = |p: Path| std::format!("{p}={:?}", s.get(p));
    s.paths(Path::ROOT).map(node).collect()
}

const WRITER: Writer = Writer { account: 0, ssid: None };

fn write(s: &mut Store, mode: Mode, at: &str, format: F, bytes: &[u8]) -> Result<Path, Code> {
    s.write(mode, path(at), Payload { format, prefix: "", bytes }, WRITER)
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
    let byte = |d: &[u8]| u8::from_str_radix(std::str::from_utf8(d).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

const TEXT: F = F::TEXT;
const TLV: F = F::LWM2M_TLV;

#[test]
fn core_6_3_3_what_is_wrong_with_a_write_changes_nothing() {
    use Mode::{Replace, Update};
    let (bad, absent) = (Code::BAD_REQUEST, Code::NOT_FOUND);
    let (not_allowed, format) = (Code::METHOD_NOT_ALLOWED, Code::UNSUPPORTED_CONTENT_FORMAT);
    for (mode, at, content_format, bytes, code) in [
        (Replace, "/", TEXT, &b"1"[..], not_allowed),
        (Replace, "/t", TLV, b"", not_allowed),
        (Replace, "/9999", TEXT, b"1", absent),
        (Replace, "/9999/0", TLV, b"", absent),
        (Replace, "/t/9", TLV, b"", absent),
        (Replace, "/t/9/0", TEXT, b"1", absent),
        (Replace, "/t/0/99", TEXT, b"1", absent),
        (Replace, "/t/0/99/0", TEXT, b"1", absent),
        (Replace, "/t/0/2", TEXT, b"x", not_allowed),
        (Replace, "/t/0/4", TEXT, b"", not_allowed),
        (Replace, "/t/0/6", TLV, b"", not_allowed),
        (Replace, "/t/0/6/1", TEXT, b"2", not_allowed),
        (Replace, "/t/0/0/1", TEXT, b"2", not_allowed),
        (Update, "/t/0/0", TEXT, b"2", not_allowed),
        (Update, "/t/0/5/0", TEXT, b"2", not_allowed),
        (Replace, "/t/0/0", TEXT, b"x", bad),
        (Replace, "/t/0/0", TEXT, b"", bad),
        (Replace, "/t/0/0", TLV, b"", bad),
        (Replace, "/t/0/0", TLV, &hex("c10501"), bad),
        (Replace, "/t/0/0", TLV, &hex("c100"), bad),
        (Replace, "/t/0/0", TLV, &hex("c30000 0000"), bad),
        (Replace, "/t/0/0", TLV, &hex("c10001 c10002"), bad),
        (Replace, "/t/0/1", TEXT, b"101", bad),
        (Replace, "/t/0/7", TEXT, b"32769:9", bad),
        (Replace, "/t/0/7", TEXT, b"9999:65535", bad),
        (Replace, "/t/0/7", TEXT, b"x", bad),
        (Replace, "/t/0/5", TEXT, b"x", bad),
        (Replace, "/t/0/0", F::LINK_FORMAT, b"x", format),
        (Replace, "/t/0/0", F(9999), b"x", format),
        (Replace, "/t/0", TEXT, b"x", format),
        (Replace, "/t/0", TLV, &hex("c10001 c10200"), not_allowed),
        (Replace, "/t/0", TLV, &hex("c10001 c0 04"), not_allowed),
        (Replace, "/t/0", TLV, &hex("c10001 c10164 c10165"), bad),
        (Replace, "/t/0", TLV, &hex("c10001 c10165"), bad),
        (Replace, "/t/0", TLV, &hex("c10001 c30161"), bad),
        (Update, "/t/0", TLV, &hex("c10001 c10561"), bad),
        (Update, "/t/0", TLV, &hex("c10001 8300410001"), bad),
    ] {
        let mut s = store();
        let before = picture(&s);
        let result = write(&mut s, mode, at, content_format, bytes);
        assert_eq!(result, Err(code), "{mode:?} {at} {content_format:?} {bytes:x?}");
        assert_eq!(picture(&s), before, "{mode:?} {at} {bytes:x?}");
        assert_eq!(s.take_deed(), None);
    }
}

fn deeds(s: &mut Store) -> Vec<(Deed, Path)> {
    std::iter::from_fn(|| s.take_deed()).map(|(_, deed, path)| (deed, path)).collect()
}

#[test]
fn core_6_3_3_single_values() {
    let mut s = store();
    for (at, format, bytes, value) in [
        ("/t/0/0", TEXT, &b"-7"[..], Value::Integer(-7)),
        ("/t/0/0", TLV, &hex("c10007"), Value::Integer(7)),
        ("/t/0/0", F::CBOR, &hex("3863"), Value::Integer(-100)),
        ("/t/0/3", TEXT, b"", Value::string("")),
        ("/t/0/3", TEXT, b"a longer text", Value::string("a longer text")),
        ("/t/0/5/0", TEXT, b"x", Value::string("x")),
        ("/t/0/5/9", TEXT, b"new", Value::string("new")),
        ("/t/0/7", TEXT, b"32769:1", Value::ObjectLink(ObjectLink { object: T, instance: 1 })),
        ("/t/0/7", TEXT, b"3:65535", Value::ObjectLink(ObjectLink { object: 3, instance: 65535 })),
        ("/t/0/7", TEXT, b"65535:65535", Value::ObjectLink(ObjectLink::NULL)),
        ("/t/0/8", F::OCTET_STREAM, &[0; 9], Value::opaque(&[0; 9])),
        ("/t/1/8", F::OCTET_STREAM, &[1], Value::opaque(&[1])),
    ] {
        assert_eq!(write(&mut s, Mode::Replace, at, format, bytes), Ok(path(at)), "{at}");
        assert_eq!(s.get(path(at)), Some(value), "{at}");
        assert_eq!(deeds(&mut s), [(Deed::Written, path(at))]);
    }
}

#[test]
fn core_6_3_3_replace_of_an_instance_removes_what_is_optional_and_not_named() {
    let mut s = store();
    // 1 = 42, 5 = {7: "z"}, 99 = unknown, optional
    let bytes = hex("c1012a 8305 41077a c16301");
    assert_eq!(write(&mut s, Mode::Replace, "/t/0", TLV, &bytes), Ok(path("/t/0")));
    let names: Vec<_> = s.paths(path("/t/0")).collect();
    // 0 is mandatory, 2 and 6 are not a server's to write, 4 is executed.
    let expected = ["", "/0", "/1", "/2", "/4", "/5", "/5/7", "/6", "/6/1"];
    assert_eq!(names, expected.map(|rest| path(&std::format!("/t/0{rest}"))));
    assert_eq!(s.get(path("/t/0/1")), Some(Value::Integer(42)));
    assert_eq!(s.get(path("/t/0/5/7")), Some(Value::string("z")));
    let written = [path("/t/0"), path("/t/0/1"), path("/t/0/5/7")];
    assert_eq!(deeds(&mut s), written.map(|p| (Deed::Written, p)));
}

#[test]
fn core_6_3_3_update_of_an_instance_removes_nothing() {
    let mut s = store();
    let before = picture(&s).len();
    let bytes = hex("c1012a 8305 41077a");
    assert_eq!(write(&mut s, Mode::Update, "/t/0", TLV, &bytes), Ok(path("/t/0")));
    assert_eq!(picture(&s).len(), before + 1);
    assert_eq!(s.get(path("/t/0/5/3")), Some(Value::string("three, and more than seven")));
    assert_eq!(deeds(&mut s), [(Deed::Written, path("/t/0/1")), (Deed::Written, path("/t/0/5/7"))]);
}

#[test]
fn core_6_3_3_arrays() {
    let array = |s: &Store| s.paths(path("/t/0/5")).skip(1).collect::<Vec<_>>();
    let mut s = store();
    let bytes = hex("8605 410078 410179");
    assert_eq!(write(&mut s, Mode::Update, "/t/0/5", TLV, &bytes), Ok(path("/t/0/5")));
    assert_eq!(array(&s), ["/t/0/5/0", "/t/0/5/1", "/t/0/5/3"].map(path));
    assert_eq!(write(&mut s, Mode::Replace, "/t/0/5", TLV, &bytes), Ok(path("/t/0/5")));
    assert_eq!(array(&s), ["/t/0/5/0", "/t/0/5/1"].map(path));
    assert_eq!(write(&mut s, Mode::Replace, "/t/0/5", TLV, &hex("8005")), Ok(path("/t/0/5")));
    assert_eq!(array(&s), []);
    assert!(s.contains(path("/t/0/5")));
    // An array that was not there.
    assert_eq!(write(&mut s, Mode::Replace, "/t/1/5/4", TEXT, b"x"), Ok(path("/t/1/5/4")));
    assert_eq!(s.dimension(path("/t/1/5")), 1);
}

#[test]
fn core_6_3_5_create() {
    let (bad, not_allowed) = (Code::BAD_REQUEST, Code::METHOD_NOT_ALLOWED);
    for (at, format, bytes, expected) in [
        // Without an instance ID: the lowest that is free.
        ("/t", TLV, &hex("c10001")[..], Ok("/t/2")),
        ("/t", TLV, &hex("0805 03 c10001"), Ok("/t/5")),
        ("/t", TLV, &hex("080703 c10001 080603 c10001"), Ok("/t/7")),
        // What only the client writes is ignored, so is what nobody knows.
        ("/t", TLV, &hex("c10001 c10261 c16301"), Ok("/t/2")),
        // What is mandatory is missing; the instance is there; a value is wrong.
        ("/t", TLV, b"", Err(bad)),
        ("/t", TLV, &hex("c10101"), Err(bad)),
        ("/t", TLV, &hex("080003 c10001"), Err(bad)),
        ("/t", TLV, &hex("080503 c10001 080003 c10001"), Err(bad)),
        ("/t", TLV, &hex("080503 c10001 080603 c10165"), Err(bad)),
        ("/t", TEXT, b"1", Err(Code::UNSUPPORTED_CONTENT_FORMAT)),
        ("/9999", TLV, &hex("c10001"), Err(Code::NOT_FOUND)),
        ("/1", TLV, &hex("c10001"), Err(not_allowed)),
        ("/3", TLV, &hex("c10001"), Err(not_allowed)),
        ("/t/0", TLV, &hex("c10001"), Err(not_allowed)),
        ("/", TLV, &hex("c10001"), Err(not_allowed)),
    ] {
        let mut s = store();
        let before = picture(&s);
        let result = write(&mut s, Mode::Create, at, format, bytes);
        assert_eq!(result, expected.map(path), "{at} {bytes:x?}");
        match expected {
            Ok(made) => {
                assert_eq!(s.get(path(&std::format!("{made}/0"))), Some(Value::Integer(1)));
                let (deed, _) = deeds(&mut s)[0];
                assert_eq!(deed, Deed::Created);
            }
            Err(_) => {
                assert_eq!(picture(&s), before);
                assert_eq!(s.take_deed(), None);
            }
        }
    }
}

#[test]
fn core_6_3_6_delete() {
    let not_allowed = Code::METHOD_NOT_ALLOWED;
    for (at, expected) in [
        ("/", Err(not_allowed)),
        ("/t", Err(not_allowed)),
        ("/3/0", Err(not_allowed)),
        ("/1/0", Err(not_allowed)),
        ("/t/0/1", Err(not_allowed)),
        ("/t/0/5", Err(not_allowed)),
        ("/t/0/6/1", Err(not_allowed)),
        ("/t/0/1/0", Err(not_allowed)),
        ("/t/9", Err(Code::NOT_FOUND)),
        ("/t/0/5/9", Err(Code::NOT_FOUND)),
        ("/t/0", Ok(())),
        ("/t/0/5/3", Ok(())),
    ] {
        let mut s = store();
        assert_eq!(s.delete(path(at), 3), expected, "{at}");
        assert!(expected.is_err() || !s.contains(path(at)), "{at}");
        let told = if expected.is_ok() { Some((3, Deed::Deleted, path(at))) } else { None };
        assert_eq!(s.take_deed(), told);
        assert_eq!(s.take_deed(), None);
    }
}

#[test]
fn core_6_3_1_what_can_be_read() {
    let (absent, not_allowed) = (Code::NOT_FOUND, Code::METHOD_NOT_ALLOWED);
    let s = store();
    for (at, expected) in [
        ("/", Err(not_allowed)),
        ("/t", Ok(())),
        ("/t/0", Ok(())),
        ("/t/0/0", Ok(())),
        ("/t/0/5", Ok(())),
        ("/t/0/5/3", Ok(())),
        ("/t/0/3", Err(not_allowed)),
        ("/t/0/4", Err(not_allowed)),
        ("/t/0/0/0", Err(not_allowed)),
        ("/9999", Err(absent)),
        ("/t/9", Err(absent)),
        ("/t/0/99", Err(absent)),
        ("/t/0/7", Err(absent)),
        ("/t/0/5/9", Err(absent)),
    ] {
        assert_eq!(s.check_read(path(at)), expected, "{at}");
    }
}

#[test]
fn reading_leaves_out_what_cannot_be_read() {
    let mut s = store();
    s.add_instance(path("/t/2")).unwrap();
    s.add_resource(path("/t/1/5")).unwrap();
    let shown = |at: &str| s.items(path(at), None).map(|item| item.path).collect::<Vec<_>>();
    let all = [
        "/t/0/0", "/t/0/1", "/t/0/2", "/t/0/5/0", "/t/0/5/3", "/t/0/6/1", "/t/1/0", "/t/1/5",
        "/t/2",
    ];
    assert_eq!(shown("/t"), all.map(path));
    assert_eq!(shown("/t/0"), all.map(path)[..6]);
    assert_eq!(shown("/t/0/5"), ["/t/0/5/0", "/t/0/5/3"].map(path));
    assert_eq!(shown("/t/0/5/3"), ["/t/0/5/3"].map(path));
    assert_eq!(shown("/t/1/5"), ["/t/1/5"].map(path));
    assert_eq!(shown("/t/2"), []);
}

#[test]
fn the_application_sets_what_the_object_has() {
    let mut s = store_with(&limits(60, 60));
    for (at, value, expected) in [
        ("/t/0/2", Value::string("read only"), Ok(false)),
        ("/t/0/2", Value::string("for the application"), Ok(true)),
        ("/t/0/6/8", Value::Integer(8), Ok(true)),
        ("/t/1/6/8", Value::Unsigned(8), Ok(true)),
        ("/t/0/0", Value::Unsigned(u64::MAX), Err(UsageError::WrongType)),
        ("/t/0/0", Value::string("1"), Err(UsageError::WrongType)),
        ("/t/0/4", Value::None, Err(UsageError::WrongType)),
        ("/t/0/1", Value::Integer(101), Err(UsageError::OutOfRange)),
        ("/t/0/5", Value::string("x"), Err(UsageError::UnknownPath)),
        ("/t/0/0/0", Value::Integer(1), Err(UsageError::UnknownPath)),
        ("/t/0", Value::Integer(1), Err(UsageError::UnknownPath)),
        ("/t/9/0", Value::Integer(1), Err(UsageError::UnknownPath)),
        ("/t/0/99", Value::Integer(1), Err(UsageError::UnknownPath)),
        ("/9999/0/0", Value::Integer(1), Err(UsageError::UnknownObject)),
        ("/t/0/3", Value::string("no room for so much text in here"), Err(UsageError::Full)),
    ] {
        let before = picture(&s);
        assert_eq!(s.set(path(at), &value), expected, "{at} {value:?}");
        if expected != Ok(true) {
            assert_eq!(picture(&s), before);
        }
    }
    assert_eq!(s.add_instance(path("/3/1")), Err(UsageError::NotAllowed));
    assert_eq!(s.add_instance(path("/3/0")), Err(UsageError::Exists));
    assert_eq!(s.add_resource(path("/t/0/0")), Err(UsageError::NotAllowed));
    assert_eq!(s.remove(path("/t/9")), Err(UsageError::UnknownPath));
    assert_eq!(s.remove(path("/t")), Err(UsageError::UnknownPath));
    assert_eq!(s.take_deed(), None, "what the application does it knows");
}

#[test]
fn a_full_table_refuses_and_changes_nothing() {
    let slots = picture(&store()).len();
    for (text, slots_more, mode, at, bytes, code) in [
        (200, 0, Mode::Create, "/t", "c10001", Code::INTERNAL_SERVER_ERROR),
        (200, 1, Mode::Create, "/t", "c10001", Code::INTERNAL_SERVER_ERROR),
        (200, 1, Mode::Update, "/t/0", "8605 41017a 41027a", Code::REQUEST_ENTITY_TOO_LARGE),
        (40, 9, Mode::Replace, "/t/0/3", "c80308 6161616161616161", Code::REQUEST_ENTITY_TOO_LARGE),
    ] {
        let mut s = store_with(&limits(u16::try_from(slots + slots_more).unwrap(), text));
        if text == 40 {
            s.set(path("/t/0/8"), &Value::opaque(&[9; 5])).unwrap();
        }
        let room = s.values.text_room();
        if text == 40 {
            s.set(path("/t/1/8"), &Value::opaque(&std::vec![1; room])).unwrap();
        }
        let before = picture(&s);
        assert_eq!(write(&mut s, mode, at, TLV, &hex(bytes)), Err(code));
        assert_eq!(picture(&s), before);
    }
    // What replaces a text has its room.
    let mut s = store_with(&limits(60, 35));
    let as_long = b"26 bytes, as the one was..";
    assert_eq!(write(&mut s, Mode::Replace, "/t/0/5/3", TEXT, as_long), Ok(path("/t/0/5/3")));
}

#[test]
fn deleted_and_created_again_is_told_in_that_order() {
    let mut s = store();
    s.delete(path("/t/0"), 1).unwrap();
    let made = write(&mut s, Mode::Create, "/t", TLV, &hex("c10001"));
    assert_eq!(made, Ok(path("/t/0")));
    // A write that fails leaves the note of the deletion.
    s.delete(path("/t/1"), 2).unwrap();
    assert!(write(&mut s, Mode::Create, "/t", TLV, &hex("c10101")).is_err());
    let told: Vec<_> = std::iter::from_fn(|| s.take_deed()).collect();
    assert_eq!(told[0], (1, Deed::Deleted, path("/t/0")));
    assert_eq!(told[1], (0, Deed::Created, path("/t/0")));
    assert_eq!(told[2], (2, Deed::Deleted, path("/t/1")));
    assert_eq!(told.len(), 3);
    assert!(s.values.slots().iter().all(|slot| slot.kind != Kind::Gone));
}
