//! What a server says, in words.

use crate::failure::{Failure, reason};
use crate::names::{object_name, path_name};
use crate::output::printable;
use lwm2m_core::Path;
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write};

/// Prints a text. A reader that is gone is no failure; false then.
pub(crate) fn line(text: &str) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(format!("cannot write the output: {}", reason(&error)))),
        Ok(()) => Ok(true),
    }
}

fn text<'a>(json: &'a Json, name: &str) -> &'a str {
    json.get(name).and_then(Json::as_str).unwrap_or("")
}

fn list<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// A value: text without quotation marks, but safe for a terminal.
fn value(json: &Json) -> String {
    match json {
        Json::String(text) => printable(text),
        other => other.to_string(),
    }
}

/// Rows with their columns below each other.
fn columns(rows: &[Vec<String>]) -> String {
    let mut widths = Vec::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(at) {
                Some(most) => *most = width.max(*most),
                None => widths.push(width),
            }
        }
    }
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Paths and values of an answer or an event.
pub(super) fn values(json: &Json) -> String {
    if let Some(why) = json.get("unreadable").and_then(Json::as_str) {
        return format!("{} ({why})", text(json, "payload"));
    }
    let row = |item: &Json| {
        let path = text(item, "path").to_owned();
        let name = Path::parse(&path).map_or_else(|_| String::new(), path_name);
        let shown = item.get("value").map_or_else(|| "(empty)".to_owned(), value);
        let time = item.get("time").or(item.get("relative_time"));
        vec![path, name, shown, time.map_or_else(String::new, |time| format!("at {time}"))]
    };
    columns(&list(json, "values").iter().map(row).collect::<Vec<_>>())
}

/// Links with their attributes.
pub(super) fn links(json: &Json) -> String {
    let row = |link: &Json| {
        let path = text(link, "path").to_owned();
        let name = Path::parse(&path).map_or_else(|_| String::new(), path_name);
        let attributes = link.get("attributes").and_then(Json::as_object);
        let attributes = attributes.into_iter().flatten().map(|(name, json)| match json {
            Json::Null => name.clone(),
            json => format!("{name}={}", value(json)),
        });
        vec![path, name, attributes.collect::<Vec<_>>().join(" ")]
    };
    columns(&list(json, "links").iter().map(row).collect::<Vec<_>>())
}

