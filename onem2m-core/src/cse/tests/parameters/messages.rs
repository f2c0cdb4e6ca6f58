//! The same over HTTP and CoAP, where a parameter is text in a place of its own.

use super::*;
use crate::binding::{coap, http};
use crate::parameter::{CoapFormat, CoapPlace, HttpPlace};
use crate::primitive::FilterCriteria;
use crate::primitive::kind::scalar_text;
use coap_core::{Code, OptionNumber, OptionWriter, Uint};

/// Where a message is changed.
#[derive(Clone, Copy, Debug)]
enum At {
    Parameter(Parameter),
    /// A field of the query.
    Field(&'static str),
}

/// What happens there.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Edit<'a> {
    Put(&'a [u8]),
    Twice(&'a [u8]),
    Remove,
}

/// A message over HTTP.
#[derive(Clone)]
struct Http {
    method: &'static str,
    path: Vec<u8>,
    query: Vec<Vec<u8>>,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

/// A message over CoAP.
#[derive(Clone)]
struct Coap {
    code: Code,
    path: Vec<u8>,
    query: Vec<Vec<u8>>,
    options: Vec<(u16, Vec<u8>)>,
    payload: Vec<u8>,
}

fn edit<K: Copy + PartialEq>(list: &mut Vec<(K, Vec<u8>)>, key: K, what: Edit<'_>) {
    list.retain(|(own, _)| *own != key);
    match what {
        Edit::Put(value) => list.push((key, value.to_vec())),
        Edit::Twice(value) => list.extend([(key, value.to_vec()), (key, value.to_vec())]),
        Edit::Remove => {}
    }
}

fn edit_field(query: &mut Vec<Vec<u8>>, name: &str, what: Edit<'_>) {
    let field = |value: &[u8]| [name.as_bytes(), b"=", value].concat();
    match what {
        Edit::Put(value) => query.push(field(value)),
        Edit::Twice(value) => query.extend([field(value), field(value)]),
        Edit::Remove => {}
    }
}

/// A way that messages come.
trait Way: Clone {
    /// The request of [`base`].
    fn base(operation: Operation) -> Self;
    /// Changes it; false if it has no such place.
    fn edit(&mut self, at: At, what: Edit<'_>) -> bool;
    fn send(&self, b: &mut Bench) -> Response;
}

impl Way for Http {
    fn base(operation: Operation) -> Http {
        let tree = base(operation);
        let request = Request::from_value(tree).unwrap();
        let sent = http::write_request(&request, &http::Options::default()).unwrap();
        let (path, _) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
        Http {
            method: sent.method,
            path: path.as_bytes().to_vec(),
            query: Vec::new(),
            headers: sent.headers.into_iter().map(|(n, v)| (n, v.into_bytes())).collect(),
            body: sent.body,
        }
    }

    fn edit(&mut self, at: At, what: Edit<'_>) -> bool {
        match at {
            At::Field(name) => edit_field(&mut self.query, name, what),
            At::Parameter(parameter) => match parameter.http() {
                HttpPlace::Header(name) | HttpPlace::QueryAndHeader(_, name) => {
                    edit(&mut self.headers, name, what);
                }
                HttpPlace::Query(name) => edit_field(&mut self.query, name, what),
                HttpPlace::ContentTypeParameter(name) => {
                    let one = |value: &[u8]| [b";", name.as_bytes(), b"=", value].concat();
                    let more = match what {
                        Edit::Put(value) => one(value),
                        Edit::Twice(value) => [one(value), one(value)].concat(),
                        Edit::Remove => return false,
                    };
                    let media = [b"application/json".as_slice(), &more].concat();
                    edit(&mut self.headers, "Content-Type", Edit::Put(&media));
                }
                HttpPlace::Path => match what {
                    Edit::Put(value) => self.path = [b"/", value].concat(),
                    _ => return false,
                },
                HttpPlace::Body => match what {
                    Edit::Put(value) => {
                        self.body = value.to_vec();
                        if !self.headers.iter().any(|(name, _)| *name == "Content-Type") {
                            self.headers.push(("Content-Type", b"application/json".to_vec()));
                        }
                    }
                    Edit::Remove => self.body.clear(),
                    Edit::Twice(_) => return false,
                },
                _ => return false,
            },
        }
        true
    }

    fn send(&self, b: &mut Bench) -> Response {
        let mut target = String::from_utf8(self.path.clone()).unwrap();
        for (at, field) in self.query.iter().enumerate() {
            target.push(if at == 0 { '?' } else { '&' });
            for byte in field {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'=' | b'+' => {
                        target.push(char::from(*byte))
                    }
                    _ => target.push_str(&format!("%{byte:02X}")),
                }
            }
        }
        let headers: Vec<_> = self.headers.iter().map(|(n, v)| (*n, v.as_slice())).collect();
        let message = http::IncomingRequest {
            method: self.method,
            target: &target,
            headers: &headers,
            body: &self.body,
        };
        match http::read_request(&message, "") {
            Ok(received) => engine(b, received.request).expect("a response"),
            Err(error) => error.to_response(),
        }
    }
}

impl Way for Coap {
    fn base(operation: Operation) -> Coap {
        let request = Request::from_value(base(operation)).unwrap();
        let mut room = [0; 1000];
        let mut writer = OptionWriter::new(&mut room);
        let sent = coap::write_request(&request, http::JSON, &mut writer).unwrap();
        let options = writer.options();
        let path: Vec<&[u8]> = options.path().collect();
        let own = |number: u16| number != 11 && number != 15;
        Coap {
            code: sent.code,
            path: path.join(b"/".as_slice()),
            query: Vec::new(),
            options: options
                .iter()
                .map(|o| (o.number.0, o.value.to_vec()))
                .filter(|o| own(o.0))
                .collect(),
            payload: sent.payload,
        }
    }

    fn edit(&mut self, at: At, what: Edit<'_>) -> bool {
        match at {
            At::Field(name) => edit_field(&mut self.query, name, what),
            At::Parameter(parameter) => match parameter.coap() {
                CoapPlace::Option(option) | CoapPlace::QueryAndOption(_, option) => {
                    let uint = matches!(option.format, CoapFormat::Uint { .. });
                    let number = |text: &[u8]| -> Option<Vec<u8>> {
                        let number = core::str::from_utf8(text).ok()?.parse().ok()?;
                        Some(Uint::new(number).as_bytes().to_vec())
                    };
                    let as_number = match what {
                        Edit::Put(text) | Edit::Twice(text) if uint => number(text),
                        _ => None,
                    };
                    let what = match (&as_number, what) {
                        (Some(bytes), Edit::Put(_)) => Edit::Put(bytes),
                        (Some(bytes), Edit::Twice(_)) => Edit::Twice(bytes),
                        // What is no number is one that is too long.
                        (None, Edit::Put(_)) if uint => Edit::Put(&[1; 9]),
                        _ => what,
                    };
                    edit(&mut self.options, option.number, what);
                }
                CoapPlace::Query(name) => edit_field(&mut self.query, name, what),
                CoapPlace::UriPath => match what {
                    Edit::Put(value) => self.path = value.to_vec(),
                    _ => return false,
                },
                CoapPlace::Payload => match what {
                    Edit::Put(value) => {
                        self.payload = value.to_vec();
                        edit(&mut self.options, 12, Edit::Put(&[50]));
                    }
                    Edit::Remove => self.payload.clear(),
                    Edit::Twice(_) => return false,
                },
                _ => return false,
            },
        }
        true
    }

    fn send(&self, b: &mut Bench) -> Response {
        let mut room = std::vec![0; 20_000];
        let mut writer = OptionWriter::new(&mut room);
        let mut options = self.options.clone();
        options.extend(self.path.split(|b| *b == b'/').map(|segment| (11, segment.to_vec())));
        options.extend(self.query.iter().map(|field| (15, field.clone())));
        options.sort_by_key(|(number, _)| *number);
        for (number, value) in &options {
            writer.add(OptionNumber(*number), value).unwrap();
        }
        let options = writer.options();
        let message = coap::Incoming { code: self.code, options, payload: &self.payload };
        match coap::read_request(&message) {
            Ok(received) => engine(b, received.request).expect("a response"),
            Err(error) => error.to_response(),
        }
    }
}

/// Text that is of no such kind. An empty text is one.
fn wrong_texts(kind: Kind) -> Vec<(Vec<u8>, &'static str)> {
    let texts = |texts: &[&str], path| -> Vec<(Vec<u8>, &'static str)> {
        texts.iter().map(|text| (text.as_bytes().to_vec(), path)).collect()
    };
    let mut rows = match kind {
        Kind::Integer => texts(&["", "x", "-1", "1.5", "18446744073709551616"], ""),
        Kind::Boolean => texts(&["", "yes", "2"], ""),
        Kind::List(Kind::Integer) => texts(&["x", ""], "0"),
        _ => Vec::new(),
    };
    if !matches!(kind, Kind::Record(_) | Kind::Object) {
        rows.push((std::vec![0xff], ""));
    }
    rows
}

/// How a query, header or option writes a value; `None` for what it cannot.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Array(elements) => {
            let texts: Option<Vec<String>> = elements.iter().map(scalar_text).collect();
            Some(texts?.join("+"))
        }
        Value::Object(_) => None,
        scalar => scalar_text(scalar),
    }
}

