//! Operations on a client: read, write, execute, create, delete, discover, write attributes.

use super::core::Reading;
use super::site::{Asking, Site, path_of, unusable};
use super::values::{Values, read_values};
use crate::web::{Answer, Call, Problem};
use coap_core::ContentFormat;
use lwm2m_core::format::Item;
use lwm2m_core::server::{Body, Operation, WriteMode};
use lwm2m_core::{Level, Path};
use serde_json::Value as Json;
use std::rc::Rc;

/// Short names of the content formats, besides their media types and numbers.
pub(super) const FORMATS: [(&str, ContentFormat); 8] = [
    ("text", ContentFormat::TEXT),
    ("opaque", ContentFormat::OCTET_STREAM),
    ("cbor", ContentFormat::CBOR),
    ("tlv", ContentFormat::LWM2M_TLV),
    ("json", ContentFormat::LWM2M_JSON),
    ("senml-json", ContentFormat::SENML_JSON),
    ("senml-cbor", ContentFormat::SENML_CBOR),
    ("lwm2m-cbor", ContentFormat::LWM2M_CBOR),
];

/// The content format that a call asks for.
pub(super) fn format_of(call: &Call) -> Result<Option<ContentFormat>, Problem> {
    let Some(text) = call.query("format") else { return Ok(None) };
    let short = FORMATS.iter().find(|row| row.0 == text).map(|row| row.1);
    let number = || text.parse().ok().map(ContentFormat);
    let found = short.or_else(number).or_else(|| ContentFormat::from_media_type(text));
    let names: Vec<&str> = FORMATS.iter().map(|row| row.0).collect();
    let wrong = || Problem::bad(format!("format={text} is none of {}", names.join(", ")));
    found.map(Some).ok_or_else(wrong)
}

/// What is to be written.
pub(super) enum Content {
    /// In a format that the caller chose.
    Bytes(ContentFormat, Vec<u8>),
    Json(Json),
}

impl Content {
    /// The body of a call: JSON, or a payload in the content format that its media type names.
    pub(super) fn of(call: &Call) -> Result<Content, Problem> {
        let media = call.media();
        if media == "application/json" {
            return call.json().map(Content::Json);
        }
        // Its registered name has a parameter.
        let text = (media == "text/plain").then_some(ContentFormat::TEXT);
        match text.or_else(|| ContentFormat::from_media_type(&media)) {
            Some(format) => Ok(Content::Bytes(format, call.body.to_vec())),
            None => Err(Problem::new(415, format!("{media} is no content format of LwM2M"))),
        }
    }

    /// Reads values that belong to `base`, and gives the body to `work`.
    pub(super) fn with_body<R>(
        &self,
        core: &mut super::core::Core,
        endpoint: lwm2m_core::server::RegistrationId,
        base: Path,
        format: Option<ContentFormat>,
        work: impl FnOnce(&mut super::core::Core, Body<'_>) -> R,
    ) -> Result<R, Problem> {
        match self {
            Content::Bytes(format, payload) => {
                Ok(work(core, Body::Encoded { format: *format, payload }))
            }
            Content::Json(json) => {
                let server = core.server();
                let type_of = |path| server.resource_type(endpoint, path);
                let values: Values = read_values(json, base, &type_of).map_err(Problem::bad)?;
                let items: Vec<Item<'_>> =
                    values.iter().map(|(path, owned)| Item::value(*path, owned.value())).collect();
                Ok(work(core, Body::Items { format, items: &items }))
            }
        }
    }
}

/// `GET /api/clients/{endpoint}/{path}`
pub(super) async fn read(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let (path, format) = (path_of(&call)?, format_of(&call)?);
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let now = core.now();
        let operation = Operation::Read { path, format };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.answer(&call, path))
}

/// `PUT /api/clients/{endpoint}/{path}`
pub(super) async fn replace(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let path = path_of(&call)?;
    write(site, call, path, WriteMode::Replace).await
}

/// `POST /api/clients/{endpoint}/{path}`: creates at an object, writes some at an instance,
/// executes a resource, or writes some of its instances if there are values.
pub(super) async fn post(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let path = path_of(&call)?;
    match path.level() {
        Level::Object => create(site, call, path).await,
        Level::Instance => write(site, call, path, WriteMode::Update).await,
        Level::Resource => {
            if call.body.is_empty() || call.media() == "text/plain" {
                return execute(site, call, path).await;
            }
            match call.media() == "application/json" && call.json()?.get("values").is_none() {
                true => execute(site, call, path).await,
                false => write(site, call, path, WriteMode::Update).await,
            }
        }
        _ => Err(Problem::new(405, format!("POST is not for {path}"))),
    }
}

