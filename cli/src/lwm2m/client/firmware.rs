//! Firmware packages in files: each block is written where it belongs and is on the disk before the
//! next one is asked for; applying one makes it the device's firmware.
//!
//! In the folder lie `package.part`, which is being received or waits to be applied, `package.record`,
//! by which the engine goes on after a restart, and `firmware.bin`, which was applied last.

use super::device::Device;
use super::plan::Plan;
use crate::coap::resolve;
use crate::coap::uri::Uri;
use crate::driver::Driver;
use crate::failure::Failure;
use crate::output::Report;
use crate::transport::{Expected, Scheme, Target, Trust, authorities};
use lwm2m_core::client::{Client, Event, PackageError, PackageId, PackageSupport, Protocols};
use lwm2m_core::{Path, Value};
use m2m_base::{Instant, PeerId};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// The package of the firmware.
const PACKAGE: Path = Path::instance(5, 0);
const PACKAGE_URI: Path = Path::resource(5, 0, 1);
const FIRMWARE_VERSION: Path = Path::resource(3, 0, 3);

/// The folder of a device's firmware.
#[derive(Clone, Debug)]
pub(crate) struct Firmware {
    folder: PathBuf,
}

/// Why something went wrong, as object 5 has it.
fn blame(error: &io::Error) -> PackageError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            PackageError::NoSpace
        }
        _ => PackageError::Failed,
    }
}

impl Firmware {
    /// The folder, which is made if it is not there.
    pub(super) fn open(folder: PathBuf) -> Result<Firmware, Failure> {
        std::fs::create_dir_all(&folder).map_err(|error| {
            Failure::io(format_args!("cannot make {}", folder.display()), &error)
        })?;
        Ok(Firmware { folder })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes names of files last.
    fn sync(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    /// A device that is switched on: its firmware, and what it was about to update.
    pub(super) fn boot(&self, client: &mut Client, now: Instant) -> Result<(), Failure> {
        let record = match std::fs::read(self.file("package.record")) {
            Ok(record) => record,
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(self.failure(&error)),
        };
        let protocols = Protocols::COAP.and(Protocols::COAPS);
        let support = PackageSupport { protocols, ..PackageSupport::COAP };
        let kept = std::fs::metadata(self.file("package.part")).map_or(0, |part| part.len());
        let kept = u32::try_from(kept).unwrap_or(u32::MAX);
        let support = PackageSupport { record: &record, kept, ..support };
        client.add_firmware_update(now, &support).map_err(super::boot::usage)?;
        self.show_version(client, now).map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &io::Error) -> Failure {
        Failure::io(format_args!("cannot use {}", self.folder.display()), error)
    }

    /// The version of the device is what its firmware is: `sha256:` and the begin of that.
    fn show_version(&self, client: &mut Client, now: Instant) -> io::Result<()> {
        if let Some(version) = self.version("firmware.bin")? {
            let _ = client.set(now, FIRMWARE_VERSION, Value::string(&version));
        }
        Ok(())
    }

    fn version(&self, name: &str) -> io::Result<Option<String>> {
        let mut file = match File::open(self.file(name)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut hash = Sha256::new();
        let mut block = vec![0; 1 << 16];
        loop {
            let len = file.read(&mut block)?;
            match block.get(..len) {
                Some([]) | None => break,
                Some(bytes) => hash.update(bytes),
            }
        }
        let hash = hash.finalize();
        let digits: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Some(format!("sha256:{digits}")))
    }

    /// A block is where it belongs, and stays there.
    fn write(&self, offset: u32, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(false).open(self.file("package.part"))?;
        if u64::from(offset) > file.metadata()?.len() {
            // Somebody took away what was there.
            return Err(ErrorKind::InvalidData.into());
        }
        file.set_len(offset.into())?;
        file.seek(SeekFrom::Start(offset.into()))?;
        file.write_all(bytes)?;
        file.sync_data()?;
        if offset == 0 { self.sync() } else { Ok(()) }
    }

    /// The package is the firmware. After a restart in between it may be that already.
    fn apply(&self) -> io::Result<()> {
        match std::fs::rename(self.file("package.part"), self.file("firmware.bin")) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                std::fs::metadata(self.file("firmware.bin")).map(drop)
            }
            done => done.and_then(|()| self.sync()),
        }
    }

    fn keep(&self, record: &[u8]) -> io::Result<()> {
        let fresh = self.file("package.record.new");
        let mut file = File::create(&fresh)?;
        file.write_all(record)?;
        file.sync_all()?;
        std::fs::rename(fresh, self.file("package.record"))?;
        self.sync()
    }
}

