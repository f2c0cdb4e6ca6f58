//! From records to entries.

use coap_core::ContentFormat;
use m2m_base::{Full, SMALL};
use senml::{Format, Name, Resolved, ResolvedReader, Rules, Text};

use super::encoding;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::format::{Content, Entry, RawValue, Target};
use crate::path::{Level, Path, PathError, PathParser};

impl From<senml::DecodeError> for DecodeError {
    fn from(error: senml::DecodeError) -> Self {
        DecodeError::new(error.kind.into(), error.offset)
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
struct Records<'a>(ResolvedReader<'a>);

impl core::fmt::Debug for Records<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Records").field("at", &self.0.record_offset()).finish_non_exhaustive()
    }
}

impl<'a> Records<'a> {
    fn new(format: Format, content: senml::Content, bytes: &'a [u8]) -> Self {
        Records(ResolvedReader::new(format, bytes, Rules::LWM2M.with_content(content)))
    }

    /// The next record that is not only base fields, and where it begins.
    fn next(&mut self) -> Option<Result<(&Resolved<'a>, usize), DecodeError>> {
        match self.0.read() {
            Ok(None) => None,
            Ok(Some(_)) => Some(Ok((self.0.record(), self.0.record_offset()))),
            Err(error) => Some(Err(error.into())),
        }
    }
}

/// Reads the paths in names, behind a prefix.
#[derive(Clone, Debug)]
struct Names<'a> {
    prefix: &'a str,
    start: Progress,
    /// The base name last met and how far it leads: most packs have one.
    base: Option<(&'a [u8], Progress)>,
}

/// How far a name was read.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// Bytes of the prefix that were matched.
    matched: usize,
    parser: PathParser,
}

impl<'a> Names<'a> {
    /// With `unassigned`, the instance ID 65535 is let through.
    fn new(prefix: &'a str, unassigned: bool) -> Self {
        let start = Progress { matched: 0, parser: PathParser::new(unassigned) };
        Names { prefix, start, base: None }
    }

    /// Reads on in a part of a name; prefix, base name and name may meet anywhere, also within a
    /// number.
    fn feed(&self, progress: &mut Progress, part: &[u8]) -> Result<(), DecodeErrorKind> {
        let left = self.prefix.as_bytes().get(progress.matched..).unwrap_or(&[]);
        let (front, rest) = part.split_at_checked(left.len()).unwrap_or((part, &[]));
        if !left.starts_with(front) {
            return Err(DecodeErrorKind::OutsideTarget);
        }
        progress.matched += front.len();
        Ok(progress.parser.feed(rest)?)
    }

    fn feed_text(&self, progress: &mut Progress, part: Text<'_>) -> Result<(), DecodeErrorKind> {
        if !SMALL && let Some(text) = part.as_bytes() {
            return self.feed(progress, text);
        }
        let mut fed = Ok(());
        let _ = part.each(&mut |bytes| {
            fed = self.feed(progress, bytes);
            fed.map_err(|_| Full)
        });
        fed
    }

    fn path(&mut self, name: &Name<'a>) -> Result<Path, DecodeErrorKind> {
        let (base, own) = name.parts();
        let mut progress = self.start;
        match (base.as_bytes(), self.base) {
            _ if SMALL => self.feed_text(&mut progress, base)?,
            (Some(base), Some((known, read))) if core::ptr::eq(base, known) => progress = read,
            (known, _) => {
                self.feed_text(&mut progress, base)?;
                self.base = known.map(|base| (base, progress));
            }
        }
        self.feed_text(&mut progress, own)?;
        if progress.matched < self.prefix.len() {
            return Err(DecodeErrorKind::OutsideTarget);
        }
        Ok(progress.parser.finish()?)
    }
}

/// Pulls entries out of a pack of SenML.
#[derive(Clone, Debug)]
pub(in crate::format) struct SenmlReader<'a> {
    records: Records<'a>,
    names: Names<'a>,
    target: Path,
    content: senml::Content,
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
        SenmlReader::of(encoding, content, &target, bytes)
    }

    /// A reader of values, of a patch, or of names alone.
    #[cfg_attr(feature = "small", inline(never))]
    fn of(encoding: Format, content: senml::Content, target: &Target<'a>, bytes: &'a [u8]) -> Self {
        SenmlReader {
            records: Records::new(encoding, content, bytes),
            names: Names::new(target.prefix, target.allows_unassigned()),
            target: target.path,
            content,
        }
    }

    #[inline(never)]
    pub(in crate::format) fn next(&mut self) -> Option<Result<Entry<'a>, DecodeError>> {
        let (resolved, at) = match self.records.next()? {
            Ok(record) => record,
            Err(error) => return Some(Err(error)),
        };
        let path = match path(&mut self.names, self.target, self.content, resolved) {
            Ok(path) => path,
            Err(kind) => return Some(Err(DecodeError::new(kind, at))),
        };
        let content = match resolved.value {
            Some(senml::Value::Null) => Content::Delete,
            Some(value) => Content::Value(RawValue::senml(value, at)),
            None => Content::Empty,
        };
        Some(Ok(Entry { path, content, time: resolved.time }))
    }
}

/// The path of a record that is an entry.
#[cfg_attr(feature = "small", inline(never))]
fn path<'a>(
    names: &mut Names<'a>,
    target: Path,
    content: senml::Content,
    resolved: &Resolved<'a>,
) -> Result<Path, DecodeErrorKind> {
    let path = names.path(&resolved.name)?;
    if !path.starts_with(target) {
        return Err(DecodeErrorKind::OutsideTarget);
    }
    match resolved.value {
        // A sum: LwM2M has no resources that are one.
        None if content != senml::Content::Fetch => Err(DecodeErrorKind::WrongType),
        None | Some(senml::Value::Null) => Ok(path),
        Some(_) if path.level() < Level::Resource => Err(DecodeErrorKind::Nesting),
        Some(_) => Ok(path),
    }
}

/// Pulls the paths out of the payload of Read-Composite or Observe-Composite (Core 6.3.8,
/// RFC 8790 section 3.1). Ends after the first error.
#[derive(Clone, Debug)]
pub struct PathReader<'a> {
    reader: SenmlReader<'a>,
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
        let target = Target::from(Path::ROOT).with_prefix(prefix);
        let reader = SenmlReader::of(encoding, senml::Content::Fetch, &target, bytes);
        Ok(PathReader { reader, ended: false })
    }
}

impl Iterator for PathReader<'_> {
    type Item = Result<Path, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.reader.next().map(|entry| entry.map(|entry| entry.path));
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl core::iter::FusedIterator for PathReader<'_> {}
