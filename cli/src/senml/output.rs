//! Documents that are written piece by piece.

use super::args::Output;
use super::input::format_of_name;
use crate::failure::{Failure, reason};
use senml::stream::StreamWriter;
use senml::{Format, Record, WriteError, cbor};
use std::fs::{self, File};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

/// How much is gathered before it is written, in bytes.
const PIECE: usize = 64 << 10;
/// How much of a CBOR document is kept to tell its number of records first, in bytes. Longer ones
/// get an array of indefinite length.
const COUNTED: usize = 8 << 20;

/// Nothing is to be done any more, for a good reason or a bad one.
#[derive(Debug)]
pub(super) enum Stop {
    /// Whoever read the output has gone.
    Gone,
    Failed(Failure),
}

/// A document that is being written.
pub(super) struct Drain {
    to: Target,
    writer: StreamWriter,
    format: Format,
    lines: bool,
    /// Written, but not yet handed on.
    bytes: Vec<u8>,
    records: u64,
    /// What was written so far is a CBOR array without its head.
    counting: bool,
}

enum Target {
    Standard {
        terminal: bool,
    },
    /// The file under another name, to be renamed in the end.
    File {
        file: File,
        temporary: PathBuf,
        path: PathBuf,
    },
}

impl Drain {
    /// Opens the output of a document that was read in the format `from`; a `stream` is written
    /// record by record.
    pub(super) fn open(output: &Output, from: Format, stream: bool) -> Result<Self, Failure> {
        let by_name = || format_of_name(output.output.as_deref()?);
        let format = output.to.map(Format::from).or_else(by_name).unwrap_or(from);
        let to = match &output.output {
            None => Target::Standard { terminal: io::stdout().is_terminal() },
            Some(path) => {
                let mut name = path.file_name().unwrap_or_default().to_owned();
                name.push(format!(".{}.tmp", std::process::id()));
                let temporary = path.with_file_name(name);
                let file = File::create(&temporary)
                    .map_err(|error| Failure::io(path.display(), &error))?;
                Target::File { file, temporary, path: path.clone() }
            }
        };
        let fractions =
            if output.decimal { cbor::Fractions::Decimal } else { cbor::Fractions::Binary };
        let mut drain = Drain {
            to,
            writer: StreamWriter::new(format).with_fractions(fractions),
            format,
            lines: output.lines && format != Format::Cbor,
            bytes: Vec::with_capacity(PIECE),
            records: 0,
            counting: format == Format::Cbor && !stream,
        };
        if drain.counting {
            // Its head comes in the end.
            let begun = drain.writer.begin(&mut Vec::new());
            begun.map_err(|error| drain.unwritable(error))?;
        }
        Ok(drain)
    }

    fn unwritable(&self, error: WriteError) -> Failure {
        Failure::new(format!("record {}: {error}", self.records.saturating_add(1)))
    }

    pub(super) fn record(&mut self, record: &Record<'_>) -> Result<(), Stop> {
        let start = self.bytes.len();
        let written = self.writer.record(record, &mut self.bytes);
        written.map_err(|error| Stop::Failed(self.unwritable(error)))?;
        if self.lines {
            // Behind the comma of JSON, in front of the element of XML.
            let at = match (self.format, self.records) {
                (Format::Json, 0) => None,
                (Format::Json, _) => start.checked_add(1),
                _ => {
                    let piece = self.bytes.get(start..).unwrap_or_default();
                    let element = piece.windows(7).position(|window| window == b"<senml ");
                    element.and_then(|element| start.checked_add(element))
                }
            };
            if let Some(at) = at {
                self.bytes.insert(at, b'\n');
            }
        }
        self.records = self.records.saturating_add(1);
        if self.counting && self.bytes.len() > COUNTED {
            self.counting = false;
            // An array of indefinite length (RFC 8949 section 3.2.2).
            self.hand_on(&[0x9f])?;
        }
        if !self.counting && self.bytes.len() >= PIECE {
            self.flush()?;
        }
        Ok(())
    }

    /// Hands on what there is: the next record may be a while.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        let bytes = std::mem::take(&mut self.bytes);
        let done = self.hand_on(&bytes);
        self.bytes = bytes;
        self.bytes.clear();
        done
    }

    fn hand_on(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let written = match &mut self.to {
            Target::Standard { .. } => {
                let mut out = io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush())
            }
            Target::File { file, .. } => file.write_all(bytes),
        };
        written.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &io::Error) -> Stop {
        match &self.to {
            Target::Standard { .. } if error.kind() == ErrorKind::BrokenPipe => Stop::Gone,
            Target::Standard { .. } => {
                let why = format!("cannot write the output: {}", reason(error));
                Stop::Failed(Failure::new(why))
            }
            Target::File { path, .. } => Stop::Failed(Failure::io(path.display(), error)),
        }
    }

    /// Ends the document and lets it be seen.
    pub(super) fn finish(mut self) -> Result<(), Stop> {
        if self.counting {
            let mut head = minicbor::Encoder::new(Vec::new());
            // Into memory: it cannot fail.
            let _ = head.array(self.records);
            self.hand_on(head.writer())?;
        } else {
            if self.lines && self.format == Format::Xml {
                self.bytes.push(b'\n');
            }
            let writer = self.writer;
            let written = writer.finish(&mut self.bytes);
            written.map_err(|error| Stop::Failed(self.unwritable(error)))?;
            let terminal = matches!(self.to, Target::Standard { terminal: true });
            if self.format != Format::Cbor && (self.lines || terminal) {
                self.bytes.push(b'\n');
            }
        }
        self.flush()?;
        if let Target::File { file, temporary, path } = &self.to {
            let done = file.sync_all().and_then(|()| fs::rename(temporary, path));
            done.map_err(|error| self.failed(&error))?;
        }
        Ok(())
    }
}

impl Drop for Drain {
    /// What was not finished is not there. After a rename there is nothing to remove.
    fn drop(&mut self) {
        if let Target::File { temporary, .. } = &self.to {
            let _ = fs::remove_file(temporary);
        }
    }
}

/// The end of a command that wrote, or stopped.
pub(super) fn end(result: Result<(), Stop>) -> Result<(), Failure> {
    match result {
        Ok(()) | Err(Stop::Gone) => Ok(()),
        Err(Stop::Failed(failure)) => Err(failure),
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Stop::Failed(failure)
    }
}
