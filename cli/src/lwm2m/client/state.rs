//! What a device keeps over a restart: its accounts and access rights, as SenML.

use crate::failure::{Failure, reason};
use coap_core::ContentFormat;
use lwm2m_core::client::Client;
use lwm2m_core::format::{self, Item};
use lwm2m_core::{Level, Path};
use m2m_base::Instant;
use serde_json::{Map, Value as Json, json};
use std::io::Write;
use std::path::PathBuf;

/// The objects that are kept.
pub(super) const OBJECTS: [u16; 3] = [0, 1, 2];

/// A file of what was kept.
#[derive(Clone, Debug)]
pub(crate) struct State {
    path: PathBuf,
    endpoint: String,
    /// SenML of each object; nothing if the file was not there.
    objects: Map<String, Json>,
}

impl State {
    /// Reads a file, if it is there.
    pub(super) fn open(path: &std::path::Path, endpoint: &str) -> Result<State, Failure> {
        let name = path.display();
        let mut state =
            State { path: path.to_owned(), endpoint: endpoint.to_owned(), objects: Map::new() };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(state),
            Err(error) => return Err(Failure::io(format_args!("cannot read {name}"), &error)),
        };
        let damaged = || Failure::new(format!("cannot use {name}: it is damaged"));
        let json: Json = serde_json::from_str(&text).map_err(|_| damaged())?;
        let of = json.get("endpoint").and_then(Json::as_str).ok_or_else(damaged)?;
        if of != endpoint {
            return Err(Failure::new(format!("cannot use {name}: it is that of {of:?}")));
        }
        state.objects = json.get("objects").and_then(Json::as_object).ok_or_else(damaged)?.clone();
        Ok(state)
    }

    /// True if there is something to begin with.
    pub(super) fn is_known(&self) -> bool {
        self.objects.contains_key("0")
    }

    /// Gives a client what was kept.
    pub(super) fn restore(&self, client: &mut Client, now: Instant) -> Result<(), Failure> {
        for object in OBJECTS {
            let Some(records) = self.objects.get(&object.to_string()) else { continue };
            let payload = records.to_string();
            let path = Path::object(object);
            client.provision(now, path, ContentFormat::SENML_JSON, payload.as_bytes()).map_err(
                |error| {
                    let name = self.path.display();
                    Failure::new(format!("cannot use {name}: object {object}: {error}"))
                },
            )?;
        }
        Ok(())
    }

    /// Keeps what a client has now.
    pub(super) fn keep(&mut self, client: &Client) -> Result<(), Failure> {
        let mut objects = Map::new();
        for object in OBJECTS {
            let below = Path::object(object);
            let values = client.paths(below).filter(|p| p.level() != Level::Instance);
            let items: Vec<Item<'_>> =
                values.filter_map(|p| Some(Item::value(p, client.get(p)?))).collect();
            let mut text = Vec::new();
            let written = !items.is_empty()
                && format::write(ContentFormat::SENML_JSON, below, items, &mut text).is_ok();
            if let (true, Ok(records)) = (written, serde_json::from_slice(&text)) {
                objects.insert(object.to_string(), records);
            }
        }
        if objects == self.objects {
            return Ok(());
        }
        let json = json!({"endpoint": self.endpoint, "objects": objects});
        self.write(&json.to_string()).map_err(|error| {
            let name = self.path.display();
            Failure::new(format!("cannot write {name}: {}", reason(&error)))
        })?;
        self.objects = objects;
        Ok(())
    }

    /// All of it or nothing, for its owner alone.
    fn write(&self, text: &str) -> std::io::Result<()> {
        let mut name = self.path.clone().into_os_string();
        name.push(".new");
        let fresh = PathBuf::from(name);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&fresh, &self.path)
    }
}
