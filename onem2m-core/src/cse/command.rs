//! Management commands (TS-0001 clauses 9.6.16 and 9.6.17, TS-0004 clauses 7.4.17 and 7.4.18): an
//! update with `exe` makes an execInstance, which whoever carries commands out is told of by a
//! subscription.

use super::create::put;
use super::failure::Failure;
use super::group::Overrides;
use super::store::{Node, Slot};
use super::{Caller, Cse, notify};
use crate::json::Raw;
use crate::{ResourceType, ResponseStatusCode as Status};
use alloc::string::String;

/// Values of execStatusType: nobody has begun with it, somebody has, it is done, it is to be taken
/// back, it was, it cannot be.
const INITIATED: u64 = 1;
const PENDING: u64 = 2;
const FINISHED: u64 = 3;
const CANCELLING: u64 = 4;
const CANCELLED: u64 = 5;
const NON_CANCELLABLE: u64 = 6;

/// What an execInstance takes from its command.
const COPIED: [&str; 6] = ["ext", "exm", "exf", "exy", "exn", "exra"];

/// Whether an update of a command starts it.
pub(super) fn starts(given: Raw<'_>) -> bool {
    given.member("exe").and_then(Raw::as_bool) == Some(true)
}

/// Whether who carries a command out may report that its status goes from one to another.
const fn may_follow(old: u64, new: u64) -> bool {
    match old {
        INITIATED => matches!(new, PENDING | FINISHED | NON_CANCELLABLE),
        PENDING => matches!(new, FINISHED | NON_CANCELLABLE),
        CANCELLING => matches!(new, FINISHED | CANCELLED | NON_CANCELLABLE),
        NON_CANCELLABLE => new == FINISHED,
        _ => false,
    }
}

fn is_over(status: u64) -> bool {
    matches!(status, FINISHED | CANCELLED)
}

fn over() -> Failure {
    Failure::new(Status::AlreadyComplete, "the command is not pending any more")
}

/// What follows from an update of an execInstance with `exd`: it is taken back. If nobody has begun
/// with it that is done; else who carries it out has to report how it ends.
fn cancelled(status: u64) -> Result<Overrides, Failure> {
    let status = match status {
        INITIATED => CANCELLED,
        PENDING | CANCELLING => CANCELLING,
        NON_CANCELLABLE => {
            let text = "the command cannot be taken back";
            return Err(Failure::new(Status::MgmtCommandNotCancellable, text));
        }
        _ => return Err(over()),
    };
    let mut text = String::new();
    crate::json::write_u64(&mut text, status);
    Ok([("exs", text)].into())
}

/// That an execInstance may be deleted.
pub(super) fn may_be_deleted(node: &Node) -> Result<(), Failure> {
    let status = node.attribute("exs").and_then(Raw::as_u64);
    if node.resource_type() == ResourceType::ExecInstance && status == Some(NON_CANCELLABLE) {
        let text = "the command is under way and cannot be taken back";
        return Err(Failure::new(Status::MgmtCommandNotCancellable, text));
    }
    Ok(())
}

impl Cse {
    /// What follows from an update of an execInstance: `exd` takes it back; `exs` and `exr` are
    /// how it goes, reported by who carries it out.
    pub(super) fn exec_changed(
        &self,
        caller: &Caller<'_>,
        node: &Node,
        given: Raw<'_>,
    ) -> Result<Overrides, Failure> {
        let status = node.attribute("exs").and_then(Raw::as_u64).unwrap_or(INITIATED);
        let disables = given.member("exd").and_then(Raw::as_bool) == Some(true);
        let reported = given.member("exs").map(|new| new.as_u64().unwrap_or(0));
        let result = given.member("exr");
        if reported.is_none() && result.is_none() {
            return if disables { cancelled(status) } else { Ok(Overrides::new()) };
        }
        if !self.carries_out(caller, node) {
            let text = "only who carries the command out may report on it";
            return Err(Failure::new(Status::OriginatorHasNoPrivilege, text));
        }
        if disables {
            return Err(Failure::bad("attribute exd: not together with a report"));
        }
        if is_over(status) {
            return Err(over());
        }
        let new = reported.unwrap_or(status);
        if new != status && !may_follow(status, new) {
            return Err(Failure::bad("attribute exs: does not follow from what it was"));
        }
        if result.is_some_and(|result| !result.is_null()) && !is_over(new) {
            return Err(Failure::bad("attribute exr: the command has no result yet"));
        }
        Ok(Overrides::new())
    }

    /// Whether an update is a report of who carries a command out, for which its policies need not
    /// allow anything.
    pub(super) fn may_report(&self, caller: &Caller<'_>, slot: Slot, given: Raw<'_>) -> bool {
        let node = self.store.get(slot);
        let node = node.filter(|node| node.resource_type() == ResourceType::ExecInstance);
        node.is_some_and(|node| {
            given.members().all(|(name, _)| matches!(name, "exs" | "exr"))
                && self.carries_out(caller, node)
        })
    }

    /// Whether the originator carries out a command: who made the mgmtCmd, the entity that it is
    /// for, one that runs on the node that it is for, or the administrator.
    fn carries_out(&self, caller: &Caller<'_>, instance: &Node) -> bool {
        let originator = caller.originator;
        let command = self.store.get(instance.parent);
        let owner = command.map_or("", |command| self.store.owners.text(command.owner));
        if originator == self.config.admin || originator == owner {
            return true;
        }
        let Some(target) = instance.attribute("ext").and_then(Raw::as_text) else { return false };
        if self.is_entity(&target, originator) {
            return true;
        }
        let entity = self.store.by_id(super::entity_id(originator));
        let entity = entity.and_then(|slot| self.store.get(slot));
        let link = entity.and_then(|entity| entity.attribute("nl")).and_then(Raw::as_text);
        let Some(place) = link.and_then(|link| self.local(&link)) else { return false };
        let identifier = self.store.get(place).and_then(|node| node.attribute("ni"));
        self.local(&target) == Some(place) || identifier.is_some_and(|ni| ni.is_text(&target))
    }

    /// A command was changed: it starts if the change says so.
    pub(super) fn command_changed(&mut self, caller: &Caller<'_>, slot: Slot, given: Raw<'_>) {
        if !starts(given) {
            return;
        }
        let Some(command) = self.store.get(slot) else { return };
        let (expires, owner) = (command.expires, caller.originator);
        let mut text = String::from("\"exs\":");
        crate::json::write_u64(&mut text, INITIATED);
        for (name, value) in command.attributes().filter(|(name, _)| COPIED.contains(name)) {
            put(&mut text, name, value.as_str());
        }
        if let Some(policies) = command.attribute("acpi") {
            put(&mut text, "acpi", policies.as_str());
        }
        let number = self.take_number();
        let mut node = Node::new(ResourceType::ExecInstance, number, text.into());
        (node.created, node.modified, node.expires) = (caller.wall, caller.wall, expires);
        node.owner = self.store.owners.take(owner);
        let Some(instance) = self.store.insert(slot, node) else { return };
        self.store.set_deadline(instance, expires);
        self.equip(instance);
        self.keep(instance);
        self.child_event(notify::CREATE_CHILD, slot, instance, owner);
    }
}
