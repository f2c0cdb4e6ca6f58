//! What the CoAP tests share: a server, a relay before it if it is to be, and a capture of both.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test uses its part of this"
)]

use m2m_interop::app::{self, App, Report};
use m2m_interop::background::Background;
use m2m_interop::capture::{Capture, Captured};
use m2m_interop::relay::{Relay, Rules};
use m2m_interop::requests::Asker;
use std::net::SocketAddr;
use std::time::Instant;

/// Runs parts side by side: most of their time they wait.
pub fn together(parts: &[&(dyn Fn() + Sync)]) {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..)
            .zip(parts)
            .map(|(number, part): (u32, _)| {
                scope.spawn(move || {
                    let begin = Instant::now();
                    part();
                    println!("part {number}: {:.1} s", begin.elapsed().as_secs_f32());
                })
            })
            .collect();
        let failed = threads.into_iter().map(|t| t.join()).filter(Result::is_err).count();
        assert_eq!(failed, 0, "parts failed; see above");
    });
}

/// A server and the way to it.
pub struct Scene {
    app: Option<Background<App, Report>>,
    server: SocketAddr,
    relay: Option<(Relay, Rules)>,
    capture: Capture,
}

impl Scene {
    /// The way to a server.
    pub fn of(server: SocketAddr, rules: Option<Rules>) -> Scene {
        let relay = rules.map(|rules| (Relay::start(server, rules), rules));
        let mut ports = vec![server.port()];
        ports.extend(relay.iter().map(|(r, _)| r.address().port()));
        Scene { app: None, server, relay, capture: Capture::start(&ports) }
    }

    /// Our own server with the application of the tests.
    pub fn of_app(rules: Option<Rules>) -> Scene {
        let app = app::start();
        let mut scene = Scene::of(app.address, rules);
        scene.app = Some(app);
        scene
    }

    /// Runs `part` against our own server behind a relay.
    pub fn app_behind(rules: Rules, part: impl Fn(&Scene)) {
        let scene = Scene::of_app(Some(rules));
        part(&scene);
        scene.end_app();
    }

    /// Where clients send to.
    pub fn target(&self) -> SocketAddr {
        self.relay.as_ref().map_or(self.server, |(relay, _)| relay.address())
    }

    /// The server itself, no relay before it.
    pub fn direct(&self) -> SocketAddr {
        self.server
    }

    /// A client of ours.
    pub fn asker(&self) -> Asker {
        Asker::new(self.target())
    }

    fn check_relay(&self) {
        let Some((relay, rules)) = &self.relay else { return };
        let counts = relay.counts();
        assert_eq!(rules.drop != 0, counts.dropped > 0, "{counts:?}");
        assert_eq!(rules.duplicate != 0, counts.duplicated > 0, "{counts:?}");
        assert_eq!(rules.swap != 0, counts.swapped > 0, "{counts:?}");
        assert_eq!(rules.delay != 0, counts.delayed > 0, "{counts:?}");
    }

    /// The end: the relay did its mischief, and the dissector has nothing to complain of.
    pub fn end(self) -> Captured {
        self.check_relay();
        self.capture.check()
    }

    /// The same for our own server; gives what it reported too.
    pub fn end_app(mut self) -> (Captured, Vec<Report>) {
        self.check_relay();
        let captured = self.capture.check();
        (captured, self.app.take().unwrap().stop())
    }
}

/// The SHA-256 of a file, in hex.
pub fn sha256(file: &str) -> String {
    let out = m2m_interop::process::run(120, "sha256sum", &[file]);
    String::from_utf8(out.stdout).unwrap().split(' ').next().unwrap().to_owned()
}