/// Where a package is to be fetched from.
async fn source(
    driver: &mut Driver<Client>,
    plan: &Plan,
    old: Option<PeerId>,
) -> Result<PeerId, Failure> {
    let text = match driver.engine.get(PACKAGE_URI) {
        Some(Value::String(uri)) => uri.to_string(),
        _ => return Err(Failure::new("/5/0/1 is no URI")),
    };
    let uri = Uri::parse(&text).map_err(Failure::new)?;
    let (authority, scheme) = (uri.authority(), uri.scheme);
    // The keys are those of the servers.
    let psk = plan.servers.iter().find_map(|server| server.psk.clone());
    let psk = psk.filter(|_| scheme == Scheme::Coaps);
    let own = plan.servers.iter().find_map(|server| server.own.clone());
    let certified = scheme.is_tls() || (scheme == Scheme::Coaps && psk.is_none());
    if scheme == Scheme::Coaps && psk.is_none() && own.is_none() {
        return Err(Failure::new("the device has no key for coaps"));
    }
    let addresses = resolve(&uri.host, uri.port).await?;
    let first = *addresses.first().ok_or_else(|| Failure::new("the host has no address"))?;
    let trust = match certified {
        true => Some(Trust::of(Expected::of(authorities(plan.ca.as_deref())?)?, own.as_ref())?),
        false => None,
    };
    let target = Target { scheme, host: uri.host, authority, psk, trust, place: None };
    driver.dial(old, &target, first).await
}

impl Device {
    /// What the engine asks about packages. False if the event is about something else.
    pub(super) fn package(&mut self, event: Event) -> Result<bool, Failure> {
        let Some(firmware) = self.plan.firmware.clone() else { return Ok(false) };
        let now = self.driver.now();
        let engine = &mut self.driver.engine;
        let (id, result) = match event {
            Event::PackageBlock { id, offset, .. } => {
                let Some(bytes) = engine.package_block(id) else { return Ok(true) };
                (id, firmware.write(offset, bytes).map_err(|error| blame(&error)))
            }
            Event::PackageConnect { id, .. } => {
                self.fetches.push(id);
                return Ok(true);
            }
            Event::PackageVerify { id, .. } => {
                let version = firmware.version("package.part").map_err(|error| blame(&error));
                let size = std::fs::metadata(firmware.file("package.part")).map_or(0, |m| m.len());
                let result = match version {
                    Ok(Some(version)) if size > 0 => {
                        self.tell_package("package_received", "has", size, &version);
                        Ok(())
                    }
                    Ok(_) => Err(PackageError::Integrity),
                    Err(error) => Err(error),
                };
                (id, result)
            }
            Event::PackageApply { id, .. } => {
                let done = firmware.apply().and_then(|()| {
                    firmware.show_version(engine, now)?;
                    let size = std::fs::metadata(firmware.file("firmware.bin"))?.len();
                    Ok((size, firmware.version("firmware.bin")?.unwrap_or_default()))
                });
                let done = done.map_err(|error| blame(&error));
                if let Ok((size, version)) = &done {
                    self.tell_package("firmware_updated", "updates itself to", *size, version);
                }
                (id, done.map(drop))
            }
            Event::PackageDiscarded { .. } => {
                let _ = std::fs::remove_file(firmware.file("package.part"));
                return Ok(true);
            }
            Event::PackageChanged { .. } => {
                let mut record = [0; Client::PACKAGE_RECORD];
                let len = engine.package_record(PACKAGE, &mut record).unwrap_or(0);
                let kept = firmware.keep(record.get(..len).unwrap_or(&[]));
                kept.map_err(|error| firmware.failure(&error))?;
                return Ok(true);
            }
            _ => return Ok(false),
        };
        // It may be answered already: the server gave up.
        let _ = self.driver.engine.answer_package(now, id, result);
        Ok(true)
    }

    fn tell_package(&self, event: &'static str, verb: &'static str, size: u64, version: &str) {
        let name = &self.plan.endpoint;
        let text = format!("firmware of {size} bytes, {version}");
        let report = Report::new(event, name).says(name, verb, text);
        self.out.tell(&report.with("size", size).with("version", version));
    }

    /// Makes the connections that packages are fetched by.
    pub(super) async fn fetch(&mut self) -> Result<(), Failure> {
        while let Some(id) = self.fetches.pop() {
            let Device { driver, plan, source: old, .. } = self;
            let dialed = source(driver, plan, *old).await;
            let now = driver.now();
            let answered = match dialed {
                Ok(peer) => {
                    *old = Some(peer);
                    driver.engine.connect_package(now, id, peer)
                }
                Err(failure) => {
                    self.lost_package(failure.words());
                    let lost = Err(PackageError::ConnectionLost);
                    self.driver.engine.answer_package(now, id, lost)
                }
            };
            // The server may have cancelled it meanwhile.
            let _ = answered;
            self.handle_events()?;
        }
        Ok(())
    }

    fn lost_package(&self, words: &str) {
        let name = &self.plan.endpoint;
        let text = format!("where its firmware is to come from: {words}");
        let report = Report::new("connection_failed", name).says(name, "misses", text).trouble();
        self.out.tell(&report.with("reason", words));
    }
}

/// Questions about packages that wait for a connection.
pub(super) type Fetches = Vec<PackageId>;
