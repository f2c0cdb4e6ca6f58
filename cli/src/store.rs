//! Where what an engine journals survives: a store that is written by a thread of its own, many
//! changes at a time.
//!
//! A [`Keeper`] is a place that takes transactions; a file is one ([`File`]), a store that several
//! servers share can be another.

use crate::failure::{Failure, reason};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What the command itself keeps, by name: settings, not what the engine journals.
const SETTINGS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("settings");
/// Whose they are.
const ABOUT: TableDefinition<'_, &str, &str> = TableDefinition::new("about");
/// Bytes of the file that are kept in memory. What is read again is in the engine anyway.
const CACHE: usize = 4 << 20;

/// Where to keep.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Memory,
    File(PathBuf),
}

impl Place {
    /// A place by its name: `memory`, or the path of a file.
    pub(crate) fn named(path: &Path) -> Place {
        if path.as_os_str() == "memory" { Place::Memory } else { Place::File(path.to_owned()) }
    }

    /// A file of that name in the folder where the user's programs keep their state.
    pub(crate) fn usual(name: &str) -> Place {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let state = variable("XDG_STATE_HOME").map(PathBuf::from);
        let state =
            state.or_else(|| variable("HOME").map(|home| Path::new(&home).join(".local/state")));
        Place::File(match state {
            Some(folder) => folder.join("m2m").join(name),
            None => PathBuf::from(name),
        })
    }
}

/// What a store is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// The table of the engine's records.
    pub(crate) table: &'static str,
    /// What a file says of itself: key, what people call it, value. A file with another value is
    /// not opened.
    pub(crate) claims: &'a [(&'static str, &'static str, &'a str)],
}

/// One change: what is kept under a key from now on, `None` for nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Change {
    /// A record of the engine.
    Record(u64, Option<Vec<u8>>),
    /// A setting of the command.
    Setting(String, Option<Vec<u8>>),
}

/// Something that was kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept<'a> {
    Record(u64, &'a [u8]),
    Setting(&'a str, &'a [u8]),
}

/// Takes what was kept: settings, then records. One that cannot be is told in words.
pub(crate) type Take<'t> = dyn FnMut(Kept<'_>) -> Result<(), String> + 't;

/// A place that keeps.
pub(crate) trait Keeper: Send {
    /// Gives all that was kept.
    fn each(&self, take: &mut Take<'_>) -> Result<(), String>;

    /// Keeps all of these changes or none. When it returns they survive a loss of power.
    fn commit(&mut self, changes: &[Change]) -> Result<(), String>;
}

/// A database in a file.
#[derive(Debug)]
pub(crate) struct File {
    database: Database,
    table: &'static str,
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
            let file = File { database: builder?, table: about.table };
            let unfit = file.claim(about)?;
            Ok::<_, redb::Error>((file, unfit))
        });
        let (file, unfit) = opened
            .ok_or_else(|| broken("it is damaged".to_owned()))?
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
        for entry in read.open_table(self.records())?.iter()? {
            let (key, value) = entry?;
            if let Err(words) = take(Kept::Record(key.value(), value.value())) {
                return Ok(Err(words));
            }
        }
        Ok(Ok(()))
    }

    fn write(&self, changes: &[Change]) -> Result<(), redb::Error> {
        let write = self.database.begin_write()?;
        {
            let mut records = write.open_table(self.records())?;
            let mut settings = write.open_table(SETTINGS)?;
            for change in changes {
                match change {
                    Change::Record(key, Some(value)) => {
                        records.insert(key, value.as_slice())?;
                    }
                    Change::Record(key, None) => {
                        records.remove(key)?;
                    }
                    Change::Setting(key, Some(value)) => {
                        settings.insert(key.as_str(), value.as_slice())?;
                    }
                    Change::Setting(key, None) => {
                        settings.remove(key.as_str())?;
                    }
                }
            }
        }
        write.commit()?;
        Ok(())
    }
}

impl Keeper for File {
    fn each(&self, take: &mut Take<'_>) -> Result<(), String> {
        let read = quietly(|| self.read(take));
        read.ok_or_else(|| "it is damaged".to_owned())?.map_err(words)?
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), String> {
        self.write(changes).map_err(words)
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
        redb::Error::Corrupted(_) => "it is damaged".to_owned(),
        other => other.to_string().trim_end_matches('.').to_owned(),
    }
}

/// The thread that writes. What is given to it becomes one transaction.
#[derive(Debug)]
pub(crate) struct Journal {
    to: Sender<Vec<Change>>,
    done: UnboundedReceiver<Result<(), String>>,
}

impl Journal {
    /// Starts the thread.
    pub(crate) fn start(mut keeper: impl Keeper + 'static) -> Result<Journal, Failure> {
        let (to, batches) = channel::<Vec<Change>>();
        let (tell, done) = unbounded_channel();
        let run = move || {
            while let Ok(changes) = batches.recv() {
                let committed = keeper.commit(&changes);
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

    /// Has changes written. Nothing is to be given before the last are.
    pub(crate) fn commit(&self, changes: Vec<Change>) {
        // If the thread is gone, so is its end of the other channel: `committed` tells.
        let _ = self.to.send(changes);
    }

    /// Waits until what was given is on the disk. Dropping the future loses nothing.
    pub(crate) async fn committed(&mut self) -> Result<(), Failure> {
        let words = match self.done.recv().await {
            Some(Ok(())) => return Ok(()),
            Some(Err(words)) => words,
            None => "its thread has ended".to_owned(),
        };
        Err(Failure::new(format!("cannot write to the store: {words}")))
    }
}

/// What was kept goes to `take`, and what comes is kept.
pub(crate) fn open(
    place: &Place,
    about: &About<'_>,
    take: &mut Take<'_>,
) -> Result<Option<Journal>, Failure> {
    match place {
        Place::Memory => Ok(None),
        Place::File(path) => {
            let file = File::open(path, about)?;
            let damaged =
                |words| Failure::new(format!("cannot read the store {}: {words}", path.display()));
            file.each(take).map_err(damaged)?;
            Journal::start(file).map(Some)
        }
    }
}
