//! `PATH=VALUE`: values as people write them, by the types of their resources.

use super::api::Api;
use crate::failure::{Failure, USAGE};
use lwm2m_core::Path;
use senml::base64::{self, Variant};
use serde_json::{Number, Value as Json, json};

/// Reads `PATH=VALUE`; a path that does not begin with a slash is below `base`. The type is asked
/// of the server.
pub(super) async fn assignment(
    api: &Api,
    text: &str,
    base: Option<Path>,
) -> Result<(Path, Json), Failure> {
    let usage = |words: String| Failure::new(words).exits(USAGE);
    let (name, value) = text
        .split_once('=')
        .ok_or_else(|| usage(format!("{text:?} is no PATH=VALUE, such as /1/0/1=120")))?;
    let whole = match base.filter(|_| !name.starts_with('/')) {
        Some(base) => format!("{base}/{name}"),
        None => name.to_owned(),
    };
    let path = Path::parse(&whole).ok().filter(|path| path.resource_id().is_some());
    let path = path.ok_or_else(|| usage(format!("{name} is no path of a resource")))?;
    let ty = type_of(api, path).await?;
    let read = read(value, ty.as_deref());
    read.map(|value| (path, value)).map_err(|words| usage(format!("{name}: {words}")))
}

/// The type of a resource, if the server knows it.
async fn type_of(api: &Api, path: Path) -> Result<Option<String>, Failure> {
    let object = path.object_id().unwrap_or_default();
    let Ok(model) = api.ask("GET", &format!("/api/models/{object}"), None).await else {
        return Ok(None);
    };
    let of = |row: &&Json| row["id"] == json!(path.resource_id());
    let row = model["resources"].as_array().and_then(|rows| rows.iter().find(of));
    Ok(row.and_then(|row| row["type"].as_str().map(str::to_owned)))
}

fn read(text: &str, ty: Option<&str>) -> Result<Json, String> {
    let number = || serde_json::from_str::<Number>(text).ok().map(Json::Number);
    let is = |ty: &str| format!("{text:?} is no value of type {ty}");
    match ty {
        Some(ty @ ("integer" | "unsigned")) => {
            number().filter(|n| n.is_i64() || n.is_u64()).ok_or_else(|| is(ty))
        }
        Some("float") => Ok(number().unwrap_or_else(|| json!(text))),
        Some("boolean") => match text {
            "true" | "1" => Ok(json!(true)),
            "false" | "0" => Ok(json!(false)),
            _ => Err(is("boolean")),
        },
        Some("time") => Ok(number().unwrap_or_else(|| json!(text))),
        Some("opaque") => match text.strip_prefix("0x") {
            None => Ok(json!(text)),
            Some(digits) => {
                let bytes = crate::hex::from_hex(digits).ok_or_else(|| is("opaque"))?;
                let mut out = Vec::new();
                // A vector has room for all of it.
                let _ = base64::write(&mut out, bytes.into_iter(), Variant::Standard);
                Ok(json!(String::from_utf8(out).unwrap_or_default()))
            }
        },
        Some("none") => Err("it is executed, and has no value".to_owned()),
        Some(_) => Ok(json!(text)),
        None => Ok(match text {
            "true" => json!(true),
            "false" => json!(false),
            _ => number().unwrap_or_else(|| json!(text)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_as_people_write_them() {
        for (text, ty, json) in [
            ("120", Some("integer"), Some(json!(120))),
            ("120", Some("string"), Some(json!("120"))),
            ("1.5", Some("integer"), None),
            ("1", Some("boolean"), Some(json!(true))),
            ("yes", Some("boolean"), None),
            ("0x00ff", Some("opaque"), Some(json!("AP8="))),
            ("0xzz", Some("opaque"), None),
            ("AP8=", Some("opaque"), Some(json!("AP8="))),
            ("NaN", Some("float"), Some(json!("NaN"))),
            ("2026-11-21T12:00:00Z", Some("time"), Some(json!("2026-11-21T12:00:00Z"))),
            ("7", Some("time"), Some(json!(7))),
            ("x", Some("none"), None),
            ("18446744073709551615", None, Some(json!(u64::MAX))),
            ("a b", None, Some(json!("a b"))),
        ] {
            assert_eq!(read(text, ty).ok(), json, "{text} {ty:?}");
        }
    }
}
