//! What clients are to be given: steps, checked and encoded once.

use super::event::OperationKind;
use crate::error::WriteError;
use crate::format::{self, Item};
use crate::path::{Level, Path};
use crate::server::accepted::Typed;
use crate::server::config::boxed;
use crate::server::model::Model;
use crate::server::{Body, UsageError};
use crate::value::Value;
use alloc::boxed::Box;
use alloc::vec::Vec;
use coap_core::ContentFormat;
use core::fmt;

/// What a bootstrap server asks of a client.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Operation<'a> {
    /// List what the client has (since 1.1).
    Discover {
        /// The root, or an object.
        path: Path,
    },
    /// Read the Server or Access Control object (since 1.1).
    Read {
        /// An object or one of its instances.
        path: Path,
        /// The content format to ask for; `None` for the one that the client prefers.
        format: Option<ContentFormat>,
    },
    /// Write, creating what is not there.
    Write {
        /// An object (with its instances), an instance or a resource.
        path: Path,
        /// What. Items may come in any order, and none may be without a value; in which format
        /// they go the client's preference says. A payload that the caller encoded goes as it is.
        body: Body<'a>,
    },
    /// Delete. The client keeps its bootstrap account and its Device object.
    Delete {
        /// The root, an object or an instance.
        path: Path,
    },
    /// Say that all is written; the client checks it (4.06 if something is missing).
    Finish,
}

/// One step of a session.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What is asked.
    pub operation: Operation<'a>,
    /// If the client refuses, the session goes on.
    pub optional: bool,
}

impl<'a> Step<'a> {
    /// A step whose refusal ends the session.
    #[must_use]
    pub const fn new(operation: Operation<'a>) -> Step<'a> {
        Step { operation, optional: false }
    }

    /// A step that may be refused.
    #[must_use]
    pub const fn optional(operation: Operation<'a>) -> Step<'a> {
        Step { operation, optional: true }
    }

    /// Write items at a path.
    #[must_use]
    pub const fn write(path: Path, items: &'a [Item<'a>]) -> Step<'a> {
        Step::new(Operation::Write { path, body: Body::items(items) })
    }

    /// Delete what is at a path.
    #[must_use]
    pub const fn delete(path: Path) -> Step<'a> {
        Step::new(Operation::Delete { path })
    }
}

/// What a client is to be given.
///
/// The steps are counted from 0. With `place_accounts` a Discover of the root comes first, with
/// `finish` a Finish last, and both count.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// What is asked, one after the other.
    pub steps: &'a [Step<'a>],
    /// Find out under which instance of the Security object the client keeps its account here, and
    /// write beside it: what the steps write under its number goes to another one, and a bootstrap
    /// account that they write takes its place. A client that cannot be asked (1.0) gets the
    /// numbers as they are.
    pub place_accounts: bool,
    /// Finish after the last step. Else the session stays open for
    /// [`super::BootstrapServer::push`].
    pub finish: bool,
    /// Answer Bootstrap-Pack-Request (1.2) with all that the steps write. Else, and if a step
    /// reads, the client is told to go by steps.
    pub pack: bool,
    /// Only for clients that [`super::BootstrapServer::identify`] named: keys do not go to whoever
    /// asks.
    pub identified: bool,
}

impl<'a> Configuration<'a> {
    /// The steps with all that is usual around them: accounts are placed, Finish, packs.
    #[must_use]
    pub const fn new(steps: &'a [Step<'a>]) -> Configuration<'a> {
        Configuration { steps, place_accounts: true, finish: true, pack: true, identified: false }
    }
}

/// The format that items are kept in: the one that tells most of their types.
const KEPT: ContentFormat = ContentFormat::SENML_CBOR;

/// A step as it is kept.
pub(super) struct Task {
    pub(super) kind: OperationKind,
    pub(super) path: Path,
    pub(super) optional: bool,
    /// Of the body, or to ask for.
    pub(super) format: Option<ContentFormat>,
    /// The body goes as it is.
    pub(super) fixed: bool,
    body: Box<[u8]>,
}

impl fmt::Debug for Task {
    /// Without the body, which may have keys in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.name(), self.path)
    }
}

/// Why a task cannot be encoded for a client.
pub(super) enum EncodeError {
    OutOfMemory,
    /// Not in this format.
    Format,
}

impl From<WriteError> for EncodeError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Full => EncodeError::OutOfMemory,
            _ => EncodeError::Format,
        }
    }
}

impl Task {
    pub(super) fn new(step: &Step<'_>) -> Result<Task, UsageError> {
        use Level::{Instance, Object, Resource, Root};
        let (kind, path, levels): (_, _, &[Level]) = match step.operation {
            Operation::Discover { path } => (OperationKind::Discover, path, &[Root, Object]),
            Operation::Read { path, .. } => (OperationKind::Read, path, &[Object, Instance]),
            Operation::Write { path, .. } => {
                (OperationKind::Write, path, &[Object, Instance, Resource])
            }
            Operation::Delete { path } => (OperationKind::Delete, path, &[Root, Object, Instance]),
            Operation::Finish => (OperationKind::Finish, Path::ROOT, &[Root]),
        };
        if !levels.contains(&path.level()) {
            return Err(UsageError::Path);
        }
        let mut task = Task {
            kind,
            path,
            optional: step.optional,
            format: None,
            fixed: false,
            body: Box::default(),
        };
        match step.operation {
            Operation::Read { format, .. } => task.format = format,
            Operation::Write { body: Body::Encoded { format, payload }, .. } => {
                (task.format, task.fixed) = (Some(format), true);
                task.body = boxed(&[payload])?;
            }
            Operation::Write { body: Body::Items { format, items }, .. } => {
                if items.iter().any(|i| !path.contains(i.path) || i.path == path && is_tree(path)) {
                    return Err(UsageError::Path);
                }
                task.format = format;
                task.body = keep(path, items)?;
            }
            _ => {}
        }
        Ok(task)
    }

