//! The examples of RFC 8428 and of LwM2M, and what they mean.

use super::*;
use crate::DecodeErrorKind as Kind;

const MULTIPLE_B: &str = r#"[
  {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,
   "n":"voltage","u":"V","v":120.1},
  {"n":"current","t":-5,"v":1.2},
  {"n":"current","t":-4,"v":1.3},
  {"n":"current","t":-3,"v":1.4},
  {"n":"current","t":-2,"v":1.5},
  {"n":"current","t":-1,"v":1.6},
  {"n":"current","v":1.7}
]"#;

#[test]
fn rfc8428_section_5_1_examples_resolve() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "5.1.1",
            r#"[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]"#,
            &["urn:dev:ow:10e2073a01080063 23.1 [Cel]"],
        ),
        (
            "5.1.2 a",
            r#"[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},
                {"n":"current","u":"A","v":1.2}]"#,
            &[
                "urn:dev:ow:10e2073a01080063:voltage 120.1 [V]",
                "urn:dev:ow:10e2073a01080063:current 1.2 [A]",
            ],
        ),
        (
            "5.1.2 b",
            MULTIPLE_B,
            &[
                "urn:dev:ow:10e2073a0108006:voltage 120.1 [V] @1276020076.001 bver 5",
                "urn:dev:ow:10e2073a0108006:current 1.2 [A] @1276020071.001 bver 5",
                "urn:dev:ow:10e2073a0108006:current 1.3 [A] @1276020072.001 bver 5",
                "urn:dev:ow:10e2073a0108006:current 1.4 [A] @1276020073.001 bver 5",
                "urn:dev:ow:10e2073a0108006:current 1.5 [A] @1276020074.001 bver 5",
                "urn:dev:ow:10e2073a0108006:current 1.6 [A] @1276020075.001 bver 5",
                "urn:dev:ow:10e2073a0108006:current 1.7 [A] @1276020076.001 bver 5",
            ],
        ),
        (
            "5.1.3, 5.1.4",
            r#"[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},
                {"u":"lon","v":24.30621},
                {"u":"lat","v":60.07965},
                {"t":60,"v":20.3},
                {"u":"lon","t":60,"v":24.30622},
                {"u":"lat","t":60,"v":60.07965},
                {"t":120,"v":20.7},
                {"u":"%EL","t":150,"v":98},
                {"t":180,"v":21.2}]"#,
            &[
                "urn:dev:ow:10e2073a01080063 20 [%RH] @1320067464",
                "urn:dev:ow:10e2073a01080063 24.30621 [lon] @1320067464",
                "urn:dev:ow:10e2073a01080063 60.07965 [lat] @1320067464",
                "urn:dev:ow:10e2073a01080063 20.3 [%RH] @1320067524",
                "urn:dev:ow:10e2073a01080063 24.30622 [lon] @1320067524",
                "urn:dev:ow:10e2073a01080063 60.07965 [lat] @1320067524",
                "urn:dev:ow:10e2073a01080063 20.7 [%RH] @1320067584",
                "urn:dev:ow:10e2073a01080063 98 [%EL] @1320067614",
                "urn:dev:ow:10e2073a01080063 21.2 [%RH] @1320067644",
            ],
        ),
        (
            "5.1.5",
            r#"[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},
                {"n":"label","vs":"Machine Room"},
                {"n":"open","vb":false},
                {"n":"nfv-reader","vd":"aGkgCg"}]"#,
            &[
                "urn:dev:ow:10e2073a01080063:temp 23.1 [Cel]",
                "urn:dev:ow:10e2073a01080063:label Text(\"Machine Room\")",
                "urn:dev:ow:10e2073a01080063:open Boolean(false)",
                "urn:dev:ow:10e2073a01080063:nfv-reader Data(h'6869200a')",
            ],
        ),
        (
            "5.1.6",
            r#"[{"bn":"2001:db8::2/","bt":1.320078429e+09,"n":"temperature","u":"Cel","v":25.2},
                {"n":"humidity","u":"%RH","v":30},
                {"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},
                {"n":"humidity","u":"%RH","v":67}]"#,
            &[
                "2001:db8::2/temperature 25.2 [Cel] @1320078429",
                "2001:db8::2/humidity 30 [%RH] @1320078429",
                "2001:db8::1/temperature 12.3 [Cel] @1320078429",
                "2001:db8::1/humidity 67 [%RH] @1320078429",
            ],
        ),
        (
            "5.1.7",
            r#"[{"bn":"urn:dev:ow:10e2073a01080063:"},
                {"n":"temp","u":"Cel","v":23.1},
                {"n":"heat","u":"/","v":1},
                {"n":"fan","u":"/","v":0}]"#,
            &[
                "urn:dev:ow:10e2073a01080063:temp 23.1 [Cel]",
                "urn:dev:ow:10e2073a01080063:heat 1 [/]",
                "urn:dev:ow:10e2073a01080063:fan 0 [/]",
            ],
        ),
        (
            "5.1.7, lights on",
            r#"[{"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":1},
                {"n":"2001:db8::4","v":1}]"#,
            &["2001:db8::3 1 [/] @1320078429", "2001:db8::4 1 [/] @1320078429"],
        ),
        (
            "5.1.7, lights off",
            r#"[{"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":0.5},
                {"n":"2001:db8::4","v":0.5},
                {"n":"2001:db8::3","t":0.1,"v":0},
                {"n":"2001:db8::4","t":0.1,"v":0}]"#,
            &[
                "2001:db8::3 0.5 [/] @1320078429",
                "2001:db8::4 0.5 [/] @1320078429",
                "2001:db8::3 0 [/] @1320078429.1",
                "2001:db8::4 0 [/] @1320078429.1",
            ],
        ),
    ];
    for (section, pack, expected) in table {
        let resolved = resolve(Format::Json, pack.as_bytes(), Rules::RFC8428);
        assert_eq!(resolved.as_deref(), Ok(&expected.map_to_string()[..]), "section {section}");
        // The same pack in CBOR means the same.
        let cbor = write(Format::Cbor, &read(Format::Json, pack.as_bytes()).unwrap());
        let resolved = resolve(Format::Cbor, &cbor, Rules::RFC8428);
        assert_eq!(resolved.as_deref(), Ok(&expected.map_to_string()[..]), "section {section}");
    }
}

