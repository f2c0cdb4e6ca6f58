//! Answers as they are printed: the payload on standard output, a refusal as a sentence.

use super::args;
use super::client::Answer;
use super::show;
use crate::clock::Clock;
use crate::failure::Failure;
use crate::output::{Output, Report};
use coap_core::{Code, OptionFormat, OptionNumber};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;
use std::rc::Rc;

/// Where answers go, and how.
pub(super) struct Printer {
    pub(super) out: Rc<Output>,
    json: bool,
    pretty: bool,
    file: Option<PathBuf>,
    closed: bool,
}

/// What events are told on: standard output as JSON, else standard error.
pub(super) fn events(json: bool, clock: Clock) -> Rc<Output> {
    Rc::new(match json {
        true => Output::new(true, clock),
        false => Output::to(Box::new(io::stderr()), false, clock),
    })
}

impl Printer {
    pub(super) fn new(message: &args::Message, clock: Clock) -> Printer {
        let show = message.client.show;
        Printer {
            out: events(show.json, clock),
            json: show.json,
            pretty: message.pretty || !message.raw && io::stdout().is_terminal(),
            file: message.output.clone(),
            closed: false,
        }
    }

    /// Nobody reads any more.
    pub(super) fn closed(&self) -> bool {
        self.closed || self.out.closed()
    }

    /// Prints an answer; an error if it is one.
    pub(super) fn answer(&mut self, answer: &Answer) -> Result<(), Failure> {
        if self.json {
            self.out.tell(&report("response", answer));
        }
        if !answer.code.is_success() {
            return Err(refusal(answer));
        }
        if let Some(file) = &self.file {
            return write_file(file, &answer.payload);
        }
        if self.json {
            return self.out.finish();
        }
        if !self.pretty {
            return self.print(&answer.payload);
        }
        let mut text = show::pretty(answer.format(), &answer.payload);
        if text.is_empty() {
            text = format!("{}{}\n", code_text(answer.code), location(answer));
        }
        self.print(text.as_bytes())
    }

    /// Prints a state of something that is observed. Into a pipe each is a line of its own, if it
    /// is text.
    pub(super) fn state(&mut self, answer: &Answer, event: &'static str) -> Result<(), Failure> {
        if self.json {
            self.out.tell(&report(event, answer));
        }
        if let Some(file) = &self.file {
            return write_file(file, &answer.payload);
        }
        if self.json {
            return Ok(());
        }
        if self.pretty {
            return self.print(show::pretty(answer.format(), &answer.payload).as_bytes());
        }
        let mut bytes = answer.payload.clone();
        if core::str::from_utf8(&bytes).is_ok_and(|text| !text.ends_with('\n')) {
            bytes.push(b'\n');
        }
        self.print(&bytes)
    }

    /// Prints links, one a line.
    pub(super) fn links(&mut self, answer: &Answer) -> Result<(), Failure> {
        if !self.json {
            // A list is for reading, also in a pipe; --raw is what came.
            self.pretty |= self.file.is_none();
            return self.answer(answer);
        }
        if !answer.code.is_success() {
            return self.answer(answer);
        }
        for link in coap_core::link::Links::new(&answer.payload) {
            let link =
                link.map_err(|error| Failure::new(format!("these are no links: {error}")))?;
            let mut report = Report::new("link", "").with("target", link.target());
            if let Value::Object(members) = show::link_json(&link) {
                let rest = members.into_iter().filter(|(name, _)| name != "target").collect();
                report = report.with("attributes", Value::Object(rest));
            }
            self.out.tell(&report);
        }
        self.out.finish()
    }

    /// Writes to standard output. A reader that went away is no error.
    pub(super) fn print(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(Failure::io("cannot write the output", &error)),
            Ok(()) => Ok(()),
        }
    }
}

fn write_file(file: &PathBuf, payload: &[u8]) -> Result<(), Failure> {
    std::fs::write(file, payload)
        .map_err(|error| Failure::io(format_args!("cannot write {}", file.display()), &error))
}

/// `2.05 Content`.
pub(super) fn code_text(code: Code) -> String {
    match code.name() {
        Some(name) => format!("{code} {name}"),
        None => code.to_string(),
    }
}

/// Where what was created is.
fn location(answer: &Answer) -> String {
    let mut text = String::new();
    let parts = [(OptionNumber::LOCATION_PATH, '/', '/'), (OptionNumber::LOCATION_QUERY, '?', '&')];
    for (number, first, other) in parts {
        for (n, (_, value)) in answer.options.iter().filter(|o| o.0 == number).enumerate() {
            text.push(if n == 0 { first } else { other });
            text.push_str(&crate::output::printable(&String::from_utf8_lossy(value)));
        }
    }
    if text.is_empty() { text } else { format!("  {text}") }
}

/// An error response as a failure: its code, and what the server says to it.
pub(super) fn refusal(answer: &Answer) -> Failure {
    let mut sentence = code_text(answer.code);
    if let Some(text) = show::text(&answer.payload).filter(|text| !text.is_empty()) {
        sentence = format!("{sentence}: {}", text.replace('\n', " "));
    }
    Failure::new(sentence).exits(answer.code.class())
}

/// An answer for scripts.
fn report(event: &'static str, answer: &Answer) -> Report {
    let mut options = serde_json::Map::new();
    for (number, value) in &answer.options {
        let definition = number.definition();
        let name = definition.map_or_else(|| number.0.to_string(), |row| row.name.to_owned());
        let value: Value = match definition.map_or(OptionFormat::Opaque, |row| row.format) {
            OptionFormat::Empty => true.into(),
            OptionFormat::Uint => coap_core::decode_uint(value).into(),
            OptionFormat::Text => String::from_utf8_lossy(value).into(),
            OptionFormat::Opaque => digits(value).into(),
        };
        let repeatable = definition.is_none_or(|row| row.repeatable);
        let list = options.entry(name).or_insert_with(|| match repeatable {
            true => Value::Array(Vec::new()),
            false => Value::Null,
        });
        match list {
            Value::Array(list) => list.push(value),
            single => *single = value,
        }
    }
    let text = core::str::from_utf8(&answer.payload).ok();
    Report::new(event, "")
        .with("code", answer.code.to_string())
        .with_some("name", answer.code.name())
        .with_some("content_format", answer.format().map(|format| format.to_string()))
        .with("options", json!(options))
        .with_some("payload", text)
        .with_some("payload_hex", text.is_none().then(|| digits(&answer.payload)))
        .with_some("protected", answer.protected.then_some(true))
}

/// Bytes as hexadecimal digits.
fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
