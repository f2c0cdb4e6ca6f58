//! Vectors of RFC 6690 and of OMA, properties, adversaries.

use super::*;
use m2m_base::SliceSink;
use proptest::prelude::*;
use std::{string::String, vec::Vec};

/// A list in a form that is easy to compare: `(target, [(name, value)])`.
type Plain = Vec<(String, Vec<(String, Option<String>)>)>;

fn plain(list: &[u8]) -> Result<Plain, DecodeError> {
    Links::new(list)
        .map(|link| {
            let link = link?;
            let params = link
                .params()
                .map(|p| (String::from(p.name), p.value.map(|v| v.chars().collect::<String>())));
            Ok((String::from(link.target()), params.collect()))
        })
        .collect()
}

fn collected(f: impl FnOnce(&mut LinkWriter<'_>)) -> Vec<u8> {
    let mut buf = vec![0; 4096];
    let mut sink = SliceSink::new(&mut buf);
    f(&mut LinkWriter::new(&mut sink));
    sink.written().to_vec()
}

fn written(list: &Plain) -> Vec<u8> {
    collected(|w| {
        for (target, params) in list {
            w.link(target).unwrap();
            for (name, value) in params {
                match value {
                    Some(value) => w.param(name, value).unwrap(),
                    None => w.flag(name).unwrap(),
                };
            }
        }
    })
}

fn summary(list: &[u8]) -> String {
    let mut out = String::new();
    for (target, params) in plain(list).unwrap() {
        out += &format!("[{target}");
        for (name, value) in params {
            out += &match value {
                Some(v) => format!(" {name}={v}"),
                None => format!(" {name}"),
            };
        }
        out += "]";
    }
    out
}

#[test]
fn rfc6690_section_5_examples() {
    let table: &[(&str, &str)] = &[
        ("", ""),
        ("</sensors>;ct=40", "[/sensors ct=40]"),
        (
            "</sensors/temp>;if=\"sensor\",\n</sensors/light>;if=\"sensor\"",
            "[/sensors/temp if=sensor][/sensors/light if=sensor]",
        ),
        (
            "</sensors>;ct=40;title=\"Sensor Index\",</sensors/temp>;rt=\"temperature-c\";\
                 if=\"sensor\",</sensors/light>;rt=\"light-lux\";if=\"sensor\",\
                 <http://www.example.com/sensors/t123>;anchor=\"/sensors/temp\"\r\n;\
                 rel=\"describedby\",</t>;anchor=\"/sensors/temp\";rel=\"alternate\"",
            "[/sensors ct=40 title=Sensor Index][/sensors/temp rt=temperature-c if=sensor]\
                 [/sensors/light rt=light-lux if=sensor]\
                 [http://www.example.com/sensors/t123 anchor=/sensors/temp rel=describedby]\
                 [/t anchor=/sensors/temp rel=alternate]",
        ),
        ("</firmware/v2.1>;rt=\"firmware\";sz=262144", "[/firmware/v2.1 rt=firmware sz=262144]"),
        // RFC 7252 section 7.2.1, RFC 7641 section 6
        ("</a>;ct=\"0 40\";obs", "[/a ct=0 40 obs]"),
    ];
    for (list, expected) in table {
        assert_eq!(summary(list.as_bytes()), *expected, "{list}");
    }
}

#[test]
fn lwm2m_examples_and_what_devices_send() {
    let table: &[(&str, &str)] = &[
        ("</>;rt=\"oma.lwm2m\";ct=11543,</1/0>,</3/0>", "[/ rt=oma.lwm2m ct=11543][/1/0][/3/0]"),
        (
            "</1>;ver=1.1,</1/0>,</3303>;ver=\"1.1\",</3303/0>,</5>",
            "[/1 ver=1.1][/1/0][/3303 ver=1.1][/3303/0][/5]",
        ),
        (
            "</>;lwm2m=1.1,</0/0>;ssid=101;uri=\"coaps://server_1.example.com\",</0/1>,\
                 </0/2>;ssid=102",
            "[/ lwm2m=1.1][/0/0 ssid=101 uri=coaps://server_1.example.com][/0/1]\
                 [/0/2 ssid=102]",
        ),
        (
            "</3>;pmin=10,</3/0>;pmax=60,</3/0/1>,</3/0/6>;dim=8;gt=50;lt=42.2,</3/0/7>;dim=8",
            "[/3 pmin=10][/3/0 pmax=60][/3/0/1][/3/0/6 dim=8 gt=50 lt=42.2][/3/0/7 dim=8]",
        ),
        // 1.0 drafts: no target
        ("lwm2m=1.0,</0/0>;ssid=101", "[ lwm2m=1.0][/0/0 ssid=101]"),
        ("lwm2m=\"1.0\";x,</0/0>", "[ lwm2m=1.0 x][/0/0]"),
        (
            "</>;rt=\"oma.lwm2m\", </1/0/>, </3/0> ;ver=1.0 ",
            "[/ rt=oma.lwm2m][/1/0/][/3/0 ver=1.0]",
        ),
        ("</%20>,</foo>;param=<,</bar>;param2=>", "[/%20][/foo param=<][/bar param2=>]"),
        ("</a>;t=\"x,;<>\\\"\\\\y\",<>", "[/a t=x,;<>\"\\y][]"),
        ("</a>;title*=UTF-8'de'%e2%82%ac;x=a=b", "[/a title*=UTF-8'de'%e2%82%ac x=a=b]"),
    ];
    for (list, expected) in table {
        assert_eq!(summary(list.as_bytes()), *expected, "{list}");
    }
}

#[test]
fn errors_say_where() {
    use DecodeErrorKind::{Syntax, Truncated, Utf8};
    let table: &[(&[u8], DecodeErrorKind, usize)] = &[
        (b"foo", Syntax, 0),
        (b";a", Syntax, 0),
        (b"<", Truncated, 1),
        (b"</a", Truncated, 3),
        (b"</a b>", Syntax, 3),
        (b"</a><", Syntax, 4),
        (b"</a>,", Truncated, 5),
        (b"</a>,,</b>", Syntax, 5),
        (b"</a>,b=1", Syntax, 5),
        (b"</a>;", Truncated, 5),
        (b"</a>;=1", Syntax, 5),
        (b"</a>;b=", Truncated, 7),
        (b"</a>;b=,</c>", Syntax, 7),
        (b"</a>;b=\"c", Truncated, 9),
        (b"</a>;b=\"c\\", Truncated, 10),
        (b"</a>;b=\"c\"d", Syntax, 10),
        (b"</a>;b =1", Syntax, 7),
        (b"</a>;b=\"\xff\"", Utf8, 8),
    ];
    for (list, kind, offset) in table {
        let text = String::from_utf8_lossy(list);
        let e = plain(list).unwrap_err();
        assert_eq!((e.kind, e.offset), (*kind, *offset), "{text}");
        assert_eq!(Links::check(list), Err(e), "{text}");
        let mut links = Links::new(list);
        while links.next().is_some_and(|l| l.is_ok()) {}
        assert!(links.next().is_none(), "goes on after an error: {text}");
    }
}

#[test]
fn rfc6690_section_3_the_first_of_several_counts() {
    let list = br#"</a>;rt="x y";RT=z;sz=7;sz=8;ct="40  60 x 70000 0""#;
    let link = Links::new(list).next().unwrap().unwrap();
    assert_eq!(link.params().count(), 5);
    assert_eq!(
        link.list("rt").collect::<Vec<_>>(),
        [ParamValue::Token("x"), ParamValue::Token("y")]
    );
    assert_eq!(link.get("sz").unwrap().uint(), Some(7));
    assert_eq!(link.content_formats().collect::<Vec<_>>(), [40, 60, 0]);
    assert!(link.get("obs").is_none() && !link.has("obs") && link.list("if").next().is_none());
    for query in ["rt=z", "sz=8", "RT=Z"] {
        assert!(!Filter::new(query).unwrap().matches(&link), "{query}");
    }
}

#[test]
fn rfc6690_section_4_1_filters() {
    let list = br#"</sensors>;ct=40;title="Sensor Index",
            </sensors/temp>;rt="temperature-c outdoor";if="sensor",
            </sensors/light%20%c3%a9>;rt="light-lux";if="sensor";obs;foo=a;foo=b,
            </t>;anchor="/sensors/temp";rel="alternate",</50%>"#;
    let table: &[(&str, &[usize])] = &[
        ("rt=light-lux", &[2]),
        ("rt=outdoor", &[1]),
        ("rt=temperature-c outdoor", &[]),
        ("rt=temp*", &[1]),
        ("rt=*", &[1, 2]),
        ("if=sensor", &[1, 2]),
        ("href=/sensors", &[0]),
        ("href=/sensors*", &[0, 1, 2]),
        ("href=/sensors/light \u{e9}", &[2]),
        ("href=/sensors/light%20%c3%a9", &[]),
        ("href=/50%", &[4]),
        ("href=*", &[0, 1, 2, 3, 4]),
        ("title=Sensor Index", &[0]),
        ("title=Sensor", &[]),
        ("anchor=/sensors/t*", &[3]),
        ("ct=40", &[0]),
        ("foo=b", &[2]),
        ("obs=*", &[2]),
        ("obs=", &[2]),
        ("obs=1", &[]),
        ("nothing=*", &[]),
        ("rt=", &[]),
    ];
    for (query, expected) in table {
        let filter = Filter::new(query).unwrap();
        let hits: Vec<usize> = Links::new(list)
            .enumerate()
            .filter_map(|(i, l)| filter.matches(&l.unwrap()).then_some(i))
            .collect();
        assert_eq!(hits, *expected, "{query}");
    }
    assert_eq!(Filter::new("rt"), None);
    assert_eq!(Filter::new("=x"), None);
}

#[test]
fn the_writer_quotes_what_needs_it() {
    let out = collected(|w| {
        w.link("/").unwrap().param("rt", "oma.lwm2m").unwrap();
        w.content_formats(&[110]).unwrap().param("ver", "1.1").unwrap();
        w.link("/a").unwrap().content_formats(&[60, 110, 65535]).unwrap().flag("obs").unwrap();
        w.list("if", &["a", "b"]).unwrap().list("rt", &[]).unwrap().content_formats(&[]).unwrap();
        w.link("").unwrap().param("x", "").unwrap().param("y", "a\"\\,\0\u{e9}").unwrap();
        w.quoted("uri", "coap://h").unwrap().uint("sz", 0).unwrap().uint("z", u64::MAX).unwrap();
        assert_eq!(w.count(), 3);
    });
    let expected = "</>;rt=\"oma.lwm2m\";ct=110;ver=1.1,</a>;ct=\"60 110 65535\";obs;if=\"a b\",\
                        <>;x=\"\";y=\"a\\\"\\\\,\\\0\u{e9}\";uri=\"coap://h\";sz=0;z=18446744073709551615";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn the_writer_refuses_what_could_not_be_read() {
    let out = collected(|w| {
        assert_eq!(w.flag("obs").err(), Some(LinkError::NoLink));
        for target in ["/a b", "/a>", "<", "/\n", "\x7f"] {
            assert_eq!(w.link(target).err(), Some(LinkError::Target), "{target:?}");
        }
        w.link("/a").unwrap();
        for name in ["", "a b", "a=", "a;", "\u{e9}", "a\""] {
            assert_eq!(w.param(name, "1").err(), Some(LinkError::Name), "{name:?}");
        }
    });
    assert_eq!(out, b"</a>");
    let mut buf = [0; 5];
    let mut sink = m2m_base::SliceSink::new(&mut buf);
    let mut w = LinkWriter::new(&mut sink);
    assert_eq!(w.link("/a").unwrap().flag("bcd").err(), Some(LinkError::Full));
}

#[test]
fn items_of_a_list_are_never_empty() {
    let list = br#"</a>;rt=" \ a\ b\\  c\ ";if="  ";rel=x"#;
    let link = Links::new(list).next().unwrap().unwrap();
    let items = |name| -> Vec<String> { link.list(name).map(|i| i.chars().collect()).collect() };
    assert_eq!(items("rt"), ["a", "b\\", "c"]);
    assert!(items("if").is_empty());
    assert_eq!(items("rel"), ["x"]);
    assert_eq!(link.get("rt").unwrap().as_str(), None);
}

/// A quadratic reader would need minutes for these.
#[test]
fn long_lists_are_read_in_linear_time() {
    const SIZE: usize = 1 << 18;
    for unit in ["</1/0>,", "</a>;b=\"c\",", "<>,", "</a>;a;b;c=d, \t\r\n ,"] {
        let mut list = unit.repeat(SIZE / unit.len());
        list.truncate(list.len() - 1);
        let n = Links::check(list.as_bytes());
        assert!(n == Ok(SIZE / unit.len()) || unit.contains("\n "), "{unit}");
    }
    for (start, unit, end) in [
        ("</a>", ";a", ""),
        ("</a>;a=\"", "\\\"", "\""),
        ("</a>;rt=\"", "\\ ", "\""),
        ("</a>;rt=\"", "x ", "\""),
        ("<", "%41", ">"),
        ("</a>", " ", ""),
    ] {
        let list = String::from(start) + &unit.repeat(SIZE / unit.len()) + end;
        let link = Links::new(list.as_bytes()).next().unwrap().unwrap();
        assert!(link.params().count() <= SIZE);
        assert!(link.list("rt").count() <= SIZE);
        assert!(!Filter::new("rt=y").unwrap().matches(&link));
        assert!(!Filter::new("href=y").unwrap().matches(&link));
        assert_eq!(Links::check(list.as_bytes()), Ok(1));
        let open = &list[..list.len() - end.len()];
        let at_end = DecodeError { kind: DecodeErrorKind::Truncated, offset: open.len() };
        assert!(end.is_empty() || Links::check(open.as_bytes()) == Err(at_end), "{start}");
    }
}

fn any_list() -> impl Strategy<Value = Plain> {
    let value = prop_oneof!["[a-z0-9.<>=]{1,6}", "[ -~\\x00-\\x1f\u{e9}\u{1f600}]{0,12}",];
    let param = ("(rt|if|ct|title|sz|[a-zA-Z0-9.*_-]{1,5})", proptest::option::of(value));
    let target = "(/[a-z0-9%/?&,;=\"\u{fc}-]{0,12}|coap://[a-z.:]{0,9})?";
    let link = (target, proptest::collection::vec(param, 0..5));
    proptest::collection::vec(link, 0..6)
}

proptest! {
    #[test]
    fn what_is_written_is_read(list in any_list()) {
        let bytes = written(&list);
        prop_assert_eq!(&plain(&bytes).unwrap(), &list);
        let copy = collected(|w| {
            for link in Links::new(&bytes) {
                w.copy(&link.unwrap()).unwrap();
            }
        });
        prop_assert_eq!(copy, bytes);
    }

    #[test]
    fn values_compare_by_what_they_mean(a in "[ -~\u{e9}]{0,4}", b in "[a-c\"\\\\]{0,4}") {
        let params = vec![("x".into(), Some(a.clone())), ("y".into(), Some(b.clone()))];
        let list: Plain = vec![(String::new(), params)];
        let bytes = written(&list);
        let link = Links::new(&bytes).next().unwrap().unwrap();
        let (x, y) = (link.get("x").unwrap(), link.get("y").unwrap());
        prop_assert!(x == a.as_str() && y == b.as_str());
        prop_assert_eq!(x == y, a == b);
        let mut buf = [0; 64];
        let mut sink = SliceSink::new(&mut buf);
        y.put(&mut sink).unwrap();
        prop_assert_eq!(sink.written(), b.as_bytes());
    }

    #[test]
    fn a_cut_list_is_an_error_or_shorter(list in any_list(), cut in any::<prop::sample::Index>()) {
        let bytes = written(&list);
        let cut = cut.index(bytes.len() + 1);
        if let Ok(short) = plain(&bytes[..cut]) {
            prop_assert!(short.len() <= list.len());
        }
    }

    #[test]
    fn any_bytes_are_harmless(bytes in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        "[<>/a=;,\"\\\\ \\n1*%\u{e9}]{0,40}".prop_map(String::into_bytes),
    ], query in "(rt|href|a)=[a* %]{0,3}") {
        let filter = Filter::new(&query).unwrap();
        for link in Links::new(&bytes) {
            match link {
                Ok(link) => {
                    for p in link.params() {
                        if let Some(v) = p.value {
                            let _ = (v.uint(), v.items().count(), v.as_str());
                        }
                    }
                    let _ = (filter.matches(&link), link.content_formats().count());
                }
                Err(e) => prop_assert!(e.offset <= bytes.len()),
            }
        }
    }
}
