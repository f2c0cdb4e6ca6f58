//! Discover (Core 6.3.2): what is there, as links, with the attributes that the asking server
//! attached.

use m2m_base::{Full, Sink};

use super::attached::Attached;
use super::attributes::Attribute;
use super::request::told_version;
use super::store::{Kind, Store};
use crate::{Level, Path, Version, links};

/// What a list of links is made from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Discover<'a> {
    pub(super) store: &'a Store,
    pub(super) attached: &'a Attached,
    pub(super) account: u8,
    pub(super) version: Version,
}

impl Discover<'_> {
    /// Writes the link to `target` and to what is below it, `depth` levels down.
    pub(super) fn write(&self, target: Path, depth: u8, sink: &mut dyn Sink) -> Result<(), Full> {
        let root = self.store.root();
        let mut links = links::Writer::new(sink, root.as_str());
        let deepest = target.depth().saturating_add(depth);
        if target.level() == Level::Object {
            self.link(target, None, target, &mut links)?;
        }
        for (path, kind) in self.store.nodes(target) {
            if path.depth() <= deepest {
                self.link(path, Some(kind), target, &mut links)?;
            }
        }
        Ok(())
    }

    fn link(
        &self,
        path: Path,
        kind: Option<Kind>,
        target: Path,
        links: &mut links::Writer<'_>,
    ) -> Result<(), Full> {
        links.link(self.store.outward(path))?;
        if kind.is_none() {
            let definition = path.object_id().and_then(|id| self.store.object(id));
            if let Some(version) = definition.and_then(|o| told_version(o, self.version)) {
                links.version(version)?;
            }
        }
        if kind == Some(Kind::Multiple) {
            let dimension = self.store.dimension(path);
            links.uint("dim", u64::try_from(dimension).unwrap_or(u64::MAX))?;
        }
        if self.attached.is_empty() {
            return Ok(());
        }
        // The target shows what holds for it, the others what is attached to them.
        for attribute in Attribute::all() {
            let bits = if path == target {
                self.attached.find(self.account, path, attribute)
            } else {
                self.attached.find_at(self.account, path, attribute)
            };
            attribute.write(bits, links)?;
        }
        Ok(())
    }
}
