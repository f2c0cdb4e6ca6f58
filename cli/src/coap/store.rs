//! `/store/...`: keeps what is PUT there, with entity tags and conditions (RFC 7252 sections
//! 5.10.6 and 5.10.8), and patches JSON (RFC 8132, RFC 7396).

use super::resources::Answer;
use coap_core::link::LinkWriter;
use coap_core::{Code, ContentFormat, Incoming, OptionNumber};
use serde_json::Value;
use std::collections::BTreeMap;

/// Bytes kept at one time, paths included.
const MOST_BYTES: usize = 16 << 20;
/// Resources kept at one time.
const MOST_RESOURCES: usize = 1000;
/// Longest path, in bytes.
const LONGEST_PATH: usize = 255;

#[derive(Debug)]
struct Stored {
    format: Option<ContentFormat>,
    etag: u32,
    bytes: Vec<u8>,
}

/// Resources by path.
#[derive(Debug)]
pub(super) struct Store {
    resources: BTreeMap<Vec<u8>, Stored>,
    bytes: usize,
    etag: u32,
    next: u64,
}

impl Store {
    pub(super) const fn new() -> Store {
        Store { resources: BTreeMap::new(), bytes: 0, etag: 0, next: 1 }
    }

    /// Answers a request; says whether it changed the resource.
    pub(super) fn handle(&mut self, path: &[u8], request: &Incoming<'_>) -> (Answer, bool) {
        if path == b"/store" {
            return match request.code {
                Code::POST => self.create(request),
                Code::GET => (self.index(), false),
                _ => (Answer::new(Code::METHOD_NOT_ALLOWED), false),
            };
        }
        if let Some(refused) = self.condition(path, request) {
            return (Answer::new(refused), false);
        }
        let code = match request.code {
            Code::GET => return (self.read(path, request), false),
            Code::PUT => self.put(path, request),
            Code::DELETE => {
                let gone = self.remove(path);
                return (Answer::new(Code::DELETED), gone);
            }
            Code::PATCH | Code::IPATCH => self.patch(path, request),
            _ => Code::METHOD_NOT_ALLOWED,
        };
        let etag = self.resources.get(path).map(|stored| stored.etag);
        let answer = Answer { etag: etag.filter(|_| code.is_success()), ..Answer::new(code) };
        (answer, code.is_success())
    }

    /// 4.12 if the request is not to be done in this state.
    fn condition(&self, path: &[u8], request: &Incoming<'_>) -> Option<Code> {
        let stored = self.resources.get(path);
        if request.options.first(OptionNumber::IF_NONE_MATCH).is_some() && stored.is_some() {
            return Some(Code::PRECONDITION_FAILED);
        }
        let mut wanted = request.options.all(OptionNumber::IF_MATCH).peekable();
        wanted.peek()?;
        let fits = |stored: &Stored| {
            wanted.any(|etag| etag.is_empty() || etag == stored.etag.to_be_bytes())
        };
        (!stored.is_some_and(fits)).then_some(Code::PRECONDITION_FAILED)
    }

    /// What is there, for an observer.
    pub(super) fn get(&self, path: &[u8]) -> Option<Answer> {
        let stored = self.resources.get(path)?;
        Some(Answer {
            format: stored.format,
            etag: Some(stored.etag),
            payload: stored.bytes.clone(),
            ..Answer::new(Code::CONTENT)
        })
    }

    fn read(&self, path: &[u8], request: &Incoming<'_>) -> Answer {
        let Some(answer) = self.get(path) else { return Answer::new(Code::NOT_FOUND) };
        let known = answer
            .etag
            .map(u32::to_be_bytes)
            .is_some_and(|etag| request.options.all(OptionNumber::ETAG).any(|have| have == etag));
        match request.options.accept() {
            // The client has it already.
            _ if known => Answer { etag: answer.etag, ..Answer::new(Code::VALID) },
            Some(format) if answer.format.is_some_and(|have| have != format) => {
                Answer::new(Code::NOT_ACCEPTABLE)
            }
            _ => answer,
        }
    }

    fn put(&mut self, path: &[u8], request: &Incoming<'_>) -> Code {
        self.set(path, request.options.content_format(), request.payload.to_vec())
    }

