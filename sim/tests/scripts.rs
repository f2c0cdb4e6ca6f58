//! Faults are data: drawn, kept, and shrunk until the reason shows.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod toy;

use m2m_base::Duration;
use m2m_sim::{Action, Fault, Faults, Incident, NodeId, Script, World};
use proptest::{
    prelude::*,
    test_runner::{Config, TestError, TestRunner},
};
use toy::{Event, Flaw, Toy, rules};

const ANYTHING: Faults = Faults {
    nodes: 3,
    damage: true,
    incidents: 3,
    within: Duration::from_secs(20),
    moves: true,
    ..Faults::PAIR
};

/// Each of three nodes sends three messages to the next. How many were acknowledged and how many
/// given up.
fn round(seed: u64, script: &Script, flaw: Flaw) -> (usize, usize) {
    let mut w = World::new(seed);
    let nodes: Vec<_> = (0..3)
        .map(|n| w.add(&format!("n{n}"), rules(), move |boot| Toy::new(&boot.seed, flaw)))
        .collect();
    w.play(script.clone());
    for (n, node) in nodes.iter().enumerate() {
        let to = w.peer(nodes[(n + 1) % 3]);
        for i in 0..3u8 {
            w.command(*node, move |toy, now| toy.send(now, to, &[i])).unwrap();
        }
    }
    w.run_quiet(Duration::from_secs(3600));
    w.check_replays();
    let of = |wanted: bool| {
        let is = |e: &Event| matches!(e, Event::Done { ok, .. } if *ok == wanted);
        nodes.iter().map(|n| w.events(*n).iter().filter(|(_, e)| is(e)).count()).sum()
    };
    (of(true), of(false))
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn every_exchange_ends_whatever_happens(seed: u64, script in ANYTHING.strategy()) {
        let (ok, given_up) = round(seed, &script, Flaw::None);
        let reboots = script.incidents.iter().any(|i| matches!(i.incident, Incident::Reboot(_)));
        prop_assert!(ok + given_up == 9 || reboots);
    }

    #[test]
    fn six_lost_datagrams_do_not_stop_an_exchange(seed: u64, script in Faults::PAIR.strategy()) {
        prop_assert_eq!(round(seed, &script, Flaw::None), (9, 0));
    }

    #[test]
    fn scripts_keep_to_what_they_are_drawn_from(
        pair in Faults::PAIR.strategy(),
        any in ANYTHING.strategy(),
    ) {
        prop_assert!(pair.incidents.is_empty() && pair.faults.len() <= 6);
        for (script, nodes) in [(&pair, 2), (&any, 3)] {
            for Fault { nth, from, to, action } in &script.faults {
                prop_assert!((1..=12).contains(nth) && from != to);
                prop_assert!(*from < Some(NodeId::nth(nodes)) && *to < Some(NodeId::nth(nodes)));
                let damage = matches!(action, Action::Corrupt(_) | Action::Truncate(_));
                prop_assert!(nodes == 3 || !damage);
            }
        }
        let of = |is: fn(&Incident) -> bool| {
            any.incidents.iter().filter(|i| is(&i.incident)).count()
        };
        prop_assert!(any.incidents.len() <= 6);
        prop_assert_eq!(
            of(|i| matches!(i, Incident::Cut(..))),
            of(|i| matches!(i, Incident::Heal(..)))
        );
        prop_assert_eq!(
            of(|i| matches!(i, Incident::Stop(_))),
            of(|i| matches!(i, Incident::Start(_)))
        );
    }
}

/// An engine that never repeats fails on any loss; what is left of the script is one loss.
#[test]
fn a_failure_shrinks_to_one_lost_datagram() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(
        proptest::test_runner::RngAlgorithm::ChaCha,
    );
    let mut runner = TestRunner::new_with_rng(config, rng);
    let failed = runner.run(&ANYTHING.strategy(), |script| {
        prop_assert_eq!(round(1, &script, Flaw::GivesUp), (9, 0));
        Ok(())
    });
    let Err(TestError::Fail(_, script)) = failed else { panic!("{failed:?}") };
    assert_eq!((script.faults.len(), script.incidents.len()), (1, 0), "{script:?}");
    let Fault { nth, action, .. } = script.faults[0];
    assert_eq!((nth, action), (1, Action::Drop), "{script:?}");
}
