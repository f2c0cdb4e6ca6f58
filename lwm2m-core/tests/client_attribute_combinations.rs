//! Every combination of notification attributes at every level, against a second reading of the rules
//! (Core 1.2, 5.1.2 and 6.4): a model that looks once a second and knows nothing of timers.
#![cfg(all(feature = "client-all", feature = "formats"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

mod client_common;

use client_common::*;
use coap_core::{Code, ContentFormat, MessageType};
use lwm2m_core::{Value, Version};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What is observed: the paths that attributes are attached to, each below the one before, the last with a
/// number; and what else there is below all but the last of them.
struct World {
    levels: &'static [&'static str],
    number: fn(halves: i32) -> Value<'static>,
    beside: &'static str,
    besides: fn(which: usize) -> Value<'static>,
    /// As SenML JSON has them.
    written: [&'static str; 2],
}

/// Object, object instance, resource.
const SENSOR: World = World {
    levels: &["/3303", "/3303/0", "/3303/0/5700"],
    number: |value| Value::Float(halves(value)),
    beside: "/3303/0/5701",
    besides: |which| Value::string(["Cel", "K"][which]),
    written: ["\"vs\":\"Cel\"", "\"vs\":\"K\""],
};

/// Down to the instance of a resource.
const VOLTAGES: World = World {
    levels: &["/3", "/3/0", "/3/0/7", "/3/0/7/0"],
    number: |value| Value::Integer((value / 2).into()),
    beside: "/3/0/7/1",
    besides: |which| Value::Integer([3300, 5000][which]),
    written: ["\"v\":3300", "\"v\":5000"],
};

impl World {
    fn leaf(&self) -> usize {
        self.levels.len() - 1
    }

    fn set_number(&self, b: &mut Bench, (value, _): (i32, usize)) {
        b.set(self.levels[self.leaf()], (self.number)(value));
    }

    fn set_beside(&self, b: &mut Bench, (_, which): (i32, usize)) {
        b.set(self.beside, (self.besides)(which));
    }
}

