//! Headers: parameters in and out.

use super::Headers;
use crate::binding::error::{BindingError, Unrepresentable};
use crate::binding::place::{
    Parameters, assignments_text, assignments_value, joined, kind, put, split,
};
use crate::parameter::{HttpPlace, Parameter};
use crate::primitive::kind::Member;
use alloc::borrow::ToOwned;
use alloc::string::String;
use serde_json::{Value, json};

/// Between notification URIs.
const URIS: char = '&';
/// Between the elements of other lists.
const LIST: char = '+';

/// The text of one header. It may not have control characters or blanks at its ends, which HTTP
/// would not carry.
fn checked(text: String, member: &str) -> Result<String, Unrepresentable> {
    let control = text.bytes().any(|b| b.is_ascii_control());
    if control || text.trim_matches([' ', '\t']) != text {
        return Err(Unrepresentable::new(member));
    }
    Ok(text)
}

/// Takes the parameters that headers carry out of `parameters`.
pub(super) fn write(
    parameters: &mut Parameters,
    headers: &mut Headers,
) -> Result<(), Unrepresentable> {
    for parameter in Parameter::ALL.iter().copied() {
        let short = parameter.short_name();
        let (name, value) = match parameter.http() {
            HttpPlace::Header(name) | HttpPlace::StatusAndHeader(name) => {
                (name, parameters.remove(short))
            }
            HttpPlace::QueryAndHeader(_, name) => {
                let uris = parameters.remove(short);
                (name, uris.and_then(|mut rt| rt.as_object_mut()?.remove("nu")))
            }
            _ => continue,
        };
        let Some(value) = value else { continue };
        let text = match parameter {
            Parameter::AssignedTokenIdentifiers => assignments_text(&value)?,
            Parameter::ResponseType => joined(&value, URIS, "rt.nu")?,
            Parameter::Tokens => {
                let mut text = "Bearer ".to_owned();
                text.push_str(&joined(&value, LIST, short)?);
                text
            }
            _ => joined(&value, LIST, short)?,
        };
        headers.push((name, checked(text, short)?));
    }
    Ok(())
}

/// Puts the parameters that a header carries into `into`. Headers of the transport are passed
/// over.
pub(super) fn read(
    members: &'static [Member],
    (name, value): (&str, &[u8]),
    into: &mut Parameters,
) -> Result<(), BindingError> {
    let Some(parameter) = Parameter::from_http_header(name) else { return Ok(()) };
    let short = parameter.short_name();
    let Some(kind) = kind(members, parameter) else { return Ok(()) };
    let text = core::str::from_utf8(value).map_err(|_| BindingError::malformed(short))?;
    let text = text.trim_matches([' ', '\t']);
    match parameter {
        Parameter::AssignedTokenIdentifiers => put(into, short, assignments_value(text)?),
        Parameter::ResponseType => {
            let uris: Value = text.split(URIS).collect();
            let rt = into.entry(short).or_insert_with(|| json!({}));
            let members = rt.as_object_mut().ok_or_else(|| BindingError::malformed(short))?;
            put(members, "nu", uris).map_err(|_| BindingError::duplicate("rt.nu"))
        }
        Parameter::Tokens => match text.split_once(' ') {
            Some((scheme, tokens)) if scheme.eq_ignore_ascii_case("Bearer") => {
                put(into, short, split(tokens, LIST, kind))
            }
            // Credentials of the HTTP server itself.
            Some(_) => Ok(()),
            None => put(into, short, split(text, LIST, kind)),
        },
        _ => put(into, short, split(text, LIST, kind)),
    }
}
