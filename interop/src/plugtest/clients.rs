//! Clients that do the steps of the plugtest: the `m2m` command, and the peers.

use super::{Body, Step, Watched};
use crate::peers::{here, installed, leshan_class_path, m2m};
use crate::process::{Process, Scratch, run};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long a step may take, in seconds.
const LONG: u64 = 120;

/// An answer: its code, options, payload, and the messages of it if they are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Got {
    /// Its code.
    pub code: String,
    /// Its options; `None` if the client does not tell.
    pub options: Option<Vec<(u16, Vec<u8>)>>,
    /// Its payload.
    pub payload: Vec<u8>,
    /// Types of the messages, if the client tells.
    pub wire: Option<String>,
}

/// A program that asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Client {
    /// `m2m coap`.
    Ours,
    /// `coap-client-notls`.
    Libcoap,
    /// aiocoap.
    Aiocoap,
    /// Californium.
    Californium,
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("digits"))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A script of ours in a peer's language, as a process that takes requests line by line and ends
/// with its standard input.
fn script(client: Client) -> Process {
    let path = |p: &str| here().join(p).into_os_string().into_string().expect("UTF-8");
    match client {
        Client::Aiocoap => {
            let python = installed().join("aiocoap/bin/python");
            let python = python.into_os_string().into_string().expect("UTF-8");
            Process::start_shared(&python, &["-B", &path("peers/aiocoap_plugtest.py"), "client"])
        }
        _ => {
            let classes = leshan_class_path();
            Process::start_shared(
                "java",
                &["-Xshare:auto", "-cp", &classes, "PeerPlugtest", "client"],
            )
        }
    }
}

/// Scripts that nobody uses now. To start one takes longer than most tests.
static IDLE: Mutex<Vec<(Client, Process)>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<(Client, Process)>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client that goes on from step to step.
pub struct Session {
    client: Client,
    /// Back to the others when this is over.
    script: Option<Process>,
    server: SocketAddr,
    /// The first segment of its paths.
    space: String,
}

impl Session {
    /// A client of a server.
    #[must_use]
    pub fn new(client: Client, server: SocketAddr, space: &str) -> Session {
        let scripted = matches!(client, Client::Aiocoap | Client::Californium);
        let again = || {
            let mut idle = idle();
            let at = idle.iter().position(|(of, _)| *of == client)?;
            Some(idle.swap_remove(at).1)
        };
        let script = scripted.then(|| again().unwrap_or_else(|| script(client)));
        Session { client, script, server, space: space.to_owned() }
    }

    fn uri(&self, path: &str) -> String {
        match path.strip_prefix('/') {
            Some(path) => format!("coap://{}/{path}", self.server),
            None => format!("coap://{}/{}/{path}", self.server, self.space),
        }
    }

    /// Does a step.
    pub fn ask(&mut self, step: &Step) -> Got {
        let uri = self.uri(step.path);
        match self.client {
            Client::Ours => ours(&uri, step),
            Client::Libcoap => libcoap(&uri, step),
            _ => {
                let line = request(&uri, step);
                let script = self.script.as_mut().expect("a script");
                script.send_line(&line.to_string());
                script.wait_line(answers).remove(0)
            }
        }
    }

