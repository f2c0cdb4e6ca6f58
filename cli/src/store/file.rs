//! A store in a file of its own: a database that is whole after a crash at any moment.

use super::batch::Batch;
use super::{About, Keeper, Kept, Take, bundle};
use crate::failure::{Failure, reason};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::Path;

/// What the command itself keeps, by name: settings, not what the engine journals.
const SETTINGS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("settings");
/// Whose they are.
const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
/// Bytes of the file that are kept in memory. What is read again is in the engine anyway.
const CACHE: usize = 4 << 20;

/// Why a file cannot be used.
const DAMAGED: &str = "it is damaged";

/// A database in a file.
#[derive(Debug)]
pub(crate) struct File {
    database: Database,
    table: &'static str,
    bundled: bool,
    /// A bundle that is written.
    buffer: Vec<u8>,
}

impl File {
    /// Opens a file, or makes it.
    pub(crate) fn open(path: &Path, about: &About<'_>) -> Result<File, Failure> {
        let name = path.display();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::io(format_args!("cannot make the folder {}", folder.display()), &error)
            })?;
        }
        let broken = |words: String| Failure::new(format!("cannot open the store {name}: {words}"));
        let opened = quietly(|| {
            private(path)?;
            let builder = redb::Builder::new().set_cache_size(CACHE).create(path);
            let About { table, bundled, .. } = *about;
            let file = File { database: builder?, table, bundled, buffer: Vec::new() };
            let unfit = file.claim(about)?;
            Ok::<_, redb::Error>((file, unfit))
        });
        let (file, unfit) = opened
            .ok_or_else(|| broken(DAMAGED.to_owned()))?
            .map_err(|error| broken(words(error)))?;
        match unfit {
            None => Ok(file),
            Some((what, found, wanted)) => {
                Err(broken(format!("its {what} is {found}, not {wanted}")))
            }
        }
    }

    fn records(&self) -> TableDefinition<'static, u64, &'static [u8]> {
        TableDefinition::new(self.table)
    }

    /// Makes the tables, and says what does not fit about a file that was there.
    fn claim(
        &self,
        about: &About<'_>,
    ) -> Result<Option<(&'static str, String, String)>, redb::Error> {
        let write = self.database.begin_write()?;
        {
            let mut claims = write.open_table(ABOUT)?;
            for (key, name, wanted) in about.claims {
                let found = claims.get(*key)?.map(|found| found.value().to_owned());
                match found {
                    None => {
                        claims.insert(*key, *wanted)?;
                    }
                    Some(found) if found != *wanted => {
                        return Ok(Some((name, found, (*wanted).to_owned())));
                    }
                    Some(_) => {}
                }
            }
            write.open_table(self.records())?;
            write.open_table(SETTINGS)?;
        }
        write.commit()?;
        Ok(None)
    }

    fn read(&self, take: &mut Take<'_>) -> Result<Result<(), String>, redb::Error> {
        let read = self.database.begin_read()?;
        for entry in read.open_table(SETTINGS)?.iter()? {
            let (key, value) = entry?;
            if let Err(words) = take(Kept::Setting(key.value(), value.value())) {
                return Ok(Err(words));
            }
        }
        let records = read.open_table(self.records())?;
        for entry in records.iter()? {
            let (key, value) = entry?;
            let (key, value) = (key.value(), value.value());
            if !self.bundled {
                if let Err(words) = take(Kept::Record(key, value)) {
                    return Ok(Err(words));
                }
                continue;
            }
            for record in bundle::records(key, value) {
                let Some((key, value)) = record else { return Ok(Err(DAMAGED.to_owned())) };
                if let Err(words) = take(Kept::Record(key, value)) {
                    return Ok(Err(words));
                }
            }
        }
        Ok(Ok(()))
    }

    fn write(&mut self, batch: &mut Batch) -> Result<Result<(), String>, redb::Error> {
        batch.sort();
        let write = self.database.begin_write()?;
        {
            let mut records = write.open_table(self.records())?;
            if self.bundled {
                let mut rest = batch.records();
                while let Some((first, _)) = rest.clone().next() {
                    let bundle = bundle::of(first);
                    let within = rest.clone().take_while(|(key, _)| bundle::of(*key) == bundle);
                    let count = within.clone().count();
                    let old = records.get(bundle)?;
                    let bytes = old.as_ref().map_or(&[][..], |old| old.value());
                    if bundle::merge(bundle, bytes, within, &mut self.buffer).is_none() {
                        return Ok(Err(DAMAGED.to_owned()));
                    }
                    drop(old);
                    match self.buffer.as_slice() {
                        [] => drop(records.remove(bundle)?),
                        bytes => drop(records.insert(bundle, bytes)?),
                    }
                    rest.nth(count.saturating_sub(1));
                }
            } else {
                for (key, value) in batch.records() {
                    match value {
                        Some(value) => drop(records.insert(key, value)?),
                        None => drop(records.remove(key)?),
                    }
                }
            }
            let mut settings = write.open_table(SETTINGS)?;
            for (name, value) in batch.settings() {
                match value {
                    Some(value) => drop(settings.insert(name, value)?),
                    None => drop(settings.remove(name)?),
                }
            }
        }
        write.commit()?;
        Ok(Ok(()))
    }
}

impl Keeper for File {
    fn each(&self, take: &mut Take<'_>) -> Result<(), String> {
        let read = quietly(|| self.read(take));
        read.ok_or_else(|| DAMAGED.to_owned())?.map_err(words)?
    }

    fn commit(&mut self, batch: &mut Batch) -> Result<(), String> {
        self.write(batch).map_err(words)?
    }
}

/// Makes a file that is not there yet so that only its owner reads it: there may be keys in it.
fn private(path: &Path) -> Result<(), redb::Error> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(redb::Error::Io(error)),
    }
}

/// Runs what may panic: redb does so for files that were cut, which is no fault of this program.
fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    std::panic::set_hook(hook);
    done.ok()
}

fn words(error: redb::Error) -> String {
    match error {
        redb::Error::Io(error) => reason(&error),
        redb::Error::DatabaseAlreadyOpen => "another process uses it".to_owned(),
        redb::Error::Corrupted(_) => DAMAGED.to_owned(),
        other => other.to_string().trim_end_matches('.').to_owned(),
    }
}
