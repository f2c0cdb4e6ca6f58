//! The objects and instances that a client registers (Core 1.2 section 6.2.1): read from its link
//! list once, kept packed.

use super::config::{OutOfMemory, boxed};
use crate::object::{ObjectVersion, Version};
use crate::path::{Level, Path};
use alloc::boxed::Box;
use alloc::vec::Vec;
use coap_core::link::{Link as CoreLink, Links};
use coap_core::{Code, ContentFormat};

/// An object or object instance that a client has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// `/3` or `/3/0`.
    pub path: Path,
    /// The version of the object, if the client told it with this link.
    pub version: Option<ObjectVersion>,
}

/// The content formats that a client takes and gives, as bits in the order of preference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Formats(u8);

const FORMATS: [ContentFormat; 8] = [
    ContentFormat::SENML_CBOR,
    ContentFormat::LWM2M_CBOR,
    ContentFormat::SENML_JSON,
    ContentFormat::LWM2M_TLV,
    ContentFormat::LWM2M_JSON,
    ContentFormat::CBOR,
    ContentFormat::TEXT,
    ContentFormat::OCTET_STREAM,
];

/// Formats that can hold any item; the others hold one value.
const MULTI: u8 = 0b0001_1111;

impl Formats {
    /// What a client has that announces nothing: TLV in 1.0, where it is mandatory; later those
    /// that most have.
    pub(super) fn implied(version: Version) -> Formats {
        let implied: &[ContentFormat] = match version {
            Version::V1_0 => &[ContentFormat::LWM2M_TLV, ContentFormat::LWM2M_JSON],
            _ => &[ContentFormat::SENML_CBOR, ContentFormat::SENML_JSON, ContentFormat::LWM2M_TLV],
        };
        implied.iter().fold(Formats(0), |all, format| all.with(*format))
    }

    pub(super) fn with(self, format: ContentFormat) -> Formats {
        Formats(self.0 | bit(format))
    }

    pub(super) fn without(self, format: ContentFormat) -> Formats {
        Formats(self.0 & !bit(format))
    }

    pub(super) fn has(self, format: ContentFormat) -> bool {
        self.0 & bit(format) != 0
    }

    /// Those of composite operations (Core 1.2 section 6.3.8): SenML and LwM2M CBOR. With none of
    /// them announced, SenML CBOR is tried.
    pub(super) fn composite(self) -> Formats {
        let all = [ContentFormat::SENML_CBOR, ContentFormat::LWM2M_CBOR, ContentFormat::SENML_JSON];
        let has = all.iter().filter(|f| self.has(**f)).fold(Formats(0), |all, f| all.with(*f));
        if has.0 == 0 { Formats(0).with(ContentFormat::SENML_CBOR) } else { has }
    }

    /// As a number.
    pub(super) fn bits(self) -> u8 {
        self.0
    }

    /// What [`Formats::bits`] gave.
    pub(super) fn from_bits(bits: u8) -> Formats {
        Formats(bits)
    }

    /// The one to use for values of any shape.
    pub(super) fn preferred(self) -> Option<ContentFormat> {
        let at = usize::try_from((self.0 & MULTI).trailing_zeros()).ok()?;
        FORMATS.get(at).copied()
    }
}

fn bit(format: ContentFormat) -> u8 {
    let known = canonical(format);
    match FORMATS.iter().position(|f| *f == known).map(u32::try_from) {
        Some(Ok(at)) => 1u8.checked_shl(at).unwrap_or(0),
        _ => 0,
    }
}

/// The registered number of a format that old clients still call by the number it had before its
/// registration (1541 text, 1542 TLV, 1543 JSON).
pub(super) fn canonical(format: ContentFormat) -> ContentFormat {
    match format.0 {
        1541 => ContentFormat::TEXT,
        1542 => ContentFormat::LWM2M_TLV,
        1543 => ContentFormat::LWM2M_JSON,
        _ => format,
    }
}

