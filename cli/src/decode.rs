//! Messages for people: which way, which operation, which path, and what is in it.

use crate::driver::{Direction, Tap};
use crate::names::{has_secrets, hex, is_secret, shorten, value_text};
use crate::output::{Output, Report, printable};
use coap_core::stream::{self, Frame, Progress, Transport as Framing};
use coap_core::{
    Block, Code, ContentFormat, DecodeError, Message, MessageOption, MessageType, OptionFormat,
    OptionNumber,
};
use lwm2m_core::format::{Content, Entry, Reader};
use lwm2m_core::{Level, Path, Registry};
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::rc::Rc;

/// Requests whose responses can be told apart. Older ones are forgotten.
const REMEMBERED: usize = 4096;
/// Peers whose names are remembered.
const NAMED: usize = 4096;
/// Longest message of a connection that is put together.
const LONGEST_PIECE: usize = 1 << 20;
/// Longest payload shown, in characters.
const LONGEST: usize = 240;

/// What a request was, for the responses to it.
#[derive(Clone, Debug)]
struct Request {
    operation: &'static str,
    target: String,
    path: Option<Path>,
    /// It was answered: what comes now is a notification.
    answered: bool,
}

type Key = (SocketAddr, bool, Vec<u8>);

/// Reads every datagram of one socket and tells it.
#[derive(Debug)]
pub(crate) struct Decoder {
    out: Rc<Output>,
    /// Who owns the socket.
    own: String,
    requests: BTreeMap<Key, Request>,
    order: VecDeque<Key>,
    /// Requests are operations of LwM2M.
    lwm2m: bool,
    names: BTreeMap<SocketAddr, String>,
    /// Messages of connections of which more has to come, by peer and direction.
    pieces: BTreeMap<(SocketAddr, bool), Vec<u8>>,
}

/// A message in words and in parts.
struct Decoded {
    /// Type and code: `CON GET`, `ACK 2.05 Content`.
    head: String,
    operation: &'static str,
    target: String,
    options: Vec<String>,
    payload: String,
}

impl Decoder {
    /// Tells what goes over the socket of `own` on `out`.
    pub(crate) fn new(out: Rc<Output>, own: &str) -> Self {
        Decoder {
            out,
            own: own.to_owned(),
            requests: BTreeMap::new(),
            order: VecDeque::new(),
            lwm2m: true,
            names: BTreeMap::new(),
            pieces: BTreeMap::new(),
        }
    }

    /// The same for resources of whatever kind.
    pub(crate) fn plain(out: Rc<Output>, own: &str) -> Self {
        Decoder { lwm2m: false, ..Decoder::new(out, own) }
    }

    /// Calls a peer by a name instead of its address.
    pub(crate) fn name(&mut self, address: SocketAddr, name: &str) {
        if self.names.len() < NAMED || self.names.contains_key(&address) {
            self.names.insert(address, name.to_owned());
        }
    }

    /// Looks at what a driver carries from now on.
    pub(crate) fn into_tap(mut self) -> Tap {
        Box::new(move |direction, peer, framing, bytes| match framing {
            None => self.show(direction, peer, bytes),
            Some(framing) => self.show_piece(direction, peer, framing, bytes),
        })
    }

    /// Tells the messages of a connection that are whole now.
    fn show_piece(
        &mut self,
        direction: Direction,
        peer: SocketAddr,
        framing: Framing,
        bytes: &[u8],
    ) {
        let key = (peer, direction == Direction::Out);
        let mut all = self.pieces.remove(&key).unwrap_or_default();
        all.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(rest) = all.get(from..).filter(|rest| !rest.is_empty()) {
            match stream::read(rest, framing) {
                Ok(Progress::Complete { frame, len }) => {
                    let Frame { code, token, options, payload } = frame;
                    let message_type = MessageType::NonConfirmable;
                    let message = Message { message_type, code, id: 0, token, options, payload };
                    self.tell(direction, peer, Ok(message), len, true);
                    from += len;
                }
                Ok(Progress::Incomplete { .. }) => break,
                Err(error) => {
                    self.tell(direction, peer, Err(error), rest.len(), true);
                    from = all.len();
                }
            }
        }
        let rest = all.get(from..).unwrap_or_default();
        if !rest.is_empty() && rest.len() <= LONGEST_PIECE && self.pieces.len() < NAMED {
            self.pieces.insert(key, rest.to_vec());
        }
    }

