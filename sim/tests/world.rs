//! The network does what it is told, and nothing else.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod toy;

use std::{cell::RefCell, rc::Rc};

use m2m_base::{Disposition, Duration, Instant, PeerId};
use m2m_sim::{
    Action, Chance, Effect, Fault, Incident, Link, Loss, Node, NodeId, Scheduled, Script, Tap,
    World, address, each_seed, peer_id,
};
use toy::{Event, Flaw, Refused, Toy, rules};

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn s(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn pair(seed: u64) -> (World, Node<Toy>, Node<Toy>) {
    let mut w = World::new(seed);
    let a = w.add("a", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    let b = w.add("b", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    (w, a, b)
}

fn send(w: &mut World, from: Node<Toy>, to: Node<Toy>, body: &str) -> u64 {
    let (to, body) = (w.peer(to), body.to_owned());
    w.command(from, move |toy, now| toy.send(now, to, body.as_bytes())).unwrap()
}

fn got(w: &World, node: Node<Toy>) -> Vec<String> {
    let text = |e: &Event| match e {
        Event::Got { body, .. } => Some(String::from_utf8(body.clone()).unwrap()),
        Event::Done { .. } => None,
    };
    w.events(node).iter().filter_map(|(_, e)| text(e)).collect()
}

fn done(w: &World, node: Node<Toy>) -> Vec<(u64, bool)> {
    let ended = |e: &Event| match e {
        Event::Done { id, ok } => Some((*id, *ok)),
        Event::Got { .. } => None,
    };
    w.events(node).iter().filter_map(|(_, e)| ended(e)).collect()
}

/// Sender and lost or not of each packet, as text: `a b a! b` when the third was lost.
fn shape(w: &World) -> String {
    let word = |p: &m2m_sim::Packet| {
        let name = if p.from == peer_id([10, 0, 0, 1], 5683) { "a" } else { "b" };
        format!("{name}{}", if p.is_lost() { "!" } else { "" })
    };
    w.packets().iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_message_arrives_and_the_answer_returns() {
    let (mut w, a, b) = pair(1);
    let start = w.now();
    let id = send(&mut w, a, b, "hello");
    w.run_until(s(1), |w| !w.events(a).is_empty());
    assert_eq!(w.elapsed(), ms(20));
    assert_eq!(
        w.events(b),
        [(start + ms(10), Event::Got { from: w.peer(a), body: b"hello".to_vec() })]
    );
    assert_eq!(w.take_events(a), [Event::Done { id, ok: true }]);
    assert!(w.events(a).is_empty());
    assert_eq!(w.run_quiet(s(3600)), Duration::ZERO);
    assert_eq!(w.packets()[0].arrivals[0].disposition, Some(Disposition::Accepted));
    assert_eq!((w.name(a), w.engine(b).is_idle()), ("a", true));
    w.check_replays();
}

#[test]
fn a_command_is_refused_by_the_engine_alone() {
    let (mut w, a, b) = pair(1);
    let to = w.peer(b);
    let refused = w.command(a, move |toy, now| toy.send(now, to, &[0; 99]));
    assert_eq!(refused, Err(Refused::TooLong));
    assert!(w.packets().is_empty());
}

#[test]
fn script_the_third_datagram_is_lost() {
    let (mut w, a, b) = pair(1);
    w.play(Script::lost(&[3]));
    send(&mut w, a, b, "one");
    send(&mut w, a, b, "two");
    w.run_quiet(s(60));
    assert_eq!(shape(&w), "a b a! a b");
    assert_eq!(w.packets()[2].effects, [Effect::Lost(Loss::Script)]);
    assert_eq!(got(&w, b), ["one", "two"]);
    assert_eq!(done(&w, a), [(1, true), (2, true)]);
}

#[test]
fn script_counts_by_direction_from_the_moment_it_is_played() {
    let (mut w, a, b) = pair(1);
    send(&mut w, a, b, "before");
    w.run_quiet(s(60));
    w.play(vec![Fault::new(b, a, 2, Action::Drop), Fault::new(NodeId::nth(0), b, 1, Action::Drop)]);
    send(&mut w, a, b, "one");
    send(&mut w, a, b, "two");
    w.run_quiet(s(60));
    assert_eq!(shape(&w), "a b a! a b a b! a b");
    assert_eq!(got(&w, b), ["before", "one", "two"]);
}

#[test]
fn script_each_action_has_its_effect() {
    let table = [
        (Action::Drop, vec![Effect::Lost(Loss::Script)], "a! a b"),
        (Action::Duplicate, vec![Effect::Duplicated], "a b b"),
        (Action::Delay(500), vec![Effect::Delayed(500)], "a b"),
        // The repetition overtakes the first one.
        (Action::Delay(5000), vec![Effect::Delayed(5000)], "a a b b"),
        (Action::Corrupt(9), vec![Effect::Corrupted(9)], "a a b"),
        (Action::Corrupt(14 * 8 + 9), vec![Effect::Corrupted(9)], "a a b"),
        (Action::Truncate(3), vec![Effect::Truncated(3)], "a a b"),
        (Action::Truncate(14 + 3), vec![Effect::Truncated(3)], "a a b"),
    ];
    for (action, effects, expected) in table {
        let (mut w, a, b) = pair(1);
        w.play(vec![Fault::any(1, action)]);
        send(&mut w, a, b, "hello");
        w.run_quiet(s(60));
        assert_eq!(w.packets()[0].effects, effects, "{action:?}");
        assert_eq!(shape(&w), expected, "{action:?}");
        assert_eq!(got(&w, b), ["hello"], "{action:?}");
        let arrived = w.packets()[0].arrivals.first().map(|a| a.bytes.clone());
        let sent = w.packets()[0].bytes.clone();
        match action {
            Action::Corrupt(_) => {
                let different: Vec<usize> =
                    (0..sent.len()).filter(|i| arrived.as_ref().unwrap()[*i] != sent[*i]).collect();
                assert_eq!(different, [1]);
                assert_eq!(arrived.unwrap()[1] ^ sent[1], 0x40);
            }
            Action::Truncate(_) => assert_eq!(arrived.unwrap(), sent[..3]),
            Action::Drop => assert_eq!(arrived, None),
            _ => assert_eq!(arrived, Some(sent)),
        }
        w.check_replays();
    }
}

#[test]
fn a_new_address_hears_what_is_sent_to_it_only() {
    let (mut w, a, b) = pair(1);
    let old = w.peer(a);
    send(&mut w, a, b, "one");
    w.run_for(ms(15));
    // The answer is under way to the old address.
    let new = w.rebind(a);
    assert!(new != old && w.peer(a) == new);
    w.run_quiet(s(60));
    assert_eq!(w.packets()[1].effects, [Effect::Lost(Loss::NobodyThere)]);
    assert_eq!(w.packets()[2].from, new);
    assert_eq!(got(&w, b), ["one"]);
    assert_eq!(done(&w, a), [(1, true)]);
    // What is sent to the old address now does not even leave.
    w.command(b, move |toy, now| toy.send(now, old, b"lost")).unwrap();
    w.run_quiet(s(3600));
    assert_eq!(w.packets().last().unwrap().effects, [Effect::Lost(Loss::NobodyThere)]);
    assert_eq!(done(&w, b), [(1, false)]);
}

#[test]
fn a_reboot_makes_a_fresh_engine_with_a_seed_of_its_own() {
    let boots = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::clone(&boots);
    let mut w = World::new(3);
    let a = w.add("a", rules(), move |boot| {
        seen.borrow_mut().push((boot.count, boot.now, boot.seed.0));
        Toy::new(&boot.seed, Flaw::None)
    });
    let b = w.add("b", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    let start = w.now();
    send(&mut w, a, b, "one");
    w.reboot(a);
    w.run_for(s(5));
    // Nobody remembers the exchange; the answer finds an engine that waits for nothing.
    assert!(matches!(w.packets()[1].arrivals[0].disposition, Some(Disposition::Ignored(_))));
    assert!(done(&w, a).is_empty());
    w.reboot(a);
    send(&mut w, a, b, "two");
    w.run_quiet(s(60));
    assert_eq!(got(&w, b), ["one", "two"]);
    let made = boots.borrow().clone();
    assert_eq!(made.iter().map(|b| b.0).collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!(made.iter().map(|b| b.1).collect::<Vec<_>>(), [start, start, start + s(5)]);
    assert!(made[0].2 != made[1].2 && made[1].2 != made[2].2);
    w.check_replays();
    assert_eq!(boots.borrow()[3..], made[..]);
}

#[test]
fn a_stopped_node_hears_and_does_nothing() {
    let (mut w, a, b) = pair(1);
    w.stop(b);
    send(&mut w, a, b, "one");
    w.run_for(s(2));
    assert_eq!(w.packets()[0].effects, [Effect::Lost(Loss::Stopped)]);
    w.start(b);
    w.run_quiet(s(60));
    assert_eq!(got(&w, b), ["one"]);
    send(&mut w, a, b, "two");
    w.stop(a);
    w.run_for(s(3600));
    assert!(done(&w, a).len() == 1 && w.packets().last().unwrap().is_lost());
    let n = w.packets().len();
    w.start(a);
    w.run_quiet(s(60));
    assert_eq!((w.packets().len(), done(&w, a).len()), (n + 2, 2));
}

#[test]
fn a_cut_connection_lets_nothing_through_until_it_heals() {
    let (mut w, a, b) = pair(1);
    w.cut(b, a);
    send(&mut w, a, b, "one");
    send(&mut w, b, a, "two");
    w.run_for(s(20));
    assert!(w.packets().iter().all(|p| p.effects == [Effect::Lost(Loss::Cut)]));
    w.heal(a, b);
    w.run_quiet(s(60));
    assert_eq!((got(&w, a), got(&w, b)), (vec!["two".into()], vec!["one".into()]));
}

#[test]
fn incidents_happen_when_the_script_says() {
    let (mut w, a, b) = pair(1);
    let (x, y) = (a.id(), b.id());
    let at = |t, incident| Scheduled { after: s(t), incident };
    w.play(Script {
        faults: vec![],
        incidents: vec![
            at(1, Incident::Rebind(x)),
            at(2, Incident::Stop(y)),
            at(3, Incident::Start(y)),
            at(4, Incident::Cut(x, y)),
            at(5, Incident::Heal(y, x)),
            at(6, Incident::Reboot(y)),
        ],
    });
    let before = w.peer(a);
    let mut fates = vec![];
    for _ in 0..8 {
        // The toy repeats of its own; each attempt is a new engine's first.
        w.reboot(a);
        let to = w.peer(b);
        w.command(a, move |toy, now| toy.send(now, to, b"x")).unwrap();
        let n = w.packets().len() - 1;
        w.run_for(ms(500));
        fates.push((w.packets()[n].from == before, w.packets()[n].effects.first().copied()));
        w.reboot(a);
        w.run_for(ms(500));
    }
    let lost = |loss| Some(Effect::Lost(loss));
    assert_eq!(
        fates,
        [
            (true, None),
            (false, None),
            (false, lost(Loss::Stopped)),
            (false, None),
            (false, lost(Loss::Cut)),
            (false, None),
            (false, None),
            (false, None),
        ]
    );
}

#[test]
fn outsiders_send_and_receive_bare_bytes() {
    let (mut w, a, _) = pair(1);
    let (x, y) = (w.outsider(), w.outsider());
    w.command(a, move |toy, now| toy.send(now, x, b"hi")).unwrap();
    w.run_for(ms(10));
    let (at, from, bytes) = w.mailbox(x)[0].clone();
    assert_eq!((at, from, &bytes[7..9]), (w.now(), w.peer(a), &b"hi"[..]));
    assert!(w.mailbox(y).is_empty());
    // The message comes back, and the node acknowledges it to whoever the sender is.
    w.send_as(y, a, &bytes);
    w.send_as(y, a, b"junk");
    w.run_for(ms(20));
    assert_eq!(w.mailbox(y).len(), 1);
    assert!(matches!(
        w.packets().iter().find(|p| p.bytes == b"junk").unwrap().arrivals[0].disposition,
        Some(Disposition::Ignored(_))
    ));
}

#[test]
fn a_group_reaches_its_members() {
    let (mut w, a, b) = pair(1);
    let c = w.add("c", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    let all = w.group(&[a.id(), b.id(), c.id()]);
    w.command(a, move |toy, now| toy.send(now, all, b"to all")).unwrap();
    w.run_quiet(s(60));
    assert_eq!(
        (got(&w, a).len(), got(&w, b), got(&w, c)),
        (0, vec!["to all".to_owned()], vec!["to all".to_owned()])
    );
    assert_eq!(address(all).0, [224, 0, 1, 187]);
}

#[test]
fn handlers_answer_events_at_once() {
    let (mut w, a, b) = pair(1);
    let at_a = w.peer(a);
    w.on_event(b, move |toy, now, event| {
        if let Event::Got { body, .. } = event {
            let answer = [b"re: ", body.as_slice()].concat();
            toy.command(now, move |toy, now| toy.send(now, at_a, &answer)).unwrap();
        }
    });
    send(&mut w, a, b, "x");
    w.run_quiet(s(60));
    assert_eq!(got(&w, a), ["re: x"]);
    assert_eq!(w.events(b).len(), 2);
    w.check_replays();
}

/// 10,000 datagrams over one link; their arrivals.
fn flood(link: Link, size: usize, gap: Duration) -> (World, Vec<Option<Instant>>) {
    let mut w = World::new(11);
    let x = w.outsider();
    let node = w.add("node", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    w.set_links(link);
    for _ in 0..10_000 {
        w.send_as(x, node, &vec![0; size]);
        w.run_for(gap);
    }
    w.run_for(s(100));
    let arrivals = w.packets().iter().map(|p| p.arrivals.first().map(|a| a.at)).collect();
    (w, arrivals)
}

fn count(w: &World, is: impl Fn(&Effect) -> bool) -> usize {
    w.packets().iter().flat_map(|p| &p.effects).filter(|e| is(e)).count()
}

#[test]
fn chance_hits_as_often_as_it_should() {
    let link = Link {
        loss: Chance::percent(20),
        duplicate: Chance::percent(10),
        late: Chance::percent(5),
        late_by: s(3),
        corrupt: Chance::percent(2),
        truncate: Chance::per_million(50_000),
        ..Link::PERFECT
    };
    let (w, arrivals) = flood(link, 8, Duration::ZERO);
    let lost = arrivals.iter().filter(|a| a.is_none()).count();
    assert!((1_850..2_150).contains(&lost), "{lost} lost");
    assert_eq!(lost, count(&w, |e| matches!(e, Effect::Lost(Loss::Chance))));
    for (n, of, percent) in [
        (count(&w, |e| matches!(e, Effect::Duplicated)), 8_000, 10),
        (count(&w, |e| matches!(e, Effect::Corrupted(_))), 8_000, 2),
        (count(&w, |e| matches!(e, Effect::Truncated(_))), 8_000, 5),
        (count(&w, |e| matches!(e, Effect::Delayed(_))), 8_800, 5),
    ] {
        let expected = of * percent / 100;
        assert!(n.abs_diff(expected) < 30 + expected / 10, "{n} instead of {expected}");
    }
    let (w, _) = flood(Link { loss: Chance::ALWAYS, ..Link::PERFECT }, 8, Duration::ZERO);
    assert_eq!(count(&w, |e| matches!(e, Effect::Lost(_))), 10_000);
}

#[test]
fn losses_come_in_bursts() {
    let link =
        Link { loss: Chance::percent(1), loss_goes_on: Chance::percent(80), ..Link::PERFECT };
    let (_, arrivals) = flood(link, 8, Duration::ZERO);
    let lost = arrivals.iter().filter(|a| a.is_none()).count();
    let bursts = arrivals.windows(2).filter(|p| p[0].is_some() && p[1].is_none()).count();
    let mean = lost as f64 / bursts as f64;
    assert!((4.0..6.5).contains(&mean), "{lost} in {bursts}");
}

#[test]
fn latency_reorders_unless_the_link_keeps_order() {
    for in_order in [false, true] {
        let link = Link { latency: (ms(5), ms(50)), in_order, ..Link::PERFECT };
        let (w, arrivals) = flood(link, 8, ms(3));
        let arrivals: Vec<Instant> = arrivals.into_iter().flatten().collect();
        assert_eq!(arrivals.is_sorted(), in_order);
        let delay = |(at, sent): (&Instant, Instant)| at.since(sent).as_millis();
        let sent = w.packets().iter().map(|p| p.sent);
        let delays: Vec<u64> = arrivals.iter().zip(sent).map(delay).collect();
        let (least, most) = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
        // Keeping order makes some wait for their predecessors.
        assert!(*least == 5 || in_order && (5..15).contains(least), "{least}");
        assert_eq!(*most, 50);
    }
}

#[test]
fn a_slow_line_takes_one_after_the_other() {
    let link = Link { bytes_per_second: Some(1_000), mtu: Some(20), ..Link::PERFECT };
    let (w, arrivals) = flood(link, 20, Duration::ZERO);
    let start = w.packets()[0].sent;
    for (n, at) in arrivals.iter().take(4_000).enumerate() {
        assert_eq!(*at, Some(start + ms(20).times(n as u64 + 1) + ms(10)));
    }
    let (w, _) = flood(link, 21, Duration::ZERO);
    assert_eq!(count(&w, |e| *e == Effect::Lost(Loss::TooLong)), 10_000);
}

#[test]
fn a_stream_arrives_in_pieces_and_in_order() {
    let mut w = World::new(2);
    let node = w.add("node", rules(), |boot| Toy::new(&boot.seed, Flaw::None));
    let (x, y) = (w.outsider(), w.peer(node));
    w.set_links(Link::STREAM);
    let sent: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    for piece in sent.chunks(50) {
        w.send_as(x, node, piece);
        w.run_for(ms(7));
    }
    w.run_for(s(1));
    let mut arrivals: Vec<_> = w.packets().iter().flat_map(|p| &p.arrivals).collect();
    assert!(arrivals.len() > 130, "{}", arrivals.len());
    assert!(arrivals.is_sorted_by_key(|a| a.at));
    arrivals.sort_by_key(|a| a.at);
    assert_eq!(arrivals.iter().flat_map(|a| a.bytes.clone()).collect::<Vec<_>>(), sent);
    assert!(w.packets().iter().all(|p| p.to == y && !p.arrivals.is_empty() && !p.is_lost()));
}

/// The bench itself has to bear the numbers that servers are made for.
#[test]
fn a_thousand_nodes_talk_to_one() {
    let mut w = World::new(4);
    w.set_links(Link::LOSSY);
    let brief = rules().short_log(10);
    let hub = w.add("hub", brief, |boot| Toy::new(&boot.seed, Flaw::None));
    let at_hub = w.peer(hub);
    let nodes: Vec<_> = (1..1000)
        .map(|n| {
            let node = w.add(&format!("n{n}"), brief, |boot| Toy::new(&boot.seed, Flaw::None));
            w.command(node, move |toy, now| toy.send(now, at_hub, b"hello")).unwrap();
            node
        })
        .collect();
    assert_eq!(address(w.peer(nodes[299])).0, [10, 0, 1, 45]);
    w.run_quiet(s(600));
    assert!(got(&w, hub).len() > 995);
    assert!(nodes.iter().all(|n| w.checked(*n).ended().len() == 1));
    assert!(w.checked(hub).log().len() <= 20);
}

#[test]
fn one_way_can_be_worse_than_the_other() {
    let (mut w, a, b) = pair(1);
    w.set_link(b, a, Link::with_loss(100));
    send(&mut w, a, b, "one");
    w.run_quiet(s(3600));
    assert_eq!(got(&w, b), ["one"]);
    assert_eq!(done(&w, a), [(1, false)]);
    assert_eq!(shape(&w), "a b! a b! a b! a b! a b! a b! a b! a b!");
}

/// Ten messages each way, whatever the network and the drivers do.
fn exchange(seed: u64, link: Link) -> World {
    let (mut w, a, b) = pair(seed);
    w.set_links(link);
    w.set_timer_slack(ms(300));
    w.set_lazy_polls(Chance::percent(40));
    for n in 0..10 {
        send(&mut w, a, b, &format!("a{n}"));
        send(&mut w, b, a, &format!("b{n}"));
        w.run_quiet(s(600));
    }
    let all = |name: &str| (0..10).map(|n| format!("{name}{n}")).collect::<Vec<_>>();
    let failed = |node| done(&w, node).iter().filter(|(_, ok)| !ok).count();
    let (failed_a, failed_b) = (failed(a), failed(b));
    assert_eq!((done(&w, a).len(), done(&w, b).len()), (10, 10));
    for (received, sent, failed) in
        [(got(&w, b), all("a"), failed_a), (got(&w, a), all("b"), failed_b)]
    {
        // In order, none twice, and lost only what was given up.
        let mut rest = sent.iter();
        assert!(received.iter().all(|r| rest.any(|s| s == r)), "{received:?}");
        assert!(received.len() + failed >= 10);
    }
    w.check_replays();
    w
}

#[test]
fn messages_survive_bad_networks_and_bad_drivers() {
    each_seed(60, |seed| {
        exchange(seed, Link::LOSSY);
        exchange(seed, Link::HOSTILE);
        exchange(seed, Link { loss: Chance::percent(50), ..Link::HOSTILE });
    });
}

#[test]
fn a_seed_gives_the_same_world_again() {
    let one = exchange(5, Link::HOSTILE);
    let two = exchange(5, Link::HOSTILE);
    let other = exchange(6, Link::HOSTILE);
    assert!(one.packets().len() > 40);
    assert_eq!(one.packets(), two.packets());
    assert_eq!(one.trace(), two.trace());
    assert_ne!(one.packets(), other.packets());
    assert_eq!((one.seed(), one.now()), (two.seed(), two.now()));
}

#[test]
fn timer_slack_is_late_never_early() {
    let (mut w, a, _) = pair(9);
    let nobody = PeerId(77);
    w.set_timer_slack(ms(400));
    w.command(a, move |toy, now| toy.send(now, nobody, b"x")).unwrap();
    // `Checked` would complain about an early one if it did anything; here: some are late.
    let mut late = 0;
    for _ in 0..toy::TRIES {
        let due = m2m_base::Engine::poll_timeout(w.checked(a)).unwrap();
        assert!(w.step(Instant::FAR));
        assert!(w.now() >= due && w.now() <= due + ms(400));
        late += usize::from(w.now() > due);
    }
    assert!(late > 3, "{late}");
    assert!(!w.step(Instant::FAR));
}

#[test]
fn waiting_ends_at_the_limit() {
    let (mut w, a, _) = pair(1);
    let start = w.now();
    assert!(!w.try_until(s(7), |w| !w.events(a).is_empty()));
    assert_eq!(w.now(), start + s(7));
    assert!(w.try_until(s(7), |_| true));
    assert_eq!(w.now(), start + s(7));
}

#[test]
fn the_trace_tells_who_sent_what_and_what_became_of_it() {
    let (mut w, a, b) = pair(1);
    w.set_describe(|bytes| format!("kind {}", bytes[0]));
    w.play(Script::lost(&[1]));
    w.run_for(ms(5));
    send(&mut w, a, b, "x");
    w.run_quiet(s(60));
    let trace = w.trace();
    let lines: Vec<&str> = trace.lines().collect();
    assert_eq!(lines.len(), 3, "{trace}");
    assert_eq!(lines[0], "#1          5 a -> b: kind 1 [Lost(Script)]");
    assert!(lines[1].starts_with("#2 ") && lines[1].ends_with(": Accepted]"), "{trace}");
    assert!(lines[2].contains(" b -> a: kind 2 [at "), "{trace}");
    let line = format!("{:?}", Fault::new(a, b, 3, Action::Drop));
    assert_eq!(line, "datagram 3 from node 0 to node 1: Drop");
}

#[test]
fn a_port_can_be_chosen() {
    let (mut w, a, b) = pair(1);
    w.set_port(b, 5684);
    assert_eq!(address(w.peer(b)), ([10, 0, 0, 2], 5684));
    assert_eq!(w.peer(b), peer_id([10, 0, 0, 2], 5684));
    send(&mut w, a, b, "x");
    w.run_quiet(s(60));
    assert_eq!(got(&w, b), ["x"]);
    let file = std::env::temp_dir().join(format!("m2m-sim-{}.pcap", std::process::id()));
    w.write_pcap(&file, Tap::Sent).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(bytes, m2m_sim::pcap(w.packets(), Tap::Sent));
}
