//! `m2m lwm2m read`, `write` and so on: ask a server through its API.

pub(crate) mod api;
pub(crate) mod args;
mod bootstrap;
mod events;
mod show;
mod values;

pub(super) use show::line;

use crate::failure::{Failure, USAGE, reason};
use crate::lwm2m::server::fits;
use crate::signals::Signals;
use api::Api;
use args::{Ask, Common, Credential};
use events::Events;
use serde_json::{Map, Value as Json, json};
use tokio::task::LocalSet;

/// Runs one of the commands to its end.
pub(crate) async fn run(command: &Ask) -> Result<(), Failure> {
    LocalSet::new().run_until(obey(command)).await
}

async fn obey(command: &Ask) -> Result<(), Failure> {
    match command {
        Ask::Clients(options) => clients(options).await,
        Ask::Read(options) => read(options).await,
        Ask::Write(options) => write(options).await,
        Ask::Execute(options) => execute(options).await,
        Ask::Create(options) => create(options).await,
        Ask::Delete(args::Place { endpoint, path, later, common }) => {
            let done =
                Api::new(common)?.later(*later).device("DELETE", endpoint, path, &[], None).await?;
            tell(common, &done, |_| String::new())
        }
        Ask::Discover(options) => {
            let args::Discover { endpoint, path, depth, later, common } = options;
            let depth: Vec<_> = depth.iter().map(|depth| ("depth", depth.to_string())).collect();
            let below = format!("{path}/discover");
            let api = Api::new(common)?.later(*later);
            let done = api.device("GET", endpoint, &below, &depth, None).await?;
            tell(common, &done, show::links)
        }
        Ask::Attributes(options) => {
            let args::Attributes { endpoint, path, attributes, later, common } = options;
            let (below, body) = (format!("{path}/attributes"), attributes_json(attributes));
            let api = Api::new(common)?.later(*later);
            let done = api.device("PUT", endpoint, &below, &[], Some(&body)).await?;
            tell(common, &done, |_| String::new())
        }
        Ask::Observe(options) => observe(options).await,
        Ask::Cancel(args::Place { endpoint, path, later, common }) => {
            let below = format!("{path}/observation");
            let done = Api::new(common)?
                .later(*later)
                .device("DELETE", endpoint, &below, &[], None)
                .await?;
            tell(common, &done, |_| String::new())
        }
        Ask::Queue(options) => queue(options).await,
        Ask::Events(options) => follow(options, None).await,
        Ask::SendEvents(options) => follow(options, Some("send")).await,
        Ask::Remove(args::Endpoint { endpoint, common }) => {
            Api::new(common)?.plain("DELETE", endpoint, "").await.map(|_| ())
        }
        Ask::Credentials(options) => credentials(options).await,
        Ask::Configurations(options) => bootstrap::configurations(options).await,
        Ask::Sessions(options) => bootstrap::sessions(options).await,
    }
}

/// Prints an answer, as JSON or in words; nothing for no words.
fn tell(common: &Common, done: &Json, words: impl FnOnce(&Json) -> String) -> Result<(), Failure> {
    let text = match done.get("number").and_then(Json::as_str) {
        _ if common.json => done.to_string(),
        // Nobody waits for it.
        Some(number) => format!("queued as {number}"),
        None => words(done),
    };
    if !text.is_empty() {
        show::line(&text)?;
    }
    Ok(())
}

async fn clients(options: &args::Clients) -> Result<(), Failure> {
    let args::Clients { endpoint, object, common } = options;
    let api = Api::new(common)?;
    if let Some(endpoint) = endpoint.as_ref().filter(|name| !name.contains('*')) {
        let done = api.plain("GET", endpoint, "").await?;
        return tell(common, &done, show::client);
    }
    let mut after: Option<String> = None;
    loop {
        let mut target = "/api/clients?limit=1000".to_owned();
        for (name, value) in [
            ("after", after.take()),
            ("endpoint", endpoint.clone()),
            ("object", object.map(|object| object.to_string())),
        ] {
            if let Some(value) = value {
                target.push_str(&format!("&{name}={}", crate::web::call::encode(&value)));
            }
        }
        let page = api.ask("GET", &target, None).await?;
        if common.json {
            for client in page["clients"].as_array().into_iter().flatten() {
                if !show::line(&client.to_string())? {
                    return Ok(());
                }
            }
        } else {
            let words = show::clients(&page);
            if !words.is_empty() && !show::line(&words)? {
                return Ok(());
            }
        }
        match page.get("next") {
            Some(next) => after = Some(next.to_string()),
            None => return Ok(()),
        }
    }
}

