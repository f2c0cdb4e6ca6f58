//! JSON that is not SenML, piece by piece.

use super::pieces;
use super::scan::Scanner;
use crate::error::{DecodeError, Failed};
use crate::{Number, Text};
use m2m_base::{Full, Sink};

/// Pulls the pieces of a JSON text (RFC 8259) where the caller expects them, without allocation, as
/// strictly as [`Reader`](super::Reader) reads packs. White space in front of a piece is passed
/// over.
///
/// ```
/// use senml::json::Pull;
///
/// let mut pull = Pull::new(br#"{"e": [1, 2.50], "x": {"y": null}}"#);
/// assert!(!pull.open(b'{', b'}')?);
/// assert!(pull.key()? == "e" && !pull.open(b'[', b']')?);
/// assert_eq!(pull.number()?.to_i64(), Some(1));
/// assert!(pull.more(b']')?);
/// assert_eq!(pull.number()?.to_f64(), 2.5);
/// assert!(!pull.more(b']')? && pull.more(b'}')? && pull.key()? == "x");
/// pull.skip()?;
/// assert!(!pull.more(b'}')?);
/// pull.end()?;
/// # Ok::<(), senml::DecodeError>(())
/// ```
#[derive(Clone)]
pub struct Pull<'a>(Scanner<'a>);

impl<'a> Pull<'a> {
    /// A reader of a whole text.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Pull(Scanner::new(bytes))
    }

    /// Offset of what comes next, in bytes.
    #[must_use]
    pub fn position(&self) -> usize {
        self.0.position()
    }

    /// The `[` or `{` of an array or object that must begin here; with `close`, its end follows at
    /// once when true is returned.
    ///
    /// # Errors
    /// [`DecodeError`]: wrong type, malformed, or cut short.
    pub fn open(&mut self, open: u8, close: u8) -> Result<bool, DecodeError> {
        match self.0.open(open) {
            Ok(()) => Ok(self.0.accept(close)),
            Err(Failed) => Err(self.0.fault()),
        }
    }

    /// After an element: true when `,` announces another, false when `close` ends them.
    ///
    /// # Errors
    /// As [`Pull::open`].
    pub fn more(&mut self, close: u8) -> Result<bool, DecodeError> {
        self.0.more(close).map_err(|Failed| self.0.fault())
    }

    /// The key of a member, and its colon.
    ///
    /// # Errors
    /// As [`Pull::open`], and for strings that are invalid.
    pub fn key(&mut self) -> Result<Text<'a>, DecodeError> {
        self.0.key().map_err(|Failed| self.0.fault())
    }

    /// A string.
    ///
    /// # Errors
    /// As [`Pull::key`].
    pub fn text(&mut self) -> Result<Text<'a>, DecodeError> {
        self.0.string().map_err(|Failed| self.0.fault())
    }

    /// A number.
    ///
    /// # Errors
    /// As [`Pull::open`], and for one beyond binary64.
    pub fn number(&mut self) -> Result<Number, DecodeError> {
        self.0.number().map_err(|Failed| self.0.fault())
    }

    /// True or false.
    ///
    /// # Errors
    /// As [`Pull::open`].
    pub fn boolean(&mut self) -> Result<bool, DecodeError> {
        self.0.boolean().map_err(|Failed| self.0.fault())
    }

    /// Passes over any value, of at most 32 arrays and objects inside one another.
    ///
    /// # Errors
    /// As [`Pull::open`], and for what is nested too deeply.
    pub fn skip(&mut self) -> Result<(), DecodeError> {
        self.0.skip().map_err(|Failed| self.0.fault())
    }

    /// Checks that nothing follows but white space.
    ///
    /// # Errors
    /// As [`Pull::open`], and for trailing bytes.
    pub fn end(&mut self) -> Result<(), DecodeError> {
        self.0.end().map_err(|Failed| self.0.fault())
    }
}

impl core::fmt::Debug for Pull<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Pull").field("position", &self.position()).finish_non_exhaustive()
    }
}

/// Writes a text as a string of JSON, in quotes and with the escapes that it needs.
///
/// # Errors
/// [`Full`] if the sink is.
pub fn write_string(sink: &mut dyn Sink, text: &Text<'_>) -> Result<(), Full> {
    pieces::quoted(sink, text)
}
