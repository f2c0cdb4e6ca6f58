//! LwM2M over HTTP (Transport 1.2 section 7): the engines' messages as requests and responses of
//! HTTP, and back.
//!
//! The engines speak CoAP, and the two map one to one: the same methods, paths and queries, media
//! types for content formats, status codes for response codes. Whoever asks gives the engine's
//! datagram to [`Request::of`], does the request, and gives what comes back to [`Response::datagram`].
//! Whoever is asked does the reverse: [`Request::datagram`], then [`Response::of`]. There is no Observe
//! and there are no composite operations over HTTP, and no blocks: bodies of more than 1024 bytes, which
//! engines cut into some, are not mapped.
//!
//! ```
//! use coap_core::{Code, Message, MessageType, MessageWriter, OptionNumber};
//! use lwm2m_core::http::{Method, Request, Response};
//!
//! // The engine of a device registers.
//! let mut buf = [0; 128];
//! let mut m = MessageWriter::in_buffer(&mut buf, MessageType::Confirmable, Code::POST, 7, b"t")?;
//! m.option(OptionNumber::URI_PATH, b"rd")?.option(OptionNumber::CONTENT_FORMAT, &[40])?;
//! m.option(OptionNumber::URI_QUERY, b"ep=meter 7")?;
//! let datagram = m.finish(b"</1/0>")?.written().to_vec();
//! let mut room = [0; 256];
//! let request = Request::of(&datagram, &mut room)?;
//! assert_eq!((request.method, request.target), (Method::Post, "/rd?ep=meter%207"));
//! assert_eq!(request.content_type, Some("application/link-format"));
//!
//! // The server answered.
//! let response = Response { status: 201, location: Some("/rd/5a3f"), ..Response::default() };
//! let len = response.datagram(&datagram, &mut buf)?;
//! let answer = Message::parse(&buf[..len])?;
//! assert_eq!((answer.code, answer.id, answer.token), (Code::CREATED, 7, &b"t"[..]));
//! assert!(answer.options.all(OptionNumber::LOCATION_PATH).eq([&b"rd"[..], b"5a3f"]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use coap_core::{
    Code, ContentFormat, Message, MessageType, MessageWriter, OptionNumber, OptionWriter, TooLong,
};
use core::fmt;
use core::str;
use m2m_base::{Full, Sink, SliceSink};

/// Bytes for the options of a message: an endpoint name and a location are the long ones.
const OPTIONS: usize = 800;

/// Why a message is not carried over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum MapError {
    /// The datagram is no CoAP message, or not of the kind that is asked for.
    Malformed,
    /// Nothing in HTTP stands for it: an operation, a content format, a media type.
    Unmapped,
    /// The buffer is too small.
    TooLong,
}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MapError::Malformed => "not a message of the kind that is mapped",
            MapError::Unmapped => "nothing in LwM2M over HTTP says this",
            MapError::TooLong => "the buffer is too small",
        })
    }
}

impl core::error::Error for MapError {}

impl From<TooLong> for MapError {
    fn from(_: TooLong) -> Self {
        MapError::TooLong
    }
}

impl From<Full> for MapError {
    fn from(_: Full) -> Self {
        MapError::TooLong
    }
}

/// Methods that LwM2M uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// DELETE
    Delete,
}

impl Method {
    const ALL: [(Method, Code, &'static str); 4] = [
        (Method::Get, Code::GET, "GET"),
        (Method::Post, Code::POST, "POST"),
        (Method::Put, Code::PUT, "PUT"),
        (Method::Delete, Code::DELETE, "DELETE"),
    ];

    /// As HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Method::ALL.iter().find(|m| m.0 == self).map_or("", |m| m.2)
    }

    /// The method of this name; `None` for one that LwM2M does not use.
    #[must_use]
    pub fn parse(name: &str) -> Option<Method> {
        Method::ALL.iter().find(|m| m.2 == name).map(|m| m.0)
    }

