//! What a user types at the prompt, done.

use super::boot::Probe;
use super::device::Device;
use super::prompt::{self, Command};
use super::station::resource;
use crate::failure::Failure;
use crate::names::{path_name, value_json, value_text};
use crate::output::Report;
use coap_core::ContentFormat;
use lwm2m_core::client::UsageError;
use lwm2m_core::{Level, Path};
use m2m_base::Instant;

impl Device {
    /// Does what the user typed.
    pub(super) fn obey(&mut self, line: &str) -> Result<(), Failure> {
        match Command::parse(line) {
            Ok(None) => {}
            Ok(Some(command)) => {
                if let Err(words) = self.command(command)? {
                    self.complain(&words);
                }
            }
            Err(words) => self.complain(&words),
        }
        Ok(())
    }

    fn complain(&self, words: &str) {
        let report = Report::new("refused", &self.plan.endpoint).says("prompt", "refuses", words);
        self.out.tell(&report.trouble().with("reason", words));
    }

    /// The inner error is for the user, the outer one ends the device.
    fn command(&mut self, command: Command) -> Result<Result<(), String>, Failure> {
        let now = self.driver.now();
        let told = |done: Result<(), UsageError>| done.map_err(|error| error.to_string());
        let servers: Vec<u16> =
            self.links.iter().map(|link| link.server).filter(|id| *id != 0).collect();
        let engine = &mut self.driver.engine;
        Ok(match command {
            Command::Get(path) => self.show(path),
            Command::Set(path, text) => match prompt::value(&text, engine.data_type(path)) {
                Err(words) => Err(words),
                Ok(value) => {
                    let set = told(engine.set(now, path, value.value()));
                    if set.is_ok() {
                        // What the user sets does not move any more.
                        self.moves.retain(|(moving, _)| moving.path != path);
                        let own = |p: &Probe| p.sensor.resource(resource::SENSOR_VALUE) == path;
                        for probe in self.probes.iter_mut().filter(|probe| own(probe)) {
                            probe.due = Instant::FAR;
                        }
                        return Ok(self.show(path));
                    }
                    set
                }
            },
            Command::Send(paths) => {
                let mut sent = Err("it is registered with no server".to_owned());
                for server in servers {
                    let format = ContentFormat::SENML_CBOR;
                    sent = told(engine.send(now, server, format, &paths).map(|_| ()));
                }
                sent
            }
            Command::Update => {
                let mut updated = Err("it is registered with no server".to_owned());
                for server in servers {
                    updated = told(engine.update(now, server));
                }
                updated
            }
            Command::Online(online) => {
                for server in servers {
                    let _ = engine.set_online(now, server, online);
                }
                let (event, verb) =
                    if online { ("online", "is back") } else { ("offline", "is away") };
                let name = &self.plan.endpoint;
                self.out.tell(&Report::new(event, name).says(name, verb, ""));
                Ok(())
            }
            Command::Bootstrap => told(engine.bootstrap(now)),
            Command::Reboot => {
                self.reboots_at = Some(now);
                Ok(())
            }
            Command::Help => {
                self.out.remark(prompt::HELP);
                Ok(())
            }
            Command::Quit => {
                self.quits = true;
                Ok(())
            }
        })
    }

    /// Shows the values at and below a path; without keys.
    fn show(&self, below: Path) -> Result<(), String> {
        let engine = &self.driver.engine;
        let mut found = false;
        for path in engine.paths(below).filter(|path| path.level() != Level::Instance) {
            let Some(value) = engine.get(path) else { continue };
            found = true;
            let secret = matches!(*path.ids(), [0, _, 3..=5 | 8] | [21, _, 0]);
            let text = if secret { "(hidden)".to_owned() } else { value_text(&value) };
            let name = &self.plan.endpoint;
            let report = Report::new("value", name)
                .says(name, "has", format!("{path} {} = {text}", path_name(path)))
                .at(path);
            self.out.tell(&if secret { report } else { report.with("value", value_json(&value)) });
        }
        if found { Ok(()) } else { Err(format!("there is no value at {below}")) }
    }
}
