//! From items to records.

use coap_core::ContentFormat;
use m2m_base::{Sink, SliceSink};
#[cfg(feature = "small")]
use senml::Label;
#[cfg(not(feature = "small"))]
use senml::{Base, Record};
use senml::{Number, Text, Time, Value};

use super::encoding;
use crate::error::WriteError;
use crate::format::source::Source;
use crate::format::{ItemContent, Target, typed};
use crate::path::{Level, Path, PathText};

/// The longest alternate path or gateway prefix that is written.
const MAX_PREFIX: usize = 104;

/// A base name or a name that has one in it.
struct NameBuffer([u8; MAX_PREFIX + Path::MAX_LEN]);

impl NameBuffer {
    /// `prefix` and `path`, with a slash behind them if `open`.
    fn fill(&mut self, prefix: &str, path: Path, open: bool) -> Result<Text<'_>, WriteError> {
        if prefix.len() > MAX_PREFIX {
            return Err(WriteError::NotExpressible);
        }
        let mut sink = SliceSink::new(&mut self.0);
        sink.put(prefix.as_bytes())?;
        if path != Path::ROOT || (prefix.is_empty() && !open) {
            path.write(&mut sink)?;
        }
        if open {
            sink.put_u8(b'/')?;
        }
        let len = sink.len();
        Ok(Text::from_checked_utf8(self.0.get(..len).unwrap_or(&[])))
    }
}

/// Writes a record.
#[inline]
fn put(
    writer: &mut senml::Writer<'_>,
    base: Option<Text<'_>>,
    name: Option<Text<'_>>,
    time: Option<Number>,
    value: Option<Value<'_>>,
) -> Result<(), senml::WriteError> {
    #[cfg(feature = "small")]
    return writer.fields(&[
        (Label::BaseName, base.map(Value::Text)),
        (Label::Name, name.map(Value::Text)),
        (Label::Time, time.map(Value::Number)),
        (Label::Value, value),
    ]);
    #[cfg(not(feature = "small"))]
    writer.record(&Record {
        base: base.map(|name| Base { name: Some(name), ..Base::default() }),
        name,
        time,
        value,
        ..Record::default()
    })
}

/// Writes a record for each value. Empty containers have none.
pub(in crate::format) fn write<'a>(
    format: senml::Format,
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let (mut count, mut open) = (0u32, true);
    items.ahead(&mut |items| {
        while let Some(item) = items.take_next() {
            if let ItemContent::Value(_) = item.content {
                count += 1;
                open &= item.path != target.path;
            }
        }
    });
    // In front of all names: the target with a slash, except where there is only the target itself.
    // Nothing for the root without a prefix, since `/` saves nothing.
    let mut buffer = NameBuffer([0; MAX_PREFIX + Path::MAX_LEN]);
    let mut base = None;
    if target.path != Path::ROOT || !target.prefix.is_empty() {
        base = Some(buffer.fill(target.prefix, target.path, open)?);
    }
    // Names have no slash behind that of the base name.
    let skipped = usize::from(base.is_some());
    let mut writer = senml::Writer::new(format, sink, Some(count.into()))?;
    while let Some(item) = items.take_next() {
        if !item.path.starts_with(target.path) {
            return Err(WriteError::NotExpressible);
        }
        let ItemContent::Value(content) = &item.content else { continue };
        let mut link = [0; 11];
        let value = typed::untyped(content, &mut link)?;
        if item.path.level() < Level::Resource || matches!(value, Value::Null) {
            return Err(WriteError::NotExpressible);
        }
        let name = PathText::below(item.path, target.path.level());
        let name = name.as_bytes().get(skipped..).filter(|name| !name.is_empty());
        let name = name.map(Text::from_checked_utf8);
        let time = item.time.map(|(Time::Relative(n) | Time::Absolute(n))| n);
        put(&mut writer, base.take(), name, time, Some(value))?;
    }
    Ok(writer.finish()?)
}

/// Writes the payload of Read-Composite or Observe-Composite: the paths that are asked for.
///
/// # Errors
/// [`WriteError`]: [`WriteError::UnsupportedFormat`] for anything but SenML.
pub fn write_paths<I>(
    format: ContentFormat,
    prefix: &str,
    paths: I,
    sink: &mut dyn Sink,
) -> Result<(), WriteError>
where
    I: IntoIterator<Item = Path>,
    I::IntoIter: Clone,
{
    let encoding = encoding(format).ok_or(WriteError::UnsupportedFormat)?;
    let paths = paths.into_iter();
    let count = u64::try_from(paths.clone().count()).ok();
    let mut writer = senml::Writer::new(encoding, sink, count)?;
    for path in paths {
        let mut buffer = NameBuffer([0; MAX_PREFIX + Path::MAX_LEN]);
        put(&mut writer, None, Some(buffer.fill(prefix, path, false)?), None, None)?;
    }
    Ok(writer.finish()?)
}
