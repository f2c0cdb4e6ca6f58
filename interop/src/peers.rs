//! The peers: where they are, and how each is started.

use crate::process::{Finished, Process, run};
use crate::{free_port, loopback, wait_for};
use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// The folder of this crate.
#[must_use]
pub fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The folder that `.ci/install-peers` filled: `M2M_PEERS`, else `target/peers`.
#[must_use]
pub fn installed() -> PathBuf {
    std::env::var_os("M2M_PEERS").map_or_else(|| here().join("../target/peers"), PathBuf::from)
}

/// A file there, as text.
///
/// # Panics
/// If it is missing.
pub(crate) fn file(path: PathBuf) -> String {
    assert!(path.exists(), "{} is missing: run .ci/install-peers", path.display());
    path.into_os_string().into_string().expect("UTF-8")
}

/// A server on a port of its own.
pub struct Server {
    /// The process.
    pub process: Process,
    /// Its CoAP address.
    pub address: SocketAddr,
}

/// Starts libcoap's example server, with further arguments.
///
/// # Panics
/// If it is missing or does not come up.
#[must_use]
pub fn libcoap_server(more: &[&str]) -> Server {
    let address = loopback(free_port());
    let port = address.port().to_string();
    let mut arguments = vec!["-A", "127.0.0.1", "-p", &port, "-d", "10", "-v", "4"];
    arguments.extend(more);
    let process = Process::start("coap-server-notls", &arguments);
    wait_until_it_answers(address);
    Server { process, address }
}

/// Sends CoAP pings (RFC 7252 section 4.3) until one is answered.
fn wait_until_it_answers(address: SocketAddr) {
    let socket = UdpSocket::bind(loopback(0)).expect("a free port");
    socket.connect(address).expect("loopback");
    socket.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
    wait_for("a CoAP ping", || {
        let _ = socket.send(&[0x40, 0, 0x12, 0x34]);
        let mut buf = [0; 16];
        matches!(socket.recv(&mut buf), Ok(4)).then_some(())
    });
}

/// Runs libcoap's client to its end, at most `seconds` long.
///
/// Its exit code says nothing: it is 0 whatever happens. An error response is on stderr.
#[must_use]
pub fn libcoap(seconds: u64, arguments: &[&str], address: SocketAddr, path: &str) -> Finished {
    libcoap_over("coap", seconds, arguments, address, path)
}

/// The same for another scheme.
#[must_use]
pub fn libcoap_over(
    scheme: &str,
    seconds: u64,
    arguments: &[&str],
    address: SocketAddr,
    path: &str,
) -> Finished {
    let uri = format!("{scheme}://{address}{path}");
    let mut all = arguments.to_vec();
    all.push(&uri);
    run(seconds, "coap-client-notls", &all)
}

/// Starts the example server of the libcoap that knows Q-Block options (RFC 9177), which it uses with
/// those who ask for them. It makes resources of what is PUT.
///
/// # Panics
/// If it is missing or does not come up.
#[must_use]
pub fn libcoap_q_block_server() -> Server {
    let address = loopback(free_port());
    let port = address.port().to_string();
    let program = file(installed().join("libcoap/bin/coap-server"));
    let arguments = ["-A", "127.0.0.1", "-p", &port, "-d", "10", "-v", "4", "-L", "5"];
    let process = Process::start(&program, &arguments);
    wait_until_it_answers(address);
    Server { process, address }
}

/// Runs the client of the same to its end, at most `seconds` long.
#[must_use]
pub fn libcoap_q_block(
    seconds: u64,
    arguments: &[&str],
    address: SocketAddr,
    path: &str,
) -> Finished {
    let uri = format!("coap://{address}{path}");
    let program = file(installed().join("libcoap/bin/coap-client"));
    run(seconds, &program, &[&["-L", "5"], arguments, &[&uri]].concat())
}

fn python() -> String {
    file(installed().join("aiocoap/bin/python"))
}

/// Starts the server on aiocoap.
///
/// # Panics
/// If aiocoap is missing or the server does not come up.
#[must_use]
pub fn aiocoap_server() -> Server {
    aiocoap_server_over("udp6")
}

/// The same over another of aiocoap's transports: `tcpserver`, `ws`.
///
/// # Panics
/// As [`aiocoap_server`].
#[must_use]
pub fn aiocoap_server_over(transport: &str) -> Server {
    let address = loopback(free_port());
    let script = file(here().join("peers/aiocoap_server.py"));
    let port = address.port().to_string();
    let arguments = ["-B", &script, "--port", &port, "--transport", transport];
    let mut process = Process::start(&python(), &arguments);
    process.wait_start("READY");
    Server { process, address }
}