    /// Tells one datagram.
    pub(crate) fn show(&mut self, direction: Direction, peer: SocketAddr, bytes: &[u8]) {
        self.tell(direction, peer, Message::parse(bytes), bytes.len(), false);
    }

    /// Tells a message. One of a connection has neither type nor id.
    fn tell(
        &mut self,
        direction: Direction,
        peer: SocketAddr,
        message: Result<Message<'_>, DecodeError>,
        length: usize,
        framed: bool,
    ) {
        if let (Direction::In, Ok(message)) = (direction, &message) {
            self.learn_name(peer, message);
        }
        let other = self.names.get(&peer).cloned().unwrap_or_else(|| peer.to_string());
        let (from, to, sign) = match direction {
            Direction::Out => (self.own.as_str(), other.as_str(), '→'),
            Direction::In => (other.as_str(), self.own.as_str(), '←'),
        };
        let report = Report::new("message", "").with("from", from).with("to", to);
        let arrow = format!("{} {sign} {other}", self.own);
        let message = match message {
            Ok(message) => message,
            Err(error) => {
                let words = format!("{arrow}  no CoAP message ({error}), {length} bytes");
                let report = report.with("error", error.to_string()).with("bytes", length);
                self.out.message(&words, &report);
                return;
            }
        };
        let mut decoded = self.decode(direction, peer, &message);
        if framed {
            decoded.head = decoded.head.replacen("NON ", "", 1);
        }
        let mut words = format!("{arrow}  {:<16}", decoded.head);
        for part in [decoded.operation, &decoded.target].into_iter().filter(|p| !p.is_empty()) {
            let _ = write!(words, "  {part}");
        }
        for option in &decoded.options {
            let _ = write!(words, "  {option}");
        }
        if !decoded.payload.is_empty() {
            let _ = write!(words, "  {}", decoded.payload);
        }
        let id = (!framed).then(|| format!("id {:04x}", message.id));
        let token = digits(message.token);
        let token = (!token.is_empty()).then(|| format!("token {token}"));
        let parts = id.into_iter().chain(token).chain([format!("{length} bytes")]);
        let _ = write!(words, "  [{}]", parts.collect::<Vec<_>>().join(", "));
        let report = report
            .with_some("type", (!framed).then(|| type_name(message.message_type)))
            .with("code", message.code.to_string())
            .with_some("id", (!framed).then_some(message.id))
            .with("token", digits(message.token))
            .with_some("operation", (!decoded.operation.is_empty()).then_some(decoded.operation))
            .with_some("path", (!decoded.target.is_empty()).then_some(decoded.target))
            .with("options", json!(decoded.options))
            .with_some("payload", (!decoded.payload.is_empty()).then_some(decoded.payload))
            .with("bytes", length);
        self.out.message(&words, &report);
    }

    /// Who registers tells a name.
    fn learn_name(&mut self, peer: SocketAddr, message: &Message<'_>) {
        if !self.lwm2m || message.code != Code::POST || message.options.path().next() != Some(b"rd")
        {
            return;
        }
        let name = message.options.query().find_map(|q| q.strip_prefix(b"ep="));
        if let Some(name) = name.and_then(|n| core::str::from_utf8(n).ok()) {
            self.name(peer, &printable(name));
        }
    }

