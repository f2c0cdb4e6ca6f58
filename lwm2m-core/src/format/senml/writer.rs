//! From items to records.

use coap_core::ContentFormat;
use m2m_base::{Sink, SliceSink};
use senml::{Record, Text, Time};

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

/// What is in front of all names: the target with a slash, except where there is only the target
/// itself. Nothing for the root without a prefix, since `/` saves nothing.
fn base_name<'b>(
    target: &Target<'_>,
    first: Option<Path>,
    buffer: &'b mut NameBuffer,
) -> Result<Option<Text<'b>>, WriteError> {
    if target.path == Path::ROOT && target.prefix.is_empty() {
        return Ok(None);
    }
    buffer.fill(target.prefix, target.path, first != Some(target.path)).map(Some)
}

/// Writes a record for each value. Empty containers have none.
pub(in crate::format) fn write<'a>(
    format: senml::Format,
    target: &Target<'_>,
    items: &mut dyn Source<'a>,
    sink: &mut dyn Sink,
) -> Result<(), WriteError> {
    let mut counter = 0;
    let mut first = None;
    let mut outside = false;
    items.ahead(&mut |items| {
        while let Some(item) = items.take_next() {
            outside |= !item.path.starts_with(target.path);
            if let ItemContent::Value(_) = item.content {
                counter += 1;
                first = first.or(Some(item.path));
            }
        }
    });
    if outside {
        return Err(WriteError::NotExpressible);
    }
    let mut buffer = NameBuffer([0; MAX_PREFIX + Path::MAX_LEN]);
    let base = base_name(target, first, &mut buffer)?;
    let mut base_to_write = base;
    let mut writer = senml::Writer::new(format, sink, Some(counter))?;
    while let Some(item) = items.take_next() {
        let ItemContent::Value(content) = &item.content else { continue };
        if item.path.level() < Level::Resource {
            return Err(WriteError::NotExpressible);
        }
        let name = match base {
            Some(_) => PathText::relative(item.path, target.path.level()),
            None => PathText::from(item.path),
        };
        let name = name.as_bytes();
        let mut link = [0; 11];
        let value = typed::untyped(content, &mut link)?;
        if value == senml::Value::Null {
            return Err(WriteError::NotExpressible);
        }
        let record = Record {
            base: base_to_write
                .take()
                .map(|name| senml::Base { name: Some(name), ..senml::Base::default() }),
            name: (!name.is_empty()).then(|| Text::from_checked_utf8(name)),
            time: item.time.map(|(Time::Relative(n) | Time::Absolute(n))| n),
            value: Some(value),
            ..Record::default()
        };
        writer.record(&record)?;
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
        writer.record(&Record::named(buffer.fill(prefix, path, false)?))?;
    }
    Ok(writer.finish()?)
}
