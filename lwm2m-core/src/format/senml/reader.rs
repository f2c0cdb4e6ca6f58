//! From records to entries.

use coap_core::ContentFormat;
use senml::{Format, Name, Resolved, Resolver, Rules};

use super::encoding;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::format::{Content, Entry, RawValue, Target};
use crate::path::{Level, Path, PathError};

impl From<senml::DecodeErrorKind> for DecodeErrorKind {
    fn from(kind: senml::DecodeErrorKind) -> Self {
        use senml::DecodeErrorKind as Senml;
        match kind {
            Senml::UnexpectedEnd => DecodeErrorKind::Truncated,
            Senml::TrailingBytes => DecodeErrorKind::TrailingBytes,
            Senml::InvalidUtf8 => DecodeErrorKind::Utf8,
            Senml::InvalidBase64 => DecodeErrorKind::Base64,
            Senml::NumberRange | Senml::NotFinite => DecodeErrorKind::OutOfRange,
            Senml::WrongType => DecodeErrorKind::WrongType,
            Senml::UnsupportedField | Senml::UnsupportedVersion | Senml::VersionMismatch => {
                DecodeErrorKind::NotUnderstood
            }
            Senml::InvalidName => DecodeErrorKind::Name,
            _ => DecodeErrorKind::Syntax,
        }
    }
}

impl From<PathError> for DecodeErrorKind {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Syntax => DecodeErrorKind::Name,
            PathError::TooDeep => DecodeErrorKind::Nesting,
            PathError::ReservedId => DecodeErrorKind::ReservedId,
        }
    }
}

/// Reads the records of a pack and resolves them.
#[derive(Clone)]
struct Records<'a> {
    reader: senml::Reader<'a>,
    resolver: Resolver<'a>,
}

impl core::fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Records").field("at", &self.reader.record_offset()).finish_non_exhaustive()
    }
}

impl<'a> Records<'a> {
    fn new(format: Format, content: senml::Content, bytes: &'a [u8]) -> Self {
        Records {
            reader: senml::Reader::new(format, bytes),
            resolver: Resolver::new(Rules::LWM2M.with_content(content)),
        }
    }

    /// The next record that is not only base fields, and where it begins.
    fn next(&mut self) -> Option<Result<(Resolved<'a>, usize), DecodeError>> {
        loop {
            let record = match self.reader.next()? {
                Ok(record) => record,
                Err(error) => return Some(Err(DecodeError::new(error.kind.into(), error.offset))),
            };
            let at = self.reader.record_offset();
            match self.resolver.resolve(&record) {
                Ok(Some(resolved)) => return Some(Ok((resolved, at))),
                Ok(None) => {}
                Err(kind) => return Some(Err(DecodeError::new(kind.into(), at))),
            }
        }
    }
}

/// The path in a name, behind `prefix`. The two parts of the name may meet anywhere, also within
/// a number. With `unassigned`, the instance ID 65535 is let through.
fn path(name: &Name<'_>, prefix: &str, unassigned: bool) -> Result<Path, DecodeErrorKind> {
    let mut bytes = name.bytes();
    if prefix.bytes().any(|expected| bytes.next() != Some(expected)) {
        return Err(DecodeErrorKind::OutsideTarget);
    }
    Ok(Path::parse_bytes(bytes, unassigned)?)
}

/// Pulls entries out of a pack of SenML.
#[derive(Clone, Debug)]
pub(in crate::format) struct SenmlReader<'a> {
    records: Records<'a>,
    target: Target<'a>,
}

impl<'a> SenmlReader<'a> {
    /// A reader of values, or of a patch (values and null) if the format is one of RFC 8790.
    pub(in crate::format) fn new(
        format: ContentFormat,
        encoding: Format,
        target: Target<'a>,
        bytes: &'a [u8],
    ) -> Self {
        let content = match format {
            ContentFormat::SENML_ETCH_JSON | ContentFormat::SENML_ETCH_CBOR => {
                senml::Content::Patch
            }
            _ => senml::Content::Measurements,
        };
        SenmlReader { records: Records::new(encoding, content, bytes), target }
    }

    fn entry(&self, resolved: &Resolved<'a>, at: usize) -> Result<Entry<'a>, DecodeErrorKind> {
        let unassigned = self.target.allows_unassigned();
        let path = path(&resolved.name, self.target.prefix, unassigned)?;
        if !path.starts_with(self.target.path) {
            return Err(DecodeErrorKind::OutsideTarget);
        }
        let content = match resolved.value {
            Some(senml::Value::Null) => Content::Delete,
            Some(value) => Content::Value(RawValue::senml(value, at)),
            // A sum: LwM2M has no resources that are one.
            None => return Err(DecodeErrorKind::WrongType),
        };
        if path.level() < Level::Resource && content != Content::Delete {
            return Err(DecodeErrorKind::Nesting);
        }
        Ok(Entry { path, content, time: resolved.time })
    }

    pub(in crate::format) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        Some(self.records.next()?.and_then(|(resolved, at)| {
            self.entry(&resolved, at).map_err(|kind| DecodeError::new(kind, at))
        }))
    }
}

/// Pulls the paths out of the payload of Read-Composite or Observe-Composite (Core 6.3.8,
/// RFC 8790 section 3.1). Ends after the first error.
#[derive(Clone, Debug)]
pub struct PathReader<'a> {
    records: Records<'a>,
    prefix: &'a str,
    ended: bool,
}

impl<'a> PathReader<'a> {
    /// Reads `bytes`, whose names begin with `prefix` (the alternate path, or empty).
    ///
    /// # Errors
    /// [`DecodeErrorKind::UnsupportedFormat`] for anything but SenML.
    pub fn new(
        format: ContentFormat,
        prefix: &'a str,
        bytes: &'a [u8],
    ) -> Result<Self, DecodeError> {
        let encoding =
            encoding(format).ok_or(DecodeError::new(DecodeErrorKind::UnsupportedFormat, 0))?;
        let records = Records::new(encoding, senml::Content::Fetch, bytes);
        Ok(PathReader { records, prefix, ended: false })
    }
}

impl Iterator for PathReader<'_> {
    type Item = Result<Path, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.records.next().map(|record| {
            let (resolved, at) = record?;
            path(&resolved.name, self.prefix, false).map_err(|kind| DecodeError::new(kind, at))
        });
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl core::iter::FusedIterator for PathReader<'_> {}
