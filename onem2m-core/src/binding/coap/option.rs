//! Options of oneM2M: parameters in and out.

use crate::binding::error::{BindingError, BindingErrorKind, Unrepresentable};
use crate::binding::place::{
    Parameters, assignments_text, assignments_value, joined, kind, put, split,
};
use crate::binding::query::Syntax;
use crate::media::{MediaType, Serialization};
use crate::parameter::{CoapFormat, CoapOption, Parameter};
use crate::primitive::kind::Member;
use crate::primitive::{Content, serial};
use alloc::string::String;
use coap_core::{OptionNumber, OptionWriter, Options, Uint, decode_uint};
use serde_json::{Value, json};

/// First number of the range that oneM2M's options are in.
const FIRST: u16 = 256;
/// Most bytes of a text option, save where the table has another number.
const TEXT: usize = 255;

/// Text as it is; in lists `+` and `%` are escaped.
pub(super) struct Plain;

impl Syntax for Plain {
    fn scalar(text: &str, to: &mut String) {
        to.push_str(text);
    }

    fn element(text: &str, to: &mut String) {
        for character in text.chars() {
            match character {
                '+' => to.push_str("%2B"),
                '%' => to.push_str("%25"),
                other => to.push(other),
            }
        }
    }

    fn read_scalar(text: &str) -> Option<String> {
        Some(text.into())
    }

    fn read_element(text: &str) -> Option<String> {
        // The escape of the escape comes last, so that nothing is unescaped twice.
        Some(text.replace("%2B", "+").replace("%2b", "+").replace("%25", "%"))
    }
}

pub(super) fn add(
    writer: &mut OptionWriter<'_>,
    number: OptionNumber,
    value: &[u8],
    member: &str,
) -> Result<(), Unrepresentable> {
    writer.add(number, value).map(|_| ()).map_err(|_| Unrepresentable::new(member))
}

/// An option of at most 255 bytes.
pub(super) fn add_text(
    writer: &mut OptionWriter<'_>,
    number: OptionNumber,
    text: &str,
    member: &str,
) -> Result<(), Unrepresentable> {
    if text.len() > TEXT {
        return Err(Unrepresentable::new(member));
    }
    add(writer, number, text.as_bytes(), member)
}

/// Takes the parameters that options carry out of `parameters`.
pub(super) fn write(
    parameters: &mut Parameters,
    writer: &mut OptionWriter<'_>,
) -> Result<(), Unrepresentable> {
    for parameter in Parameter::ALL.iter().copied() {
        let Some(CoapOption { number, format }) = parameter.coap_option() else { continue };
        let short = parameter.short_name();
        let Some(mut value) = parameters.remove(short) else { continue };
        if parameter == Parameter::ResponseType {
            let uris = value.as_object_mut().and_then(|rt| rt.remove("nu"));
            let Some(uris) = uris else { continue };
            value = uris;
        }
        let error = || Unrepresentable::new(short);
        match format {
            CoapFormat::Uint { max } => {
                let value = value.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or_else(error)?;
                let value = Uint::new(value);
                if value.as_bytes().len() > usize::from(max) {
                    return Err(error());
                }
                add(writer, OptionNumber(number), value.as_bytes(), short)?;
            }
            CoapFormat::Text { min, max } => {
                let text = match parameter {
                    Parameter::AssignedTokenIdentifiers => assignments_text(&value)?,
                    Parameter::ResponseType => joined(&value, '&', "rt.nu")?,
                    _ => joined(&value, '+', short)?,
                };
                // A fixed length is that of times, see the module.
                let room = if min == max { TEXT } else { usize::from(max) };
                let least = if min == max { 0 } else { usize::from(min) };
                if !(least..=room).contains(&text.len()) {
                    return Err(error());
                }
                add(writer, OptionNumber(number), text.as_bytes(), short)?;
            }
        }
    }
    Ok(())
}

/// Puts the parameters that options carry into `into`.
pub(super) fn read(
    members: &'static [Member],
    options: Options<'_>,
    into: &mut Parameters,
) -> Result<(), BindingError> {
    for option in options.iter() {
        let number = option.number.0;
        let Some(parameter) = Parameter::from_coap_option(number) else {
            if number >= FIRST && option.number.is_critical() {
                return Err(BindingError::malformed("option"));
            }
            continue;
        };
        let short = parameter.short_name();
        let bad = || BindingError::malformed(short);
        let uint = matches!(
            parameter.coap_option(),
            Some(CoapOption { format: CoapFormat::Uint { .. }, .. })
        );
        if uint {
            put(into, short, decode_uint(option.value).ok_or_else(bad)?.into())?;
            continue;
        }
        let text = option.as_str().ok_or_else(bad)?;
        match (parameter, kind(members, parameter)) {
            (Parameter::AssignedTokenIdentifiers, _) => put(into, short, assignments_value(text)?)?,
            (Parameter::ResponseType, _) => {
                let uris: Value = text.split('&').collect();
                let rt = into.entry(short).or_insert_with(|| json!({}));
                let members = rt.as_object_mut().ok_or_else(bad)?;
                put(members, "nu", uris).map_err(|_| BindingError::duplicate("rt.nu"))?;
            }
            (_, Some(kind)) => put(into, short, split(text, '+', kind))?,
            (_, None) => put(into, short, text.into())?,
        }
    }
    Ok(())
}

/// The content in a payload.
pub(super) fn content(
    payload: &[u8],
    media: Option<MediaType>,
) -> Result<Option<Content>, BindingError> {
    if payload.is_empty() {
        return Ok(None);
    }
    let supported = |m: &MediaType| serial::has(m.serialization);
    let error = || BindingError::new(BindingErrorKind::MediaType, "Content-Format");
    let Some(MediaType { serialization, .. }) = media.filter(supported) else {
        return Err(error());
    };
    Ok(Some(crate::binding::read_content(payload, serialization)?))
}

/// `application/json`.
pub(super) const JSON: MediaType =
    MediaType { kind: crate::media::BodyKind::Plain, serialization: Serialization::Json };
