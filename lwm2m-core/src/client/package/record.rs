//! What of a package survives a restart of the device: a small record that the application stores.

use m2m_base::{Full, Instant, Sink, SliceSink};

use super::super::{Client, UsageError};
use super::{Package, PackageStep, PackageSupport, Phase};
use crate::{Path, Text};

/// Of the layout.
const VERSION: u8 = 1;

const PHASES: [Phase; 14] = [
    Phase::Idle,
    Phase::Push,
    Phase::Connect,
    Phase::Pause,
    Phase::Fetch,
    Phase::Handed,
    Phase::Verify,
    Phase::Ready,
    Phase::Apply(PackageStep::Update),
    Phase::Apply(PackageStep::Install),
    Phase::Apply(PackageStep::Uninstall),
    Phase::Apply(PackageStep::UninstallForUpdate),
    Phase::Apply(PackageStep::Activate),
    Phase::Apply(PackageStep::Deactivate),
];

impl Client {
    /// Longest record of [`Client::package_record`] in bytes.
    pub const PACKAGE_RECORD: usize = 280;

    /// Writes down how far a package is, for [`PackageSupport::record`] after a restart; how many
    /// bytes that took. It is another after each [`super::Event::PackageChanged`], and is to be
    /// stored before the next datagram is sent. `None` if there is no such package or `buf` is
    /// shorter than [`Client::PACKAGE_RECORD`] and than the record.
    #[must_use]
    pub fn package_record(&self, package: Path, buf: &mut [u8]) -> Option<usize> {
        let package = self.packages.list.get(self.packages.find(package)?)?;
        let resources = package.kind.resources();
        let result = self.store.unsigned(package.resource(resources.result)).unwrap_or(0);
        let uri = self.store.text(package.resource(resources.uri));
        let mut sink = SliceSink::new(buf);
        package.write(u8::try_from(result).unwrap_or(0), uri, &mut sink).ok()?;
        Some(sink.len())
    }
}

impl Package {
    fn write(&self, result: u8, uri: &[u8], sink: &mut dyn Sink) -> Result<(), Full> {
        let phase = PHASES.iter().position(|phase| *phase == self.phase).unwrap_or(0);
        let phase = u8::try_from(phase).unwrap_or(0);
        let flags =
            u8::from(self.is_installed()) | u8::from(self.total.is_some()) << 1 | self.szx << 2;
        sink.put(&[VERSION, phase, result, flags])?;
        sink.put(&self.have.to_be_bytes())?;
        sink.put(&self.total.unwrap_or(0).to_be_bytes())?;
        sink.put_u8(self.etag_len)?;
        sink.put(&self.etag)?;
        sink.put_u8(u8::try_from(uri.len()).map_err(|_| Full)?)?;
        sink.put(uri)
    }

    /// Takes up a record; the result and the URI that belong to it.
    pub(super) fn take_record<'r>(
        &mut self,
        now: Instant,
        support: &PackageSupport<'r>,
    ) -> Result<(u8, Text<'r>), UsageError> {
        if support.record.is_empty() {
            return Ok((0, Text::default()));
        }
        let (result, uri) = self.read(support.record).ok_or(UsageError::Invalid)?;
        let uri = Text::from_utf8(uri).ok_or(UsageError::Invalid)?;
        match self.phase {
            Phase::Connect | Phase::Pause | Phase::Fetch => {
                // The first attempt after the restart comes at once.
                self.phase = Phase::Pause;
                self.due = now;
                // Of the image counts what is kept, of which the record may know less or more.
                self.have = support.kept;
            }
            _ => {}
        }
        Ok((result, uri))
    }

    fn read<'r>(&mut self, record: &'r [u8]) -> Option<(u8, &'r [u8])> {
        let (head, rest) = record.split_first_chunk::<4>()?;
        let [version, phase, result, flags] = *head;
        let (have, rest) = rest.split_first_chunk::<4>()?;
        let (total, rest) = rest.split_first_chunk::<4>()?;
        let (etag_len, rest) = rest.split_first()?;
        let (etag, rest) = rest.split_first_chunk::<8>()?;
        let (len, uri) = rest.split_first()?;
        if version != VERSION || *etag_len > 8 || uri.len() != usize::from(*len) || flags >> 2 > 6 {
            return None;
        }
        self.phase = *PHASES.get(usize::from(phase))?;
        self.have = u32::from_be_bytes(*have);
        self.total = (flags & 2 != 0).then_some(u32::from_be_bytes(*total));
        self.installed = flags & 1 != 0;
        self.szx = self.szx.min(flags >> 2);
        (self.etag, self.etag_len) = (*etag, *etag_len);
        Some((result, uri))
    }
}