/// Where, what (nothing takes it away), whether twice, and the status and path that come of it.
type Change = (At, Option<Vec<u8>>, bool, u32, String);

/// The changes that are to fail.
fn rows(operation: Operation) -> Vec<Change> {
    let mut found = Vec::new();
    for parameter in Parameter::ALL.iter().copied() {
        let short = parameter.short_name();
        let at = At::Parameter(parameter);
        let Some(member) = Member::find(Request::MEMBERS, short) else { continue };
        let presence = parameter.in_request(operation);
        let tolerated = parameter == Parameter::DesiredIdentifierResultType;
        // Without a type it would be another operation.
        let typed = parameter == Parameter::ResourceType && operation != Operation::Create;
        if matches!(parameter, Parameter::Operation | Parameter::FilterCriteria) || typed {
            continue;
        }
        if presence == Presence::NotPresent && !tolerated {
            let text = text_of(&good(parameter)).unwrap_or_else(|| "{}".into());
            found.push((at, Some(text.into_bytes()), false, 4000, short.into()));
            continue;
        }
        let due = presence == Presence::Mandatory || parameter == Parameter::From;
        let may_miss = [Parameter::ReleaseVersionIndicator, Parameter::ResourceType];
        if due && !may_miss.contains(&parameter) {
            found.push((at, None, false, 4000, short.into()));
        }
        if parameter == Parameter::ResponseType {
            found.push((at, Some(b"/cse/C".to_vec()), false, 4000, "rt.rtv".into()));
            continue;
        }
        if parameter == Parameter::Content {
            let rows = [("{", "pc"), ("[]", "pc"), ("7", "pc"), ("{\"a\":1,\"a\":2}", "pc.a")];
            for (text, path) in rows {
                found.push((at, Some(text.as_bytes().to_vec()), false, 4000, path.into()));
            }
            continue;
        }
        if parameter != Parameter::To {
            for (text, path) in wrong_texts(member.kind) {
                // As a part of Content-Type it makes that none.
                if parameter != Parameter::ResourceType || text != [0xff] {
                    found.push((at, Some(text), false, 4000, dotted(short, path)));
                }
            }
            if !matches!(member.kind, Kind::List(_)) {
                let text = text_of(&good(parameter)).unwrap().into_bytes();
                found.push((at, Some(text), true, 4000, short.into()));
            }
        }
        for (value, status, path) in special(parameter, operation) {
            // A path may begin with the mark of an SP-relative address, and HTTP takes blanks
            // around the value of a header away.
            let fits = value != "~/x" && value != "3 ";
            let text = text_of(&value).map(String::into_bytes).filter(|_| fits);
            found.extend(text.map(|text| (at, Some(text), false, status, path)));
        }
    }
    let field = |name, text: &[u8], twice, status, path: &str| {
        (At::Field(name), Some(text.to_vec()), twice, status, path.to_string())
    };
    for text in ["", "x", "6", "0", "4294967296"] {
        found.push(field("rt", text.as_bytes(), false, 4000, "rt.rtv"));
    }
    found.push(field("rt", b"5", false, 5001, "rt.rtv"));
    found.push(field("rt", b"3", true, 4000, "rt.rtv"));
    let conditional = Parameter::FilterCriteria.in_request(operation) == Presence::Optional;
    for member in FilterCriteria::MEMBERS {
        let path = format!("fc.{}", member.name);
        // Conditions on attributes have names of their own.
        if matches!(member.kind, Kind::List(Kind::Record(_))) {
            continue;
        }
        if !conditional {
            let times = ["crb", "cra", "ms", "us", "exb", "exa"].contains(&member.name);
            let text = if times { "20260101T000000" } else { "1" };
            found.push(field(member.name, text.as_bytes(), false, 4000, "fc"));
            continue;
        }
        for (text, inner) in wrong_texts(member.kind) {
            found.push(field(member.name, &text, false, 4000, &dotted(&path, inner)));
        }
        if !matches!(member.kind, Kind::List(_)) {
            found.push(field(member.name, b"1", true, 4000, &path));
        }
    }
    if conditional {
        for (value, status, path) in special(Parameter::FilterCriteria, operation) {
            let members = value.as_object().unwrap();
            let Some((name, value)) = members.iter().next().filter(|_| members.len() == 1) else {
                continue;
            };
            let name = FilterCriteria::MEMBERS.iter().find(|m| m.name == name).unwrap().name;
            found.extend(
                text_of(value).map(|text| field(name, text.as_bytes(), false, status, &path)),
            );
        }
    }
    found
}

