//! All of a payload in one call, values in the types of their resources.

use coap_core::ContentFormat;

#[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
use super::lwm2m_cbor::LwM2mCborReader;
#[cfg(all(feature = "tlv", not(feature = "small")))]
use super::tlv::TlvReader;
use super::{Content, Entry, Item, ItemContent, RawValue, Reader, Target};
use crate::error::DecodeError;
use crate::path::Path;
use crate::value::{DataType, Value};

/// Reads a payload that came in a message about `target`, and hands its items over one by one.
///
/// `data_type` tells the type of the resource at or above a path; where it does not know, the best
/// guess is taken ([`RawValue::infer`](super::RawValue::infer)). What is to be removed (SenML ETCH)
/// comes as [`Value::None`].
///
/// It reads what [`Reader`] reads. As the loop is in here, TLV takes half of the instructions and
/// LwM2M CBOR three quarters; with a `Reader` the caller can stop and go on, and look at a value
/// before its type is known.
///
/// # Errors
/// As [`Reader::new`] and its items have, of [`RawValue::decode`](super::RawValue::decode), and of
/// `take`. What was handed over before was well-formed.
///
/// ```
/// # #[cfg(feature = "tlv")] {
/// use coap_core::ContentFormat;
/// use lwm2m_core::format::{Item, read};
/// use lwm2m_core::{DecodeError, Path, Value, object};
///
/// let mut found = Vec::new();
/// let payload = [0xc3, 3, b'1', b'.', b'0', 0xc1, 9, 100];
/// let model = |path: Path| Some(object::DEVICE.resource(path.resource_id()?)?.data_type);
/// read(ContentFormat::LWM2M_TLV, Path::instance(3, 0), &payload, model, |item| {
///     found.push(item);
///     Ok::<_, DecodeError>(())
/// })?;
/// let (version, battery) = (Path::resource(3, 0, 3), Path::resource(3, 0, 9));
/// assert_eq!(found[0], Item::value(version, Value::string("1.0")));
/// assert_eq!(found[1], Item::value(battery, Value::Integer(100)));
/// # }
/// # Ok::<(), lwm2m_core::DecodeError>(())
/// ```
#[cfg_attr(not(feature = "small"), inline)]
pub fn read<'a, E: From<DecodeError>>(
    format: ContentFormat,
    target: impl Into<Target<'a>>,
    bytes: &'a [u8],
    data_type: impl Fn(Path) -> Option<DataType>,
    mut take: impl FnMut(Item<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let target = target.into();
    #[cfg(all(feature = "tlv", not(feature = "small")))]
    if format == ContentFormat::LWM2M_TLV {
        return TlvReader::new(target, bytes)?.read(&data_type, &mut take);
    }
    #[cfg(all(feature = "lwm2m-cbor", not(feature = "small")))]
    if format == ContentFormat::LWM2M_CBOR {
        return LwM2mCborReader::new(target, bytes).read(&data_type, &mut take);
    }
    let mut reader = Reader::new(format, target, bytes)?;
    while let Some(entry) = reader.other() {
        take(entry?.into_item(&data_type)?)?;
    }
    Ok(())
}

impl<'a> Entry<'a> {
    /// The entry with its value in the type of its resource.
    #[inline(never)]
    pub(super) fn into_item(
        self,
        data_type: &dyn Fn(Path) -> Option<DataType>,
    ) -> Result<Item<'a>, DecodeError> {
        let content = match self.content {
            Content::Value(raw) => ItemContent::Value(raw.typed(data_type(self.path))?),
            Content::Empty => ItemContent::Empty,
            Content::Delete => ItemContent::Value(Value::None),
        };
        Ok(Item { path: self.path, content, time: self.time })
    }
}

