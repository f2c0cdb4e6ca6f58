//! Bootstrap-Discover (Core 1.1, 6.1.7.3): which instances there are, and whose.

use m2m_base::{Full, Sink};

use crate::client::store::Store;
use crate::{Path, Value, Version, links, object};

impl Store {
    /// Writes the links of one object, or of all.
    pub(in crate::client) fn bootstrap_discover(
        &self,
        target: Path,
        version: Version,
        sink: &mut dyn Sink,
    ) -> Result<(), Full> {
        let mut links = links::Writer::new(sink, "");
        links.link(Path::ROOT)?.enabler(version)?;
        self.write_objects(version, Some(target), &mut links)
    }

    /// `ssid` of the server that an instance belongs to, `uri` of that server.
    pub(in crate::client) fn write_owner(
        &self,
        path: Path,
        version: Version,
        links: &mut links::Writer<'_>,
    ) -> Result<(), Full> {
        let Some(ssid) = self.owner(path) else { return Ok(()) };
        links.uint("ssid", ssid)?;
        if path.object_id() == Some(object::SECURITY.id)
            && version > Version::V1_0
            && let Some(Value::String(uri)) = self.get(path.with_resource(0))
        {
            links.text("uri", &uri)?;
        }
        Ok(())
    }

    /// The Short Server ID of the server that an instance belongs to: by itself, or because the
    /// instance of object 0 that has it leads there.
    fn owner(&self, path: Path) -> Option<u64> {
        if path.object_id() == Some(object::SERVER.id) {
            return self.unsigned(path.with_resource(0));
        }
        let mut after = None;
        loop {
            let (id, ssid) = self.next_number(object::SECURITY.id, 10, after)?;
            after = Some(id);
            let security = Path::instance(object::SECURITY.id, id);
            let owns = security == path || self.links_of(security).any(|linked| linked == path);
            if owns && self.bootstrap_server() != Some(id) {
                return Some(ssid);
            }
        }
    }
}
