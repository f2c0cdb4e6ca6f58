//! What a device keeps over a restart: records that go out when something changes, and come back.
//!
//! A record is named by a number and holds some bytes, or says that what it held is gone. There is
//! one for each instance of the objects about servers (0, 1, 2, 21, 23, 24), one for each
//! registration, one for the attributes of each server, one for the end of the bootstrap server's
//! account, one for the sequence numbers of each security context. Which of them are stored is known
//! by their checksums, 16 bytes each: nothing is noted when something changes, and nothing can be
//! forgotten. What is kept for servers is in records of its own (see `kept.rs`).
//!
//! A registration that is taken back goes on with an Update, as far as one does (see `resume.rs`);
//! not if the server had observations, which are gone: only a Register tells it.

use alloc::vec::Vec;
use m2m_base::container::Reservation;
use m2m_base::{BufferTooSmall, Full, Instant, Reader, Sink, Window};

use super::account::{Account, State};
use super::attributes::Attribute;
use super::dispatch::number;
use super::history::{Items, write_items};
use super::{Client, UsageError};
use crate::format::{Item, ItemContent};
use crate::{Level, Path, Version, object};

/// Objects whose instances are kept.
const OBJECTS: [u16; 6] = [
    object::SECURITY.id,
    object::SERVER.id,
    object::ACCESS_CONTROL.id,
    object::OSCORE.id,
    object::COSE.id,
    object::MQTT_SERVER.id,
];

/// Keys beside those of instances, which have the object and the instance in their upper half.
const REGISTRATION: u64 = 0xffff_0001 << 32;
const ATTRIBUTES: u64 = 0xffff_0002 << 32;
#[cfg(feature = "bootstrap")]
const PURGE: u64 = 0xffff_0003 << 32;
#[cfg(feature = "oscore")]
const NUMBERS: u64 = 0xffff_0004 << 32;

/// What is kept for servers: the observations, by their numbers, and the groups of the history.
const OBSERVATION: u64 = 0xffff_0005 << 32;
const KEPT: u64 = 0xffff_0006 << 32;

/// First byte of every record.
const FORMAT: u8 = 1;

/// A record of the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// Its name. A record replaces an older one of the same name.
    pub key: u64,
    /// How many bytes of the buffer it takes; `None` if there is no such record any more.
    pub len: Option<usize>,
}

/// A record that is stored.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u64,
    sum: u32,
}

/// Which records are stored.
#[derive(Debug)]
pub(super) struct Journal {
    entries: Vec<Entry>,
    capacity: usize,
    /// Of these, how many are for sequence numbers alone.
    numbers: usize,
    /// And how many for observations.
    observations: usize,
    /// Something may have changed.
    pub(super) stale: bool,
}

impl Journal {
    pub(super) const EMPTY: Journal =
        Journal { entries: Vec::new(), capacity: 0, numbers: 0, observations: 0, stale: false };

    /// For so many records, and sequence numbers of so many contexts: without their record they
    /// must not be used; and for so many observations.
    pub(super) fn reserve(
        &mut self,
        records: u8,
        contexts: u32,
        observations: usize,
        reservation: &mut Reservation,
    ) {
        let numbers = if cfg!(feature = "oscore") && records > 0 { contexts } else { 0 };
        self.numbers = usize::try_from(numbers).unwrap_or(usize::MAX);
        self.observations = observations;
        let besides = self.numbers.saturating_add(observations);
        self.capacity = usize::from(records).saturating_add(besides);
        reservation.room(&mut self.entries, self.capacity);
    }

    /// There is one.
    #[cfg(feature = "oscore")]
    pub(super) fn is_kept(&self) -> bool {
        self.capacity > 0
    }

    /// There is no room for a record with a new key.
    fn is_full(&self, key: u64) -> bool {
        let kind = |key: u64| match key >> 32 {
            0xffff_0004 => self.numbers,
            0xffff_0005 => self.observations,
            _ => self.capacity.saturating_sub(self.numbers).saturating_sub(self.observations),
        };
        let kind_of = |key: u64| (key >> 32).clamp(0xffff_0003, 0xffff_0006);
        let used = self.entries.iter().filter(|entry| kind_of(entry.key) == kind_of(key)).count();
        used >= kind(key)
    }

    /// The record of an observation is stored.
    #[cfg(feature = "storing")]
    pub(super) fn has_observation(&self, serial: u16) -> bool {
        self.sum(OBSERVATION | u64::from(serial)).is_some()
    }

    fn sum(&self, key: u64) -> Option<u32> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.sum)
    }

    fn stored(&mut self, key: u64, sum: Option<u32>) {
        self.entries.retain(|entry| entry.key != key);
        if let Some(sum) = sum
            && self.entries.len() < self.capacity
        {
            self.entries.push(Entry { key, sum });
        }
    }
}

