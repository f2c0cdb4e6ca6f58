//! The reference in HTML that doxygen makes of the header: nothing in it is without documentation, and
//! every function has its place there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::{everything, header, package, repository, scratch};

/// What doxygen says about a header, by the committed settings; its pages go to `to`.
fn doxygen(input: &Path, to: &Path) -> Option<Output> {
    let settings = fs::read_to_string(package().join("Doxyfile")).unwrap();
    let settings =
        format!("{settings}\nINPUT = {}\nOUTPUT_DIRECTORY = {}\n", input.display(), to.display());
    let started = Command::new("doxygen")
        .arg("-")
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = started else {
        assert!(!everything(), "not installed: doxygen");
        println!("skipped: not installed: doxygen");
        return None;
    };
    child.stdin.take().unwrap().write_all(settings.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

#[test]
fn every_function_type_and_constant_is_in_the_reference() {
    let folder = scratch("reference");
    let Some(output) = doxygen(&header(), &folder) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = fs::read_to_string(folder.join("c-reference/m2m_8h.html")).unwrap();
    let text = fs::read_to_string(header()).unwrap();
    let mut functions = 0;
    for line in text.lines().filter(|l| !l.starts_with([' ', '/', '#'])) {
        let Some((before, _)) = line.split_once('(') else { continue };
        let name = before.rsplit([' ', '*']).next().unwrap();
        if name.starts_with("m2m_") {
            functions += 1;
            // The heading of its own paragraph.
            assert!(page.contains(&format!("{name} </td>")), "{name}");
        }
    }
    assert!(functions > 100, "{functions}");
}

#[test]
fn a_function_without_documentation_is_noticed() {
    let folder = scratch("reference-undocumented");
    let changed = folder.join("m2m.h");
    let text = fs::read_to_string(header()).unwrap();
    // In front of the comment of a function that has one.
    let at = text.find("int32_t m2m_lwm2m_client_free(").unwrap();
    let at = text.get(..at).unwrap().rfind("/**").unwrap();
    let (before, after) = text.split_at(at);
    fs::write(&changed, format!("{before}int32_t m2m_mute(int32_t value);\n\n{after}")).unwrap();
    let Some(output) = doxygen(&changed, &folder) else { return };
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("m2m_mute"));
}

#[test]
fn what_the_guide_for_porting_names_is_in_the_header() {
    let guide = fs::read_to_string(repository().join("docs/porting.md")).unwrap();
    let declared = fs::read_to_string(header()).unwrap();
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map(str::to_owned).collect()
    };
    let declared = words(&declared);
    let mut names = 0;
    for name in words(&guide).iter().filter(|w| w.starts_with("m2m_") || w.starts_with("M2M_")) {
        names += 1;
        // `m2m_lwm2m_client_set_*` stands for all that begin so.
        let stem = name.ends_with('_');
        assert!(declared.iter().any(|d| d == name || stem && d.starts_with(name)), "{name}");
    }
    assert!(names > 40, "{names}");
}
