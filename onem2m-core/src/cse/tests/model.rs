//! Random requests to the engine and to a tree as simple as can be: both must agree.

use super::*;
use proptest::prelude::*;
use std::format;
use std::string::String;

const OWNERS: [&str; 2] = ["Ca", "Cb"];
const PATHS: [&str; 7] = ["", "/x", "/y", "/x/x", "/x/y", "/x/x/y", "/y/x"];
const LABELS: [&str; 2] = ["red", "blue"];

#[derive(Clone, Debug)]
enum Op {
    Container { path: usize, labels: usize, mni: Option<u64> },
    Instance { path: usize },
    Update { path: usize, labels: usize, mni: Option<u64> },
    Delete { path: usize, what: usize },
    Get { path: usize, what: usize },
    Discover { path: usize, label: usize },
    Subscribe { path: usize, events: u32 },
    Restart,
}

/// What stands behind a path of which tree, and who asks.
fn op() -> impl Strategy<Value = (usize, usize, Op)> {
    let path = || 0..PATHS.len();
    let op = prop_oneof![
        4 => (path(), 0..4usize, prop::option::of(0..4u64))
            .prop_map(|(path, labels, mni)| Op::Container { path, labels, mni }),
        5 => path().prop_map(|path| Op::Instance { path }),
        2 => (path(), 0..4usize, prop::option::of(0..4u64))
            .prop_map(|(path, labels, mni)| Op::Update { path, labels, mni }),
        2 => (path(), 0..4usize).prop_map(|(path, what)| Op::Delete { path, what }),
        2 => (path(), 0..4usize).prop_map(|(path, what)| Op::Get { path, what }),
        1 => (path(), 0..2usize).prop_map(|(path, label)| Op::Discover { path, label }),
        2 => (path(), 0..32u32).prop_map(|(path, bits)| {
            Op::Subscribe { path, events: bits & 0b11110 }
        }),
        1 => Just(Op::Restart),
    ];
    (0..OWNERS.len(), prop_oneof![9 => Just(0usize), 1 => Just(1usize)], op)
}

#[derive(Debug, Default)]
struct Node {
    labels: usize,
    mni: Option<u64>,
    state_tag: u64,
    /// Names of instances, which are their contents too.
    instances: Vec<String>,
    /// Bits of the event types of its subscription.
    subscription: Option<u32>,
}

#[derive(Default)]
struct Model {
    nodes: BTreeMap<String, Node>,
    /// Event types that subscribers are told of.
    told: Vec<u64>,
    named: usize,
}

fn labels(mask: usize) -> Vec<&'static str> {
    LABELS.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, l)| *l).collect()
}

fn above(path: &str) -> String {
    path.rsplit_once('/').map_or(String::new(), |(front, _)| front.to_string())
}

impl Model {
    fn tell(&mut self, path: &str, event: u32) {
        let wanted = self.nodes.get(path).and_then(|node| node.subscription);
        if wanted.is_some_and(|bits| bits >> event & 1 == 1) {
            self.told.push(u64::from(event));
        }
    }

    fn evict(&mut self, path: &str) {
        while let Some(node) = self.nodes.get_mut(path) {
            if node.mni.is_none_or(|mni| node.instances.len() as u64 <= mni) {
                return;
            }
            node.instances.remove(0);
            self.tell(path, 4);
        }
    }

    fn resources(&self) -> usize {
        let of = |node: &Node| 1 + node.instances.len() + usize::from(node.subscription.is_some());
        1 + self.nodes.values().map(of).sum::<usize>()
    }
}

