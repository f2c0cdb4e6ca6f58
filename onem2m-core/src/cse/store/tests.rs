use super::*;
use proptest::prelude::*;
use std::format;
use std::vec::Vec;

/// Number, number of the parent, chosen name, label, whether it is an instance.
type Entry = (u64, u64, Option<String>, Option<u8>, bool);

#[test]
fn identifiers_are_short_and_lead_back() {
    for (number, id) in [(0, "r0"), (1, "r1"), (31, "rx"), (32, "r10"), (1_000_000, "rwgi0")] {
        let mut text = String::new();
        write_number_id(number, &mut text);
        assert_eq!(text, id);
        assert_eq!(number_of(id), Some(number));
    }
    for no in ["", "r", "r01", "rl", "rA", "x1", "r00000000000000"] {
        assert_eq!(number_of(no), None, "{no}");
    }
}

proptest! {
    #[test]
    fn identifiers_round_trip(number: u64) {
        let mut text = String::new();
        write_number_id(number, &mut text);
        prop_assert_eq!(number_of(&text), Some(number));
    }

    /// Random trees: what was inserted is found in every way until it is deleted, nothing else is.
    #[test]
    fn finds_what_is_there(ops in proptest::collection::vec((0u8..4, 0usize..30, 0u8..5), 1..80)) {
        let mut store = Store::new(7);
        let mut node = Node::new(ResourceType::CseBase, 1, "\"rn\":\"base\"".into());
        node.flags = Flags::NAMED;
        let base = store.insert(NONE, node).unwrap();
        let mut model: Vec<Entry> =
            std::vec![(1, 0, Some("base".into()), None, false)];
        for (what, which, name) in ops {
            let parent = model[which % model.len()].0;
            let parent_slot = store.attached(parent).unwrap();
            let instance = what == 1;
            if what < 2 && !model.iter().any(|m| m.0 == parent && m.4) {
                let number = store.next_number();
                let chosen = (name < 3).then(|| format!("n{number}"));
                let label = (name % 2 == 0).then_some(name);
                let mut text = chosen.as_ref().map_or(String::new(), |n| format!("\"rn\":\"{n}\""));
                if let Some(label) = label {
                    if !text.is_empty() { text.push(','); }
                    text.push_str(&format!("\"lbl\":[\"l{label}\",\"l{label}\"]"));
                }
                let ty = if instance { ResourceType::ContentInstance } else { ResourceType::Container };
                let mut node = Node::new(ty, number, text.into());
                if chosen.is_some() { node.flags = Flags::NAMED; }
                store.insert(parent_slot, node).unwrap();
                model.push((number, parent, chosen, label, instance));
            } else if what >= 2 && parent != 1 {
                store.detach(parent_slot);
                let mut gone = std::vec![parent];
                while let Some(m) = model.iter().find(|m| gone.contains(&m.1) && !gone.contains(&m.0)) {
                    gone.push(m.0);
                }
                model.retain(|m| !gone.contains(&m.0));
                for number in &gone { prop_assert_eq!(store.attached(*number), None); }
                if what == 3 {
                    loop {
                        let leaf = store.leaf(parent_slot);
                        store.free(leaf);
                        if leaf == parent_slot { break; }
                    }
                    for number in &gone { prop_assert_eq!(store.by_number(*number), None); }
                }
            }
            for (number, parent, chosen, _, instance) in &model {
                let slot = store.attached(*number).unwrap();
                let id = store.id(slot);
                prop_assert_eq!(store.by_id(&id), Some(slot));
                let name = chosen.clone().unwrap_or(id);
                prop_assert_eq!(&store.name(slot), &name);
                if let Some(parent) = store.attached(*parent) {
                    prop_assert_eq!(store.child(parent, &name), Some(slot));
                    prop_assert!(store.is_below(slot, base));
                }
                let branch = store.branch(slot);
                prop_assert_eq!(branch.is_none(), *instance);
                if let Some(branch) = branch {
                    for (list, instances) in [(branch.children, false), (branch.instances, true)] {
                        let mut found = Vec::new();
                        let mut at = list.first;
                        while let Some(node) = store.get(at) {
                            found.push(node.number);
                            at = node.next;
                        }
                        let wanted: Vec<u64> = model.iter()
                            .filter(|m| m.1 == *number && m.4 == instances).map(|m| m.0).collect();
                        prop_assert_eq!(found, wanted);
                    }
                }
            }
            for label in 0..5u8 {
                let text = format!("l{label}");
                let (mut found, mut after) = (Vec::new(), 0);
                while let Some((number, slot)) = store.next_labelled(&text, after) {
                    if store.is_attached(slot) { found.push(number); }
                    after = number;
                }
                let wanted: Vec<u64> =
                    model.iter().filter(|m| m.3 == Some(label)).map(|m| m.0).collect();
                prop_assert_eq!(found, wanted);
            }
        }
    }
}