/// What one query says: an attribute gets a value, in halves, or loses it.
type Said = (&'static str, Option<i32>);
type Attributes = BTreeMap<&'static str, i32>;

fn halves(number: i32) -> f64 {
    f64::from(number) / 2.0
}

fn query(said: &[Said]) -> String {
    let of = |(name, value): &Said| match value {
        Some(value) => format!("{name}={}", halves(*value)),
        None => (*name).to_owned(),
    };
    said.iter().map(of).collect::<Vec<_>>().join("&")
}

/// What is attached to a path after a write, or `None` if it is refused: then it is what it was.
fn attach(before: &Attributes, said: &[Said], level: usize) -> Option<Attributes> {
    let mut after = before.clone();
    for (name, value) in said {
        match value {
            Some(value) => after.insert(name, *value),
            None => after.remove(name),
        };
    }
    let numeric = ["gt", "lt", "st"].iter().any(|name| after.contains_key(name));
    let apart = match (after.get("lt"), after.get("gt")) {
        (Some(lt), Some(gt)) => lt + 2 * after.get("st").unwrap_or(&0) < *gt,
        _ => true,
    };
    let evaluation = match (after.get("epmin"), after.get("epmax")) {
        (Some(least), Some(most)) => least < most,
        _ => true,
    };
    // A number has no edge.
    let fits = !after.contains_key("edge") && (!numeric || level >= 2);
    (apart && evaluation && fits).then_some(after)
}

/// A value became another, and that counts.
fn counts(rules: &Attributes, sent: i32, new: i32) -> bool {
    let conditions = ["gt", "lt", "st"].map(|name| rules.get(name).copied());
    if conditions == [None; 3] {
        return new != sent;
    }
    let [gt, lt, st] = conditions;
    let crossed = |limit: Option<i32>| {
        limit.is_some_and(|t| (sent <= t && new > t) || (sent >= t && new < t))
    };
    crossed(gt) || crossed(lt) || st.is_some_and(|st| (new - sent).abs() >= st) && new != sent
}

/// What one observation has come to.
struct Model {
    /// The number alone is observed.
    alone: bool,
    rules: Attributes,
    confirmed: bool,
    /// The number in halves, and what is beside it.
    state: (i32, usize),
    sent: (i32, usize),
    sent_at: i32,
    looked_at: i32,
    touched: bool,
    waits: bool,
}

impl Model {
    fn seconds(&self, name: &str) -> Option<i32> {
        self.rules.get(name).map(|halves| halves / 2)
    }

    /// What of the state the server sees.
    fn seen(&self, (value, units): (i32, usize)) -> (i32, usize) {
        (value, if self.alone { 0 } else { units })
    }

    fn set(&mut self, state: (i32, usize)) {
        self.touched |= self.seen(state) != self.seen(self.state);
        self.state = state;
    }

    /// The server is told this now, if anything.
    fn told(&mut self, now: i32) -> Option<(i32, usize)> {
        if self.touched && now >= self.looked_at + self.seconds("epmin").unwrap_or(0) {
            (self.touched, self.looked_at) = (false, now);
            self.waits |= !self.alone || counts(&self.rules, self.sent.0, self.state.0);
        }
        let pmin = self.seconds("pmin").unwrap_or(0);
        let pmax = self.seconds("pmax").filter(|pmax| *pmax > 0 && *pmax >= pmin);
        let over = pmax.is_some_and(|pmax| now >= self.sent_at + pmax);
        let due = self.waits && now >= self.sent_at + pmin;
        if !over && !due {
            return None;
        }
        self.waits = false;
        if !over && self.seen(self.state) == self.seen(self.sent) {
            return None;
        }
        (self.sent, self.sent_at) = (self.state, now);
        Some(self.seen(self.state))
    }
}

/// The notifications that went out, each acknowledged if it wants to be.
fn notifications(b: &mut Bench) -> Vec<Owned> {
    let mut all = Vec::new();
    b.settle();
    while !b.sent.is_empty() {
        let (_, message) = b.sent.remove(0);
        if message.uri().starts_with("/rd/") {
            b.answer(PEER, &message, Code::CHANGED, &[]);
        } else {
            if message.message_type == MessageType::Confirmable {
                b.acknowledge(PEER, &message);
            }
            all.push(message);
        }
        b.settle();
    }
    all
}

fn check(
    b: &mut Bench,
    world: &World,
    model: &mut Model,
    second: i32,
) -> Result<(), TestCaseError> {
    let told = notifications(b);
    let Some((value, units)) = model.told(second) else {
        prop_assert!(told.is_empty(), "second {}: {:?}", second, told);
        return Ok(());
    };
    prop_assert_eq!(told.len(), 1, "second {}: {} is to be told", second, halves(value));
    let text = told[0].text();
    let number = format!("\"v\":{}", halves(value));
    prop_assert!(text.contains(&number), "second {}: {} not {}", second, text, number);
    let beside = world.written[units];
    prop_assert!(model.alone || text.contains(beside), "second {second}: {text} not {beside}");
    prop_assert_eq!(told[0].message_type == MessageType::Confirmable, model.confirmed);
    Ok(())
}

fn said() -> impl Strategy<Value = Said> {
    let whole = |most: i32| (0..=most).prop_map(|n| 2 * n).boxed();
    let (period, number) = (whole(12), (30..50i32).boxed());
    let one = |name: &'static str, of: BoxedStrategy<i32>| {
        prop::option::weighted(0.9, of).prop_map(move |value| (name, value))
    };
    prop_oneof![
        8 => one("pmin", period.clone()),
        8 => one("pmax", period.clone()),
        6 => one("epmin", period.clone()),
        3 => one("epmax", period),
        8 => one("gt", number.clone()),
        8 => one("lt", number),
        8 => one("st", (1..12i32).boxed()),
        4 => one("con", whole(1)),
        2 => one("hqmax", whole(3)),
        1 => one("edge", whole(1)),
    ]
}

