//! The application's side of the tree of objects: it sets and reads values, adds and removes.

#[cfg(feature = "v1-2")]
use alloc::vec::Vec;

use m2m_base::Instant;

#[cfg(feature = "v1-2")]
use super::account::Account;
use super::account::FOLLOWS;
use super::{Client, UsageError};
use crate::{DataType, Path, Value};

impl Client {
    /// Sets the value of a resource or resource instance. The object instance must be there; the
    /// resource is made if the object has it. An integer is taken for any kind of number.
    ///
    /// Servers that observe the path are notified as their attributes say. Setting the same value
    /// again changes nothing.
    ///
    /// # Errors
    /// [`UsageError::UnknownObject`], [`UsageError::UnknownPath`], [`UsageError::WrongType`],
    /// [`UsageError::OutOfRange`], [`UsageError::Full`]; [`UsageError::NotAllowed`] for the Short
    /// Server ID (/0/x/10, /1/x/0) where there is one.
    pub fn set(&mut self, now: Instant, path: Path, value: Value<'_>) -> Result<(), UsageError> {
        if matches!(*path.ids(), [0, _, 10] | [1, _, 0]) && self.store.contains(path) {
            return Err(UsageError::NotAllowed);
        }
        if self.store.set(path, &value)? {
            self.now = now;
            if FOLLOWS && is_account(path) {
                self.follow_accounts();
            }
            self.touch(path);
            self.settle(now);
        }
        Ok(())
    }

    /// Sets a value of the client's own.
    #[cfg(any(feature = "packages", feature = "ready-made"))]
    pub(super) fn put(&mut self, path: Path, value: &Value<'_>) {
        if self.store.set(path, value) == Ok(true) {
            self.touch(path);
        }
    }

    /// The value of a resource or resource instance.
    #[must_use]
    pub fn get(&self, path: Path) -> Option<Value<'_>> {
        self.store.get(path)
    }

    /// The type that the values at `path` have, if the client has such an object and it such a
    /// resource.
    #[must_use]
    pub fn data_type(&self, path: Path) -> Option<DataType> {
        self.store.resource(path).map(|row| row.data_type)
    }

    /// Adds an object instance, and in it those resources that every instance has and that are
    /// executed or multiple.
    ///
    /// # Errors
    /// [`UsageError::UnknownPath`] if `path` is not of an instance; [`UsageError::UnknownObject`];
    /// [`UsageError::NotAllowed`] for a second instance of an object that has one, for ID 65535;
    /// [`UsageError::Exists`]; [`UsageError::Full`].
    pub fn add_instance(&mut self, now: Instant, path: Path) -> Result<(), UsageError> {
        self.store.add_instance(path)?;
        self.instances_changed(path);
        self.settle(now);
        Ok(())
    }

    /// Adds an optional resource that is executed, or a multiple one without instances.
    ///
    /// # Errors
    /// [`UsageError::UnknownPath`] if there is no such instance or resource;
    /// [`UsageError::NotAllowed`] for a resource that has a value; [`UsageError::Exists`];
    /// [`UsageError::Full`].
    pub fn add_resource(&mut self, now: Instant, path: Path) -> Result<(), UsageError> {
        self.store.add_resource(path)?;
        self.touch(path);
        self.settle(now);
        Ok(())
    }

    /// Removes an object instance, a resource, or a resource instance. Without its instance of
    /// object 0 or 1 an account is gone; its server is not told.
    ///
    /// # Errors
    /// [`UsageError::UnknownPath`] if nothing is there; [`UsageError::NotAllowed`] for what each
    /// instance of objects 0 and 1 has, and for these themselves without the feature `accounts`.
    pub fn remove(&mut self, now: Instant, path: Path) -> Result<(), UsageError> {
        if matches!(*path.ids(), [0 | 1, _, ..])
            && self.store.resource(path).map_or(!FOLLOWS, |row| row.is_mandatory())
        {
            return Err(UsageError::NotAllowed);
        }
        self.store.remove(path)?;
        self.now = now;
        if FOLLOWS && is_account(path) {
            self.follow_accounts();
        }
        self.gone(path);
        self.settle(now);
        Ok(())
    }

    /// True if the client has what is at `path`.
    #[must_use]
    pub fn contains(&self, path: Path) -> bool {
        self.store.contains(path)
    }

    /// The instances, resources and resource instances at and below `below`, parents first.
    pub fn paths(&self, below: Path) -> impl Iterator<Item = Path> {
        self.store.paths(below)
    }

    /// The first of [`Client::paths`] that comes behind `after`.
    #[must_use]
    pub fn next_path(&self, below: Path, after: Path) -> Option<Path> {
        self.store.next_path(below, after)
    }

    /// An instance came or went: the servers' lists of objects are out of date.
    pub(super) fn instances_changed(&mut self, path: Path) {
        #[cfg(feature = "gateway")]
        if let Some(device) = self.store.device_of(path) {
            // The registration tells of the gateway's own.
            self.list_objects(device);
            return self.touch(path);
        }
        #[cfg(feature = "v1-2")]
        if self.accounts.iter().any(Account::is_open) {
            // It named what was there before.
            self.profile = Vec::new();
        }
        for account in &mut self.accounts {
            account.objects_changed();
        }
        self.touch(path);
    }
}

/// Part of a server account.
fn is_account(path: Path) -> bool {
    matches!(*path.ids(), [0 | 1, _, ..])
        || cfg!(feature = "oscore") && matches!(*path.ids(), [21, _, ..])
}
