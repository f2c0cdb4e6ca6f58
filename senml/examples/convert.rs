//! Converts a document of any size from one format to another, in constant memory.
//!
//! `cargo run --example convert --features xml -- json cbor < in.json > out.cbor`

use m2m_base::{Full, Sink};
use senml::Format;
use senml::stream::{End, StreamReader, StreamWriter};
use std::io::{self, Read, Write};

/// Lets the writers of senml write to anything that takes bytes, and remembers why it did not.
struct Out<W> {
    to: W,
    error: Option<io::Error>,
}

impl<W: Write> Sink for Out<W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.to.write_all(bytes).map_err(|error| {
            self.error = Some(error);
            Full
        })
    }
}

/// Reads `input`, writes `output`; tells how many records there were.
fn convert(
    mut input: impl Read,
    from: Format,
    output: impl Write,
    to: Format,
) -> Result<u64, Box<dyn std::error::Error>> {
    // A record must fit into this; the document need not.
    let mut record = vec![0; 64 * 1024];
    let mut reader = StreamReader::new(from, &mut record);
    let mut writer = StreamWriter::new(to);
    let mut out = Out { to: output, error: None };
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let len = input.read(&mut chunk)?;
        let Some(mut bytes) = chunk.get(..len).filter(|bytes| !bytes.is_empty()) else { break };
        while !bytes.is_empty() {
            let Some(record) = reader.read(&mut bytes)? else { continue };
            if let Err(error) = writer.record(&record, &mut out) {
                return Err(out.error.map_or(error.into(), Into::into));
            }
        }
    }
    if reader.finish()? == End::Open {
        return Err("the document is cut short".into());
    }
    writer.finish(&mut out)?;
    out.to.flush()?;
    Ok(reader.records())
}

fn format(name: Option<String>) -> Option<Format> {
    match name?.as_str() {
        "json" => Some(Format::Json),
        "cbor" => Some(Format::Cbor),
        #[cfg(feature = "xml")]
        "xml" => Some(Format::Xml),
        _ => None,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (from, to) = (format(arguments.next()), format(arguments.next()));
    let (Some(from), Some(to)) = (from, to) else {
        return Err("say from which format to which: json cbor, for example".into());
    };
    let output = io::BufWriter::new(io::stdout().lock());
    let records = convert(io::stdin().lock(), from, output, to)?;
    eprintln!("{records} records");
    Ok(())
}
