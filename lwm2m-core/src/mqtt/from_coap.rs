//! What an engine's message is called over MQTT.

use super::fields::{ATTRIBUTES, Fields, Number};
use super::{Interface, MapError, Role};
use coap_core::{Code, ContentFormat, Message, MessageType, OptionNumber};
use core::str;
use m2m_base::decimal::{self, Grammar};
use m2m_base::{Sink, SliceSink};

/// Operations on `bs`, and on `rd`.
pub(super) mod operation {
    pub(in super::super) const BS_REQUEST: u8 = 0;
    pub(in super::super) const BS_WRITE: u8 = 1;
    pub(in super::super) const BS_READ: u8 = 2;
    pub(in super::super) const BS_DELETE: u8 = 3;
    pub(in super::super) const BS_DISCOVER: u8 = 4;
    pub(in super::super) const BS_FINISH: u8 = 5;
    pub(in super::super) const BS_PACK: u8 = 6;
    pub(in super::super) const REGISTER: u8 = 6;
    pub(in super::super) const UPDATE: u8 = 7;
    pub(in super::super) const DEREGISTER: u8 = 8;
    pub(in super::super) const READ: u8 = 9;
    pub(in super::super) const READ_COMPOSITE: u8 = 10;
    pub(in super::super) const DISCOVER: u8 = 11;
    pub(in super::super) const WRITE_REPLACE: u8 = 12;
    pub(in super::super) const WRITE_PARTIAL: u8 = 13;
    pub(in super::super) const WRITE_ATTRIBUTES: u8 = 14;
    pub(in super::super) const WRITE_COMPOSITE: u8 = 15;
    pub(in super::super) const EXECUTE: u8 = 16;
    pub(in super::super) const CREATE: u8 = 17;
    pub(in super::super) const DELETE: u8 = 18;
    pub(in super::super) const OBSERVE: u8 = 20;
    pub(in super::super) const OBSERVE_COMPOSITE: u8 = 21;
    pub(in super::super) const CANCEL: u8 = 22;
    pub(in super::super) const NOTIFY: u8 = 23;
    pub(in super::super) const SEND: u8 = 24;
}
use operation::*;

/// Where a path is put together: a prefix and four IDs.
pub(super) struct Room([u8; 96]);

impl Default for Room {
    fn default() -> Self {
        Room([0; 96])
    }
}

/// `/3/0/0` of the segments.
fn uri<'r>(message: &Message<'_>, room: &'r mut Room) -> Result<&'r str, MapError> {
    let mut sink = SliceSink::new(&mut room.0);
    for segment in message.options.path() {
        sink.put_u8(b'/').and_then(|()| sink.put(segment)).map_err(|_| MapError::TooLong)?;
    }
    if sink.is_empty() {
        sink.put_u8(b'/').map_err(|_| MapError::TooLong)?;
    }
    let len = sink.len();
    str::from_utf8(room.0.get(..len).unwrap_or(&[])).map_err(|_| MapError::Unmapped)
}

/// What an engine says.
pub(super) fn fields<'a>(
    role: Role,
    interface: Interface,
    message: &Message<'a>,
    room: &'a mut Room,
) -> Result<Fields<'a>, MapError> {
    let options = message.options;
    if options.iter().any(|o| {
        matches!(o.number, OptionNumber::BLOCK1 | OptionNumber::BLOCK2 | OptionNumber::OSCORE)
    }) {
        return Err(MapError::Unmapped);
    }
    if message.token.len() > 8 {
        return Err(MapError::Unmapped);
    }
    let token = message.token.iter().fold(0, |token, b| token << 8 | u64::from(*b));
    let mut fields = Fields {
        token: Some(token),
        ct: options.content_format().map(|format| format.0),
        payload: (!message.payload.is_empty()).then_some(message.payload),
        ..Fields::default()
    };
    if message.code.is_response() {
        // In an acknowledgement it is the answer to a request; by itself it may be a notification.
        let observe = options.first(OptionNumber::OBSERVE).is_some();
        let notifies = observe && message.message_type != MessageType::Acknowledgement;
        if role == Role::Device && notifies && message.code.is_success() {
            fields.operation = Some(NOTIFY);
        } else {
            let code = message.code;
            fields.result = Some(u16::from(code.class()) * 100 + u16::from(code.detail()));
        }
        return Ok(fields);
    }
    match (role, interface) {
        (Role::Device, _) => from_device(interface, message, &mut fields)?,
        (Role::Server, Interface::Bootstrap) => from_bootstrap(message, &mut fields)?,
        (Role::Server, Interface::Registration) => from_server(message, &mut fields)?,
    }
    // A request of the device says by its operation where it goes.
    let finish = interface == Interface::Bootstrap && fields.operation == Some(BS_FINISH);
    if role == Role::Server && fields.paths.is_none() && !finish {
        fields.uri = Some(uri(message, room)?);
    }
    Ok(fields)
}

fn text(bytes: &[u8]) -> Result<&str, MapError> {
    str::from_utf8(bytes).map_err(|_| MapError::Unmapped)
}

