//! What the user sees: a timeline in words, or JSON lines.

use crate::clock::{Clock, utc_now};
use crate::failure::{Failure, reason};
use crate::names::path_name;
use anstream::{AutoStream, ColorChoice};
use lwm2m_core::Path;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::fmt::{self, Write as _};
use std::io::{self, ErrorKind, Write};

/// Width that the column of actors starts with, and its largest.
const ACTOR: (usize, usize) = (9, 24);
/// Width of the column of verbs.
const VERB: usize = 13;

const DIM: &str = "2";
const RED: &str = "31";
/// Colour of the server.
const SERVER: &str = "1;34";
/// Colours that endpoints take turns with.
const ENDPOINTS: [&str; 4] = ["36", "32", "35", "33"];

/// How much an event matters to the eye.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tone {
    Plain,
    Trouble,
}

/// One thing that happened: a row of the timeline, a line of JSON.
#[derive(Debug)]
pub(crate) struct Report {
    event: &'static str,
    endpoint: String,
    actor: String,
    verb: &'static str,
    text: String,
    tone: Tone,
    members: Vec<(&'static str, Value)>,
}

impl Report {
    /// An event about an endpoint. `endpoint` is empty for what concerns none.
    pub(crate) fn new(event: &'static str, endpoint: &str) -> Self {
        Report {
            event,
            endpoint: endpoint.to_owned(),
            actor: endpoint.to_owned(),
            verb: "",
            text: String::new(),
            tone: Tone::Plain,
            members: Vec::new(),
        }
    }

    /// In words: who does what. `text` is the rest of the sentence.
    pub(crate) fn says(mut self, actor: &str, verb: &'static str, text: impl Into<String>) -> Self {
        actor.clone_into(&mut self.actor);
        self.verb = verb;
        self.text = text.into();
        self
    }

    /// Something is wrong.
    pub(crate) fn trouble(mut self) -> Self {
        self.tone = Tone::Trouble;
        self
    }

    /// One more member of the JSON object.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// What it is about: the path, and its name in words.
    pub(crate) fn at(self, path: Path) -> Self {
        self.with("path", path.to_string()).with("name", path_name(path))
    }

    /// One more member, if there is a value.
    pub(crate) fn with_some(self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The event and its members, without the time.
    pub(crate) fn told(&self) -> (&'static str, Value) {
        let mut members = serde_json::Map::new();
        if !self.endpoint.is_empty() {
            members.insert("endpoint".to_owned(), json!(self.endpoint));
        }
        members.extend(self.members.iter().map(|(name, v)| ((*name).to_owned(), v.clone())));
        (self.event, Value::Object(members))
    }

    fn json(&self, time: &str) -> String {
        let mut line = format!("{{\"time\":{},\"event\":{}", json!(time), json!(self.event));
        if !self.endpoint.is_empty() {
            let _ = write!(line, ",\"endpoint\":{}", json!(self.endpoint));
        }
        for (name, value) in &self.members {
            let _ = write!(line, ",{}:{value}", json!(name));
        }
        line.push('}');
        line
    }
}

/// Prints what happens on standard output, each line at once.
///
/// A reader that goes away ends the command quietly: [`Output::closed`] tells.
pub(crate) struct Output {
    to: RefCell<Box<dyn Write>>,
    json: bool,
    colour: bool,
    clock: Clock,
    actor_width: Cell<usize>,
    /// Endpoints in the order in which they showed up; their index is their colour.
    actors: RefCell<Vec<String>>,
    error: RefCell<Option<io::Error>>,
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("json", &self.json).finish_non_exhaustive()
    }
}

impl Output {
    /// `json` lines or words on standard output, told from `clock`'s start on.
    pub(crate) fn new(json: bool, clock: Clock) -> Self {
        let stdout = io::stdout();
        let colour = !json && AutoStream::choice(&stdout) != ColorChoice::Never;
        Output { colour, ..Output::to(Box::new(stdout), json, clock) }
    }

    /// The same without colours, written to `to`.
    pub(crate) fn to(to: Box<dyn Write>, json: bool, clock: Clock) -> Self {
        Output {
            to: RefCell::new(to),
            json,
            colour: false,
            clock,
            actor_width: Cell::new(ACTOR.0),
            actors: RefCell::new(Vec::new()),
            error: RefCell::new(None),
        }
    }

    /// Nobody reads any more.
    pub(crate) fn closed(&self) -> bool {
        self.error.borrow().is_some()
    }

