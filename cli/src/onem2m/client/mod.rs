//! `m2m onem2m get|create|update|delete|discover|subscribe`: one who asks a CSE.

mod content;
mod show;
mod subscribe;
mod way;

pub(super) use subscribe::{Listener, run as subscribe};
pub(super) use way::{Target, Way, serve_coap};

use super::args::{self, Common};
use crate::failure::{Failure, NO_ANSWER, REJECTED, USAGE};
use crate::output::printable;
use content::Kind;
use onem2m_core::attribute::Schema;
use onem2m_core::enumeration::{DesiredIdentifierResultType, FilterUsage};
use onem2m_core::primitive::{Content, FilterCriteria, Request, Response};
use onem2m_core::{Operation, ResponseStatusCode, StatusClass};
use serde_json::{Map, Value, json};
use std::rc::Rc;
use way::Deaf;

fn usage(words: impl Into<String>) -> Failure {
    Failure::new(words).exits(USAGE)
}

/// A request identifier that nobody else has.
fn identifier() -> Result<String, Failure> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A request of the originator of the command line.
pub(super) fn request(operation: Operation, to: &str, common: &Common) -> Result<Request, Failure> {
    Ok(Request {
        from: Some(common.from.clone()),
        release_version_indicator: common.rvi,
        result_content: common.rcn,
        ..Request::new(operation, to.to_owned(), identifier()?)
    })
}

/// Opens the way to a target, asks, and gives the response.
async fn ask(common: &Common, target: &Target, request: &Request) -> Result<Response, Failure> {
    let way = Way::open(common, target, Rc::new(Deaf)).await?;
    let response = way.ask(request).await;
    way.close().await;
    response
}

/// Shows a response, and says whether it is a success.
fn finish(common: &Common, response: &Response) -> Result<(), Failure> {
    if !response.status.is_success() {
        return Err(refused(response));
    }
    match &response.content {
        Some(content) if common.json => show::line(content.as_str()),
        Some(content) => show::content(content),
        None => Ok(()),
    }
}

/// The failure that a response tells.
fn refused(response: &Response) -> Failure {
    let code = match response.status.class() {
        StatusClass::OriginatorError => 4,
        StatusClass::ReceiverError => 5,
        _ => REJECTED,
    };
    let debug = response
        .content
        .as_ref()
        .and_then(|content| Some(content.raw().member("m2m:dbg")?.as_text()?.into_owned()));
    let status = status_in_words(response.status);
    let words = match debug {
        Some(debug) => format!("{status}: {}", printable(&debug)),
        None => status,
    };
    Failure::new(words).exits(code)
}

/// `NOT_FOUND (4004)`.
pub(super) fn status_in_words(status: ResponseStatusCode) -> String {
    match status.name() {
        Some(name) => format!("{name} ({})", status.number()),
        None => format!("status {}", status.number()),
    }
}

fn unanswered(target: &Target, words: &str) -> Failure {
    Failure::new(format!("{}: {words}", target.server.server())).exits(NO_ANSWER)
}

pub(super) async fn get(options: &args::Get) -> Result<(), Failure> {
    let common = &options.common;
    let target = Target::new(common, &options.target)?;
    let mut request = request(Operation::Retrieve, &target.to, common)?;
    match options.attribute.as_slice() {
        [] => {}
        [one] => request.to = format!("{}#{one}", request.to),
        several => request.content = Content::from_value(&json!({ "m2m:atrl": several })),
    }
    let response = ask(common, &target, &request).await?;
    finish(common, &response)
}

pub(super) async fn create(options: &args::Create) -> Result<(), Failure> {
    let common = &options.common;
    let target = Target::new(common, &options.target)?;
    let kind = Kind::parse(&options.kind)?;
    let mut extra = options.attributes.clone();
    if let Some(name) = &options.name {
        extra.attributes.push(("rn".to_owned(), name.clone()));
    }
    let mut request = request(Operation::Create, &target.to, common)?;
    request.resource_type = Some(kind.resource_type);
    request.content = Some(content::build(&extra, &kind, true)?);
    let response = ask(common, &target, &request).await?;
    finish(common, &response)
}