/// The same on both sides; `asks` is who asks, `tree` whose tree.
fn step(b: &mut Bench, model: &mut Model, asks: &str, tree: &str, op: &Op) {
    let full = |path: usize| format!("cse-in/{tree}{}", PATHS[path]);
    let key = |path: usize| format!("{tree}{}", PATHS[path]);
    let allowed = asks == tree;
    let there = |model: &Model, path: usize| allowed && model.nodes.contains_key(&key(path));
    match op.clone() {
        Op::Container { path: 0, .. } => {}
        Op::Container { path, labels: mask, mni } => {
            let (own, parent) = (key(path), above(&key(path)));
            let name = own.rsplit('/').next().unwrap().to_string();
            let mut cnt = json!({"rn": name, "lbl": labels(mask)});
            if let Some(mni) = mni {
                cnt["mni"] = json!(mni);
            }
            let status = b.create(asks, &format!("cse-in/{parent}"), 3, json!({"m2m:cnt": cnt})).0;
            let taken = model.nodes.contains_key(&own);
            if !(allowed && model.nodes.contains_key(&parent)) {
                assert_eq!(status, 4004);
            } else if taken {
                assert_eq!(status, 4105);
            } else {
                assert_eq!(status, 2001);
                model.nodes.insert(own, Node { labels: mask, mni, ..Node::default() });
                model.tell(&parent, 3);
            }
        }
        Op::Instance { path } => {
            model.named += 1;
            let name = format!("i{}", model.named);
            let pc = json!({"m2m:cin": {"rn": name, "con": name}});
            let (status, content) = b.create(asks, &full(path), 4, pc);
            if !there(model, path) {
                assert_eq!(status, 4004);
            } else if path == 0 {
                assert_eq!(status, 4108, "an AE has no instances");
            } else {
                let node = model.nodes.get_mut(&key(path)).unwrap();
                node.state_tag += 1;
                node.instances.push(name);
                let own = &content["m2m:cin"];
                assert_eq!((status, &own["st"]), (2001, &json!(node.state_tag)), "{content}");
                model.tell(&key(path), 3);
                model.evict(&key(path));
            }
        }
        Op::Update { path: 0, .. } => {}
        Op::Update { path, labels: mask, mni } => {
            let pc = json!({"m2m:cnt": {"lbl": labels(mask), "mni": mni}});
            let status = b.update(asks, &full(path), pc).0;
            if !there(model, path) {
                return assert_eq!(status, 4004);
            }
            assert_eq!(status, 2004);
            let node = model.nodes.get_mut(&key(path)).unwrap();
            (node.labels, node.mni) = (mask, mni);
            node.state_tag += 1;
            model.tell(&key(path), 1);
            model.evict(&key(path));
        }
        Op::Delete { path, what } => {
            let last = ["", "/la", "/ol", "/s"][what];
            if path == 0 && last != "/s" {
                return;
            }
            let status = b.delete(asks, &format!("{}{last}", full(path)));
            let Some(node) = model.nodes.get_mut(&key(path)).filter(|_| allowed) else {
                return assert_eq!(status, 4004);
            };
            let gone = match last {
                "/la" => node.instances.pop().is_some(),
                "/ol" if node.instances.is_empty() => false,
                "/ol" => !node.instances.remove(0).is_empty(),
                "/s" => node.subscription.take().is_some(),
                _ => {
                    assert_eq!(status, 2002);
                    let below = format!("{}/", key(path));
                    let mut gone: Vec<String> =
                        model.nodes.keys().filter(|k| k.starts_with(&below)).cloned().collect();
                    gone.push(key(path));
                    for own in gone {
                        model.tell(&own, 2);
                        model.nodes.remove(&own);
                    }
                    return model.tell(&above(&key(path)), 4);
                }
            };
            assert_eq!(status, if gone { 2002 } else { 4004 });
            if gone {
                model.tell(&key(path), 4);
            }
        }
        Op::Get { path, what } => {
            let last = ["", "/la", "/ol", "/s"][what];
            let (status, content) = b.get(asks, &format!("{}{last}", full(path)));
            let Some(node) = model.nodes.get(&key(path)).filter(|_| allowed) else {
                return assert_eq!(status, 4004);
            };
            let con = &content["m2m:cin"]["con"];
            match last {
                "/la" => assert_eq!(con.as_str(), node.instances.last().map(String::as_str)),
                "/ol" => assert_eq!(con.as_str(), node.instances.first().map(String::as_str)),
                "/s" => assert_eq!(status == 2000, node.subscription.is_some()),
                _ if path == 0 => assert_eq!(status, 2000),
                _ => {
                    let cnt = &content["m2m:cnt"];
                    assert_eq!(cnt["lbl"], json!(labels(node.labels)));
                    assert_eq!(cnt["mni"], json!(node.mni));
                    assert_eq!(
                        (&cnt["cni"], &cnt["st"]),
                        (&json!(node.instances.len()), &json!(node.state_tag))
                    );
                }
            }
        }
        Op::Discover { path, label } => {
            let fc = json!({"fu": 1, "lbl": [LABELS[label]]});
            let asked = json!({"op": 2, "fr": asks, "to": full(path), "fc": fc});
            let (status, content) = b.ask(asked);
            if !there(model, path) {
                return assert_eq!(status, 4004);
            }
            let list = content["m2m:uril"].as_array().unwrap().iter();
            let mut found: Vec<&str> = list.map(|uri| uri.as_str().unwrap()).collect();
            found.sort_unstable();
            let below = format!("{}/", key(path));
            let wanted = model
                .nodes
                .iter()
                .filter(|(own, node)| own.starts_with(&below) && node.labels >> label & 1 == 1);
            let wanted: Vec<String> = wanted.map(|(own, _)| format!("cse-in/{own}")).collect();
            assert_eq!(found, wanted);
        }
        Op::Subscribe { path, events } => {
            let net: Vec<u32> = (1..=4).filter(|n| events >> n & 1 == 1).collect();
            let sub = json!({"rn": "s", "nu": [tree], "enc": {"net": net}});
            let status = b.create(asks, &full(path), 23, json!({"m2m:sub": sub})).0;
            if !there(model, path) {
                return assert_eq!(status, 4004);
            }
            if model.nodes[&key(path)].subscription.is_some() {
                return assert_eq!(status, 4105);
            }
            assert_eq!(status, 2001);
            // Without event types it is updates.
            let events = if net.is_empty() { 1 << 1 } else { events };
            model.nodes.get_mut(&key(path)).unwrap().subscription = Some(events);
        }
        Op::Restart => {
            let before = b.tree();
            b.pass(0);
            let mut again = Bench::new(b.cse.config.clone());
            for (key, value) in &b.kept {
                again.cse.restore(*key, value).unwrap();
            }
            again.cse.finish_restore();
            again.kept.clone_from(&b.kept);
            assert_eq!(again.tree(), before);
            *b = again;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_engine_does_what_a_simple_tree_does(
        ops in prop::collection::vec(op(), 1..80),
        small in any::<bool>(),
    ) {
        let mut config = Config::new();
        if small {
            config.limits.step = 3;
        }
        let mut b = Bench::new(config);
        let mut model = Model::default();
        for id in OWNERS {
            b.reachable(id);
            model.nodes.insert(id.to_string(), Node::default());
        }
        for (owner, stranger, op) in &ops {
            let tree = OWNERS[*owner];
            let asks = OWNERS[(owner + stranger) % 2];
            step(&mut b, &mut model, asks, tree, op);
            let mut told: Vec<u64> = core::iter::from_fn(|| b.next_notification())
                .map(|note| note["m2m:sgn"]["nev"]["net"].as_u64().unwrap())
                .collect();
            told.sort_unstable();
            model.told.sort_unstable();
            prop_assert_eq!(&told, &model.told, "{:?}", op);
            model.told.clear();
            prop_assert_eq!(b.cse.resources() as usize, model.resources(), "{:?}", op);
        }
    }
}