fn every_place_wrong<W: Way>(least: usize) {
    let mut b = ready();
    b.drain();
    let tree = b.tree();
    let before = state(&b);
    let mut checked = 0;
    for operation in Operation::ALL.iter().copied() {
        for (at, text, twice, status, path) in rows(operation) {
            let mut message = W::base(operation);
            let edit = match &text {
                None => Edit::Remove,
                Some(text) if twice => Edit::Twice(text),
                Some(text) => Edit::Put(text),
            };
            if !message.edit(at, edit) {
                continue;
            }
            let shown = text.as_deref().map(String::from_utf8_lossy);
            let context = format!("{operation:?} {at:?} {shown:?} twice: {twice}");
            let response = message.send(&mut b);
            // What is no UTF-8 is found before anybody looks for members.
            let (_, found) = named(&response);
            let path = match path.strip_prefix(&found) {
                Some(rest) if rest.starts_with('.') => found,
                _ => path,
            };
            refused(&mut b, before, &response, (status, &path), &context);
            checked += 1;
        }
    }
    assert_eq!(b.tree(), tree, "nothing was changed");
    assert!(checked > least, "{checked}");
}

#[test]
fn ts_0009_6_every_parameter_wrong_in_each_way() {
    every_place_wrong::<Http>(900);
}

#[test]
fn ts_0008_6_2_every_parameter_wrong_in_each_way() {
    every_place_wrong::<Coap>(900);
}
