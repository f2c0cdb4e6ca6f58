//! The same inputs give the same bytes, events and deadlines through Rust and through C.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::ptr;

use lwm2m_core::client::{Client, Config, Limits, ServerAccount};
use lwm2m_core::format::Item;
use lwm2m_core::server::{self, Event, Server};
use lwm2m_core::{Path, Value, object};
use m2m::*;
use m2m_base::{Disposition, Instant, PeerId, Random, Seed};

const SEED: [u8; 32] = [7; 32];
const PEER: u64 = 77;
const SSID: u16 = 1;
const VALUE: Path = Path::resource(3303, 0, 5700);
const PLACE: Path = Path::resource(3303, 0, 5750);

/// One client, twice.
struct Twins {
    rust: Client,
    c: *mut m2m_lwm2m_client,
    now: u64,
}

impl Twins {
    fn new() -> Twins {
        let objects = [&object::TEMPERATURE];
        let config = Config { limits: Limits::DEVICE, objects: &objects, ..Config::new("twin") };
        let mut rust = Client::new(&config, &Seed(SEED)).unwrap();

        let mut c = ptr::null_mut();
        let standard = [&raw const m2m_object_3303];
        // SAFETY: plain structures, initialised before they are read, and pointers to local
        // variables that outlive the calls.
        unsafe {
            let mut config = std::mem::zeroed::<m2m_lwm2m_client_config>();
            ok(m2m_lwm2m_client_config_init(&raw mut config, size_of_val(&config)));
            config.endpoint_name = c"twin".as_ptr();
            config.standard_objects = standard.as_ptr();
            config.standard_objects_len = 1;
            ok(m2m_lwm2m_client_new(&raw const config, SEED.as_ptr(), &raw mut c));
            let mut account = std::mem::zeroed::<m2m_lwm2m_server_account>();
            ok(m2m_lwm2m_server_account_init(&raw mut account, size_of_val(&account)));
            account.ssid = SSID.into();
            account.peer = PEER;
            account.uri = c"coap://server".as_ptr();
            ok(m2m_lwm2m_client_add_server(c, 0, &raw const account));
        }
        let account = ServerAccount::new(SSID, PeerId(PEER), "coap://server");
        rust.add_server(Instant::ZERO, &account).unwrap();
        Twins { rust, c, now: 0 }
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// A command, given both ways.
    fn both(
        &mut self,
        rust: impl FnOnce(&mut Client, Instant) -> bool,
        c: impl FnOnce(*mut m2m_lwm2m_client, u64) -> i32,
    ) {
        let now = self.instant();
        assert_eq!(rust(&mut self.rust, now), c(self.c, self.now) == 0, "at {}", self.now);
    }

    fn datagram(&mut self, bytes: &[u8]) {
        let disposition = self.rust.handle_datagram(self.instant(), PeerId(PEER), bytes);
        let expected = match disposition {
            Disposition::Accepted => m2m_result::M2M_OK,
            Disposition::Duplicate => m2m_result::M2M_DUPLICATE,
            Disposition::Refused(_) => m2m_result::M2M_REFUSED,
            _ => m2m_result::M2M_IGNORED,
        };
        // SAFETY: the handle lives, and the slice is as long as it says.
        let result = unsafe {
            m2m_lwm2m_client_handle_datagram(self.c, self.now, PEER, bytes.as_ptr(), bytes.len())
        };
        assert_eq!(result, expected as i32, "{bytes:02x?}");
    }

    /// What both send, if it is the same, and all that they tell.
    fn drain(&mut self) -> (Vec<Vec<u8>>, Vec<m2m_lwm2m_event>) {
        let (mut sent, mut told) = (Vec::new(), Vec::new());
        let (mut a, mut b) = ([0; 1152], [0; 1152]);
        loop {
            let rust = self.rust.poll_transmit(self.instant(), &mut a).unwrap();
            let mut out = m2m_transmit { peer: 0, len: 0 };
            // SAFETY: the handle lives, and the pointers are to local variables.
            let result = unsafe {
                m2m_lwm2m_client_poll_transmit(
                    self.c,
                    self.now,
                    b.as_mut_ptr(),
                    b.len(),
                    &raw mut out,
                )
            };
            let Some(rust) = rust else {
                assert_eq!(result, m2m_result::M2M_NOTHING as i32);
                break;
            };
            ok(result);
            assert_eq!((rust.peer.0, rust.len), (out.peer, out.len));
            assert_eq!(a[..rust.len], b[..out.len]);
            sent.push(a[..rust.len].to_vec());
        }
        loop {
            let rust = self.rust.poll_event().map(m2m_lwm2m_event::from);
            // SAFETY: a plain structure; the handle lives.
            let (result, event) = unsafe {
                let mut event = std::mem::zeroed();
                (m2m_lwm2m_client_poll_event(self.c, &raw mut event), event)
            };
            let Some(rust) = rust else {
                assert_eq!(result, m2m_result::M2M_NOTHING as i32);
                break;
            };
            ok(result);
            assert_eq!(rust, event);
            told.push(event);
        }
        // SAFETY: the handle lives.
        let deadline = unsafe { m2m_lwm2m_client_poll_timeout(self.c) };
        assert_eq!(self.rust.poll_timeout().map_or(u64::MAX, Instant::as_millis), deadline);
        (sent, told)
    }

    fn set(&mut self, value: f64) {
        self.both(
            |r, now| r.set(now, VALUE, Value::Float(value)).is_ok(),
            // SAFETY: the handle lives.
            |c, now| unsafe { m2m_lwm2m_client_set_float(c, now, VALUE.into(), value) },
        );
    }
}

impl Drop for Twins {
    fn drop(&mut self) {
        // SAFETY: the handle lives, and is not used again.
        unsafe { m2m_lwm2m_client_free(self.c) };
    }
}

fn ok(result: i32) {
    assert_eq!(result, 0);
}

#[test]
fn a_session_with_losses_and_garbage() {
    let mut twins = Twins::new();
    let config = server::Config { limits: server::Limits::SMALL, ..server::Config::default() };
    let mut server = Server::new(&config, &Seed([8; 32])).unwrap();
    let mut random = Random::new(&Seed([9; 32]));
    let mut registration = None;
    let (mut kinds, mut datagrams, mut garbled) = ([0u32; 16], 0u32, 0u32);

    twins.both(
        |r, now| r.add_instance(now, Path::instance(3303, 0)).is_ok(),
        // SAFETY: the handle lives.
        |c, now| unsafe { m2m_lwm2m_client_add_instance(c, now, m2m_path_instance(3303, 0)) },
    );
    twins.set(20.0);
    twins.both(
        |r, now| {
            r.start(now);
            true
        },
        // SAFETY: the handle lives.
        |c, now| unsafe { m2m_lwm2m_client_start(c, now) },
    );

    for round in 0..3000u32 {
        let (sent, told) = twins.drain();
        for datagram in sent {
            datagrams += 1;
            if random.u8() >= 25 {
                server.handle_datagram(twins.instant(), PeerId(1), &datagram);
            }
        }
        for event in told {
            kinds[usize::try_from(event.kind).unwrap()] += 1;
            if event.kind == m2m_lwm2m_event_kind::M2M_LWM2M_EXECUTED as i32 {
                let id = lwm2m_core::client::ExecuteId::from_bits(event.id);
                twins.both(
                    |r, now| r.answer_execute(now, id, Ok(())).is_ok(),
                    // SAFETY: the handle lives.
                    |c, now| unsafe { m2m_lwm2m_client_answer_execute(c, now, event.id, 0x44) },
                );
            }
        }
        while let Some(event) = server.poll_event() {
            match event {
                Event::Registered { id } => registration = Some(id),
                Event::Deregistered { .. } | Event::Expired { .. } => registration = None,
                Event::Response { id, .. } => server.release(id),
                Event::Notified { id, .. } => server.release_notification(id),
                _ => {}
            }
        }
        let mut buf = [0; 1152];
        while let Some(out) = server.poll_transmit(twins.instant(), &mut buf).unwrap() {
            let bytes = &mut buf[..out.len];
            let luck = random.u8();
            if luck < 25 {
                continue;
            }
            if luck < 60 {
                let at = usize::from(random.u8()) % bytes.len();
                bytes[at] ^= random.u8();
                garbled += 1;
            }
            twins.datagram(&buf[..out.len]);
        }

        let now = twins.instant();
        if let Some(id) = registration {
            let item = [Item::value(PLACE, Value::string("somewhere"))];
            // What the limits refuse is not asked.
            let _ = match random.u8() % 12 {
                0 => server.read(now, id, Path::instance(3303, 0)).map(drop),
                1 => server.write(now, id, PLACE, &item).map(drop),
                2 => server.execute(now, id, Path::resource(3, 0, 4), "1").map(drop),
                3 if server.find_observation(id, VALUE).is_none() => {
                    server.observe(now, id, VALUE).map(drop)
                }
                4 => server.write_attributes(now, id, VALUE, "pmin=1&pmax=20").map(drop),
                _ => Ok(()),
            };
        }
        if round % 5 == 0 {
            twins.set(f64::from(round % 50));
        }
        if round % 400 == 399 {
            twins.both(
                |r, now| r.update(now, SSID).is_ok(),
                // SAFETY: the handle lives.
                |c, now| unsafe { m2m_lwm2m_client_update(c, now, SSID) },
            );
        }
        twins.now += 200;
        server.handle_timeout(twins.instant());
        twins.both(
            |r, now| {
                r.handle_timeout(now);
                true
            },
            // SAFETY: the handle lives.
            |c, now| unsafe { m2m_lwm2m_client_handle_timeout(c, now) },
        );
    }

    // It was a session worth comparing.
    let happened = |kind: m2m_lwm2m_event_kind| kinds[usize::try_from(kind as i32).unwrap()];
    assert!(happened(m2m_lwm2m_event_kind::M2M_LWM2M_REGISTERED) > 0, "{kinds:?}");
    assert!(happened(m2m_lwm2m_event_kind::M2M_LWM2M_UPDATED) > 0, "{kinds:?}");
    assert!(happened(m2m_lwm2m_event_kind::M2M_LWM2M_WRITTEN) > 10, "{kinds:?}");
    assert!(happened(m2m_lwm2m_event_kind::M2M_LWM2M_EXECUTED) > 10, "{kinds:?}");
    assert!(datagrams > 500 && garbled > 50, "{datagrams} datagrams, {garbled} garbled");
}
