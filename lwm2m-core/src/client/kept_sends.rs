//! Sends over a restart: what was recorded for one, and what waited to be sent or was under way
//! (`kept.rs`). One that was under way begins anew, for nobody knows how far it was: the server may
//! get it twice.

use coap_core::ContentFormat;
use m2m_base::container::Reserved;
use m2m_base::{Full, Instant, Reader, Sink};

use super::dispatch::number;
use super::send::{Send, State};
use super::{Client, SendId, UsageError};

impl Client {
    /// The Sends that are kept, by the owners of their values.
    pub(super) fn kept_sends(&self) -> impl Iterator<Item = u16> {
        let kept = self.sends.iter().filter(|send| !matches!(send.state, State::Over(_)));
        kept.filter(|_| !self.outbox.numbers.is_off()).map(|send| send.owner)
    }

    pub(super) fn has_send(&self, owner: u16) -> bool {
        self.sends.iter().any(|send| send.owner == owner)
    }

    /// A Send: its server, its format, its id, and whether its values are all there.
    pub(super) fn write_kept_send(&self, owner: u16, sink: &mut dyn Sink) -> Result<(), Full> {
        let Some(send) = self.sends.iter().find(|send| send.owner == owner) else {
            return Ok(());
        };
        let account = self.accounts.get(usize::from(send.account));
        sink.put(&account.map_or(0, |account| account.ssid).to_be_bytes())?;
        sink.put(&send.format.0.to_be_bytes())?;
        sink.put(&send.id.0.to_be_bytes())?;
        sink.put_u8(u8::from(send.state != State::Open))
    }

    /// Takes one back, in the place that it had.
    pub(super) fn restore_send(
        &mut self,
        now: Instant,
        owner: u16,
        record: &[u8],
    ) -> Result<(), UsageError> {
        let parsed = |reader: &mut Reader<'_>| {
            let (ssid, format) = (reader.u16().ok()?, reader.u16().ok()?);
            let id = u32::try_from(reader.uint(4).ok()?).ok()?;
            Some((ssid, format, id, reader.u8().ok()? != 0))
        };
        let (ssid, format, id, waits) =
            parsed(&mut Reader::new(record)).ok_or(UsageError::Invalid)?;
        let account = number(self.account(ssid)?);
        if self.has_send(owner) || id == 0 {
            return Err(UsageError::Invalid);
        }
        if self.sends.len() >= usize::from(self.max_sends) {
            return Err(UsageError::Full);
        }
        let place = self.sends.iter().position(|send| send.id.0 > id).unwrap_or(self.sends.len());
        let send = Send {
            id: SendId(id),
            owner,
            account,
            attempts: 0,
            format: ContentFormat(format),
            state: if waits { State::Waiting(now) } else { State::Open },
        };
        self.sends.insert_reserved(place, send);
        self.sent = self.sent.max(id);
        Ok(())
    }

    /// Power was lost before any value of a Send was stored, or while they were forgotten.
    pub(super) fn drop_empty_sends(&mut self) {
        let Client { sends, outbox, .. } = self;
        sends.retain(|send| matches!(send.state, State::Over(_)) || outbox.has(send.owner));
    }
}
