//! Lists of links to objects, instances and resources: the payloads of Register and Update, of
//! Discover and of Bootstrap-Discover (Core 6.2.1, 6.4, 7.3).
//!
//! [`ObjectLinks`] reads them with paths in place of targets, [`Writer`] writes them.

use core::fmt;

use coap_core::ContentFormat;
use coap_core::link::{Link, Links};
use m2m_base::decimal::{Grammar, Number, Style, WriteNumberError, write_u64};
use m2m_base::{Full, Sink};

use crate::error::{DecodeError, DecodeErrorKind};
use crate::object::{ObjectVersion, Version};
use crate::path::Path;
use crate::value::Text;

/// Writes a list of links. A method about an attribute adds it to the last link.
///
/// ```
/// use lwm2m_core::{ObjectVersion, Path, links::Writer};
///
/// let mut buf = [0; 64];
/// let mut sink = m2m_base::SliceSink::new(&mut buf);
/// let mut list = Writer::new(&mut sink, "");
/// list.link(Path::object(1))?.version(ObjectVersion::new(1, 1))?;
/// list.link(Path::instance(1, 0))?;
/// assert_eq!(sink.written(), b"</1>;ver=1.1,</1/0>");
/// # Ok::<(), m2m_base::Full>(())
/// ```
pub struct Writer<'s> {
    sink: &'s mut dyn Sink,
    prefix: &'s str,
    first: bool,
}

impl fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl<'s> Writer<'s> {
    /// Starts a list. `prefix` is the alternate path (`/lwm2m`), or empty.
    pub fn new(sink: &'s mut dyn Sink, prefix: &'s str) -> Self {
        Writer { sink, prefix, first: true }
    }

    /// Begins a link to `path`. The root is `/`, or the alternate path alone.
    ///
    /// # Errors
    /// [`Full`] if the sink is; so with every method.
    pub fn link(&mut self, path: Path) -> Result<&mut Self, Full> {
        self.sink.put(if self.first { b"<" } else { b",<" })?;
        self.first = false;
        self.sink.put(self.prefix.as_bytes())?;
        if self.prefix.is_empty() || path != Path::ROOT {
            path.write(self.sink)?;
        }
        self.sink.put_u8(b'>')?;
        Ok(self)
    }

    /// Adds the link to the LwM2M root of a registration: its resource type, and the formats that
    /// the client takes besides those that its version demands (Core 6.4.1).
    ///
    /// # Errors
    /// [`Full`].
    pub fn root(&mut self, formats: &[ContentFormat]) -> Result<&mut Self, Full> {
        self.link(Path::ROOT)?.sink.put(b";rt=\"oma.lwm2m\"")?;
        match formats {
            [] => {}
            [only] => {
                self.uint("ct", u64::from(only.0))?;
            }
            several => {
                self.name("ct")?.sink.put_u8(b'"')?;
                for (n, format) in several.iter().enumerate() {
                    if n > 0 {
                        self.sink.put_u8(b' ')?;
                    }
                    write_u64(self.sink, u64::from(format.0))?;
                }
                self.sink.put_u8(b'"')?;
            }
        }
        Ok(self)
    }

    fn name(&mut self, name: &str) -> Result<&mut Self, Full> {
        self.sink.put_u8(b';')?;
        self.sink.put(name.as_bytes())?;
        self.sink.put_u8(b'=')?;
        Ok(self)
    }

    /// Adds `ver`, the version of the object.
    ///
    /// # Errors
    /// [`Full`].
    pub fn version(&mut self, version: ObjectVersion) -> Result<&mut Self, Full> {
        version.write(self.name("ver")?.sink)?;
        Ok(self)
    }

    /// Adds `lwm2m`, the version of the enabler (on the root, in Bootstrap-Discover).
    ///
    /// # Errors
    /// [`Full`].
    pub fn enabler(&mut self, version: Version) -> Result<&mut Self, Full> {
        self.name("lwm2m")?.sink.put(version.as_str().as_bytes())?;
        Ok(self)
    }