    fn code(self) -> Code {
        Method::ALL.iter().find(|m| m.0 == self).map_or(Code::GET, |m| m.1)
    }
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// The method.
    pub method: Method,
    /// Path and query, percent-encoded: `/rd?ep=meter`.
    pub target: &'a str,
    /// The media type of the body. Parameters of it (`;charset=`) are passed over.
    pub content_type: Option<&'a str>,
    /// The media type that is asked for: one, without parameters.
    pub accept: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// What is answered.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Response<'a> {
    /// Status code.
    pub status: u16,
    /// Path of what was created.
    pub location: Option<&'a str>,
    /// The media type of the body. Parameters of it are passed over.
    pub content_type: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// Response codes of LwM2M and their status codes. The first row of a status code is what it means.
const STATUS: [(Code, u16); 17] = [
    (Code::CREATED, 201),
    (Code::CONTENT, 200),
    (Code::CHANGED, 204),
    (Code::DELETED, 204),
    (Code::BAD_REQUEST, 400),
    (Code::UNAUTHORIZED, 401),
    (Code::FORBIDDEN, 403),
    (Code::NOT_FOUND, 404),
    (Code::METHOD_NOT_ALLOWED, 405),
    (Code::NOT_ACCEPTABLE, 406),
    (Code::CONFLICT, 409),
    (Code::PRECONDITION_FAILED, 412),
    (Code::REQUEST_ENTITY_TOO_LARGE, 413),
    (Code::UNSUPPORTED_CONTENT_FORMAT, 415),
    (Code::INTERNAL_SERVER_ERROR, 500),
    (Code::NOT_IMPLEMENTED, 501),
    (Code::SERVICE_UNAVAILABLE, 503),
];

fn media_type(format: Option<ContentFormat>) -> Result<Option<&'static str>, MapError> {
    let name = |format: ContentFormat| format.media_type().ok_or(MapError::Unmapped);
    format.map(name).transpose()
}

fn content_format(name: Option<&str>) -> Result<Option<ContentFormat>, MapError> {
    let format = |name: &str| {
        let name = name.split(';').next().unwrap_or("").trim_ascii();
        if name.eq_ignore_ascii_case("text/plain") {
            return Ok(ContentFormat::TEXT);
        }
        ContentFormat::from_media_type(name).ok_or(MapError::Unmapped)
    };
    name.map(format).transpose()
}

/// Writes what a part of a URI may not have as `%XX` (RFC 3986 section 2).
fn encode(sink: &mut dyn Sink, bytes: &[u8], also: &[u8]) -> Result<(), Full> {
    for byte in bytes {
        let plain = byte.is_ascii_alphanumeric() || b"-._~!$'()*+,;=:@".contains(byte);
        if plain || also.contains(byte) {
            sink.put_u8(*byte)?;
        } else {
            let digit = |n: u8| if n < 10 { b'0' | n } else { b'A' - 10 + n };
            sink.put(&[b'%', digit(byte >> 4), digit(byte & 15)])?;
        }
    }
    Ok(())
}

/// Undoes `%XX`.
fn decode<'b>(text: &str, room: &'b mut [u8]) -> Result<&'b [u8], MapError> {
    let mut sink = SliceSink::new(room);
    let mut bytes = text.bytes();
    let digit = |byte: Option<u8>| {
        byte.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok())
    };
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => match (digit(bytes.next()), digit(bytes.next())) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(MapError::Malformed),
            },
            byte => byte,
        };
        sink.put_u8(byte)?;
    }
    let len = sink.len();
    Ok(room.get(..len).unwrap_or(&[]))
}

/// Adds the decoded parts of a path or query.
fn add_parts<'a>(
    options: &mut OptionWriter<'_>,
    number: OptionNumber,
    parts: impl Iterator<Item = &'a str>,
) -> Result<(), MapError> {
    for part in parts {
        let mut room = [0; 255];
        options.add(number, decode(part, &mut room)?)?;
    }
    Ok(())
}

impl<'a> Request<'a> {
    /// The request that a datagram of an engine stands for. Its target is written into `room`.
    ///
    /// # Errors
    /// [`MapError::Unmapped`] for FETCH, PATCH, iPATCH, Observe, blocks, and content formats without
    /// a media type; [`MapError::Malformed`] for what is no request.
    pub fn of(datagram: &'a [u8], room: &'a mut [u8]) -> Result<Request<'a>, MapError> {
        let message = Message::parse(datagram).map_err(|_| MapError::Malformed)?;
        if !message.code.is_request() {
            return Err(MapError::Malformed);
        }
        let method = Method::ALL.iter().find(|m| m.1 == message.code).ok_or(MapError::Unmapped)?;
        let alien = |number| {
            matches!(
                number,
                OptionNumber::OBSERVE
                    | OptionNumber::BLOCK1
                    | OptionNumber::BLOCK2
                    | OptionNumber::OSCORE
            )
        };
        if message.options.iter().any(|o| alien(o.number)) {
            return Err(MapError::Unmapped);
        }
        let mut sink = SliceSink::new(room);
        for segment in message.options.path() {
            sink.put_u8(b'/')?;
            encode(&mut sink, segment, b"&")?;
        }
        if sink.is_empty() {
            sink.put_u8(b'/')?;
        }
        for (query, mark) in message.options.query().zip([b'?'].into_iter().chain([b'&'; 255])) {
            sink.put_u8(mark)?;
            encode(&mut sink, query, b"/?")?;
        }
        let len = sink.len();
        let target = room.get(..len).and_then(|bytes| str::from_utf8(bytes).ok());
        Ok(Request {
            method: method.0,
            target: target.ok_or(MapError::TooLong)?,
            content_type: media_type(message.content_format())?,
            accept: media_type(message.options.accept())?,
            body: message.payload,
        })
    }

    /// A datagram for the engine that is asked: confirmable, with this message ID (one that was not
    /// used within the last minutes) and token. Gives its length.
    ///
    /// # Errors
    /// [`MapError`]
    pub fn datagram(&self, id: u16, token: &[u8], buf: &mut [u8]) -> Result<usize, MapError> {
        let mut room = [0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        let (path, query) = match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.target, None),
        };
        let path = path.strip_prefix('/').ok_or(MapError::Malformed)?;
        if !path.is_empty() {
            add_parts(&mut options, OptionNumber::URI_PATH, path.split('/'))?;
        }
        if let Some(query) = query {
            add_parts(&mut options, OptionNumber::URI_QUERY, query.split('&'))?;
        }
        if let Some(format) = content_format(self.content_type)? {
            options.content_format(format)?;
        }
        if let Some(format) = content_format(self.accept)? {
            options.accept(format)?;
        }
        let confirmable = MessageType::Confirmable;
        let mut message =
            MessageWriter::in_buffer(buf, confirmable, self.method.code(), id, token)?;
        message.options(options.options())?;
        Ok(message.finish(self.body)?.len())
    }
}

