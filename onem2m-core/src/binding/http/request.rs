//! Requests.

use super::percent::Percent;
use super::{IncomingRequest, JSON, Options, OutgoingRequest, Received, accept, header};
use crate::Operation;
use crate::address::{Address, AddressErrorKind};
use crate::binding::error::{BindingError, BindingErrorKind, Unrepresentable};
use crate::binding::{content, place, query};
use crate::media::{ContentTypeError, MediaType};
use crate::parameter::{HttpPlace, Parameter};
use crate::primitive::{Request, serial};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::Value;

const fn in_query(parameter: Parameter) -> bool {
    matches!(parameter.http(), HttpPlace::Query(_))
}

const fn method(operation: Operation) -> &'static str {
    match operation {
        Operation::Create | Operation::Notify => "POST",
        Operation::Retrieve => "GET",
        Operation::Update => "PUT",
        Operation::Delete => "DELETE",
    }
}

/// Writes a request. The target of a NOTIFY may be an `http` URI; then the target is its path
/// and query, and the connection is the caller's to choose.
///
/// # Errors
/// [`Unrepresentable`]
pub fn write_request(
    request: &Request,
    options: &Options<'_>,
) -> Result<OutgoingRequest, Unrepresentable> {
    let mut parameters = request.parameters();
    parameters.remove("op");
    parameters.remove("ty");
    let mut query = String::new();
    let mut content = request.content.as_ref();
    let listed = query::write::<Percent>(&mut parameters, content, in_query, &mut |field| {
        query.push(if query.is_empty() { '?' } else { '&' });
        query.push_str(field);
    })?;
    if listed {
        content = None;
    }
    let mut headers = Vec::new();
    header::write(&mut parameters, &mut headers)?;
    let to = parameters.remove("to");
    let target = target(to.as_ref().and_then(Value::as_str).unwrap_or(""), options.prefix)?;
    let target = match target.contains('?') && !query.is_empty() {
        // The notification URI has a query of its own.
        true => format!("{target}&{}", query.get(1..).unwrap_or("")),
        false => target + &query,
    };
    let mut body = Vec::new();
    if let Some(content) = content {
        if matches!(request.operation, Operation::Retrieve | Operation::Delete) {
            return Err(Unrepresentable::new("pc"));
        }
        let mut media = options.media.name().to_owned();
        if let Some(ty) = request.resource_type {
            media.push_str(";ty=");
            media.push_str(&ty.number().to_string());
        }
        headers.push(("Content-Type", media));
        body = content::write_content(content, options.media.serialization)?;
    } else if request.resource_type.is_some() {
        return Err(Unrepresentable::new("ty"));
    }
    headers.push(("Accept", options.media.name().to_owned()));
    match parameters.keys().next() {
        None => Ok(OutgoingRequest { method: method(request.operation), target, headers, body }),
        Some(left) => Err(Unrepresentable::new(left)),
    }
}

fn target(to: &str, prefix: &str) -> Result<String, Unrepresentable> {
    if let Some((_, rest)) = to.split_once("://") {
        let path = rest.split_once('#').map_or(rest, |(path, _)| path);
        let path = path.find(['/', '?']).and_then(|at| path.get(at..)).unwrap_or("/");
        if path.bytes().any(|b| !b.is_ascii_graphic()) {
            return Err(Unrepresentable::new("to"));
        }
        return Ok(if path.starts_with('/') { path.to_owned() } else { format!("/{path}") });
    }
    let address = Address::parse(to).map_err(|_| Unrepresentable::new("to"))?;
    let mut target = prefix.as_bytes().to_vec();
    address.write_http_path(&mut target).map_err(|_| Unrepresentable::new("to"))?;
    String::from_utf8(target).map_err(|_| Unrepresentable::new("to"))
}

/// Path and query of a target, which may be a whole URI.
fn path_and_query(target: &str) -> (&str, &str) {
    let target = match target.split_once("://") {
        Some((scheme, rest)) if !scheme.contains(['/', '?']) => {
            rest.find(['/', '?']).and_then(|at| rest.get(at..)).unwrap_or("/")
        }
        _ => target,
    };
    target.split_once('?').unwrap_or((target, ""))
}

