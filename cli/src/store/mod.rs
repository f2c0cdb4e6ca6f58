//! Where what an engine journals survives: a store that is written by a thread of its own, many
//! changes at a time.
//!
//! A [`Keeper`] is a place that takes transactions; a file is one ([`File`]), a store that several
//! servers share can be another.

mod batch;
mod bundle;
mod file;

pub(crate) use batch::Batch;
pub(crate) use file::File;

use crate::failure::Failure;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

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
    /// They are short, and those with neighbouring keys often change together.
    pub(crate) bundled: bool,
    /// What a file says of itself: key, what people call it, value. A file with another value is
    /// not opened.
    pub(crate) claims: &'a [(&'static str, &'static str, &'a str)],
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
    fn commit(&mut self, changes: &mut Batch) -> Result<(), String>;
}

/// The thread that writes. What is given to it becomes one transaction.
#[derive(Debug)]
pub(crate) struct Journal {
    to: Sender<Batch>,
    done: UnboundedReceiver<Result<Batch, String>>,
}

impl Journal {
    /// Starts the thread.
    pub(crate) fn start(mut keeper: impl Keeper + 'static) -> Result<Journal, Failure> {
        let (to, batches) = channel::<Batch>();
        let (tell, done) = unbounded_channel();
        let run = move || {
            while let Ok(mut changes) = batches.recv() {
                let committed = keeper.commit(&mut changes).map(|()| {
                    changes.clear();
                    changes
                });
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
    pub(crate) fn commit(&self, changes: Batch) {
        // If the thread is gone, so is its end of the other channel: `committed` tells.
        let _ = self.to.send(changes);
    }

    /// Waits until what was given is on the disk, and gives it back without its changes. Dropping
    /// the future loses nothing.
    pub(crate) async fn committed(&mut self) -> Result<Batch, Failure> {
        let words = match self.done.recv().await {
            Some(Ok(batch)) => return Ok(batch),
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