    /// At the end: was everything written?
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        match &*self.error.borrow() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::new(format!("cannot write the output: {}", reason(error))))
            }
            _ => Ok(()),
        }
    }

    /// Tells an event.
    pub(crate) fn tell(&self, report: &Report) {
        if self.json {
            self.line(&report.json(&utc_now()));
            return;
        }
        let mut line = self.time();
        let _ = write!(line, "  {}", self.actor(&report.actor));
        let verb = format!("{:VERB$}", report.verb);
        match report.tone {
            Tone::Plain => line.push_str(&verb),
            Tone::Trouble => line.push_str(&self.paint(RED, &verb)),
        }
        line.push_str(&report.text);
        self.line(line.trim_end());
    }

    /// Tells a message that went by: `words` in the timeline, or the JSON members of `report`.
    pub(crate) fn message(&self, words: &str, report: &Report) {
        if self.json {
            self.line(&report.json(&utc_now()));
        } else {
            let line = format!("{}    {words}", self.time_plain());
            self.line(&self.paint(DIM, &line));
        }
    }

    /// A line for scripts only; there is none in the timeline.
    pub(crate) fn record(&self, report: &Report) {
        if self.json {
            self.line(&report.json(&utc_now()));
        }
    }

    /// A line for people only; there is none in JSON.
    pub(crate) fn remark(&self, text: &str) {
        if !self.json {
            self.line(text);
        }
    }

    fn time_plain(&self) -> String {
        let ms = self.clock.now().as_millis();
        let (s, ms) = (ms / 1000, ms % 1000);
        if s < 3600 {
            format!("{s:>5}.{ms:03}")
        } else {
            format!("{}:{:02}:{:02}.{ms:03}", s / 3600, s / 60 % 60, s % 60)
        }
    }

    fn time(&self) -> String {
        self.paint(DIM, &self.time_plain())
    }

    fn actor(&self, actor: &str) -> String {
        let length = actor.chars().count();
        let width = self.actor_width.get().max(length.min(ACTOR.1));
        self.actor_width.set(width);
        let padded = format!("{actor:width$}  ");
        if actor == "server" {
            return self.paint(SERVER, &padded);
        }
        let at = {
            let mut actors = self.actors.borrow_mut();
            match actors.iter().position(|known| known == actor) {
                Some(at) => at,
                // Enough to tell neighbours apart; the rest shares a colour.
                None if actors.len() >= 64 => 0,
                None => {
                    actors.push(actor.to_owned());
                    actors.len() - 1
                }
            }
        };
        let colour = ENDPOINTS.get(at % ENDPOINTS.len()).copied().unwrap_or(DIM);
        self.paint(colour, &padded)
    }

    fn paint(&self, style: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn line(&self, text: &str) {
        if self.closed() {
            return;
        }
        let mut out = self.to.borrow_mut();
        let written = writeln!(out, "{text}").and_then(|()| out.flush());
        if let Err(error) = written {
            self.error.replace(Some(error));
        }
    }
}

/// Text that a peer sent, safe for a terminal: what would move the cursor is escaped.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// `1 message`, `2 messages`.
pub(crate) fn count(n: u64, what: &str) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    let plural = if n == 1 { "" } else { "s" };
    format!("{out} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_keep_the_order_and_escape() {
        let report = Report::new("notified", "a\"b")
            .with("path", "/3303/0/5700")
            .with("value", 21.5)
            .with_some("unit", None::<&str>);
        let line = report.json("t");
        assert_eq!(
            line,
            r#"{"time":"t","event":"notified","endpoint":"a\"b","path":"/3303/0/5700","value":21.5}"#
        );
        assert!(!Report::new("listening", "").json("t").contains("endpoint"));
    }

    #[test]
    fn a_write_that_fails_closes_the_output_for_good() {
        struct Broken(ErrorKind);
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        for (kind, quiet) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let out = Output::to(Box::new(Broken(kind)), true, Clock::start());
            assert!(!out.closed() && out.finish().is_ok());
            out.tell(&Report::new("listening", ""));
            assert!(out.closed());
            assert_eq!(out.finish().is_ok(), quiet);
        }
    }

    #[test]
    fn counts() {
        assert_eq!(count(1, "message"), "1 message");
        assert_eq!(count(0, "message"), "0 messages");
        assert_eq!(count(1234, "byte"), "1,234 bytes");
        assert_eq!(count(1_234_567, "byte"), "1,234,567 bytes");
    }

    #[test]
    fn peers_cannot_move_the_cursor() {
        assert_eq!(printable("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }
}
