//! Where resources survive: a file that is written by a thread of its own, many changes at a time.

use super::options::Place;
use crate::failure::{Failure, reason};
use onem2m_core::cse::{Cse, Record};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Journal records by their keys.
const RESOURCES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("resources");
/// Whose they are.
const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
/// Changes when what is in a record does.
const FORMAT: &str = "1";
/// Bytes of the file that are kept in memory. What is read again is in the engine anyway.
const CACHE: usize = 4 << 20;

/// A file of resources.
#[derive(Debug)]
pub(super) struct Store {
    database: Database,
}

impl Store {
    /// Opens a file, or makes it.
    pub(super) fn open(path: &Path, cse_id: &str) -> Result<Store, Failure> {
        let name = path.display();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::io(format_args!("cannot make the folder {}", folder.display()), &error)
            })?;
        }
        let broken = |words: String| Failure::new(format!("cannot open the store {name}: {words}"));
        let opened = quietly(|| {
            let builder = redb::Builder::new().set_cache_size(CACHE).create(path);
            let store = Store { database: builder? };
            let owner = store.claim(cse_id)?;
            Ok::<_, redb::Error>((store, owner))
        });
        let (store, owner) = opened
            .ok_or_else(|| broken("it is damaged".to_owned()))?
            .map_err(|error| broken(words(error)))?;
        match owner {
            None => Ok(store),
            Some((what, found)) => Err(broken(format!("its {what} is {found}"))),
        }
    }

    /// Makes the tables, and says what does not fit about a file that was there.
    fn claim(&self, cse_id: &str) -> Result<Option<(&'static str, String)>, redb::Error> {
        let write = self.database.begin_write()?;
        {
            write.open_table(RESOURCES)?;
            let mut about = write.open_table(ABOUT)?;
            for (key, name, wanted) in [("format", "format", FORMAT), ("cse-id", "CSE-ID", cse_id)]
            {
                let found = about.get(key)?.map(|found| found.value().to_owned());
                match found {
                    None => {
                        about.insert(key, wanted)?;
                    }
                    Some(found) if found != wanted => return Ok(Some((name, found))),
                    Some(_) => {}
                }
            }
        }
        write.commit()?;
        Ok(None)
    }

    /// Gives all that was kept back to an engine that has nothing yet.
    pub(super) fn restore(&self, cse: &mut Cse) -> Result<(), Failure> {
        let broken = |error| Failure::new(format!("cannot read the store: {}", words(error)));
        let take = |key, value: &[u8]| {
            let damaged = |error| Failure::new(format!("the store is damaged: {error}"));
            cse.restore(key, value).map_err(damaged)
        };
        let read = quietly(|| self.each(take));
        read.ok_or_else(|| Failure::new("the store is damaged"))?.map_err(broken)??;
        cse.finish_restore();
        Ok(())
    }

    fn each(
        &self,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), Failure>,
    ) -> Result<Result<(), Failure>, redb::Error> {
        let read = self.database.begin_read()?;
        for entry in read.open_table(RESOURCES)?.iter()? {
            let (key, value) = entry?;
            if let Err(failure) = take(key.value(), value.value()) {
                return Ok(Err(failure));
            }
        }
        Ok(Ok(()))
    }

    fn commit(&self, records: &[Record]) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        {
            let mut resources = write.open_table(RESOURCES)?;
            for record in records {
                match &record.value {
                    Some(value) => resources.insert(record.key, value.as_slice())?,
                    None => resources.remove(record.key)?,
                };
            }
        }
        write.commit()?;
        Ok(())
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
        redb::Error::Corrupted(_) => "it is damaged".to_owned(),
        other => other.to_string().trim_end_matches('.').to_owned(),
    }
}

/// The thread that writes. What is given to it becomes one transaction.
#[derive(Debug)]
pub(super) struct Journal {
    to: Sender<Vec<Record>>,
    done: UnboundedReceiver<Result<(), String>>,
}

impl Journal {
    /// Starts the thread.
    pub(super) fn start(store: Store) -> Result<Journal, Failure> {
        let (to, batches) = channel::<Vec<Record>>();
        let (tell, done) = unbounded_channel();
        let run = move || {
            while let Ok(records) = batches.recv() {
                let committed = store.commit(&records).map_err(words);
                if tell.send(committed).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(run)
            .map_err(|error| Failure::io("cannot start a thread", &error))?;
        Ok(Journal { to, done })
    }

    /// Has records written. Nothing is to be given before the last are.
    pub(super) fn commit(&self, records: Vec<Record>) {
        // If the thread is gone, so is its end of the other channel: `committed` tells.
        let _ = self.to.send(records);
    }

    /// Waits until what was given is on the disk. Dropping the future loses nothing.
    pub(super) async fn committed(&mut self) -> Result<(), Failure> {
        let words = match self.done.recv().await {
            Some(Ok(())) => return Ok(()),
            Some(Err(words)) => words,
            None => "its thread has ended".to_owned(),
        };
        Err(Failure::new(format!("cannot write to the store: {words}")))
    }
}

/// What was kept, and what keeps what comes.
pub(super) fn open(place: &Place, cse: &mut Cse, cse_id: &str) -> Result<Option<Journal>, Failure> {
    match place {
        Place::Memory => Ok(None),
        Place::File(path) => {
            let store = Store::open(path, cse_id)?;
            store.restore(cse)?;
            Journal::start(store).map(Some)
        }
    }
}
