//! The peers on Leshan's libraries: a server behind a small HTTP interface, a client with a
//! console. See README.md for what in them is Leshan's and what is ours.

use crate::http::{self, Events};
use crate::loopback;
use crate::peers::{leshan_bootstrap_class_path, leshan_class_path, leshan_oscore_class_path};
use crate::process::Process;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Mutex, OnceLock};

/// Options that make the two programs small and quick to start.
const JAVA: [&str; 4] = ["-Xmx192m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"];

/// A Leshan server.
pub struct LeshanServer {
    process: Mutex<Process>,
    /// Where clients register.
    pub coap: SocketAddr,
    http: SocketAddr,
}

/// What the server says that a client answered.
#[derive(Clone, Debug)]
pub struct Reply(pub Value);

impl LeshanServer {
    /// The server that the tests of one program share. It ends with the program.
    pub fn shared() -> &'static LeshanServer {
        static SERVER: OnceLock<LeshanServer> = OnceLock::new();
        SERVER.get_or_init(|| {
            let class_path = leshan_class_path();
            let mut arguments = JAVA.to_vec();
            arguments.extend([class_path.as_str(), "PeerServer", "-i"]);
            let mut process = Process::start_shared("java", &arguments);
            let ready = process.wait_start("READY");
            let port = |name: &str| -> u16 {
                let value = ready.split(' ').find_map(|w| w.strip_prefix(name));
                value.and_then(|v| v.parse().ok()).expect("a port")
            };
            let (coap, http) = (loopback(port("coap=")), loopback(port("http=")));
            LeshanServer { process: Mutex::new(process), coap, http }
        })
    }

    /// What it printed so far.
    ///
    /// # Panics
    /// If another test failed while it looked.
    pub fn output(&self) -> String {
        self.process.lock().unwrap().output()
    }

    /// What happens to an endpoint from now on.
    pub fn events(&self, endpoint: &str) -> Events {
        Events::open(self.http, &format!("/api/event?ep={endpoint}"))
    }

    /// One request to the HTTP interface; gives the status and the body.
    pub fn http(&self, method: &str, target: &str, body: &str) -> (u16, String) {
        http::request(self.http, method, &format!("/api/clients{target}"), "application/json", body)
    }

    /// One operation on a client, which must come to an answer of the client.
    ///
    /// # Panics
    /// If the server or the way to the client fails.
    pub fn ask(&self, method: &str, target: &str, body: &Value) -> Reply {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.ask_text(method, target, &text)
    }

    /// The same with a body that is no JSON: the arguments of an execute.
    ///
    /// # Panics
    /// If the server or the way to the client fails.
    pub fn ask_text(&self, method: &str, target: &str, text: &str) -> Reply {
        let (status, answer) = self.http(method, target, text);
        assert_eq!(status, 200, "{method} {target} {text}: {answer}\n{}", self.output());
        Reply(serde_json::from_str(&answer).expect("JSON"))
    }

    /// Reads a path of a client.
    pub fn read(&self, target: &str) -> Reply {
        self.ask("GET", target, &Value::Null)
    }
}

impl Reply {
    /// The response code: `205`.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn code(&self) -> u16 {
        let status = self.0["status"].as_str().expect("a status");
        let digits: String = status.chars().filter(char::is_ascii_digit).collect();
        digits.parse().expect("CODE(nnn)")
    }

    /// The content of a good answer.
    ///
    /// # Panics
    /// If the answer is not 2.05.
    #[must_use]
    pub fn content(&self) -> &Value {
        assert_eq!(self.code(), 205, "{}", self.0);
        &self.0["content"]
    }

    /// The value of a single resource or a resource instance.
    ///
    /// # Panics
    /// If the answer is not 2.05.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.content()["value"]
    }

    /// The links of a Discover as `path;name=value;name`.
    ///
    /// # Panics
    /// If the answer is not 2.05.
    #[must_use]
    pub fn links(&self) -> Vec<String> {
        assert_eq!(self.code(), 205, "{}", self.0);
        links(&self.0["objectLinks"])
    }
}

/// A list of links as `path;name=value;name`.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn links(list: &Value) -> Vec<String> {
    let one = |link: &Value| {
        let mut text = link["url"].as_str().expect("a path").to_owned();
        for (name, value) in link["attributes"].as_object().expect("attributes") {
            text.push(';');
            text.push_str(name);
            if let Some(value) = value.as_str() {
                text.push('=');
                text.push_str(value);
            }
        }
        text
    };
    list.as_array().expect("links").iter().map(one).collect()
}

/// A single resource, as the HTTP interface takes and gives it.
#[must_use]
pub fn single(id: u16, data_type: &str, value: impl Into<Value>) -> Value {
    json!({"kind": "singleResource", "id": id, "type": data_type, "value": value.into()})
}