    /// Adds an attribute that is a whole number: `pmin`, `pmax`, `dim`, `ssid` and others.
    ///
    /// # Errors
    /// [`Full`].
    pub fn uint(&mut self, name: &str, value: u64) -> Result<&mut Self, Full> {
        write_u64(self.name(name)?.sink, value)?;
        Ok(self)
    }

    /// Adds an attribute that is a decimal number: `gt`, `lt`, `st`. Written without an exponent;
    /// nothing is added for what has no digits (infinity, NaN).
    ///
    /// # Errors
    /// [`Full`].
    pub fn number(&mut self, name: &str, value: f64) -> Result<&mut Self, Full> {
        if value.is_finite() {
            let sink = &mut *self.name(name)?.sink;
            match Number::Float(value).write(sink, Style::Plain) {
                Ok(()) | Err(WriteNumberError::NotFinite) => {}
                Err(WriteNumberError::Full) => return Err(Full),
            }
        }
        Ok(self)
    }

    /// Adds an attribute that is text, in quotation marks: `uri`.
    ///
    /// # Errors
    /// [`Full`].
    pub fn text(&mut self, name: &str, value: &Text<'_>) -> Result<&mut Self, Full> {
        self.name(name)?.sink.put_u8(b'"')?;
        for byte in value.bytes() {
            if matches!(byte, b'"' | b'\\') {
                self.sink.put_u8(b'\\')?;
            }
            self.sink.put_u8(byte)?;
        }
        self.sink.put_u8(b'"')?;
        Ok(self)
    }
}

/// The links of a list, with the paths that they lead to.
///
/// In a registration the alternate path is found from the link of resource type `oma.lwm2m`,
/// wherever it stands; the paths of the entries are behind it.
#[derive(Clone, Debug)]
pub struct ObjectLinks<'a> {
    links: Links<'a>,
    prefix: &'a str,
}

fn at_slash(target: &str) -> &str {
    target.strip_suffix('/').unwrap_or(target)
}

fn is_root(link: &Link<'_>) -> bool {
    link.list("rt").any(|rt| rt == "oma.lwm2m")
}

impl<'a> ObjectLinks<'a> {
    /// Reads the payload of Register or Update, or of Discover where there is no alternate path.
    #[must_use]
    pub fn new(payload: &'a [u8]) -> Self {
        let links = Links::new(payload);
        let root = links.clone().map_while(Result::ok).find(is_root);
        ObjectLinks { links, prefix: root.map_or("", |root| at_slash(root.target())) }
    }

    /// Reads a list whose alternate path (`/lwm2m`, or empty) is known.
    #[must_use]
    pub fn with_prefix(payload: &'a [u8], prefix: &'a str) -> Self {
        ObjectLinks { links: Links::new(payload), prefix: at_slash(prefix) }
    }

    /// The alternate path, empty if there is none.
    #[must_use]
    pub fn alternate_path(&self) -> &'a str {
        self.prefix
    }

    /// The path that a target leads to.
    fn path(&self, link: &Link<'a>) -> Option<Path> {
        let rest = link.target().strip_prefix(self.prefix)?;
        match rest {
            "" | "/" => Some(Path::ROOT),
            // Without the slash it is another name that begins alike.
            _ if !rest.starts_with('/') => None,
            _ => Path::parse_lenient(rest).ok(),
        }
    }
}

impl<'a> Iterator for ObjectLinks<'a> {
    type Item = Result<LinkEntry<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.links.next()? {
            Ok(link) => Ok(LinkEntry { path: self.path(&link), link }),
            Err(error) => Err(DecodeError::new(
                match error.kind {
                    coap_core::DecodeErrorKind::Utf8 => DecodeErrorKind::Utf8,
                    coap_core::DecodeErrorKind::Truncated => DecodeErrorKind::Truncated,
                    _ => DecodeErrorKind::Syntax,
                },
                error.offset,
            )),
        })
    }
}

impl core::iter::FusedIterator for ObjectLinks<'_> {}

/// A link and the path that it leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkEntry<'a> {
    /// The path; `None` for a link to something that is not of the object tree.
    pub path: Option<Path>,
    /// The link as it was written, with all its attributes.
    pub link: Link<'a>,
}

