//! No devices behind the client: every path is its own.

use super::{Definition, Store};
use crate::Path;

/// What stands before the path of a device behind a gateway: nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefix;

impl Prefix {
    #[allow(clippy::unused_self, reason = "as with devices behind")]
    pub(crate) fn as_str(&self) -> &str {
        ""
    }
}

#[allow(clippy::unused_self, reason = "as with devices behind")]
impl Store {
    pub(super) fn behind(&self, _object: u16) -> Option<Definition> {
        None
    }

    #[cfg(feature = "access-control")]
    pub(crate) fn is_behind(&self, _path: Path) -> bool {
        false
    }

    pub(crate) fn prefix(&self, _path: Path) -> Prefix {
        Prefix
    }

    pub(crate) fn root(&self) -> Prefix {
        Prefix
    }

    pub(crate) fn outward(&self, path: Path) -> Path {
        path
    }

    pub(crate) fn inward(&self, _target: Path, path: Path) -> Path {
        path
    }

    #[cfg(feature = "composite")]
    pub(crate) fn placed(&self, _prefix: &str, path: Path) -> Path {
        path
    }
}
