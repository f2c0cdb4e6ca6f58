//! What a device keeps over a restart: records that go out when something changes, and come back.
//!
//! A record is named by a number and holds some bytes, or says that what it held is gone. There is
//! one for each instance of the objects about servers (0, 1, 2, 21, 23, 24), one for each
//! registration, one for the attributes of each server, one for the end of the bootstrap server's
//! account, one for the sequence numbers of each security context. Which of them are stored is known
//! by their checksums, 16 bytes each: nothing is noted when something changes, and nothing can be
//! forgotten. What is kept for servers and what is to be sent to them are records of their own (see
//! `kept.rs`).
//!
//! A registration that is taken back goes on with an Update, as far as one does (see `resume.rs`);
//! not if the server had observations, which are gone: only a Register tells it.

use alloc::vec::Vec;
use m2m_base::container::Reserve;
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

/// What is kept for servers: the observations, by their numbers, and their groups of values;
/// the Sends, and theirs.
const OBSERVATION: u64 = 0xffff_0005 << 32;
pub(super) const KEPT: u64 = 0xffff_0006 << 32;
const SEND: u64 = 0xffff_0007 << 32;
pub(super) const RECORDED: u64 = 0xffff_0008 << 32;
/// What kind a key is of; the rest is a number.
const KIND: u64 = u64::MAX << 32;

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

/// How many records there are of the kinds that have room of their own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Besides {
    /// Sequence numbers of security contexts, which must not be used without their record.
    pub(super) contexts: usize,
    pub(super) observations: usize,
    pub(super) sends: usize,
}

/// Which records are stored.
#[derive(Debug)]
pub(super) struct Journal {
    entries: Vec<Entry>,
    capacity: usize,
    /// Some of these are for one kind alone.
    besides: Besides,
    /// Something may have changed.
    pub(super) stale: bool,
}

impl Besides {
    const fn all(self) -> usize {
        self.contexts.saturating_add(self.observations).saturating_add(self.sends)
    }
}

impl Journal {
    #[inline(always)]
    pub(super) const fn empty() -> Journal {
        Journal {
            entries: Vec::new(),
            capacity: 0,
            besides: Besides { contexts: 0, observations: 0, sends: 0 },
            stale: false,
        }
    }

    /// For so many records, and others besides.
    pub(super) fn reserve(
        &mut self,
        records: u8,
        besides: Besides,
        reservation: &mut impl Reserve,
    ) {
        let numbers = cfg!(feature = "oscore") && records > 0;
        let contexts = if numbers { besides.contexts } else { 0 };
        self.besides = Besides { contexts, ..besides };
        self.capacity = usize::from(records).saturating_add(self.besides.all());
        reservation.room(&mut self.entries, self.capacity);
    }

    /// There is one.
    #[cfg(feature = "oscore")]
    pub(super) fn is_kept(&self) -> bool {
        self.capacity > 0
    }

    /// There is no room for a record with a new key.
    fn is_full(&self, key: u64) -> bool {
        let room = |key: u64| match key >> 32 {
            0xffff_0004 => Some(self.besides.contexts),
            0xffff_0005 => Some(self.besides.observations),
            0xffff_0007 => Some(self.besides.sends),
            _ => None,
        };
        let own = room(key);
        let alike = |entry: &&Entry| match own {
            Some(_) => entry.key & KIND == key & KIND,
            None => room(entry.key).is_none(),
        };
        let used = self.entries.iter().filter(alike).count();
        used >= own.unwrap_or(self.capacity.saturating_sub(self.besides.all()))
    }

