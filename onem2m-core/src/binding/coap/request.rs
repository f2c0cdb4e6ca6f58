//! Requests.

use super::option::{self, JSON, Plain};
use super::{Incoming, Outgoing, Received};
use crate::Operation;
use crate::address::Address;
use crate::binding::error::{BindingError, BindingErrorKind, Unrepresentable};
use crate::binding::place::Parameters;
use crate::binding::{query, write_content};
use crate::enumeration::ResponseType;
use crate::media::MediaType;
use crate::parameter::{CoapPlace, Parameter};
use crate::primitive::{Request, serial};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use coap_core::{Code, OptionNumber, OptionWriter};
use serde_json::Value;

const fn in_query(parameter: Parameter) -> bool {
    matches!(parameter.coap(), CoapPlace::Query(_))
}

/// Writes the options of a request into `writer`; gives its code and payload.
///
/// The target of a NOTIFY may be a `coap` URI; then the options have its path and query.
///
/// # Errors
/// [`Unrepresentable`], also if the writer's buffer is full.
pub fn write_request(
    request: &Request,
    media: MediaType,
    writer: &mut OptionWriter<'_>,
) -> Result<Outgoing, Unrepresentable> {
    let mut parameters = request.parameters();
    parameters.remove("op");
    let mut fields = Vec::new();
    let blocking = request.effective_response_type() == ResponseType::BlockingRequest;
    if !blocking {
        fields.push(format!("op={}", request.operation.number()));
    }
    let mut content = request.content.as_ref();
    let emit = &mut |field: &str| fields.push(field.to_owned());
    if query::write::<Plain>(&mut parameters, content, in_query, emit)? {
        content = None;
    }
    option::write(&mut parameters, writer)?;
    let to = parameters.remove("to");
    write_target(to.as_ref().and_then(Value::as_str).unwrap_or(""), writer)?;
    for field in &fields {
        option::add_text(writer, OptionNumber::URI_QUERY, field, "query")?;
    }
    let format = u32::from(media.content_format());
    let full = |_| Unrepresentable::new("pc");
    writer.add_uint(OptionNumber::ACCEPT, format).map_err(full)?;
    let mut payload = Vec::new();
    if let Some(content) = content {
        if matches!(request.operation, Operation::Retrieve | Operation::Delete) {
            return Err(Unrepresentable::new("pc"));
        }
        writer.add_uint(OptionNumber::CONTENT_FORMAT, format).map_err(full)?;
        payload = write_content(content, media.serialization)?;
    }
    if let Some(left) = parameters.keys().next() {
        return Err(Unrepresentable::new(left));
    }
    let code = match request.operation {
        Operation::Retrieve if blocking => Code::GET,
        Operation::Update if blocking => Code::PUT,
        Operation::Delete if blocking => Code::DELETE,
        _ => Code::POST,
    };
    Ok(Outgoing { code, payload })
}

fn write_target(to: &str, writer: &mut OptionWriter<'_>) -> Result<(), Unrepresentable> {
    if let Some((_, rest)) = to.split_once("://") {
        let rest = rest.split_once('#').map_or(rest, |(uri, _)| uri);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.split_once('/').map_or("", |(_, path)| path);
        for segment in path.split('/').filter(|_| !path.is_empty()) {
            option::add_text(writer, OptionNumber::URI_PATH, segment, "to")?;
        }
        for field in query.split('&').filter(|field| !field.is_empty()) {
            option::add_text(writer, OptionNumber::URI_QUERY, field, "to")?;
        }
        return Ok(());
    }
    let address = Address::parse(to).map_err(|_| Unrepresentable::new("to"))?;
    for segment in address.uri_path() {
        option::add_text(writer, OptionNumber::URI_PATH, segment, "to")?;
    }
    Ok(())
}

/// Reads a request.
///
/// # Errors
/// [`BindingError`], with the request identifier if there was one.
pub fn read_request(message: &Incoming<'_>) -> Result<Received, BindingError> {
    let identifier = Parameter::RequestIdentifier
        .coap_option()
        .and_then(|o| message.options.first(OptionNumber(o.number)))
        .and_then(|value| core::str::from_utf8(value).ok());
    read(message).map_err(|e| e.about(identifier))
}

fn read(message: &Incoming<'_>) -> Result<Received, BindingError> {
    let mut parameters = Parameters::new();
    option::read(Request::MEMBERS, message.options, &mut parameters)?;
    let mut query = query::Query::default();
    for field in message.options.query() {
        match core::str::from_utf8(field) {
            Ok("") => {}
            Ok(field) => query.field::<Plain>(field, &mut parameters)?,
            Err(_) => return Err(query::not_text(field)),
        }
    }
    let typed = parameters.contains_key("ty");
    let operation = match message.code {
        Code::POST if parameters.contains_key("op") => None,
        Code::POST if typed => Some(Operation::Create),
        Code::POST => Some(Operation::Notify),
        Code::GET | Code::FETCH => Some(Operation::Retrieve),
        Code::PUT => Some(Operation::Update),
        Code::DELETE => Some(Operation::Delete),
        _ => return Err(BindingError::new(BindingErrorKind::Method, "method")),
    };
    if let Some(operation) = operation {
        if parameters.contains_key("op") {
            return Err(BindingError::duplicate("op"));
        }
        parameters.insert("op".to_owned(), operation.number().into());
    }
    let to = target(message, operation == Some(Operation::Notify))?;
    parameters.insert("to".to_owned(), Value::String(to));
    let known = |format: coap_core::ContentFormat| MediaType::from_content_format(format.0);
    let media = message.options.content_format().and_then(known);
    let mut content = option::content(message.payload, media)?;
    query.finish(&mut parameters, &mut content)?;
    let reply = match message.options.accept() {
        None => media.unwrap_or(JSON),
        Some(format) => known(format)
            .filter(|m| serial::has(m.serialization))
            .ok_or_else(|| BindingError::new(BindingErrorKind::NotAcceptable, "Accept"))?,
    };
    Ok(Received { request: Request::from_parameters(parameters, content)?, reply })
}

/// `to` of the segments. Notifications come to any path, also to one that is no address.
fn target(message: &Incoming<'_>, notify: bool) -> Result<String, BindingError> {
    let length = message.options.path().map(|segment| segment.len().saturating_add(1)).sum();
    let mut buf = alloc::vec![0; length];
    match Address::from_uri_path(message.options.path(), &mut buf) {
        Ok(address) => Ok(address.to_string()),
        Err(_) if notify => {
            let mut path = String::new();
            for segment in message.options.path() {
                let bad = |_| BindingError::malformed("to");
                path.push('/');
                path.push_str(core::str::from_utf8(segment).map_err(bad)?);
            }
            Ok(if path.is_empty() { "/".to_owned() } else { path })
        }
        Err(e) => Err(BindingError::new(BindingErrorKind::Address(e.kind), "to")),
    }
}
