//! Software Management (object 9): its states, its results, several packages at once.
#![cfg(feature = "software-management")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "test code"
)]

mod client_common;
mod package_common;

use client_common::*;
use coap_core::{Code, ContentFormat as F};
use lwm2m_core::Value;
use lwm2m_core::client::{Client, PackageError, PackageStep, PackageSupport, UsageError};
use m2m_base::Instant;
use package_common::*;

/// Update State, Update Result, Activation State of /9/0.
fn state(b: &Bench) -> (i64, i64, bool) {
    let number = |at| match b.engine().get(path(at)) {
        Some(Value::Integer(n)) => n,
        other => panic!("{at}: {other:?}"),
    };
    let active = b.engine().get(path("/9/0/12")) == Some(Value::Boolean(true));
    (number("/9/0/7"), number("/9/0/9"), active)
}

fn client(support: &PackageSupport<'_>) -> Client {
    let mut client = new_client(&package_config());
    client.add_software(Instant::ZERO, 0, support).unwrap();
    client
}

fn software() -> (Bench, Flash) {
    (registered(client(&PackageSupport::COAP)), Flash::default())
}

fn execute(b: &mut Bench, flash: &mut Flash, uri: &str, argument: &[u8]) -> Code {
    let ask = Ask { payload: argument, ..Ask::execute(uri) };
    let id = b.send(PEER, ask);
    flash.run(b);
    b.answer_to(PEER, id).unwrap().code
}

const PACKAGE: &str = "/9/0/2";

#[test]
fn object_9_a_life() {
    let (mut b, mut flash) = software();
    assert_eq!(state(&b), (0, 0, false));
    for uri in ["/9/0/4", "/9/0/6", "/9/0/10", "/9/0/11"] {
        assert_eq!(execute(&mut b, &mut flash, uri, b""), Code::METHOD_NOT_ALLOWED, "{uri}");
    }
    for n in 0..3 {
        let bytes = [n as u8; 64];
        let piece = Piece::new(PACKAGE, n, n < 2, &bytes);
        flash.push(&mut b, PEER, &piece);
        assert_eq!(state(&b), if n < 2 { (1, 1, false) } else { (3, 3, false) });
    }
    assert_eq!(flash.bytes.len(), 192);
    for uri in ["/9/0/10", "/9/0/11"] {
        assert_eq!(execute(&mut b, &mut flash, uri, b""), Code::METHOD_NOT_ALLOWED, "{uri}");
    }
    // An installation that fails may be tried again.
    flash.apply = Err(PackageError::Failed);
    assert_eq!(execute(&mut b, &mut flash, "/9/0/4", b""), Code::CHANGED);
    assert_eq!(state(&b), (3, 58, false));
    flash.apply = Ok(());
    assert_eq!(execute(&mut b, &mut flash, "/9/0/4", b""), Code::CHANGED);
    assert_eq!(state(&b), (4, 2, false));
    assert_eq!(execute(&mut b, &mut flash, "/9/0/4", b""), Code::METHOD_NOT_ALLOWED);
    assert_eq!(execute(&mut b, &mut flash, "/9/0/10", b""), Code::CHANGED);
    assert_eq!(state(&b), (4, 2, true));
    assert_eq!(execute(&mut b, &mut flash, "/9/0/11", b""), Code::CHANGED);
    assert_eq!(state(&b), (4, 2, false));
    // What is installed is not replaced behind its back.
    assert_eq!(flash.whole(&mut b, PACKAGE, b"other").code, Code::METHOD_NOT_ALLOWED);
    assert_eq!(flash.whole(&mut b, PACKAGE, b"").code, Code::METHOD_NOT_ALLOWED);
    assert_eq!(b.ask(Ask::write("/9/0/3", "")).code, Code::CHANGED);
    assert_eq!(state(&b), (4, 2, false));
    flash.apply = Err(PackageError::Failed);
    assert_eq!(execute(&mut b, &mut flash, "/9/0/6", b""), Code::CHANGED);
    assert_eq!(state(&b), (4, 59, false));
    flash.apply = Ok(());
    assert_eq!(execute(&mut b, &mut flash, "/9/0/6", b"1"), Code::CHANGED);
    assert_eq!(state(&b), (0, 0, false));
    use PackageStep as S;
    let steps =
        [S::Install, S::Install, S::Activate, S::Deactivate, S::Uninstall, S::UninstallForUpdate];
    assert_eq!((&flash.applied[..], flash.discards), (&steps[..], 0));
    // Delivered and thrown away again.
    flash.whole(&mut b, PACKAGE, b"new");
    assert_eq!(execute(&mut b, &mut flash, "/9/0/6", b"0"), Code::CHANGED);
    assert_eq!(state(&b), (0, 0, false));
}