pub(super) async fn update(options: &args::Update) -> Result<(), Failure> {
    let common = &options.common;
    let target = Target::new(common, &options.target)?;
    if options.attributes.attributes.is_empty() && options.attributes.content.is_none() {
        return Err(usage("nothing to change: --attr NAME=VALUE or --content JSON is missing"));
    }
    let way = Way::open(common, &target, Rc::new(Deaf)).await?;
    let kind = match &options.kind {
        Some(kind) => Kind::parse(kind)?,
        None => {
            let plain = Common { rcn: None, ..common.clone() };
            let response = way.ask(&request(Operation::Retrieve, &target.to, &plain)?).await?;
            if !response.status.is_success() {
                return Err(refused(&response));
            }
            let member = response.content.and_then(|content| {
                let (name, _) = content.members().next()?;
                Some(name.trim_matches('"').to_owned())
            });
            Kind::of_member(&member.unwrap_or_default())
        }
    };
    let mut request = request(Operation::Update, &target.to, common)?;
    request.content = Some(content::build(&options.attributes, &kind, false)?);
    let response = way.ask(&request).await;
    way.close().await;
    finish(common, &response?)
}

pub(super) async fn delete(options: &args::Delete) -> Result<(), Failure> {
    let common = &options.common;
    let target = Target::new(common, &options.target)?;
    let request = request(Operation::Delete, &target.to, common)?;
    let response = ask(common, &target, &request).await?;
    finish(common, &response)
}

pub(super) async fn discover(options: &args::Discover) -> Result<(), Failure> {
    let common = &options.common;
    let target = Target::new(common, &options.target)?;
    let mut request = request(Operation::Retrieve, &target.to, common)?;
    request.filter_criteria = Some(criteria(options)?);
    if options.unstructured {
        let unstructured = DesiredIdentifierResultType::Unstructured;
        request.desired_identifier_result_type = Some(unstructured);
    }
    let response = ask(common, &target, &request).await?;
    finish(common, &response)
}

/// Criteria whose values are lists.
const LISTS: [&str; 9] = ["lbl", "clbl", "palb", "ty", "chty", "pty", "cty", "smf", "gsf"];

/// The filter criteria of the command line.
fn criteria(options: &args::Discover) -> Result<FilterCriteria, Failure> {
    let mut fc = Map::new();
    let mut types = Vec::new();
    for kind in &options.kinds {
        types.push(json!(Kind::parse(kind)?.resource_type.number()));
    }
    let mut add = |name: &str, value: Value| match fc.get_mut(name) {
        Some(Value::Array(list)) => list.push(value),
        _ if LISTS.contains(&name) || name == "atr" => {
            fc.insert(name.to_owned(), json!([value]));
        }
        _ => {
            fc.insert(name.to_owned(), value);
        }
    };
    types.into_iter().for_each(|ty| add("ty", ty));
    options.label.iter().for_each(|label| add("lbl", json!(label)));
    for (name, value) in [("lim", options.limit), ("lvl", options.level), ("ofst", options.offset)]
    {
        if let Some(value) = value {
            add(name, json!(value));
        }
    }
    for (name, text) in &options.filters {
        let number: Option<u64> = text.parse().ok();
        match name.as_str() {
            "ty" | "chty" | "pty" => {
                add(name, json!(Kind::parse(text)?.resource_type.number()));
            }
            "sts" | "stb" | "sza" | "szb" | "ops" | "fo" | "lim" | "lvl" | "ofst" | "cfs"
            | "gmty" => {
                let words = format!("--filter {name} takes a number, not {text:?}");
                add(name, json!(number.ok_or_else(|| usage(words))?));
            }
            "crb" | "cra" | "ms" | "us" | "exb" | "exa" | "lbl" | "clbl" | "palb" | "lbq"
            | "cty" | "smf" | "cfq" | "arp" | "aq" => add(name, json!(text)),
            // Anything else is an attribute, if there is one of that name.
            _ if Schema::all().any(|schema| schema.attribute(name).is_some()) => {
                let value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
                add("atr", json!({ "nm": name, "val": value }));
            }
            _ => return Err(usage(format!("--filter {name} is no criterion and no attribute"))),
        }
    }
    fc.insert("fu".to_owned(), json!(FilterUsage::DiscoveryCriteria.number()));
    let request = json!({ "op": 2, "to": "x", "fr": "x", "rqi": "x", "fc": fc });
    let read = Request::from_value(request);
    let criteria = read.map_err(|error| usage(format!("--filter: {error}")))?.filter_criteria;
    criteria.ok_or_else(|| usage("no criteria"))
}
