//! The checking wrapper lets a sound engine pass and catches one that breaks a rule.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod toy;

use std::panic::{AssertUnwindSafe, catch_unwind};

use m2m_base::{BufferTooSmall, Duration, Engine, Instant, PeerId, Seed};
use m2m_sim::{Checked, Input, Link, Rule, Rules, World};
use toy::{Event, Flaw, MTU, Toy, rules};

/// Both nodes send to each other over a bad network; a stranger sends garbage.
fn talk(flaw: Flaw) {
    let mut w = World::new(7);
    w.set_links(Link::LOSSY);
    let a = w.add("a", rules(), move |boot| Toy::new(&boot.seed, flaw));
    let b = w.add("b", rules(), move |boot| Toy::new(&boot.seed, flaw));
    let (at_a, at_b) = (w.peer(a), w.peer(b));
    for n in 0..8u8 {
        let _ = w.command(a, move |toy, now| toy.send(now, at_b, &[n; 5]));
        let _ = w.command(b, move |toy, now| toy.send(now, at_a, &[n, 0xff]));
    }
    let stranger = w.outsider();
    w.send_as(stranger, a, b"garbage");
    w.run_for(Duration::from_secs(600));
    w.check_replays();
}

fn panic_of(f: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(f)).err()?;
    Some(payload.downcast_ref::<String>().expect("a text").clone())
}

#[test]
fn a_sound_engine_passes() {
    talk(Flaw::None);
}

#[test]
fn each_rule_is_caught_when_broken() {
    let table = [
        (Flaw::EarlyRepeat, Rule::SpuriousTimeout),
        (Flaw::EarlyRestart, Rule::SpuriousTimeout),
        (Flaw::EarlyEvent, Rule::SpuriousTimeout),
        (Flaw::EarlyDraw, Rule::Replay),
        (Flaw::Global, Rule::Replay),
        (Flaw::StuckDeadline, Rule::LaterDeadline),
        (Flaw::ShortLoses, Rule::ShortBuffer),
        (Flaw::ShortLies, Rule::ShortBuffer),
        (Flaw::ShortCuts, Rule::ShortBuffer),
        (Flaw::Long, Rule::Mtu),
        (Flaw::Garbled, Rule::WellFormed),
        (Flaw::AnswersGarbage, Rule::IgnoredInSilence),
        (Flaw::TwoDone, Rule::OneDone),
        (Flaw::AcksAcks, Rule::Rest),
        (Flaw::Chatter, Rule::Rest),
        (Flaw::Greedy, Rule::Invariant),
    ];
    for (flaw, rule) in table {
        let message = panic_of(|| match flaw {
            // Endless, but each round takes time: only a limit of steps sees it.
            Flaw::AcksAcks => {
                let mut w = World::new(1);
                w.set_step_limit(5_000);
                let a = w.add("a", rules(), move |boot| Toy::new(&boot.seed, flaw));
                let b = w.add("b", rules(), move |boot| Toy::new(&boot.seed, flaw));
                let at_b = w.peer(b);
                w.command(a, move |toy, now| toy.send(now, at_b, b"x")).unwrap();
                w.run_quiet(Duration::from_secs(1));
            }
            _ => talk(flaw),
        });
        let message = message.unwrap_or_else(|| panic!("{flaw:?} was not caught"));
        let expected = format!("rule broken: {rule:?} ");
        assert!(message.starts_with(&expected), "{flaw:?} was caught as: {message}");
    }
}

#[test]
fn a_network_without_latency_does_not_spin_for_ever() {
    let message = panic_of(|| {
        let mut w = World::new(1);
        w.set_links(Link::with_latency(Duration::ZERO));
        let a = w.add("a", rules(), |boot| Toy::new(&boot.seed, Flaw::AcksAcks));
        let b = w.add("b", rules(), |boot| Toy::new(&boot.seed, Flaw::AcksAcks));
        let at_b = w.peer(b);
        w.command(a, move |toy, now| toy.send(now, at_b, b"x")).unwrap();
        w.run_for(Duration::from_millis(1));
    });
    assert!(message.unwrap().starts_with("rule broken: Rest "));
}

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

fn checked(flaw: Flaw) -> Checked<Toy> {
    Checked::new(Toy::new(&Seed([1; 32]), flaw), rules())
}

#[test]
fn the_wrapper_answers_as_the_engine_does() {
    let peer = PeerId(5);
    let (mut bare, mut wrapped) = (Toy::new(&Seed([1; 32]), Flaw::None), checked(Flaw::None));
    let id = bare.send(at(10), peer, b"hello").unwrap();
    assert_eq!(wrapped.command(at(10), move |t, now| t.send(now, peer, b"hello")), Ok(id));
    for _ in 0..toy::TRIES {
        let (mut x, mut y) = ([0; MTU], [0; MTU]);
        let due = bare.poll_timeout().unwrap();
        assert_eq!(wrapped.poll_timeout(), Some(due));
        let short = wrapped.poll_transmit(due, &mut x[..3]);
        assert_eq!(short, Err(BufferTooSmall { needed: 14 }));
        assert_eq!(bare.poll_transmit(due, &mut x), wrapped.poll_transmit(due, &mut y));
        assert_eq!(x, y);
        assert_eq!(wrapped.poll_transmit(due, &mut y), Ok(None));
        assert_eq!(wrapped.poll_event(), None);
        bare.handle_timeout(due);
        wrapped.handle_timeout(due);
        wrapped.handle_timeout(due);
    }
    assert_eq!(wrapped.poll_event(), Some(Event::Done { id, ok: false }));
    assert_eq!(wrapped.poll_timeout(), None);
    assert_eq!(wrapped.log().transmits().count(), toy::TRIES as usize);
    wrapped.check_replay(Toy::new(&Seed([1; 32]), Flaw::None));
}

