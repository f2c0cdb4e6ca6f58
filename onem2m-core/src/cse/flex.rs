//! flexContainers (TS-0001 clause 9.6.35, TS-0004 clause 7.4.37): specialisations by definitions
//! that were loaded, and the instances that the CSE makes of their changes.

use super::failure::Failure;
use super::store::{Flags, Node, Slot};
use super::{Cse, notify};
use crate::attribute::FlexDefinition;
use crate::json::{Raw, write_string};
use crate::{ResourceType, ResponseStatusCode as Status};
use alloc::collections::BTreeMap;
use alloc::string::String;

/// Definitions by their names.
#[derive(Debug)]
pub(super) struct Definitions {
    by_member: BTreeMap<String, usize>,
    by_definition: BTreeMap<String, usize>,
}

impl Definitions {
    pub(super) fn new(all: &[FlexDefinition]) -> Definitions {
        let names = all.iter().enumerate();
        Definitions {
            by_member: names.clone().map(|(at, own)| (own.member_name.clone(), at)).collect(),
            by_definition: names.map(|(at, own)| (own.container_definition.clone(), at)).collect(),
        }
    }
}

impl Cse {
    /// The definition of the representation with that name.
    pub(super) fn definition_of_member(&self, member: &str) -> Result<&FlexDefinition, Failure> {
        let at = self.definitions.by_member.get(member);
        at.and_then(|at| self.config.flex_definitions.get(*at)).ok_or(Failure::new(
            Status::SpecializationSchemaNotFound,
            "parameter pc: there is no definition of this flexContainer",
        ))
    }

    /// The definition of a flexContainer, or of the one above an instance.
    pub(super) fn definition(&self, slot: Slot) -> Option<&FlexDefinition> {
        let node = self.store.get(slot)?;
        let cnd = match node.resource_type() {
            ResourceType::FlexContainer | ResourceType::FlexContainerAnnc => node.attribute("cnd"),
            _ => None,
        };
        let at = self.definitions.by_definition.get(&*cnd?.as_text()?)?;
        self.config.flex_definitions.get(*at)
    }

    /// That attribute `cnd` is that of the definition.
    pub(super) fn definition_fits(
        &self,
        member: &str,
        representation: Raw<'_>,
    ) -> Result<(), Failure> {
        let definition = self.definition_of_member(member)?;
        let cnd = representation.member("cnd");
        if cnd.is_some_and(|cnd| cnd.is_text(&definition.container_definition)) {
            return Ok(());
        }
        use crate::attribute::{AttributeFault, Fault};
        Err(AttributeFault::new(Fault::Conflict, "cnd").into())
    }

    /// Bytes of the attributes that the definition adds.
    fn custom_size(&self, slot: Slot) -> u32 {
        let Some(definition) = self.definition(slot) else { return 0 };
        let node = self.store.get(slot);
        let all = node.into_iter().flat_map(Node::attributes);
        let custom = all.filter(|(name, _)| definition.attribute(name).is_some());
        let size = custom.map(|(_, value)| value.text_len()).sum::<usize>();
        u32::try_from(size).unwrap_or(u32::MAX)
    }

    /// A flexContainer was created or changed: its size, and an instance of it if it keeps them.
    /// `given` is what the request changes.
    pub(super) fn flex_changed(&mut self, slot: Slot, given: Raw<'_>, originator: &str) {
        let Some(node) = self.store.get(slot) else { return };
        if node.resource_type() != ResourceType::FlexContainer {
            return;
        }
        let size = self.custom_size(slot);
        if let Some(node) = self.store.get_mut(slot) {
            node.size = size;
        }
        let Some(node) = self.store.get(slot) else { return };
        let Some(definition) = self.definition(slot) else { return };
        let keeps = node.attribute("fcied").and_then(Raw::as_bool) == Some(true);
        let matters = |name: &str| name == "fcied" || definition.attribute(name).is_some();
        if !keeps || !given.members().any(|(name, _)| matters(name)) {
            return;
        }
        let mut text = String::from("\"org\":");
        write_string(&mut text, originator);
        for (name, value) in node.attributes() {
            if name == "lbl" || definition.attribute(name).is_some() {
                super::create::put(&mut text, name, value.as_str());
            }
        }
        if self.has_room(slot, ResourceType::FlexContainerInstance).is_err() {
            return;
        }
        let wall = self.wall();
        let number = self.take_number();
        let mut instance = Node::new(ResourceType::FlexContainerInstance, number, text.into());
        (instance.created, instance.modified) = (wall, wall);
        (instance.size, instance.flags) = (size, Flags::default());
        let Some(child) = self.store.insert(slot, instance) else { return };
        self.keep(child);
        self.child_event(notify::CREATE_CHILD, slot, child, originator);
        self.instance_came(slot, child);
    }
}
