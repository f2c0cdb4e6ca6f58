//! Responses.

use super::option;
use super::{Incoming, Outgoing};
use crate::binding::error::{BindingError, Unrepresentable};
use crate::binding::place::Parameters;
use crate::binding::{place, write_content};
use crate::media::MediaType;
use crate::primitive::Response;
use crate::{Operation, ResponseStatusCode};
use alloc::borrow::ToOwned;
use alloc::vec::Vec;
use coap_core::{Code, OptionNumber, OptionWriter};
use serde_json::Value;

/// Writes the options of a response to a request of `operation` into `writer`; gives its code and
/// payload. Parameter To has no place in a response of CoAP and is left out.
///
/// # Errors
/// [`Unrepresentable`], also if the writer's buffer is full.
pub fn write_response(
    response: &Response,
    operation: Operation,
    media: MediaType,
    writer: &mut OptionWriter<'_>,
) -> Result<Outgoing, Unrepresentable> {
    let mut parameters = response.parameters();
    parameters.remove("to");
    let joined = parameters
        .remove("tqf")
        .map(|information| place::beside(response.content.as_ref(), information))
        .transpose()?;
    option::write(&mut parameters, writer)?;
    if let Some(left) = parameters.keys().next() {
        return Err(Unrepresentable::new(left));
    }
    let content = joined.as_ref().or(response.content.as_ref());
    let mut payload = Vec::new();
    let mut request_created = false;
    if let Some(content) = content {
        // An accepted request is answered with the address of its <request> resource.
        request_created = content.raw().member("m2m:uri").is_some();
        let format = u32::from(media.content_format());
        let full = |_| Unrepresentable::new("pc");
        writer.add_uint(OptionNumber::CONTENT_FORMAT, format).map_err(full)?;
        payload = write_content(content, media.serialization)?;
    }
    let code = Code(response.status.coap_code_or_class(operation, request_created));
    Ok(Outgoing { code, payload })
}

/// Reads the response to a request of `operation`. Without option oneM2M-RSC the status is that
/// of the code, where only one has it (TS-0008 clause 6.2.4).
///
/// # Errors
/// [`BindingError`]
pub fn read_response(
    message: &Incoming<'_>,
    operation: Operation,
) -> Result<Response, BindingError> {
    let mut parameters = Parameters::new();
    option::read(Response::MEMBERS, message.options, &mut parameters)?;
    let identifier = parameters.get("rqi").and_then(Value::as_str).map(ToOwned::to_owned);
    read(message, operation, parameters).map_err(|e| e.about(identifier.as_deref()))
}

fn read(
    message: &Incoming<'_>,
    operation: Operation,
    mut parameters: Parameters,
) -> Result<Response, BindingError> {
    if !parameters.contains_key("rsc")
        && let Some(status) = ResponseStatusCode::from_coap_alone(message.code.0, operation)
    {
        parameters.insert("rsc".to_owned(), status.number().into());
    }
    let media = message.options.content_format().and_then(|f| MediaType::from_content_format(f.0));
    let content = option::content(message.payload, media)?
        .and_then(|content| place::apart(content, &mut parameters));
    Ok(Response::from_parameters(parameters, content)?)
}