/// A registration's link list, packed.
#[derive(Default)]
pub(super) struct Packed {
    /// The alternate path, without a trailing slash: empty for the root.
    pub(super) root: Box<[u8]>,
    /// One entry per link, see [`Entries`].
    pub(super) links: Vec<u8>,
    /// What the root link announces; `None` if it announces nothing.
    pub(super) formats: Option<Formats>,
}

/// Entries of a packed list: a head byte (the level in the lower bits, [`VERSIONED`] if a version
/// follows), the IDs, the version.
#[derive(Clone, Debug)]
pub(super) struct Entries<'a> {
    reader: m2m_base::Reader<'a>,
}

const VERSIONED: u8 = 0x10;
const LEVEL: u8 = 0x0f;

impl<'a> Entries<'a> {
    pub(super) fn new(packed: &'a [u8]) -> Self {
        Entries { reader: m2m_base::Reader::new(packed) }
    }
}

impl Iterator for Entries<'_> {
    type Item = Link;

    fn next(&mut self) -> Option<Link> {
        let head = self.reader.u8().ok()?;
        let object = self.reader.u16().ok()?;
        let path = match head & LEVEL {
            1 => Path::object(object),
            _ => Path::instance(object, self.reader.u16().ok()?),
        };
        let version = if head & VERSIONED == 0 {
            None
        } else {
            Some(ObjectVersion::new(self.reader.u8().ok()?, self.reader.u8().ok()?))
        };
        Some(Link { path, version })
    }
}

pub(super) fn pack(link: Link, out: &mut Vec<u8>) -> Result<(), OutOfMemory> {
    if out.capacity().wrapping_sub(out.len()) < 7 {
        out.try_reserve(7).map_err(|_| OutOfMemory)?;
    }
    let versioned = if link.version.is_some() { VERSIONED } else { 0 };
    out.push(versioned | link.path.level() as u8);
    for id in link.path.ids().iter() {
        out.extend_from_slice(&id.to_be_bytes());
    }
    if let Some(version) = link.version {
        out.extend_from_slice(&[version.major, version.minor]);
    }
    Ok(())
}

/// Objects that are not to be registered, and are left out when they are (Core 1.2 section 6.2.1):
/// Security, OSCORE, COSE and MQTT Server.
fn is_hidden(object: u16) -> bool {
    matches!(object, 0 | 21 | 23 | 24)
}

/// The alternate path that a link stands for: that of the link with `rt="oma.lwm2m"`.
fn root_of<'a>(link: &CoreLink<'a>) -> Option<&'a str> {
    let is_root = link.list("rt").any(|rt| rt == "oma.lwm2m") || link.target() == "/";
    (is_root && link.has_target()).then(|| link.target().trim_end_matches('/'))
}

/// Is it an alternate path: segments that are no numbers?
fn check_root(target: &str) -> Result<(), Code> {
    if target.is_empty() {
        return Ok(());
    }
    let numeric = |s: &str| s.is_empty() || s.bytes().all(|b| b.is_ascii_digit());
    let segments = target.strip_prefix('/').ok_or(Code::BAD_REQUEST)?;
    if segments.split('/').any(numeric) || target.len() > usize::from(u8::MAX) {
        return Err(Code::BAD_REQUEST);
    }
    Ok(())
}

/// A number of a path as almost all lists have it, and what is behind it. `None` for what the general
/// reader should look at.
fn plain_id(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let digit = |byte: u8| Some(byte.wrapping_sub(b'0')).filter(|digit| *digit < 10);
    let (first, mut rest) = bytes.split_first()?;
    let mut id = u32::from(digit(*first)?);
    // A number does not begin with 0 but for 0 itself, and none of 16 bits has more than five digits.
    let most = if id == 0 { 0 } else { 4 };
    for _ in 0..most {
        let Some((digit, behind)) = rest.split_first().and_then(|(d, b)| Some((digit(*d)?, b)))
        else {
            break;
        };
        id = id.wrapping_mul(10).wrapping_add(digit.into());
        rest = behind;
    }
    let id = u16::try_from(id).ok().filter(|id| *id != Path::UNASSIGNED)?;
    Some((id, rest))
}