#[test]
fn a_replay_sees_another_engine() {
    let mut c = checked(Flaw::None);
    c.command(at(0), |t, now| t.send(now, PeerId(5), b"hello")).unwrap();
    let settled = c.settle(at(0));
    assert_eq!((settled.datagrams.len(), settled.events.len()), (1, 0));
    let divergence = c.log().replay(&mut Toy::new(&Seed([2; 32]), Flaw::None)).unwrap_err();
    // The command, a poll for events, then the datagram, whose epoch comes from the seed.
    assert_eq!(divergence.entry, 2, "{divergence}");
    assert!(divergence.text.contains("recorded") && divergence.text.contains("poll_transmit"));
}

#[test]
fn a_log_can_be_given_to_something_else() {
    let mut c = checked(Flaw::None);
    c.command(at(0), |t, now| t.send(now, PeerId(5), b"hello")).unwrap();
    let datagram = c.settle(at(0)).datagrams[0].1.clone();
    c.handle_datagram(at(1), PeerId(5), b"garbage");
    c.handle_timeout(at(2));
    let inputs: Vec<_> = c.log().inputs().filter(|(_, i)| !nothing(i)).collect();
    let answer = Some((PeerId(5), datagram.as_slice()));
    assert_eq!(
        inputs,
        [
            (at(0), Input::Command),
            (at(0), Input::PollTransmit { room: MTU, answer }),
            (at(1), Input::Datagram { peer: PeerId(5), bytes: b"garbage" }),
            (at(2), Input::Timeout),
        ]
    );
    assert_eq!(c.log().to_string().lines().count(), c.log().len());
}

fn nothing(input: &Input<'_>) -> bool {
    matches!(input, Input::PollTransmit { answer: None, .. } | Input::PollEvent { answer: false })
}

#[test]
fn a_short_log_refuses_to_replay() {
    let mut c = Checked::new(Toy::new(&Seed([1; 32]), Flaw::None), rules().short_log(3));
    for ms in 0..20 {
        c.handle_datagram(at(ms), PeerId(5), b"garbage");
    }
    assert!((3..=6).contains(&c.log().len()) && !c.log().is_empty());
    let message = panic_of(|| c.check_replay(Toy::new(&Seed([1; 32]), Flaw::None)));
    assert!(message.unwrap().contains("calls were not kept"));
}

#[test]
fn an_overdue_engine_may_wait_for_its_timeout() {
    // The driver was late: a datagram comes when the repetition should long have gone out.
    let mut c = checked(Flaw::None);
    c.command(at(0), |t, now| t.send(now, PeerId(5), b"hello")).unwrap();
    c.settle(at(0));
    c.handle_datagram(at(60_000), PeerId(6), b"garbage");
    assert!(c.settle(at(60_000)).datagrams.is_empty());
    c.handle_timeout(at(60_000));
    assert_eq!(c.settle(at(60_000)).datagrams.len(), 1);
}

#[test]
fn a_clock_that_goes_back_is_the_tests_fault() {
    let message = panic_of(|| {
        let mut c = checked(Flaw::None);
        c.handle_timeout(at(5));
        c.handle_timeout(at(4));
    });
    assert!(message.unwrap().starts_with("rule broken: Clock "));
}

#[test]
fn wakeups_for_nothing_are_counted() {
    for (flaw, most, least) in [(Flaw::None, 0, 0), (Flaw::Restless, 200, 100)] {
        let mut w = World::new(1);
        let a = w.add("a", rules(), move |boot| Toy::new(&boot.seed, flaw));
        let stranger = w.outsider();
        w.send_as(stranger, a, b"garbage");
        w.run_for(Duration::from_secs(101));
        let n = w.checked(a).idle_wakeups();
        assert!((least..=most).contains(&n), "{flaw:?}: {n}");
    }
}

#[test]
fn the_message_tells_what_led_there() {
    let message = panic_of(|| {
        let mut c = Checked::new(Toy::new(&Seed([1; 32]), Flaw::None), Rules::new(12, |_| true));
        c.command(at(3), |t, now| t.send(now, PeerId(5), b"hello")).unwrap();
        c.settle(at(3));
    })
    .unwrap();
    assert!(message.contains("14 bytes, the MTU is 12"), "{message}");
    assert!(message.contains("command of sim/tests/rules.rs:"), "{message}");
    assert!(message.contains("=> Ok(1)"), "{message}");
}