impl<'a> LinkEntry<'a> {
    /// True for the link to the LwM2M root of a registration (`rt="oma.lwm2m"`).
    #[must_use]
    pub fn is_root(&self) -> bool {
        is_root(&self.link)
    }

    /// `ver`: the version of the object, also with quotation marks.
    #[must_use]
    pub fn version(&self) -> Option<ObjectVersion> {
        ObjectVersion::parse(self.link.get("ver")?.as_str()?).ok()
    }

    /// `lwm2m`: the version of the enabler.
    #[must_use]
    pub fn enabler(&self) -> Option<Version> {
        Version::parse(self.link.get("lwm2m")?.as_str()?).ok()
    }

    /// `ct` of the root: formats that the client takes besides those that its version demands.
    pub fn formats(&self) -> impl Iterator<Item = ContentFormat> + use<'a> {
        self.link.content_formats().map(ContentFormat)
    }

    /// An attribute that is a whole number: `pmin`, `pmax`, `dim`, `ssid` and others.
    #[must_use]
    pub fn uint(&self, name: &str) -> Option<u64> {
        self.link.get(name)?.uint()
    }

    /// An attribute that is a decimal number: `gt`, `lt`, `st`.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        let text = self.link.get(name)?.as_str()?;
        Number::parse(text.as_bytes(), Grammar::Relaxed).ok().map(Number::to_f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String;
    use std::vec::Vec;

    fn text(write: impl FnOnce(&mut Writer<'_>) -> Result<(), Full>, prefix: &str) -> String {
        let mut out = Vec::new();
        write(&mut Writer::new(&mut out, prefix)).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn paths(payload: &str) -> Vec<Option<String>> {
        ObjectLinks::new(payload.as_bytes())
            .map(|link| link.unwrap().path.map(|p| std::format!("{p}")))
            .collect()
    }

    #[test]
    fn core_6_4_registrations() {
        let list = text(
            |w| {
                w.root(&[ContentFormat::LWM2M_JSON])?;
                w.link(Path::instance(1, 0))?.link(Path::instance(3, 0)).map(drop)
            },
            "",
        );
        assert_eq!(list, r#"</>;rt="oma.lwm2m";ct=11543,</1/0>,</3/0>"#);
        let links: Vec<_> = ObjectLinks::new(list.as_bytes()).map(Result::unwrap).collect();
        assert!(links[0].is_root() && !links[1].is_root());
        assert_eq!(links[0].path, Some(Path::ROOT));
        assert_eq!(links[0].formats().collect::<Vec<_>>(), [ContentFormat::LWM2M_JSON]);
        assert_eq!(links[2].path, Some(Path::instance(3, 0)));

        let list = text(
            |w| {
                let version = ObjectVersion::new(1, 1);
                w.link(Path::object(1))?.version(version)?.link(Path::instance(1, 0))?;
                w.link(Path::object(3303))?.version(version)?.link(Path::instance(3303, 0))?;
                w.link(Path::object(5)).map(drop)
            },
            "",
        );
        assert_eq!(list, "</1>;ver=1.1,</1/0>,</3303>;ver=1.1,</3303/0>,</5>");
        let links: Vec<_> = ObjectLinks::new(list.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(links[0].version(), Some(ObjectVersion::new(1, 1)));
        assert_eq!(links[1].version(), None);
    }

    #[test]
    fn alternate_paths() {
        let list = text(
            |w| {
                let formats = [ContentFormat::CBOR, ContentFormat::SENML_JSON];
                w.root(&formats)?.link(Path::instance(1, 0)).map(drop)
            },
            "/lwm2m",
        );
        assert_eq!(list, r#"</lwm2m>;rt="oma.lwm2m";ct="60 110",</lwm2m/1/0>"#);
        assert_eq!(paths(&list), [Some("/".into()), Some("/1/0".into())]);
        assert_eq!(ObjectLinks::new(list.as_bytes()).alternate_path(), "/lwm2m");
        // The root link may come last, and other things stand beside it.
        let list = r#"</lwm2m/3/0/>, </lwm2m2/1>,</sensors>;obs,</lwm2m/>;rt="x oma.lwm2m""#;
        assert_eq!(paths(list), [Some("/3/0".into()), None, None, Some("/".into())]);
        let mut discovered = ObjectLinks::with_prefix(b"</lwm2m/3>;pmin=10", "/lwm2m");
        assert_eq!(discovered.next().unwrap().unwrap().path, Some(Path::object(3)));
    }

    #[test]
    fn core_7_3_discover() {
        let list =
            "</3>;pmin=10,</3/0>;pmax=60,</3/0/1>,</3/0/6>;dim=8;gt=50;lt=42.2,</3/0/7>;dim=8";
        let found = text(
            |w| {
                w.link(Path::object(3))?.uint("pmin", 10)?;
                w.link(Path::instance(3, 0))?.uint("pmax", 60)?;
                w.link(Path::resource(3, 0, 1))?.link(Path::resource(3, 0, 6))?.uint("dim", 8)?;
                w.number("gt", 50.0)?.number("lt", 42.2)?;
                w.link(Path::resource(3, 0, 7))?.uint("dim", 8).map(drop)
            },
            "",
        );
        assert_eq!(found, list);
        let links: Vec<_> = ObjectLinks::new(list.as_bytes()).map(Result::unwrap).collect();
        assert_eq!(links[0].uint("pmin"), Some(10));
        assert_eq!((links[3].number("gt"), links[3].number("lt")), (Some(50.0), Some(42.2)));
        assert_eq!((links[3].uint("dim"), links[3].uint("lt")), (Some(8), None));
    }

    #[test]
    fn core_6_1_bootstrap_discover() {
        let list = r#"</>;lwm2m=1.1,</0/0>;ssid=101;uri="coaps://server_1.example.com",</0/1>"#;
        let found = text(
            |w| {
                w.link(Path::ROOT)?.enabler(Version::V1_1)?;
                w.link(Path::instance(0, 0))?.uint("ssid", 101)?;
                w.text("uri", &"coaps://server_1.example.com".into())?;
                w.link(Path::instance(0, 1)).map(drop)
            },
            "",
        );
        assert_eq!(found, list);
        for list in [list, "lwm2m=1.1,</0/0>;ssid=101", r#"</>;lwm2m="1.1",</0/0>;ssid=101"#] {
            let links: Vec<_> = ObjectLinks::new(list.as_bytes()).map(Result::unwrap).collect();
            assert_eq!(links[0].enabler(), Some(Version::V1_1), "{list}");
            assert_eq!(links[1].uint("ssid"), Some(101));
        }
    }

    #[test]
    fn numbers_have_no_exponent_and_text_is_escaped() {
        let found = text(
            |w| {
                w.link(Path::object(1))?.number("gt", -110.5)?.number("lt", 1e21)?;
                w.number("st", f64::NAN)?.text("uri", &"a\"b\\c".into()).map(drop)
            },
            "",
        );
        assert_eq!(found, r#"</1>;gt=-110.5;lt=1000000000000000000000;uri="a\"b\\c""#);
        let link = ObjectLinks::new(found.as_bytes()).next().unwrap().unwrap();
        assert!(link.link.get("uri").unwrap() == "a\"b\\c");
        assert_eq!(link.number("gt"), Some(-110.5));
    }

    #[test]
    fn the_offset_of_an_error_is_that_of_the_list() {
        let mut links = ObjectLinks::new(b"</1>,<2");
        assert_eq!(links.next().unwrap().unwrap().path, Some(Path::object(1)));
        let error = links.next().unwrap().unwrap_err();
        assert_eq!((error.kind, error.offset), (DecodeErrorKind::Truncated, 7));
        assert!(links.next().is_none());
    }

    proptest! {
        #[test]
        fn any_bytes(text in "[</>0-9a;=\",\\\\ ]{0,40}") {
            for link in ObjectLinks::new(text.as_bytes()).flatten() {
                let _ = (link.version(), link.enabler(), link.uint("a"), link.number("a"));
            }
        }
    }
}
