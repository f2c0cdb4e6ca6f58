//! The command line of `m2m senml`.

use clap::{Args, Subcommand, ValueEnum};
use senml::feature::SECONDARY_UNITS;
use senml::{Format, Number, Rules};
use std::path::PathBuf;

#[derive(Subcommand, Debug)]
pub(crate) enum Senml {
    /// Write a document in another format: JSON, CBOR or XML
    #[command(after_help = "Examples:
  m2m senml convert --to cbor measurements.json -o measurements.senmlc
  m2m senml convert --to json --lines < measurements.senmlc
  tail -f log.sensml | m2m senml convert --to cbor --stream | nc gateway 5000")]
    Convert(Convert),
    /// Write each record with its whole name, time and unit, so that it needs no other
    #[command(after_help = "Examples:
  m2m senml resolve measurements.json --lines
  m2m senml resolve measurements.json --absolute --now 1700000000 --sort")]
    Resolve(Resolve),
    /// Write a document as short as it gets: what records have in common is said once
    Compact(Compact),
    /// Say whether a document keeps the rules, and what is odd about it
    Validate(Validate),
    /// Write the records of a document that a fetch document names (RFC 8790)
    #[command(after_help = "Example:
  echo '[{\"n\":\"room/temp\"},{\"n\":\"room/hum\"}]' > wanted.json
  m2m senml fetch wanted.json measurements.json --lines")]
    Fetch(Fetch),
    /// Write a document as it is after a patch document has changed it (RFC 8790)
    #[command(after_help = "Example, which changes one record and removes another:
  echo '[{\"n\":\"room/temp\",\"v\":21},{\"n\":\"room/hum\",\"v\":null}]' > changes.json
  m2m senml patch changes.json settings.json -o settings.json")]
    Patch(Patch),
    /// Draw the numbers of a document over time: on the terminal, or as a picture
    #[command(after_help = "Examples:
  m2m senml plot measurements.json
  m2m senml plot measurements.json --name temperature --svg temperature.svg
  m2m senml plot measurements.json --png measurements.png")]
    Plot(Plot),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum FormatName {
    /// application/senml+json
    Json,
    /// application/senml+cbor
    Cbor,
    /// application/senml+xml
    Xml,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Json => Format::Json,
            FormatName::Cbor => Format::Cbor,
            FormatName::Xml => Format::Xml,
        }
    }
}

/// Which document is read.
#[derive(Args, Clone, Debug)]
pub(crate) struct Input {
    /// The document; standard input if there is none, or for -
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Its format; if not said, told from the name of the file (.json, .senml, .cbor, .senmlc,
    /// .xml, .senmlx ...), else from its first byte
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<FormatName>,
}

/// Where the result goes.
#[derive(Args, Clone, Debug)]
pub(crate) struct Output {
    /// Write to this file, which is only there, or changed, when all went well
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The format to write; if not said, told from the name of the output file, else that of the
    /// document read
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<FormatName>,
    /// Put each record on a line of its own (JSON and XML)
    #[arg(long)]
    pub(crate) lines: bool,
    /// Write decimal fractions as such instead of binary ones (CBOR): exact, but not every reader
    /// knows them
    #[arg(long)]
    pub(crate) decimal: bool,
}

/// By which rules a document is read.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct RulesOf {
    /// Take LwM2M's rules: names are paths and begin with /
    #[arg(long)]
    pub(crate) lwm2m: bool,
}

impl RulesOf {
    pub(crate) fn rules(self) -> Rules {
        let rules = if self.lwm2m { Rules::LWM2M } else { Rules::RFC8428 };
        rules.with_feature(SECONDARY_UNITS)
    }
}

#[derive(Args, Debug)]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Write each record as soon as it has come, as a stream (SensML); the document may end without
    /// its end
    #[arg(long)]
    pub(crate) stream: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Resolve {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) rules: RulesOf,
    /// Give each record its absolute time, in seconds since 1970
    #[arg(long)]
    pub(crate) absolute: bool,
    /// What time it is for --absolute, in seconds since 1970; the clock's if not said
    #[arg(long, value_name = "SECONDS", requires = "absolute", value_parser = number)]
    pub(crate) now: Option<Number>,
    /// Put the records in the order of their times; this takes memory for all of them
    #[arg(long, requires = "absolute")]
    pub(crate) sort: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Compact {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) rules: RulesOf,
}

#[derive(Args, Debug)]
pub(crate) struct Validate {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) rules: RulesOf,
    /// Fail for what is merely odd, too: units that are not registered, or not to be used any more
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Fetch {
    /// The fetch document: records with names, and times or units if these matter
    #[arg(value_name = "WANTED")]
    pub(crate) wanted: PathBuf,
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) rules: RulesOf,
}

#[derive(Args, Debug)]
pub(crate) struct Patch {
    /// The patch document: records to put in place of those with the same name, time and unit, or
    /// to add; "v":null removes
    #[arg(value_name = "CHANGES")]
    pub(crate) changes: PathBuf,
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) rules: RulesOf,
}

#[derive(Args, Debug)]
pub(crate) struct Plot {
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) rules: RulesOf,
    /// Draw only series whose names contain TEXT; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Vec<String>,
    /// Write an SVG picture to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write a PNG picture to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) png: Option<PathBuf>,
    /// How wide the chart on the terminal is, in characters; the terminal's width if not said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(40..=200))]
    pub(crate) width: Option<u16>,
    /// What time it is, in seconds since 1970, where a document has relative and absolute times
    #[arg(long, value_name = "SECONDS", value_parser = number)]
    pub(crate) now: Option<Number>,
}

pub(crate) fn number(text: &str) -> Result<Number, String> {
    let number = Number::parse(text.as_bytes(), m2m_base::decimal::Grammar::Relaxed);
    number.map_err(|_| "it takes a number of seconds".to_owned())
}
