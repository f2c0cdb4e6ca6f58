//! One writer for all formats.

use coap_core::ContentFormat;
use m2m_base::{Counter, Sink};

#[cfg(all(any(feature = "tlv", feature = "lwm2m-cbor"), not(feature = "small")))]
use super::fill::Fill;
#[cfg(feature = "lwm2m-cbor")]
use super::lwm2m_cbor;
#[cfg(feature = "old-json")]
use super::old_json;
#[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
use super::senml;
#[cfg(any(feature = "text", feature = "cbor"))]
use super::single;
use super::source::Source;
#[cfg(feature = "tlv")]
use super::tlv;
use super::{Item, Target};
use crate::error::WriteError;

/// Writes a payload about `target`.
///
/// `items` come in path order, at or below the path of the target; they are cloned to look ahead.
/// A resource instance makes its resource a multiple one.
///
/// # Errors
/// [`WriteError`]. What is in the sink then is a part of the payload.
pub fn write<'t, 'a, I>(
    format: ContentFormat,
    target: impl Into<Target<'t>>,
    items: I,
    sink: &mut dyn Sink,
) -> Result<(), WriteError>
where
    I: IntoIterator<Item = Item<'a>>,
    I::IntoIter: Clone,
{
    let target = target.into();
    let mut items = items.into_iter();
    #[cfg(not(feature = "small"))]
    if quick(format, &target, &items, sink).is_some() {
        return Ok(());
    }
    write_source(format, &target, &mut items, sink)
}

/// Writes into a buffer what is written so mostly. `None` for all else, of which nothing is in the
/// sink then.
#[cfg(not(feature = "small"))]
#[inline(always)]
#[allow(unused_variables, reason = "without formats that can be written so")]
fn quick<'a, I>(
    format: ContentFormat,
    target: &Target<'_>,
    items: &I,
    sink: &mut dyn Sink,
) -> Option<()>
where
    I: Iterator<Item = Item<'a>> + Clone,
{
    #[cfg(feature = "tlv")]
    if format == ContentFormat::LWM2M_TLV {
        let mut fill = Fill::new(sink.room()?);
        tlv::fast::write(target, items.clone(), &mut fill)?;
        fill.finish();
        return Some(());
    }
    #[cfg(feature = "lwm2m-cbor")]
    if format == ContentFormat::LWM2M_CBOR {
        let mut fill = Fill::new(sink.room()?);
        lwm2m_cbor::fast::write(target, items.clone(), &mut fill)?;
        fill.finish();
        return Some(());
    }
    None
}

#[inline(never)]
fn write_source<'a>(
    format: ContentFormat,
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    #[cfg(any(feature = "senml-json", feature = "senml-cbor"))]
    if let Some(encoding) = senml::encoding(format) {
        return senml::write(encoding, target, items, sink);
    }
    match format {
        #[cfg(feature = "tlv")]
        ContentFormat::LWM2M_TLV => tlv::write(target, items, sink),
        #[cfg(feature = "lwm2m-cbor")]
        ContentFormat::LWM2M_CBOR => lwm2m_cbor::write(target, items, sink),
        #[cfg(feature = "old-json")]
        ContentFormat::LWM2M_JSON => old_json::write(target, items, sink),
        #[cfg(any(feature = "text", feature = "cbor"))]
        _ => single::write(format, target, items, sink),
        #[cfg(not(any(feature = "text", feature = "cbor")))]
        _ => Err(WriteError::UnsupportedFormat),
    }
}

/// The number of bytes that [`write()`] writes.
///
/// # Errors
/// As [`write()`], except that nothing gets full.
pub fn encoded_len<'t, 'a, I>(
    format: ContentFormat,
    target: impl Into<Target<'t>>,
    items: I,
) -> Result<usize, WriteError>
where
    I: IntoIterator<Item = Item<'a>>,
    I::IntoIter: Clone,
{
    let mut counter = Counter::new();
    write(format, target, items, &mut counter)?;
    Ok(counter.len())
}

#[cfg(test)]
#[cfg(feature = "formats")]
mod tests {
    use super::*;
    use crate::path::Path;
    use crate::value::Value;
    use m2m_base::SliceSink;
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        /// What fills a buffer by itself writes and refuses what the other writer does, in whatever
        /// order the items come.
        #[test]
        fn a_buffer_is_filled_as_a_sink_is(
            ids in proptest::collection::vec(
                (0u16..2, prop_oneof![0u16..3, 254u16..258], 0u16..4, any::<i64>(), 0u32..64),
                0..40,
            ),
            level in 1usize..5,
            spare in 0usize..50,
        ) {
            let text = "thirty-three letters, as it seems";
            let items: Vec<_> = ids
                .iter()
                .map(|&(instance, resource, id, n, shift)| {
                    let path = Path::resource(9000, instance, resource);
                    let value = match n & 7 {
                        0 => Value::string(text.get(..shift as usize).unwrap_or(text)),
                        1 => Value::Boolean(true),
                        2 => Value::Float(0.1),
                        3 => Value::None,
                        _ => Value::Integer(n >> shift),
                    };
                    Item::value(path.child(id).filter(|_| id > 0).unwrap_or(path), value)
                })
                .collect();
            let target = Path::from_ids(&[9000, 0, 1, 1][..level]).unwrap();
            let within: Vec<_> =
                items.iter().filter(|item| item.path.starts_with(target)).copied().collect();
            for (format, items) in [ContentFormat::LWM2M_TLV, ContentFormat::LWM2M_CBOR]
                .into_iter()
                .flat_map(|format| [(format, &items), (format, &within)])
            {
                let mut out = Vec::new();
                let result = write(format, target, items.iter().copied(), &mut out);
                let mut buf = std::vec![0; out.len() + spare];
                let mut sink = SliceSink::new(&mut buf);
                // What refuses may have filled more than the other before.
                let filled = write(format, target, items.iter().copied(), &mut sink);
                if result.is_ok() {
                    prop_assert_eq!((filled, sink.written()), (Ok(()), &out[..]));
                } else {
                    prop_assert!(filled.is_err());
                }
            }
        }
    }
}
