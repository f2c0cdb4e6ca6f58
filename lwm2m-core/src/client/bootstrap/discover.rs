//! Bootstrap-Discover (Core 1.1, 6.1.7.3): which instances there are, and whose.

use m2m_base::{Full, Sink};

use crate::client::request::told_version;
use crate::client::store::Store;
use crate::{Level, Path, Value, Version, links, object};

/// What the list is made from.
#[derive(Clone, Copy, Debug)]
pub(in crate::client) struct BootstrapDiscover<'a> {
    pub(in crate::client) store: &'a Store,
    pub(in crate::client) version: Version,
}

impl BootstrapDiscover<'_> {
    /// Writes the links of one object, or of all.
    pub(in crate::client) fn write(&self, target: Path, sink: &mut dyn Sink) -> Result<(), Full> {
        let mut links = links::Writer::new(sink, "");
        links.link(Path::ROOT)?.enabler(self.version)?;
        for definition in self.store.objects() {
            let object = Path::object(definition.id);
            if !object.starts_with(target) {
                continue;
            }
            let told = told_version(definition, self.version);
            let mut instances =
                self.store.paths(object).filter(|path| path.level() == Level::Instance);
            let first = instances.next();
            if told.is_some() || first.is_none() {
                links.link(object)?;
                if let Some(told) = told {
                    links.version(told)?;
                }
            }
            for path in first.into_iter().chain(instances) {
                links.link(path)?;
                self.attributes(path, &mut links)?;
            }
        }
        Ok(())
    }

    /// `ssid` of the server that an instance belongs to, `uri` of that server.
    fn attributes(&self, path: Path, links: &mut links::Writer<'_>) -> Result<(), Full> {
        let number = |path: Path, id| path.child(id).and_then(|path| self.store.unsigned(path));
        let is_bootstrap = |security: u16| self.store.bootstrap_server() == Some(security);
        let ssid = match path.object_id().zip(path.instance_id()) {
            Some((0, id)) if !is_bootstrap(id) => number(path, 10),
            Some((1, _)) => number(path, 0),
            Some((21 | 23 | 24, _)) => {
                let mut securities = self.store.paths(Path::object(object::SECURITY.id));
                let owner = securities.find(|security| {
                    security.level() == Level::Instance
                        && security
                            .instance_id()
                            .is_some_and(|id| !is_bootstrap(id) && self.store.links_to(id, path))
                });
                owner.and_then(|security| number(security, 10))
            }
            _ => None,
        };
        if let Some(ssid) = ssid {
            links.uint("ssid", ssid)?;
        }
        let told = path.object_id() == Some(object::SECURITY.id) && self.version > Version::V1_0;
        if let Some(Value::String(uri)) = path.child(0).and_then(|path| self.store.get(path))
            && told
            && ssid.is_some()
        {
            links.text("uri", &uri)?;
        }
        Ok(())
    }
}
