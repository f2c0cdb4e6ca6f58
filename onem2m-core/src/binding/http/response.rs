//! Responses.

use super::{IncomingResponse, OutgoingResponse, header};
use crate::ResponseStatusCode;
use crate::binding::error::{BindingError, BindingErrorKind, Unrepresentable};
use crate::binding::{content, place};
use crate::media::MediaType;
use crate::primitive::{Content, Response, serial};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use serde_json::Value;

/// Writes a response whose body is of type `media`. Parameter To has no place in HTTP and is left
/// out: the connection tells whom it is for.
///
/// # Errors
/// [`Unrepresentable`]
pub fn write_response(
    response: &Response,
    media: MediaType,
) -> Result<OutgoingResponse, Unrepresentable> {
    let mut parameters = response.parameters();
    parameters.remove("to");
    let mut headers = Vec::new();
    header::write(&mut parameters, &mut headers)?;
    let joined = parameters
        .remove("tqf")
        .map(|information| place::beside(response.content.as_ref(), information))
        .transpose()?;
    let mut body = Vec::new();
    if let Some(content) = joined.as_ref().or(response.content.as_ref()) {
        if response.status == ResponseStatusCode::Created
            && let Some(location) = location(content)
        {
            headers.push(("Content-Location", location));
        }
        headers.push(("Content-Type", media.name().to_owned()));
        body = content::write_content(content, media.serialization)?;
    }
    match parameters.keys().next() {
        None => {
            let status = response.status.http_status_or_class();
            Ok(OutgoingResponse { status, headers, body })
        }
        Some(left) => Err(Unrepresentable::new(left)),
    }
}

/// The address of a created resource, where the content tells it (rcn 2 and 3).
fn location(content: &Content) -> Option<String> {
    let content = content.raw();
    let uri = content.member("m2m:uri").or_else(|| content.member("m2m:rce")?.member("uri"))?;
    let uri = uri.as_text()?;
    if uri.bytes().all(|b| b.is_ascii_graphic()) { Some(uri.into_owned()) } else { None }
}

/// Reads a response.
///
/// # Errors
/// [`BindingError`]: in particular a response without X-M2M-RSC, which is not the answer of a CSE
/// but of something on the way. `request_identifier` of the error tells whom it is for.
pub fn read_response(message: &IncomingResponse<'_>) -> Result<Response, BindingError> {
    let mut parameters = place::Parameters::new();
    for header in message.headers {
        header::read(Response::MEMBERS, *header, &mut parameters)?;
    }
    let identifier = parameters.get("rqi").and_then(Value::as_str).map(ToOwned::to_owned);
    read(message, parameters).map_err(|e| e.about(identifier.as_deref()))
}

fn read(
    message: &IncomingResponse<'_>,
    mut parameters: place::Parameters,
) -> Result<Response, BindingError> {
    let mut content = None;
    if !message.body.is_empty() {
        let mut types =
            message.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let (Some((_, value)), None) = (types.next(), types.next()) else {
            return Err(BindingError::new(BindingErrorKind::MediaType, "Content-Type"));
        };
        let text = core::str::from_utf8(value).unwrap_or("");
        let media = match MediaType::parse_content_type(text) {
            Ok((media, _)) if serial::has(media.serialization) => media,
            _ => return Err(BindingError::new(BindingErrorKind::MediaType, "Content-Type")),
        };
        let read = content::read_content(message.body, media.serialization)?;
        content = place::apart(read, &mut parameters);
    }
    Ok(Response::from_parameters(parameters, content)?)
}