    fn decode(&mut self, direction: Direction, peer: SocketAddr, message: &Message<'_>) -> Decoded {
        let kind = type_name(message.message_type);
        if message.code.class() == 7 || message.code == Code::EMPTY {
            let head = match (message.message_type, message.code.class()) {
                (MessageType::Confirmable, 0) => "CON ping".to_owned(),
                (_, 7) => format!("{} {}", message.code, signal_name(message.code)),
                _ => kind.to_owned(),
            };
            return Decoded {
                head,
                operation: "",
                target: String::new(),
                options: Vec::new(),
                payload: String::new(),
            };
        }
        let name = message.code.name().unwrap_or("");
        let ours = direction == Direction::Out;
        let (head, request, notification) = if message.code.is_request() {
            let mut request = classify(message);
            if !self.lwm2m {
                (request.operation, request.path) = ("", None);
            }
            self.remember((peer, ours, message.token.to_vec()), request.clone());
            (format!("{kind} {name}"), request, false)
        } else {
            let head = format!("{kind} {} {name}", message.code);
            let (request, notification) =
                self.recall(&(peer, !ours, message.token.to_vec()), message);
            (head, request, notification)
        };
        let operation = match (message.code.is_request(), notification) {
            (true, _) => request.operation,
            (false, true) if self.lwm2m => "Notify",
            (false, _) => "",
        };
        let mut options: Vec<String> = message.options.iter().filter_map(|o| option(&o)).collect();
        let location = joined(message.options.all(OptionNumber::LOCATION_PATH));
        if !location.is_empty() {
            options.insert(0, format!("Location={location}"));
        }
        let payload = payload(message, &request);
        Decoded { head, operation, target: request.target, options, payload }
    }

    fn remember(&mut self, key: Key, request: Request) {
        if self.requests.insert(key.clone(), request).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > REMEMBERED {
            if let Some(oldest) = self.order.pop_front() {
                self.requests.remove(&oldest);
            }
        }
    }

    /// What a response answers, and whether it is a notification.
    fn recall(&mut self, key: &Key, message: &Message<'_>) -> (Request, bool) {
        match self.requests.get_mut(key) {
            Some(request) => {
                let observe = message.option(OptionNumber::OBSERVE).is_some();
                let notification = request.answered && observe;
                request.answered |= observe;
                (request.clone(), notification)
            }
            None => {
                let target = String::new();
                (Request { operation: "", target, path: None, answered: false }, false)
            }
        }
    }
}

const fn type_name(message_type: MessageType) -> &'static str {
    match message_type {
        MessageType::Confirmable => "CON",
        MessageType::NonConfirmable => "NON",
        MessageType::Acknowledgement => "ACK",
        MessageType::Reset => "RST",
    }
}

/// The name of a signalling message (RFC 8323 section 5).
const fn signal_name(code: Code) -> &'static str {
    match code.detail() {
        1 => "CSM",
        2 => "Ping",
        3 => "Pong",
        4 => "Release",
        5 => "Abort",
        _ => "signal",
    }
}

fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Segments as a path.
fn joined<'a>(segments: impl Iterator<Item = &'a [u8]>) -> String {
    segments.fold(String::new(), |mut path, segment| {
        let _ = write!(path, "/{}", printable(&String::from_utf8_lossy(segment)));
        path
    })
}

/// The LwM2M operation of a request (Transport 1.2 section 6.4).
fn classify(message: &Message<'_>) -> Request {
    let mut target = joined(message.options.path());
    if target.is_empty() {
        target.push('/');
    }
    let path = Path::from_segments(message.options.path()).ok();
    let mut segments = message.options.path();
    let interface = segments.next();
    let deeper = segments.next().is_some();
    let operation = match (interface, message.code) {
        (Some(b"rd"), Code::POST) if deeper => "Update",
        (Some(b"rd"), Code::POST) => "Register",
        (Some(b"rd"), Code::DELETE) => "De-register",
        (Some(b"bs"), Code::POST) => "Bootstrap-Request",
        (Some(b"bspack"), Code::GET) => "Bootstrap-Pack-Request",
        (Some(b"dp"), Code::POST) => "Send",
        _ => management(message, path),
    };
    Request { operation, target, path, answered: false }
}

