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