impl<'a> Response<'a> {
    /// The response that a datagram of the engine that was asked stands for. The path of what was
    /// created is written into `room`.
    ///
    /// # Errors
    /// [`MapError`]
    pub fn of(datagram: &'a [u8], room: &'a mut [u8]) -> Result<Response<'a>, MapError> {
        let message = Message::parse(datagram).map_err(|_| MapError::Malformed)?;
        if !message.code.is_response() {
            return Err(MapError::Malformed);
        }
        if message.options.first(OptionNumber::BLOCK2).is_some() {
            return Err(MapError::Unmapped);
        }
        let found = STATUS.iter().find(|row| row.0 == message.code).map(|row| row.1);
        // Others of a class are its general case.
        let status = found.unwrap_or(u16::from(message.code.class()) * 100);
        let mut sink = SliceSink::new(room);
        for segment in message.options.all(OptionNumber::LOCATION_PATH) {
            sink.put_u8(b'/')?;
            encode(&mut sink, segment, b"&")?;
        }
        let len = sink.len();
        let location = room.get(..len).and_then(|bytes| str::from_utf8(bytes).ok());
        Ok(Response {
            // What has a body is no 204.
            status: if status == 204 && !message.payload.is_empty() { 200 } else { status },
            location: location.filter(|l| !l.is_empty()),
            content_type: media_type(message.content_format())?,
            body: message.payload,
        })
    }

    /// A datagram for the engine that asked with `request`: in the acknowledgement of that. Gives
    /// its length.
    ///
    /// # Errors
    /// [`MapError::Malformed`] if `request` is no confirmable request, or for a status code below
    /// 200; others that LwM2M does not use are the general one of their class.
    pub fn datagram(&self, request: &[u8], buf: &mut [u8]) -> Result<usize, MapError> {
        let asked = Message::parse(request).map_err(|_| MapError::Malformed)?;
        if !asked.code.is_request() || asked.message_type != MessageType::Confirmable {
            return Err(MapError::Malformed);
        }
        let done = match asked.code {
            Code::GET => Code::CONTENT,
            Code::DELETE => Code::DELETED,
            _ => Code::CHANGED,
        };
        let found = STATUS.iter().find(|row| row.1 == self.status).map(|row| row.0);
        let code = match (self.status, found) {
            (200 | 202..300, _) => done,
            (_, Some(code)) => code,
            (300..500, None) => Code::BAD_REQUEST,
            (500.., None) => Code::INTERNAL_SERVER_ERROR,
            _ => return Err(MapError::Malformed),
        };
        let mut room = [0; OPTIONS];
        let mut options = OptionWriter::new(&mut room);
        if let Some(location) = self.location.filter(|_| code == Code::CREATED) {
            // It may be a whole URI.
            let path = match location.split_once("://") {
                Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
                None => location.strip_prefix('/').unwrap_or(location),
            };
            add_parts(&mut options, OptionNumber::LOCATION_PATH, path.split('/'))?;
        }
        // The text of an error page is nothing for an engine.
        let body = if code.is_success() { self.body } else { &[] };
        if let Some(format) = content_format(self.content_type.filter(|_| !body.is_empty()))? {
            options.content_format(format)?;
        }
        let ack = MessageType::Acknowledgement;
        let mut message = MessageWriter::in_buffer(buf, ack, code, asked.id, asked.token)?;
        message.options(options.options())?;
        Ok(message.finish(body)?.len())
    }
}

#[cfg(test)]
#[path = "http/tests.rs"]
mod tests;
