//! Server-sent events as they come over a connection.

use crate::failure::{Failure, NO_ANSWER};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::Value as Json;

/// Longest line.
const LONGEST: usize = 16 << 20;

/// An event.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) data: Json,
}

/// Takes events out of what comes.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    event: Event,
    data: String,
}

impl Parser {
    /// Takes a byte; gives the event that it ends.
    fn take(&mut self, byte: u8) -> Option<Event> {
        if byte != b'\n' {
            self.line.push(byte);
            return None;
        }
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches('\r');
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            let event = std::mem::take(&mut self.event);
            let some = !event.name.is_empty();
            return some.then(|| Event {
                data: serde_json::from_str(&data).unwrap_or(Json::Null),
                ..event
            });
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => value.clone_into(&mut self.event.id),
            "event" => value.clone_into(&mut self.event.name),
            "data" => self.data.push_str(value),
            _ => {}
        }
        None
    }
}

/// Events of a connection.
pub(super) struct Events {
    body: Incoming,
    parser: Parser,
    ready: std::collections::VecDeque<Event>,
}

impl Events {
    pub(super) fn new(body: Incoming) -> Events {
        Events { body, parser: Parser::default(), ready: std::collections::VecDeque::new() }
    }

    /// The next event. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Event, Failure> {
        let gone = || Failure::new("the server closed the connection").exits(NO_ANSWER);
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            let frame = self.body.frame().await.ok_or_else(gone)?.map_err(|_| gone())?;
            for byte in frame.data_ref().into_iter().flat_map(|bytes| bytes.iter()) {
                self.ready.extend(self.parser.take(*byte));
            }
            if self.parser.line.len() > LONGEST {
                return Err(Failure::new("the server sends a line that has no end"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_in_pieces() {
        let text =
            "retry: 1000\n\n:\n\nid: 1-2\r\nevent: send\ndata: {\"a\":\ndata: 1}\n\nevent: x\n\n";
        let mut parser = Parser::default();
        let events: Vec<Event> = text.bytes().filter_map(|byte| parser.take(byte)).collect();
        assert_eq!(events.len(), 2);
        assert_eq!((events[0].id.as_str(), events[0].name.as_str()), ("1-2", "send"));
        assert_eq!(events[0].data, serde_json::json!({"a": 1}));
        assert_eq!((events[1].name.as_str(), &events[1].data), ("x", &Json::Null));
    }
}
