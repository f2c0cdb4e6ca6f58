//! What a device keeps over a restart: the records of its engine's journal, in a file.

use crate::failure::{Failure, reason};
use crate::hex::from_hex;
use lwm2m_core::client::Client;
use m2m_base::Instant;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Records that a device may have.
pub(super) const RECORDS: u8 = 64;
/// Longest record.
const LONGEST: usize = 1 << 16;

/// The file, and what is in it.
#[derive(Clone)]
pub(crate) struct State {
    /// None: what there is to keep is kept elsewhere.
    path: Option<PathBuf>,
    endpoint: String,
    records: BTreeMap<u64, Vec<u8>>,
}

impl std::fmt::Debug for State {
    /// Without the records, which have keys in them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("path", &self.path).finish_non_exhaustive()
    }
}

impl State {
    /// Reads a file, if it is there.
    pub(super) fn open(path: &Path, endpoint: &str) -> Result<State, Failure> {
        let name = path.display();
        let endpoint = endpoint.to_owned();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(Failure::io(format_args!("cannot read {name}"), &error)),
        };
        let mut state = State { path: Some(path.to_owned()), endpoint, records: BTreeMap::new() };
        let Some(text) = text else {
            // Better to know now that nothing can be kept than when there is something.
            state.write()?;
            return Ok(state);
        };
        let damaged = || Failure::new(format!("cannot use {name}: it is damaged"));
        let json: Json = serde_json::from_str(&text).map_err(|_| damaged())?;
        let of = json.get("endpoint").and_then(Json::as_str).ok_or_else(damaged)?;
        if of != state.endpoint {
            return Err(Failure::new(format!("cannot use {name}: it is that of {of:?}")));
        }
        let records = json.get("records").and_then(Json::as_object).ok_or_else(damaged)?;
        for (key, record) in records {
            let record = record.as_str().and_then(from_hex);
            let (key, record) = key.parse().ok().zip(record).ok_or_else(damaged)?;
            state.records.insert(key, record);
        }
        Ok(state)
    }

    /// Without a file.
    pub(super) const fn none() -> State {
        State { path: None, endpoint: String::new(), records: BTreeMap::new() }
    }

    /// Gives a client what was kept.
    pub(super) fn restore(&self, client: &mut Client, now: Instant) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        for (key, record) in &self.records {
            client
                .restore(now, *key, record)
                .map_err(|error| Failure::new(format!("cannot use {}: {error}", path.display())))?;
        }
        Ok(())
    }

    /// Keeps what changed. Until it has, the client sends nothing.
    pub(super) fn keep(&mut self, client: &mut Client) -> Result<(), Failure> {
        let mut changed = false;
        let mut room = vec![0; 1024];
        loop {
            let record = match client.poll_journal(&mut room) {
                Ok(Some(record)) => record,
                Ok(None) => break,
                Err(short) if short.needed <= LONGEST => {
                    room.resize(short.needed, 0);
                    continue;
                }
                Err(_) => return Err(Failure::new("a record is too long to be kept")),
            };
            changed = true;
            match record.len.and_then(|len| room.get(..len)) {
                Some(bytes) => self.records.insert(record.key, bytes.to_vec()),
                None => self.records.remove(&record.key),
            };
        }
        if changed { self.write() } else { Ok(()) }
    }

    /// All of it or nothing, for its owner alone.
    fn write(&self) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let records = self.records.iter().map(|(key, r)| (key.to_string(), json!(hex(r))));
        let records: Map<String, Json> = records.collect();
        let json = json!({"endpoint": self.endpoint, "records": records}).to_string();
        replace(path, &json).map_err(|error| {
            let name = path.display();
            Failure::new(format!("cannot write {name}: {}", reason(&error)))
        })
    }
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = path.to_owned().into_os_string();
    name.push(".new");
    let fresh = PathBuf::from(name);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)
}
