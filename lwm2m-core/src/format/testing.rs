//! What the tests of the formats share.

use std::string::{String, ToString};
use std::vec::Vec;

use coap_core::ContentFormat;
use proptest::prelude::*;

use super::{Content, Item, Reader, Target, write};
use crate::error::{DecodeError, DecodeErrorKind, WriteError};
use crate::object::Registry;
use crate::path::{Level, Path};
use crate::value::{DataType, ObjectLink, Value};

pub(crate) fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len() / 2).map(|n| u8::from_str_radix(&text[n * 2..n * 2 + 2], 16).unwrap()).collect()
}

/// A value as short text, for tables: `i5`, `u5`, `f0.5`, `b1`, `sabc`, `xabcdef`, `t5`, `l66:0`.
pub(crate) fn show(value: &Value<'_>) -> String {
    match value {
        Value::None => "none".into(),
        Value::String(text) => std::format!("s{}", text.chars().collect::<String>()),
        Value::Integer(n) => std::format!("i{n}"),
        Value::Unsigned(n) => std::format!("u{n}"),
        Value::Float(n) => std::format!("f{n}"),
        Value::Boolean(b) => std::format!("b{}", u8::from(*b)),
        Value::Opaque(data) => {
            data.bytes().fold("x".into(), |out, byte| out + &std::format!("{byte:02x}"))
        }
        Value::Time(n) => std::format!("t{n}"),
        Value::ObjectLink(link) => std::format!("l{}:{}", link.object, link.instance),
        Value::CoreLink(text) => std::format!("c{}", text.chars().collect::<String>()),
    }
}

/// The type of a resource by the standard tables; of the resources of tests, by their ID:
/// `types[id]`.
pub(crate) fn type_of(path: Path) -> DataType {
    if path.object_id() == Some(9000) {
        return TYPES[usize::from(path.resource_id().unwrap()) % TYPES.len()];
    }
    Registry::standard().resource(path).map_or(DataType::Integer, |row| row.data_type)
}

pub(crate) const TYPES: [DataType; 9] = [
    DataType::String,
    DataType::Integer,
    DataType::Unsigned,
    DataType::Float,
    DataType::Boolean,
    DataType::Opaque,
    DataType::Time,
    DataType::ObjectLink,
    DataType::CoreLink,
];

/// Everything in a payload, as `"/3/0/9 i100"`; `-` is [`Content::Empty`].
pub(crate) fn read<'a>(
    format: ContentFormat,
    target: impl Into<Target<'a>>,
    bytes: &'a [u8],
) -> Result<Vec<String>, DecodeErrorKind> {
    let mut out = Vec::new();
    for entry in Reader::new(format, target, bytes).map_err(|e| e.kind)? {
        let entry = entry.map_err(|e| e.kind)?;
        let content = match entry.content {
            Content::Value(raw) => {
                assert!(raw.offset() <= bytes.len());
                show(&raw.decode(type_of(entry.path)).map_err(|e| e.kind)?)
            }
            Content::Empty => "-".to_string(),
            Content::Delete => "delete".to_string(),
        };
        out.push(std::format!("{} {content}", entry.path));
    }
    Ok(out)
}

pub(crate) fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

/// Writes, and checks that the length told beforehand and every window of it are right.
pub(crate) fn written(
    format: ContentFormat,
    target: Target<'_>,
    items: &[Item<'_>],
) -> Result<Vec<u8>, WriteError> {
    let mut out = Vec::new();
    let told = super::encoded_len(format, target, items.iter().copied());
    let result = write(format, target, items.iter().copied(), &mut out);
    assert_eq!(told, result.map(|()| out.len()));
    result?;
    for size in [16, 1000] {
        for from in (0..out.len().min(400)).step_by(size) {
            let mut block = std::vec![0; size];
            let mut window = m2m_base::Window::new(&mut block, from);
            write(format, target, items.iter().copied(), &mut window).unwrap();
            assert_eq!((window.total(), window.kept()), (out.len(), size.min(out.len() - from)));
            let kept = window.kept();
            assert_eq!(block[..kept], out[from..from + kept]);
        }
    }
    // A buffer may be filled in a way of its own: when there is room enough and when not.
    for spare in [0, 1, 7, 40] {
        let mut buf = std::vec![0; out.len() + 3 + spare];
        let mut sink = m2m_base::SliceSink::new(&mut buf);
        m2m_base::Sink::put(&mut sink, &[1, 2, 3]).unwrap();
        write(format, target, items.iter().copied(), &mut sink).unwrap();
        assert_eq!(sink.written(), [&[1, 2, 3], &out[..]].concat());
    }
    for len in (0..out.len()).rev().step_by(1 + out.len() / 50) {
        let mut buf = std::vec![0; len];
        let mut sink = m2m_base::SliceSink::new(&mut buf);
        let result = write(format, target, items.iter().copied(), &mut sink);
        assert_eq!(result, Err(WriteError::Full));
    }
    Ok(out)
}

/// A value that owns what it holds.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Owned {
    Text(String),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Bytes(Vec<u8>),
    Link(u16, u16),
}