async fn write(site: Rc<Site>, call: Call, path: Path, mode: WriteMode) -> Result<Answer, Problem> {
    let (content, format) = (Content::of(&call)?, format_of(&call)?);
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let now = core.now();
        content.with_body(core, id, path, format, |core, body| {
            let operation = Operation::Write { path, mode, body };
            core.engine().request(now, id, &operation, timeout).map_err(unusable)
        })?
    });
    Ok(done.await?.answer(&call, path))
}

async fn create(site: Rc<Site>, call: Call, path: Path) -> Result<Answer, Problem> {
    let object = path.object_id().unwrap_or_default();
    let format = format_of(&call)?;
    let content = match call.body.is_empty() {
        true => Content::Json(serde_json::json!({"values": {}})),
        false => Content::of(&call)?,
    };
    let mut base = Path::instance(object, Path::UNASSIGNED);
    if let Content::Json(json) = &content
        && let Some(instance) = json.get("instance")
    {
        let number = instance.as_u64().and_then(|n| u16::try_from(n).ok());
        let number = number.filter(|n| *n != Path::UNASSIGNED);
        let wrong = || Problem::bad("instance is a number from 0 to 65534");
        base = Path::instance(object, number.ok_or_else(wrong)?);
    }
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let now = core.now();
        content.with_body(core, id, base, format, |core, body| {
            // An instance of that number without anything in it has to be said, too.
            let empty = [Item::empty(base)];
            let named = base.instance_id() != Some(Path::UNASSIGNED);
            let body = match body {
                Body::Items { format, items: [] } if named => Body::Items { format, items: &empty },
                body => body,
            };
            let operation = Operation::Create { object, body };
            core.engine().request(now, id, &operation, timeout).map_err(unusable)
        })?
    });
    Ok(done.await?.answer(&call, path))
}

async fn execute(site: Rc<Site>, call: Call, path: Path) -> Result<Answer, Problem> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    let arguments = if call.body.is_empty() {
        String::new()
    } else if call.media() == "text/plain" {
        text(&call.body).map_err(|_| Problem::bad("arguments are text"))?
    } else {
        let json = call.json()?;
        let given = json.get("arguments").and_then(Json::as_str);
        let wrong = || {
            Problem::bad(
                "it takes {\"arguments\": \"0='text',1\"}, or {\"values\": {...}} to write",
            )
        };
        given.ok_or_else(wrong)?.to_owned()
    };
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let now = core.now();
        let operation = Operation::Execute { path, arguments: &arguments };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.answer(&call, path))
}

/// `DELETE /api/clients/{endpoint}/{path}`
pub(super) async fn delete(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let path = path_of(&call)?;
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let now = core.now();
        let operation = Operation::Delete { path };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.answer(&call, path))
}

/// `GET /api/clients/{endpoint}/{path}/discover`
pub(super) async fn discover(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let (path, depth) = (path_of(&call)?, call.query_as::<u8>("depth")?);
    let asking = Asking { path, reading: Reading::Links };
    let done = site.operate(&call, asking, move |core, id, timeout| {
        let now = core.now();
        let operation = Operation::Discover { path, depth };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.answer(&call, path))
}

/// Attributes as a query has them: `{"pmin": 10, "pmax": null}` is `pmin=10&pmax`.
pub(super) fn attributes(json: &Json) -> Result<String, Problem> {
    let wrong =
        |what: String| Problem::bad(format!("{what} (such as {{\"pmin\": 10, \"gt\": null}})"));
    let Json::Object(members) = json else {
        return Err(wrong("attributes are an object".to_owned()));
    };
    let mut parts = Vec::new();
    for (name, value) in members {
        let plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
        parts.push(match value {
            _ if !plain => return Err(wrong(format!("{name:?} is no attribute"))),
            Json::Null => name.clone(),
            Json::Number(number) => format!("{name}={number}"),
            Json::Bool(on) => format!("{name}={}", u8::from(*on)),
            Json::String(text) if !text.contains('&') => format!("{name}={text}"),
            _ => return Err(wrong(format!("{name} is a number or null"))),
        });
    }
    Ok(parts.join("&"))
}

/// `PUT /api/clients/{endpoint}/{path}/attributes`
pub(super) async fn write_attributes(site: Rc<Site>, call: Call) -> Result<Answer, Problem> {
    let (path, attributes) = (path_of(&call)?, attributes(&call.json()?)?);
    let done = site.operate(&call, Asking::values(path), move |core, id, timeout| {
        let now = core.now();
        let operation = Operation::WriteAttributes { path, attributes: &attributes };
        core.engine().request(now, id, &operation, timeout).map_err(unusable)
    });
    Ok(done.await?.answer(&call, path))
}
