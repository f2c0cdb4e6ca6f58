//! `m2m objects import`: what it makes of a file in the schema of OMA's registry, that Rust and C
//! take it, and what it says of files that are none.

#![allow(clippy::expect_used, clippy::panic, reason = "test code")]

use lwm2m_core::client::{Client, Config};
use lwm2m_core::{DataType, ObjectVersion, Operations, Path, Value};
use m2m_base::{Instant, Seed};
use std::process::{Command, Output};

/// What the command made of the file, as it is committed.
#[allow(unreachable_pub, reason = "a module of whoever takes it")]
mod made {
    include!("objects/thermostat.rs");
}

const XML: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/objects/thermostat.xml");

fn import(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_m2m"));
    command.args(["objects", "import"]).args(arguments).output().expect("the command")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn rust_and_c_are_as_they_are_committed() {
    for (option, committed) in [
        ("--rust", include_str!("objects/thermostat.rs")),
        ("--c", include_str!("objects/thermostat.c")),
    ] {
        let made = import(&[XML, option]);
        assert!(made.status.success());
        assert_eq!(text(&made.stdout), committed, "{option}");
        let said = text(&made.stderr);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("/33000/x/0") && said.contains("minutes of a day"), "{said}");
    }
    assert_eq!(import(&[XML]).stdout, import(&[XML, "--rust"]).stdout);
}

#[test]
fn the_tables_say_what_the_file_says() {
    let [plan, thermostat] = made::OBJECTS else { panic!("two objects") };
    assert_eq!(
        (plan.id, plan.version, plan.multiple, plan.mandatory),
        (33000, ObjectVersion::DEFAULT, false, true)
    );
    let version = ObjectVersion::new(1, 2);
    assert_eq!((thermostat.id, thermostat.version, thermostat.multiple), (33001, version, true));
    let ids: Vec<u16> = thermostat.resources.iter().map(|r| r.id).collect();
    assert_eq!(ids, [0, 1, 2, 3, 4, 5700, 5900]);
    let row = |id| thermostat.resource(id).expect("a row");
    assert_eq!((row(2).operations(), row(2).data_type), (Operations::E, DataType::None));
    assert_eq!((row(3).operations(), row(4).is_multiple()), (Operations::NONE, true));
    assert!(row(5900).is_mandatory() && !row(0).is_mandatory());
    let bounds = |id| row(id).range.bounds();
    assert_eq!(bounds(0), Some(0..=5));
    assert_eq!(bounds(1), Some(0..=32));
    assert_eq!(bounds(3), Some(16..=32));
    assert_eq!(bounds(5900), Some(5..=30));
    assert_eq!(bounds(5700), None);
}

/// A client has the objects like any others.
#[test]
fn a_client_takes_the_tables() {
    let config = Config { objects: made::OBJECTS, ..Config::new("x") };
    let mut client = Client::new(&config, &Seed([1; 32])).expect("a client");
    client.add_instance(Instant::ZERO, Path::instance(33001, 7)).expect("an instance");
    let set_point = Path::resource(33001, 7, 5900);
    client.set(Instant::ZERO, set_point, Value::Float(21.5)).expect("in range");
    assert!(client.set(Instant::ZERO, set_point, Value::Float(31.0)).is_err());
}

/// A C compiler takes the tables without a warning.
#[test]
fn c_compiles() {
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/../include");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/objects/thermostat.c");
    let flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"];
    let out = Command::new("cc").args(flags).args([include, file]).output().expect("a C compiler");
    assert!(out.status.success(), "{}", text(&out.stderr));
}

#[test]
fn files_that_are_wrong_change_nothing() {
    let folder = std::env::temp_dir().join(format!("m2m-objects-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (out, wrong) = (folder.join("out.rs"), folder.join("wrong.xml"));
    let (out_name, wrong_name) = (out.to_str().expect("a name"), wrong.to_str().expect("a name"));
    assert!(import(&[XML, "--out", out_name]).status.success());
    let committed = include_str!("objects/thermostat.rs");
    assert_eq!(std::fs::read_to_string(&out).expect("written"), committed);
    let good = std::fs::read_to_string(XML).expect("the file");
    std::fs::write(&wrong, good.replace("Objlnk", "Link")).expect("written");
    for (arguments, said) in [
        (&[wrong_name, "--out", out_name][..], "wrong.xml: line 74: Type is \"Link\""),
        (&[XML, XML, "--out", out_name], "object 33000 comes twice"),
        (&["/nothing.xml", "--out", out_name], "/nothing.xml"),
        (&["--c"], "FILE"),
        (&[XML, "--c", "--rust"], "--rust"),
    ] {
        let refused = import(arguments);
        assert!(!refused.status.success() && refused.stdout.is_empty(), "{arguments:?}");
        let told = text(&refused.stderr);
        assert!(told.contains(said), "{told}");
    }
    assert_eq!(std::fs::read_to_string(&out).expect("still there"), committed);
    assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 2, "no leftovers");
    std::fs::remove_dir_all(&folder).expect("removed");
}