fn management(message: &Message<'_>, path: Option<Path>) -> &'static str {
    let options = &message.options;
    let level = path.map(Path::level);
    let observe = options.uint(OptionNumber::OBSERVE);
    let has_body = !message.payload.is_empty() || options.content_format().is_some();
    match (message.code, observe) {
        (Code::GET, Some(0)) => "Observe",
        (Code::GET, Some(_)) => "Cancel Observation",
        (Code::GET, None) if options.accept() == Some(ContentFormat::LINK_FORMAT) => "Discover",
        (Code::GET, None) => "Read",
        (Code::FETCH, Some(0)) => "Observe-Composite",
        (Code::FETCH, Some(_)) => "Cancel Observation-Composite",
        (Code::FETCH, None) => "Read-Composite",
        (Code::IPATCH, _) => "Write-Composite",
        (Code::PUT, _) if has_body => "Write",
        (Code::PUT, _) => "Write-Attributes",
        (Code::DELETE, _) => "Delete",
        (Code::POST, _) => match (level, options.content_format()) {
            (Some(Level::Object), _) => "Create",
            (Some(Level::Resource), None | Some(ContentFormat::TEXT)) => "Execute",
            _ => "Write (update)",
        },
        _ => "",
    }
}

/// An option in words, except for those that are told elsewhere.
fn option(option: &MessageOption<'_>) -> Option<String> {
    let text = |value: &[u8]| printable(&String::from_utf8_lossy(value));
    let format = |value: Option<u32>| {
        let number = value.and_then(|v| u16::try_from(v).ok());
        number.map_or_else(|| "?".to_owned(), |n| format_name(ContentFormat(n)))
    };
    Some(match option.number {
        // Told as one path each.
        OptionNumber::URI_PATH | OptionNumber::LOCATION_PATH => return None,
        OptionNumber::URI_QUERY => text(option.value),
        OptionNumber::CONTENT_FORMAT => format!("as {}", format(option.as_uint())),
        OptionNumber::ACCEPT => format!("accepts {}", format(option.as_uint())),
        OptionNumber::BLOCK1 | OptionNumber::BLOCK2 => {
            let name = option.number.definition().map_or("", |row| row.name);
            match option.as_uint().and_then(Block::from_uint) {
                Some(block) => {
                    let more = if block.more { "+" } else { "" };
                    format!("{name}={}{more}/{}", block.number, block.size())
                }
                None => format!("{name}=?"),
            }
        }
        number => {
            let (name, kind) = match number.definition() {
                Some(row) => (row.name.to_owned(), row.format),
                None => (format!("option {}", number.0), OptionFormat::Opaque),
            };
            match (kind, option.as_uint()) {
                (OptionFormat::Empty, _) => name,
                (OptionFormat::Uint, Some(value)) => format!("{name}={value}"),
                (OptionFormat::Text, _) => format!("{name}={}", text(option.value)),
                _ => format!("{name}={}", hex(option.value.iter().copied())),
            }
        }
    })
}

/// What the format is called among those who use it.
fn format_name(format: ContentFormat) -> String {
    match format {
        ContentFormat::TEXT => "text".to_owned(),
        ContentFormat::LINK_FORMAT => "links".to_owned(),
        ContentFormat::OCTET_STREAM => "opaque".to_owned(),
        ContentFormat::CBOR => "CBOR".to_owned(),
        ContentFormat::SENML_JSON => "SenML JSON".to_owned(),
        ContentFormat::SENML_CBOR => "SenML CBOR".to_owned(),
        ContentFormat::SENML_ETCH_JSON => "SenML-ETCH JSON".to_owned(),
        ContentFormat::SENML_ETCH_CBOR => "SenML-ETCH CBOR".to_owned(),
        ContentFormat::LWM2M_TLV => "TLV".to_owned(),
        ContentFormat::LWM2M_JSON => "LwM2M JSON".to_owned(),
        ContentFormat::LWM2M_CBOR => "LwM2M CBOR".to_owned(),
        other => other.to_string(),
    }
}

/// The payload in words: values where it holds values, else text, else bytes.
/// Secrets are told to nobody, nor is what may have some in it and cannot be read.
fn payload(message: &Message<'_>, request: &Request) -> String {
    if message.payload.is_empty() {
        return String::new();
    }
    let path = request.path;
    let values = message
        .content_format()
        .filter(|_| whole(message))
        .and_then(|format| values(format, path?, message.payload));
    if let Some(values) = values {
        return shorten(&values, LONGEST);
    }
    let of_data = message.content_format().is_some_and(|f| f != ContentFormat::LINK_FORMAT);
    let pack = request.operation == "Bootstrap-Pack-Request";
    if of_data && (pack || path.is_some_and(has_secrets)) {
        return "not shown: it may have keys in it".to_owned();
    }
    match core::str::from_utf8(message.payload) {
        Ok(text) => shorten(&printable(text), LONGEST),
        Err(_) => hex(message.payload.iter().copied()),
    }
}

/// False for one block of several: it cannot be read by itself.
fn whole(message: &Message<'_>) -> bool {
    [OptionNumber::BLOCK1, OptionNumber::BLOCK2].into_iter().all(|number| {
        let block = message.options.uint(number).and_then(Block::from_uint);
        block.is_none_or(|block| block.number == 0 && !block.more)
    })
}

fn values(format: ContentFormat, path: Path, bytes: &[u8]) -> Option<String> {
    let registry = Registry::standard();
    let mut parts = Vec::new();
    for entry in Reader::new(format, path, bytes).ok()? {
        let Entry { path, content, .. } = entry.ok()?;
        let value = match content {
            Content::Value(_) if is_secret(path) => "(secret)".to_owned(),
            Content::Value(raw) => {
                let typed = registry.resource(path).and_then(|row| raw.decode(row.data_type).ok());
                value_text(&typed.unwrap_or_else(|| raw.infer()))
            }
            Content::Empty => "empty".to_owned(),
            Content::Delete => "deleted".to_owned(),
        };
        parts.push(format!("{path} = {value}"));
    }
    Some(parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use coap_core::{MessageWriter, OptionWriter};

    const TLV: u32 = 11_542;

    fn bytes(
        kind: MessageType,
        code: Code,
        options: &[(OptionNumber, &[u8])],
        payload: &[u8],
    ) -> Vec<u8> {
        let mut space = [0; 200];
        let mut list = OptionWriter::new(&mut space);
        for (number, value) in options {
            list.add(*number, value).unwrap();
        }
        let mut writer = MessageWriter::new(Vec::new(), kind, code, 0x1234, b"t").unwrap();
        writer.options(list.options()).unwrap();
        writer.finish(payload).unwrap()
    }

    fn request(code: Code, path: &str, more: &[(OptionNumber, u32)], payload: &[u8]) -> Vec<u8> {
        let mut options = Vec::new();
        for segment in path.split('/').skip(1) {
            options.push((OptionNumber::URI_PATH, segment.as_bytes().to_vec()));
        }
        for (number, value) in more {
            let value: Vec<u8> =
                value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            options.push((*number, value));
        }
        let options: Vec<_> = options.iter().map(|(n, v)| (*n, v.as_slice())).collect();
        bytes(MessageType::Confirmable, code, &options, payload)
    }

    #[test]
    fn transport_6_4_operations_by_method_path_and_options() {
        use OptionNumber as O;
        for (code, path, options, payload, operation) in [
            (Code::POST, "/rd", &[][..], &b"</3/0>"[..], "Register"),
            (Code::POST, "/rd/7", &[], b"", "Update"),
            (Code::DELETE, "/rd/7", &[], b"", "De-register"),
            (Code::POST, "/bs", &[], b"", "Bootstrap-Request"),
            (Code::POST, "/dp", &[(O::CONTENT_FORMAT, 112)], b"\x80", "Send"),
            (Code::GET, "/3/0", &[], b"", "Read"),
            (Code::GET, "/3/0", &[(O::ACCEPT, 40)], b"", "Discover"),
            (Code::GET, "/3/0", &[(O::OBSERVE, 0)], b"", "Observe"),
            (Code::GET, "/3/0", &[(O::OBSERVE, 1)], b"", "Cancel Observation"),
            (Code::PUT, "/3/0/14", &[(O::CONTENT_FORMAT, 0)], b"x", "Write"),
            (Code::PUT, "/3/0", &[], b"", "Write-Attributes"),
            (Code::POST, "/3/0", &[(O::CONTENT_FORMAT, TLV)], b"x", "Write (update)"),
            (Code::POST, "/3/0/4", &[], b"", "Execute"),
            (Code::POST, "/3/0/4", &[(O::CONTENT_FORMAT, 0)], b"1", "Execute"),
            (Code::POST, "/3303", &[(O::CONTENT_FORMAT, TLV)], b"x", "Create"),
            (Code::DELETE, "/3303/1", &[], b"", "Delete"),
            (Code::FETCH, "/", &[], b"x", "Read-Composite"),
            (Code::FETCH, "/", &[(O::OBSERVE, 0)], b"x", "Observe-Composite"),
            (Code::IPATCH, "/", &[], b"x", "Write-Composite"),
        ] {
            let bytes = request(code, path, options, payload);
            let found = classify(&Message::parse(&bytes).unwrap());
            assert_eq!(found.operation, operation, "{code} {path}");
        }
    }

    fn decoder() -> (Decoder, SocketAddr) {
        let out = Rc::new(Output::to(Box::new(std::io::sink()), true, Clock::start()));
        (Decoder::new(out, "server"), "192.0.2.1:5683".parse().unwrap())
    }

    #[test]
    fn payloads_are_values_of_the_path_that_the_token_names() {
        let (mut decoder, peer) = decoder();
        let observe = request(Code::GET, "/3303/0/5700", &[(OptionNumber::OBSERVE, 0)], b"");
        let asked = decoder.decode(Direction::Out, peer, &Message::parse(&observe).unwrap());
        assert_eq!((asked.head.as_str(), asked.operation), ("CON GET", "Observe"));
        // A TLV resource 5700 with a float of four bytes: 21.5.
        let tlv = [0xe4, 0x16, 0x44, 0x41, 0xac, 0, 0];
        let format = [0x2d, 0x16];
        let options: [(OptionNumber, &[u8]); 2] =
            [(OptionNumber::OBSERVE, &[5]), (OptionNumber::CONTENT_FORMAT, &format)];
        let answer = bytes(MessageType::Acknowledgement, Code::CONTENT, &options, &tlv);
        let answer = Message::parse(&answer).unwrap();
        for operation in ["", "Notify"] {
            let decoded = decoder.decode(Direction::In, peer, &answer);
            assert_eq!(decoded.head, "ACK 2.05 Content");
            assert_eq!(decoded.operation, operation);
            assert_eq!(decoded.payload, "/3303/0/5700 = 21.5");
            assert_eq!(decoded.options, ["Observe=5", "as TLV"]);
        }
        // The same token from the other side is somebody else's.
        let decoded = decoder.decode(Direction::Out, peer, &answer);
        assert_eq!((decoded.operation, decoded.target.as_str()), ("", ""));
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_it_is() {
        let (mut decoder, peer) = decoder();
        let format = [0x2d, 0x16];
        let mut show = |options: &[(OptionNumber, &[u8])], payload: &[u8]| {
            let bytes = bytes(MessageType::NonConfirmable, Code::CONTENT, options, payload);
            let decoded = decoder.decode(Direction::In, peer, &Message::parse(&bytes).unwrap());
            (decoded.payload, decoded.options)
        };
        assert_eq!(show(&[], b"\xff\x00").0, "h'ff00'");
        assert_eq!(show(&[], b"a\x1b[2J").0, "a\\u{1b}[2J");
        assert_eq!(show(&[(OptionNumber::CONTENT_FORMAT, &format)], b"\xff").0, "h'ff'");
        assert_eq!(show(&[], &[b'x'; 1000]).0.chars().count(), LONGEST + 1);
        let (_, options) = show(
            &[
                (OptionNumber::LOCATION_PATH, b"rd"),
                (OptionNumber::LOCATION_PATH, b"7"),
                (OptionNumber::BLOCK2, &[0x1e]),
                (OptionNumber(65_001), b"\x01"),
            ],
            b"",
        );
        assert_eq!(options, ["Location=/rd/7", "Block2=1+/1024", "option 65001=h'01'"]);
    }

    #[test]
    fn memory_of_requests_and_names_is_bounded() {
        let (mut decoder, _) = decoder();
        let register = bytes(
            MessageType::Confirmable,
            Code::POST,
            &[(OptionNumber::URI_PATH, b"rd"), (OptionNumber::URI_QUERY, b"ep=a")],
            b"",
        );
        let message = Message::parse(&register).unwrap();
        for port in 1..=10_000 {
            let peer = SocketAddr::new([192, 0, 2, 1].into(), port);
            decoder.learn_name(peer, &message);
            decoder.decode(Direction::In, peer, &message);
        }
        assert!(decoder.names.len() <= NAMED);
        assert!(decoder.requests.len() <= REMEMBERED && decoder.order.len() <= REMEMBERED);
    }
}
