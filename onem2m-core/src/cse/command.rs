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

/// execStatusType: nobody has begun with it.
const INITIATED: u64 = 1;
/// execStatusType: it was taken back.
const CANCELLED: u64 = 5;

/// What an execInstance takes from its command.
const COPIED: [&str; 6] = ["ext", "exm", "exf", "exy", "exn", "exra"];

/// Whether an update of a command starts it.
pub(super) fn starts(given: Raw<'_>) -> bool {
    given.member("exe").and_then(Raw::as_bool) == Some(true)
}

/// What follows from an update of an execInstance: with `exd` it is taken back, once.
pub(super) fn cancelled(node: &Node, given: Raw<'_>) -> Result<Overrides, Failure> {
    if given.member("exd").and_then(Raw::as_bool) != Some(true) {
        return Ok(Overrides::new());
    }
    match node.attribute("exs").and_then(Raw::as_u64) {
        Some(INITIATED) => {
            let mut status = String::new();
            crate::json::write_u64(&mut status, CANCELLED);
            Ok([("exs", status)].into())
        }
        _ => Err(Failure::new(Status::AlreadyComplete, "the command is not pending any more")),
    }
}

impl Cse {
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