/// Starts the server of the OSCORE plugtest on aiocoap; what it keeps is in `state`.
///
/// # Panics
/// If aiocoap is missing or the server does not come up.
#[must_use]
pub fn aiocoap_oscore_server(state: &str, more: &[&str]) -> Server {
    let address = loopback(free_port());
    let script = file(here().join("peers/aiocoap_oscore.py"));
    let port = address.port().to_string();
    let mut arguments = vec!["-B", &script, "server", "--port", &port, "--state", state];
    arguments.extend(more);
    let mut process = Process::start(&python(), &arguments);
    process.wait_start("READY");
    Server { process, address }
}

/// Runs one test of the OSCORE plugtest with aiocoap as client; gives the JSON lines it prints.
///
/// # Panics
/// If it fails, or what it prints is not JSON.
#[must_use]
pub fn aiocoap_oscore(server: SocketAddr, test: &str, state: &str) -> Vec<serde_json::Value> {
    let script = file(here().join("peers/aiocoap_oscore.py"));
    let server = server.to_string();
    let out = run(120, &python(), &["-B", &script, "client", &server, test, "--state", state]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "aiocoap, test {test}: {text}\n{}", out.stderr);
    text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
}

/// Runs the client on aiocoap to its end; gives the JSON lines it prints.
///
/// # Panics
/// If it fails otherwise than by an error response, or what it prints is not JSON.
#[must_use]
pub fn aiocoap(
    seconds: u64,
    method: &str,
    address: SocketAddr,
    path: &str,
    arguments: &[&str],
) -> Vec<serde_json::Value> {
    aiocoap_over("coap", seconds, method, address, path, arguments)
}

/// The same for another scheme.
///
/// # Panics
/// As [`aiocoap`].
#[must_use]
pub fn aiocoap_over(
    scheme: &str,
    seconds: u64,
    method: &str,
    address: SocketAddr,
    path: &str,
    arguments: &[&str],
) -> Vec<serde_json::Value> {
    let script = file(here().join("peers/aiocoap_client.py"));
    let uri = format!("{scheme}://{address}{path}");
    let limit = seconds.to_string();
    let mut all = vec!["-B", &script, method, &uri, "--timeout", &limit];
    all.extend(arguments);
    let out = run(seconds + 5, &python(), &all);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let failed = !matches!(out.status.code(), Some(0 | 1)) || lines.is_empty();
    assert!(!failed, "aiocoap {method} {uri}: {text}\n{}", out.stderr);
    lines
}

/// The `m2m` command: the one for release, or, where these tests are for debugging, the one for that.
///
/// # Panics
/// If it does not build.
pub fn m2m() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let test = std::env::current_exe().expect("this program");
        let folder = test.ancestors().nth(2).expect("target/PROFILE/deps/test").to_owned();
        let manifest = file(here().join("../Cargo.toml"));
        // cargo tells a test of the package that it belongs to. Build scripts that look at such
        // variables would run again, and all above them would be compiled anew.
        let told = std::env::vars().map(|(name, _)| name);
        let told = told.filter(|n| n.starts_with("CARGO_PKG_") || n.starts_with("CARGO_MANIFEST_"));
        let told: Vec<String> = told.map(|name| format!("--unset={name}")).collect();
        let mut arguments: Vec<&str> = told.iter().map(String::as_str).collect();
        arguments.extend([env!("CARGO"), "build", "-q", "-p", "m2m", "--manifest-path", &manifest]);
        let folder = if folder.ends_with("debug") {
            folder
        } else {
            arguments.push("--release");
            folder.with_file_name("release")
        };
        let built = run(1800, "env", &arguments);
        assert!(built.status.success(), "{}", built.stderr);
        file(folder.join("m2m"))
    })
}

/// The class path of the Leshan programs.
///
/// # Panics
/// If they are missing.
#[must_use]
pub fn leshan_class_path() -> String {
    class_path("leshan")
}

/// The class path of the Leshan bootstrap server.
///
/// # Panics
/// If it is missing.
#[must_use]
pub fn leshan_bootstrap_class_path() -> String {
    class_path("leshan-bootstrap")
}

/// The class path of the Leshan client that knows OSCORE.
///
/// # Panics
/// If it is missing.
#[must_use]
pub fn leshan_oscore_class_path() -> String {
    class_path("leshan-oscore")
}

fn class_path(folder: &str) -> String {
    let classes = file(installed().join(folder).join("classes"));
    let lib = file(installed().join(folder).join("lib"));
    format!("{classes}:{lib}/*")
}