fn query_of_some() -> impl Strategy<Value = Vec<Said>> {
    prop::collection::vec(said(), 1..4).prop_map(|mut all| {
        all.sort_unstable();
        all.dedup_by_key(|(name, _)| *name);
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn core_5_1_2_all_combinations_at_all_levels(
        defaults in (prop::option::of(0..8i32), prop::option::of(0..15i32)),
        down_to_an_instance in any::<bool>(),
        writes in prop::collection::vec((0..4usize, query_of_some()), 0..6),
        level in 0..4usize,
        own in prop::option::weighted(0.3, query_of_some()),
        changes in prop::collection::vec(
            prop::option::weighted(0.6, (prop::bool::weighted(0.8), 25..55i32, 0..2usize)), 20..80),
    ) {
        let world = if down_to_an_instance { &VOLTAGES } else { &SENSOR };
        let (levels, level) = (world.levels, level.min(world.leaf()));
        let first = (40, 0);
        let mut b = Bench::speaking(Version::V1_2);
        world.set_number(&mut b, first);
        world.set_beside(&mut b, first);
        let (pmin, pmax) = defaults;
        for (at, seconds) in [("/1/0/2", pmin), ("/1/0/3", pmax)] {
            if let Some(seconds) = seconds {
                b.set(at, Value::Integer(seconds.into()));
            }
        }
        let mut attached: [Attributes; 4] = Default::default();
        for (at, said) in writes.iter().filter(|(at, _)| *at <= world.leaf()) {
            let after = attach(&attached[*at], said, *at);
            let code = b.ask(Ask::new(Code::PUT, &format!("{}?{}", levels[*at], query(said)))).code;
            let expected = if after.is_some() { Code::CHANGED } else { Code::BAD_REQUEST };
            prop_assert_eq!(code, expected, "{} {:?}", levels[*at], said);
            attached[*at] = after.unwrap_or_else(|| attached[*at].clone());
        }

        let own = own.filter(|own| own.iter().all(|(_, value)| value.is_some()));
        let uri = match &own {
            Some(own) => format!("{}?{}", levels[level], query(own)),
            None => levels[level].to_owned(),
        };
        let own = own.map(|own| attach(&Attributes::new(), &own, level));
        let ask = Ask { accept: Some(ContentFormat::SENML_JSON), ..Ask::observe(&uri, b"ob") };
        let answer = b.ask(ask);
        if own == Some(None) {
            prop_assert_eq!(answer.code, Code::BAD_REQUEST, "{}", uri);
            return Ok(());
        }
        prop_assert!(answer.observe().is_some(), "{} {:?}", uri, answer);

        // The nearest level wins, for each attribute; then the defaults of the account.
        let mut rules = Attributes::new();
        match own.flatten() {
            Some(own) => rules = own,
            None => attached[..=level].iter().for_each(|one| rules.extend(one.clone())),
        }
        let confirmed = attached[level..].iter().any(|one| one.get("con") == Some(&2))
            || rules.get("con").is_none_or(|con| *con == 2);
        for (name, seconds) in [("pmin", pmin), ("pmax", pmax)] {
            if let Some(seconds) = seconds {
                rules.entry(name).or_insert(2 * seconds);
            }
        }
        let mut model = Model {
            alone: level == world.leaf(), rules, confirmed, state: first, sent: first,
            sent_at: 0, looked_at: 0, touched: false, waits: false,
        };
        for (second, change) in (0..).zip(changes) {
            check(&mut b, world, &mut model, second)?;
            if let Some((of_number, value, beside)) = change {
                // Voltages are whole numbers.
                let value = if down_to_an_instance { value & !1 } else { value };
                let mut state = model.state;
                if of_number {
                    state.0 = value;
                    world.set_number(&mut b, state);
                } else {
                    state.1 = beside;
                    world.set_beside(&mut b, state);
                }
                model.set(state);
                check(&mut b, world, &mut model, second)?;
            }
            b.pass_secs(1);
        }
    }
}