fn key_of(instance: Path) -> u64 {
    let (object, id) = (instance.object_id(), instance.instance_id());
    u64::from(object.unwrap_or(0)) << 48 | u64::from(id.unwrap_or(0)) << 32
}

/// The instance of a key, if it is one's.
fn instance_of(key: u64) -> Option<Path> {
    let [a, b, c, d, 0, 0, 0, 0] = key.to_be_bytes() else { return None };
    let object = u16::from_be_bytes([a, b]);
    OBJECTS.contains(&object).then(|| Path::instance(object, u16::from_be_bytes([c, d])))
}

/// The Short Server ID of a key.
fn ssid_of(key: u64, kind: u64) -> Option<u16> {
    u16::try_from(key.checked_sub(kind)?).ok()
}

impl Client {
    /// The next record to store, written into `buf`. Call it until it answers `None`, store what
    /// came, and only then ask for datagrams: while there are records [`Client::poll_transmit`] has
    /// nothing, so that what a server was told is never forgotten.
    ///
    /// There are none unless [`Limits::records`](super::Limits::records) says how many. What is kept
    /// for a server that cannot be told (/1/x/6) is among them: a record when a notification is kept,
    /// and another, without content, when the server has acknowledged it.
    ///
    /// # Errors
    /// [`BufferTooSmall`] tells how many bytes the record needs; nothing is lost.
    pub fn poll_journal(&mut self, buf: &mut [u8]) -> Result<Option<Record>, BufferTooSmall> {
        let Some((key, made)) = self.next_record(buf) else {
            self.nothing_to_store();
            return Ok(None);
        };
        if let Some((_, needed)) = made
            && needed > buf.len()
        {
            return Err(BufferTooSmall { needed });
        }
        match ssid_of(key, KEPT) {
            #[cfg(feature = "storing")]
            Some(number) => self.kept_is_stored(number),
            _ => self.journal.stored(key, made.map(|(sum, _)| sum)),
        }
        #[cfg(feature = "storing")]
        if ssid_of(key, OBSERVATION).is_some() {
            self.history.numbers.changed();
        }
        Ok(Some(Record { key, len: made.map(|(_, len)| len) }))
    }

    /// True if there is a record to store.
    pub(super) fn has_records(&mut self) -> bool {
        if self.journal.stale && self.next_record(&mut []).is_none() {
            self.nothing_to_store();
        }
        self.journal.stale
    }

    fn nothing_to_store(&mut self) {
        self.journal.stale = false;
        #[cfg(feature = "storing")]
        if !self.store.is_staging() {
            self.history.is_recorded();
        }
    }

    /// The next thing whose record is not what is stored: its checksum and length, or that it is
    /// gone.
    fn next_record(&self, buf: &mut [u8]) -> Option<(u64, Option<(u32, usize)>)> {
        if !self.journal.stale || self.journal.capacity == 0 || self.store.is_staging() {
            return None;
        }
        let gone = |entry: &&Entry| self.keys().all(|key| key != entry.key);
        let mut gone = self.journal.entries.iter().filter(gone).map(|entry| entry.key);
        // What is kept belongs to an observation, until that of another is stored.
        let of_observation = |key: &u64| ssid_of(*key, OBSERVATION).is_some();
        if let Some(key) = gone.clone().find(|key| !of_observation(key)) {
            return Some((key, None));
        }
        for key in self.keys() {
            let mut window = Window::new(buf, 0);
            if self.write_record(key, &mut window).is_err() {
                continue;
            }
            let (sum, len) = (window.checksum(), window.total());
            match self.journal.sum(key) {
                Some(known) if known == sum => {}
                None if self.journal.is_full(key) => {}
                _ => return Some((key, Some((sum, len)))),
            }
        }
        #[cfg(feature = "storing")]
        if let Some((number, is_there)) = self.next_kept() {
            let key = KEPT | u64::from(number);
            let mut window = Window::new(buf, 0);
            let written = is_there && self.write_record(key, &mut window).is_ok();
            return Some((key, written.then(|| (0, window.total()))));
        }
        gone.find(of_observation).map(|key| (key, None))
    }