fn format_query(format: Option<&String>) -> Vec<(&'static str, String)> {
    format.map(|format| ("format", format.clone())).into_iter().collect()
}

async fn read(options: &args::Read) -> Result<(), Failure> {
    let args::Read { endpoint, paths, format, later, common } = options;
    let (api, query) = (Api::new(common)?.later(*later), format_query(format.as_ref()));
    let done = match paths.as_slice() {
        [path] => api.device("GET", endpoint, path, &query, None).await?,
        paths => {
            let body = json!({"paths": paths});
            api.device("POST", endpoint, "/composite/read", &query, Some(&body)).await?
        }
    };
    tell(common, &done, show::values)
}

async fn write(options: &args::Write) -> Result<(), Failure> {
    let args::Write { endpoint, what, format, later, common } = options;
    let (api, query) = (Api::new(common)?.later(*later), format_query(format.as_ref()));
    let mut pairs = Vec::new();
    for pair in what {
        pairs.push(values::assignment(&api, pair, None).await?);
    }
    let done = match pairs.as_slice() {
        [(path, value)] => {
            let body = json!({"value": value});
            api.device("PUT", endpoint, &path.to_string(), &query, Some(&body)).await?
        }
        pairs => {
            let all = pairs.iter().map(|(path, value)| (path.to_string(), value.clone()));
            let body = json!({"values": all.collect::<Map<_, _>>()});
            api.device("POST", endpoint, "/composite/write", &query, Some(&body)).await?
        }
    };
    tell(common, &done, |_| String::new())
}

async fn create(options: &args::Write) -> Result<(), Failure> {
    let args::Write { endpoint, what, format, later, common } = options;
    let (api, query) = (Api::new(common)?.later(*later), format_query(format.as_ref()));
    let usage = || {
        let words = "what to create is /OBJECT or /OBJECT/INSTANCE, then RESOURCE=VALUE";
        Failure::new(words).exits(USAGE)
    };
    let (place, rest) = what.split_first().ok_or_else(usage)?;
    let place = lwm2m_core::Path::parse(place).map_err(|_| usage())?;
    let object = place.object_id().filter(|_| place.resource_id().is_none()).ok_or_else(usage)?;
    let mut all = Map::new();
    let base = lwm2m_core::Path::instance(object, place.instance_id().unwrap_or(0));
    for pair in rest {
        let (path, value) = values::assignment(&api, pair, Some(base)).await?;
        let text = path.to_string();
        // Below the instance, whose number the device may choose.
        let below = text.strip_prefix(&format!("{base}/")).ok_or_else(usage)?;
        all.insert(below.to_owned(), value);
    }
    let mut body = json!({"values": all});
    if let Some(instance) = place.instance_id() {
        body["instance"] = json!(instance);
    }
    let done = api.device("POST", endpoint, &format!("/{object}"), &query, Some(&body)).await?;
    tell(common, &done, |done| done["created"].as_str().unwrap_or("").to_owned())
}

async fn execute(options: &args::Execute) -> Result<(), Failure> {
    let args::Execute { endpoint, path, arguments, later, common } = options;
    let body = arguments.as_ref().map(|arguments| json!({"arguments": arguments}));
    let done =
        Api::new(common)?.later(*later).device("POST", endpoint, path, &[], body.as_ref()).await?;
    tell(common, &done, |_| String::new())
}

/// `pmin=5`, `gt`: a number, text, or nothing to take it away.
fn attributes_json(attributes: &[String]) -> Json {
    let one = |text: &String| match text.split_once('=') {
        None | Some((_, "")) => (text.trim_end_matches('=').to_owned(), Json::Null),
        Some((name, value)) => {
            let number = serde_json::from_str::<serde_json::Number>(value);
            (name.to_owned(), number.map_or_else(|_| json!(value), Json::Number))
        }
    };
    Json::Object(attributes.iter().map(one).collect())
}