/// The link at the front of a list and what is behind it and its comma, if it is as almost all are:
/// `</3/0>` or `</3>`, perhaps with `;ver=1.1`. Everything else is for the general reader.
fn plain(bytes: &[u8]) -> Option<(Link, &[u8])> {
    let (object, rest) = plain_id(bytes.strip_prefix(b"</")?)?;
    let (path, rest) = match rest.split_first()? {
        (b'/', rest) => {
            let (instance, rest) = plain_id(rest)?;
            (Path::instance(object, instance), rest)
        }
        _ => (Path::object(object), rest),
    };
    let rest = rest.strip_prefix(b">")?;
    let (version, rest) = match rest.strip_prefix(b";ver=") {
        None => (None, rest),
        Some(rest) => {
            let len = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
            let (text, rest) = rest.split_at_checked(len).filter(|(text, _)| !text.is_empty())?;
            let text = core::str::from_utf8(text).ok()?;
            (ObjectVersion::parse(text).ok(), rest)
        }
    };
    let rest = match rest {
        [] => rest,
        // Behind a comma there is another link.
        [b',', rest @ ..] if rest.starts_with(b"<") => rest,
        _ => return None,
    };
    Some((Link { path, version }, rest))
}

/// Reads the payload of a Register or Update. `most` is the most bytes that the packed list may
/// have; `root` is the alternate path if the list does not say.
///
/// # Errors
/// 4.00 if it is not a link list or has an alternate path with a number in it, 4.13 if it is too
/// long, 5.03 if memory runs out.
pub(super) fn read(payload: &[u8], root: &str, most: usize) -> Result<Packed, Code> {
    let mut root = root;
    let mut formats = None;
    let mut links = Vec::new();
    // No entry is longer than the link it stands for.
    let room = payload.len().min(most.saturating_add(7));
    links.try_reserve_exact(room).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
    let (mut found_root, mut first) = (false, true);
    let mut left = payload;
    while let Some((link, behind)) = plain(left) {
        first = false;
        left = behind;
        if link.path.object_id().is_some_and(is_hidden) {
            continue;
        }
        pack(link, &mut links).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
        if links.len() > most {
            return Err(Code::REQUEST_ENTITY_TOO_LARGE);
        }
    }
    let mut rest = Links::new(left);
    while let Some(link) = rest.next() {
        let link = link.map_err(|_| Code::BAD_REQUEST)?;
        if !found_root && let Some(target) = root_of(&link) {
            check_root(target)?;
            found_root = true;
            for number in link.content_formats() {
                formats = Some(formats.unwrap_or(Formats(0)).with(ContentFormat(number)));
            }
            if root != target && !first {
                // It mostly is the first; links in front of it are looked at again.
                links.clear();
                rest = Links::new(payload);
            }
            root = target;
            continue;
        }
        first = false;
        // Without the prefix it cannot be, but clients send it so: every object is below the root.
        let target = link.target();
        let below = target.strip_prefix(root).filter(|rest| rest.starts_with('/'));
        let Ok(path) = Path::parse_lenient(below.unwrap_or(target)) else { continue };
        let known = matches!(path.level(), Level::Object | Level::Instance);
        let Some(object) = path.object_id().filter(|o| known && !is_hidden(*o)) else { continue };
        let version = link.get("ver").and_then(|v| ObjectVersion::parse(v.as_str()?).ok());
        let version = version.filter(|_| object != Path::UNASSIGNED);
        pack(Link { path, version }, &mut links).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
        if links.len() > most {
            return Err(Code::REQUEST_ENTITY_TOO_LARGE);
        }
    }
    let root = boxed(&[root.as_bytes()]).map_err(|_| Code::SERVICE_UNAVAILABLE)?;
    Ok(Packed { root, links, formats })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    fn shown(payload: &str) -> Result<(String, String, Option<ContentFormat>), Code> {
        let packed = read(payload.as_bytes(), "", 4096)?;
        let mut text = String::new();
        for link in Entries::new(&packed.links) {
            text.push_str(&link.path.to_string());
            if let Some(v) = link.version {
                text.push_str(&std::format!("v{v}"));
            }
            text.push(' ');
        }
        let root = String::from_utf8(packed.root.to_vec()).unwrap();
        Ok((root, text.trim_end().to_string(), packed.formats.and_then(Formats::preferred)))
    }

    /// Core 1.2 section 6.2.1 and its examples, and what devices make of it.
    #[test]
    fn core_6_2_1_link_lists() {
        use ContentFormat as F;
        for (payload, root, links, format) in [
            ("</1/0>,</3/0>", "", "/1/0 /3/0", None),
            ("</5>", "", "/5", None),
            ("</1>;ver=1.1,</1/0>,</3303/0>;ver=\"1.2\"", "", "/1v1.1 /1/0 /3303/0v1.2", None),
            ("</1>;ver=x,</1/0>", "", "/1 /1/0", None),
            (
                "</>;ct=\"60 110 112 11544\";rt=\"oma.lwm2m\",</3/0>",
                "",
                "/3/0",
                Some(F::SENML_CBOR),
            ),
            ("</>;ct=110,</3/0>", "", "/3/0", Some(F::SENML_JSON)),
            ("</>;rt=\"oma.lwm2m\";ct=11543,</1/0>", "", "/1/0", Some(F::LWM2M_JSON)),
            ("</>;ct=1542,</1/0>", "", "/1/0", Some(F::LWM2M_TLV)),
            ("</>;ct=60,</1/0>", "", "/1/0", None),
            ("</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/1/0>,</lwm2m/3/0>", "/lwm2m", "/1/0 /3/0", None),
            ("</a/b/>;rt=\"oma.lwm2m\",</a/b/3/0>", "/a/b", "/3/0", None),
            ("</lwm2m>;rt=\"oma.lwm2m\",</3/0>", "/lwm2m", "/3/0", None),
            ("</lwm2m/3/0>,</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/4/0>", "/lwm2m", "/3/0 /4/0", None),
            ("</3/0>,</>;ct=110,</4/0>", "", "/3/0 /4/0", Some(F::SENML_JSON)),
            ("</0/0>,</0>,</21/0>,</23/0>,</24/0>,</2/0>", "", "/2/0", None),
            ("</1/0/>, </3/0> ,</4/0>", "", "/1/0 /3/0 /4/0", None),
            ("</sensors/temp>;obs,</3/0>,</3/0/1>", "", "/3/0", None),
            ("</1/65535>,</70000>,</3/0>", "", "/3/0", None),
            ("", "", "", None),
        ] {
            let expected = Ok((root.to_string(), links.to_string(), format));
            assert_eq!(shown(payload), expected, "{payload}");
        }
        for payload in ["<", "</1/0", "</1/0>,", "</1/0>;", "/1/0", "\u{0}", "</1/0>;ver=\"1"] {
            assert_eq!(shown(payload), Err(Code::BAD_REQUEST), "{payload}");
        }
        for root in ["</lwm2m/3>", "</7>", "<lwm2m>", "</a//b>"] {
            let payload = std::format!("{root};rt=\"oma.lwm2m\",</3/0>");
            assert_eq!(shown(&payload), Err(Code::BAD_REQUEST), "{payload}");
        }
        // What is read in the short way and what is not, next to each other.
        for payload in [
            "</3/0>;ver=1.1,</4/0>;ver=1",
            "</3/00>,</03/0>,</4/0>",
            "</3/0>;ver=1.1;x,</4/0>",
            "</3/0>;ver=1.1.1,</4/0>",
            "</65535/0>,</1/65534>,</1/65536>,</3/65535>",
            "</3/0>;ver=9.99",
            "</21/0>;ver=2.0,</3>,</0>",
            "</3/0>,</lwm2m>;rt=\"oma.lwm2m\",</4/0>",
        ] {
            // White space in front makes it one for the general reader.
            assert_eq!(shown(payload), shown(&std::format!(" {payload}")), "{payload}");
        }
        assert_eq!(read(b"\xff", "", 10).err(), Some(Code::BAD_REQUEST));
        assert_eq!(read(b"</1/0>,</2/0>", "", 9).err(), Some(Code::REQUEST_ENTITY_TOO_LARGE));
    }
}