    /// What there is to keep.
    fn keys(&self) -> impl Iterator<Item = u64> {
        let instances = OBJECTS.iter().flat_map(|object| self.store.paths(Path::object(*object)));
        let instances = instances.filter(|path| path.level() == Level::Instance).map(key_of);
        let accounts = || self.accounts.iter().enumerate().filter(|(_, account)| account.ssid != 0);
        let registrations = accounts().filter(|(_, account)| account.has_location());
        let registrations =
            registrations.map(|(_, account)| REGISTRATION | u64::from(account.ssid));
        let attributes =
            accounts().filter(|(at, _)| self.lasting_attributes(number(*at)).next().is_some());
        let attributes = attributes.map(|(_, account)| ATTRIBUTES | u64::from(account.ssid));
        let keys = instances.chain(registrations).chain(attributes);
        #[cfg(feature = "bootstrap")]
        let keys = keys.chain(self.bootstrap.is_to_end().then_some(PURGE));
        #[cfg(feature = "storing")]
        let keys =
            keys.chain(self.kept_observations().map(|serial| OBSERVATION | u64::from(serial)));
        #[cfg(feature = "oscore")]
        let keys =
            keys.chain(self.sequence_numbers().map(|(instance, _)| NUMBERS | u64::from(instance)));
        keys
    }

    /// What a server attached, but for the attributes of single observations.
    fn lasting_attributes(&self, server: u8) -> impl Iterator<Item = (Path, Attribute, [u8; 8])> {
        let lasts =
            |(path, ..): &(Path, Attribute, [u8; 8])| path.object_id() != Some(Path::UNASSIGNED);
        self.attached.of(server).filter(lasts)
    }

    fn write_record(&self, key: u64, sink: &mut dyn Sink) -> Result<(), Full> {
        sink.put_u8(FORMAT)?;
        if let Some(instance) = instance_of(key) {
            let below = self.store.paths(instance).filter(|path| *path != instance);
            let items = below.map(|path| match self.store.get(path) {
                Some(value) => Item::value(path, value),
                None => Item::empty(path),
            });
            return write_items(items, sink);
        }
        #[cfg(feature = "oscore")]
        if let Some(instance) = ssid_of(key, NUMBERS) {
            let numbers = self.sequence_numbers().find(|(id, _)| *id == instance);
            return sink.put(&numbers.map_or(0, |(_, up_to)| up_to).to_be_bytes());
        }
        #[cfg(feature = "storing")]
        if let Some(serial) = ssid_of(key, OBSERVATION) {
            return self.write_observation(serial, sink);
        }
        #[cfg(feature = "storing")]
        if let Some(number) = ssid_of(key, KEPT) {
            return self.write_kept(number, sink);
        }
        let account =
            |ssid| self.account(ssid).ok().and_then(|at| Some((at, self.accounts.get(at)?)));
        if let Some((at, account)) = ssid_of(key, REGISTRATION).and_then(account) {
            return self.write_registration(at, account, sink);
        }
        if let Some((at, _)) = ssid_of(key, ATTRIBUTES).and_then(account) {
            for (path, attribute, value) in self.lasting_attributes(number(at)) {
                sink.put(&[attribute as u8, path.level() as u8])?;
                for id in path.ids().iter() {
                    sink.put(&id.to_be_bytes())?;
                }
                sink.put(&value)?;
            }
        }
        Ok(())
    }

    /// What the server of an account knows.
    fn write_registration(
        &self,
        at: usize,
        account: &Account,
        sink: &mut dyn Sink,
    ) -> Result<(), Full> {
        let observed = self.observations.iter().any(|o| o.account == number(at));
        // 0 where what the server has is out of date.
        let list = match account {
            Account { resume: true, list, .. } => *list,
            Account { objects: true, .. } => 0,
            _ => self.list_sum(account.version),
        };
        #[cfg(feature = "v1-2")]
        let no_profile = account.no_profile;
        #[cfg(not(feature = "v1-2"))]
        let no_profile = false;
        sink.put(&[account.version as u8, observed.into(), no_profile.into()])?;
        for word in [account.lifetime, account.binding, list] {
            sink.put(&word.to_be_bytes())?;
        }
        sink.put(self.location_of(at, account.location))
    }

