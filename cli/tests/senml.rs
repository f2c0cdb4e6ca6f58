//! `m2m senml` as people run it.
#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests of a program"
)]

mod common;

use common::{m2m, run};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::thread;

/// RFC 8428 section 5.1.2, the second example.
const CURRENTS: &str = r#"[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,
"n":"voltage","u":"V","v":120.1},{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},
{"n":"current","t":-3,"v":1.4},{"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},
{"n":"current","v":1.7}]"#;

/// RFC 8790 section 1.
const LIGHT: &str = r#"[{"bn":"2001:db8::2/3311/0/","n":"5850","vb":true},{"n":"5851","v":42},{"n":"5750","vs":"Ceiling light"}]"#;

/// A directory of this test's own.
struct Files(PathBuf);

impl Files {
    fn new(test: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("m2m-senml-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Files(dir)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        std::fs::write(self.0.join(name), content).unwrap();
        self.path(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let files = std::fs::read_dir(&self.0).unwrap();
        let mut names: Vec<_> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the command with this on its standard input.
fn pipe(arguments: &[&str], input: impl Into<Vec<u8>>) -> Output {
    let mut command = m2m(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.into();
    // It may end before it has read all.
    let feeder = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

/// Standard output of a command that succeeded.
fn good(output: &Output) -> Vec<u8> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*errors), (Some(0), ""));
    output.stdout.clone()
}

fn text(output: &Output) -> String {
    String::from_utf8(good(output)).unwrap()
}

/// What a command that failed said.
fn sentence(output: &Output, code: i32) -> String {
    let errors = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{errors}");
    assert!(errors.starts_with("m2m: ") && errors.lines().count() == 1, "{errors}");
    errors["m2m: ".len()..].trim_end().to_owned()
}

#[test]
fn a_document_goes_through_all_formats_and_comes_back() {
    let json = pipe(&["senml", "convert", "--to", "json"], CURRENTS);
    let json = good(&json);
    let cbor = good(&pipe(&["senml", "convert", "--to", "cbor"], json.clone()));
    // A pack that fits is written with its length (RFC 8428 section 6).
    assert_eq!(cbor[0], 0x87);
    let xml = good(&pipe(&["senml", "convert", "--to", "xml"], cbor.clone()));
    assert!(xml.starts_with(b"<sensml xmlns=\"urn:ietf:params:xml:ns:senml\"><senml bn="));
    assert_eq!(good(&pipe(&["senml", "convert", "--to", "json"], xml)), json);
    let decimal = good(&pipe(&["senml", "convert", "--to", "cbor", "--decimal"], json.clone()));
    assert!(decimal.len() < cbor.len());
    assert_eq!(good(&pipe(&["senml", "convert", "--to", "json"], decimal)), json);
}

#[test]
fn formats_are_told_by_names_of_files_and_first_bytes() {
    let files = Files::new("formats");
    let json = files.write("a.json", CURRENTS);
    for name in ["b.senmlc", "b.cbor", "b.sensmlx", "b.xml", "b.senml"] {
        assert_eq!(text(&run(&["senml", "convert", &json, "-o", &files.path(name)])), "");
        let back = text(&run(&["senml", "convert", &files.path(name), "--to", "json"]));
        assert_eq!(back, text(&run(&["senml", "convert", &json])));
    }
    assert_eq!(files.read("b.cbor")[0], 0x87);
    assert_eq!(files.read("b.xml")[0], b'<');
    // A name that tells nothing, and one that lies.
    let plain = files.write("plain", files.read("b.cbor"));
    assert_eq!(good(&run(&["senml", "convert", &plain])), files.read("b.cbor"));
    let liar = files.write("liar.xml", CURRENTS);
    assert!(sentence(&run(&["senml", "convert", &liar]), 1).contains("record 1, byte 0"));
    assert!(text(&run(&["senml", "convert", &liar, "--from", "json", "--to", "json"])).len() > 9);
    let told = sentence(&pipe(&["senml", "convert"], "hello"), 1);
    assert_eq!(told, "standard input does not look like JSON, CBOR or XML: say --from");
    assert_eq!(sentence(&pipe(&["senml", "convert"], ""), 1), "standard input is empty");
}

#[test]
fn errors_tell_record_and_byte_and_leave_no_file() {
    let files = Files::new("errors");
    let good_file = files.write("good.json", CURRENTS);
    let out = files.write("out.cbor", "before");
    for (name, content, told) in [
        ("a.json", r#"[{"n":"a","v":1},{"n":"b","v":x}]"#, "record 2, byte 30: malformed"),
        ("b.json", r#"[{"n":"a","v":1},{"n":"b"}"#, "it ends after record 2, cut short"),
        ("c.json", r#"[{"n":"a","v":1},{"n":"b""#, "record 2, byte 25: unexpected end"),
        (
            "d.json",
            r#"[{"n":"a","v":1,"vs":"b"}]"#,
            "record 1, byte 16: several values in one record",
        ),
        ("e.json", r#"[{"must_":1}]"#, "record 1, byte 2: unsupported mandatory field"),
        ("f.xml", "<!DOCTYPE x>", "record 1, byte 0: document type declaration"),
    ] {
        let path = files.write(name, content);
        let output = run(&["senml", "convert", &path, "-o", &out]);
        assert_eq!(sentence(&output, 1), format!("{path}: {told}"));
        std::fs::remove_file(&path).unwrap();
    }
    let nowhere = files.path("no/where.cbor");
    assert!(
        sentence(&run(&["senml", "convert", &good_file, "-o", &nowhere]), 1).contains("where.cbor")
    );
    let missing = files.path("missing.json");
    assert!(sentence(&run(&["senml", "convert", &missing]), 1).contains("missing.json"));
    assert_eq!(files.read("out.cbor"), b"before");
    assert_eq!(files.names(), ["good.json", "out.cbor"]);
    // What the other format cannot carry.
    let null = r#"[{"n":"a","v":1},{"n":"b","v":null}]"#;
    let output = pipe(&["senml", "convert", "--to", "xml"], null);
    assert_eq!(sentence(&output, 1), "record 2: XML cannot carry this");
}

#[test]
fn command_lines_that_make_no_sense() {
    for arguments in [
        &["senml", "convert", "--to", "yaml"][..],
        &["senml", "convert", "a", "b"],
        &["senml", "resolve", "--now", "1"],
        &["senml", "resolve", "--absolute", "--now", "noon"],
        &["senml", "fetch"],
        &["senml", "melt"],
    ] {
        sentence(&run(arguments), 2);
    }
    let help = text(&run(&["senml", "convert", "--help"]));
    assert!(help.contains("Examples:") && help.contains("--stream"), "{help}");
}

#[test]
fn resolve_prints_records_that_say_everything() {
    let resolved = text(&pipe(&["senml", "resolve", "--lines"], CURRENTS));
    let lines: Vec<_> = resolved.lines().collect();
    assert_eq!(lines.len(), 7);
    assert_eq!(
        lines[1],
        r#"{"bver":5,"n":"urn:dev:ow:10e2073a0108006:current","u":"A","t":1276020071.001,"v":1.2},"#
    );
    let relative = r#"[{"n":"a","t":-10,"v":1},{"n":"b","v":2},{"n":"c","t":-20,"v":3}]"#;
    let arguments = ["senml", "resolve", "--absolute", "--now", "1700000000"];
    assert_eq!(
        text(&pipe(&arguments, relative)),
        r#"[{"n":"a","t":1699999990,"v":1},{"n":"b","t":1700000000,"v":2},{"n":"c","t":1699999980,"v":3}]"#
    );
    let mut sorted = arguments.to_vec();
    sorted.push("--sort");
    assert_eq!(
        text(&pipe(&sorted, relative)),
        r#"[{"n":"c","t":1699999980,"v":3},{"n":"a","t":1699999990,"v":1},{"n":"b","t":1700000000,"v":2}]"#
    );
    let path = r#"[{"bn":"/3/0/","n":"9","v":100}]"#;
    let told = sentence(&pipe(&["senml", "resolve"], path), 1);
    assert_eq!(told, "standard input: record 1, byte 1: invalid name");
    assert_eq!(text(&pipe(&["senml", "resolve", "--lwm2m"], path)), r#"[{"n":"/3/0/9","v":100}]"#);
}

#[test]
fn compact_says_once_what_records_have_in_common() {
    let resolved = text(&pipe(&["senml", "resolve"], CURRENTS));
    let short = text(&pipe(&["senml", "compact"], resolved.clone()));
    assert!(short.len() < resolved.len() / 2, "{short}");
    assert!(
        short.starts_with(r#"[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1276020076.001,"#),
        "{short}"
    );
    assert_eq!(short.matches("bver").count(), 1);
    assert_eq!(text(&pipe(&["senml", "resolve"], short.clone())), resolved);
    // Once is enough.
    assert_eq!(text(&pipe(&["senml", "compact"], short.clone())), short);
}

#[test]
fn validate_tells_what_is_wrong_and_what_is_odd() {
    assert_eq!(text(&pipe(&["senml", "validate"], CURRENTS)), "valid: 7 records, 0 remarks\n");
    let odd = r#"[{"n":"a","u":"km","v":1},{"n":"b","u":"smoot","v":1},{"n":"c","u":"l","v":1},
        {"n":"d","u":"l","v":1}]"#;
    assert_eq!(
        text(&pipe(&["senml", "validate"], odd)),
        "a: unit km is a secondary one, which needs \"bver\":26\n\
         b: unit smoot is not registered\n\
         c: unit l is not recommended any more: use m3\n\
         valid: 4 records, 3 remarks\n"
    );
    let output = pipe(&["senml", "validate", "--strict"], odd);
    assert_eq!(sentence(&output, 1), "not as it should be: 4 records, 3 remarks");
    let secondary = r#"[{"bver":26,"n":"a","u":"km","v":1}]"#;
    assert_eq!(text(&pipe(&["senml", "validate"], secondary)), "valid: 1 record, 0 remarks\n");
    for (document, told) in [
        (r#"[{"n":"a","v":1},{"n":"b"}]"#, "record 2, byte 17: record without value"),
        (r#"[{"n":"a b","v":1}]"#, "record 1, byte 1: invalid name"),
        (r#"[{"n":"a","v":1,"bver":99}]"#, "record 1, byte 1: unsupported version"),
    ] {
        let told = format!("standard input: {told}");
        assert_eq!(sentence(&pipe(&["senml", "validate"], document), 1), told);
    }
}

#[test]
fn fetch_and_patch_as_in_rfc8790() {
    let files = Files::new("etch");
    let light = files.write("light.json", LIGHT);
    let wanted =
        files.write("wanted.json", r#"[{"bn":"2001:db8::2/3311/0/","n":"5850"},{"n":"5851"}]"#);
    assert_eq!(
        text(&run(&["senml", "fetch", &wanted, &light])),
        r#"[{"n":"2001:db8::2/3311/0/5850","vb":true},{"n":"2001:db8::2/3311/0/5851","v":42}]"#
    );
    let nothing = files.write("nothing.json", r#"[{"n":"none"}]"#);
    assert_eq!(text(&run(&["senml", "fetch", &nothing, &light])), "[]");
    let changes = files.write(
        "changes.json",
        r#"[{"bn":"2001:db8::2/3311/0/","n":"5850","vb":false},{"n":"5851","v":null},{"n":"1","v":5}]"#,
    );
    // In place.
    assert_eq!(text(&run(&["senml", "patch", &changes, &light, "-o", &light])), "");
    assert_eq!(
        String::from_utf8(files.read("light.json")).unwrap(),
        r#"[{"n":"2001:db8::2/3311/0/5850","vb":false},{"n":"2001:db8::2/3311/0/5750","vs":"Ceiling light"},{"n":"2001:db8::2/3311/0/1","v":5}]"#
    );
    let wrong = files.write("wrong.json", r#"[{"n":"a","v":1}]"#);
    let told = sentence(&run(&["senml", "fetch", &wrong, &light]), 1);
    assert_eq!(told, format!("{wrong}: value where none may be at byte 1"));
    let twice = r#"[{"n":"a","v":1},{"n":"a","v":2}]"#;
    let told = sentence(&pipe(&["senml", "patch", &wrong], twice), 1);
    assert_eq!(told, format!("{wrong}: record 1 matches more than one record of the target"));
}

#[test]
fn streams_are_converted_as_they_come() {
    use std::io::Read;
    let mut command = m2m(&["senml", "convert", "--from", "json", "--to", "cbor", "--stream"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    for (number, piece) in [(1, "[{\"v\":1}"), (2, ",{\"v\":2}")] {
        stdin.write_all(piece.as_bytes()).unwrap();
        // It comes before the next one is sent.
        let mut record = vec![0; if number == 1 { 4 } else { 3 }];
        stdout.read_exact(&mut record).unwrap();
        assert_eq!(record[record.len() - 3..], [0xa1, 0x02, number]);
    }
    drop(stdin);
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, [0xff]);
    assert!(child.wait().unwrap().success(), "a stream need not be closed");
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let mut big = String::from("[{\"n\":\"a\",\"v\":1}");
    for _ in 0..200_000 {
        big.push_str(",{\"n\":\"a\",\"v\":1}");
    }
    big.push(']');
    let mut command = m2m(&["senml", "convert", "--to", "xml"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let feeder = thread::spawn(move || drop(stdin.write_all(big.as_bytes())));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert_eq!(good(&output), b"");
}

#[test]
fn plot_draws_on_the_terminal_and_as_pictures() {
    let chart = text(&pipe(&["senml", "plot", "--width", "60"], CURRENTS));
    let lines: Vec<_> = chart.lines().collect();
    assert_eq!(lines[0], "urn:dev:ow:10e2073a0108006:");
    assert!(chart.contains("[V]  ━━ voltage\n") && chart.contains("[A]  ━━ current\n"), "{chart}");
    assert!(chart.contains("18:01:12") && chart.contains("2010-06-08 (UTC)"), "{chart}");
    assert!(lines.iter().all(|line| line.chars().count() <= 60), "{chart}");
    assert!(chart.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)), "{chart}");

    let files = Files::new("plot");
    let json = files.write("a.json", CURRENTS);
    let (svg, png) = (files.path("a.svg"), files.path("a.png"));
    assert_eq!(text(&run(&["senml", "plot", &json, "--svg", &svg, "--png", &png])), "");
    let drawn = String::from_utf8(files.read("a.svg")).unwrap();
    assert!(drawn.starts_with("<svg xmlns=") && drawn.ends_with("</svg>\n"));
    for part in [">voltage<", ">current<", ">V<", ">A<", ">18:01:13<", ">1.5<", "<circle "] {
        assert!(drawn.contains(part), "{part} is not in {drawn}");
    }
    let picture = files.read("a.png");
    assert_eq!(&picture[..8], b"\x89PNG\r\n\x1a\n");
    // 2,000 pixels wide.
    assert_eq!(&picture[16..20], &2000u32.to_be_bytes());

    let one = text(&run(&["senml", "plot", &json, "--name", "current"]));
    assert!(one.contains("current") && !one.contains("voltage"), "{one}");
    let told = sentence(&run(&["senml", "plot", &json, "--name", "none"]), 1);
    assert_eq!(told, "there is nothing to draw");
    let words = pipe(&["senml", "plot"], r#"[{"n":"a","vs":"x"}]"#);
    assert_eq!(sentence(&words, 1), "there are no numbers to draw");
    // Values without times, and a name that would move the cursor were it printed.
    let plain =
        text(&pipe(&["senml", "plot"], r#"[{"n":"a","v":1},{"n":"a","v":3},{"n":"b","v":2}]"#));
    assert!(plain.contains("* a  + b") && plain.contains("number of the value"), "{plain}");
}

/// The most memory that a process has had, in kilobytes.
#[cfg(target_os = "linux")]
fn peak_memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn two_hundred_megabytes_take_no_more_memory_than_two() {
    let peak = |megabytes: usize| {
        let mut command = m2m(&["senml", "convert", "--from", "json", "--to", "cbor"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A piece of many records, again and again.
        let mut piece = String::new();
        for number in 0..10_000 {
            piece.push_str(&format!(
                ",{{\"n\":\"urn:dev:mac:0024befffe804ff1:temperature\",\"t\":{number},\"u\":\"Cel\",\"v\":2{}.5}}",
                number % 10
            ));
        }
        stdin.write_all(b"[{\"n\":\"a\",\"v\":0}").unwrap();
        for _ in 0..(megabytes << 20) / piece.len() {
            stdin.write_all(piece.as_bytes()).unwrap();
        }
        let peak = peak_memory(child.id());
        stdin.write_all(b"]").unwrap();
        drop(stdin);
        assert!(child.wait().unwrap().success());
        peak
    };
    let (small, large) = (peak(20), peak(200));
    // Both are past what is kept to tell the number of records first.
    assert!(large < small + 4096, "{small} kB, {large} kB");
}
