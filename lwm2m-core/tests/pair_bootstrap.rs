//! Our client, our bootstrap server and our server over networks that lose, double and reorder, and
//! devices that lose power in the middle: an account is there whole or not at all, and in the end
//! the client is registered where the bootstrap server sent it.
#![cfg(feature = "bootstrap")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code"
)]

use coap_core::Message;
use lwm2m_core::bootstrap_server::{self, BootstrapServer, Configuration, Rule, Security, Step};
use lwm2m_core::client::{self, BootstrapAccount, Client, Registration, ServerAccount};
use lwm2m_core::format::Item;
use lwm2m_core::server::{self, Server};
use lwm2m_core::{Path, Value, Version, object};
use m2m_base::{Duration, PeerId};
use m2m_sim::{Checked, Faults, Link, Node, Rules, Script, World, each_seed};
use proptest::prelude::*;

const NAME: &str = "urn:dev:os:32473-1";
const OLD: u16 = 7;
const NEW: u16 = 101;
static OBJECTS: [&lwm2m_core::ObjectDefinition<'static>; 1] = [&object::TEMPERATURE];

struct Three {
    world: World,
    client: Node<Client>,
    bootstrap: Node<BootstrapServer>,
    server: Node<Server>,
}

fn rules<E: m2m_base::Engine>() -> Rules<E> {
    Rules::new(1152, |b| Message::parse(b).is_ok())
}

/// What the bootstrap server writes: everything of before goes, one account comes.
fn configuration(server: &mut BootstrapServer) {
    let account = bootstrap_server::Account::new("coap://server.example.com", Security::NONE, NEW);
    let (security, server_object) = (account.security(3), account.server(5));
    let zone = [Item::value(Path::resource(3, 0, 15), Value::string("Europe/Berlin"))];
    let steps = [
        Step::delete(Path::object(0)),
        Step::delete(Path::object(1)),
        Step::write(Path::instance(0, 3), &security),
        Step::write(Path::instance(1, 5), &server_object),
        Step::write(Path::resource(3, 0, 15), &zone),
    ];
    server.set_configuration(Rule::Endpoint(NAME), &Configuration::new(&steps)).unwrap();
}

impl Three {
    /// The client knows the bootstrap server and, if `old`, a server that is not there any more.
    fn new(seed: u64, version: Version, old: bool) -> Three {
        let mut world = World::new(seed);
        let server = world.add("server", rules(), |boot| {
            let limits = server::Limits::SMALL;
            Server::new(&server::Config { limits, ..server::Config::default() }, &boot.seed)
                .unwrap()
        });
        let bootstrap = world.add("bootstrap", rules(), |boot| {
            let config = bootstrap_server::Config::default();
            let mut server = BootstrapServer::new(&config, &boot.seed).unwrap();
            configuration(&mut server);
            server
        });
        let (bs, peer) = (world.peer(bootstrap), world.peer(server));
        let client = world.add("client", rules(), move |boot| {
            let config = client::Config { objects: &OBJECTS, version, ..client::Config::new(NAME) };
            let mut client = Client::new(&config, &boot.seed).unwrap();
            let account = BootstrapAccount::new(bs, "coap://bs.example.com");
            client.add_bootstrap_server(boot.now, &account).unwrap();
            if old {
                let account = ServerAccount::new(OLD, PeerId(99), "coap://gone.example.com");
                client.add_server(boot.now, &account).unwrap();
                let retries = Path::resource(1, 1, 17);
                client.set(boot.now, retries, Value::Integer(1)).unwrap();
            }
            client.add_instance(boot.now, Path::instance(3303, 0)).unwrap();
            client.start(boot.now);
            client
        });
        world.on_event(client, move |e: &mut Checked<Client>, now, event| {
            if let client::Event::Connect { server, .. } = *event {
                let to = if server == 0 { bs } else { peer };
                e.command(now, move |c, now| c.set_peer(now, server, to)).unwrap();
            }
        });
        Three { world, client, bootstrap, server }
    }

    fn client(&self) -> &Client {
        self.world.engine(self.client)
    }

    /// Accounts are the old or the new ones, never something between.
    fn check_whole(&self) {
        let client = self.client();
        let state = client.bootstrapping();
        if matches!(state, client::Bootstrapping::Open { .. }) {
            return;
        }
        let new = client.registration(NEW).is_some();
        for at in ["/0/3/0", "/1/5/1", "/3/0/15"] {
            assert_eq!(client.contains(Path::parse(at).unwrap()), new, "{at} {state:?}");
        }
        assert!(client.registration(OLD).is_none() || !new);
    }

    fn run_until_registered(&mut self, limit: Duration) {
        let (server, mut left) = (self.server, limit.as_millis() / 1000);
        while self.client().registration(NEW) != Some(Registration::Registered) {
            self.world.run_for(Duration::from_secs(1));
            self.check_whole();
            left -= 1;
            assert!(left > 0, "{:?}", self.client().bootstrapping());
        }
        let registry = self.world.engine(server);
        let registration = registry.registration(registry.find(NAME).unwrap()).unwrap();
        assert!(registration.links().any(|link| link.path == Path::instance(1, 5)));
        assert!(!registration.links().any(|link| link.path == Path::instance(1, 1)));
    }
}

#[test]
fn in_every_version_from_the_factory_and_from_a_lost_server() {
    for version in [Version::V1_0, Version::V1_1, Version::V1_2] {
        for old in [false, true] {
            let mut three = Three::new(1, version, old);
            three.run_until_registered(Duration::from_secs(200));
            let bootstrapped = three
                .world
                .events(three.client)
                .iter()
                .filter(|(_, e)| *e == client::Event::Bootstrapped)
                .count();
            assert_eq!(bootstrapped, 1, "{version:?}");
            three.world.check_replays();
        }
    }
}

#[test]
fn each_datagram_lost_each_datagram_twice() {
    let mut three = Three::new(1, Version::V1_1, false);
    three.run_until_registered(Duration::from_secs(100));
    let datagrams = u32::try_from(three.world.packets().len()).unwrap();
    assert!(datagrams > 14, "{datagrams}");
    for nth in 0..datagrams / 2 + 2 {
        let mut three = Three::new(1, Version::V1_1, false);
        three.world.play(Script::lost(&[nth]));
        three.run_until_registered(Duration::from_secs(700));
    }
}

#[test]
fn power_is_lost_at_every_moment_of_a_bootstrap() {
    // Without storage every start is one from the factory; whatever the bootstrap server and the
    // client had left open is taken up again.
    for millis in (0..1500).step_by(20) {
        let mut three = Three::new(3, Version::V1_1, false);
        three.world.set_links(Link {
            latency: (Duration::from_millis(30), Duration::from_millis(60)),
            ..Link::PERFECT
        });
        three.world.run_for(Duration::from_millis(millis));
        three.world.reboot(three.client);
        three.run_until_registered(Duration::from_secs(700));
    }
}

#[test]
fn the_bootstrap_server_vanishes_at_every_moment() {
    for millis in (0..1500).step_by(20) {
        let mut three = Three::new(3, Version::V1_1, true);
        three.world.set_links(Link {
            latency: (Duration::from_millis(30), Duration::from_millis(60)),
            ..Link::PERFECT
        });
        // The attempt at the old server ends between 62 and 93 s.
        while !matches!(
            three.client().bootstrapping(),
            client::Bootstrapping::Requesting | client::Bootstrapping::Open { .. }
        ) {
            three.world.run_for(Duration::from_millis(100));
        }
        three.world.run_for(Duration::from_millis(millis));
        three.world.stop(three.bootstrap);
        for _ in 0..300 {
            three.world.run_for(Duration::from_secs(1));
            three.check_whole();
        }
        three.world.start(three.bootstrap);
        three.run_until_registered(Duration::from_secs(2000));
    }
}

#[test]
fn over_bad_links() {
    each_seed(40, |seed| {
        let mut three = Three::new(seed, Version::V1_1, seed % 2 == 0);
        three.world.set_links(if seed % 3 == 0 { Link::HOSTILE } else { Link::LOSSY });
        // A bootstrap that fails is tried again for a day; the last pause is the longest.
        three.run_until_registered(Duration::from_secs(200_000));
        three.world.check_replays();
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_accounts_are_whole(
        seed: u64,
        script in Faults { damage: true, ..Faults::PAIR }.strategy(),
    ) {
        let mut three = Three::new(seed, Version::V1_1, seed % 2 == 0);
        three.world.play(script);
        three.run_until_registered(Duration::from_secs(200_000));
    }
}