    /// Takes a record back that came from [`Client::poll_journal`] before a restart, in the order
    /// of the keys, after [`Client::new`] and before [`Client::start`]. Instances that the
    /// application makes itself, it makes as ever; accounts only if there are none now
    /// ([`Client::servers`]). Devices behind it are to be added in the same order as before.
    ///
    /// Notifications that were kept say when it was so by the wall clock: if the client was told what
    /// time it is before ([`Client::set_wall_clock`]). If not,
    /// they say that they are as old as the restart.
    ///
    /// # Errors
    /// [`UsageError::Invalid`] if the bytes are no record of this client; those of [`Client::set`]
    /// for what the client's objects and limits do not take. Then the thing is not there.
    pub fn restore(&mut self, now: Instant, key: u64, record: &[u8]) -> Result<(), UsageError> {
        let (format, record) = record.split_first().ok_or(UsageError::Invalid)?;
        if *format != FORMAT {
            return Err(UsageError::Invalid);
        }
        if let Some(instance) = instance_of(key) {
            self.restore_instance(instance, record).inspect_err(|_| {
                let _ = self.store.remove(instance);
            })?;
            self.follow_accounts(now);
            return self.remember(key);
        }
        #[cfg(feature = "oscore")]
        if let Some(instance) = ssid_of(key, NUMBERS) {
            let next = record.try_into().map(u64::from_be_bytes);
            let next = next.map_err(|_| UsageError::Invalid)?;
            if !self.restore_numbers(now, instance, next) {
                return Err(UsageError::Invalid);
            }
            return self.remember(key);
        }
        #[cfg(feature = "storing")]
        if let Some(number) = ssid_of(key, KEPT) {
            return self.restore_kept(now, number, record);
        }
        #[cfg(feature = "storing")]
        if let Some(serial) = ssid_of(key, OBSERVATION) {
            self.restore_observation(now, serial, record)?;
            return self.remember(key);
        }
        if let Some(ssid) = ssid_of(key, REGISTRATION) {
            self.restore_registration(ssid, record).ok_or(UsageError::Invalid)?;
        } else if let Some(ssid) = ssid_of(key, ATTRIBUTES) {
            let server = number(self.account(ssid)?);
            self.restore_attributes(server, record).ok_or(UsageError::Invalid)?;
        } else {
            #[cfg(feature = "bootstrap")]
            if key == PURGE {
                self.bootstrap_account_ends(now);
                return self.remember(key);
            }
            return Err(UsageError::Invalid);
        }
        self.remember(key)
    }

    /// The record is stored as it would be written now.
    fn remember(&mut self, key: u64) -> Result<(), UsageError> {
        let mut window = Window::new(&mut [], 0);
        let written = self.write_record(key, &mut window).is_ok();
        let sum = window.checksum();
        self.journal.stored(key, written.then_some(sum));
        self.journal.stale = true;
        Ok(())
    }

    fn restore_instance(&mut self, instance: Path, record: &[u8]) -> Result<(), UsageError> {
        match self.store.add_instance(instance) {
            Ok(()) | Err(UsageError::Exists) => {}
            Err(error) => return Err(error),
        }
        let mut items = Items::new(record);
        for item in &mut items {
            if !item.path.starts_with(instance) {
                return Err(UsageError::Invalid);
            }
            let done = match item.content {
                ItemContent::Value(value) => self.store.set(item.path, &value).map(|_| ()),
                ItemContent::Empty => self.store.add_resource(item.path),
            };
            match done {
                Ok(()) | Err(UsageError::Exists) => {}
                Err(error) => return Err(error),
            }
        }
        if items.is_over() { Ok(()) } else { Err(UsageError::Invalid) }
    }

    fn restore_registration(&mut self, ssid: u16, record: &[u8]) -> Option<()> {
        let at = self.account(ssid).ok()?;
        let mut reader = Reader::new(record);
        let version = match reader.u8().ok()? {
            0 => Version::V1_0,
            1 => Version::V1_1,
            2 => Version::V1_2,
            _ => return None,
        };
        let observed = reader.u8().ok()? != 0;
        let no_profile = reader.u8().ok()? != 0;
        let mut word = || reader.uint(4).ok().and_then(|n| u32::try_from(n).ok());
        let (lifetime, binding, list) = (word()?, word()?, word()?);
        let location = reader.rest();
        let len = u8::try_from(location.len()).ok()?;
        let size = usize::from(self.location).max(1);
        self.locations.chunks_mut(size).nth(at)?.get_mut(..len.into())?.copy_from_slice(location);
        let account = self.accounts.get_mut(at).filter(|account| account.state == State::Off)?;
        #[cfg(feature = "v1-2")]
        {
            account.no_profile = no_profile;
        }
        let _ = no_profile;
        (account.version, account.location) = (version, len);
        (account.lifetime, account.binding, account.list) = (lifetime, binding, list);
        account.resume = !observed && len > 0;
        Some(())
    }

    fn restore_attributes(&mut self, server: u8, record: &[u8]) -> Option<()> {
        let mut reader = Reader::new(record);
        while !reader.is_empty() {
            let attribute = Attribute::from_index(reader.u8().ok()?)?;
            let mut path = Path::ROOT;
            for _ in 0..reader.u8().ok()? {
                path = path.child(reader.u16().ok()?)?;
            }
            let value = reader.take(8).ok()?.try_into().ok()?;
            if !self.attached.put(server, path, attribute, value) {
                return None;
            }
        }
        Some(())
    }

    /// The Short Server IDs of the accounts.
    pub fn servers(&self) -> impl Iterator<Item = u16> {
        self.accounts.iter().map(|account| account.ssid).filter(|ssid| *ssid != 0)
    }
}