    fn set(&mut self, path: &[u8], format: Option<ContentFormat>, bytes: Vec<u8>) -> Code {
        let before = self.resources.get(path).map(|stored| stored.bytes.len());
        let new = if before.is_none() { path.len() } else { 0 };
        let total = self.bytes - before.unwrap_or(0) + bytes.len() + new;
        if path.len() > LONGEST_PATH {
            return Code::BAD_REQUEST;
        }
        let many = before.is_none() && self.resources.len() >= MOST_RESOURCES;
        if total > MOST_BYTES || many {
            return Code::SERVICE_UNAVAILABLE;
        }
        self.bytes = total;
        self.etag = self.etag.wrapping_add(1);
        let stored = Stored { format, etag: self.etag, bytes };
        match self.resources.insert(path.to_vec(), stored) {
            Some(_) => Code::CHANGED,
            None => Code::CREATED,
        }
    }

    fn remove(&mut self, path: &[u8]) -> bool {
        let Some(stored) = self.resources.remove(path) else { return false };
        self.bytes -= stored.bytes.len() + path.len();
        true
    }

    /// A new resource under the next free number.
    fn create(&mut self, request: &Incoming<'_>) -> (Answer, bool) {
        let path = loop {
            let path = format!("store/{}", self.next);
            self.next += 1;
            if !self.resources.contains_key(format!("/{path}").as_bytes()) {
                break path;
            }
        };
        let code = self.put(format!("/{path}").as_bytes(), request);
        let location = code.is_success().then_some(path);
        (Answer { location, ..Answer::new(code) }, false)
    }

    /// JSON merge patch: the only patch format there is for a store that knows no schema.
    fn patch(&mut self, path: &[u8], request: &Incoming<'_>) -> Code {
        let Some(stored) = self.resources.get(path) else { return Code::NOT_FOUND };
        if request.options.content_format() != Some(ContentFormat::MERGE_PATCH) {
            return Code::UNSUPPORTED_CONTENT_FORMAT;
        }
        let Ok(patch) = serde_json::from_slice(request.payload) else { return Code::BAD_REQUEST };
        let (Some(ContentFormat::JSON), Ok(mut target)) =
            (stored.format, serde_json::from_slice(&stored.bytes))
        else {
            return Code::CONFLICT;
        };
        merge(&mut target, patch);
        self.set(path, Some(ContentFormat::JSON), target.to_string().into_bytes())
    }

    /// The paths, one a line.
    fn index(&self) -> Answer {
        let mut payload = Vec::new();
        for path in self.resources.keys() {
            payload.extend_from_slice(path);
            payload.push(b'\n');
        }
        Answer { format: Some(ContentFormat::TEXT), payload, ..Answer::new(Code::CONTENT) }
    }

    /// Links to all that is kept.
    pub(super) fn list(&self, writer: &mut LinkWriter<'_>) {
        for (path, stored) in &self.resources {
            let Ok(_) = writer.link(&target(path)) else { continue };
            if let Some(format) = stored.format {
                let _ = writer.content_formats(&[format.0]);
            }
            let _ = writer.flag("obs");
        }
    }
}

/// A path as the target of a link: what does not belong into a URI is escaped.
fn target(path: &[u8]) -> String {
    path.iter().fold(String::new(), |mut out, byte| {
        let c = char::from(*byte);
        if c.is_ascii_alphanumeric() || "/-._~!$'()*+,;=:@".contains(c) {
            out.push(c);
        } else {
            let _ = std::fmt::Write::write_fmt(&mut out, format_args!("%{byte:02X}"));
        }
        out
    })
}

/// RFC 7396 section 2. Both sides are as deep as serde_json reads, 128 levels at most.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(members) = target else { return };
    for (name, value) in patch {
        match value {
            Value::Null => {
                members.remove(&name);
            }
            value => merge(members.entry(name).or_insert(Value::Null), value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rfc7396_the_examples_of_appendix_a() {
        for (original, patch, result) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a":"b"}), json!(["c"]), json!(["c"])),
            (json!({"a":"foo"}), json!(null), json!(null)),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            let mut target = original.clone();
            merge(&mut target, patch.clone());
            assert_eq!(target, result, "{original} {patch}");
        }
    }

    #[test]
    fn what_it_keeps_is_bounded_and_counted() {
        let mut store = Store::new();
        for n in 0..MOST_RESOURCES + 10 {
            let code = store.set(format!("/store/{n}").as_bytes(), None, vec![0; 10]);
            assert_eq!(code == Code::CREATED, n < MOST_RESOURCES);
        }
        assert_eq!(store.set(b"/store/1", None, vec![0; MOST_BYTES]), Code::SERVICE_UNAVAILABLE);
        assert_eq!(store.set(b"/store/1", None, vec![0; 20]), Code::CHANGED);
        for n in 0..MOST_RESOURCES {
            assert!(store.remove(format!("/store/{n}").as_bytes()));
        }
        assert_eq!(store.bytes, 0);
        assert_eq!(store.set(&[b'/'; 256], None, Vec::new()), Code::BAD_REQUEST);
    }
}