impl Owned {
    pub(crate) fn value(&self, data_type: DataType) -> Value<'_> {
        match self {
            Owned::Text(text) if data_type == DataType::CoreLink => Value::core_link(text),
            Owned::Text(text) => Value::string(text),
            Owned::Integer(n) if data_type == DataType::Time => Value::Time(*n),
            Owned::Integer(n) => Value::Integer(*n),
            Owned::Unsigned(n) => Value::Unsigned(*n),
            Owned::Float(n) => Value::Float(*n),
            Owned::Boolean(b) => Value::Boolean(*b),
            Owned::Bytes(bytes) => Value::opaque(bytes),
            Owned::Link(o, i) => Value::ObjectLink(ObjectLink::new(*o, *i)),
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9 ]{0,12}",
        ".{0,20}",
        // Across the 8-bit and 16-bit lengths.
        (250usize..262).prop_map(|n| "x".repeat(n)),
    ]
}

pub(crate) fn any_value(data_type: DataType) -> BoxedStrategy<Owned> {
    match data_type {
        DataType::String | DataType::CoreLink => any_text().prop_map(Owned::Text).boxed(),
        DataType::Integer | DataType::Time => prop_oneof![
            any::<i64>(),
            any::<i8>().prop_map(i64::from),
            any::<i16>().prop_map(i64::from),
            any::<i32>().prop_map(i64::from),
        ]
        .prop_map(Owned::Integer)
        .boxed(),
        DataType::Unsigned => prop_oneof![
            any::<u64>(),
            any::<u8>().prop_map(u64::from),
            any::<u16>().prop_map(u64::from),
            any::<u32>().prop_map(u64::from),
        ]
        .prop_map(Owned::Unsigned)
        .boxed(),
        DataType::Float => prop_oneof![
            (proptest::num::f64::NORMAL | proptest::num::f64::ZERO),
            proptest::num::f32::NORMAL.prop_map(f64::from),
            (-1000i32..1000).prop_map(|n| f64::from(n) / 4.0),
        ]
        .prop_map(|n| Owned::Float(n + 0.0))
        .boxed(),
        DataType::Boolean => any::<bool>().prop_map(Owned::Boolean).boxed(),
        DataType::Opaque => {
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Owned::Bytes).boxed()
        }
        DataType::ObjectLink => any::<(u16, u16)>().prop_map(|(o, i)| Owned::Link(o, i)).boxed(),
        DataType::None => Just(Owned::Boolean(false)).boxed(),
    }
}

/// Part of a tree of the test object 9000, whose resources have the type `TYPES[id % 9]`: resource
/// IDs below 20 are single, others multiple. In path order, without empty containers.
pub(crate) fn any_tree() -> impl Strategy<Value = Vec<(Path, Owned)>> {
    let one = (0u16..3, 0u16..40, 0u16..400, 0u8..2).prop_flat_map(|(i, r, ri, far)| {
        // Some with IDs above 255.
        let i = i + u16::from(far) * 300;
        let path = if r < 20 {
            Path::resource(9000, i, r)
        } else {
            Path::resource_instance(9000, i, r * 9, ri)
        };
        any_value(type_of(path)).prop_map(move |value| (path, value))
    });
    proptest::collection::btree_map(0u8..200, one, 0..24).prop_map(|map| {
        let mut tree: std::collections::BTreeMap<Path, Owned> = map.into_values().collect();
        tree.retain(|path, _| path.level() >= Level::Resource);
        tree.into_iter().collect()
    })
}

pub(crate) fn items(tree: &[(Path, Owned)]) -> Vec<Item<'_>> {
    tree.iter().map(|(path, value)| Item::value(*path, value.value(type_of(*path)))).collect()
}

pub(crate) fn shown(tree: &[(Path, Owned)]) -> Vec<String> {
    tree.iter()
        .map(|(path, value)| std::format!("{path} {}", show(&value.value(type_of(*path)))))
        .collect()
}

/// Reads bytes that may be anything to the end, in every type: no panic, no endless loop.
pub(crate) fn survive(format: ContentFormat, target: Target<'_>, bytes: &[u8]) {
    let Ok(reader) = Reader::new(format, target, bytes) else { return };
    let mut entries = 0;
    for entry in reader {
        entries += 1;
        assert!(entries <= bytes.len() + 1, "more entries than bytes");
        let Ok(entry) = entry else { continue };
        assert!(entry.path.starts_with(target.path) || target.create);
        if let Content::Value(raw) = entry.content {
            for data_type in TYPES {
                if let Ok(value) = raw.decode(data_type) {
                    show(&value);
                }
            }
            show(&raw.infer());
        }
    }
}

/// The error that the reader gives, from opening to the last value.
pub(crate) fn error(
    format: ContentFormat,
    target: Target<'_>,
    bytes: &[u8],
) -> Option<DecodeError> {
    match Reader::new(format, target, bytes) {
        Ok(reader) => reader.map(Result::err).find_map(|e| e),
        Err(e) => Some(e),
    }
}