impl<'a> RawValue<'a> {
    /// The value in a type, if that is known.
    #[inline(never)]
    pub(super) fn typed(self, data_type: Option<DataType>) -> Result<Value<'a>, DecodeError> {
        match data_type {
            Some(data_type) => self.decode(data_type),
            None => Ok(self.infer()),
        }
    }
}

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests {
    use super::*;
    use crate::format::testing::{any_tree, hex, items, path, show, type_of, written};
    use proptest::prelude::*;
    use std::string::String;
    use std::vec::Vec;

    const FORMATS: [ContentFormat; 5] = [
        ContentFormat::LWM2M_TLV,
        ContentFormat::LWM2M_CBOR,
        ContentFormat::SENML_CBOR,
        ContentFormat::SENML_JSON,
        ContentFormat::LWM2M_JSON,
    ];

    fn shown(item: Item<'_>) -> String {
        let content = match item.content {
            ItemContent::Value(value) => show(&value),
            ItemContent::Empty => "-".into(),
        };
        std::format!("{} {content} {:?}", item.path, item.time)
    }

    /// What [`read`] hands over, and how it ended.
    fn all(
        format: ContentFormat,
        target: Target<'_>,
        bytes: &[u8],
        types: impl Fn(Path) -> Option<DataType>,
    ) -> (Vec<String>, Option<DecodeError>) {
        let mut found = Vec::new();
        let end = read(format, target, bytes, types, |item| {
            found.push(shown(item));
            Ok::<_, DecodeError>(())
        });
        (found, end.err())
    }

    /// The same, of a [`Reader`].
    fn one_by_one(
        format: ContentFormat,
        target: Target<'_>,
        bytes: &[u8],
        types: impl Fn(Path) -> Option<DataType>,
    ) -> (Vec<String>, Option<DecodeError>) {
        let mut found = Vec::new();
        let reader = match Reader::new(format, target, bytes) {
            Ok(reader) => reader,
            Err(error) => return (found, Some(error)),
        };
        for entry in reader {
            match entry.and_then(|entry| entry.into_item(&types)) {
                Ok(item) => found.push(shown(item)),
                Err(error) => return (found, Some(error)),
            }
        }
        (found, None)
    }

    fn agrees(format: ContentFormat, target: Target<'_>, bytes: &[u8]) {
        let typed = |path: Path| path.resource_id().map(|_| type_of(path));
        for target in [target, Target { create: true, ..target }] {
            let (whole, single) =
                (all(format, target, bytes, typed), one_by_one(format, target, bytes, typed));
            assert_eq!(whole, single, "{format:?} {bytes:x?}");
            let (whole, single) =
                (all(format, target, bytes, |_| None), one_by_one(format, target, bytes, |_| None));
            assert_eq!(whole, single, "{format:?} {bytes:x?}");
        }
    }

    #[test]
    fn it_ends_when_the_caller_says_so() {
        let bytes = hex("c10001c10102c10203");
        for end in 1..=3 {
            let mut count = 0;
            let done = read(
                ContentFormat::LWM2M_TLV,
                path("/9000/0"),
                &bytes,
                |_| None,
                |_| {
                    count += 1;
                    if count == end { Err(None) } else { Ok::<_, Option<DecodeError>>(()) }
                },
            );
            assert_eq!((done, count), (Err(None), end));
        }
    }

    proptest! {
        #[test]
        fn all_at_once_is_one_by_one(
            tree in any_tree(),
            cut in 0usize..400,
            changes in proptest::collection::vec((0usize..400, any::<u8>()), 0..3),
        ) {
            for format in FORMATS {
                for target in [Path::object(9000), Path::instance(9000, 0)] {
                    let tree: Vec<_> =
                        tree.iter().filter(|(path, _)| path.starts_with(target)).cloned().collect();
                    let Ok(mut bytes) = written(format, target.into(), &items(&tree)) else { continue };
                    agrees(format, target.into(), &bytes);
                    for (at, to) in &changes {
                        if let Some(byte) = bytes.get_mut(*at) {
                            *byte = *to;
                        }
                    }
                    agrees(format, target.into(), &bytes);
                    agrees(format, Path::resource(9000, 0, 6).into(), &bytes);
                    agrees(format, target.into(), bytes.get(..cut).unwrap_or(&bytes));
                }
            }
        }
    }
}
