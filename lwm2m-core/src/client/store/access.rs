//! Access control between servers (Core 8.2; object 2): what each may do with an object instance.

use super::{Kind, Store};
use crate::{Level, Path, Value, object};

/// An access right: one bit of an instance of the ACL resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Right {
    /// Read, Observe, Write-Attributes.
    Read = 1,
    Write = 2,
    Execute = 4,
    Delete = 8,
    /// Of an object rather than of an instance.
    Create = 16,
}

/// Resources of object 2.
const OBJECT: u16 = 0;
const INSTANCE: u16 = 1;
const ACL: u16 = 2;
const OWNER: u16 = 3;

/// Values and instances that an Access Control Object Instance without ACL takes.
pub(crate) const SLOTS: usize = 4;

const ALL: u64 = 31;

impl Store {
    /// The client has object 2: with more than one server, what it says holds.
    pub(crate) fn controls_access(&self) -> bool {
        self.object(object::ACCESS_CONTROL.id).is_some()
    }

    /// The instance of object 2 that speaks of an object instance, or with
    /// [`Path::UNASSIGNED`] of the creation of instances.
    fn control_of(&self, target: Path) -> Option<Path> {
        let (o, i) = (target.object_id()?, target.instance_id()?);
        let mut all = self.paths(Path::object(object::ACCESS_CONTROL.id));
        all.find(|path| {
            let is = |id, n: u16| self.unsigned(path.with_resource(id)) == Some(n.into());
            path.level() == Level::Instance && is(OBJECT, o) && is(INSTANCE, i)
        })
    }

    fn owns(&self, control: Path, ssid: u16) -> bool {
        self.unsigned(control.with_resource(OWNER)) == Some(ssid.into())
    }

    /// The server may do this with the object instance that `target` is or lies in; to create, with
    /// its object. Nobody has rights on an instance of which object 2 says nothing.
    pub(crate) fn grants(&self, ssid: u16, target: Path, right: Right) -> bool {
        let instance = match right {
            Right::Create => Path::instance(target.object_id().unwrap_or(0), Path::UNASSIGNED),
            _ => target.truncate(Level::Instance),
        };
        if instance.object_id() == Some(object::ACCESS_CONTROL.id) {
            // Everybody may see who has which rights; the owner manages them.
            let owns = self.owns(instance, ssid);
            return match right {
                Right::Read => true,
                Right::Write | Right::Delete => owns,
                Right::Execute | Right::Create => false,
            };
        }
        if self.is_behind(instance) {
            // Access control is the gateway's own.
            return true;
        }
        let Some(control) = self.control_of(instance) else { return false };
        let of = |who| self.unsigned(control.with_resource(ACL).child(who)?);
        let rights = match of(ssid) {
            Some(rights) => rights,
            None if self.owns(control, ssid) => ALL,
            None => of(0).unwrap_or(0),
        };
        // Nobody creates instances of an instance, nor does anything else with an object.
        rights & right as u64 != 0
    }

    /// True if the server may read one of the object's instances, or there is none.
    pub(crate) fn grants_some(&self, ssid: u16, object: Path) -> bool {
        let mut instances = self.paths(object).filter(|path| path.level() == Level::Instance);
        let mut any = false;
        let found = instances.any(|path| {
            any = true;
            self.grants(ssid, path, Right::Read)
        });
        found || !any
    }

    /// Makes the instance of object 2 for an object instance that a server created: it owns it.
    /// There has to be room for [`SLOTS`].
    pub(crate) fn add_owner(&mut self, instance: Path, ssid: u16) -> Option<()> {
        if self.is_behind(instance) {
            return Some(());
        }
        self.forget_control(instance);
        let definition = self.object(object::ACCESS_CONTROL.id)?;
        let control = Path::instance(
            definition.id,
            self.free_instance(Path::object(definition.id), definition).ok()?,
        );
        self.values.insert(control, Kind::Instance)?;
        let (o, i) = (instance.object_id()?, instance.instance_id()?);
        for (id, number) in [(OBJECT, o), (INSTANCE, i), (OWNER, ssid)] {
            let index = self.values.insert(control.with_resource(id), Kind::Vacant)?;
            let _ = self.values.store(index, &Value::Integer(number.into()));
        }
        Some(())
    }

    /// A server has no account any more (Core 8.2, un-bootstrapping): it has no rights, and what it
    /// owned is owned by the one among the others that may do most of Write and Delete, the first of
    /// them; if no other is named, by nobody but the bootstrap server.
    pub(crate) fn forget_rights(&mut self, ssid: u16) {
        let all = Path::object(object::ACCESS_CONTROL.id);
        let mut after = all;
        while let Some(path) = self.next_path(all, after) {
            after = path;
            if path.level() != Level::Instance {
                continue;
            }
            let acl = path.with_resource(ACL);
            if let Some(own) = acl.child(ssid) {
                self.values.remove(own);
            }
            if !self.owns(path, ssid) {
                continue;
            }
            let heir = self.heir(acl).unwrap_or(Path::UNASSIGNED);
            if let Some((index, _)) = self.values.find(path.with_resource(OWNER)) {
                let _ = self.values.store(index, &Value::Integer(heir.into()));
            }
        }
    }

    /// The server that an ACL names with most of Write and Delete.
    fn heir(&self, acl: Path) -> Option<u16> {
        let mut heir = None;
        for path in self.paths(acl) {
            let Some(ssid) = path.resource_instance_id().filter(|ssid| *ssid != 0) else {
                continue;
            };
            let both = Right::Write as u64 | Right::Delete as u64;
            let rights = self.unsigned(path).unwrap_or(0) & both;
            if heir.is_none_or(|(most, _)| rights > most) {
                heir = Some((rights, ssid));
            }
        }
        heir.map(|(_, ssid)| ssid)
    }

    /// The object instance is no more, and so is what object 2 says of it.
    pub(crate) fn forget_control(&mut self, instance: Path) {
        if instance.level() == Level::Instance
            && let Some(control) = self.control_of(instance)
        {
            self.values.remove(control);
        }
    }
}
