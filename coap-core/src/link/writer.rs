//! The writer of link lists.

use m2m_base::{Full, Sink};

use super::{Link, ParamValue, is_name, is_one_of, is_ptoken, is_target};

/// Parameters that RFC 6690 prints in quotation marks even when they could do without; readers
/// exist that insist on them.
const QUOTED: [&str; 6] = ["rel", "rev", "anchor", "title", "rt", "if"];

/// Why a link could not be written. Nothing of the call is in the sink then, except after `Full`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkError {
    /// The sink is full.
    Full,
    /// A target with white space, control characters, `<` or `>` in it.
    Target,
    /// An empty name, or one with characters that names do not have.
    Name,
    /// A parameter before the first link.
    NoLink,
}

impl core::fmt::Display for LinkError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            LinkError::Full => "the list does not fit",
            LinkError::Target => "not a URI reference",
            LinkError::Name => "not a parameter name",
            LinkError::NoLink => "a parameter before the first link",
        })
    }
}

impl core::error::Error for LinkError {}

impl From<Full> for LinkError {
    fn from(Full: Full) -> Self {
        LinkError::Full
    }
}

/// Writes a list of links.
///
/// ```
/// use coap_core::link::LinkWriter;
///
/// let mut buf = [0; 80];
/// let mut sink = m2m_base::SliceSink::new(&mut buf);
/// let mut w = LinkWriter::new(&mut sink);
/// w.link("/sensors/temp")?.param("rt", "temperature-c")?.flag("obs")?;
/// w.link("/firmware")?.uint("sz", 262_144)?;
/// assert_eq!(sink.written(), br#"</sensors/temp>;rt="temperature-c";obs,</firmware>;sz=262144"#);
/// # Ok::<(), coap_core::link::LinkError>(())
/// ```
pub struct LinkWriter<'s> {
    sink: &'s mut dyn Sink,
    links: usize,
}

impl core::fmt::Debug for LinkWriter<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LinkWriter").field("links", &self.links).finish_non_exhaustive()
    }
}

impl<'s> LinkWriter<'s> {
    /// A writer that starts a list.
    pub fn new(sink: &'s mut dyn Sink) -> Self {
        LinkWriter { sink, links: 0 }
    }

    /// Goes on with a list that another writer began, in a sink of its own perhaps, and of which
    /// `links` are written.
    pub fn resume(sink: &'s mut dyn Sink, links: usize) -> Self {
        LinkWriter { sink, links }
    }