/// The objects of a client in words.
fn objects(client: &Json) -> String {
    let mut names = Vec::new();
    for link in list(client, "objects") {
        let path = Path::parse(text(link, "path")).ok();
        if let Some(object) = path.and_then(|path| path.object_id()) {
            let name = object_name(object);
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names.join(", ")
}

/// A page of clients, one a line.
pub(super) fn clients(page: &Json) -> String {
    let row = |client: &Json| {
        let queue = client.get("queue_mode") == Some(&Json::Bool(true));
        let address = text(client, "address");
        vec![
            printable(text(client, "endpoint")),
            text(client, "version").to_owned(),
            if queue { format!("{address} (sleeps)") } else { address.to_owned() },
            objects(client),
        ]
    };
    columns(&list(page, "clients").iter().map(row).collect::<Vec<_>>())
}

/// All about a client.
pub(super) fn client(client: &Json) -> String {
    let mut rows = Vec::new();
    for (name, title) in [
        ("endpoint", "endpoint"),
        ("version", "LwM2M version"),
        ("address", "address"),
        ("secure", "with security"),
        ("binding", "binding"),
        ("lifetime", "lifetime in s"),
        ("registered", "registered"),
        ("updated", "updated"),
        ("heard", "last heard"),
        ("expires", "expires"),
        ("location", "location"),
    ] {
        if let Some(json) = client.get(name).filter(|json| !json.is_null()) {
            rows.push(vec![title.to_owned(), value(json)]);
        }
    }
    let formats: Vec<&str> = list(client, "formats").iter().filter_map(Json::as_str).collect();
    rows.push(vec!["content formats".to_owned(), formats.join(", ")]);
    let parameters = client.get("parameters").and_then(Json::as_object);
    for (name, json) in parameters.into_iter().flatten() {
        rows.push(vec![printable(name), value(json)]);
    }
    for link in list(client, "objects") {
        let path = text(link, "path");
        let name = Path::parse(path).map_or_else(|_| String::new(), path_name);
        let version = match text(link, "version") {
            "" => name,
            version => format!("{name} {version}"),
        };
        rows.push(vec![path.to_owned(), version]);
    }
    columns(&rows)
}

/// Keys, without the keys.
pub(super) fn credentials(json: &Json) -> String {
    let row = |one: &Json| {
        let kind = match text(one, "certificate") {
            "" => text(one, "kind").to_owned(),
            name => format!("certificate {}", printable(name)),
        };
        let endpoint = format!("is {}", printable(text(one, "endpoint")));
        vec![printable(text(one, "identity")), endpoint, format!("by {kind}")]
    };
    columns(&list(json, "credentials").iter().map(row).collect::<Vec<_>>())
}

/// What is given to whom: a line each.
pub(super) fn configurations(json: &Json) -> String {
    let row = |one: &Json| {
        let name = match text(one, "endpoint") {
            "" => text(one, "pattern"),
            name => name,
        };
        let servers: Vec<&str> = list(one, "servers").iter().map(|s| text(s, "uri")).collect();
        let secure = one.get("secure").and_then(Json::as_bool).unwrap_or_default();
        let known = if secure { "for the known" } else { "for anybody" };
        let last = one.get("last").map_or("", |last| text(last, "outcome"));
        vec![printable(name), printable(&servers.join(" ")), known.to_owned(), last.to_owned()]
    };
    columns(&list(json, "configurations").iter().map(row).collect::<Vec<_>>())
}

/// Whose bootstrap is under way: a line each.
pub(super) fn sessions(json: &Json) -> String {
    let row = |one: &Json| {
        let step = one.get("step").map_or(String::new(), |step| format!("at step {step}"));
        vec![printable(text(one, "endpoint")), text(one, "address").to_owned(), step]
    };
    columns(&list(json, "sessions").iter().map(row).collect::<Vec<_>>())
}

/// What waits for a device: a line each.
pub(super) fn queue(json: &Json) -> String {
    let row = |one: &Json| {
        let paths: Vec<&str> = list(one, "paths").iter().filter_map(Json::as_str).collect();
        let until = match text(one, "deadline") {
            "" => String::new(),
            deadline => format!("until {deadline}"),
        };
        [text(one, "number"), text(one, "state"), text(one, "operation"), &paths.join(" "), &until]
            .map(str::to_owned)
            .to_vec()
    };
    columns(&list(json, "queue").iter().map(row).collect::<Vec<_>>())
}

/// An event on one line, or on as many as it has values.
pub(super) fn event(name: &str, data: &Json) -> String {
    let endpoint = printable(text(data, "endpoint"));
    let time = text(data, "time");
    let time = time.split_once('T').map_or(time, |(_, time)| time.trim_end_matches('Z'));
    let start = format!("{time}  {endpoint:<12}  {name:<17}");
    match name {
        "notification" | "send" => {
            let values = values(data);
            values.lines().map(|line| format!("{start} {line}")).collect::<Vec<_>>().join("\n")
        }
        "registered" => match data.get("client") {
            Some(client) => format!(
                "{start} LwM2M {} for {} s: {}",
                text(client, "version"),
                client.get("lifetime").unwrap_or(&Json::Null),
                objects(client)
            ),
            None => start.trim_end().to_owned(),
        },
        "updated" => {
            let changes: Vec<&str> =
                list(data, "changes").iter().filter_map(Json::as_str).collect();
            format!("{start} {}", changes.join(", ")).trim_end().to_owned()
        }
        "operation" => {
            let came = match text(data, "code") {
                "" => text(data, "failure"),
                code => code,
            };
            let (number, operation) = (text(data, "number"), text(data, "operation"));
            let first = format!("{start} {number} {operation} {}: {came}", text(data, "path"));
            let values = values(data);
            let more = values.lines().map(|line| format!("{start} {line}"));
            std::iter::once(first).chain(more).collect::<Vec<_>>().join("\n")
        }
        "answered" => {
            let (operation, path) = (text(data, "operation"), text(data, "path"));
            format!("{start} {operation} {path}: {}", text(data, "code"))
        }
        "ended" => {
            let parts = ["outcome", "operation", "path", "reason"].map(|name| text(data, name));
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            format!("{start} {}", printable(&parts.collect::<Vec<_>>().join(" ")))
        }
        "missed" => "(some events are no longer kept)".to_owned(),
        _ => format!("{start} {}", printable(text(data, "reason"))).trim_end().to_owned(),
    }
}