    /// What a write writes, in path order; values of unknown types as they look.
    pub(super) fn items<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = Item<'a>> {
        let format = if self.fixed { self.format.unwrap_or(KEPT) } else { KEPT };
        let typed = Typed::unregistered(model);
        let write = self.kind == OperationKind::Write;
        let reader = write.then(|| format::Reader::new(format, self.path, &self.body).ok());
        let entries = reader.flatten().into_iter().flatten();
        entries.filter_map(move |entry| entry.ok().map(|e| typed.item(e)))
    }

    /// The payload for a client, in `format` unless the caller encoded it.
    pub(super) fn payload(
        &self,
        model: &Model,
        places: Places,
        format: ContentFormat,
    ) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        if self.fixed {
            bytes.try_reserve_exact(self.body.len()).map_err(|_| EncodeError::OutOfMemory)?;
            bytes.extend_from_slice(&self.body);
            return Ok(bytes);
        }
        let items = sorted(self.items(model).map(|i| Item { path: places.place(i.path), ..i }))?;
        format::write(format, places.place(self.path), items.iter().copied(), &mut bytes)?;
        Ok(bytes)
    }
}

/// True for a path that holds values only below it.
fn is_tree(path: Path) -> bool {
    matches!(path.level(), Level::Object | Level::Instance)
}

fn keep(path: Path, items: &[Item<'_>]) -> Result<Box<[u8]>, UsageError> {
    let items = sorted(items.iter().copied()).map_err(|_| UsageError::Full)?;
    let mut bytes = Vec::new();
    match format::write(KEPT, path, items, &mut bytes) {
        Ok(()) => Ok(boxed(&[&bytes])?),
        Err(WriteError::Full) => Err(UsageError::Full),
        Err(_) => Err(UsageError::Format),
    }
}

fn sorted<'a>(items: impl Iterator<Item = Item<'a>>) -> Result<Vec<Item<'a>>, EncodeError> {
    let mut all = Vec::new();
    for item in items {
        all.try_reserve(1).map_err(|_| EncodeError::OutOfMemory)?;
        all.push(item);
    }
    all.sort_by_key(|item| item.path);
    Ok(all)
}

/// What all tasks write, for a pack: of what is written twice the last.
pub(super) fn pack(
    tasks: &[Task],
    model: &Model,
    places: Places,
    format: ContentFormat,
) -> Result<Vec<u8>, EncodeError> {
    let all = tasks.iter().flat_map(|task| task.items(model));
    let mut items = sorted(all.map(|i| Item { path: places.place(i.path), ..i }))?;
    // The sort is stable: of equal paths the last one written stands last.
    items.reverse();
    items.dedup_by_key(|item| item.path);
    items.reverse();
    let mut bytes = Vec::new();
    format::write(format, Path::ROOT, items.iter().copied(), &mut bytes)?;
    Ok(bytes)
}

/// Where instances of the Security object go: two that change their numbers, or none.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Places(Option<(u16, u16)>);

impl Places {
    /// So that what `tasks` write leaves the bootstrap account alone that the client keeps under
    /// `account`, or replaces it if they write one.
    pub(super) fn new(tasks: &[Task], model: &Model, account: u16) -> Places {
        let security = || {
            let items = tasks.iter().flat_map(|task| task.items(model));
            items.filter(|item| item.path.object_id() == Some(0))
        };
        let is_bootstrap = |item: &Item<'_>| {
            let yes = matches!(item.content, format::ItemContent::Value(Value::Boolean(true)));
            yes && item.path.resource_id() == Some(1)
        };
        let instance = |item: Item<'_>| item.path.instance_id();
        if let Some(own) = security().find(is_bootstrap).and_then(instance) {
            return Places((own != account).then_some((own, account)));
        }
        if !security().filter_map(instance).any(|used| used == account) {
            return Places(None);
        }
        // One of these many is free.
        let free = (0..u16::MAX).filter(|id| *id != account);
        let mut free = free.filter(|id| !security().filter_map(instance).any(|used| used == *id));
        Places(free.next().map(|id| (account, id)))
    }

    fn place(self, path: Path) -> Path {
        match (path.object_id(), path.instance_id(), self.0) {
            (Some(0), Some(id), Some((one, other))) if id == one => path.with_instance(other),
            (Some(0), Some(id), Some((one, other))) if id == other => path.with_instance(one),
            _ => path,
        }
    }

    /// The path that a task goes to.
    pub(super) fn path(self, task: &Task) -> Path {
        match task.kind {
            OperationKind::Write if !task.fixed => self.place(task.path),
            _ => task.path,
        }
    }
}