/// `to` of a path behind `prefix`. Notifications come to any path, also to one that is no
/// address.
fn to(path: &str, prefix: &str, notify: bool) -> Result<String, BindingError> {
    let error = |kind| BindingError::new(BindingErrorKind::Address(kind), "to");
    let rest = path.strip_prefix(prefix).ok_or_else(|| error(AddressErrorKind::Character))?;
    match Address::from_http_path(rest) {
        Ok(address) => Ok(address.to_string()),
        Err(_) if notify => Ok(if rest.is_empty() { "/" } else { rest }.to_owned()),
        Err(e) => Err(error(e.kind)),
    }
}

/// Reads a request. `prefix` is what the server has in front of its CSE: empty, or beginning with
/// a slash.
///
/// # Errors
/// [`BindingError`], with the request identifier if there was one.
pub fn read_request(message: &IncomingRequest<'_>, prefix: &str) -> Result<Received, BindingError> {
    let identifier = message
        .headers
        .iter()
        .find(|(name, _)| Parameter::from_http_header(name) == Some(Parameter::RequestIdentifier))
        .and_then(|(_, value)| core::str::from_utf8(value).ok())
        .map(|text| text.trim_matches([' ', '\t']));
    read(message, prefix).map_err(|e| e.about(identifier))
}

fn read(message: &IncomingRequest<'_>, prefix: &str) -> Result<Received, BindingError> {
    let mut parameters = place::Parameters::new();
    for header in message.headers {
        header::read(Request::MEMBERS, *header, &mut parameters)?;
    }
    let named = |wanted: &'static str| {
        message.headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let mut media = None;
    let mut ty = None;
    for (_, value) in named("content-type") {
        if media.is_some() {
            return Err(BindingError::duplicate("Content-Type"));
        }
        if message.body.is_empty() && message.method != "POST" {
            // Libraries name a type for bodies that are not there.
            continue;
        }
        let text = core::str::from_utf8(value).unwrap_or("");
        let (found, number) = MediaType::parse_content_type(text).map_err(|e| match e {
            ContentTypeError::MediaType => {
                BindingError::new(BindingErrorKind::MediaType, "Content-Type")
            }
            ContentTypeError::ResourceType => BindingError::malformed("ty"),
        })?;
        (media, ty) = (Some(found), number);
    }
    let operation = match (message.method, ty) {
        ("POST", Some(_)) => Operation::Create,
        ("POST", None) => Operation::Notify,
        ("GET", _) => Operation::Retrieve,
        ("PUT", _) => Operation::Update,
        ("DELETE", _) => Operation::Delete,
        _ => return Err(BindingError::new(BindingErrorKind::Method, "method")),
    };
    parameters.insert("op".to_owned(), operation.number().into());
    if let Some(ty) = ty {
        parameters.insert("ty".to_owned(), ty.number().into());
    }
    let (path, text) = path_and_query(message.target);
    let to = to(path, prefix, operation == Operation::Notify)?;
    parameters.insert("to".to_owned(), Value::String(to));
    let default = media.unwrap_or(JSON);
    let mut content = None;
    if !message.body.is_empty() {
        let media =
            media.ok_or_else(|| BindingError::new(BindingErrorKind::MediaType, "Content-Type"))?;
        if !serial::has(media.serialization) {
            return Err(BindingError::new(BindingErrorKind::MediaType, "Content-Type"));
        }
        content = Some(content::read_content(message.body, media.serialization)?);
    }
    let mut query = query::Query::default();
    for field in text.split('&').filter(|field| !field.is_empty()) {
        query.field::<Percent>(field, &mut parameters)?;
    }
    query.finish(&mut parameters, &mut content)?;
    let accepts = named("accept").map(|(_, value)| core::str::from_utf8(value).unwrap_or("-"));
    let reply = accept::choose(accepts, default)
        .ok_or_else(|| BindingError::new(BindingErrorKind::NotAcceptable, "Accept"))?;
    let request = Request::from_parameters(parameters, content)?;
    Ok(Received { request, reply })
}
