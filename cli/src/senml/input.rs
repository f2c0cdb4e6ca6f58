//! Documents that are read piece by piece.

use super::args::{FormatName, Input};
use super::output::Stop;
use crate::failure::{Failure, reason};
use senml::stream::{End, ResolvedStream, StreamError, StreamReader};
use senml::{Format, MediaType, OwnedRecord, Pack, Record, Resolved, Rules};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The longest record there may be, in bytes.
const RECORD: usize = 4 << 20;
/// How much is read at a time, in bytes.
const CHUNK: usize = 64 << 10;

/// A document that is being read.
pub(super) struct Source {
    from: Box<dyn Read>,
    name: String,
    pub(super) format: Format,
    /// What was read, and what of it was looked at to find the format.
    chunk: Vec<u8>,
    looked_at: usize,
}

/// The format that the name of a file tells.
pub(super) fn format_of_name(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?;
    match extension.to_ascii_lowercase().as_str() {
        "json" => Some(Format::Json),
        "cbor" => Some(Format::Cbor),
        "xml" => Some(Format::Xml),
        other => MediaType::from_extension(other)?.format(),
    }
}

/// The format of a document that begins so, white space aside.
fn format_of_bytes(bytes: &[u8]) -> Option<Format> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace())? {
        b'[' | b'{' => Some(Format::Json),
        0x80..=0x9f => Some(Format::Cbor),
        b'<' | 0xef => Some(Format::Xml),
        _ => None,
    }
}

impl Source {
    pub(super) fn open(input: &Input) -> Result<Self, Failure> {
        let path = input.file.as_deref().filter(|path| *path != Path::new("-"));
        let (from, name): (Box<dyn Read>, _) = match path {
            Some(path) => {
                let name = path.display().to_string();
                let file = File::open(path).map_err(|e| Failure::io(&name, &e))?;
                (Box::new(file), name)
            }
            None => (Box::new(io::stdin()), "standard input".to_owned()),
        };
        let told = input.from.map(FormatName::into).or_else(|| format_of_name(path?));
        let mut source =
            Source { from, name, format: Format::Json, chunk: vec![0; CHUNK], looked_at: 0 };
        source.format = match told {
            Some(format) => format,
            None => {
                source.looked_at = source.fill()?;
                let start = source.chunk.get(..source.looked_at).unwrap_or_default();
                if start.is_empty() {
                    return Err(Failure::new(format!("{} is empty", source.name)));
                }
                format_of_bytes(start).ok_or_else(|| {
                    let name = &source.name;
                    Failure::new(format!("{name} does not look like JSON, CBOR or XML: say --from"))
                })?
            }
        };
        Ok(source)
    }

    /// Reads what there is, at most a chunk; 0 at the end.
    fn fill(&mut self) -> Result<usize, Failure> {
        loop {
            match self.from.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let (name, why) = (&self.name, reason(&error));
                    return Err(Failure::new(format!("cannot read {name}: {why}")));
                }
                Ok(len) => return Ok(len),
            }
        }
    }

    fn wrong(&self, error: &StreamError) -> Failure {
        Failure::new(format!("{}: {error}", self.name))
    }

    /// Hands out the records as they come; `each` is told when a chunk is used up (`None`). A
    /// document must have its end, unless `open` ones will do.
    pub(super) fn records(
        mut self,
        open: bool,
        mut each: impl FnMut(Option<&Record<'_>>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let mut buffer = vec![0; RECORD];
        let mut reader = StreamReader::new(self.format, &mut buffer);
        let mut len = self.looked_at;
        loop {
            if len == 0 {
                len = self.fill()?;
            }
            let mut chunk = self.chunk.get(..len).unwrap_or_default();
            if chunk.is_empty() {
                break;
            }
            while !chunk.is_empty() {
                match reader.read(&mut chunk) {
                    Ok(Some(record)) => each(Some(&record))?,
                    Ok(None) => {}
                    Err(error) => return Err(self.wrong(&error).into()),
                }
            }
            each(None)?;
            len = 0;
        }
        let records = reader.records();
        let end = reader.finish().map_err(|error| self.wrong(&error))?;
        Ok(self.ended(end, open, records)?)
    }

    /// The same with resolved records.
    pub(super) fn resolved(
        mut self,
        rules: Rules,
        mut each: impl FnMut(&Resolved<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let (mut buffer, mut texts) = (vec![0; RECORD], vec![0; RECORD]);
        let mut stream = ResolvedStream::new(self.format, rules, &mut buffer, &mut texts);
        let mut len = self.looked_at;
        loop {
            if len == 0 {
                len = self.fill()?;
            }
            let mut chunk = self.chunk.get(..len).unwrap_or_default();
            if chunk.is_empty() {
                break;
            }
            while !chunk.is_empty() {
                match stream.read(&mut chunk) {
                    Ok(Some(record)) => each(&record)?,
                    Ok(None) => {}
                    Err(error) => return Err(self.wrong(&error).into()),
                }
            }
            len = 0;
        }
        let records = stream.reader().records();
        let end = stream.finish().map_err(|error| self.wrong(&error))?;
        Ok(self.ended(end, false, records)?)
    }

    /// The whole document in memory.
    pub(super) fn pack(self) -> Result<Pack, Stop> {
        let mut pack = Pack::default();
        self.records(false, |record| {
            pack.records.extend(record.map(OwnedRecord::from));
            Ok(())
        })?;
        Ok(pack)
    }

    fn ended(&self, end: End, open: bool, records: u64) -> Result<(), Failure> {
        if end == End::Open && !open {
            let name = &self.name;
            return Err(Failure::new(format!("{name}: it ends after record {records}, cut short")));
        }
        Ok(())
    }
}

/// A fetch or patch document: its bytes and format.
pub(super) fn small(path: &Path) -> Result<(Vec<u8>, Format), Failure> {
    let name = path.display();
    let bytes = std::fs::read(path).map_err(|error| Failure::io(name, &error))?;
    let format = format_of_name(path).or_else(|| format_of_bytes(&bytes));
    let name = path.display();
    let unlike = || Failure::new(format!("{name} does not look like JSON or CBOR"));
    Ok((bytes, format.ok_or_else(unlike)?))
}