    /// Watches a resource while `then` makes something happen to it; gives the states.
    pub fn watch(&mut self, watched: &Watched, mut then: impl FnMut()) -> Vec<Got> {
        let uri = self.uri(watched.path);
        let count = watched.states.len();
        match self.client {
            Client::Ours => {
                let number = count.to_string();
                let arguments = ["coap", "observe", &uri, "--json", "-n", &number, "-b", "1024"];
                let mut process = Process::start(m2m(), &arguments);
                let mut states = vec![process.wait_line(state)];
                then();
                while states.len() < count {
                    states.push(process.wait_line(state));
                }
                process.wait_end();
                states
            }
            Client::Libcoap => {
                // It logs each message as a line; the texts are in there.
                let arguments = ["-oL", "coap-client-notls", "-m", "get", "-s", "90", "-v", "6"];
                let mut process = Process::start("stdbuf", &[&arguments[..], &[&uri]].concat());
                let mut states = watched.states.iter().map(|(code, body)| {
                    let payload = process.wait_line(|line| {
                        let shown = match body {
                            Body::Text(text) => line.contains(&format!("'{text}'")),
                            _ => true,
                        };
                        let response = line.contains(&format!("c:{code}"));
                        (response && shown).then(|| body.bytes())
                    });
                    Got { code: (*code).into(), options: None, payload, wire: None }
                });
                let mut all: Vec<Got> = states.next().into_iter().collect();
                then();
                all.extend(states);
                all
            }
            _ => {
                let line = json!({ "method": "get", "uri": uri, "observe": count });
                let script = self.script.as_mut().expect("a script");
                script.send_line(&line.to_string());
                script.wait_line(|line| line.contains("\"first\"").then_some(()));
                then();
                script.wait_line(answers)
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let (Some(script), false) = (self.script.take(), std::thread::panicking()) {
            idle().push((self.client, script));
        }
    }
}

/// A client that observes for a long time. Dropped, it is gone without a word.
#[must_use]
pub fn observer(client: Client, uri: &str) -> Process {
    match client {
        Client::Ours => Process::start(m2m(), &["coap", "observe", uri, "--json"]),
        Client::Libcoap => {
            Process::start("coap-client-notls", &["-m", "get", "-s", "60", "-v", "6", uri])
        }
        _ => {
            let mut script = script(client);
            let line = json!({ "method": "get", "uri": uri, "observe": 1000 });
            script.send_line(&line.to_string());
            script
        }
    }
}

fn request(uri: &str, step: &Step) -> Value {
    let options: Vec<Value> = step.options.iter().map(|(n, v)| json!([n, hex(v)])).collect();
    let mut line = json!({
        "method": step.method, "uri": uri, "non": step.non, "options": options,
        "payload": hex(&step.payload.bytes()),
    });
    if let Some(szx) = step.block {
        line["block"] = szx.into();
    }
    line
}

fn answers(line: &str) -> Option<Vec<Got>> {
    let value: Value = serde_json::from_str(line).ok()?;
    assert!(value.get("error").is_none(), "{line}");
    let text = |v: &Value| v.as_str().expect("text").to_owned();
    let answers = value.get("answers")?.as_array()?.iter().map(|answer| {
        let options = answer["options"].as_array().expect("a list").iter();
        let options = options.map(|o| {
            let number = u16::try_from(o[0].as_u64().expect("a number")).expect("16 bits");
            (number, unhex(&text(&o[1])))
        });
        Got {
            code: text(&answer["code"]),
            options: Some(options.collect()),
            payload: unhex(&text(&answer["payload"])),
            wire: None,
        }
    });
    Some(answers.collect())
}

/// A state as `m2m coap observe --json` tells it.
fn state(line: &str) -> Option<Got> {
    let value: Value = serde_json::from_str(line).ok()?;
    let event = value["event"].as_str()?;
    ["notification", "response"].contains(&event).then(|| told(&value))
}

fn told(value: &Value) -> Got {
    let payload = match (value["payload"].as_str(), value["payload_hex"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(digits)) => unhex(digits),
        (None, None) => Vec::new(),
    };
    let mut options = Vec::new();
    for (name, value) in value["options"].as_object().expect("options") {
        let number = (0..3000)
            .map(coap_core::OptionNumber)
            .find(|n| n.definition().is_some_and(|row| row.name == name))
            .expect("a known option");
        let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for one in all {
            let format = number.definition().expect("known").format;
            let bytes = match (&one, format) {
                (Value::Number(n), _) => {
                    let n = u32::try_from(n.as_u64().expect("a number")).expect("32 bits");
                    coap_core::Uint::new(n).as_bytes().to_vec()
                }
                (Value::String(text), coap_core::OptionFormat::Opaque) => unhex(text),
                (Value::String(text), _) => text.as_bytes().to_vec(),
                _ => Vec::new(),
            };
            options.push((number.0, bytes));
        }
    }
    let code = value["code"].as_str().expect("a code").to_owned();
    Got { code, options: Some(options), payload, wire: None }
}

fn ours(uri: &str, step: &Step) -> Got {
    let scratch = Scratch::new();
    let mut arguments = vec!["coap".to_owned(), step.method.into(), uri.into()];
    arguments.extend(["--json".into(), "-v".into()]);
    if step.non {
        arguments.push("--non".into());
    }
    for (number, value) in step.options {
        arguments.extend(["-O".into(), format!("{number}=0x{}", hex(value))]);
    }
    if let Some(szx) = step.block {
        arguments.extend(["-b".into(), (16 << szx).to_string()]);
    }
    if step.empty_token {
        arguments.extend(["--token".into(), String::new()]);
    }
    if step.payload != Body::Any {
        let file = scratch.file("payload");
        std::fs::write(&file, step.payload.bytes()).expect("written");
        arguments.extend(["-f".into(), file]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let out = run(LONG, m2m(), &arguments);
    let lines = String::from_utf8(out.stdout).expect("UTF-8");
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    // A busy machine makes repetitions; they are the same messages.
    let mut wire: Vec<(&str, &Value)> =
        lines.iter().filter_map(|l| Some((l["type"].as_str()?, &l["id"]))).collect();
    wire.dedup();
    let wire: Vec<&str> = wire.into_iter().map(|(kind, _)| kind).collect();
    let answer = lines.iter().find(|l| l["event"] == "response");
    let answer = answer.unwrap_or_else(|| panic!("{arguments:?}: {}", out.stderr));
    Got { wire: Some(wire.join(" ")), ..told(answer) }
}

/// libcoap's client: its log has the code, standard output the body.
fn libcoap(uri: &str, step: &Step) -> Got {
    let scratch = Scratch::new();
    let (out, file) = (scratch.file("out"), scratch.file("payload"));
    let mut arguments = vec!["-m".to_owned(), step.method.into(), "-v".into(), "6".into()];
    if step.non {
        arguments.push("-N".into());
    }
    for (number, value) in step.options {
        let prefix = if value.is_empty() { "" } else { "0x" };
        arguments.extend(["-O".into(), format!("{number},{prefix}{}", hex(value))]);
    }
    if let Some(szx) = step.block {
        arguments.extend(["-b".into(), (16 << szx).to_string()]);
    }
    if step.payload != Body::Any {
        std::fs::write(&file, step.payload.bytes()).expect("written");
        arguments.extend(["-f".into(), file]);
    }
    arguments.extend(["-o".into(), out.clone(), uri.into()]);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let finished = run(LONG, "coap-client-notls", &arguments);
    let log = format!("{}{}", String::from_utf8_lossy(&finished.stdout), finished.stderr);
    // The last message with a response code is the answer.
    let codes = log.match_indices(" c:").filter_map(|(at, _)| log.get(at + 3..at + 7));
    let code = codes.filter(|c| c.as_bytes()[0] >= b'2' && *c != "2.31").last();
    let code = code.unwrap_or_else(|| panic!("no answer in {log}")).to_owned();
    let payload = std::fs::read(&out).unwrap_or_default();
    Got { code, options: None, payload, wire: None }
}
