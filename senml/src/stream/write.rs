//! Streams that are written record by record.

#[cfg(feature = "cbor")]
use crate::cbor;
use crate::error::WriteError;
#[cfg(feature = "json")]
use crate::json;
#[cfg(feature = "xml")]
use crate::xml;
use crate::{Format, Record};
use m2m_base::Sink;

/// Writes a stream, each record to a sink of its own if need be: a packet, a chunk of HTTP, a
/// file that is open for a moment.
///
/// What was written at any time is a stream that ended [`Open`](super::End::Open).
#[derive(Clone, Copy, Debug)]
pub struct StreamWriter {
    format: Format,
    #[cfg(feature = "cbor")]
    fractions: cbor::Fractions,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Nothing is written.
    New,
    /// What is in front of the first record.
    Begun,
    /// A record.
    Within,
}

impl StreamWriter {
    /// A writer that has written nothing. In CBOR the array has an indefinite length (RFC 8428
    /// section 6).
    #[must_use]
    pub fn new(format: Format) -> Self {
        StreamWriter {
            format,
            #[cfg(feature = "cbor")]
            fractions: cbor::Fractions::default(),
            state: State::New,
        }
    }

    /// The writer, with another form of decimal fractions in CBOR.
    #[cfg(feature = "cbor")]
    #[must_use]
    pub fn with_fractions(self, fractions: cbor::Fractions) -> Self {
        StreamWriter { fractions, ..self }
    }

    /// Writes what is in front of the first record, unless that was done.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn begin(&mut self, sink: &mut dyn Sink) -> Result<(), WriteError> {
        if self.state == State::New {
            match self.format {
                #[cfg(feature = "json")]
                Format::Json => json::Writer::new(sink).map(|_| ())?,
                #[cfg(feature = "cbor")]
                Format::Cbor => cbor::Writer::indefinite(sink).map(|_| ())?,
                #[cfg(feature = "xml")]
                Format::Xml => xml::Writer::new(sink).map(|_| ())?,
            }
            self.state = State::Begun;
        }
        Ok(())
    }

    /// Writes one record, and what is in front of the first one if that was not done.
    ///
    /// # Errors
    /// [`WriteError::Full`], [`WriteError::NotFinite`]: what the sink has got of it is to be thrown
    /// away; the writer is as before, so that the record may be written again or left out.
    pub fn record(&mut self, record: &Record<'_>, sink: &mut dyn Sink) -> Result<(), WriteError> {
        let mut next = *self;
        next.begin(sink)?;
        match next.format {
            #[cfg(feature = "json")]
            Format::Json => {
                json::Writer::resume(sink, next.state == State::Begun).record(record)?;
            }
            #[cfg(feature = "xml")]
            Format::Xml => xml::Writer::resume(sink).record(record)?,
            #[cfg(feature = "cbor")]
            Format::Cbor => {
                let mut writer = cbor::Writer::resume(sink).with_fractions(next.fractions);
                writer.record(record)?;
            }
        }
        next.state = State::Within;
        *self = next;
        Ok(())
    }

    /// Ends the stream.
    ///
    /// # Errors
    /// [`WriteError::Full`].
    pub fn finish(mut self, sink: &mut dyn Sink) -> Result<(), WriteError> {
        self.begin(sink)?;
        match self.format {
            #[cfg(feature = "json")]
            Format::Json => json::Writer::resume(sink, false).finish(),
            #[cfg(feature = "cbor")]
            Format::Cbor => cbor::Writer::resume(sink).finish(),
            #[cfg(feature = "xml")]
            Format::Xml => xml::Writer::resume(sink).finish(),
        }
    }
}