/// A multiple resource.
#[must_use]
pub fn multiple(id: u16, data_type: &str, values: &Value) -> Value {
    json!({"kind": "multiResource", "id": id, "type": data_type, "values": values})
}

/// An object instance.
#[must_use]
pub fn instance(id: u16, resources: &[Value]) -> Value {
    json!({"kind": "instance", "id": id, "resources": resources})
}

/// A Leshan client or server with DTLS and a pre-shared key; see PeerSecure.java. Its lines tell
/// what it does.
#[must_use]
pub fn secure(options: &[&str]) -> Process {
    let class_path = leshan_class_path();
    let mut arguments = JAVA.to_vec();
    arguments.extend([class_path.as_str(), "PeerSecure"]);
    arguments.extend(options);
    Process::start("java", &arguments)
}

/// A Leshan client under OSCORE; see PeerOscore.java. Its lines tell what it does.
#[must_use]
pub fn oscore(options: &[&str]) -> Process {
    let class_path = leshan_oscore_class_path();
    let mut arguments = JAVA.to_vec();
    arguments.extend([class_path.as_str(), "PeerOscore"]);
    arguments.extend(options);
    Process::start("java", &arguments)
}

/// A Leshan `server` or `bootstrap` server under OSCORE; see PeerOscoreServer.java. Its lines tell what
/// it does.
#[must_use]
pub fn oscore_server(what: &str) -> Process {
    let class_path = leshan_oscore_class_path();
    let mut arguments = JAVA.to_vec();
    arguments.extend([class_path.as_str(), "PeerOscoreServer", what]);
    Process::start("java", &arguments)
}

/// A Leshan client. Dropping it kills it.
pub struct LeshanClient {
    /// The process; its lines tell what the client does.
    pub process: Process,
}

impl LeshanClient {
    /// Starts a client that registers with a server.
    #[must_use]
    pub fn start(server: SocketAddr, endpoint: &str, lifetime: u32) -> LeshanClient {
        LeshanClient::begin(server, endpoint, &["-l", &lifetime.to_string()])
    }

    /// Starts a client that asks a bootstrap server where to register.
    #[must_use]
    pub fn bootstrap(server: SocketAddr, endpoint: &str) -> LeshanClient {
        LeshanClient::begin(server, endpoint, &["-b"])
    }

    fn begin(server: SocketAddr, endpoint: &str, more: &[&str]) -> LeshanClient {
        let class_path = leshan_class_path();
        let server = server.to_string();
        let mut arguments = JAVA.to_vec();
        arguments.extend([class_path.as_str(), "PeerClient", "-u", &server, "-n", endpoint]);
        arguments.extend(more);
        let mut process = Process::start("java", &arguments);
        process.wait_start("READY");
        LeshanClient { process }
    }

    /// Types a line at its console; gives what it answers behind `OK`.
    pub fn command(&mut self, line: &str) -> String {
        self.process.send_line(line);
        self.process.wait_line(|said| {
            assert!(!said.starts_with("ERR"), "{line}: {said}");
            said.strip_prefix("OK").map(|s| s.trim().to_owned())
        })
    }
}

/// A Leshan bootstrap server. Dropping it kills it.
pub struct LeshanBootstrap {
    /// The process; its lines tell what happens to each endpoint.
    pub process: Process,
    /// Where clients ask for a bootstrap.
    pub coap: SocketAddr,
}

impl LeshanBootstrap {
    /// Starts one that knows no client.
    ///
    /// # Panics
    /// If it does not come up.
    #[must_use]
    pub fn start() -> LeshanBootstrap {
        let class_path = leshan_bootstrap_class_path();
        let mut arguments = JAVA.to_vec();
        arguments.extend([class_path.as_str(), "PeerBootstrap"]);
        let mut process = Process::start("java", &arguments);
        let ready = process.wait_start("READY");
        let port = ready.split(' ').find_map(|word| word.strip_prefix("coap="));
        let coap = loopback(port.and_then(|port| port.parse().ok()).expect("a port"));
        LeshanBootstrap { process, coap }
    }

    /// Types a line at its console.
    pub fn command(&mut self, line: &str) {
        self.process.send_line(line);
        self.process.wait_line(|said| {
            assert!(!said.starts_with("ERR"), "{line}: {said}");
            said.starts_with("OK").then_some(())
        });
    }

    /// What happens to an endpoint until something begins with `last`, that included.
    pub fn events(&mut self, endpoint: &str, last: &str) -> Vec<String> {
        let prefix = format!("EVENT {endpoint} ");
        let mut all = Vec::new();
        self.process.wait_line(|said| {
            let what = said.strip_prefix(&prefix)?;
            all.push(what.to_owned());
            what.starts_with(last).then_some(())
        });
        all
    }
}