#[test]
fn rfc8428_section_5_1_4_resolves_section_5_1_3() {
    let pack = br#"[
        {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},
        {"u":"lon","v":24.30621},{"u":"lat","v":60.07965},
        {"t":60,"v":20.3},{"u":"lon","t":60,"v":24.30622},{"u":"lat","t":60,"v":60.07965},
        {"t":120,"v":20.7},{"u":"lon","t":120,"v":24.30623},{"u":"lat","t":120,"v":60.07966},
        {"u":"%EL","t":150,"v":98},
        {"t":180,"v":21.2},{"u":"lon","t":180,"v":24.30628},{"u":"lat","t":180,"v":60.07967}]"#;
    let mut expected = String::from("[");
    for (unit, time, value) in [
        ("%RH", 464, "20"),
        ("lon", 464, "24.30621"),
        ("lat", 464, "60.07965"),
        ("%RH", 524, "20.3"),
        ("lon", 524, "24.30622"),
        ("lat", 524, "60.07965"),
        ("%RH", 584, "20.7"),
        ("lon", 584, "24.30623"),
        ("lat", 584, "60.07966"),
        ("%EL", 614, "98"),
        ("%RH", 644, "21.2"),
        ("lon", 644, "24.30628"),
        ("lat", 644, "60.07967"),
    ] {
        let comma = if expected.len() > 1 { "," } else { "" };
        expected += &format!(
            r#"{comma}{{"n":"urn:dev:ow:10e2073a01080063","u":"{unit}","t":1320067{time},"v":{value}}}"#
        );
    }
    expected += "]";
    let pack = Pack::decode(Format::Json, pack).unwrap();
    let resolved = pack.resolved(Rules::RFC8428, Number::ZERO).unwrap();
    assert_eq!(resolved.encode(Format::Json).unwrap(), expected.as_bytes());
}