    /// Links written so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.links
    }

    /// Starts a link.
    ///
    /// # Errors
    /// [`LinkError::Target`] for what cannot stand between `<` and `>`; [`LinkError::Full`].
    pub fn link(&mut self, target: &str) -> Result<&mut Self, LinkError> {
        if !target.bytes().all(is_target) {
            return Err(LinkError::Target);
        }
        self.sink.put(if self.links == 0 { b"<" } else { b",<" })?;
        self.sink.put(target.as_bytes())?;
        self.sink.put_u8(b'>')?;
        self.links = self.links.saturating_add(1);
        Ok(self)
    }

    /// Adds a parameter without a value, such as `obs`.
    ///
    /// # Errors
    /// [`LinkError::Name`], [`LinkError::NoLink`], [`LinkError::Full`].
    pub fn flag(&mut self, name: &str) -> Result<&mut Self, LinkError> {
        if name.is_empty() || !name.chars().all(is_name) {
            return Err(LinkError::Name);
        }
        if self.links == 0 {
            return Err(LinkError::NoLink);
        }
        self.sink.put_u8(b';')?;
        self.sink.put(name.as_bytes())?;
        Ok(self)
    }

    /// Adds a parameter, in quotation marks where the value or RFC 6690 asks for them.
    ///
    /// # Errors
    /// As [`LinkWriter::flag`].
    pub fn param(&mut self, name: &str, value: &str) -> Result<&mut Self, LinkError> {
        if value.is_empty() || is_one_of(&QUOTED, name) || !value.chars().all(is_ptoken) {
            return self.quoted(name, value);
        }
        self.flag(name)?.sink.put_u8(b'=')?;
        self.sink.put(value.as_bytes())?;
        Ok(self)
    }

    /// Adds a parameter in quotation marks whether it needs them or not.
    ///
    /// # Errors
    /// As [`LinkWriter::flag`].
    pub fn quoted(&mut self, name: &str, value: &str) -> Result<&mut Self, LinkError> {
        self.flag(name)?.sink.put(b"=\"")?;
        self.escaped(value)?;
        self.sink.put_u8(b'"')?;
        Ok(self)
    }

    /// Adds a parameter whose value is a number.
    ///
    /// # Errors
    /// As [`LinkWriter::flag`].
    pub fn uint(&mut self, name: &str, value: u64) -> Result<&mut Self, LinkError> {
        self.flag(name)?.sink.put_u8(b'=')?;
        self.digits(value)?;
        Ok(self)
    }

    /// Adds a list in quotation marks, its items separated by spaces. Without items, nothing.
    ///
    /// # Errors
    /// As [`LinkWriter::flag`].
    pub fn list(&mut self, name: &str, items: &[&str]) -> Result<&mut Self, LinkError> {
        for (i, item) in items.iter().enumerate() {
            if i == 0 {
                self.flag(name)?.sink.put(b"=\"")?;
            } else {
                self.sink.put_u8(b' ')?;
            }
            self.escaped(item)?;
        }
        if !items.is_empty() {
            self.sink.put_u8(b'"')?;
        }
        Ok(self)
    }

    /// Adds `ct`: one number bare, several in quotation marks (RFC 7252 section 7.2.1). Without
    /// any, nothing.
    ///
    /// # Errors
    /// As [`LinkWriter::flag`].
    pub fn content_formats(&mut self, formats: &[u16]) -> Result<&mut Self, LinkError> {
        if let [only] = formats {
            return self.uint("ct", u64::from(*only));
        }
        for (i, format) in formats.iter().enumerate() {
            if i == 0 {
                self.flag("ct")?.sink.put(b"=\"")?;
            } else {
                self.sink.put_u8(b' ')?;
            }
            self.digits(u64::from(*format))?;
        }
        if !formats.is_empty() {
            self.sink.put_u8(b'"')?;
        }
        Ok(self)
    }

    /// Adds a link that was read, with its parameters as they were written; one without a target
    /// gets an empty one.
    ///
    /// # Errors
    /// [`LinkError::Full`].
    pub fn copy(&mut self, link: &Link<'_>) -> Result<&mut Self, LinkError> {
        self.link(link.target())?;
        for p in link.params() {
            self.flag(p.name)?;
            match p.value {
                None => {}
                Some(ParamValue::Token(text)) => {
                    self.sink.put_u8(b'=')?;
                    self.sink.put(text.as_bytes())?;
                }
                Some(ParamValue::Quoted(text)) => {
                    self.sink.put(b"=\"")?;
                    self.sink.put(text.as_bytes())?;
                    self.sink.put_u8(b'"')?;
                }
            }
        }
        Ok(self)
    }

    /// The inside of a quoted string. Control characters too are only allowed behind a backslash
    /// (`quoted-pair` of RFC 2616 section 2.2).
    fn escaped(&mut self, value: &str) -> Result<(), Full> {
        for part in value.split_inclusive(|c: char| c.is_ascii_control() || c == '"' || c == '\\') {
            let special = part
                .chars()
                .next_back()
                .filter(|c| c.is_ascii_control() || matches!(c, '"' | '\\'));
            let plain = part.len().saturating_sub(special.map_or(0, char::len_utf8));
            let (plain, special) = part.as_bytes().split_at_checked(plain).unwrap_or((b"", b""));
            self.sink.put(plain)?;
            if !special.is_empty() {
                self.sink.put_u8(b'\\')?;
                self.sink.put(special)?;
            }
        }
        Ok(())
    }

    fn digits(&mut self, mut value: u64) -> Result<(), Full> {
        let mut buf = [0; 20];
        let mut len: usize = 0;
        for slot in buf.iter_mut().rev() {
            *slot = b'0' | u8::try_from(value % 10).unwrap_or(0);
            len = len.saturating_add(1);
            value /= 10;
            if value == 0 {
                break;
            }
        }
        self.sink.put(buf.get(buf.len().saturating_sub(len)..).unwrap_or(&[]))
    }
}