async fn observe(options: &args::Observe) -> Result<(), Failure> {
    let args::Observe { endpoint, paths, attr, count, keep, common } = options;
    let mut signals = Signals::new()?;
    let api = Api::new(common)?;
    // Before, so that nothing is missed.
    let mut events = Events::new(api.listen(None).await?);
    let attributes = attributes_json(attr);
    let done = match paths.as_slice() {
        [path] => {
            let body = json!({"attributes": attributes});
            let body = Some(&body).filter(|_| !attr.is_empty());
            api.device("PUT", endpoint, &format!("{path}/observation"), &[], body).await?
        }
        paths => {
            let body = json!({"paths": paths, "attributes": attributes});
            api.device("POST", endpoint, "/composite/observation", &[], Some(&body)).await?
        }
    };
    tell(common, &done, show::values)?;
    let Some(number) = done["observation"].as_str() else {
        return Err(Failure::new("the device answers, but will not notify").exits(4));
    };
    if *keep && count.is_none() {
        return Ok(());
    }
    let number = number.to_owned();
    let mut left = count.unwrap_or(u64::MAX);
    let mut gone = false;
    while left > 0 && !gone {
        let event = tokio::select! {
            event = events.next() => event?,
            () = signals.wait() => break,
        };
        let own = event.data["endpoint"] == json!(endpoint);
        match event.name.as_str() {
            "notification" if own && event.data["observation"] == json!(number) => {
                let text = match common.json {
                    true => event.data.to_string(),
                    false => show::values(&event.data),
                };
                gone = !show::line(&text)?;
                left -= 1;
            }
            "deregistered" | "expired" if own => {
                return Err(Failure::new(format!("{endpoint} is no longer registered")).exits(3));
            }
            _ => {}
        }
    }
    if !keep {
        let below = format!("/observations/{number}");
        api.device("DELETE", endpoint, &below, &[], None).await?;
    }
    Ok(())
}

async fn queue(options: &args::Queue) -> Result<(), Failure> {
    let args::Queue { endpoint, cancel, common } = options;
    let api = Api::new(common)?;
    if let Some(number) = cancel {
        let target = format!("/queue/{number}");
        return api.plain("DELETE", endpoint, &target).await.map(|_| ());
    }
    let done = api.plain("GET", endpoint, "/queue").await?;
    tell(common, &done, show::queue)
}

async fn follow(options: &args::Events, only: Option<&str>) -> Result<(), Failure> {
    let args::Events { endpoint, count, common } = options;
    let mut signals = Signals::new()?;
    let api = Api::new(common)?;
    let mut events = Events::new(api.listen(None).await?);
    let mut left = count.unwrap_or(u64::MAX);
    while left > 0 {
        let event = tokio::select! {
            event = events.next() => event?,
            () = signals.wait() => break,
        };
        let name = event.data["endpoint"].as_str().unwrap_or("");
        let wanted = endpoint.as_ref().is_none_or(|pattern| fits(pattern, name))
            && only.is_none_or(|only| only == event.name);
        if !wanted {
            continue;
        }
        let text = match common.json {
            true => json!({"event": event.name, "id": event.id, "data": event.data}).to_string(),
            false => show::event(&event.name, &event.data),
        };
        if !show::line(&text)? {
            break;
        }
        left -= 1;
    }
    Ok(())
}

async fn credentials(options: &args::Credentials) -> Result<(), Failure> {
    let args::Credentials { what, common } = options;
    let api = Api::new(common)?;
    let target =
        |identity: &str| format!("/api/credentials/{}", crate::web::call::encode(identity));
    match what {
        None => {
            let done = api.ask("GET", "/api/credentials", None).await?;
            tell(common, &done, show::credentials)
        }
        Some(Credential::Add { identity, key_file, key, oscore, certificate, endpoint }) => {
            let mut body = json!({});
            if let Some(key) = key {
                body["key"] = json!(key);
            }
            if let Some(file) = key_file {
                body["key"] = json!(input(file)?.trim());
            }
            if let Some(file) = oscore {
                body["oscore"] = json_of(file, &input(file)?)?;
            }
            if let Some(name) = certificate {
                body["certificate"] = json!(name);
            }
            if let Some(endpoint) = endpoint {
                body["endpoint"] = json!(endpoint);
            }
            let done = api.ask("PUT", &target(identity), Some(&body)).await?;
            tell(common, &done, |_| String::new())
        }
        Some(Credential::Remove { identity }) => {
            api.ask("DELETE", &target(identity), None).await.map(|_| ())
        }
    }
}

/// What is in a file, or comes in if it is `-`.
fn input(file: &std::path::Path) -> Result<String, Failure> {
    if file.as_os_str() == "-" {
        return std::io::read_to_string(std::io::stdin())
            .map_err(|error| Failure::io("cannot read standard input", &error));
    }
    std::fs::read_to_string(file).map_err(|error| {
        Failure::new(format!("cannot read {}: {}", file.display(), reason(&error)))
    })
}

/// Its text as JSON. What is wrong with it is told without quoting it.
fn json_of(file: &std::path::Path, text: &str) -> Result<Json, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let words = format!("{} is no JSON, at line {line} column {column}", file.display());
        Failure::new(words).exits(USAGE)
    })
}