    /// The record of what groups of this kind belong to is stored.
    pub(super) fn has_owner(&self, kind: u64, owner: u16) -> bool {
        let owners = if kind == KEPT { OBSERVATION } else { SEND };
        self.sum(owners | u64::from(owner)).is_some()
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

/// The number of a key, whatever it is of.
fn number_of(key: u64) -> u16 {
    let [.., a, b] = key.to_be_bytes();
    u16::from_be_bytes([a, b])
}

/// The number of a key of this kind: a Short Server ID, an instance, an observation.
fn numbered(key: u64, kind: u64) -> Option<u16> {
    u16::try_from(key.checked_sub(kind)?).ok()
}

impl Client {
    /// The next record to store, written into `buf`. Call it until it answers `None`, store what
    /// came, and only then ask for datagrams: while there are records [`Client::poll_transmit`] has
    /// nothing, so that what a server was told is never forgotten.
    ///
    /// There are none unless [`Limits::records`](super::Limits::records) says how many. What is kept
    /// for a server that cannot be told (/1/x/6) and what is recorded for Send is among them: a record
    /// when a notification or a value is kept, and another, without content, when the server has
    /// acknowledged it.
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
        if !self.kept_is_stored(key & KIND, number_of(key)) {
            self.journal.stored(key, made.map(|(sum, _)| sum));
        }
        match key & KIND {
            OBSERVATION => self.owner_is_stored(KEPT),
            SEND => self.owner_is_stored(RECORDED),
            _ => {}
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
        if !self.store.is_staging() {
            self.all_is_stored();
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
        let of_observation = |key: &u64| numbered(*key, OBSERVATION).is_some();
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
        if let Some((key, is_there)) = self.next_kept() {
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
        #[cfg(feature = "send")]
        let keys = keys.chain(self.kept_sends().map(|owner| SEND | u64::from(owner)));
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
        if let Some(instance) = numbered(key, NUMBERS) {
            let numbers = self.sequence_numbers().find(|(id, _)| *id == instance);
            return sink.put(&numbers.map_or(0, |(_, up_to)| up_to).to_be_bytes());
        }
        #[cfg(feature = "storing")]
        if let Some(serial) = numbered(key, OBSERVATION) {
            return self.write_observation(serial, sink);
        }
        #[cfg(feature = "send")]
        if let Some(owner) = numbered(key, SEND) {
            return self.write_kept_send(owner, sink);
        }
        if matches!(key & KIND, KEPT | RECORDED) {
            return self.write_kept(key & KIND, number_of(key), sink);
        }
        let account =
            |ssid| self.account(ssid).ok().and_then(|at| Some((at, self.accounts.get(at)?)));
        if let Some((at, account)) = numbered(key, REGISTRATION).and_then(account) {
            return self.write_registration(at, account, sink);
        }
        if let Some((at, _)) = numbered(key, ATTRIBUTES).and_then(account) {
            for (path, attribute, value) in self.lasting_attributes(number(at)) {
                sink.put(&[attribute.index(), path.level() as u8])?;
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
    /// Notifications and values that were kept say when it was so by the wall clock: if the client
    /// was told what time it is before ([`Client::set_wall_clock`]). If not, they say that they are as
    /// old as the restart. Sends that were under way begin anew; [`Client::sends`] names them.
    ///
    /// # Errors
    /// [`UsageError::Invalid`] if the bytes are no record of this client; those of [`Client::set`]
    /// for what the client's objects and limits do not take. Then the thing is not there.
    pub fn restore(&mut self, now: Instant, key: u64, record: &[u8]) -> Result<(), UsageError> {
        let (format, record) = record.split_first().ok_or(UsageError::Invalid)?;
        if *format != FORMAT {
            return Err(UsageError::Invalid);
        }
        if self.is_of_nobody(key, record) {
            // Power was lost while the account went.
            self.journal.stored(key, Some(0));
            self.journal.stale = true;
            return Ok(());
        }
        if let Some(instance) = instance_of(key) {
            self.restore_instance(instance, record).inspect_err(|_| {
                let _ = self.store.remove(instance);
            })?;
            self.now = now;
            self.follow_accounts();
            return self.remember(key);
        }
        #[cfg(feature = "oscore")]
        if let Some(instance) = numbered(key, NUMBERS) {
            let next = record.try_into().map(u64::from_be_bytes);
            let next = next.map_err(|_| UsageError::Invalid)?;
            if !self.restore_numbers(now, instance, next) {
                return Err(UsageError::Invalid);
            }
            return self.remember(key);
        }
        if matches!(key & KIND, KEPT | RECORDED) {
            return self.restore_kept(now, key & KIND, number_of(key), record);
        }
        #[cfg(feature = "send")]
        if let Some(owner) = numbered(key, SEND) {
            self.restore_send(now, owner, record)?;
            return self.remember(key);
        }
        #[cfg(feature = "storing")]
        if let Some(serial) = numbered(key, OBSERVATION) {
            self.restore_observation(now, serial, record)?;
            return self.remember(key);
        }
        if let Some(ssid) = numbered(key, REGISTRATION) {
            self.restore_registration(ssid, record).ok_or(UsageError::Invalid)?;
        } else if let Some(ssid) = numbered(key, ATTRIBUTES) {
            let server = number(self.account(ssid)?);
            self.restore_attributes(server, record).ok_or(UsageError::Invalid)?;
        } else {
            #[cfg(feature = "bootstrap")]
            if key == PURGE {
                self.now = now;
                self.bootstrap_account_ends();
                return self.remember(key);
            }
            return Err(UsageError::Invalid);
        }
        self.remember(key)
    }

    /// The account that a record belongs to is not there.
    fn is_of_nobody(&self, key: u64, record: &[u8]) -> bool {
        let ssid = match key & KIND {
            REGISTRATION | ATTRIBUTES => Some(number_of(key)),
            OBSERVATION | SEND => Reader::new(record).u16().ok(),
            _ => None,
        };
        ssid.is_some_and(|ssid| self.account(ssid).is_err())
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
}
