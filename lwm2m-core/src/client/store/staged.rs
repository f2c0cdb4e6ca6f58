//! What a bootstrap server does to the data (Core 1.1, 6.1.7), and how it is undone.
//!
//! Nothing of it is final before the bootstrap is: an instance is kept as it was when it is first
//! written or deleted, in the same table, behind what is there. So a bootstrap costs room for the
//! instances that it writes twice over, and nothing while there is none.

use coap_core::Code;

use super::{Kind, Resource, Store};
use crate::{Level, Path, Value, object};

/// Objects that say how to reach servers and what those may do: a bootstrap server replaces what
/// they hold as a whole. Of other objects the client's own values stay.
const ABOUT_SERVERS: [u16; 6] = [
    object::SECURITY.id,
    object::SERVER.id,
    object::ACCESS_CONTROL.id,
    object::OSCORE.id,
    object::COSE.id,
    object::MQTT_SERVER.id,
];

impl Store {
    /// Until [`Store::commit_staged`] or [`Store::undo_staged`], deeds are not told.
    pub(crate) fn begin_staging(&mut self) {
        self.staging = true;
    }

    /// What was done since [`Store::begin_staging`] holds.
    pub(crate) fn commit_staged(&mut self, server: u8) {
        self.values.forget_kept(server);
        (self.staging, self.untold) = (false, Some(Path::ROOT));
    }

    /// What was done since [`Store::begin_staging`] never was.
    pub(crate) fn undo_staged(&mut self) {
        self.values.restore_kept();
        self.staging = false;
    }

    /// The instance of object 0 that is the bootstrap server's.
    pub(crate) fn bootstrap_server(&self) -> Option<u16> {
        self.next_with(object::SECURITY.id, 1, 1, None)
    }

    /// A bootstrap server may write here; the payload may say otherwise.
    pub(crate) fn check_bootstrap_target(&self, target: Path) -> Result<(), Code> {
        let known = match target.level() {
            Level::Root => true,
            Level::Object | Level::Instance => {
                target.object_id().is_some_and(|id| self.object(id).is_some())
            }
            _ => self.resource(target).is_some_and(|row| {
                !row.operations().execute()
                    && (row.is_multiple() || target.level() != Level::ResourceInstance)
            }),
        };
        if known { Ok(()) } else { Err(Code::BAD_REQUEST) }
    }

    /// Whether a value in the payload of a bootstrap server is to be written.
    pub(super) fn bootstrapped(row: Resource, value: &Value<'_>) -> Result<bool, Code> {
        // Links may lead to what is written later.
        if row.range.admits(value) {
            Ok(true)
        } else if value.len() == Some(0) && !row.is_mandatory() {
            // Servers send what they have nothing to say about as empty.
            Ok(false)
        } else {
            Err(Code::BAD_REQUEST)
        }
    }

    /// Whether what a bootstrap server does not name of an instance that it writes goes.
    pub(super) fn bootstrap_clears(path: Path, row: Resource) -> bool {
        let operations = row.operations();
        let own = operations.read() && !operations.write();
        let about_servers = path.object_id().is_some_and(|id| ABOUT_SERVERS.contains(&id));
        let array = path.level() == Level::Resource && row.is_multiple() && row.is_mandatory();
        !operations.execute() && (about_servers || !own) && !array
    }

    /// Bootstrap-Delete (Core 1.1, 6.1.7.5). What is deleted is told at the end of the bootstrap.
    pub(crate) fn bootstrap_delete(&mut self, target: Path) -> Result<(), Code> {
        let known = target.level() <= Level::Instance
            && target.object_id() != Some(object::DEVICE.id)
            && self.contains(target)
            && !(target.level() == Level::Instance && self.is_protected(target));
        if !known {
            return Err(Code::BAD_REQUEST);
        }
        let mut at = self.values.first(target);
        while let Some(slot) =
            self.values.slots().get(at).filter(|slot| { slot.path }.starts_with(target))
        {
            let path = slot.path;
            if slot.kind != Kind::Instance || self.is_protected(path) {
                at = at.saturating_add(1);
            } else if slot.is_staged() {
                self.values.remove(path);
            } else {
                self.values.keep_away(path);
            }
        }
        Ok(())
    }

    /// Part of the bootstrap server's account, or the Device: never deleted.
    fn is_protected(&self, instance: Path) -> bool {
        if instance.object_id() == Some(object::DEVICE.id) {
            return true;
        }
        let Some(security) = self.bootstrap_server() else { return false };
        instance == Path::instance(object::SECURITY.id, security)
            || self
                .links_of(Path::instance(object::SECURITY.id, security))
                .any(|path| path == instance)
    }

    /// What an instance of object 0 leads to: its OSCORE, MQTT and COSE parts.
    pub(crate) fn links_of(&self, security: Path) -> impl Iterator<Item = Path> {
        self.paths(security).filter_map(|path| match self.get(path) {
            Some(Value::ObjectLink(link)) => Some(Path::instance(link.object, link.instance)),
            _ => None,
        })
    }

    /// The accounts make sense (Core 1.1, 6.1.7.6): at least one server, at most `most`; each with
    /// an instance of object 0 that has an address and one of object 1, one to one; at most one
    /// bootstrap server; no link that leads nowhere.
    pub(crate) fn is_consistent(&self, most: u8) -> bool {
        let (mut servers, mut bootstrap) = (0u8, 0u8);
        for (path, kind) in self.nodes(Path::object(object::SECURITY.id)) {
            if matches!(self.get(path), Some(Value::ObjectLink(link)) if !self.link_exists(link)) {
                return false;
            }
            if kind != Kind::Instance {
                continue;
            }
            if self.text(path.with_resource(0)).is_empty() {
                return false;
            }
            if self.boolean(path.with_resource(1)) == Some(true) {
                bootstrap = bootstrap.saturating_add(1);
                continue;
            }
            servers = servers.saturating_add(1);
            let ssid = self.unsigned(path.with_resource(10));
            let Some(ssid) = ssid.and_then(|ssid| u16::try_from(ssid).ok()) else { return false };
            // The first is the only one if it is so for all of them.
            if self.security_of(ssid) != path.instance_id() || self.server_of(ssid).is_none() {
                return false;
            }
        }
        let others = self.nodes(Path::object(object::SERVER.id));
        let others = others.filter(|(_, kind)| *kind == Kind::Instance).count();
        bootstrap <= 1 && (1..=most).contains(&servers) && others == usize::from(servers)
    }
}
