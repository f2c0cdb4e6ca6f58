//! What an operation says beside its path: attributes of an observation, the paths of a composite
//! operation.

use super::config::{OutOfMemory, UsageError};
use crate::path::{Level, Path};
use alloc::boxed::Box;
use alloc::vec::Vec;
use m2m_base::Reader;

/// Attributes and paths, packed: the length of the attributes (two bytes), the attributes, then each
/// path as its level and IDs. Empty for none of both, which takes no memory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Detail(Box<[u8]>);

impl Detail {
    /// # Errors
    /// [`UsageError::Path`] for the root among the paths, [`UsageError::TooLong`],
    /// [`UsageError::Full`].
    pub(super) fn new(attributes: &str, paths: &[Path]) -> Result<Detail, UsageError> {
        if attributes.is_empty() && paths.is_empty() {
            return Ok(Detail::default());
        }
        if paths.iter().any(|p| p.level() == Level::Root) {
            return Err(UsageError::Path);
        }
        let length = u16::try_from(attributes.len()).map_err(|_| UsageError::TooLong)?;
        let most = attributes.len().saturating_add(paths.len().saturating_mul(9)).saturating_add(2);
        let mut packed = Vec::new();
        packed.try_reserve_exact(most).map_err(|_| UsageError::Full)?;
        packed.extend_from_slice(&length.to_be_bytes());
        packed.extend_from_slice(attributes.as_bytes());
        for path in paths {
            packed.push(path.level() as u8);
            for id in path.ids().iter() {
                packed.extend_from_slice(&id.to_be_bytes());
            }
        }
        Ok(Detail(packed.into_boxed_slice()))
    }

    /// What [`Detail::as_bytes`] gave; `None` if it did not.
    pub(super) fn restore(bytes: &[u8]) -> Option<Detail> {
        let detail = Detail(super::config::boxed(&[bytes]).ok()?);
        let mut paths = detail.paths();
        let read = paths.by_ref().count();
        let whole = paths.0.is_empty() && (read > 0 || !detail.attributes().is_empty());
        (bytes.is_empty() || whole).then_some(detail)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn copy(&self) -> Result<Detail, OutOfMemory> {
        super::config::boxed(&[&self.0]).map(Detail)
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        let mut reader = Reader::new(&self.0);
        let attributes = reader.u16().ok().and_then(|n| reader.take(n.into()).ok());
        (attributes.unwrap_or(&[]), reader.rest())
    }

    /// `pmin=10&pmax=60`
    pub(super) fn attributes(&self) -> &str {
        core::str::from_utf8(self.parts().0).unwrap_or("")
    }

    /// The paths as they are packed, to compare and to hash.
    pub(super) fn packed_paths(&self) -> &[u8] {
        self.parts().1
    }

    pub(super) fn paths(&self) -> Paths<'_> {
        Paths(Reader::new(self.packed_paths()))
    }
}

/// Paths of a [`Detail`].
#[derive(Clone, Debug)]
pub(super) struct Paths<'a>(Reader<'a>);

impl Iterator for Paths<'_> {
    type Item = Path;

    fn next(&mut self) -> Option<Path> {
        let mut reader = self.0;
        let levels = reader.u8().ok()?;
        let mut path = Path::ROOT;
        for _ in 0..levels {
            path = path.child(reader.u16().ok()?)?;
        }
        self.0 = reader;
        (levels > 0).then_some(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn attributes_and_paths_come_back() {
        let paths =
            [Path::object(3), Path::instance(1, 0), Path::resource_instance(3, 0, 6, 65534)];
        for (attributes, paths) in
            [("", &paths[..]), ("pmin=1&st", &paths[..2]), ("pmax=9", &[]), ("", &[])]
        {
            let detail = Detail::new(attributes, paths).unwrap();
            assert_eq!(detail.attributes(), attributes);
            assert_eq!(detail.paths().collect::<Vec<_>>(), paths);
            assert_eq!(Detail::restore(detail.as_bytes()).unwrap(), detail);
            assert_eq!(detail.as_bytes().is_empty(), attributes.is_empty() && paths.is_empty());
        }
        assert_eq!(Detail::new("", &[Path::ROOT]), Err(UsageError::Path));
        for broken in [&[0, 0][..], &[0, 1], &[0, 0, 2, 0, 3], &[0, 0, 5, 0], &[0, 0, 0]] {
            assert!(Detail::restore(broken).is_none(), "{broken:?}");
        }
    }
}