#[test]
fn object_9_update_results() {
    use PackageError as E;
    for (error, result) in [
        (E::NoSpace, 50),
        (E::OutOfMemory, 51),
        (E::ConnectionLost, 52),
        (E::Integrity, 53),
        (E::UnsupportedType, 54),
    ] {
        let (mut b, mut flash) = software();
        flash.refuse = Some(error);
        assert!(!flash.whole(&mut b, PACKAGE, b"image").code.is_success());
        assert_eq!(state(&b), (0, result, false));
        let (mut b, mut flash) = software();
        flash.verify = Err(error);
        flash.whole(&mut b, PACKAGE, b"image");
        assert_eq!((state(&b), flash.discards), ((0, result, false), 1));
    }
    for (uri, result) in [("http:", 56), ("ftp://h/f", 56)] {
        let (mut b, mut flash) = software();
        assert_eq!(b.ask(Ask::write("/9/0/3", uri)).code, Code::CHANGED);
        flash.run(&mut b);
        assert_eq!(state(&b), (0, result, false));
    }
    let (mut b, mut flash) = software();
    flash.push(&mut b, PEER, &Piece::new(PACKAGE, 0, true, &[1; 64]));
    b.pass_secs(250);
    flash.run(&mut b);
    assert_eq!((state(&b), flash.discards), ((0, 52, false), 1));
}

#[test]
fn object_9_fetched_and_restarted() {
    let (mut b, mut flash) = software();
    let mut source = Source::new(image(300));
    b.ask(Ask::write("/9/0/3", "coap://192.0.2.1/app"));
    flash.run(&mut b);
    source.run(&mut b, &mut flash, 1);
    let reboot = |flash: &Flash| {
        let kept = flash.bytes.len() as u32;
        let support = PackageSupport { record: &flash.record, kept, ..PackageSupport::COAP };
        registered(client(&support))
    };
    let mut b = reboot(&flash);
    flash.run(&mut b);
    source.run(&mut b, &mut flash, usize::MAX);
    assert_eq!((&flash.bytes, state(&b)), (&source.image, (3, 3, false)));
    let mut b = reboot(&flash);
    execute(&mut b, &mut flash, "/9/0/4", b"");
    let mut b = reboot(&flash);
    assert_eq!((state(&b).0, state(&b).1), (4, 2));
    flash.apply_later = true;
    execute(&mut b, &mut flash, "/9/0/6", b"");
    let mut b = reboot(&flash);
    flash.apply_later = false;
    flash.run(&mut b);
    assert_eq!(state(&b), (0, 0, false));
}

#[test]
fn object_9_instances_come_and_go() {
    let (mut b, mut flash) = software();
    let add = |b: &mut Bench, instance| {
        b.client.command(b.now, move |c, now| c.add_software(now, instance, &PackageSupport::COAP))
    };
    assert_eq!(b.ask(Ask::send(Code::POST, "/9", F::LWM2M_TLV, b"")).code, Code::CREATED);
    assert_eq!(add(&mut b, 1), Ok(()));
    assert_eq!(add(&mut b, 1), Err(UsageError::Exists));
    assert_eq!(add(&mut b, 2), Err(UsageError::Full));
    flash.push(&mut b, PEER, &Piece::new(PACKAGE, 0, true, &[1; 64]));
    // Deleted in the middle.
    assert_eq!(b.ask(Ask::new(Code::DELETE, "/9/0")).code, Code::DELETED);
    let late = b.send_raw(PEER, &Piece::new(PACKAGE, 1, true, &[1; 64]));
    assert!(!b.answer_to(PEER, late).unwrap().code.is_success());
    b.pass_secs(300);
    assert_eq!(flash.whole(&mut b, "/9/1/2", b"image").code, Code::CHANGED);
    assert_eq!(b.engine().get(path("/9/1/7")), Some(Value::Integer(3)));
    assert_eq!(add(&mut b, 2), Ok(()));
}