fn from_device<'a>(
    interface: Interface,
    message: &Message<'a>,
    fields: &mut Fields<'a>,
) -> Result<(), MapError> {
    let mut segments = message.options.path();
    let (first, second) = (segments.next(), segments.next());
    let operation = match (interface, message.code, first) {
        (Interface::Bootstrap, Code::POST, Some(b"bs")) => BS_REQUEST,
        (Interface::Bootstrap, Code::GET, Some(b"bspack")) => {
            fields.pct = message.options.accept().map(|format| format.0);
            BS_PACK
        }
        (Interface::Registration, Code::POST, Some(b"rd")) if second.is_none() => REGISTER,
        (Interface::Registration, Code::POST, Some(b"rd")) => UPDATE,
        (Interface::Registration, Code::DELETE, Some(b"rd")) => DEREGISTER,
        (Interface::Registration, Code::POST, Some(b"dp")) => SEND,
        _ => return Err(MapError::Unmapped),
    };
    fields.operation = Some(operation);
    for query in message.options.query() {
        let (name, value) = text(query)?.split_once('=').ok_or(MapError::Unmapped)?;
        let number = || value.parse::<u32>().map_err(|_| MapError::Unmapped);
        match name {
            "ep" => fields.ep = Some(value),
            "lt" => fields.lifetime = Some(number()?),
            "lwm2m" => fields.version = Some(value),
            "b" => fields.binding = Some(value),
            "sms" => fields.sms = Some(value),
            "pct" => {
                let format = u16::try_from(number()?).map_err(|_| MapError::Unmapped)?;
                fields.pct = Some(format);
            }
            _ => return Err(MapError::Unmapped),
        }
    }
    Ok(())
}

fn from_bootstrap(message: &Message<'_>, fields: &mut Fields<'_>) -> Result<(), MapError> {
    let links = message.options.accept() == Some(ContentFormat::LINK_FORMAT);
    fields.operation = Some(match message.code {
        Code::GET if links => BS_DISCOVER,
        Code::GET => {
            fields.ct = message.options.accept().map(|format| format.0);
            BS_READ
        }
        Code::PUT => BS_WRITE,
        Code::DELETE => BS_DELETE,
        Code::POST if message.options.path().eq([b"bs"]) => BS_FINISH,
        _ => return Err(MapError::Unmapped),
    });
    Ok(())
}

fn from_server<'a>(message: &Message<'a>, fields: &mut Fields<'a>) -> Result<(), MapError> {
    let options = message.options;
    let links = options.accept() == Some(ContentFormat::LINK_FORMAT);
    let observe = options.uint(OptionNumber::OBSERVE);
    let queried = options.query().next().is_some();
    let depth = options.path().count();
    let attributes = |fields: &mut Fields<'a>| set_attributes(message, fields);
    let composite = matches!(message.code, Code::FETCH | Code::IPATCH);
    let operation = match (message.code, observe) {
        (Code::GET | Code::FETCH, Some(1)) => {
            // The token says which; where it is costs little and helps the other side.
            let paths = (message.code == Code::FETCH).then_some(message.payload);
            *fields = Fields { token: fields.token, paths, ..Fields::default() };
            CANCEL
        }
        (Code::GET, Some(_)) => {
            fields.ct = options.accept().map(|format| format.0);
            attributes(fields)?;
            OBSERVE
        }
        (Code::GET, None) if links => {
            fields.ct = None;
            attributes(fields)?;
            DISCOVER
        }
        (Code::GET, None) => {
            fields.ct = options.accept().map(|format| format.0);
            READ
        }
        (Code::FETCH, _) => {
            // The paths have a key of their own and one format, which writes a list of paths as SenML
            // CBOR does; the other is that of the answer.
            let cbor = [ContentFormat::SENML_ETCH_CBOR, ContentFormat::SENML_CBOR];
            if !options.content_format().is_some_and(|format| cbor.contains(&format)) {
                return Err(MapError::Unmapped);
            }
            (fields.paths, fields.payload) = (Some(message.payload), None);
            fields.ct = options.accept().map(|format| format.0);
            attributes(fields)?;
            if observe.is_some() { OBSERVE_COMPOSITE } else { READ_COMPOSITE }
        }
        (Code::IPATCH, None) => WRITE_COMPOSITE,
        (Code::PUT, None) if queried && message.payload.is_empty() => {
            attributes(fields)?;
            WRITE_ATTRIBUTES
        }
        (Code::PUT, None) => WRITE_REPLACE,
        // By the path alone: what is below an object is written, executed or made.
        (Code::POST, None) => match (depth, options.content_format()) {
            (0, _) => return Err(MapError::Unmapped),
            (1, _) => CREATE,
            (2, _) => WRITE_PARTIAL,
            (_, None | Some(ContentFormat::TEXT)) => EXECUTE,
            _ => WRITE_PARTIAL,
        },
        (Code::DELETE, None) => DELETE,
        _ => return Err(MapError::Unmapped),
    };
    if queried
        && operation != CANCEL
        && fields.depth.is_none()
        && fields.attributes.iter().all(Option::is_none)
    {
        return Err(MapError::Unmapped);
    }
    // Bodies of composite operations go to the root, which needs no name.
    if composite && depth > 0 {
        return Err(MapError::Unmapped);
    }
    fields.operation = Some(operation);
    Ok(())
}

/// Notification attributes and the depth, of the query.
fn set_attributes(message: &Message<'_>, fields: &mut Fields<'_>) -> Result<(), MapError> {
    for query in message.options.query() {
        let (name, value) = match text(query)?.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text(query)?, None),
        };
        if let (b"depth=0" | b"depth=1" | b"depth=2" | b"depth=3", [.., digit]) = (query, query) {
            fields.depth = Some(digit & 3);
            continue;
        }
        let at = ATTRIBUTES.iter().position(|a| a.1 == name).ok_or(MapError::Unmapped)?;
        let number = match value {
            None => Number::Unset,
            Some(value) => number(value)?,
        };
        if let Some(place) = fields.attributes.get_mut(at) {
            *place = Some(number);
        }
    }
    Ok(())
}

fn number(text: &str) -> Result<Number, MapError> {
    let number =
        decimal::Number::parse(text.as_bytes(), Grammar::Json).map_err(|_| MapError::Unmapped)?;
    Ok(number.to_i64().map_or_else(|| Number::Float(number.to_f64()), Number::Whole))
}