trait MapToString {
    fn map_to_string(&self) -> Vec<String>;
}

impl MapToString for &[&str] {
    fn map_to_string(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

const SECTION_6: &str = "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b0010622361412005\
     0067766f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333a30067\
     63757272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666666666a30067637572\
     72656e74062102f93e00a3006763757272656e74062002fb3ff999999999999aa3006763757272656e74060002fb3f\
     fb333333333333";

#[test]
fn rfc8428_section_6_is_section_5_1_2_in_cbor_to_the_byte() {
    let cbor = hex(SECTION_6);
    assert_eq!(cbor.len(), 195);
    // The RFC's example writes the last record's time of 0, which its JSON leaves out.
    let mut records = read(Format::Json, MULTIPLE_B.as_bytes()).unwrap();
    records.last_mut().unwrap().time = Some(Number::ZERO);
    assert_eq!(write(Format::Cbor, &records), cbor);

    assert_eq!(
        resolve(Format::Cbor, &cbor, Rules::RFC8428),
        resolve(Format::Json, MULTIPLE_B.as_bytes(), Rules::RFC8428),
    );
    let mut counter = m2m_base::Counter::new();
    let mut writer = cbor::Writer::new(&mut counter, 7).unwrap();
    records.iter().for_each(|record| writer.record(record).unwrap());
    writer.finish().unwrap();
    assert_eq!(counter.len(), 195);
}

#[test]
fn lwm2m_senml_cbor_vectors() {
    let names = Rules::LWM2M.with_content(Content::Fetch);
    let device: &[&str] = &[
        "/3/0/0 Text(\"Open Mobile Alliance\")",
        "/3/0/1 Text(\"Lightweight M2M Client\")",
        "/3/0/2 Text(\"345000123\")",
        "/3/0/3 Text(\"1.0\")",
        "/3/0/6/0 1",
        "/3/0/6/1 5",
        "/3/0/7/0 3800",
        "/3/0/7/1 5000",
        "/3/0/8/0 125",
        "/3/0/8/1 900",
        "/3/0/9 100",
        "/3/0/10 15",
        "/3/0/11/0 0",
        "/3/0/13 1367491215",
        "/3/0/14 Text(\"+02:00\")",
        "/3/0/16 Text(\"U\")",
    ];
    let table: &[(&str, Rules, &[&str])] = &[
        (
            "90a321652f332f302f00613003744f70656e204d6f62696c6520416c6c69616e6365a200613103764c6967\
             6874776569676874204d324d20436c69656e74a20061320369333435303030313233a20061330363312e30\
             a20063362f300201a20063362f310205a20063372f3002190ed8a20063372f3102191388a20063382f3002\
             187da20063382f3102190384a2006139021864a200623130020fa2006431312f300200a200623133021a51\
             82428fa20062313403662b30323a3030a200623136036155",
            Rules::LWM2M,
            device,
        ),
        ("81a221662f302f302f330843abcdef", Rules::LWM2M, &["/0/0/3 Data(h'abcdef')"]),
        ("81a202f95cb0216b2f333434322f302f313330", Rules::LWM2M, &["/3442/0/130 300"]),
        ("80", Rules::LWM2M, &[]),
        (
            "83a321612f0065312f302f32021865a20065312f302f3604f5a20066332f302f31330200",
            Rules::LWM2M,
            &["/1/0/2 101", "/1/0/6 Boolean(true)", "/3/0/13 0"],
        ),
        (
            "81a221662f332f302f3003744f70656e204d6f62696c6520416c6c69616e6365",
            Rules::LWM2M,
            &["/3/0/0 Text(\"Open Mobile Alliance\")"],
        ),
        (
            "83a100662f332f302f30a100662f332f302f39a100662f312f302f31",
            names,
            &["/3/0/0", "/3/0/9", "/1/0/1"],
        ),
        ("81a121662f332f302f30", names, &["/3/0/0"]),
        ("81a3200a00672f33342f302f320201", Rules::LWM2M, &["/34/0/2 1"]),
        ("81a3647465737464676f6f6400672f33342f302f320201", Rules::LWM2M, &["/34/0/2 1"]),
        ("81a3240100672f33342f302f320201", Rules::LWM2M, &["/34/0/2 2"]),
        ("81a221672f33342f302f320360", Rules::LWM2M, &["/34/0/2 Text(\"\")"]),
        ("81a221672f33342f302f320840", Rules::LWM2M, &["/34/0/2 Data(h'')"]),
        ("9fa221672f33342f302f320360ff", Rules::LWM2M, &["/34/0/2 Text(\"\")"]),
        ("81bf21672f33342f302f320360ff", Rules::LWM2M, &["/34/0/2 Text(\"\")"]),
        ("81a321662f352f302f3100622f31036468747470", Rules::LWM2M, &["/5/0/1/1 Text(\"http\")"]),
        (
            "84a321682f36352f3534332f00613003654c574d324da2021907df006131a20063322f3004f5a204f40063\
             322f31",
            Rules::LWM2M,
            &[
                "/65/543/0 Text(\"LWM2M\")",
                "/65/543/1 2015",
                "/65/543/2/0 Boolean(true)",
                "/65/543/2/1 Boolean(false)",
            ],
        ),
        (
            "83a521642f37322f221a0184876a0063312f3202fb40366666666666660624a30063312f3202fb4036e666\
             6666666606381da30063312f3202fb403819999999999a063831",
            Rules::LWM2M,
            &["/72/1/2 22.4 @25462629", "/72/1/2 22.9 @25462604", "/72/1/2 24.1 @25462584"],
        ),
        (
            "82a321612f006836352f302f302f3063766c6f6436363a30a2006836352f302f302f3163766c6f6436363a\
             31",
            Rules::LWM2M,
            &["/65/0/0/0 ObjectLink(\"66:0\")", "/65/0/0/1 ObjectLink(\"66:1\")"],
        ),
    ];
    for (bytes, rules, expected) in table {
        let bytes = hex(bytes);
        let resolved = resolve(Format::Cbor, &bytes, *rules);
        assert_eq!(resolved.as_deref(), Ok(&expected.map_to_string()[..]), "{bytes:02x?}");
    }
}

#[test]
fn lwm2m_senml_cbor_vectors_to_reject() {
    let table = [
        ("81a3200b00672f33342f302f320201", Kind::UnsupportedVersion, 1),
        ("81a421612f65746573745f646661696c006633342f302f320201", Kind::UnsupportedField, 5),
        ("a221672f33342f302f320360", Kind::WrongType, 0),
        ("82a221672f33342f302f320360", Kind::UnexpectedEnd, 13),
    ];
    for (bytes, kind, offset) in table {
        let resolved = resolve(Format::Cbor, &hex(bytes), Rules::LWM2M);
        assert_eq!(resolved, Err(DecodeError { kind, offset }), "{bytes}");
    }
}

#[test]
fn lwm2m_senml_json_vectors() {
    let names = Rules::LWM2M.with_content(Content::Fetch);
    let patch = Rules::LWM2M.with_content(Content::Patch);
    let table: &[(&str, Rules, &[&str])] = &[
        (
            r#"[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"6/0","v":1},{"n":"6/1","v":5},{"n":"13","v":1367491215}]"#,
            Rules::LWM2M,
            &[
                "/3/0/0 Text(\"Open Mobile Alliance\")",
                "/3/0/6/0 1",
                "/3/0/6/1 5",
                "/3/0/13 1367491215",
            ],
        ),
        (
            r#"[{"bn":"/72/","bt":25462634,"n":"1/2","v":22.4,"t":-5},{"n":"1/2","v":22.9,"t":-30}]"#,
            Rules::LWM2M,
            &["/72/1/2 22.4 @25462629", "/72/1/2 22.9 @25462604"],
        ),
        (
            r#"[{"bn":"/72/","bt":25462634,"n":"1/2","v":22.4,"t":-5},{"n":"1/2","v":22.9,"t":-30}]"#,
            Rules { times: Times::Rfc8428, ..Rules::LWM2M },
            &["/72/1/2 22.4 now25462629", "/72/1/2 22.9 now25462604"],
        ),
        (
            r#"[{"n":"/3/0/0"},{"n":"/3/0/9"},{"n":"/1/0/1"}]"#,
            names,
            &["/3/0/0", "/3/0/9", "/1/0/1"],
        ),
        (
            r#"[{"bn":"/65/0/","n":"0/0","vlo":"66:0"},{"n":"0/1","vlo":"66:1"}]"#,
            Rules::LWM2M,
            &["/65/0/0/0 ObjectLink(\"66:0\")", "/65/0/0/1 ObjectLink(\"66:1\")"],
        ),
        (r#"[{"bn":"/34/0/2","vd":"AQIDBAU"}]"#, Rules::LWM2M, &["/34/0/2 Data(h'0102030405')"]),
        (r#"[{"n":"/lwm2m/3/0/0","vs":"x"}]"#, Rules::LWM2M, &["/lwm2m/3/0/0 Text(\"x\")"]),
        (r#"[{"n":"/d01/3/0/9","v":100}]"#, Rules::LWM2M, &["/d01/3/0/9 100"]),
        (r#"[{"n":"/3/0/6/1","v":null}]"#, patch, &["/3/0/6/1 Null"]),
        ("[]", Rules::LWM2M, &[]),
    ];
    for (pack, rules, expected) in table {
        let resolved = resolve(Format::Json, pack.as_bytes(), *rules);
        assert_eq!(resolved.as_deref(), Ok(&expected.map_to_string()[..]), "{pack}");
        // Written again: the fields in our order, but the same meaning, here and in CBOR.
        for format in [Format::Json, Format::Cbor] {
            let again = write(format, &read(Format::Json, pack.as_bytes()).unwrap());
            let resolved = resolve(format, &again, *rules);
            assert_eq!(resolved.as_deref(), Ok(&expected.map_to_string()[..]), "{pack}");
        }
    }
}

/// RFC 8428 sections 4.2 to 4.6, RFC 8790 section 3, RFC 9100 section 2.
#[test]
fn rules_of_resolution() {
    let rfc = Rules::RFC8428;
    let lwm2m = Rules::LWM2M;
    let fetch = rfc.with_content(Content::Fetch);
    let patch = rfc.with_content(Content::Patch);
    let units = Rules { version: 26, ..rfc };
    type Outcome<'a> = Result<&'a [&'a str], Kind>;
    let table: &[(&str, Rules, Outcome<'_>)] = &[
        // sums of base and own
        (
            r#"[{"n":"a","bv":20,"v":0.1},{"n":"b"},{"n":"c","vs":"x"}]"#,
            rfc,
            Ok(&["a 20.1", "b 20", "c Text(\"x\")"]),
        ),
        (r#"[{"n":"a","bs":0.1,"s":0.2},{"n":"b","v":1}]"#, rfc, Ok(&["a sum 0.3", "b 1 sum 0.1"])),
        (r#"[{"n":"a","v":1,"s":2,"ut":5}]"#, rfc, Ok(&["a 1 sum 2 next 5"])),
        (r#"[{"bn":"a","bv":5}]"#, rfc, Ok(&[])),
        (r#"[{"n":"a","bv":1e308,"v":1e308}]"#, rfc, Err(Kind::NumberRange)),
        // units and names replaced
        (
            r#"[{"n":"a","bu":"V","v":1},{"n":"b","u":"A","v":1},{"bu":"K","n":"c","v":1}]"#,
            rfc,
            Ok(&["a 1 [V]", "b 1 [A]", "c 1 [K]"]),
        ),
        (r#"[{"bn":"a","v":1},{"bn":"","n":"b","v":2}]"#, rfc, Ok(&["a 1", "b 2"])),
        // names
        (r#"[{"v":1}]"#, rfc, Err(Kind::InvalidName)),
        (r#"[{"n":"","v":1}]"#, rfc, Err(Kind::InvalidName)),
        (r#"[{"n":"-a","v":1}]"#, rfc, Err(Kind::InvalidName)),
        (r#"[{"n":"/a","v":1}]"#, rfc, Err(Kind::InvalidName)),
        (r#"[{"bn":"a","n":"-:./_Z9","v":1}]"#, rfc, Ok(&["a-:./_Z9 1"])),
        (r#"[{"n":"a b","v":1}]"#, rfc, Err(Kind::InvalidName)),
        (r#"[{"n":"aä","v":1}]"#, rfc, Err(Kind::InvalidName)),
        (r#"[{"bn":"a%"},{"n":"b","v":1}]"#, rfc, Err(Kind::InvalidName)),
        (r#"[{"n":"\u0061\/b","v":1}]"#, rfc, Ok(&["a/b 1"])),
        (r#"[{"n":"3/0/0","v":1}]"#, lwm2m, Err(Kind::InvalidName)),
        (r#"[{"bn":"/","n":"3/0/0","v":1}]"#, lwm2m, Ok(&["/3/0/0 1"])),
        (r#"[{"v":1}]"#, lwm2m, Err(Kind::InvalidName)),
        // times
        (r#"[{"n":"a","v":1,"t":-5}]"#, rfc, Ok(&["a 1 now-5"])),
        (r#"[{"n":"a","v":1,"t":268435455}]"#, rfc, Ok(&["a 1 now268435455"])),
        (r#"[{"n":"a","v":1,"t":268435455.9}]"#, rfc, Ok(&["a 1 now268435455.9"])),
        (r#"[{"n":"a","v":1,"t":268435456}]"#, rfc, Ok(&["a 1 @268435456"])),
        (r#"[{"n":"a","v":1,"bt":268435450,"t":6}]"#, rfc, Ok(&["a 1 @268435456"])),
        (r#"[{"n":"/a","v":1,"t":-5}]"#, lwm2m, Ok(&["/a 1 now-5"])),
        (r#"[{"n":"/a","v":1,"bt":10,"t":-5}]"#, lwm2m, Ok(&["/a 1 @5"])),
        // content
        (r#"[{"n":"a"}]"#, rfc, Err(Kind::MissingValue)),
        (r#"[{"n":"a","u":"V"}]"#, rfc, Err(Kind::MissingValue)),
        (r#"[{"t":5}]"#, rfc, Err(Kind::InvalidName)),
        (r#"[{"n":"a","v":null}]"#, rfc, Err(Kind::UnexpectedValue)),
        (r#"[{}]"#, rfc, Ok(&[])),
        (r#"[{"n":"a","v":null},{"n":"b","s":1},{"bn":"c"}]"#, patch, Ok(&["a Null", "b sum 1"])),
        (r#"[{"n":"a"}]"#, patch, Err(Kind::MissingValue)),
        (r#"[{"bn":"a"},{"n":"b","t":5,"u":"V"}]"#, fetch, Ok(&["a", "ab [V] now5"])),
        (r#"[{}]"#, fetch, Err(Kind::InvalidName)),
        (r#"[{"n":"a","v":1}]"#, fetch, Err(Kind::UnexpectedValue)),
        (r#"[{"n":"a","bv":1}]"#, fetch, Err(Kind::UnexpectedValue)),
        (r#"[{"n":"a","s":1}]"#, fetch, Err(Kind::UnexpectedValue)),
        (r#"[{"n":"a","ut":1}]"#, fetch, Err(Kind::UnexpectedValue)),
        (r#"[{"n":"a","v":null}]"#, fetch, Err(Kind::UnexpectedValue)),
        // versions
        (r#"[{"bver":10,"n":"a","v":1},{"bver":10,"n":"b","v":1}]"#, rfc, Ok(&["a 1", "b 1"])),
        (r#"[{"n":"a","v":1},{"bver":10,"n":"b","v":1}]"#, rfc, Ok(&["a 1", "b 1"])),
        (r#"[{"n":"a","v":1},{"bver":5,"n":"b","v":1}]"#, rfc, Err(Kind::VersionMismatch)),
        (r#"[{"bver":5,"n":"a","v":1},{"bver":6,"n":"b","v":1}]"#, rfc, Err(Kind::VersionMismatch)),
        (r#"[{"bver":0,"n":"a","v":1}]"#, rfc, Err(Kind::UnsupportedVersion)),
        (r#"[{"bver":1,"n":"a","v":1}]"#, rfc, Ok(&["a 1 bver 1"])),
        (r#"[{"bver":11,"n":"a","v":1}]"#, rfc, Err(Kind::UnsupportedVersion)),
        (r#"[{"bver":26,"n":"a","v":1}]"#, rfc, Err(Kind::UnsupportedVersion)),
        (r#"[{"bver":26,"n":"a","v":1}]"#, units, Ok(&["a 1 bver 26"])),
        (r#"[{"bver":16,"n":"a","v":1}]"#, units, Err(Kind::UnsupportedVersion)),
        (r#"[{"bver":27,"n":"a","v":1}]"#, units, Err(Kind::UnsupportedVersion)),
    ];
    for (pack, rules, expected) in table {
        let expected = expected.map(|records| records.map_to_string());
        let resolved = resolve(Format::Json, pack.as_bytes(), *rules).map_err(|error| error.kind);
        assert_eq!(resolved, expected, "{pack}");
        let Ok(records) = read(Format::Json, pack.as_bytes()) else { continue };
        let cbor = write(Format::Cbor, &records);
        let resolved = resolve(Format::Cbor, &cbor, *rules).map_err(|error| error.kind);
        // Sums of binary fractions are binary fractions.
        if !pack.contains("0.1") {
            assert_eq!(resolved, expected, "{pack}");
        }
    }
}

#[test]
fn resolved_pack_is_absolute_sorted_and_has_no_base_fields_section_4_6() {
    let pack = Pack::decode(Format::Json, MULTIPLE_B.as_bytes()).unwrap();
    let resolved = pack.resolved(Rules::RFC8428, Number::Integer(1_700_000_000)).unwrap();
    let first = resolved.encode(Format::Json).unwrap();
    let first = String::from_utf8(first).unwrap();
    assert!(
        first.starts_with(
            r#"[{"bver":5,"n":"urn:dev:ow:10e2073a0108006:current","u":"A","t":1276020071.001,"v":1.2},"#
        ),
        "{first}"
    );
    let names: Vec<_> = resolved.records.iter().filter_map(|r| r.name.as_deref()).collect();
    assert_eq!(names[5], "urn:dev:ow:10e2073a0108006:voltage");
    assert_eq!(resolved.resolved(Rules::RFC8428, Number::ZERO).unwrap(), resolved);

    let relative = Pack::decode(Format::Json, br#"[{"n":"a","v":1},{"n":"b","v":1,"t":-60}]"#);
    let resolved = relative.unwrap().resolved(Rules::RFC8428, Number::Integer(1_700_000_000));
    let times: Vec<_> = resolved.unwrap().records.iter().filter_map(|r| r.time).collect();
    assert_eq!(times, [Number::Integer(1_699_999_940), Number::Integer(1_700_000_000)]);
}
